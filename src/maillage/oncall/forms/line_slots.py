"""The form that creates the slots of coming days: shapes only; actions decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from maillage.accounts.forms import DayField, LastDayField
from maillage.oncall.enums import DayKind, ReceivingTurn, SlotSource
from maillage.oncall.forms.rosters import SayingForm
from maillage.oncall.models import DutyLine
from maillage.oncall.queries.line_slots import SlotWish
from maillage.oncall.rules.patterns import Hours
from maillage.vocabulary.calendar import parse_clock
from maillage.vocabulary.errors import Invalid

MOST_SLOTS_A_DAY = 6


class HoursField(forms.Field):
    """Hours of the slots of a day: « 18h30-8h30 », several separated by commas. An end that is not
    after its start is of the next day."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> list[Hours]:
        parts = [part for part in str(value or "")[:200].split(",") if part.strip()]
        if len(parts) > MOST_SLOTS_A_DAY:
            raise forms.ValidationError(f"{MOST_SLOTS_A_DAY} créneaux par jour au plus.")
        return [_read_hours(part) for part in parts]


def _read_hours(text: str) -> Hours:
    ends = text.replace("–", "-").replace("—", "-").split("-")
    if len(ends) != 2:
        raise forms.ValidationError("Écrivez un début et une fin, par exemple 18h30-8h30.")
    try:
        first, last = (parse_clock(end) for end in ends)
    except Invalid as error:
        raise forms.ValidationError(error.message) from error
    return Hours.between(first.hour * 60 + first.minute, last.hour * 60 + last.minute)


class LineSlotsForm(SayingForm):
    """Which lines, which days, and from what."""

    FIELDS = {"lines": "lignes", "starts_on": "du", "ends_on": "au", "hours": "semaine"}

    lignes = forms.MultipleChoiceField(label="Lignes", widget=forms.CheckboxSelectMultiple)
    du = DayField(label="Du")
    au = LastDayField(label="Au")
    source = forms.TypedChoiceField(
        label="D'après quoi",
        coerce=SlotSource,
        choices=SlotSource.choices,
        widget=forms.RadioSelect,
        initial=SlotSource.REPEAT,
        help_text=(
            "Deux mois répétés gardent les heures de chaque jour de la semaine, celles des jours "
            "fériés et le tour des sites qui reçoivent. Des horaires valent pour une ligne."
        ),
    )
    semaine = HoursField(
        label=DayKind.WEEKDAY.label,
        required=False,
        help_text="Par exemple 18h30-8h30 ; plusieurs : 8h30-20h30, 20h30-8h30.",
    )
    samedi = HoursField(label=DayKind.SATURDAY.label, required=False)
    dimanche = HoursField(label=DayKind.SUNDAY.label, required=False)
    ferie = HoursField(label=DayKind.HOLIDAY.label, required=False)
    tour = forms.TypedChoiceField(
        label="Si plusieurs sites reçoivent, le tour change",
        coerce=ReceivingTurn,
        choices=ReceivingTurn.choices,
        empty_value=ReceivingTurn.WEEK,
        required=False,
        initial=ReceivingTurn.WEEK,
    )
    premier = forms.ChoiceField(label="Offre qui reçoit en premier", required=False)

    def __init__(self, *args: Any, lines: Sequence[DutyLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {line.slug: line for line in lines}
        choices = [(slug, line.name) for slug, line in self.lines.items()]
        self.fields["lignes"].choices = choices  # type: ignore[attr-defined]
        services = {one.slug: one.name for line in lines for one in line.services.all()}
        self.fields["premier"].choices = [  # type: ignore[attr-defined]
            ("", "La première par ordre alphabétique"),
            *sorted(services.items(), key=lambda pair: pair[1]),
        ]

    @property
    def hours_fields(self) -> list[forms.BoundField]:
        """The fields of slots that are made from hours."""
        return [self[name] for name in (*(kind.value for kind in DayKind), "tour", "premier")]

    def wish(self) -> SlotWish:
        """What is asked for, once valid; the last day is excluded."""
        found = self.cleaned_data
        return SlotWish(
            lines=[self.lines[slug] for slug in found["lignes"]],
            first_day=found["du"],
            last_day=found["au"],
            source=found["source"],
            hours={kind: found[kind.value] for kind in DayKind},
            turn=found["tour"],
            first=found["premier"],
        )
