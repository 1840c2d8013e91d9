"""Forms of lines, slots and requests to staff a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import forms

from maillage.accounts.forms import DayField
from maillage.directory.models import Practitioner
from maillage.oncall.enums import RequestState
from maillage.vocabulary.calendar import parse_end, parse_instant
from maillage.vocabulary.care import CareType
from maillage.vocabulary.errors import Invalid

LONGEST_INSTANT = 40
END_HELP = "Un jour sans heure est compris jusqu'à minuit."


class LineFilterForm(forms.Form):
    """Filters of the list of lines; what is not valid counts as not given."""

    type = forms.ChoiceField(
        label="Type de soin", required=False, choices=[("", "Tous"), *CareType.choices()]
    )
    etablissement = forms.ChoiceField(label="Établissement", required=False)

    def __init__(self, *args: Any, organizations: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etablissement"].choices = [("", "Tous"), *organizations]  # type: ignore[attr-defined]

    def wanted(self, name: str) -> str:
        self.is_valid()
        return self.cleaned_data.get(name) or ""


class RosterForm(forms.Form):
    """The first day of the table of a line."""

    du = DayField(label="À partir du")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    @classmethod
    def of(cls, address: Mapping[str, Any], *, today: date) -> RosterForm:
        """The form of an address, which always shows a day."""
        return cls({"du": address.get("du") or today.isoformat()}, today=today)

    def day(self) -> date:
        """The day that is asked for; today when it is not a day of this century."""
        found = self.cleaned_data.get("du") if self.is_valid() else None
        return found if found and 2000 <= found.year < 2100 else self.today


class AssignForm(forms.Form):
    """Who takes a slot, among the practitioners of the receiving service."""

    praticien = forms.ChoiceField(label="Praticien", widget=forms.RadioSelect)

    def __init__(self, *args: Any, candidates: Iterable[Practitioner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.slug: one for one in candidates}
        self.fields["praticien"].choices = [(slug, str(one)) for slug, one in self.people.items()]  # type: ignore[attr-defined]

    def chosen(self) -> Practitioner:
        """The practitioner of a valid form."""
        return self.people[self.cleaned_data["praticien"]]


class InstantField(forms.Field):
    """An instant as French people type it: 24/12/2026 18h30, or its ISO form."""

    widget = forms.TextInput
    parse: Callable[[str], datetime] = staticmethod(parse_instant)

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return self.parse(text[:LONGEST_INSTANT])
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class EndField(InstantField):
    """The end of a period: a day without an hour is included."""

    parse = staticmethod(parse_end)


class RequestForm(forms.Form):
    """A request to staff a line over a period. Its errors come from the action, by field."""

    du = InstantField(label="Du", help_text="Comme vous l'écrivez : 24/12/2026 18h30.")
    au = EndField(label="Au", help_text=END_HELP)
    motif = forms.CharField(
        label="Motif", max_length=400, widget=forms.Textarea(attrs={"rows": 3}), strip=True
    )
    origine = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)

    FIELDS = {"starts_at": "du", "ends_at": "au", "reason": "motif"}

    def clean_origine(self) -> str:
        """Only an address within this product."""
        address = self.cleaned_data["origine"]
        is_ours = address.startswith("/") and not address.startswith("//")
        return address if is_ours else ""

    def values(self) -> dict[str, datetime | str]:
        """The request, once valid."""
        found = self.cleaned_data
        return {
            "starts_at": found["du"],
            "ends_at": found["au"],
            "reason": found["motif"],
            "origin": found["origine"],
        }

    def say(self, error: Invalid) -> None:
        """Put the defects found by the action beside their fields."""
        for problem in error.problems:
            self.add_error(self.FIELDS.get(problem.field), problem.message)


class AnswerForm(forms.Form):
    """The answer to a request."""

    issue = forms.TypedChoiceField(
        label="Réponse",
        coerce=RequestState,
        choices=[
            (RequestState.DONE.value, "La garde est pourvue"),
            (RequestState.DECLINED.value, "La demande est refusée"),
        ],
        widget=forms.RadioSelect,
    )
    reponse = forms.CharField(
        label="Précision",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Obligatoire pour un refus.",
    )

    def say(self, error: Invalid) -> None:
        """Put the defects found by the action beside their fields."""
        for problem in error.problems:
            self.add_error("reponse" if problem.field == "answer" else None, problem.message)
