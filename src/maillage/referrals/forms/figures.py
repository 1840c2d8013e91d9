"""What the figures are asked for; what is not valid counts as not given."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.http import QueryDict

from maillage.referrals.queries.figures import VIEWS, View, get_view
from maillage.referrals.rules.measures import DELAY_MEASURES, DelayMeasure, get_delay_measure
from maillage.referrals.rules.quarters import Quarter, parse_quarter


class FiguresForm(forms.Form):
    """The quarter, the way to part the requests, and the delay that is drawn."""

    periode = forms.ChoiceField(label="Trimestre", required=False)
    par = forms.ChoiceField(
        label="Par", required=False, choices=[(view.code, view.label) for view in VIEWS]
    )
    mesure = forms.ChoiceField(
        label="Délai dessiné",
        required=False,
        choices=[(one.key, one.label) for one in DELAY_MEASURES],
    )

    def __init__(self, given: QueryDict, *, quarters: Sequence[Quarter]) -> None:
        super().__init__(initial={})
        self.given = given
        self.quarters = quarters
        choices = [(quarter.code, quarter.label) for quarter in quarters]
        self.fields["periode"].choices = choices  # type: ignore[attr-defined]
        for name, value in (*self.asked.items(), ("mesure", self.measure.key)):
            self.initial[name] = value

    def _asked(self, name: str) -> str:
        return str(self.given.get(name) or "")[:20]

    @property
    def quarter(self) -> Quarter:
        """The quarter asked for; the latest for any other. Only quarters that are over."""
        found = parse_quarter(self._asked("periode"))
        return found if found in self.quarters and found is not None else self.quarters[0]

    @property
    def view(self) -> View:
        """The way to part the requests."""
        return get_view(self._asked("par"))

    @property
    def measure(self) -> DelayMeasure:
        """The delay drawn."""
        return get_delay_measure(self._asked("mesure"))

    @property
    def asked(self) -> dict[str, str]:
        """The choices as an address holds them."""
        return {"periode": self.quarter.code, "par": self.view.code}
