"""Closed lists of the routing engine. Values are English and are those of the network file."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a step is worth for one resident at one instant, the worst last but one."""

    ON_TARGET = "ON_TARGET"
    AT_LIMIT = "AT_LIMIT"
    LATE = "LATE"
    HOLE = "HOLE"
    NOT_REQUIRED = "NOT_REQUIRED"

    @property
    def rank(self) -> int:
        """0 is the best; used to put answers in order."""
        return list(Verdict).index(self)

    @property
    def is_reached(self) -> bool:
        """True when a team takes the patient in time, margin included or not."""
        return self in (Verdict.ON_TARGET, Verdict.AT_LIMIT)


class Reason(StrEnum):
    """Why a step, or one service, does not take the patient: the first that is true."""

    NO_SERVICE = "NO_SERVICE"
    NOT_AUTHORISED = "NOT_AUTHORISED"
    CLOSED = "CLOSED"
    UNSTAFFED = "UNSTAFFED"
    PREVIOUS_STEP = "PREVIOUS_STEP"
    NO_AGREEMENT = "NO_AGREEMENT"
    TOO_FAR = "TOO_FAR"


class Entry(StrEnum):
    """How patients come to a step: from home, by referral from the step before, or both."""

    DIRECT = "direct"
    REFERRAL = "referral"
    BOTH = "both"


class HolidayRule(StrEnum):
    """Whether an opening window counts also, not, or only on public holidays."""

    OPEN = "open"
    CLOSED = "closed"
    ONLY = "only"


class ExceptionState(StrEnum):
    """What an exception does to a service while it lasts; ``closed`` wins over ``open``."""

    OPEN = "open"
    CLOSED = "closed"


class TravelSource(StrEnum):
    """Where travel times come from: a table of pairs, or the no-network estimate."""

    MATRIX = "matrix"
    ESTIMATE = "estimate"


class ElementKind(StrEnum):
    """What an answer may hang on: one service, one clause, or one person who holds slots."""

    SERVICE = "service"
    CLAUSE = "clause"
    HOLDER = "holder"
