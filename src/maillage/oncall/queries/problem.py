"""The duties of some lines over some days as a problem of the engine: who may hold them, when they
are away, what they asked, what they hold elsewhere, and the rules of that time.

One reading serves the grid, swaps, holes, replacements and the computation: what one of them
forbids, all do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Avg, Q, Sum

from maillage.directory.models import Practitioner, PractitionerRole, Site
from maillage.engines.rostering import Checker
from maillage.engines.rostering.duties import make_problem
from maillage.engines.rostering.duty_limits import four_months
from maillage.engines.rostering.duty_values import (
    DaysOff,
    Doctor,
    DutyLineSpec,
    DutyToHold,
    ExemptionReason,
    Half,
    OffKind,
    Session,
    Wish,
    WishKind,
    measure_duty,
)
from maillage.engines.rostering.duty_values import Exemption as ExemptNights
from maillage.engines.rostering.problem import Absence, Person, Problem, Roster
from maillage.engines.rostering.regulations import Regulations, regulations_on
from maillage.oncall.enums import AnswerState, ExemptionScope, UnavailabilityKind
from maillage.oncall.models import (
    DutyLine,
    DutyRecord,
    DutySlot,
    Exemption,
    RosterVersion,
    Unavailability,
)
from maillage.oncall.queries.candidates import Crew, load_crew
from maillage.oncall.queries.rosters import duties_in_force, duties_of_version
from maillage.oncall.rules.counting import duty_kind
from maillage.oncall.rules.duties import Duty
from maillage.territory.queries.travel import get_travel_source
from maillage.territory.rules.travel import Place
from maillage.vocabulary.calendar import day_bounds, local_day, paris_instant
from maillage.workforce.enums import Weeks
from maillage.workforce.models import StaffAssignment, WeeklyHalfDay

DAYS_BEFORE = 28
"""Duties held over so many days before count in rests, and in limits on runs of days, which look
as far ahead."""

DAYS_AFTER = 3
"""Duties and absences so soon after the last day count in rests."""

FULL_TIME = 10

PARITY = {Weeks.EVEN.value: 0, Weeks.ODD.value: 1}

OTHER_DUTY = "other_duty"
"""Code of an absence: a duty of another line that is in force."""
EXEMPT_ON_SITE = "exemption_on_site"

OFF = {
    UnavailabilityKind.LEAVE: OffKind.LEAVE,
    UnavailabilityKind.TRAINING: OffKind.TRAINING,
    UnavailabilityKind.SICK: OffKind.SICK,
    UnavailabilityKind.OTHER: OffKind.OTHER,
}
WISHES = {
    UnavailabilityKind.REFUSAL: WishKind.AVOIDED,
    UnavailabilityKind.WISH: WishKind.WANTED,
}


@dataclass(frozen=True)
class Board:
    """Some duties over the days ``starts <= day < ends``, with all that judges who holds them."""

    starts: date
    ends: date
    duties: tuple[Duty, ...]
    lines: Mapping[str, DutyLine]
    crew: Crew
    regulations: Regulations
    problem: Problem
    measured: Mapping[str, DutyToHold]
    half_days: Mapping[str, int]

    @cached_property
    def checker(self) -> Checker:
        return Checker(self.problem)

    @cached_property
    def by_id(self) -> Mapping[str, Duty]:
        return {duty.id: duty for duty in self.duties}

    @property
    def roster(self) -> Roster:
        """Who holds what."""
        return Roster(frozenset((d.holder, d.id) for d in self.duties if d.holder is not None))

    def name(self, person: str) -> str:
        """The name of somebody of the problem."""
        found = self.crew.people.get(person)
        return str(found) if found else person

    def candidates(self, duty: Duty) -> list[str]:
        """Those who take part in the line of a duty on its day, by name."""
        return self.crew.of_line(duty.line, local_day(duty.starts_at))


def board_of_version(version: RosterVersion, *, at: datetime) -> Board:
    """A version of a roster: pinned duties and those that have begun stay with their holders."""
    roster = version.roster
    duties = [
        replace(duty, pinned=True) if duty.holder and duty.starts_at <= at else duty
        for duty in duties_of_version(version)
    ]
    return load_board(list(roster.lines.all()), duties, roster.starts_on, roster.ends_on)


def board_in_force(lines: Sequence[DutyLine], starts: date, ends: date, *, at: datetime) -> Board:
    """The slots in force of these lines over some days; those that have begun are pinned."""
    first, last = day_bounds(starts)[0], day_bounds(ends)[0]
    duties = [
        replace(duty, pinned=True) if duty.holder and duty.starts_at <= at else duty
        for duty in duties_in_force([line.slug for line in lines], first, last)
    ]
    return load_board(lines, duties, starts, ends)


def load_board(
    lines: Sequence[DutyLine],
    duties: Iterable[Duty],
    starts: date,
    ends: date,
    *,
    carried: Mapping[str, Mapping[str, int]] | None = None,
    previous: Roster | None = None,
) -> Board:
    """Read all that judges these duties. ``carried``: by person and counter, hundredths held above
    the fair share before. ``previous``: the roster that is being changed. About a dozen queries,
    whatever the number of duties and people."""
    return _Reader(lines, duties, starts, ends).board(carried or {}, previous)


def rebuilt(board: Board, duties: Iterable[Duty]) -> Board:
    """The same board with other holders of the same duties: nothing is read again."""
    return replace(board, duties=tuple(duties))


class _Reader:
    """What one reading of the database gathers."""

    def __init__(
        self, lines: Sequence[DutyLine], duties: Iterable[Duty], starts: date, ends: date
    ) -> None:
        self.lines = {line.slug: line for line in lines}
        self.duties = tuple(duties)
        self.starts, self.ends = starts, ends
        self.regulations = regulations_on(starts)
        self.crew = load_crew(lines, starts, ends)
        self._add_holders()
        self.specs = {line.slug: spec for line, spec in _specs(lines)}
        self.measured = {duty.id: self._measure(duty) for duty in self.duties}
        self.origin = paris_instant(starts, time(0))
        # Rests look back, limits on runs of days both ways; the mean of hours is over the whole
        # four months.
        self.first = min(
            starts - timedelta(days=DAYS_BEFORE), four_months(starts, self.regulations)[0]
        )
        self.last = max(
            ends + timedelta(days=DAYS_BEFORE),
            four_months(ends - timedelta(days=1), self.regulations)[1],
        )

    def _add_holders(self) -> None:
        """Those who hold a duty without taking part in its line are judged too."""
        missing = {d.holder for d in self.duties if d.holder} - self.crew.people.keys()
        if missing:
            found = {p.slug: p for p in Practitioner.objects.filter(slug__in=missing)}
            self.crew = replace(self.crew, people={**self.crew.people, **found})

    def _measure(self, duty: Duty, spec: DutyLineSpec | None = None) -> DutyToHold:
        return measure_duty(
            spec or self.specs[duty.line],
            duty.starts_at,
            duty.ends_at,
            self.regulations,
            site=duty.site,
            id=duty.id,
        )

    def board(self, carried: Mapping[str, Mapping[str, int]], previous: Roster | None) -> Board:
        away = _unavailable(self.crew, self.first, self.last)
        elsewhere = self._held_around()
        others = _other_specs(
            {line for rows in elsewhere.values() for line, _ in rows} - self.specs.keys()
        )
        exempt = _exemptions(self.crew, self.starts, self.ends)
        half_days = _weekly_half_days(self.crew, self.starts)
        sessions = _sessions(self.crew, self.first, self.last)
        recent = self.starts - timedelta(days=DAYS_BEFORE)
        pinned = self._pinned()
        agreed = {person: self._agreed(person) for person in self.crew.people}
        doctors = [
            Doctor(
                id=person,
                half_days=half_days.get(person, FULL_TIME),
                lines=self._lines_of(person),
                sessions=sessions.get(person, ()),
                off=(*self._not_yet(person), *_days_off(away.get(person, ()))),
                exemptions=_nights(exempt.get(person, ())),
                wishes=tuple(_wishes(away.get(person, ()))),
                carried=carried.get(person, {}),
                held=tuple(self._measured(elsewhere.get(person, ()), others, recent, self.starts)),
                elsewhere=tuple(
                    self._measured(elsewhere.get(person, ()), others, self.first, self.last)
                ),
                pinned=frozenset(pinned.get(person, ())),
                volunteer=bool(agreed[person]),
                agreed=agreed[person],
            )
            for person in sorted(self.crew.people)
        ]
        problem = make_problem(
            self.measured.values(),
            doctors,
            (*self.specs.values(), *others.values()),
            self.regulations,
            starts=self.starts,
            ends=self.ends,
            travel=_travel(
                {duty.site for duty in self.duties}
                | {one.site for rows in sessions.values() for one in rows}
            ),
            previous=previous,
        )
        people = tuple(
            self._exact(person, away, elsewhere, others, exempt) for person in problem.people
        )
        return Board(
            starts=self.starts,
            ends=self.ends,
            duties=self.duties,
            lines=self.lines,
            crew=self.crew,
            regulations=self.regulations,
            problem=replace(problem, people=people),
            measured=self.measured,
            half_days={one: half_days.get(one, FULL_TIME) for one in self.crew.people},
        )

    def _pinned(self) -> dict[str, set[str]]:
        """Duties that stay with their holder, by person."""
        found: dict[str, set[str]] = defaultdict(set)
        for duty in self.duties:
            if duty.pinned and duty.holder:
                found[duty.holder].add(duty.id)
        return found

    def _lines_of(self, person: str) -> frozenset[str]:
        return frozenset(
            line
            for line, stays in self.crew.stays.items()
            if any(stay.person == person for stay in stays)
        )

    def _not_yet(self, person: str) -> Iterator[DaysOff]:
        """Days of the roster on which somebody takes no part in a line of theirs."""
        for line in sorted(self._lines_of(person)):
            day = self.starts
            stays = sorted(
                (s for s in self.crew.stays[line] if s.person == person), key=lambda s: s.starts_on
            )
            for stay in stays:
                if stay.starts_on > day:
                    yield DaysOff(day, stay.starts_on, OffKind.AGREEMENT, frozenset((line,)))
                day = max(day, stay.ends_on or self.ends)
            if day < self.ends:
                yield DaysOff(day, self.ends, OffKind.AGREEMENT, frozenset((line,)))

    def _agreed(self, person: str) -> dict[str, int]:
        """Duties in 28 days agreed with a member, by line; the most generous of their stays."""
        found: dict[str, int] = {}
        for line, stays in self.crew.stays.items():
            for stay in stays:
                if stay.person == person and stay.most_in_28_days is not None:
                    found[line] = max(stay.most_in_28_days, found.get(line, 0))
        return found

    def _held_around(self) -> dict[str, list[tuple[str, Duty]]]:
        """Duties in force of these people during the roster and the four months that it is in, but
        for those that it plans itself, as (line, duty)."""
        first, last = day_bounds(self.first)[0], day_bounds(self.last)[0]
        inside = Q(
            line__slug__in=self.lines,
            starts_at__gte=day_bounds(self.starts)[0],
            starts_at__lt=day_bounds(self.ends)[0],
        )
        rows = (
            DutySlot.objects.filter(
                ~inside,
                assignment__practitioner__slug__in=self.crew.people,
                starts_at__lt=last,
                ends_at__gt=first,
            )
            .order_by("starts_at")
            .values_list(
                "pk", "line__slug", "service__slug", "service__site__finess", "starts_at",
                "ends_at", "assignment__practitioner__slug",
            )
        )  # fmt: skip
        found: dict[str, list[tuple[str, Duty]]] = defaultdict(list)
        for row in rows:
            duty = Duty(f"s{row[0]}", *row[1:])
            if duty.holder:
                found[duty.holder].append((duty.line, duty))
        return found

    def _measured(
        self,
        rows: Iterable[tuple[str, Duty]],
        others: Mapping[str, DutyLineSpec],
        starts: date,
        ends: date,
    ) -> Iterator[DutyToHold]:
        """The duties among these that start and end around the days ``starts <= day < ends``."""
        first, last = day_bounds(starts)[0], day_bounds(ends)[0]
        for line, duty in rows:
            if first < duty.ends_at and duty.starts_at < last:
                yield self._measure(duty, self.specs.get(line) or others[line])

    @property
    def _last_minute(self) -> int:
        return self._minute(day_bounds(self.ends + timedelta(days=DAYS_AFTER))[0])

    def _minute(self, moment: datetime) -> int:
        return int((moment - self.origin).total_seconds() // 60)

    def _exact(
        self,
        person: Person,
        away: Mapping[str, Sequence[Unavailability]],
        elsewhere: Mapping[str, Sequence[tuple[str, Duty]]],
        others: Mapping[str, DutyLineSpec],
        exempt: Mapping[str, Sequence[Exemption]],
    ) -> Person:
        """What the days of a doctor cannot say: absences to the minute, duties on other lines."""
        whole_days = {kind.value for kind in OFF.values()}
        absences = [one for one in person.absences if one.rule not in whole_days]
        last = self._last_minute
        for one in away.get(person.id, ()):
            kind = UnavailabilityKind(one.kind)
            meets = self._minute(one.starts_at) < last and self._minute(one.ends_at) > 0
            if meets and kind in OFF and one.state == AnswerState.GRANTED:
                absences.append(
                    Absence(
                        self._minute(one.starts_at),
                        self._minute(one.ends_at),
                        OFF[kind].value,
                        frozenset(line.slug for line in one.lines.all()),
                        one.negotiable,
                    )
                )
        absences += self._elsewhere(elsewhere.get(person.id, ()), others)
        absences += self._exempt_on_site(exempt.get(person.id, ()))
        return replace(person, absences=tuple(absences))

    def _elsewhere(
        self, rows: Iterable[tuple[str, Duty]], others: Mapping[str, DutyLineSpec]
    ) -> Iterator[Absence]:
        """Nobody is on two lines at once; a garde asks for its rest on both sides."""
        rest = self.regulations.minutes("rest.after_night_duty_hours")
        on_site = frozenset(s.id for s in self.specs.values() if s.kind.is_on_site)
        for line, duty in rows:
            first, last = self._minute(duty.starts_at), self._minute(duty.ends_at)
            if last <= 0 or first >= self._last_minute:
                continue  # rests after what was held before are asked through it
            spec = self.specs.get(line) or others[line]
            yield Absence(first, last, OTHER_DUTY)
            if spec.kind.is_on_site and first >= 0:
                yield Absence(last, last + rest, "rest_after_garde")
                if on_site:
                    yield Absence(first - rest, first, "rest_after_garde", on_site)

    def _exempt_on_site(self, rows: Iterable[Exemption]) -> Iterator[Absence]:
        on_site = frozenset(s.id for s in self.specs.values() if s.kind.is_on_site)
        for one in rows:
            if one.scope == ExemptionScope.ON_SITE and on_site:
                last = one.ends_on or self.ends + timedelta(days=DAYS_AFTER)
                yield Absence(
                    self._minute(paris_instant(max(one.starts_on, self.starts), time(0))),
                    self._minute(paris_instant(last, time(0))),
                    EXEMPT_ON_SITE,
                    on_site,
                )


def _specs(lines: Sequence[DutyLine]) -> list[tuple[DutyLine, DutyLineSpec]]:
    """Lines as the engine knows them; the mean of call-outs is what was recorded."""
    worked = dict(
        DutyRecord.objects.filter(slot__line__in=lines)
        .order_by()
        .values_list("slot__line__slug")
        .annotate(mean=Avg("worked_minutes"))
    )
    return [
        (
            line,
            DutyLineSpec(
                id=line.slug,
                kind=duty_kind(line.kind, line.is_half),
                response_minutes=line.response_minutes,
                callout_minutes=round(worked.get(line.slug) or 0),
            ),
        )
        for line in lines
    ]


def _other_specs(slugs: Collection[str]) -> dict[str, DutyLineSpec]:
    if not slugs:
        return {}
    lines = list(DutyLine.objects.filter(slug__in=slugs))
    return {line.slug: spec for line, spec in _specs(lines)}


def _unavailable(crew: Crew, starts: date, ends: date) -> dict[str, list[Unavailability]]:
    rows = (
        Unavailability.objects.filter(
            practitioner__slug__in=crew.people,
            starts_at__lt=day_bounds(ends)[0],
            ends_at__gt=day_bounds(starts)[0],
            state__in=[AnswerState.ASKED, AnswerState.GRANTED],
        )
        .select_related("practitioner")
        .prefetch_related("lines")
    )
    found: dict[str, list[Unavailability]] = defaultdict(list)
    for row in rows:
        found[row.practitioner.slug].append(row)
    return found


def _days_off(rows: Iterable[Unavailability]) -> Iterator[DaysOff]:
    """Whole days away, for the shares and the averages; to the minute, see ``_exact``."""
    for one in rows:
        kind = UnavailabilityKind(one.kind)
        if kind in OFF and one.state == AnswerState.GRANTED:
            first, last = _whole_days(one)
            if first < last:
                lines = frozenset(line.slug for line in one.lines.all())
                yield DaysOff(first, last, OFF[kind], lines)


def _whole_days(one: Unavailability) -> tuple[date, date]:
    first, last = local_day(one.starts_at), local_day(one.ends_at)
    if day_bounds(first)[0] < one.starts_at:
        first += timedelta(days=1)
    return first, last


def _wishes(rows: Iterable[Unavailability]) -> Iterator[Wish]:
    for one in rows:
        kind = UnavailabilityKind(one.kind)
        # Leave that nobody has answered yet weighs as something to avoid.
        if kind in WISHES or one.state == AnswerState.ASKED:
            first, last = local_day(one.starts_at), local_day(one.ends_at)
            if day_bounds(last)[0] < one.ends_at:
                last += timedelta(days=1)
            lines = frozenset(line.slug for line in one.lines.all())
            yield Wish(first, last, WISHES.get(kind, WishKind.AVOIDED), lines)


def _exemptions(crew: Crew, starts: date, ends: date) -> dict[str, list[Exemption]]:
    rows = Exemption.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=starts),
        practitioner__slug__in=crew.people,
        starts_on__lt=ends,
    ).select_related("practitioner")
    found: dict[str, list[Exemption]] = defaultdict(list)
    for row in rows:
        found[row.practitioner.slug].append(row)
    return found


def _nights(rows: Iterable[Exemption]) -> tuple[ExemptNights, ...]:
    """Exemptions as the engine knows them: its reason only tells what they cover, and no screen
    writes it."""
    reasons = {
        ExemptionScope.NIGHTS: ExemptionReason.AGE,
        ExemptionScope.ALL: ExemptionReason.THERAPEUTIC,
    }
    return tuple(
        ExemptNights(reasons[ExemptionScope(one.scope)], one.starts_on, one.ends_on or date.max)
        for one in rows
        if one.scope in reasons
    )


def _weekly_half_days(crew: Crew, day: date) -> dict[str, int]:
    """Weekly half-days of each on the first day: those of their posts, else those of their roles
    in the directory. Two queries."""
    holds = Q(ends_on__isnull=True) | Q(ends_on__gt=day)
    found: dict[str, int] = {}
    for rows in (
        PractitionerRole.objects.filter(half_days__isnull=False),
        StaffAssignment.objects.all(),
    ):
        kept = rows.filter(holds, practitioner__slug__in=crew.people, starts_on__lte=day)
        totals = kept.order_by().values_list("practitioner__slug").annotate(Sum("half_days"))
        found |= {slug: min(FULL_TIME, total) for slug, total in totals if total}
    return found


def _sessions(crew: Crew, starts: date, ends: date) -> dict[str, tuple[Session, ...]]:
    """The day work of each, week after week. Half-days that an agreement carries, in another
    hospital, are fixed: nobody gives them back. One query.

    """
    rows = (
        WeeklyHalfDay.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=starts),
            practitioner__slug__in=crew.people,
            starts_on__lt=ends,
        )
        .order_by("practitioner", "weekday")
        .values_list(
            "practitioner__slug", "weekday", "half", "site__finess", "agreement", "weeks",
            "starts_on", "ends_on",
        )
    )  # fmt: skip
    found: dict[str, list[Session]] = defaultdict(list)
    for person, weekday, half, site, agreement, weeks, since, until in rows:
        found[person].append(
            Session(
                weekday - 1,
                Half[half],
                site,
                fixed=agreement is not None,
                week=PARITY.get(weeks),
                starts=since,
                ends=until,
            )
        )
    return {person: tuple(sessions) for person, sessions in found.items()}


def _travel(sites: Collection[str]) -> dict[tuple[str, str], int]:
    """Minutes between these sites, from the source of travel times in use. Three queries."""
    if len(sites) < 2:
        return {}
    places = [
        Place(*row)
        for row in Site.objects.filter(finess__in=sites)
        .order_by("finess")
        .values_list("finess", "latitude", "longitude")
    ]
    found = get_travel_source().pairs(places, places)
    return {(origin, to): round(minutes) for origin, to, minutes in found if minutes}
