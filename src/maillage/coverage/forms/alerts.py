"""Filters of the page of alerts."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from maillage.accounts.enums import Role
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.coverage.enums import AlertKind
from maillage.coverage.rules.alerts import LEVELS

WITHIN = [(str(days), f"{days} jours") for days in reversed(LEVELS)]


MINE, ALL = "mien", "tout"


class AlertFilterForm(forms.Form):
    """What is not valid counts as not given. Whoever works for establishments may see only what
    concerns them; a director begins there."""

    perimetre = forms.ChoiceField(
        label="Où",
        required=False,
        choices=[(MINE, "Mon établissement"), (ALL, "Tout le territoire")],
    )

    jours = forms.ChoiceField(label="Dans les", required=False, choices=WITHIN)
    nature = forms.ChoiceField(
        label="Nature", required=False, choices=[("", "Toutes"), *AlertKind.choices]
    )
    effet = forms.ChoiceField(
        label="Effet",
        required=False,
        choices=[("", "Tous"), ("oui", "Avec un effet sur les délais")],
    )

    def __init__(self, given: Mapping[str, str], *, actor: Actor) -> None:
        held = actor.organizations()
        self.own = frozenset() if EVERYWHERE in held else held
        begins = MINE if self.own & actor.organizations(Role.DIRECTOR) else ALL
        super().__init__({"perimetre": begins, **given})
        if not self.own:
            del self.fields["perimetre"]
        elif len(self.own) > 1:
            self.fields["perimetre"].choices = [  # type: ignore[attr-defined]
                (MINE, "Mes établissements"),
                (ALL, "Tout le territoire"),
            ]

    @property
    def places(self) -> frozenset[str]:
        """The establishments whose alerts are wanted; empty for all."""
        return self.own if self.wanted("perimetre") == MINE else frozenset()

    def wanted(self, name: str) -> str:
        self.is_valid()
        return self.cleaned_data.get(name) or ""

    @property
    def within(self) -> int:
        """Days ahead, 180 by default."""
        return int(self.wanted("jours") or LEVELS[-1])
