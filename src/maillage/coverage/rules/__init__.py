"""Decisions of the coverage room on values in hand: no query, no clock.

``answers`` puts what the engine answers in words; ``proofs`` says when a proof may be asked for,
whether it is up to date and which are kept; ``alerts`` what is about to end.
"""

from maillage.coverage.rules.answers import (
    AnswerView,
    ClauseCard,
    Difference,
    Discarded,
    LineCard,
    Mending,
    Names,
    Other,
    PersonCard,
    ServiceCard,
    StepView,
    Stop,
    compare,
    describe,
    say_basis,
    without_roster,
)

__all__ = [
    "AnswerView",
    "ClauseCard",
    "Difference",
    "Discarded",
    "LineCard",
    "Mending",
    "Names",
    "Other",
    "PersonCard",
    "ServiceCard",
    "StepView",
    "Stop",
    "compare",
    "describe",
    "say_basis",
    "without_roster",
]
