"""On which days an agreement carries patients: the rule that the coverage engine stands on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from maillage.agreements.enums import AgreementState, Renewal
from maillage.agreements.rules.facts import Term
from maillage.vocabulary.periods import Period

CARRYING_STATES = frozenset(
    {
        AgreementState.IN_FORCE,
        AgreementState.SUSPENDED,
        AgreementState.EXPIRED,
        AgreementState.TERMINATED,
    }
)
"""States in which an agreement carries patients, or did in the past. Before them it never did."""


def touches_coverage(*states: AgreementState) -> bool:
    """True when an act on an agreement of these states (before and after the act) may change where
    patients go. A text that never came into force carries nobody, nor does an annex of it: its
    parties and clauses change no answer until the step that puts it in force."""
    return any(state in CARRYING_STATES for state in states)


def carrying_periods(term: Term) -> tuple[Period[date], ...]:
    """The days on which the clauses of an agreement may be used, as periods in order.

    - Before entry into force: none.
    - In force: from its start to its term; with tacit renewal it goes on past its term until
      somebody ends it.
    - Suspended: until the suspension. Expired or terminated: until the end, so that a question
      about the past gets the answer of that day. A termination may be announced: the agreement
      carries until the day when it takes effect.
    - Suspensions that were lifted are taken out.
    - An annex never carries on a day when its parent does not.
    """
    if term.state not in CARRYING_STATES or term.starts_on is None:
        return ()
    if term.state is AgreementState.SUSPENDED and term.state_on is None:
        return ()
    end = _end(term)
    if end is not None and end <= term.starts_on:
        return ()
    periods = without([Period(term.starts_on, end)], term.suspensions)
    if term.parent is not None:
        periods = intersections(periods, carrying_periods(term.parent))
    return tuple(periods)


def _end(term: Term) -> date | None:
    renewed = term.renewal is Renewal.TACIT
    if term.state is AgreementState.IN_FORCE:
        return None if renewed else term.ends_on
    if term.state is AgreementState.EXPIRED:
        return term.ends_on or term.state_on
    if renewed:
        return term.state_on or term.ends_on
    known = [day for day in (term.state_on, term.ends_on) if day is not None]
    return min(known, default=None)


def carries_patients(term: Term, day: date) -> bool:
    """True when clauses of the agreement may be used on this day (see carrying_periods)."""
    return any(period.contains(day) for period in carrying_periods(term))


def state_shown(term: Term, today: date) -> AgreementState:
    """The state to show: an agreement in force whose term has passed without tacit renewal reads
    as expired, even before somebody records it."""
    lapsed = (
        term.state is AgreementState.IN_FORCE
        and term.renewal is not Renewal.TACIT
        and term.ends_on is not None
        and term.ends_on <= today
    )
    return AgreementState.EXPIRED if lapsed else term.state


def without(periods: Iterable[Period[date]], removed: Iterable[Period[date]]) -> list[Period[date]]:
    """The days of ``periods`` that are in none of ``removed``."""
    left = list(periods)
    for hole in removed:
        parts: list[Period[date]] = []
        for period in left:
            if not period.overlaps(hole):
                parts.append(period)
                continue
            if hole.starts is not None and (period.starts is None or period.starts < hole.starts):
                parts.append(Period(period.starts, hole.starts))
            if hole.ends is not None and (period.ends is None or hole.ends < period.ends):
                parts.append(Period(hole.ends, period.ends))
        left = parts
    return sorted(left, key=lambda period: period.starts or date.min)


def intersections(
    periods: Iterable[Period[date]], others: Iterable[Period[date]]
) -> list[Period[date]]:
    """The days that are in one of both lists each."""
    kept = list(others)
    found = [period.intersection(other) for period in periods for other in kept]
    return sorted(
        (part for part in found if part is not None), key=lambda part: part.starts or date.min
    )


def suspensions_of(changes: Iterable[tuple[date, str]]) -> tuple[Period[date], ...]:
    """The suspensions that were lifted, from the history ``(day, new state)`` in order.

    A suspension that was lifted the same day leaves no hole.
    """
    found: list[Period[date]] = []
    began: date | None = None
    for day, state in changes:
        if state == AgreementState.SUSPENDED:
            began = began or day
        elif began is not None:
            if state == AgreementState.IN_FORCE and day > began:
                found.append(Period(began, day))
            if state != AgreementState.IN_FORCE:
                # Ended while suspended: nothing was carried since the suspension began.
                found.append(Period(began, max(day, began + timedelta(days=1))))
            began = None
    return tuple(found)
