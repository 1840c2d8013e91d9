"""Forms of the on-call room: shapes only; actions decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms

from maillage.accounts.forms import DayField
from maillage.directory.models import Practitioner
from maillage.vocabulary.care import CareType


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
