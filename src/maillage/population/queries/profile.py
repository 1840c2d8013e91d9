"""The profile of a place: who lives there, who is at risk, where they are cared for; and its print.

What it adds to the page of a place (``area_page``), in words that the page and the print share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from maillage.engines.indicators.areas import TERRITORY, Level
from maillage.population.queries.area_page import AreaPage, get_area_page
from maillage.population.queries.flows_page import FlowsSummary, get_flows_summary
from maillage.population.queries.pyramid_page import list_conditions, short_name
from maillage.population.queries.pyramid_page import share_words as said_share
from maillage.population.queries.results import Results
from maillage.population.queries.strata_tables import by_area
from maillage.population.rules.area_view import IndicatorRow
from maillage.population.rules.choices import ALL_YEARS, Option
from maillage.population.rules.marks import SYNTHETIC, data_words
from maillage.population.rules.numbers import NOT_TOLD, french
from maillage.population.rules.places_view import OUT_SIDES, Side
from maillage.population.rules.profile_view import (
    SHORT_STRATA,
    AgeRow,
    draw_residents,
    group_ages,
)
from maillage.population.rules.table_view import Told
from maillage.territory.models import Commune
from maillage.territory.queries.residents import total_by_age
from maillage.vocabulary.calendar import french_day, local_day
from maillage.vocabulary.charts import Chart
from maillage.vocabulary.disclosure import ALL, Rate, rate

PRINT = Path(__file__).resolve().parent.parent / "print"
"""The folder of the printed documents of this room."""


@dataclass(frozen=True)
class StratumLine:
    """A stratum of a place: people, their share, that of the territory."""

    label: str
    people: str
    share: str
    above: str


@dataclass(frozen=True)
class Profile:
    """What a profile adds. ``year`` is that of strata and flows; ``of`` the place that they are of:
    itself, or the sector of a commune. Strata and flows are None without any computed."""

    year: int
    of: str
    ages: tuple[AgeRow, ...]
    ages_chart: Chart
    ages_source: str
    conditions: tuple[Option, ...]
    condition: str
    condition_label: str
    strata: tuple[StratumLine, ...]
    strata_url: str
    flows: FlowsSummary | None
    file_url: str


def get_profile(
    results: Results, page: AreaPage, asked: Mapping[str, str], *, at: datetime
) -> Profile:
    """The profile of the place of a page; ``maladie`` chooses the pyramid. Six queries."""
    areas = results.areas
    key = page.area.key
    of = key if areas.level(key) is not Level.COMMUNE else areas.above(key, Level.SECTOR)
    year = page.year or max(results.years)
    ages, chart, source = _residents(results, key)
    pyramids = list_conditions(results)
    condition = asked.get("maladie", "")
    if condition not in pyramids:
        condition = next(iter(pyramids), "")
    query = {"maladie": condition, "annee": year, "lieu": of}
    given = {name: asked[name] for name in ("annee", "maladie") if asked.get(name)}
    return Profile(
        year=year,
        of=areas.label(of),
        ages=ages,
        ages_chart=chart,
        ages_source=source,
        conditions=tuple(Option(one, short_name(pyramid)) for one, pyramid in pyramids.items()),
        condition=condition,
        condition_label=pyramids[condition].label if condition else "",
        strata=_strata(results, condition, year, of) if condition else (),
        strata_url=f"{reverse('population:pyramid')}?{urlencode(query)}",
        flows=get_flows_summary(results, of, year, at=at),
        file_url=f"{reverse('population:profile', args=[key])}?{urlencode(given)}",
    )


def _residents(results: Results, key: str) -> tuple[tuple[AgeRow, ...], Chart, str]:
    communes = Commune.objects.filter(code__in=results.areas.members(key))
    table = total_by_age(communes)
    if table is None:
        return (), Chart("", "", ""), ""
    source = table.source
    if table.source_on:
        source += f", {french_day(table.source_on)}"
    if table.estimated:
        source += " ; âges estimés d'après le département"
    rows = group_ages(table.bands)
    return rows, draw_residents(table.bands, results.areas.label(key)), source


def _strata(results: Results, condition: str, year: int, of: str) -> tuple[StratumLine, ...]:
    value = by_area(results, condition, year).value
    row = ALL if of == TERRITORY else of
    return tuple(
        StratumLine(
            label,
            NOT_TOLD if (people := value(row, str(stratum))) is None else french(people),
            said_share(_rate(people, value(row, ALL))),
            said_share(_rate(value(ALL, str(stratum)), value(ALL, ALL))),
        )
        for stratum, label in SHORT_STRATA.items()
    )


def _rate(part: int | None, whole: int | None) -> Rate:
    return Rate() if part is None or whole is None else rate(part, whole)


@dataclass(frozen=True)
class ProfileFile:
    """A profile to print: its title, what it says, what it was asked for."""

    title: str
    document: Mapping[str, Any]
    filters: Mapping[str, str]
    page_url: str
    rows: int


def get_profile_file(
    results: Results, key: str, asked: Mapping[str, str], *, at: datetime
) -> ProfileFile:
    """The print of a profile: the words of its page. Raises :class:`NotFound`."""
    page = get_area_page(results, key, asked)
    profile = get_profile(results, page, asked, at=at)
    year = str(page.year) if page.year != ALL_YEARS else f"{page.years[0]} à {page.years[-1]}"
    day = local_day(at)
    document = {
        "title": page.area.label,
        "noun": page.area.noun,
        "residents": french(page.area.residents),
        "year": year,
        "data": data_words(results),
        "synthetic": SYNTHETIC if results.is_synthetic else "",
        "source": results.dataset.source,
        "basis": results.dataset.legal_basis_label,
        "computation": str(results.computation.pk),
        "day": day.isoformat(),
        "printed": french_day(day),
        "told": french(page.told),
        "total": french(page.total),
        "ages": [[one.label, one.women, one.men, one.share] for one in profile.ages],
        "ages_source": profile.ages_source,
        "of": "" if profile.of == page.area.label else profile.of,
        "condition": profile.condition_label,
        "strata": [[one.label, one.people, one.share, one.above] for one in profile.strata],
        "strata_year": str(profile.year),
        "flows": _flows_document(profile.flows),
        **_indicators_document(page),
    }
    filters = {"lieu": key, "annee": str(page.year or "toutes"), "maladie": profile.condition}
    return ProfileFile(
        title=f"Profil, {page.area.label}, {year}",
        document=document,
        filters=filters,
        page_url=reverse("population:area", args=[key]),
        rows=page.told,
    )


def _indicators_document(page: AreaPage) -> dict[str, Any]:
    """The indicators that are told, by kind, those that truly differ from the territory, and those
    that are beyond the limits of chance by an uncertain amount."""
    groups = []
    different = []
    for group in page.groups:
        told = [row for row in group.rows if row.is_told]
        rows = [
            [row.label, row.events, _told_words(row.rate)]
            + ([] if page.is_whole else [_told_words(row.smoothed), _side_words(row)])
            for row in told
        ]
        if rows:
            groups.append({"label": group.label, "rows": rows})
        different += [
            [row.label, _told_words(row.smoothed), row.words]
            for row in told
            if row.side in (Side.ABOVE, Side.BELOW)
        ]
    beyond = [[row.label, row.events, _told_words(row.smoothed)] for row in page.beyond]
    return {
        "groups": groups,
        "different": different,
        "beyond": beyond,
        "readings": page.two_readings,
        "whole": page.is_whole,
    }


def _side_words(row: IndicatorRow) -> str:
    return f"{row.words} ({OUT_SIDES[Side(row.out)]})" if row.out else row.words


def _told_words(one: Told) -> str:
    return f"{one.value} ({one.interval})" if one.interval else one.value


def _flows_document(flows: FlowsSummary | None) -> dict[str, Any] | None:
    if flows is None:
        return None
    return {
        "total": flows.total,
        "zone": _told_words(flows.here.out_of_zone),
        "group": flows.group,
        "out": _told_words(flows.here.out_of_group),
        "places": [[one.label, one.stays, one.share] for one in flows.places],
    }
