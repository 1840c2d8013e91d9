"""The form of a new proof: its horizon, in days as French people type them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from maillage.vocabulary.calendar import parse_day
from maillage.vocabulary.errors import Invalid

LONGEST_DAY = 40


class DayField(forms.Field):
    """A day as French people type it (24/12/2026), or in ISO form."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> date | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return parse_day(text[:LONGEST_DAY])
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class ProofForm(forms.Form):
    """A horizon, both days included, and what to call it."""

    du = DayField(label="Du", error_messages={"required": "Indiquez le premier jour."})
    au = DayField(
        label="Au",
        help_text="Dernier jour compris ; 36 mois au plus.",
        error_messages={"required": "Indiquez le dernier jour."},
    )
    intitule = forms.CharField(
        label="Intitulé",
        max_length=160,
        required=False,
        help_text="Par exemple : comité de suivi de mars 2027.",
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("du"), values.get("au")
        if first and last and last < first:
            self.add_error("au", "Le dernier jour vient avant le premier.")
        return values
