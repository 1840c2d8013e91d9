"""The page of the risk pyramid: how many people in each stratum, where, and who moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.engines.indicators.areas import TERRITORY, Areas, Level
from maillage.engines.indicators.published import AGE_GROUPS, GROUP_KEYS, SEXES
from maillage.engines.indicators.pyramid_rules import STRATUM_LABELS as STRATA
from maillage.engines.indicators.pyramid_rules import Pyramid, Reason, load_pyramids
from maillage.population.permissions import TARGET
from maillage.population.queries.results import Results
from maillage.population.queries.strata_tables import (
    CAME,
    DIED,
    LEFT,
    by_area,
    by_sex_and_age,
    moves,
)
from maillage.population.rules.choices import SEX_LABELS, Option
from maillage.population.rules.numbers import NOT_TOLD, french, short_label
from maillage.population.rules.profile_view import SHORT_STRATA as PROFILE_STRATA
from maillage.vocabulary.charts import HALF, Chart, draw_twice
from maillage.vocabulary.charts.bars import Bar, draw_bars
from maillage.vocabulary.charts.sankey import Link, Node, draw_sankey
from maillage.vocabulary.disclosure import ALL, Rate, rate
from maillage.vocabulary.errors import Refusal

_Value = Callable[[str, str], int | None]

TOP_DOWN = tuple(sorted(STRATA, reverse=True))
CSS = {0: "q0", 1: "q1", 2: "q3", 3: "q5", 4: "q6"}
SHORT_STRATA = {**PROFILE_STRATA, 0: "Générale"}
"""Strata in little room: heads of columns, pictures."""

PARTICULAR = {CAME: "Arrivés sur le territoire"}
GONE = {LEFT: "Partis du territoire", DIED: "Décédés"}


@dataclass(frozen=True)
class StratumRow:
    """A stratum: its people (« n.c. » when they are not told), their share, and the same share in
    the territory; ``list_url`` asks for its people, for those who may."""

    stratum: int
    label: str
    people: str
    share: str
    above: str
    reasons: tuple[str, ...]
    list_url: str


@dataclass(frozen=True)
class CountRow:
    """A row of a table: its label and its numbers in words."""

    label: str
    figures: tuple[str, ...]
    url: str = ""
    is_here: bool = False


@dataclass(frozen=True)
class PyramidPage:
    """A pyramid of a condition, a year and an area."""

    condition: str
    year: int
    area: str
    area_label: str
    conditions: tuple[Option, ...]
    years: tuple[int, ...]
    areas: tuple[tuple[str, tuple[Option, ...]], ...]
    pyramid: Pyramid
    untold: tuple[str, ...]
    rows: tuple[StratumRow, ...]
    total: str
    chart: Chart
    ages: tuple[CountRow, ...]
    places: tuple[CountRow, ...]
    moved: tuple[CountRow, ...]
    moved_to: tuple[str, ...]
    moves_chart: Chart
    map_url: str
    file_url: str
    problems: tuple[str, ...]

    @property
    def strata(self) -> tuple[str, ...]:
        return tuple(SHORT_STRATA[one] for one in TOP_DOWN)


def list_conditions(results: Results) -> dict[str, Pyramid]:
    """The pyramids that a computation has rows of."""
    return load_pyramids(results.definitions)


def short_name(pyramid: Pyramid) -> str:
    """The disease of a pyramid, for a list that already says what it is a list of."""
    name = pyramid.label.removeprefix("Pyramide des risques : ")
    return name[:1].upper() + name[1:]


def get_pyramid_page(results: Results, asked: Mapping[str, str], *, by: Actor) -> PyramidPage:
    """The page of an address: ``maladie``, ``annee``, ``lieu``. Raises :class:`Refusal` when the
    computation has no pyramid at all."""
    pyramids = list_conditions(results)
    if not pyramids or not results.years:
        raise Refusal("population.no-pyramid", "Ce calcul ne contient aucune pyramide.")
    areas = results.areas
    problems = []
    condition = asked.get("maladie", "")
    if condition not in pyramids:
        if condition:
            problems.append("Cette pyramide n'existe pas : en voici une autre.")
        condition = next(iter(pyramids))
    year = _year(results, asked.get("annee", ""), problems)
    area = asked.get("lieu", "") or TERRITORY
    if area not in areas or areas.level(area) is Level.COMMUNE:
        problems.append("Ce lieu n'est pas connu ici : voici tout le territoire.")
        area = TERRITORY
    strata = by_area(results, condition, year)
    row = ALL if area == TERRITORY else area
    may_list = TARGET.allows(by, by.organizations())
    query = {"maladie": condition, "annee": year, **({"lieu": area} if row != ALL else {})}
    moved_table = _moves_rows(results, condition, year)
    pyramid = pyramids[condition]
    untold = results.computation.untold.get(f"pyramid-{condition}", ())
    told = tuple(one for one in pyramid.reasons if one.code not in untold)
    return PyramidPage(
        condition=condition,
        year=year,
        area=area,
        area_label=areas.label(area),
        conditions=tuple(Option(key, short_name(one)) for key, one in pyramids.items()),
        years=results.years,
        areas=_area_options(areas),
        pyramid=pyramid,
        untold=tuple(one.label for one in pyramid.reasons if one.code in untold),
        rows=tuple(
            _stratum(one, strata.value, row, condition, told, may_list=may_list) for one in TOP_DOWN
        ),
        total=_told(strata.value(row, ALL)),
        chart=_chart(strata.value, row, areas.label(area)),
        ages=_ages(results, condition, year) if row == ALL else (),
        places=_places(areas, area, strata.value, query),
        moved=moved_table,
        moved_to=(*(SHORT_STRATA[one] for one in TOP_DOWN), *GONE.values()),
        moves_chart=_moves_chart(results, condition, year),
        map_url=f"{reverse('population:map')}?indicateur=prevalence-{pyramid.cohort.key}",
        file_url=f"{reverse('population:pyramid-export')}?{urlencode(query)}",
        problems=tuple(problems),
    )


def _year(results: Results, typed: str, problems: list[str]) -> int:
    if typed.isdigit() and int(typed) in results.years:
        return int(typed)
    if typed:
        problems.append("Cette année n'est pas calculée : voici la dernière.")
    return max(results.years)


def _told(value: int | None) -> str:
    return NOT_TOLD if value is None else french(value)


def _share(value: int | None, whole: int | None) -> Rate:
    return Rate() if value is None or whole is None else rate(value, whole)


def share_words(share: Rate) -> str:
    """« 7 % », « moins de 5 % », « n.c. »."""
    if share.percent is not None:
        return f"{share.percent}\u00a0%" if share.percent else "moins de 1\u00a0%"
    if share.over is not None:
        return f"plus de {share.over}\u00a0%"
    if share.under is not None:
        return f"moins de {share.under}\u00a0%"
    return NOT_TOLD


def _stratum(
    stratum: int,
    value: _Value,
    row: str,
    condition: str,
    told: Sequence[Reason],
    *,
    may_list: bool,
) -> StratumRow:
    key = str(stratum)
    reasons = tuple(one.label for one in told if one.stratum == stratum)
    asks = {"condition": condition, "stratum": stratum, "area": row if row != ALL else TERRITORY}
    return StratumRow(
        stratum=stratum,
        label=STRATA[stratum],
        people=_told(value(row, key)),
        share=share_words(_share(value(row, key), value(row, ALL))),
        above="" if row == ALL else share_words(_share(value(ALL, key), value(ALL, ALL))),
        reasons=reasons,
        list_url=f"{reverse('population:target-new')}?{urlencode(asks)}"
        if may_list and stratum
        else "",
    )


def _chart(value: _Value, row: str, label: str) -> Chart:
    bars = []
    for stratum in TOP_DOWN[:-1]:
        count = value(row, str(stratum))
        bars.append(
            Bar(
                SHORT_STRATA[stratum],
                None if count is None else float(count),
                figures=_told(count),
                words=f"{STRATA[stratum]} : {_told(count)} personnes",
                css=CSS[stratum],
            )
        )
    title = f"Pyramide des risques, {label}"
    return draw_twice(
        title,
        lambda width: draw_bars(bars, title=title, unit="personnes", width=width),
        note="La population générale, bien plus nombreuse, n'est pas dessinée.",
        width=HALF,
    )


def _ages(results: Results, condition: str, year: int) -> tuple[CountRow, ...]:
    table = by_sex_and_age(results, condition, year)
    return tuple(
        CountRow(
            f"{SEX_LABELS[sex]}, {AGE_GROUPS[group].lower()}",
            tuple(_told(table.value(f"{sex.value}:{group}", str(one))) for one in TOP_DOWN),
        )
        for sex in SEXES
        for group in GROUP_KEYS
    )


def _places(
    areas: Areas, area: str, value: _Value, query: Mapping[str, object]
) -> tuple[CountRow, ...]:
    """The places inside the area, or those beside it when it is a sector."""
    within = area if areas.level(area) is not Level.SECTOR else areas.parents[area]
    return tuple(
        CountRow(
            short_label(areas.label(key), keeps_sector=True),
            tuple(_told(value(key, str(one))) for one in TOP_DOWN),
            url=f"{reverse('population:pyramid')}?{urlencode({**query, 'lieu': key})}",
            is_here=key == area,
        )
        for key in areas.children(within)
    )


def _area_options(areas: Areas) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    """The whole territory, then each zone with its sectors."""
    whole = (Option("", areas.label(TERRITORY)),)
    groups: list[tuple[str, tuple[Option, ...]]] = [("", whole)]
    for zone in areas.at(Level.ZONE):
        inside = [Option(key, areas.label(key)) for key in areas.children(zone)]
        entire = Option(zone, f"{areas.label(zone)}, en entier")
        groups.append((areas.label(zone), (entire, *inside)))
    return tuple(groups)


def _moves_rows(results: Results, condition: str, year: int) -> tuple[CountRow, ...]:
    if not results.moves(condition, year).num_rows:
        return ()
    table = moves(results, condition, year)
    columns = [*(str(one) for one in TOP_DOWN), *GONE]
    rows = [(str(one), STRATA[one]) for one in TOP_DOWN]
    return tuple(
        CountRow(label, tuple(_told(table.value(key, column)) for column in columns))
        for key, label in [*rows, *PARTICULAR.items()]
    )


def _moves_chart(results: Results, condition: str, year: int) -> Chart:
    """Between the strata of the ill and those at risk: the general population would hide them."""
    if not results.moves(condition, year).num_rows:
        return Chart("", "", "")
    table = moves(results, condition, year)
    drawn = [str(one) for one in TOP_DOWN[:-1]]
    ends = {**{one: SHORT_STRATA[int(one)] for one in drawn}, DIED: GONE[DIED]}
    links = []
    for before in drawn:
        for after in ends:
            count = table.value(before, after)
            if count:
                words = f"{STRATA[int(before)]} → {ends[after]} : {french(count)} personnes"
                links.append(Link(0, before, after, float(count), words))
    columns = (
        (str(year - 1), [Node(one, SHORT_STRATA[int(one)], css=CSS[int(one)]) for one in drawn]),
        (
            str(year),
            [Node(one, label, css=CSS.get(int(one), "q0")) for one, label in ends.items()],
        ),
    )
    title = f"Passages d'une strate à l'autre, de {year - 1} à {year}"
    return draw_twice(
        title,
        lambda width: draw_sankey(columns, links, title=title, width=width),
        note="Sans la population générale, d'où viennent et où retournent la plupart.",
    )


@dataclass(frozen=True)
class PyramidFile:
    """The strata of every place, down to sectors, as they are published."""

    title: str
    columns: Mapping[str, Sequence[str | int | float | None]]
    filters: Mapping[str, str]
    page_url: str

    @property
    def rows(self) -> int:
        return len(self.columns["lieu"])


def get_pyramid_file(results: Results, asked: Mapping[str, str], *, by: Actor) -> PyramidFile:
    """The file of a pyramid: one row a place. Raises as :func:`get_pyramid_page`."""
    page = get_pyramid_page(results, asked, by=by)
    value = by_area(results, page.condition, page.year).value
    areas = results.areas
    places = [one for one in areas.rows if one.level is not Level.COMMUNE]
    columns: dict[str, Sequence[str | int | float | None]] = {
        "cle": [one.key for one in places],
        "lieu": [one.label for one in places],
    }
    for stratum in TOP_DOWN:
        columns[STRATA[stratum]] = [
            value(ALL if one.key == TERRITORY else one.key, str(stratum)) for one in places
        ]
    filters = {"maladie": page.condition, "annee": str(page.year)}
    return PyramidFile(
        title=f"{page.pyramid.label}, {page.year}",
        columns=columns,
        filters=filters,
        page_url=f"{reverse('population:pyramid')}?{urlencode(filters)}",
    )
