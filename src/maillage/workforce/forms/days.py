"""A period as people say it, kept with its end excluded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from maillage.accounts.forms import DayField


class LastDayField(DayField):
    """The last day of a period, included, as people say it. Its value and its initial are the end
    that is kept: the day after, excluded."""

    def __init__(self, *, help_text: str = "Dernier jour compris.", **kwargs: Any) -> None:
        super().__init__(help_text=help_text, **kwargs)

    def to_python(self, value: Any) -> Any:
        last = super().to_python(value)
        if last is None:
            return None
        if last == date.max:
            raise forms.ValidationError("Cette date est trop lointaine.")
        return last + timedelta(days=1)

    def prepare_value(self, value: Any) -> Any:
        return value - timedelta(days=1) if isinstance(value, date) else value
