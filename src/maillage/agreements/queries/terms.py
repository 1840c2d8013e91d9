"""What the clauses agree: delays by clock and priority, the return, the price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maillage.agreements.enums import DelayClock, DelayPriority
from maillage.agreements.models import Clause, ClauseDelay, ClauseTerms
from maillage.agreements.rules.delays import delay_words


@dataclass(frozen=True)
class Terms:
    """What one clause agrees. ``delays`` gives (minutes, in working time only) by (clock,
    priority), their stored codes; what it lacks is not agreed. ``return_within_hours`` is None
    and ``price_text`` empty when the clause says nothing."""

    return_within_hours: int | None = None
    price_text: str = ""
    delays: Mapping[tuple[str, str], tuple[int, bool]] = field(default_factory=dict)


def get_terms(clause: Clause) -> Terms:
    """What a clause agrees; empty terms when it says nothing. Two queries."""
    terms = ClauseTerms.objects.filter(clause=clause).first()
    delays = ClauseDelay.objects.filter(clause=clause)
    return Terms(
        return_within_hours=terms.return_within_hours if terms else None,
        price_text=terms.price_text if terms else "",
        delays={(one.clock, one.priority): (one.minutes, one.working) for one in delays},
    )


@dataclass(frozen=True)
class DelayCell:
    """A delay of the table, in words; empty when the clause does not say."""

    priority: DelayPriority
    words: str


@dataclass(frozen=True)
class DelayRow:
    """What one clause gives to one step, by priority in their order."""

    clock: DelayClock
    cells: tuple[DelayCell, ...]


def delay_rows(clause: Clause) -> list[DelayRow]:
    """The table of the delays of a clause, in the order of a request's life; only the steps that
    it speaks of. No query when ``delays`` is prefetched."""
    known = {
        (one.clock, one.priority): delay_words(one.minutes, working=one.working)
        for one in clause.delays.all()
    }
    spoken = {clock for clock, _ in known}
    return [
        DelayRow(clock, tuple(DelayCell(p, known.get((clock, p), "")) for p in DelayPriority))
        for clock in DelayClock
        if clock in spoken
    ]


def get_delay(clause: Clause, clock: str, priority: str) -> ClauseDelay | None:
    """The delay of a clause for one step and priority, or None."""
    return clause.delays.filter(clock=clock, priority=priority).first()


def terms_of(clause: Clause) -> ClauseTerms | None:
    """The conditions of a clause, or None. No query when ``terms`` is selected with it."""
    return getattr(clause, "terms", None)
