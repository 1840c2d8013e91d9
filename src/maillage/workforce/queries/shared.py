"""Time shared between hospitals: who goes where, the bonus of each, and what hospitals owe."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q

from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner
from maillage.directory.queries import list_organization_names
from maillage.engines.rostering.regulations import regulations_on
from maillage.vocabulary.calendar import public_holidays_between
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import Invalid
from maillage.workforce.models import StaffRecord, WeeklyHalfDay
from maillage.workforce.permissions import READ_RECORDS
from maillage.workforce.queries.carriers import Carrier, list_promises, load_carriers
from maillage.workforce.queries.people import find_own
from maillage.workforce.queries.weeks import as_half_day, half_day_rows, kilometres_from
from maillage.workforce.rules.bonus import Bonus, compute_bonus
from maillage.workforce.rules.owed import Balance, SharedWeek, balances
from maillage.workforce.rules.weeks import HalfDay, french_number, weekly_half_days

LONGEST_DAYS = 750
"""Days of the longest period of which balances are counted."""


@dataclass(frozen=True)
class SharedRow:
    """A practitioner who works in several hospitals, or on sites of one far apart."""

    practitioner: Practitioner
    record: StaffRecord
    specialty: str
    at_home: Fraction
    away: tuple[tuple[str, Fraction], ...]
    agreements: tuple[Carrier, ...]
    bonus: Bonus
    may_open: bool

    @property
    def home_words(self) -> str:
        return french_number(self.at_home)

    @property
    def away_words(self) -> list[tuple[str, str]]:
        return [(name, french_number(share)) for name, share in self.away]


@dataclass(frozen=True)
class BalanceRow:
    """A balance with the names of both hospitals."""

    balance: Balance
    giver: str
    receiver: str
    people: tuple[str, ...]
    agreements: tuple[Carrier, ...]

    @property
    def missing(self) -> float | None:
        found = self.balance.missing
        return None if found is None else round(float(found), 1)

    @property
    def beyond(self) -> float | None:
        """Half-days given beyond what was promised."""
        return None if self.missing is None else -self.missing

    @property
    def promised(self) -> float | None:
        found = self.balance.promised
        return None if found is None else round(float(found), 1)


@dataclass(frozen=True)
class SharedPage:
    """The page of shared time: people on a day, balances over a period. ``organizations`` (slug,
    short name): those that have a row of either, and the one that is asked for."""

    rows: tuple[SharedRow, ...]
    balances: tuple[BalanceRow, ...]
    organizations: tuple[tuple[str, str], ...]
    first: date
    last: date
    """Excluded."""
    holidays: int
    bonus_source: str
    bonus_note: str
    least_km: int


def get_shared(
    *, actor: Actor, on: date, first: date, last: date, organization: str = ""
) -> SharedPage:
    """Who shares time on a day, and what hospitals gave each other on ``first <= day < last``. The
    amount of a bonus is for those who may read the record. A fixed number of statements.

    Raises :class:`Invalid` on a period that is empty or too long.
    """
    if not 0 < (last - first).days <= LONGEST_DAYS:
        raise Invalid("workforce.period", "Indiquez une période de deux ans au plus.")
    carriers = load_carriers()
    people = _weeks_between(first, last, on, carriers)
    names = dict(list_organization_names())
    own = find_own(actor)
    found = balances(
        [week for _, week in people.values()],
        list_promises(carriers),
        first=first,
        last=last,
        holidays=public_holidays_between(first, last),
    )
    regulations = regulations_on(on)
    organization = organization if organization in names else ""
    every = [
        (row, {cell.organization for cell in week.cells} | {week.employer})
        for record, week in people.values()
        if (row := _row(record, week, carriers, actor, own, on)) is not None
    ]
    concerned = {organization} - {""}
    concerned |= {slug for _, hosts in every for slug in hosts}
    concerned |= {slug for one in found for slug in (one.giver, one.receiver)}
    rows = [row for row, hosts in every if organization in ("", *hosts)]
    slugs = {record.practitioner.slug: str(record.practitioner) for record, _ in people.values()}
    return SharedPage(
        rows=tuple(sorted(rows, key=lambda row: row.practitioner.search_name)),
        balances=tuple(
            BalanceRow(
                one,
                names.get(one.giver, one.giver),
                names.get(one.receiver, one.receiver),
                tuple(slugs[slug] for slug in one.people),
                tuple(carriers[slug] for slug in one.agreements if slug in carriers),
            )
            for one in found
            if not organization or organization in (one.giver, one.receiver)
        ),
        organizations=tuple((slug, name) for slug, name in names.items() if slug in concerned),
        first=first,
        last=last,
        holidays=len(public_holidays_between(first, last)),
        bonus_source=regulations["shared.bonus"].source,
        bonus_note=regulations["shared.bonus_km"].note,
        least_km=regulations.whole("shared.bonus_km"),
    )


def _weeks_between(
    first: date, last: date, on: date, carriers: dict[str, Carrier]
) -> dict[int, tuple[StaffRecord, SharedWeek]]:
    """Weeks of those who have a half-day away from their main site, by practitioner."""
    lowest, highest = min(first, on), max(last, on)
    live = Q(ends_on__isnull=True) | Q(ends_on__gt=lowest)
    at_home = StaffRecord.objects.filter(
        practitioner=OuterRef("practitioner"), main_site=OuterRef("site")
    )
    away = WeeklyHalfDay.objects.filter(live, ~Exists(at_home), starts_on__lte=highest)
    records = {
        record.practitioner_id: record
        for record in StaffRecord.objects.filter(
            practitioner__in=away.values("practitioner")
        ).select_related("practitioner", "employer", "main_site__organization")
    }
    cells: dict[int, list[HalfDay]] = defaultdict(list)
    sites: dict[int, dict[str, float]] = defaultdict(dict)
    for row in half_day_rows().filter(live, starts_on__lte=highest, practitioner__in=records):
        record = records[row.practitioner_id]
        cells[row.practitioner_id].append(as_half_day(row, record.employer.slug, carriers))
        sites[row.practitioner_id].update(kilometres_from(record.main_site, [row.site]))
    found = {}
    for pk, record in records.items():
        week = SharedWeek(record.practitioner.slug, record.employer.slug, tuple(cells[pk]))
        record.kilometres = sites[pk]  # type: ignore[attr-defined]
        found[pk] = (record, week)
    return found


def _row(
    record: StaffRecord,
    week: SharedWeek,
    carriers: dict[str, Carrier],
    actor: Actor,
    own: Practitioner | None,
    on: date,
) -> SharedRow | None:
    """The line of somebody whose week on this day is shared; None otherwise."""
    now = [cell for cell in week.cells if cell.period.contains(on)]
    away: dict[str, list[HalfDay]] = defaultdict(list)
    for cell in now:
        if cell.site != record.main_site.finess:
            away[cell.site].append(cell)
    if not away:
        return None
    hosts = {cell.organization for cell in now} | {record.employer.slug}
    is_mine = own is not None and own.pk == record.practitioner_id
    used = dict.fromkeys(cell.agreement for cell in now if cell.agreement in carriers)
    return SharedRow(
        practitioner=record.practitioner,
        record=record,
        specialty=SPECIALTIES.get(record.practitioner.specialty, ""),
        at_home=weekly_half_days(cell for cell in now if cell.site == record.main_site.finess),
        away=tuple((cells[0].site_name, weekly_half_days(cells)) for cells in away.values()),
        agreements=tuple(carriers[slug] for slug in used),
        bonus=compute_bonus(
            now,
            main_site=record.main_site.finess,
            km=record.kilometres,  # type: ignore[attr-defined]
            regulations=regulations_on(on),
        ),
        may_open=READ_RECORDS.allows(actor, hosts) or is_mine,
    )
