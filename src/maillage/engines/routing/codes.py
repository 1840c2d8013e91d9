"""Small whole numbers that stand for the words of the rule in the arrays of the sweep."""

from __future__ import annotations

from maillage.engines.routing.enums import ElementKind, Reason

INFINITE = 1 << 60
"""Stands for no journey: above every sum of minutes."""

NO_SERVICE, NOT_AUTHORISED, CLOSED, UNSTAFFED = 1, 2, 3, 4
PREVIOUS_STEP, NO_AGREEMENT, TOO_FAR = 5, 6, 7
REASONS: tuple[Reason, ...] = (
    Reason.NO_SERVICE,
    Reason.NOT_AUTHORISED,
    Reason.CLOSED,
    Reason.UNSTAFFED,
    Reason.PREVIOUS_STEP,
    Reason.NO_AGREEMENT,
    Reason.TOO_FAR,
)
"""Reasons by code, from 1 on; 0 is no reason."""

ON_TARGET, AT_LIMIT, LATE, FRAGILE = 0, 1, 2, 3
"""Columns of the time of a commune: three verdicts, then what of the first two is fragile."""

SERVICE, CLAUSE, HOLDER = 0, 1, 2
KINDS: tuple[ElementKind, ...] = (ElementKind.SERVICE, ElementKind.CLAUSE, ElementKind.HOLDER)
"""Kinds of elements on which an answer may hang, by code."""

NO_MOVE, FREE_MOVE, FIRST_CLAUSE = 0, 1, 2
"""Codes of a move: forbidden, allowed, allowed by one clause alone (its index is added)."""
