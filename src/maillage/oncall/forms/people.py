"""Forms of practitioners: their month, leave and wishes, swaps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from maillage.oncall.models import DutySlot
from maillage.oncall.queries.swaps import Return
from maillage.vocabulary.calendar import french_clock, french_day, local_day

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def read_month(address: Mapping[str, Any], *, today: date) -> date:
    """The first day of the month of an address (``mois=2026-12``); the present one when it is no
    month of this century."""
    found = MONTH.fullmatch(str(address.get("mois", "")))
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


class SwapForm(forms.Form):
    """What is asked in return of a duty, and a word to the colleague."""

    retour = forms.ChoiceField(label="En retour", widget=forms.RadioSelect, required=False)
    message = forms.CharField(
        label="Un mot pour votre confrère",
        help_text="Ceux qui valident l'échange le lisent aussi : n'y écrivez rien de votre santé.",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, returns: Sequence[Return], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slots = {str(one.slot.pk): one.slot for one in returns if not one.is_barred}
        self.fields["retour"].choices = [  # type: ignore[attr-defined]
            ("", "Rien : je donne cette garde"),
            *((str(one.slot.pk), _return_in_words(one)) for one in returns if not one.is_barred),
        ]

    def in_return(self) -> DutySlot | None:
        """The duty asked in return, of a valid form."""
        return self.slots.get(self.cleaned_data["retour"])


def _return_in_words(one: Return) -> str:
    slot = one.slot
    day = french_day(local_day(slot.starts_at), weekday=True)
    first, last = (french_clock(at).replace(" ", "\u00a0") for at in (slot.starts_at, slot.ends_at))
    weighed = " (à peser)" if one.faults else ""
    return f"{day[:1].upper()}{day[1:]}, {first} – {last}, {slot.service.site.name}{weighed}"
