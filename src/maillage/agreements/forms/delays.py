"""Forms of what a clause agrees: a delay, the return and the price."""

from __future__ import annotations

from typing import Any

from django import forms

from maillage.agreements.enums import DelayClock, DelayPriority
from maillage.agreements.models import ClauseDelay, ClauseTerms
from maillage.agreements.rules.delays import DAY, HOUR, MINUTE, WORKING_DAY, largest_unit

UNITS = (("min", "minutes"), ("h", "heures"), ("j", "jours"))


class DelayForm(forms.Form):
    """One delay: for which step and priority, how long."""

    clock = forms.TypedChoiceField(label="Pour", coerce=DelayClock, choices=DelayClock.choices)
    priority = forms.TypedChoiceField(
        label="Priorité de la demande", coerce=DelayPriority, choices=DelayPriority.choices
    )
    length = forms.IntegerField(label="Délai", min_value=1, max_value=100_000)
    unit = forms.ChoiceField(label="Unité", choices=UNITS, initial="min")
    working = forms.BooleanField(
        label="En temps ouvré seulement",
        required=False,
        help_text="Du lundi au vendredi, de 8 h 30 à 18 h 30, hors jours fériés : un jour compte "
        "10 heures. Sinon le délai court jour et nuit.",
    )

    def values(self) -> dict[str, Any]:
        """What ``set_delay`` takes, once valid."""
        values = self.cleaned_data
        day = WORKING_DAY if values["working"] else DAY
        unit = {"min": MINUTE, "h": HOUR, "j": day}[values["unit"]]
        return {
            "clock": values["clock"],
            "priority": values["priority"],
            "minutes": values["length"] * unit,
            "working": values["working"],
        }

    @staticmethod
    def values_of(delay: ClauseDelay | None) -> dict[str, Any]:
        """A delay, to begin with; nothing when there is none."""
        if delay is None:
            return {}
        length, unit = largest_unit(delay.minutes, working=delay.working)
        return {
            "clock": delay.clock,
            "priority": delay.priority,
            "length": length,
            "unit": {MINUTE: "min", HOUR: "h"}.get(unit, "j"),
            "working": delay.working,
        }


class ConditionsForm(forms.Form):
    """The return and the price."""

    return_within_hours = forms.IntegerField(
        label="Retour du patient sous (heures)",
        min_value=1,
        max_value=2160,
        required=False,
        help_text="Heures dont dispose l'établissement d'origine pour reprendre son patient, une "
        "fois la sortie possible.",
    )
    price_text = forms.CharField(
        label="Prix convenu",
        max_length=240,
        required=False,
        help_text="Par exemple : avis sans facturation entre les parties.",
    )

    @staticmethod
    def values_of(terms: ClauseTerms | None) -> dict[str, Any]:
        """The present conditions, to begin with."""
        if terms is None:
            return {}
        return {"return_within_hours": terms.return_within_hours, "price_text": terms.price_text}
