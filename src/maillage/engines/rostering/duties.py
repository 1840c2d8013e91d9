"""From the duties and the people of a territory to a :class:`~..problem.Problem`, and back.

Every rule that forbids carries a code; :data:`RULES` says which regulation is behind it, so that a
screen can write its sentence, its value and its source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from maillage.engines.rostering.day_work import DayWork, Effect, is_derogatory
from maillage.engines.rostering.duty_limits import (
    NetWork,
    agreed_counter,
    binding,
    counts_of,
    periods_of_reference,
    rolling_limits,
    work_limits,
)
from maillage.engines.rostering.duty_values import (
    MINUTE,
    ONE_DAY,
    SATURDAY,
    SUNDAY,
    Doctor,
    DutyLineSpec,
    DutyToHold,
    ExemptionReason,
    WishKind,
)
from maillage.engines.rostering.problem import (
    Absence,
    Limit,
    Person,
    Problem,
    Rest,
    Rhythm,
    Roster,
    Share,
    Slot,
    Term,
    Violation,
)
from maillage.engines.rostering.regulations import Regulation, Regulations
from maillage.engines.rostering.weekly_rest import WEEK, weekly_rest_limits
from maillage.vocabulary.calendar import paris_instant

SHARE_SCALE = 100
"""Shares are counted in hundredths: a part of a duty matters when it is carried over years."""

SHARED_COUNTERS = ("gardes", "astreintes", "nights", "weekends", "holidays")
"""Counters that are shared fairly, each with its weight ``fairness.<counter>``."""

LEVELS = ((Term.UNDER,), (Term.SHARES,), (Term.WISHES, Term.CHANGES))

RULES: Mapping[str, str] = {
    "academic_nights_per_week": "participation.academic_nights_per_week",
    "academic_sundays_per_month": "participation.academic_sundays_per_month",
    "agreement_ended": "shared.agreement_required",
    "astreinte_nights_per_week": "participation.astreinte_nights_per_week",
    "astreinte_sundays_per_month": "participation.astreinte_sundays_per_month",
    "continuous_work": "work.continuous_hours",
    "day_work": "",
    "exemption_age": "exemption.night_age",
    "exemption_pregnancy": "exemption.pregnancy_month",
    "exemption_therapeutic": "exemption.therapeutic_part_time",
    "equal_rest": "rest.equal_after_long_work",
    "extra_time": "work.extra_is_voluntary",
    "garde_spacing": "local.garde_spacing_days",
    "gardes_per_28_days": "local.gardes_per_28_days",
    "leave": "",
    "maternity": "",
    "max_worked": "local.days_in_a_row",
    "mean_weekly_hours": "work.mean_weekly_hours",
    "not_here": "",
    "not_of_site": "",
    "other_absence": "",
    "refusal": "",
    "rest_after_garde": "rest.after_night_duty_hours",
    "rest_before_day_work": "rest.after_night_duty_hours",
    "rest_before_garde": "local.rest_before_garde_hours",
    "sick": "",
    "training": "",
    "travel_from_day_work": "",
    "travel_to_day_work": "",
    "weekends_per_28_days": "local.weekend_duties_per_28_days",
    "weekly_rest": "rest.weekly_hours",
}
"""The regulation behind each code that a problem made here carries; empty for facts of a person.
The checker's own codes (``overlap``, ``not_of_line`` ...) are facts of the roster and are not here.
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody cannot hold something, as data: the screen writes the sentence.

    ``regulation``: the rule in force behind it, None for facts (leave, day work, overlap).
    """

    code: str
    person: str
    slots: tuple[str, ...] = ()
    regulation: Regulation | None = None
    excess: int = 0
    negotiable: bool = False


def reason_of(violation: Violation, regulations: Regulations) -> Reason:
    """The reason behind a violation of a problem made by :func:`make_problem`."""
    key = RULES.get(violation.rule, "")
    return Reason(
        code=violation.rule,
        person=violation.person,
        slots=violation.slots,
        regulation=regulations.rules.get(key),
        excess=violation.excess,
        negotiable=violation.negotiable,
    )


def make_problem(
    duties: Iterable[DutyToHold],
    doctors: Sequence[Doctor],
    lines: Iterable[DutyLineSpec],
    regulations: Regulations,
    *,
    starts: date,
    ends: date,
    travel: Mapping[tuple[str, str], int] | None = None,
    previous: Roster | None = None,
    one_a_day: bool = True,
) -> Problem:
    """The roster to make for the duties that start on ``starts <= day < ends``.

    ``travel``: minutes between two sites; when one way only is given, the way back takes as long.
    ``previous``: the roster that is being changed. Raises ValueError for a duty outside the days,
    of an unknown line or given twice, and for a person given twice.
    """
    maker = _Maker(duties, doctors, lines, regulations, starts, ends, _both_ways(travel or {}))
    held: dict[str, set[str]] = defaultdict(set)
    for person, slot in previous.held if previous else ():
        held[person].add(slot)
    people = tuple(maker.person(doctor, held[doctor.id]) for doctor in doctors)
    days = (ends - starts).days
    weekdays = [(starts + timedelta(days=day)).weekday() for day in range(days)]
    return Problem(
        days=days,
        slots=tuple(maker.slot(duty) for duty in maker.duties),
        people=people,
        rests=tuple(maker.rests()),
        weekends=tuple(_weekends(weekdays)),
        one_a_day=one_a_day,
        travel=maker.travel,
        levels=LEVELS,
        change=regulations.whole("changes.one"),
    )


def _both_ways(travel: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    found = {(to, start): minutes for (start, to), minutes in travel.items()}
    return {pair: minutes for pair, minutes in (found | dict(travel)).items() if minutes}


def _weekends(weekdays: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for day, weekday in enumerate(weekdays):
        if weekday == SATURDAY:
            yield tuple(d for d in (day, day + 1) if d < len(weekdays))
        elif weekday == SUNDAY and day == 0:
            yield (day,)


class _Maker:
    """What is shared by all people while a problem is made."""

    def __init__(
        self,
        duties: Iterable[DutyToHold],
        doctors: Sequence[Doctor],
        lines: Iterable[DutyLineSpec],
        regulations: Regulations,
        starts: date,
        ends: date,
        travel: Mapping[tuple[str, str], int],
    ) -> None:
        self.lines = {line.id: line for line in lines}
        self.duties = sorted(duties, key=lambda duty: (duty.starts, duty.line, duty.id))
        self.regulations, self.travel = regulations, travel
        self.starts, self.ends = starts, ends
        self.days = (ends - starts).days
        self.origin = paris_instant(starts, time(0))
        self._check(doctors)
        self.longest: dict[str, int] = defaultdict(int)
        for duty in (*self.duties, *(duty for doctor in doctors for duty in doctor.held)):
            self.longest[duty.line] = max(self.longest[duty.line], duty.lasts)
        # Net counters of each person, by duty: what differs from one to another.
        self.net: dict[str, dict[str, int]] = defaultdict(dict)
        self.targets = self._targets(doctors)

    def _check(self, doctors: Sequence[Doctor]) -> None:
        ids = [duty.id for duty in self.duties]
        if len(set(ids)) < len(ids):
            raise ValueError("a duty is given twice")
        if len({doctor.id for doctor in doctors}) < len(doctors):
            raise ValueError("a person is given twice")
        for duty in self.duties:
            if duty.line not in self.lines:
                raise ValueError(f"{duty.id} is of an unknown line")
            if not self.starts <= duty.day < self.ends:
                raise ValueError(f"{duty.id} does not start on a day of the roster")

    def minute(self, moment: datetime) -> int:
        """Minutes that pass from the start of the roster to an instant."""
        return (moment - self.origin) // MINUTE

    def slot(self, duty: DutyToHold) -> Slot:
        """The slot of a duty, with everybody's counters and the net ones of each person."""
        line = self.lines[duty.line]
        return Slot(
            id=duty.id,
            line=duty.line,
            day=(duty.day - self.starts).days,
            starts=self.minute(duty.starts),
            ends=self.minute(duty.ends),
            under=line.weight,
            site=duty.site,
            counts=counts_of(duty, line) | self.net[duty.id],
        )

    def person(self, doctor: Doctor, held: Set[str]) -> Person:
        """Everything that binds one person; ``held``: in the roster that is being changed."""
        own = [d for d in self.duties if doctor.may_hold(self.lines[d.line])]
        every = list(periods_of_reference(self.starts, self.ends, self.regulations))
        first = min([self.starts, *(start for start, _ in every)]) - 2 * WEEK
        last = max([self.ends, *(end for _, end in every)]) + 2 * WEEK
        work = DayWork(doctor, first, last, self.regulations)
        effects = {duty.id: self._effect(work, duty) for duty in own}
        return Person(
            id=doctor.id,
            lines=frozenset(line.id for line in self.lines.values() if doctor.may_hold(line)),
            absences=tuple(self._absences(doctor, own, effects)),
            limits=self._limits(doctor, own, work, effects),
            rhythm=Rhythm(max_worked=self.regulations.whole("local.days_in_a_row")),
            shares=tuple(self._shares(doctor)),
            costs=self._costs(doctor, own),
            held_before=frozenset(held),
            pinned=doctor.pinned & {duty.id for duty in self.duties},
            before=tuple(self.slot(d) for d in doctor.held if d.line in self.lines),
        )

    def _effect(self, work: DayWork, duty: DutyToHold) -> Effect:
        return work.effect(duty, self.lines[duty.line], self.travel)

    def _absences(
        self, doctor: Doctor, own: Sequence[DutyToHold], effects: Mapping[str, Effect]
    ) -> Iterator[Absence]:
        end = self.minute(paris_instant(self.ends, time(0))) + 3 * 24 * 60
        if doctor.arrives is not None and doctor.arrives > self.starts:
            arrives = self.minute(paris_instant(doctor.arrives, time(0)))
            yield Absence(0, min(arrives, end), "not_here")
        if doctor.leaves is not None and doctor.leaves <= self.ends + ONE_DAY:
            leaves = self.minute(paris_instant(doctor.leaves, time(0)))
            yield Absence(max(0, leaves), end, "not_here")
        for off in doctor.off:
            first = self.minute(paris_instant(off.starts, time(0)))
            last = self.minute(paris_instant(off.ends, time(0)))
            if first < end and last > 0 and first < last:
                yield Absence(first, last, off.kind.value, off.lines, off.kind.is_negotiable)
        for duty in own:
            for rule, negotiable in self._forbids(doctor, duty, effects[duty.id]):
                first, last = self.minute(duty.starts), self.minute(duty.ends)
                yield Absence(first, last, rule, frozenset((duty.line,)), negotiable)

    def _forbids(
        self, doctor: Doctor, duty: DutyToHold, effect: Effect
    ) -> Iterator[tuple[str, bool]]:
        """Codes that forbid one duty to one person, and whether somebody could lift each."""
        if reason := self._exemption(doctor, duty):
            yield reason.value, False
        if doctor.sites and duty.site and duty.site not in doctor.sites:
            yield "not_of_site", False
        yield from effect.conflicts
        if any(w.kind is WishKind.REFUSED and w.speaks_of(duty) for w in doctor.wishes):
            yield WishKind.REFUSED.value, True

    def _exemption(self, doctor: Doctor, duty: DutyToHold) -> ExemptionReason | None:
        on_site = self.lines[duty.line].kind.is_on_site
        for one in doctor.exemptions:
            if one.starts <= duty.day < one.ends:
                if one.reason is ExemptionReason.THERAPEUTIC:
                    return one.reason
                if duty.night and (on_site or one.astreintes):
                    return one.reason
        return None

    def _limits(
        self,
        doctor: Doctor,
        own: Sequence[DutyToHold],
        work: DayWork,
        effects: Mapping[str, Effect],
    ) -> tuple[Limit, ...]:
        """Rolling limits, those of four months and those of the weekly rest; the counters of the
        last two are a person's own, and are written on duties."""
        totals = {f"work:{doctor.id}": 0, f"service:{doctor.id}": 0}
        net: list[tuple[str, dict[str, int]]] = []
        for duty in own:
            done = NetWork.of(duty, effects[duty.id].released, self.regulations)
            one = {f"work:{doctor.id}": done.minutes, f"service:{doctor.id}": done.half_days}
            net.append((duty.id, one))
            for counter, value in one.items():
                totals[counter] += value
        others = [
            NetWork.of(duty, self._effect(work, duty).released, self.regulations)
            for duty in doctor.elsewhere
            if duty.line in self.lines
        ]
        own_limits = list(
            work_limits(doctor, work, others, self.starts, self.days, self.regulations)
            if own
            else ()
        )
        kept = binding(own_limits, totals)
        counters = {limit.counter for limit in kept}
        for duty_id, values in net:
            self.net[duty_id] |= {c: v for c, v in values.items() if c in counters and v}
        for duty in own:
            if duty.line in doctor.agreed:
                self.net[duty.id][agreed_counter(duty.line)] = 1
        rolling = rolling_limits(doctor, own, self.lines, self.starts, self.days, self.regulations)
        return (*rolling, *kept, *self._weekly_rests(doctor, own, work))

    def _weekly_rests(
        self, doctor: Doctor, own: Sequence[DutyToHold], work: DayWork
    ) -> Iterator[Limit]:
        """The limits of the weekly rest, whose counters are written on duties."""
        for limit, counted in weekly_rest_limits(
            doctor.id,
            work,
            own,
            list({duty.id: duty for duty in (*doctor.held, *doctor.elsewhere)}.values()),
            self.lines,
            self.travel,
            self.regulations,
            starts=self.starts,
            ends=self.ends,
        ):
            for duty in counted:
                self.net[duty][limit.counter] = 1
            yield limit

    def _targets(self, doctors: Sequence[Doctor]) -> dict[tuple[str, str], Fraction]:
        """The fair share of each counter, by person: every duty is divided between those who could
        hold it that day, by their weekly half-days."""
        by_line = {
            line.id: [doctor for doctor in doctors if doctor.may_hold(line)]
            for line in self.lines.values()
        }
        found: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        for duty in self.duties:
            day = duty.day
            able = [
                doctor
                for doctor in by_line[duty.line]
                if doctor.is_here(day)
                and not any(off.lowers_share_of(duty) for off in doctor.off)
                and self._exemption(doctor, duty) is None
                and (not doctor.sites or not duty.site or duty.site in doctor.sites)
            ]
            whole = sum(doctor.half_days for doctor in able)
            counts = counts_of(duty, self.lines[duty.line])
            for doctor in able:
                part = Fraction(doctor.half_days, whole)
                for counter in SHARED_COUNTERS:
                    if counter in counts:
                        found[doctor.id, counter] += part * counts[counter]
        return found

    def _shares(self, doctor: Doctor) -> Iterator[Share]:
        for counter in SHARED_COUNTERS:
            weight = self.regulations.whole(f"fairness.{counter}")
            target = self.targets.get((doctor.id, counter))
            if weight and target is not None:
                yield Share(
                    counter=counter,
                    target=round(target * SHARE_SCALE),
                    scale=SHARE_SCALE,
                    carried=doctor.carried.get(counter, 0),
                    weight=weight,
                    power=2,
                )

    def _costs(self, doctor: Doctor, own: Sequence[DutyToHold]) -> dict[str, int]:
        points = {
            WishKind.WANTED: -self.regulations.whole("wishes.wanted"),
            WishKind.AVOIDED: self.regulations.whole("wishes.avoided"),
        }
        found: dict[str, int] = {}
        for wish in doctor.wishes:
            for duty in own if wish.kind in points else ():
                if wish.speaks_of(duty):
                    found[duty.id] = found.get(duty.id, 0) + points[wish.kind]
        return found

    def rests(self) -> Iterator[Rest]:
        """Rests between two duties, by kind of line."""
        on_site = [line.id for line in self.lines.values() if line.kind.is_on_site]
        long = frozenset(i for i in on_site if is_derogatory(self.longest[i], self.regulations))
        least = max(
            self.regulations.minutes("rest.daily_hours"),
            self.regulations.minutes("rest.after_night_duty_hours"),
        )
        if on_site:
            yield Rest("rest_after_garde", least, after=frozenset(on_site))
        if long:
            yield Rest("equal_rest", least, after=long, as_long=True)
        home = frozenset(self.lines) - frozenset(on_site)
        before = self.regulations.minutes("local.rest_before_garde_hours")
        if home and on_site and before:
            yield Rest("rest_before_garde", before, after=home, before=frozenset(on_site))
