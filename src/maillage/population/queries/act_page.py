"""Where to act: the places and causes that are most above what is expected, and what answers them.

Nothing here is about a person: counts of places, compared with what the whole territory would give
at the same ages and sexes, and the offer that is nearest to each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from maillage.engines.indicators.areas import TERRITORY, Areas, Level
from maillage.engines.indicators.definition_model import Indicator
from maillage.population.queries.area_choices import choose_area, choose_year
from maillage.population.queries.figures import Asked, get_figures
from maillage.population.queries.map import list_computed
from maillage.population.queries.nearest_offer import Offer, Offers, PathwayLink, get_offers
from maillage.population.queries.results import Results
from maillage.population.rules.act_view import (
    CHANCE,
    LEAST,
    OUT,
    OVER,
    UNDER,
    draw_excess,
    minutes_words,
    range_words,
    score_words,
    signed,
)
from maillage.population.rules.causes import NATURES, Excess, Nature, excess_of
from maillage.population.rules.choices import (
    ALL_YEARS_WORD,
    LEVEL_LABELS,
    LEVEL_NOUNS,
    Option,
)
from maillage.population.rules.numbers import french, short_label
from maillage.population.rules.offers import BAND_WORDS, REACH_MINUTES
from maillage.population.rules.places_view import PlaceFigures, Side
from maillage.population.rules.table_view import Told, bounds_words, told
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.charts import Chart
from maillage.vocabulary.errors import Refusal

MOST_ROWS = 40
MOST_DOTS = 20
LEVELS = {"secteurs": Level.SECTOR, "intercommunalites": Level.ZONE}
SIDES = {Side.ABOVE: OVER, Side.SAME: CHANCE, Side.BELOW: UNDER}


@dataclass(frozen=True)
class ActRow:
    """A place and a cause: what is counted, what is expected, what is above it (« excess », with
    its interval), what it costs, what answers it."""

    place: str
    place_url: str
    cause: str
    cause_url: str
    events: str
    expected: str
    ratio: Told
    excess: Told
    side: str
    words: str
    cost: str
    care: str
    service: str
    without: str
    minutes: str
    score: str
    pathways: tuple[PathwayLink, ...]


@dataclass(frozen=True)
class CauseNote:
    """What a ranking leaves out of a cause."""

    label: str
    untold: int
    services: int
    care: str


@dataclass(frozen=True)
class ActPage:
    """The ranking of a nature of causes, a year and a zone."""

    nature: Nature
    natures: tuple[Option, ...]
    year: int
    year_words: str
    years: tuple[int, ...]
    zone: str
    zones: tuple[Option, ...]
    level: str
    levels: tuple[Option, ...]
    noun: str
    nouns: str
    unit: str
    rows: tuple[ActRow, ...]
    more: int
    sure: int
    out: int
    compared: int
    chart: Chart
    has_cost: bool
    notes: tuple[CauseNote, ...]
    travel: str
    margin: str
    bands: str
    file_url: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Ranked:
    indicator: Indicator
    place: PlaceFigures
    excess: Excess


@dataclass(frozen=True)
class _Choice:
    nature: Nature
    years: tuple[int, ...]
    zone: str
    level: Level

    @property
    def query(self) -> dict[str, str]:
        found = {"nature": self.nature.key}
        found["annee"] = str(self.years[0]) if len(self.years) == 1 else ALL_YEARS_WORD
        found["par"] = next(word for word, level in LEVELS.items() if level is self.level)
        return found | ({"lieu": self.zone} if self.zone != TERRITORY else {})


def get_act_page(results: Results, asked: Mapping[str, str], *, at: datetime) -> ActPage:
    """The page of an address: ``nature``, ``annee`` (without, or « toutes »: all together), ``par``
    (sectors or zones; without, sectors when most are told), ``lieu`` (a zone). A dozen queries.
    Raises :class:`Refusal` when the computation has none of these causes."""
    natures = _natures(results)
    choice, problems = _read(results, natures, asked)
    ranked, untold = _rank(results, choice)
    nature = choice.nature
    causes = _causes(results, nature)
    above = [one for one in ranked if one.excess.events.value >= LEAST]
    kept = above[:MOST_ROWS]
    offers = _offers(results.areas, kept, nature, causes, at)
    unit = next(iter(causes.values())).unit
    return ActPage(
        nature=nature,
        natures=tuple(Option(one.key, one.label) for one in natures.values()),
        year=choice.years[0] if len(choice.years) == 1 else 0,
        year_words=_year_words(choice.years),
        years=results.years,
        zone=choice.zone,
        zones=_zone_options(results.areas),
        level=choice.query["par"],
        levels=tuple(Option(word, LEVEL_LABELS[level]) for word, level in LEVELS.items()),
        noun=LEVEL_NOUNS[choice.level][0],
        nouns=LEVEL_NOUNS[choice.level][1],
        unit=unit,
        rows=tuple(_row(one, offers, nature) for one in kept),
        more=max(len(above) - MOST_ROWS, 0),
        sure=sum(one.excess.side is Side.ABOVE for one in ranked),
        out=sum(_words(one) == OUT for one in ranked),
        compared=len(ranked),
        chart=_chart(above[:MOST_DOTS], nature, unit),
        has_cost=any(one.excess.cost is not None for one in ranked),
        notes=tuple(
            CauseNote(
                lower_first(cause_label(causes[key])),
                untold[key],
                offers.counts[answer.care],
                answer.care.label,
            )
            for key, answer in nature.causes.items()
            if key in causes
        ),
        travel=offers.travel,
        margin=french(offers.margin),
        bands=BAND_WORDS,
        file_url=f"{reverse('population:act-export')}?{urlencode(choice.query)}",
        problems=problems,
    )


def _natures(results: Results) -> dict[str, Nature]:
    found = {key: one for key, one in NATURES.items() if _causes(results, one)}
    if not found:
        raise Refusal("population.no-cause", "Ce calcul ne contient aucune de ces causes.")
    return found


def _causes(results: Results, nature: Nature) -> dict[str, Indicator]:
    known = list_computed(results)
    return {key: known[key] for key in nature.causes if key in known}


def _read(
    results: Results, natures: Mapping[str, Nature], asked: Mapping[str, str]
) -> tuple[_Choice, tuple[str, ...]]:
    problems: list[str] = []
    wanted = asked.get("nature", "")
    if wanted and wanted not in natures:
        problems.append("Cette nature de cause n'existe pas ici : en voici une autre.")
    nature = natures.get(wanted) or next(iter(natures.values()))
    typed = asked.get("annee", "")
    # Years together unless one is asked for: most causes are too rare in a year for sectors.
    is_all = typed in ("", ALL_YEARS_WORD) and len(results.years) > 1
    years = results.years if is_all else (choose_year(results, typed, problems),)
    zone = choose_area(results.areas, asked.get("lieu", ""), problems)
    if results.areas.level(zone) is Level.SECTOR:
        zone = results.areas.parents[zone]
    level = LEVELS.get(asked.get("par", ""))
    if level is None:
        level = Level.SECTOR
        ranked, untold = _rank(results, _Choice(nature, years, zone, level))
        if sum(untold.values()) > len(ranked):
            level = Level.ZONE
    return _Choice(nature, years, zone, level), tuple(problems)


def _rank(results: Results, choice: _Choice) -> tuple[list[_Ranked], dict[str, int]]:
    """Places and causes, the largest excess first; and how many places each cause does not tell."""
    areas = results.areas
    found: list[_Ranked] = []
    untold: dict[str, int] = {}
    for key, indicator in _causes(results, choice.nature).items():
        untold[key] = 0
        for place in get_figures(results, Asked(key, choice.years), choice.level):
            if choice.zone not in (TERRITORY, areas.above(place.key, Level.ZONE)):
                continue
            if place.is_empty:
                continue
            excess = excess_of(place)
            if excess is None:
                untold[key] += 1
            else:
                found.append(_Ranked(indicator, place, excess))
    found.sort(key=lambda one: (-one.excess.events.value, one.indicator.key, one.place.key))
    return found, untold


def _offers(
    areas: Areas,
    ranked: Sequence[_Ranked],
    nature: Nature,
    causes: Mapping[str, Indicator],
    at: datetime,
) -> Offers:
    keys = sorted({one.place.key for one in ranked})
    wanted = list(dict.fromkeys(one for key, one in nature.causes.items() if key in causes))
    return get_offers(areas, keys, wanted, day=local_day(at))


def _row(one: _Ranked, offers: Offers, nature: Nature) -> ActRow:
    place, excess, indicator = one.place, one.excess, one.indicator
    answer = nature.causes[indicator.key]
    offer: Offer = offers.by_area[answer.care, place.key]
    return ActRow(
        place=short_label(place.label, keeps_sector=True),
        place_url=reverse("population:area", args=[place.key]),
        cause=cause_label(indicator),
        cause_url=reverse("population:indicator", args=[indicator.key]),
        events=french(place.events or 0),
        expected=french(place.expected or 0.0, 1),
        ratio=told(place.smoothed, 2, beside=1.0),
        excess=Told(
            signed(excess.events.value),
            range_words(excess.events.low or 0.0, excess.events.high or 0.0),
        ),
        side=excess.side.value,
        words=_words(one),
        cost="" if excess.cost is None else f"{signed(excess.cost)}\u00a0€",
        care=answer.care.label,
        service=offer.service,
        without="" if offer.service else _without(offers.counts[answer.care]),
        minutes=minutes_words(offer.minutes),
        score=score_words(offer.score),
        pathways=offers.pathways[answer],
    )


def _without(count: int) -> str:
    """Why no offer is named: the directory has none, or none is near enough."""
    if not count:
        return "aucune dans l'annuaire"
    return f"aucune à moins de {french(REACH_MINUTES)}\u00a0min"


def _words(one: _Ranked) -> str:
    if one.excess.side is Side.SAME and one.place.out_side is Side.ABOVE:
        return OUT
    return SIDES[one.excess.side]


def cause_label(indicator: Indicator) -> str:
    """The cause alone: « insuffisance cardiaque » of « Hospitalisations évitables : ... »."""
    head, _, cause = indicator.label.partition(" : ")
    is_title = head in ("Hospitalisations évitables", "Aucun généraliste dans l'année")
    if not is_title:
        return indicator.label
    label = cause[:1].upper() + cause[1:]
    return label if head.startswith("Hospi") else f"{label} : aucun généraliste"


def lower_first(label: str) -> str:
    """A label inside a sentence; what is all in capitals stays so."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _chart(ranked: Sequence[_Ranked], nature: Nature, unit: str) -> Chart:
    return draw_excess(
        [
            (
                short_label(one.place.label)
                if len(nature.causes) == 1
                else f"{short_label(one.place.label)} · {cause_label(one.indicator)}",
                one.excess,
                f"{one.place.label}, {one.indicator.label} : {french(one.place.events or 0)} "
                f"{one.indicator.unit}, rapport lissé "
                f"{bounds_words(one.place.smoothed, 2, beside=1.0)}",
                reverse("population:area", args=[one.place.key]),
            )
            for one in ranked
        ],
        title=f"{nature.label} : au-dessus de l'attendu",
        unit=unit,
    )


