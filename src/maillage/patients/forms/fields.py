"""Fields that the forms of this room share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse_lazy

from maillage.accounts.forms import ProposingWidget
from maillage.directory.models import Organization
from maillage.directory.queries.records import find_organization
from maillage.directory.queries.search import suggest_organizations
from maillage.territory.models import Commune
from maillage.territory.queries import find_commune, get_commune
from maillage.vocabulary.calendar import parse_day
from maillage.vocabulary.codes import CommuneCode
from maillage.vocabulary.errors import Invalid, NotFound

_EIGHT_DIGITS = re.compile(r"(\d\d)(\d\d)(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}[/.\-\s]\d{1,2}[/.\-\s]\d{2}")


def read_birth_date(text: str) -> date:
    """A birth date as it is typed or read from a card: 14/03/1954, 14031954, or its ISO form.
    Raises :class:`Invalid`; a year of two digits is one of two centuries, and is refused."""
    cleaned = text.strip()
    if _SHORT_YEAR.fullmatch(cleaned):
        raise Invalid(
            "patients.short-year", "Écrivez l'année avec ses quatre chiffres : 14/03/1954."
        )
    if found := _EIGHT_DIGITS.fullmatch(cleaned):
        cleaned = "/".join(found.groups())
    try:
        return parse_day(cleaned)
    except Invalid as error:
        # The sentence of the calendar repeats what was typed: here, a trait of somebody.
        raise Invalid("patients.birth-date", "Ce n'est pas une date : 14/03/1954.") from error


class TypedDayField(forms.CharField):
    """A day typed the French way, today or in the past. Empty gives None."""

    widget = forms.TextInput(
        attrs={"inputmode": "numeric", "placeholder": "14/03/1954", "autocomplete": "off"}
    )

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%d/%m/%Y}" if isinstance(value, date) else value

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if isinstance(value, date):
            return value
        text = str(super().to_python(value) or "").strip()
        if not text:
            return None
        try:
            return read_birth_date(text)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class _ProposedField(forms.Field, ABC):
    """A row of a long list, chosen among proposals or typed. Gives the row, or None."""

    address = ""
    unknown = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=ProposingWidget(reverse_lazy(self.address)), **options)

    @abstractmethod
    def find(self, text: str, code: str) -> Any:
        """The row that was chosen (its code) or typed; None when nothing answers to it."""

    def clean(self, value: Any) -> Any:
        text, code = value or ("", "")
        if not text.strip():
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        found = self.find(text.strip(), code.strip())
        if found is None:
            raise forms.ValidationError(self.unknown)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((data or ("", ""))[0])


class CommuneField(_ProposedField):
    """A commune of the territory. Gives a :class:`Commune`, or None."""

    address = "territory:commune-suggestions"
    unknown = "Plusieurs communes, ou aucune, s'appellent ainsi : choisissez dans la liste."

    def find(self, text: str, code: str) -> Commune | None:
        try:
            return get_commune(code) if code else find_commune(text)
        except NotFound:
            return None

    def prepare_value(self, value: Any) -> Any:
        return (value.label, value.code) if isinstance(value, Commune) else value


class BirthplaceField(_ProposedField):
    """The code (COG) of a birthplace: a commune chosen among proposals or named, or any code of a
    commune or of a country. Gives the code, or an empty text."""

    address = "territory:commune-suggestions"
    unknown = "Choisissez la commune dans la liste, ou écrivez son code (COG)."

    def find(self, text: str, code: str) -> str | None:
        for typed in (code, text):
            if CommuneCode.is_valid(typed):
                return CommuneCode.clean(typed)
        found = find_commune(text)
        return found.code if found else None

    def clean(self, value: Any) -> str:
        return super().clean(value) or ""


class OrganizationField(_ProposedField):
    """An organization of the directory. Gives an :class:`Organization`, or None."""

    address = "directory:organization-suggestions"
    unknown = "Aucun établissement ne s'appelle ainsi : choisissez dans la liste."

    def find(self, text: str, code: str) -> Organization | None:
        if code:
            try:
                return find_organization(code)
            except NotFound:
                return None
        near = suggest_organizations(text, 2)
        exact = [one for one in near if text.casefold() in (one.slug, one.short_name.casefold())]
        chosen = exact or near
        return chosen[0] if len(chosen) == 1 else None


class OwnPlaceField(forms.ChoiceField):
    """One of the organizations where the person works. With one only, nothing to choose."""

    def offer(self, places: list[tuple[str, str]]) -> None:
        """Say which (slug, name) may be chosen."""
        if len(places) > 1:
            self.choices = [("", "Choisissez"), *places]
            return
        self.choices = places
        self.widget = forms.HiddenInput()
        self.initial = places[0][0] if places else ""

    def clean(self, value: Any) -> Organization:
        return find_organization(super().clean(value))
