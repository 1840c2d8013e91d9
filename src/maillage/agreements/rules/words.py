"""Dates and states as they are said on screen."""

from __future__ import annotations

from datetime import date, timedelta

from maillage.agreements.enums import AgreementState
from maillage.vocabulary.calendar import MONTHS, french_day

STATE_LEVELS: dict[AgreementState, str] = {
    AgreementState.IDENTIFIED: "neutral",
    AgreementState.DRAFT: "neutral",
    AgreementState.OPINIONS: "info",
    AgreementState.ADOPTED: "info",
    AgreementState.SIGNED: "info",
    AgreementState.SUBMITTED: "info",
    AgreementState.APPROVED: "info",
    AgreementState.TACITLY_APPROVED: "info",
    AgreementState.REFUSED: "late",
    AgreementState.PUBLISHED: "info",
    AgreementState.IN_FORCE: "ok",
    AgreementState.SUSPENDED: "limit",
    AgreementState.EXPIRED: "none",
    AgreementState.TERMINATED: "hole",
}
"""The meaning of each state on screen, always beside its word."""


def vague_day(day: date | None, precision: str) -> str:
    """A day no more exact than it is known: « 3 juillet 2017 », « mars 2000 », « 2001 »."""
    if day is None:
        return ""
    if precision == "year":
        return str(day.year)
    if precision == "month":
        return f"{MONTHS[day.month - 1]} {day.year}"
    return french_day(day)


def state_words(
    state: AgreementState, state_on: date | None, *, today: date, precision: str = "day"
) -> str:
    """« En vigueur », « Résiliée, effet le 14 mars 2027 » when a termination is announced."""
    if state is AgreementState.TERMINATED and state_on is not None and state_on > today:
        return f"{state.label}, effet le {vague_day(state_on, precision)}"
    return state.label


LONG_AGO = timedelta(days=365)
"""A signature older than this without a known start: the text has lived, its first day is lost.
Formalities last a few months (the ARS has two: Code de la santé publique, R6132-6)."""


ENTRY_UNKNOWN = "date d'entrée en vigueur inconnue"

HAS_BEEN_IN_FORCE = frozenset(
    {
        AgreementState.IN_FORCE,
        AgreementState.SUSPENDED,
        AgreementState.EXPIRED,
        AgreementState.TERMINATED,
    }
)


def entry_words(
    state: AgreementState, signed_on: date | None, starts_on: date | None, *, today: date
) -> str:
    """What is said of an agreement whose first day in force is not known: « pas encore en
    vigueur » while it is being made, « date d'entrée en vigueur inconnue » when its state shows
    that it has been, or when it was signed long ago and no later start is announced. Empty when
    the day is known and has come."""
    if starts_on is not None and starts_on > today:
        return "pas encore en vigueur"
    if state in HAS_BEEN_IN_FORCE:
        return ENTRY_UNKNOWN if starts_on is None else ""
    is_old = signed_on is not None and today - signed_on > LONG_AGO
    return ENTRY_UNKNOWN if is_old else "pas encore en vigueur"
