"""Duties that are over: what was planned, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from maillage.directory.models import Practitioner
from maillage.engines.rostering.regulations import regulations_on
from maillage.oncall.models import DutyLine, DutyRecord, DutySlot
from maillage.oncall.rules.counting import next_month
from maillage.oncall.rules.records import DutyFact, Settled, rest_until, settle
from maillage.vocabulary.calendar import day_bounds


@dataclass(frozen=True)
class RecordRow:
    """A duty that is over: its holder (None: nobody was), and what was recorded (None: nothing)."""

    slot: DutySlot
    planned: Practitioner | None
    record: DutyRecord | None
    rests_until: datetime | None

    @property
    def differs(self) -> bool:
        """True when somebody else than planned came."""
        return self.record is not None and self.record.practitioner != self.planned


@dataclass(frozen=True)
class MonthDone:
    """A month of a line: its duties that are over, and the sums of each person, by name."""

    line: DutyLine
    month: date
    rows: Sequence[RecordRow]
    people: Sequence[tuple[Practitioner, Settled]]

    @property
    def missing(self) -> int:
        """Duties that nobody has recorded yet."""
        return sum(row.record is None and row.planned is not None for row in self.rows)


def past_slots(at: datetime) -> QuerySet[DutySlot]:
    """Slots that are over, with their holder and what was recorded."""
    return DutySlot.objects.filter(ends_at__lte=at).select_related(
        "line__organization",
        "service__site__organization",
        "assignment__practitioner",
        "record__practitioner",
    )


def get_month_done(line: DutyLine, *, month: date, at: datetime) -> MonthDone:
    """The duties of a line that started in a month and are over. One query."""
    first, last = day_bounds(month)[0], day_bounds(next_month(month))[0]
    slots = past_slots(at).filter(line=line, starts_at__gte=first, starts_at__lt=last)
    rules = regulations_on(month)
    rows, facts = [], []
    people: dict[str, Practitioner] = {}
    for slot in slots.order_by("starts_at", "service__slug"):
        assignment = getattr(slot, "assignment", None)
        record = getattr(slot, "record", None)
        planned = assignment.practitioner if assignment else None
        done = record.practitioner if record else None
        people |= {one.slug: one for one in (planned, done) if one is not None}
        rests = None
        if record is not None and done is not None:
            rests = rest_until(line.kind, slot.ends_at, record.last_call_ended_at, rules)
        rows.append(RecordRow(slot, planned, record, rests))
        facts.append(
            DutyFact(
                line.kind,
                slot.starts_at,
                slot.ends_at,
                planned.slug if planned else None,
                done.slug if done else None,
                record.calls if record else 0,
                record.worked_minutes if record else 0,
            )
        )
    sums = settle(facts, rules)
    by_name = sorted(people.values(), key=lambda one: (one.search_name, one.slug))
    return MonthDone(line, month, rows, [(one, sums[one.slug]) for one in by_name])
