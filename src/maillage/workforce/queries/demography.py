"""The demography of a selection of posts: ages, full-time equivalents, density, retention and the
ten years to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from maillage.accounts.permissions import Actor
from maillage.territory.queries.communes import get_totals
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.charts import NO_CHART, Chart
from maillage.workforce.models import Position, StaffAssignment, StaffingFigure, StaffRecord
from maillage.workforce.queries.people import may_read_ages
from maillage.workforce.queries.posts import SpecialtyRow, positions, specialty_rows
from maillage.workforce.rules.careers import Observed, Served, Stay, observe, spells, stays
from maillage.workforce.rules.charts import forecast_chart, pyramid_chart, retention_chart
from maillage.workforce.rules.forecast import (
    Hypotheses,
    Incumbent,
    YearForecast,
    forecast,
)
from maillage.workforce.rules.staffing import (
    AgeBand,
    Retained,
    age_in,
    density,
    full_time,
    pyramid,
    retention,
)


@dataclass(frozen=True)
class Selection:
    """Which posts: one specialty, one hospital (slug), one site (FINESS); empty fields are all."""

    specialty: str = ""
    organization: str = ""
    site: str = ""

    def keeps(self, one: Position) -> bool:
        return (
            self.specialty in ("", one.specialty)
            and self.organization in ("", one.organization.slug)
            and self.site in ("", one.site.finess)
        )


@dataclass(frozen=True)
class DensityRow:
    """A specialty with its density per 100,000 residents of the territory."""

    row: SpecialtyRow
    density: float | None


@dataclass(frozen=True)
class Published:
    """Full-time equivalents of doctors as a public source gives them, for the sites selected."""

    full_time: Decimal
    sites: int
    year: int
    source: str
    source_on: date | None


@dataclass(frozen=True)
class Outlook:
    """The forecast of the selection and what it supposes."""

    years: tuple[YearForecast, ...]
    law: Hypotheses
    observed: Observed
    now: float
    needed: float
    chart: Chart
    short_on: int | None
    """First year in which the median is under what is held today by a fifth."""

    @property
    def turnover_percent(self) -> float:
        return 100 * self.law.turnover

    @property
    def early_percent(self) -> float:
        return 100 * self.law.leaving_early

    @property
    def prolonging_percent(self) -> float:
        return 100 * self.law.prolonging


@dataclass(frozen=True)
class DemographyPage:
    """Everything that the page shows. Parts that would name a person's age are None when the
    selection is small and of other employers."""

    selection: Selection
    on: date
    rows: tuple[DensityRow, ...]
    residents: int
    residents_years: str
    people: int
    full_time: float
    bands: tuple[AgeBand, ...] | None
    pyramid: Chart
    mean_age: float | None
    leaving_soon: int | None
    without_record: int
    retained: tuple[Retained, ...]
    retention: Chart
    outlook: Outlook | None
    published: Published | None

    @property
    def has_unknown(self) -> bool:
        """True when the sex of somebody is not known."""
        return any(band.unknown for band in self.bands or ())


def get_demography(
    selection: Selection, *, actor: Actor, on: date, wanted: Mapping[str, float | int]
) -> DemographyPage:
    """The demography of a selection on a day. ``wanted`` are hypotheses that the reader changed.
    Ages of fewer than five people show to medical affairs of all their employers only. Eight
    statements whatever the size."""
    every = list(positions(on))
    kept = [one for one in every if selection.keeps(one)]
    totals = get_totals()
    # Past stays count posts that are closed since: all of the selection, open or not.
    assignments = _assignments(selection)
    current = [
        one
        for one in assignments
        if one.starts_on <= on and (one.ends_on is None or one.ends_on > on)
    ]
    records = _records({one.practitioner_id for one in current})
    may_see = may_read_ages(actor, records.values())
    half_days: dict[int, int] = defaultdict(int)
    for one in current:
        half_days[one.practitioner_id] += one.half_days
    ages = {pk: age_in(record.birth_year, on.year) for pk, record in records.items()}
    bands = pyramid((ages[pk], records[pk].sex) for pk in sorted(records)) if may_see else None
    title = _title(selection)
    history = stays(
        Served(one.practitioner_id, one.starts_on, one.ends_on, one.end_reason)
        for one in assignments
    )
    retained = tuple(retention(spells(history, on)))
    held = full_time(sum(half_days.values()))
    return DemographyPage(
        selection=selection,
        on=on,
        rows=tuple(
            DensityRow(row, density(row.full_time_held, totals.residents))
            for row in specialty_rows(kept, on)
        ),
        residents=totals.residents,
        residents_years=totals.years_label,
        people=len(half_days),
        full_time=held,
        bands=bands,
        pyramid=pyramid_chart(bands, f"Pyramide des âges, {title}") if bands else NO_CHART,
        mean_age=sum(ages.values()) / len(ages) if may_see and ages else None,
        leaving_soon=sum(age >= 62 for age in ages.values()) if may_see else None,
        without_record=len(half_days) - len(records),
        retained=retained,
        retention=retention_chart(retained, f"Encore là après, {title}"),
        outlook=_outlook(current, half_days, ages, history, kept, wanted, on=on, title=title)
        if may_see and ages
        else None,
        published=_published({one.site_id for one in kept}) if not selection.specialty else None,
    )


def _title(selection: Selection) -> str:
    return SPECIALTIES.get(selection.specialty, "toutes spécialités").lower()


def _assignments(selection: Selection) -> list[StaffAssignment]:
    rows = StaffAssignment.objects.select_related("position").order_by("starts_on", "pk")
    if selection.specialty:
        rows = rows.filter(position__specialty=selection.specialty)
    if selection.organization:
        rows = rows.filter(position__organization__slug=selection.organization)
    if selection.site:
        rows = rows.filter(position__site__finess=selection.site)
    return list(rows)


def _records(practitioners: Iterable[int]) -> dict[int, StaffRecord]:
    wanted = set(practitioners)
    rows = StaffRecord.objects.select_related("employer")
    if len(wanted) < 500:
        rows = rows.filter(practitioner__in=wanted)
    return {row.practitioner_id: row for row in rows if row.practitioner_id in wanted}


def hypotheses(observed: Observed, wanted: Mapping[str, float | int]) -> Hypotheses:
    """What the assignments show, with what the reader changed."""
    law = Hypotheses(
        turnover=round(observed.turnover, 3), entries=round(observed.entries_a_year, 1)
    )
    return replace(law, **{key: value for key, value in wanted.items() if value is not None})  # type: ignore[arg-type]


def incumbents(
    current: Sequence[StaffAssignment],
    half_days: Mapping[int, int],
    ages: Mapping[int, int],
    on: date,
) -> list[Incumbent]:
    """Those who are there, with the year in which the last of their assignments ends."""
    ends: dict[int, list[date | None]] = defaultdict(list)
    for one in current:
        ends[one.practitioner_id].append(one.ends_on)
    known = sorted(ages.values())
    usual = known[len(known) // 2] if known else 50
    found = []
    for pk, several in sorted(ends.items()):
        last = max((day for day in several if day), default=None) if None not in several else None
        found.append(
            Incumbent(
                age=ages.get(pk, usual),
                half_days=min(half_days[pk], 10),
                leaves=max(last.year - on.year, 1) if last else None,
            )
        )
    return found


def _outlook(
    current: Sequence[StaffAssignment],
    half_days: Mapping[int, int],
    ages: Mapping[int, int],
    history: Sequence[Stay],
    kept: Sequence[Position],
    wanted: Mapping[str, float | int],
    *,
    on: date,
    title: str,
) -> Outlook:
    observed = observe(history, on)
    law = hypotheses(observed, wanted)
    staff = incumbents(current, half_days, ages, on)
    years = tuple(forecast(staff, law, first_year=on.year + 1))
    now = full_time(sum(half_days.values()))
    needed = full_time(sum(one.half_days for one in kept))
    return Outlook(
        years=years,
        law=law,
        observed=observed,
        now=now,
        needed=needed,
        chart=forecast_chart(
            years, now=now, year=on.year, needed=needed, title=f"Prévision, {title}"
        ),
        short_on=next((one.year for one in years if one.full_time[1] < 0.8 * now), None),
    )


def _published(sites: set[int]) -> Published | None:
    newest = StaffingFigure.objects.filter(site__in=sites).order_by("-year").first()
    if newest is None:
        return None
    rows = StaffingFigure.objects.filter(site__in=sites, year=newest.year)
    return Published(
        full_time=rows.aggregate(total=Sum("full_time"))["total"] or Decimal(0),
        sites=rows.count(),
        year=newest.year,
        source=newest.source,
        source_on=newest.source_on,
    )
