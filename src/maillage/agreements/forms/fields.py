"""Fields that the forms of this room share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from maillage.vocabulary.calendar import parse_day
from maillage.vocabulary.errors import Invalid


class DayField(forms.CharField):
    """A day as French people type it, or in ISO form. Empty gives None."""

    widget = forms.TextInput(
        attrs={"inputmode": "numeric", "placeholder": "24/12/2026", "autocomplete": "off"}
    )

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%d/%m/%Y}" if isinstance(value, date) else value

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if isinstance(value, date):
            return value
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_day(text)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


def long_text(label: str, *, required: bool = False, longest: int = 4000) -> forms.CharField:
    """A text of several lines."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def empty_first(choices: Any, label: str) -> list[tuple[str, str]]:
    """The choices after an empty one."""
    return [("", label), *choices]


def cleaned(form: forms.Form, *names: str) -> Mapping[str, Any]:
    """These cleaned values of a valid form."""
    return {name: form.cleaned_data[name] for name in names}
