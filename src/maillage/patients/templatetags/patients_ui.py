"""How people and bases are said on pages: lists show initials, sex and age, never a name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template

from maillage.patients.enums import Basis, IdentityState
from maillage.patients.models import BreakGlass, Patient
from maillage.patients.queries.accesses import basis_of, details_of
from maillage.patients.rules.constants import BASIS_TEXTS, NOTICE_WITHIN
from maillage.patients.rules.identity import age_in_words, full_name, ins_label, short_label
from maillage.vocabulary.calendar import local_day

register = template.Library()

register.filter("full_name", full_name)
register.filter("ins_label", ins_label)
register.filter("access_basis", basis_of)
register.filter("access_details", details_of)


def _day(value: date | datetime) -> date:
    return local_day(value) if isinstance(value, datetime) else value


@register.filter("short_label")
def short_label_on(patient: Patient, today: date | datetime) -> str:
    """« M. J., femme, 72 ans » on this day."""
    return short_label(patient, on=_day(today))


@register.filter
def age_in_words_on(patient: Patient, today: date | datetime) -> str:
    """« 72 ans » on this day, or at death; empty when the birth date is unknown."""
    if patient.birth_date is None:
        return ""
    return age_in_words(patient.birth_date, patient.deceased_on or _day(today))


@register.filter
def state_words(patient: Patient) -> str:
    """« Identité provisoire »."""
    return f"Identité {IdentityState(patient.identity_state).label.lower()}"


@register.filter
def basis_words(basis: Any) -> str:
    """A legal basis inside a sentence: « même établissement »."""
    label = Basis(basis).label
    return f"{label[:1].lower()}{label[1:]}"


@register.filter
def basis_law(basis: Any) -> str:
    """The text behind a legal basis."""
    return BASIS_TEXTS[Basis(basis)]


@register.filter
def named_in(slug: str, names: Mapping[str, str]) -> str:
    """The name of an organization by its key; the key when it is not known."""
    return names.get(slug, slug)


@register.filter
def notice_before(opening: BreakGlass) -> datetime:
    """Until when the patient is to be told of an opening."""
    return opening.opened_at + NOTICE_WITHIN


@register.filter
def notice_is_late(opening: BreakGlass, now: datetime) -> bool:
    """True when the patient should have been told by now and was not."""
    return opening.notified_at is None and now > notice_before(opening)
