"""Filters of the pages of the territory."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from maillage.territory.queries import list_departments, list_epcis


class CommuneFilterForm(forms.Form):
    """What the list of communes is narrowed to. Every part may be empty."""

    nom = forms.CharField(
        label="Nom ou code",
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    departement = forms.ChoiceField(label="Département", required=False)
    intercommunalite = forms.ChoiceField(label="Intercommunalité", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field, every, places in (
            ("departement", "Tous", list_departments()),
            ("intercommunalite", "Toutes", list_epcis()),
        ):
            chosen = cast(forms.ChoiceField, self.fields[field])
            chosen.choices = [("", every), *((one.code, one.name) for one in places)]

    def wanted(self) -> dict[str, str]:
        """The filter, for ``queries.list_communes``; a value that is not a choice narrows nothing
        and is shown as an error."""
        self.is_valid()
        return {
            "text": self.cleaned_data.get("nom", ""),
            "department": self.cleaned_data.get("departement", ""),
            "epci": self.cleaned_data.get("intercommunalite", ""),
        }
