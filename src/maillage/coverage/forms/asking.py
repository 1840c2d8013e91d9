"""The question, as it comes from a form or an address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from maillage.vocabulary.calendar import parse_instant
from maillage.vocabulary.errors import Invalid

OLDEST = 120
LONGEST_INSTANT = 40


class InstantField(forms.Field):
    """An instant as French people type it, or in ISO form; « demain 3h » counts from ``now``, which
    the form gives. Empty stands for « now »."""

    widget = forms.TextInput
    now: datetime | None = None

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return parse_instant(text[:LONGEST_INSTANT], now=self.now)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class AskingForm(forms.Form):
    """A form whose instants count from ``now``."""

    def __init__(self, *args: Any, now: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for asked in self.fields.values():
            if isinstance(asked, InstantField):
                asked.now = now

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, by field, to be shown again; empty texts for the rest."""
        return {name: str(self.data.get(name, "")) for name in self.fields}


class DemandForm(AskingForm):
    """A place, a need, an age and an hour.

    ``commune`` and ``besoin`` are codes; without script the typed texts come alone, in
    ``commune_texte`` and ``besoin_texte``, and the query finds what they name.
    """

    commune = forms.CharField(max_length=5, required=False)
    commune_texte = forms.CharField(max_length=80, required=False)
    besoin = forms.CharField(max_length=60, required=False)
    besoin_texte = forms.CharField(max_length=120, required=False)
    age = forms.IntegerField(
        label="Âge",
        min_value=0,
        max_value=OLDEST,
        required=True,
        error_messages={
            "required": "Indiquez l'âge, en années.",
            "invalid": "Indiquez l'âge en chiffres, en années.",
            "min_value": "L'âge ne peut pas être négatif.",
            "max_value": f"L'âge va jusqu'à {OLDEST} ans.",
        },
    )
    le = InstantField(label="Date et heure", required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("commune") and not values.get("commune_texte"):
            self.add_error("commune", "Indiquez la commune où se trouve le patient.")
        if not values.get("besoin") and not values.get("besoin_texte"):
            self.add_error("besoin", "Indiquez le besoin.")
        return values


class CompareForm(AskingForm):
    """A place, an age, and two instants."""

    commune = forms.CharField(max_length=5, required=False)
    commune_texte = forms.CharField(max_length=80, required=False)
    age = DemandForm.base_fields["age"]
    avant = InstantField(required=True)
    apres = InstantField(required=True)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("commune") and not values.get("commune_texte"):
            self.add_error("commune", "Indiquez la commune.")
        return values
