"""Forms of replacements and repairs: shapes only; actions decide."""

from __future__ import annotations

from typing import Any

from django import forms

from maillage.oncall.enums import UnavailabilityKind
from maillage.oncall.forms.lines import END_HELP, EndField, InstantField
from maillage.oncall.forms.rosters import SayingForm
from maillage.oncall.rules.moves import LONGEST_WORD

AWAY = (
    UnavailabilityKind.SICK,
    UnavailabilityKind.LEAVE,
    UnavailabilityKind.TRAINING,
    UnavailabilityKind.OTHER,
)


class MovesForm(SayingForm):
    """Duties that change hands together, as the page showed them."""

    FIELDS = {"reason": "motif"}

    mouvements = forms.CharField(max_length=LONGEST_WORD, widget=forms.HiddenInput)
    motif = forms.CharField(max_length=400, required=False)


class AwayForm(SayingForm):
    """Who is away, and when."""

    FIELDS = {"starts_at": "du", "ends_at": "au"}

    praticien = forms.ChoiceField(label="Praticien")
    du = InstantField(label="Du", help_text="Comme vous l'écrivez : 24/12/2026 18h30.")
    au = EndField(label="Au", help_text=END_HELP)

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        self.fields["praticien"].choices = people  # type: ignore[attr-defined]


class NotedAwayForm(AwayForm):
    """The same, to be written down, with the duties that change hands as the page showed them.

    The nature has no first choice: nobody is said to be ill for want of attention.
    """

    FIELDS = {**AwayForm.FIELDS, "kind": "nature"}

    nature = forms.TypedChoiceField(
        label="Nature de l'absence",
        coerce=UnavailabilityKind,
        choices=[("", "À choisir"), *((one.value, one.label.capitalize()) for one in AWAY)],
        help_text="Lue par la personne et les affaires médicales seulement.",
    )
    mouvements = forms.CharField(
        max_length=LONGEST_WORD, required=False, widget=forms.HiddenInput, strip=False
    )