def _zone_options(areas: Areas) -> tuple[Option, ...]:
    whole = (Option("", areas.label(TERRITORY)),)
    return whole + tuple(Option(key, areas.label(key)) for key in areas.at(Level.ZONE))


def _year_words(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]} à {years[-1]} ensemble"


@dataclass(frozen=True)
class ActFile:
    """Every place and cause of the ranking: one row each."""

    title: str
    columns: Mapping[str, Sequence[str | int | float | None]]
    filters: Mapping[str, str]
    page_url: str

    @property
    def rows(self) -> int:
        return len(self.columns["Code"])


def get_act_file(results: Results, asked: Mapping[str, str], *, at: datetime) -> ActFile:
    """The file of a ranking, all its rows. Raises as :func:`get_act_page`."""
    choice, _ = _read(results, _natures(results), asked)
    ranked, _ = _rank(results, choice)
    nature = choice.nature
    offers = _offers(results.areas, ranked, nature, _causes(results, nature), at)
    found = [offers.by_area[nature.causes[one.indicator.key].care, one.place.key] for one in ranked]
    smoothed = [one.place.smoothed for one in ranked]
    columns: dict[str, Sequence[str | int | float | None]] = {
        "Code": [one.place.key for one in ranked],
        "Lieu": [one.place.label for one in ranked],
        "Cause": [one.indicator.label for one in ranked],
        "Unité": [one.indicator.unit for one in ranked],
        "Observés": [one.place.events for one in ranked],
        "Attendus": [one.place.expected for one in ranked],
        "Rapport lissé": [one.value if one else None for one in smoothed],
        "Rapport lissé, borne basse": [one.low if one else None for one in smoothed],
        "Rapport lissé, borne haute": [one.high if one else None for one in smoothed],
        "Au-dessus de l'attendu": [one.excess.events.value for one in ranked],
        "Au-dessus de l'attendu, borne basse": [one.excess.events.low for one in ranked],
        "Au-dessus de l'attendu, borne haute": [one.excess.events.high for one in ranked],
        "Face au hasard": [_words(one) for one in ranked],
        "Coût (euros)": [one.excess.cost for one in ranked],
        "Soin qui répond": [nature.causes[one.indicator.key].care.label for one in ranked],
        "Offre la plus proche": [one.service for one in found],
        "Minutes": [one.minutes for one in found],
        "Offres à portée pour 100 000 habitants": [one.score for one in found],
    }
    return ActFile(
        title=f"Où agir, {nature.label}, {_year_words(choice.years)}",
        columns=columns,
        filters=choice.query,
        page_url=f"{reverse('population:act')}?{urlencode(choice.query)}",
    )
