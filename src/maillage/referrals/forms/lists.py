"""Filters of the lists of requests; what is not valid counts as not given."""

from __future__ import annotations

from typing import Any

from django import forms

from maillage.referrals.enums import Kind, Priority, State
from maillage.referrals.queries.inbox import CLOSED, EVERY, OPEN, ListFilters

STATES = [
    (OPEN, "En cours"),
    (CLOSED, "Closes"),
    (EVERY, "Toutes"),
    *[(state.value, state.label) for state in State if state is not State.DRAFT],
]


class ListFilterForm(forms.Form):
    """What a list of requests is narrowed to. It becomes the address."""

    etat = forms.ChoiceField(label="État", required=False, choices=STATES)
    nature = forms.ChoiceField(
        label="Nature", required=False, choices=[("", "Toutes"), *Kind.choices]
    )
    priorite = forms.ChoiceField(
        label="Priorité", required=False, choices=[("", "Toutes"), *Priority.choices]
    )
    equipe = forms.ChoiceField(label="Équipe sollicitée", required=False)
    moi = forms.BooleanField(label="Les miennes seulement", required=False)

    def __init__(self, *args: Any, teams: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["equipe"].choices = [("", "Toutes"), *teams]  # type: ignore[attr-defined]

    def filters(self, username: str) -> ListFilters:
        """The filters of the address, for this person."""
        self.is_valid()
        found = self.cleaned_data
        return ListFilters(
            service=found.get("equipe") or "",
            kind=found.get("nature") or "",
            priority=found.get("priorite") or "",
            state=found.get("etat") or OPEN,
            mine=bool(found.get("moi")),
            username=username,
        )
