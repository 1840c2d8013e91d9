"""Plans of a year, by blocks of four months that hand their counters on.

A year is made block after block: each is a roster of its own, and the next one starts from what was
held (fair shares, rests, rolling limits). Additional time and the mean of 48 hours start again with
each period of reference, which blocks follow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from maillage.engines.rostering.day_work import DayWork
from maillage.engines.rostering.duties import make_problem
from maillage.engines.rostering.duty_limits import NetWork, four_months, periods_of_reference
from maillage.engines.rostering.duty_values import ONE_DAY, Doctor, DutyLineSpec, DutyToHold
from maillage.engines.rostering.problem import Problem, Roster
from maillage.engines.rostering.regulations import Regulations

LOOK_BACK = timedelta(days=60)
"""Duties that ended longer ago weigh on no rest and on no rolling limit."""


@dataclass(frozen=True, slots=True)
class YearBlock:
    """One block of a year: its days, the people as they enter it, and its problem."""

    starts: date
    ends: date
    doctors: tuple[Doctor, ...]
    problem: Problem


def make_year(
    duties: Sequence[DutyToHold],
    doctors: Sequence[Doctor],
    lines: Sequence[DutyLineSpec],
    regulations: Regulations,
    *,
    starts: date,
    ends: date,
    travel: Mapping[tuple[str, str], int] | None = None,
    rosters: Sequence[Roster] = (),
) -> tuple[YearBlock, ...]:
    """The blocks of ``starts <= day < ends`` that can be made now: those of ``rosters`` (one each,
    in order), and the next one, from what they hold. Each is made from the rosters before it.

    Raises ValueError for more rosters than blocks.
    """
    spans = [
        (max(starts, first), min(ends, last))
        for first, last in periods_of_reference(starts, ends, regulations)
    ]
    if len(rosters) > len(spans):
        raise ValueError("more rosters than blocks")
    found: list[YearBlock] = []
    people = tuple(doctors)
    for index, (first, last) in enumerate(spans[: len(rosters) + 1]):
        own = [duty for duty in duties if first <= duty.day < last]
        problem = make_problem(
            own, people, lines, regulations, starts=first, ends=last, travel=travel
        )
        found.append(YearBlock(first, last, people, problem))
        if index < len(rosters):
            people = hand_on(
                people, own, lines, problem, rosters[index], regulations, starts=first, ends=last
            )
    return tuple(found)


def hand_on(
    doctors: Sequence[Doctor],
    duties: Sequence[DutyToHold],
    lines: Sequence[DutyLineSpec],
    problem: Problem,
    roster: Roster,
    regulations: Regulations,
    *,
    starts: date,
    ends: date,
) -> tuple[Doctor, ...]:
    """The people as they leave the days ``starts <= day < ends`` with what they held there.

    Shares above or below the fair one are carried, in hundredths. Worked minutes and half-days go
    on when ``ends`` is inside a period of reference, and start from zero when it closes one.
    """
    by_id = {duty.id: duty for duty in duties}
    kept: dict[str, list[DutyToHold]] = defaultdict(list)
    for person, slot in sorted(roster.held):
        kept[person].append(by_id[slot])
    carried = carried_shares(problem, roster)
    found = []
    for doctor in doctors:
        held = kept[doctor.id]
        minutes, half_days = _net(doctor, held, lines, regulations, starts, ends, problem.travel)
        recent = [d for d in (*doctor.held, *held) if d.day >= ends - LOOK_BACK]
        found.append(
            replace(
                doctor,
                carried={**doctor.carried, **carried.get(doctor.id, {})},
                held=tuple(sorted(recent, key=lambda duty: duty.starts)),
                pinned=doctor.pinned - by_id.keys(),
                worked_minutes=minutes,
                worked_half_days=half_days,
            )
        )
    return tuple(found)


def carried_shares(problem: Problem, roster: Roster) -> dict[str, dict[str, int]]:
    """What each person held above their fair share (below when negative), what they came with
    included: by person and counter, in hundredths."""
    counts = {slot.id: slot.counts for slot in problem.slots}
    held: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for person, slot in roster.held:
        for counter, value in counts[slot].items():
            held[person][counter] += value
    return {
        person.id: {
            share.counter: held[person.id][share.counter] * share.scale
            + share.carried
            - share.target
            for share in person.shares
        }
        for person in problem.people
    }


def _net(
    doctor: Doctor,
    held: Sequence[DutyToHold],
    lines: Sequence[DutyLineSpec],
    regulations: Regulations,
    starts: date,
    ends: date,
    travel: Mapping[tuple[str, str], int],
) -> tuple[int, int]:
    """Minutes and half-days held in the period of reference that ``ends`` is in, net of day work
    that was given back."""
    first, _ = four_months(ends, regulations)
    if first == ends:
        return 0, 0
    by_id = {line.id: line for line in lines}
    work = DayWork(doctor, starts - ONE_DAY, ends + 3 * ONE_DAY, regulations)
    goes_on = starts >= first
    minutes = doctor.worked_minutes if goes_on else 0
    half_days = doctor.worked_half_days if goes_on else 0
    for duty in held:
        if duty.day >= first:
            released = work.effect(duty, by_id[duty.line], travel).released
            done = NetWork.of(duty, released, regulations)
            minutes += done.minutes
            half_days += done.half_days
    return minutes, half_days
