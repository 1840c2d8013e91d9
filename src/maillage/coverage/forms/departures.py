"""From which day somebody leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django import forms

from maillage.accounts.forms import DayField


class DepartureForm(forms.Form):
    """The day of a departure, in the address; it always shows one."""

    le = DayField(
        label="Ne tient plus de garde à partir du",
        error_messages={"required": "Indiquez une date."},
    )

    @classmethod
    def of(cls, address: Mapping[str, str], *, today: date) -> DepartureForm:
        """The form of an address: today unless it says otherwise."""
        return cls({"le": address.get("le") or today.isoformat()})
