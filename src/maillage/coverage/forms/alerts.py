"""Filters of the page of alerts."""

from __future__ import annotations

from django import forms

from maillage.coverage.enums import AlertKind
from maillage.coverage.rules.alerts import LEVELS

WITHIN = [(str(days), f"{days} jours") for days in reversed(LEVELS)]


class AlertFilterForm(forms.Form):
    """What is not valid counts as not given."""

    jours = forms.ChoiceField(label="Dans les", required=False, choices=WITHIN)
    nature = forms.ChoiceField(
        label="Nature", required=False, choices=[("", "Toutes"), *AlertKind.choices]
    )
    effet = forms.ChoiceField(
        label="Effet",
        required=False,
        choices=[("", "Tous"), ("oui", "Avec un effet sur les délais")],
    )

    def wanted(self, name: str) -> str:
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    @property
    def within(self) -> int:
        """Days ahead, 180 by default."""
        return int(self.wanted("jours") or LEVELS[-1])
