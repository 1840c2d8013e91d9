"""When somebody may ask to be away, or for duties, and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from maillage.oncall.enums import AnswerState, UnavailabilityKind
from maillage.vocabulary.errors import Invalid, Problem, Refusal

LONGEST = timedelta(days=366)

BINDING = frozenset(
    {
        UnavailabilityKind.LEAVE,
        UnavailabilityKind.TRAINING,
        UnavailabilityKind.SICK,
        UnavailabilityKind.OTHER,
    }
)
"""Kinds that forbid duties once granted; the others weigh."""

MAY_BECOME: Mapping[AnswerState, frozenset[AnswerState]] = {
    AnswerState.ASKED: frozenset(
        {AnswerState.GRANTED, AnswerState.DECLINED, AnswerState.WITHDRAWN}
    ),
    AnswerState.GRANTED: frozenset({AnswerState.DECLINED, AnswerState.WITHDRAWN}),
    AnswerState.DECLINED: frozenset({AnswerState.GRANTED}),
    AnswerState.WITHDRAWN: frozenset(),
}
"""The changes of state that are allowed: what was granted may be taken back, with a word."""

LEVELS: Mapping[str, str] = {
    "ASKED": "limit",
    "GRANTED": "ok",
    "DECLINED": "hole",
    "WITHDRAWN": "none",
}


def check_period(starts_at: datetime, ends_at: datetime, *, at: datetime) -> None:
    """Raise :class:`Invalid`, with its field, unless the period is in order, at most a year long
    and not over."""
    problems = []
    if ends_at <= starts_at:
        problems.append(Problem("La fin doit venir après le début.", field="ends_at"))
    elif ends_at - starts_at > LONGEST:
        problems.append(Problem("Un an au plus à la fois.", field="ends_at"))
    elif ends_at <= at:
        problems.append(Problem("Cette période est déjà passée.", field="ends_at"))
    if problems:
        raise Invalid("oncall.away-period", "Cette période ne convient pas.", problems)


def check_answer(state: str, to: AnswerState, answer: str) -> None:
    """Raise :class:`Refusal` when this cannot follow what was said, :class:`Invalid` when it is
    declined without a word."""
    kept = AnswerState(state)
    if to not in MAY_BECOME[kept]:
        raise Refusal("oncall.away-state", f"Cette demande est « {kept.label} ».")
    if to is AnswerState.DECLINED and not answer.strip():
        message = "Dites pourquoi la demande est refusée."
        raise Invalid("oncall.away-why", message, [Problem(message, field="answer")])


def can_become(state: str, to: AnswerState) -> bool:
    """True when a request in ``state`` may go to ``to``."""
    return to in MAY_BECOME[AnswerState(state)]


def check_exemption_withdrawal(ends_on: date | None, *, today: date) -> None:
    """Raise :class:`Refusal` once an exemption (``ends_on`` excluded, None: open) is over."""
    if ends_on is not None and ends_on <= today:
        raise Refusal(
            "oncall.exempt-past",
            "Cette exemption est finie : elle fait partie de ce qui s'est passé.",
        )


def check_days(starts_on: date, ends_on: date | None) -> None:
    """Raise :class:`Invalid` unless the days are in order (None: open)."""
    if ends_on is not None and ends_on <= starts_on:
        message = "La fin doit venir après le début."
        raise Invalid("oncall.days", message, [Problem(message, field="ends_on")])
