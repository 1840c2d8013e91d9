"""The years to come of every line: who holds it now, how many it needs, when it fails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from maillage.accounts.names import name_key
from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService
from maillage.oncall.models import DutyLine, DutySlot, Exemption
from maillage.oncall.queries.candidates import Crew, load_crew
from maillage.oncall.rules.charts import outlook_chart
from maillage.oncall.rules.outlooks import YEAR_DAYS, Future, Need, frees, future_of, need_of
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.care import SPECIALTIES, CareType
from maillage.vocabulary.charts import NO_CHART, Chart
from maillage.vocabulary.errors import NotFound
from maillage.workforce.queries.outlooks import TeamOutlook, TeamToKeep, list_outlooks
from maillage.workforce.rules.forecast import LineOutlook

_Slots = dict[int, list[tuple[datetime, datetime]]]


@dataclass(frozen=True)
class LineFuture:
    """A line over the years: ``able`` people hold it today, exempted ones left out. ``outlook`` is
    None when it is not known, or not for this reader."""

    line: DutyLine
    able: frozenset[str]
    specialties: frozenset[str]
    organizations: frozenset[str]
    need: Need | None
    outlook: LineOutlook | None
    future: Future

    @property
    def care(self) -> str:
        return CareType[self.line.care_type].label

    @property
    def fails(self) -> bool:
        """True when it lacks people already, or is more likely than not to within ten years."""
        return self.future.level in ("hole", "late")


@dataclass(frozen=True)
class FutureCard:
    """The years of one line, with their chart."""

    row: LineFuture
    chart: Chart


@dataclass(frozen=True)
class Futures:
    """Every line that the filters keep, the first to fail first, and what filters may ask for."""

    rows: tuple[LineFuture, ...]
    specialties: tuple[tuple[str, str], ...]
    organizations: tuple[tuple[str, str], ...]

    @property
    def told(self) -> tuple[LineFuture, ...]:
        """Lines whose years are told to this reader."""
        return tuple(row for row in self.rows if row.future.level != "none")

    @property
    def failing(self) -> tuple[LineFuture, ...]:
        return tuple(row for row in self.rows if row.fails)

    @property
    def untold(self) -> tuple[LineFuture, ...]:
        """Lines whose years are not known, or not for this reader."""
        return tuple(row for row in self.rows if row.future.level == "none")


def list_futures(
    *, actor: Actor, at: datetime, specialty: str = "", organization: str = ""
) -> Futures:
    """The years of the lines that somebody of a specialty holds and that an establishment (slug)
    keeps or receives through; empty filters keep all. Eight statements whatever the lines."""
    every = _futures(_lines(), actor=actor, at=at)
    codes = {code for row in every for code in row.specialties}
    places = {
        (one.slug, one.short_name)
        for row in every
        for one in (
            row.line.organization,
            *(service.site.organization for service in row.line.services.all()),
        )
    }
    return Futures(
        tuple(
            row
            for row in every
            if specialty in ("", *row.specialties) and organization in ("", *row.organizations)
        ),
        tuple(
            sorted(
                ((code, SPECIALTIES.get(code, code)) for code in codes),
                key=lambda pair: name_key(pair[1]),
            )
        ),
        tuple(sorted(places, key=lambda pair: name_key(pair[1]))),
    )


def get_future(slug: str, *, actor: Actor, at: datetime) -> FutureCard:
    """The years of one line. Raises :class:`NotFound`."""
    rows = _futures(_lines().filter(slug=slug), actor=actor, at=at)
    if not rows:
        raise NotFound("oncall.unknown-line", "Cette ligne de garde n'existe pas.")
    row = rows[0]
    title = f"Personnes qui peuvent tenir la ligne : {row.line.name}"
    return FutureCard(row, outlook_chart(row.outlook, title) if row.outlook else NO_CHART)


def _lines() -> QuerySet[DutyLine]:
    services = HealthcareService.objects.select_related("site__organization")
    return DutyLine.objects.select_related("organization").prefetch_related(
        Prefetch("services", queryset=services)
    )


def _futures(found: QuerySet[DutyLine], *, actor: Actor, at: datetime) -> list[LineFuture]:
    day = local_day(at)
    lines = list(found)
    crew = load_crew(lines, day, day + timedelta(days=1))
    exempted = _exempted(day)
    able = {
        line.slug: frozenset(
            person
            for person in crew.of_line(line.slug, day)
            if not any(frees(scope, line.kind) for scope in exempted.get(person, ()))
        )
        for line in lines
    }
    slots = _slots(lines, at)
    needs = {line.slug: _need(line, able[line.slug], crew, slots, day) for line in lines}
    outlooks = list_outlooks(
        [
            TeamToKeep(slug, able[slug], need.slots_per_year, need.most_per_person)
            for slug, need in needs.items()
            if need is not None
        ],
        actor=actor,
        on=day,
    )
    rows = [
        _row(line, able[line.slug], crew, needs[line.slug], outlooks.get(line.slug, TeamOutlook()))
        for line in lines
    ]
    return sorted(rows, key=lambda row: (*row.future.rank, name_key(row.line.name)))


def _row(
    line: DutyLine, able: frozenset[str], crew: Crew, need: Need | None, found: TeamOutlook
) -> LineFuture:
    places = {service.site.organization.slug for service in line.services.all()}
    return LineFuture(
        line=line,
        able=able,
        specialties=frozenset(code for slug in able if (code := crew.people[slug].specialty)),
        organizations=frozenset({line.organization.slug, *places}),
        need=need,
        outlook=found.outlook,
        future=future_of(need, len(able), found.outlook, too_few=found.too_few),
    )


def _need(
    line: DutyLine, able: frozenset[str], crew: Crew, slots: _Slots, day: date
) -> Need | None:
    """Slots are counted from today to the last one made, within a year."""
    made = slots.get(line.pk, [])
    if not made:
        return None
    days = min((max(local_day(starts) for starts, _ in made) - day).days + 1, YEAR_DAYS)
    agreed = {
        stay.person: stay.most_in_28_days
        for stay in crew.stays.get(line.slug, ())
        if stay.person in able and stay.holds_on(day)
    }
    ceilings = [agreed[person] for person in sorted(agreed)]
    return need_of(line.kind, made, ceilings, days=days, on=day)


def _slots(lines: Sequence[DutyLine], at: datetime) -> _Slots:
    """Slots that start in the coming year, by line. One query."""
    found: _Slots = defaultdict(list)
    rows = DutySlot.objects.filter(
        line__in=lines, starts_at__gte=at, starts_at__lt=at + timedelta(days=YEAR_DAYS)
    )
    for line, starts_at, ends_at in rows.order_by().values_list("line", "starts_at", "ends_at"):
        found[line].append((starts_at, ends_at))
    return found


def _exempted(day: date) -> dict[str, list[str]]:
    """Scopes of the exemptions in force on a day, by practitioner. One query."""
    rows = Exemption.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=day), starts_on__lte=day
    )
    found: dict[str, list[str]] = defaultdict(list)
    for person, scope in rows.order_by().values_list("practitioner__slug", "scope"):
        found[person].append(scope)
    return found
