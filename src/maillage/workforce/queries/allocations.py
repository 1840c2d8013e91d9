"""Half-days over sites: the question as the records of today ask it, kept questions, answers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner, Site
from maillage.directory.queries.lists import in_force
from maillage.engines import rostering
from maillage.engines.rostering.half_day_values import A_WEEK, CYCLE, Allocation, HalfDayDemand
from maillage.engines.rostering.regulations import regulations_on
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job
from maillage.jobs.permissions import can_read
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import Invalid, NotFound
from maillage.workforce.enums import Activity, AllocationState, Weeks
from maillage.workforce.models import (
    HalfDayAllocation,
    Position,
    StaffAssignment,
    StaffRecord,
    WeeklyHalfDay,
)
from maillage.workforce.permissions import ALLOCATE, READ_RECORDS
from maillage.workforce.queries.carriers import Carrier, load_carriers
from maillage.workforce.queries.posts import open_on, positions
from maillage.workforce.queries.weeks import half_day_rows, kilometres_from, travel_between
from maillage.workforce.rules.allocations import (
    SQUARES,
    AskedPerson,
    AskedSite,
    PersonResult,
    Question,
    SiteResult,
    gap_words,
    make_demand_of,
    make_terms,
    placed_today,
    read_question,
    read_results,
)

STAYING = frozenset({Activity.MEETING, Activity.ACADEMIC})
"""What stays where it is in a question as it is first made: meetings and teaching have their place
and hour. Everything else may move until medical affairs say otherwise."""

MOST_SITES = 12
MOST_SUGGESTED = 8
NEAR_MINUTES = 60
"""A suggestion holds sites at most so far from the one with the vacancy, by road."""

_SQUARE = {square: index for index, square in enumerate(SQUARES)}


def first_monday(today: date) -> date:
    """The Monday from which weeks are proposed: four weeks ahead at least, so that patients with
    an appointment can be told."""
    later = today + timedelta(days=28)
    return later + timedelta(days=-later.weekday() % 7)


def list_site_choices(specialty: str, *, on: date) -> list[Site]:
    """Sites where the specialty has an open post or a half-day of somebody on a day, by name."""
    posts = Position.objects.filter(open_on(on), specialty=specialty).values("site")
    weeks = WeeklyHalfDay.objects.filter(in_force(on), practitioner__specialty=specialty)
    rows = Site.objects.filter(Q(pk__in=posts) | Q(pk__in=weeks.values("site")))
    return list(rows.select_related("organization").order_by("search_name", "finess"))


def halves_of(weekday: int, half: str, weeks: str) -> tuple[int, ...]:
    """Half-days of the cycle on which a square of the grid recurs; none on Saturdays."""
    square = next((at for (day, part), at in _SQUARE.items() if (day, part) == (weekday, half)), -1)
    if square < 0:
        return ()
    if weeks == Weeks.EVERY:
        return (square, square + A_WEEK)
    return (square,) if weeks == Weeks.ODD else (square + A_WEEK,)


def today_of(rows: Iterable[WeeklyHalfDay], sites: Iterable[str]) -> dict[int, str]:
    """Where somebody is on these sites (FINESS), by half-day of the cycle."""
    wanted = set(sites)
    return {
        half: row.site.finess
        for row in rows
        if row.site.finess in wanted
        for half in halves_of(row.weekday, row.half, row.weeks)
    }


def weeks_on(practitioners: Iterable[int], day: date) -> dict[int, list[WeeklyHalfDay]]:
    """Cells in force on a day by practitioner. One statement."""
    found: dict[int, list[WeeklyHalfDay]] = defaultdict(list)
    for row in half_day_rows().filter(in_force(day), practitioner__in=list(practitioners)):
        found[row.practitioner_id].append(row)
    return found


def make_question(
    *, specialty: str, sites: Sequence[Site], on: date, actor: Actor
) -> tuple[Question, int]:
    """The question of a specialty on some sites as posts, assignments and weeks of a day ask it,
    and how many of its practitioners are left out because the actor may not read their week.

    A site asks for what is held there and what is vacant; it has as many rooms as people are there
    today at once, or as what it asks for needs when spread over the week. A fixed number of
    statements. Raises :class:`Invalid` with fewer than two sites, more than twelve, or nobody.
    """
    if not 2 <= len(sites) <= MOST_SITES:
        message = f"Choisissez de deux à {MOST_SITES} sites."
        raise Invalid("workforce.allocation-few", message)
    records, owed = _people(specialty, sites, on)
    weeks = weeks_on(records, on)
    readable = {
        pk: record
        for pk, record in records.items()
        if READ_RECORDS.allows(actor, _owners(record, weeks[pk]))
    }
    if not readable:
        raise Invalid(
            "workforce.allocation-nobody",
            "Aucun praticien de cette spécialité, sur ces sites, dont vous lisiez la semaine.",
        )
    carriers = load_carriers()
    people = [
        _person(record, weeks[pk], owed.get(pk, 0), sites, carriers, on)
        for pk, record in sorted(
            readable.items(), key=lambda pair: (pair[1].practitioner.search_name, pair[0])
        )
    ]
    mains = {record.main_site.finess: record.main_site for record in readable.values()}
    minutes = travel_between([*sites, *mains.values()])
    wanted = {site.finess for site in sites}
    travel = [
        (main, site, round(found))
        for (main, site), found in sorted(minutes.items())
        if main in mains and site in wanted and main != site
    ]
    # Floored: a bonus that the rule of the week would refuse is never counted here.
    km = [
        (key, site, math.floor(found))
        for key, main in sorted(mains.items())
        for site, found in sorted(kilometres_from(main, sites).items())
    ]
    asked = _asked(specialty, sites, people, on)
    terms = make_terms(regulations_on(on))
    found_question = Question(asked, tuple(people), tuple(travel), tuple(km), terms)
    return found_question, len(records) - len(readable)


def _people(
    specialty: str, sites: Sequence[Site], on: date
) -> tuple[dict[int, StaffRecord], dict[int, int]]:
    """Records of those of the specialty who hold a post, or have a half-day, on the sites; and
    weekly half-days of all the assignments of each."""
    held = StaffAssignment.objects.filter(
        in_force(on), position__specialty=specialty, position__site__in=sites
    )
    there = WeeklyHalfDay.objects.filter(
        in_force(on), practitioner__specialty=specialty, site__in=sites
    )
    rows = StaffRecord.objects.filter(
        Q(practitioner__in=held.values("practitioner"))
        | Q(practitioner__in=there.values("practitioner"))
    )
    records = {
        row.practitioner_id: row
        for row in rows.select_related("practitioner", "employer", "main_site__organization")
    }
    owed: dict[int, int] = defaultdict(int)
    every = StaffAssignment.objects.filter(in_force(on), practitioner__in=records)
    for pk, half_days in every.values_list("practitioner", "half_days"):
        owed[pk] += half_days
    return records, owed


def _owners(record: StaffRecord, rows: Iterable[WeeklyHalfDay]) -> tuple[str, ...]:
    hosts = sorted({row.site.organization.slug for row in rows})
    return tuple(dict.fromkeys([record.employer.slug, *hosts]))


def _person(
    record: StaffRecord,
    rows: Sequence[WeeklyHalfDay],
    owed: int,
    sites: Sequence[Site],
    carriers: dict[str, Carrier],
    on: date,
) -> AskedPerson:
    """A line of the question: what they owe, where an agreement lets them go, what stays."""
    employer = record.employer.slug
    chosen = [site.finess for site in sites]
    today = today_of(rows, chosen)
    total = sum(1 if row.weeks != Weeks.EVERY else 2 for row in rows)
    busy = [row for row in rows if row.site.finess not in chosen]
    staying = [row for row in rows if row.activity in STAYING]
    return AskedPerson(
        slug=record.practitioner.slug,
        name=str(record.practitioner),
        employer=employer,
        owners=_owners(record, rows),
        main_site=record.main_site.finess,
        main_site_name=record.main_site.name,
        owed=2 * owed,
        elsewhere=total - len(today),
        accepted=tuple(
            site.finess
            for site in sites
            if site.finess in today.values()
            or site.organization.slug == employer
            or find_carrier(carriers, employer, site.organization.slug, on) is not None
        ),
        today=today,
        fixed=today_of(staying, chosen),
        refused=_busy(busy, today),
    )


def _busy(rows: Iterable[WeeklyHalfDay], today: dict[int, str]) -> tuple[int, ...]:
    """Half-days given outside of the question, and the other half of such a day unless they are at
    a site of the question then: nobody is sent from one to the other."""
    taken = {half for row in rows for half in halves_of(row.weekday, row.half, row.weeks)}
    return tuple(sorted(taken | ({half ^ 1 for half in taken} - set(today))))


def find_carrier(
    carriers: dict[str, Carrier],
    employer: str,
    host: str,
    day: date,
    *,
    first: Iterable[str] = (),
) -> Carrier | None:
    """The agreement that carries a half-day between two hospitals from a day on: one of ``first``
    (slugs) if it does, else the one that holds longest, then by slug."""
    able = []
    for carrier in carriers.values():
        ends = [
            period.ends or date.max
            for period in carrier.carries(employer, host) or ()
            if period.contains(day)
        ]
        if ends:
            able.append((carrier.slug not in set(first), -max(ends).toordinal(), carrier.slug))
    return carriers[min(able)[2]] if able else None


def _asked(
    specialty: str, sites: Sequence[Site], people: Sequence[AskedPerson], on: date
) -> tuple[AskedSite, ...]:
    """What each site asks for: what the people of the question hold there and what is vacant.
    Somebody without a grid holds the half-days of the assignment at its post's site."""
    without = {one.slug for one in people if not one.today and not one.elsewhere}
    held: dict[str, int] = defaultdict(int)
    at_once: dict[tuple[str, int], int] = defaultdict(int)
    for one in people:
        for half, finess in one.today.items():
            held[finess] += 1
            at_once[finess, half] += 1
    vacant: dict[str, int] = defaultdict(int)
    chosen = {site.pk for site in sites}
    for post in positions(on).filter(specialty=specialty, site__in=chosen):
        now = [
            each
            for each in post.ever_held  # type: ignore[attr-defined]
            if each.starts_on <= on and (each.ends_on is None or each.ends_on > on)
        ]
        vacant[post.site.finess] += 2 * max(0, post.half_days - sum(a.half_days for a in now))
        for each in now:
            if each.practitioner.slug in without:
                held[post.site.finess] += 2 * each.half_days
    found = []
    for site in sites:
        wanted = held[site.finess] + vacant[site.finess]
        even = math.ceil(wanted / CYCLE)
        rooms = tuple(
            max(even, at_once[site.finess, square], at_once[site.finess, square + A_WEEK])
            for square in range(A_WEEK)
        )
        found.append(
            AskedSite(
                finess=site.finess,
                name=site.name,
                organization=site.organization.slug,
                held=held[site.finess],
                vacant=vacant[site.finess],
                wanted=wanted,
                least=0,
                rooms=rooms,
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Suggestion:
    """A question worth asking: the site with the vacancy, and who may help it. ``vacant``: weekly
    half-days; ``sites``: FINESS, the site in need first."""

    specialty: str
    name: str
    site: str
    vacant: int
    sites: tuple[str, ...]
    others: tuple[str, ...]


def list_suggestions(actor: Actor, *, on: date) -> list[Suggestion]:
    """Vacant half-days that somebody near, whose hospital shares an agreement, might hold, where
    the actor reads the weeks of some of the people: the largest first, one by specialty. A fixed
    number of statements."""
    vacant: dict[tuple[str, str], int] = defaultdict(int)
    staffed: dict[str, set[str]] = defaultdict(set)
    sites: dict[str, Site] = {}
    for post in positions(on).select_related("site__organization"):
        held = [
            each
            for each in post.ever_held  # type: ignore[attr-defined]
            if each.starts_on <= on and (each.ends_on is None or each.ends_on > on)
        ]
        sites[post.site.finess] = post.site
        missing = max(0, post.half_days - sum(each.half_days for each in held))
        if missing:
            vacant[post.specialty, post.site.finess] += missing
        if held:
            staffed[post.specialty].add(post.site.finess)
    carriers = load_carriers()
    minutes = travel_between(sites.values())
    helps: dict[tuple[str, str], bool] = {}

    def may_help(one: str, other: str) -> bool:
        """True when an agreement lets staff of the hospital of ``other`` work at ``one``."""
        here, there = sites[one].organization.slug, sites[other].organization.slug
        if (here, there) not in helps:
            known = here == there or find_carrier(carriers, there, here, on) is not None
            helps[here, there] = known
        return helps[here, there]

    found: dict[str, Suggestion] = {}
    order = sorted(vacant.items(), key=lambda pair: (-pair[1], pair[0]))
    for (specialty, finess), half_days in order:
        if specialty in found or len(found) == MOST_SUGGESTED:
            continue
        partners = sorted(
            (
                other
                for other in staffed[specialty] - {finess}
                if minutes.get((finess, other), math.inf) <= NEAR_MINUTES
                and may_help(finess, other)
            ),
            key=lambda other: (minutes[finess, other], other),
        )[: MOST_SITES - 1]
        staff = {finess, *partners} & staffed[specialty]
        own = any(READ_RECORDS.allows(actor, [sites[one].organization.slug]) for one in staff)
        if partners and own:
            found[specialty] = Suggestion(
                specialty,
                SPECIALTIES.get(specialty, specialty),
                sites[finess].name,
                half_days,
                (finess, *partners),
                tuple(sites[other].name for other in partners),
            )
    return list(found.values())


def may_read(allocation: HalfDayAllocation, actor: Actor) -> bool:
    """True for who may share half-days of one of its sites and read the week of all its people."""
    kept = allocation.question
    return ALLOCATE.allows(actor, [site["organization"] for site in kept["sites"]]) and all(
        READ_RECORDS.allows(actor, one["owners"]) for one in kept["people"]
    )


def check_may_read(allocation: HalfDayAllocation, actor: Actor) -> None:
    """Raise :class:`NotFound` unless :func:`may_read`: nobody learns whose weeks are looked at."""
    if not may_read(allocation, actor):
        raise NotFound("workforce.unknown-allocation", "Cette répartition n'existe pas.")


def get_allocation(pk: int, actor: Actor) -> HalfDayAllocation:
    """Raises :class:`NotFound`, for one that the actor may not read as well."""
    found = HalfDayAllocation.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("workforce.unknown-allocation", "Cette répartition n'existe pas.")
    check_may_read(found, actor)
    return found


@dataclass(frozen=True)
class AllocationRow:
    """A line of the list."""

    allocation: HalfDayAllocation
    specialty: str
    sites: tuple[str, ...]
    people: int


def list_allocations(actor: Actor, limit: int = 50) -> list[AllocationRow]:
    """The last questions that the actor may read. One statement."""
    return [
        AllocationRow(
            one,
            SPECIALTIES.get(one.specialty, one.specialty),
            tuple(site["name"] for site in one.question["sites"]),
            len(one.question["people"]),
        )
        for one in HalfDayAllocation.objects.all()[: 4 * limit]
        if may_read(one, actor)
    ][:limit]


@dataclass(frozen=True)
class AllocationPage:
    """A question and, once there is one, its answer beside today's weeks."""

    allocation: HalfDayAllocation
    question: Question
    specialty: str
    job: Job | None
    found: Allocation | None
    today: Allocation
    sites: tuple[SiteResult, ...]
    people: tuple[PersonResult, ...]

    @property
    def is_draft(self) -> bool:
        return self.allocation.state == AllocationState.DRAFT

    @property
    def is_running(self) -> bool:
        return self.allocation.state == AllocationState.RUNNING

    @property
    def is_waiting(self) -> bool:
        """True when its computation is in line behind others."""
        return self.is_running and self.job is not None and self.job.state == JobState.WAITING

    @property
    def is_answered(self) -> bool:
        """True when the answer is whole: it may be kept."""
        return self.allocation.state in (AllocationState.FOUND, AllocationState.KEPT)

    @property
    def bound(self) -> float | None:
        found: float | None = self.allocation.answer.get("bound")
        return found

    @property
    def wanted(self) -> int:
        return sum(site.wanted for site in self.question.sites)

    @property
    def served(self) -> int:
        return sum(one.served for one in self.sites)

    @property
    def missing(self) -> int:
        return sum(one.missing for one in self.sites)

    @property
    def capacity(self) -> int:
        return sum(one.capacity for one in self.question.people)

    @property
    def bonus(self) -> int:
        return sum(one.bonus for one in self.people)

    @property
    def moved(self) -> list[PersonResult]:
        """Those whose week would change."""
        return [one for one in self.people if one.moves]

    @property
    def moves(self) -> list[tuple[PersonResult, list[tuple[str, str, str]]]]:
        """Those whose week would change, and each change in words: when, from where, to where."""
        names = self.question.names
        return [
            (
                one,
                [
                    (move.words, names.get(move.before, ""), names.get(move.after, ""))
                    for move in one.moves
                ],
            )
            for one in self.moved
        ]

    @property
    def new_hosts(self) -> dict[str, list[str]]:
        """By person, the sites of other hospitals where they would go and are not today: each needs
        an agreement in force, and theirs."""
        sites = {site.finess: site for site in self.question.sites}
        return {
            one.person.slug: sorted(
                sites[site].name
                for site in {*one.halves} - {""} - {*one.person.today.values()}
                if sites[site].organization != one.person.employer
            )
            for one in self.people
        }

    @property
    def to_write(self) -> list[tuple[PersonResult, list[str]]]:
        """Those whose week is still to be written, with their new sites in other hospitals."""
        done = self.allocation.outcome
        hosts = self.new_hosts
        return [
            (one, hosts[one.person.slug])
            for one in self.moved
            if done.get(one.person.slug, {}).get("state") != "written"
        ]

    @property
    def outcomes(self) -> list[tuple[str, str, str]]:
        """What became of each week that was to be written: name, state, sentence."""
        kept = self.allocation.outcome
        return [
            (one.name, kept[one.slug]["state"], kept[one.slug]["message"])
            for one in self.question.people
            if one.slug in kept
        ]

    @property
    def gap_words(self) -> str:
        """How good the answer is proven to be."""
        return "" if self.found is None else gap_words(self.found.points, self.bound)

    @property
    def sites_by_people(self) -> list[tuple[AskedPerson, list[str]]]:
        """Each person with the names of the sites where they may go."""
        names = self.question.names
        return [(one, [names[site] for site in one.accepted]) for one in self.question.people]


def get_allocation_page(pk: int, actor: Actor) -> AllocationPage:
    """Raises :class:`NotFound`. The answer is counted again from the frozen question."""
    allocation = get_allocation(pk, actor)
    question = read_question(allocation.question)
    demand: HalfDayDemand = make_demand_of(question)
    today = rostering.measure_allocation(demand, placed_today(question))
    kept = allocation.answer.get("placed")
    found = None
    if kept is not None:
        placed = frozenset((who, half, site) for who, half, site in kept)
        found = rostering.measure_allocation(demand, placed)
    sites, people = read_results(question, demand, found or today, today)
    job = Job.objects.filter(pk=int(allocation.job or 0)).first()
    return AllocationPage(
        allocation=allocation,
        question=question,
        specialty=SPECIALTIES.get(allocation.specialty, allocation.specialty),
        job=job if job is not None and can_read(job, actor) else None,
        found=found,
        today=today,
        sites=sites,
        people=people,
    )


def list_practitioners(slugs: Iterable[str]) -> dict[str, Practitioner]:
    """Practitioners by slug. One statement."""
    return {one.slug: one for one in Practitioner.objects.filter(slug__in=list(slugs))}
