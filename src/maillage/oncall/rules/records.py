"""What was really done of a duty: when it may be recorded, and what it counts for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.engines.rostering.regulations import Regulations, regulations_on
from maillage.oncall.enums import LineKind
from maillage.oncall.rules.counting import Counted, count_duty
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, Problem

MOST_CALLS = 50
LATEST = timedelta(days=122)
"""How late a duty may still be recorded: working time is settled every four months."""


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody did of a duty. ``worked_minutes``: work, journeys included."""

    calls: int
    worked_minutes: int
    last_call_ended_at: datetime | None


def work_of(
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    calls: int,
    minutes: int,
    last_call_ended_at: datetime | None,
    at: datetime,
) -> Done:
    """The work of a duty. On site, all of it. On call, the ``minutes`` spent there and back, with
    the flat time of journeys (callout.travel_minutes, at most callout.travel_most_minutes a duty).

    Raises :class:`Invalid`, with the field of each defect, when it is not over, is too old, or what
    is said cannot be.
    """
    problems = []
    if at < ends_at:
        problems.append(Problem("Cette garde n'est pas terminée.", field="slot"))
    elif at - ends_at > LATEST:
        problems.append(Problem("Cette garde est soldée : plus de quatre mois.", field="slot"))
    lasts = int((ends_at - starts_at).total_seconds() // 60)
    if kind == LineKind.ON_SITE:
        _raise(problems)
        return Done(0, lasts, None)
    if not 0 <= calls <= MOST_CALLS:
        problems.append(Problem(f"De 0 à {MOST_CALLS} déplacements.", field="calls"))
    if not 0 <= minutes <= lasts:
        problems.append(Problem("Plus long que la garde elle-même.", field="minutes"))
    if not calls and minutes:
        problems.append(Problem("Du temps de travail sans déplacement.", field="calls"))
    if calls and last_call_ended_at is None:
        problems.append(
            Problem("L'heure de fin du dernier déplacement manque.", field="last_call_ended_at")
        )
    if last_call_ended_at is not None and not (
        starts_at < last_call_ended_at <= ends_at + timedelta(hours=12)
    ):
        problems.append(
            Problem("Cette heure n'est pas de cette garde.", field="last_call_ended_at")
        )
    _raise(problems)
    rules = regulations_on(local_day(starts_at))
    travel = min(
        calls * rules.minutes("callout.travel_minutes"),
        rules.minutes("callout.travel_most_minutes"),
    )
    return Done(calls, minutes + travel, last_call_ended_at if calls else None)


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise Invalid("oncall.record", "La garde ne peut pas être enregistrée ainsi.", problems)


def rest_until(
    kind: str, ends_at: datetime, last_call_ended_at: datetime | None, rules: Regulations
) -> datetime | None:
    """Until when whoever did a duty rests (None: at once free): after a garde, from its end; after
    an astreinte, from the end of the last call-out (décret 2015-1260)."""
    if kind == LineKind.ON_SITE:
        return ends_at + timedelta(minutes=rules.minutes("rest.after_night_duty_hours"))
    if last_call_ended_at is None:
        return None
    return last_call_ended_at + timedelta(minutes=rules.minutes("rest.after_callout_hours"))


@dataclass(frozen=True, slots=True)
class Settled:
    """Sums of one person over some duties: planned, and done. ``call_minutes``: work of call-outs,
    journeys included; ``half_days_done`` those of gardes, and whole ones that call-outs make."""

    planned: Counted
    done: Counted
    calls: int
    call_minutes: int
    half_days_done: int


@dataclass(frozen=True, slots=True)
class DutyFact:
    """A duty that is over: who was to hold it, who did (None: not recorded), with what work."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    planned_for: str | None
    done_by: str | None
    calls: int = 0
    worked_minutes: int = 0


def settle(facts: Iterable[DutyFact], rules: Regulations) -> dict[str, Settled]:
    """Planned and done, by person. Call-outs are added up, then counted in whole half-days
    (callout.half_day_minutes)."""
    planned: dict[str, Counted] = {}
    done: dict[str, Counted] = {}
    calls: dict[str, tuple[int, int]] = {}
    for fact in facts:
        one = count_duty(fact.kind, fact.starts_at, fact.ends_at)
        if fact.planned_for is not None:
            planned[fact.planned_for] = planned.get(fact.planned_for, Counted()) + one
        if fact.done_by is not None:
            done[fact.done_by] = done.get(fact.done_by, Counted()) + one
            if fact.kind == LineKind.ON_CALL:
                number, minutes = calls.get(fact.done_by, (0, 0))
                calls[fact.done_by] = (number + fact.calls, minutes + fact.worked_minutes)
    step = rules.minutes("callout.half_day_minutes")
    found = {}
    for person in planned.keys() | done.keys():
        number, minutes = calls.get(person, (0, 0))
        made = done.get(person, Counted())
        found[person] = Settled(
            planned.get(person, Counted()), made, number, minutes, made.half_days + minutes // step
        )
    return found
