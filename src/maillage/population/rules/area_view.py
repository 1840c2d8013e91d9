"""The page of a place: rows of indicators with their trend, what differs, neighbours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from maillage.engines.indicators.definition_model import Indicator
from maillage.population.rules.choices import ALL_YEARS, Measure, group_indicators
from maillage.population.rules.numbers import (
    NOT_TOLD,
    NOTHING,
    common_decimals,
    french,
    short_label,
)
from maillage.population.rules.places_view import (
    EMPTY_SIDE,
    SHORT_SIDES,
    SIDE_WORDS,
    PlaceFigures,
    Reading,
    Side,
    empty_words,
    is_good,
    place_words,
)
from maillage.population.rules.table_view import Told, bounds_words, told
from maillage.vocabulary.charts import HALF, NO_CHART, Chart, draw_twice
from maillage.vocabulary.charts.dots import Average, Dot, draw_dots
from maillage.vocabulary.charts.trends import YearValue, draw_spark

MOST_DIFFERENCES = 24
FRAGILE_WORDS = "peu de cas"

Figures = Mapping[tuple[str, int], PlaceFigures]


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """One indicator of a place. ``upper`` is what is said of the place above when this one is not
    told; ``level`` the state of the badge (better, worse, different, same); ``out`` the side of
    one that is beyond the limits of the funnel; ``note`` what years and what place the figures are
    of, where they are not those of the page."""

    key: str
    label: str
    url: str
    events: str
    rate: Told
    smoothed: Told
    words: str
    level: str
    upper: str
    spark: str
    is_told: bool
    side: Side | None
    place: PlaceFigures | None
    is_fragile: bool
    out: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """The year of a page and all years. Indicators that are published years ``together`` are told
    so, and their trend is that of the zone (``zone``: its figures)."""

    year: int
    years: Sequence[int]
    together: Collection[str]
    zone: Figures
    is_of_zone: bool

    def year_of(self, key: str) -> int:
        return ALL_YEARS if key in self.together else self.year

    def note(self, key: str) -> str:
        if key not in self.together:
            return ""
        words = f"{self.years[0]}-{self.years[-1]} ensemble"
        return f"{words} ; par an : l'intercommunalité" if self.is_of_zone else words


@dataclass(frozen=True, slots=True)
class IndicatorGroup:
    """Indicators of one kind."""

    label: str
    rows: tuple[IndicatorRow, ...]

    @property
    def told(self) -> tuple[IndicatorRow, ...]:
        return tuple(row for row in self.rows if row.is_told)

    @property
    def untold(self) -> tuple[IndicatorRow, ...]:
        return tuple(row for row in self.rows if not row.is_told)


def group_rows(
    own: Figures,
    uppers: Mapping[str, Figures],
    indicators: Mapping[str, Indicator],
    *,
    when: When,
    address: Callable[[str], str],
) -> tuple[IndicatorGroup, ...]:
    """The indicators of a place under the titles of their kinds."""
    return tuple(
        IndicatorGroup(
            group.label,
            tuple(_row(indicators[one.value], own, uppers, when, address) for one in group.options),
        )
        for group in group_indicators(indicators)
    )


def _row(
    indicator: Indicator,
    own: Figures,
    uppers: Mapping[str, Figures],
    when: When,
    address: Callable[[str], str],
) -> IndicatorRow:
    year = when.year_of(indicator.key)
    place = own.get((indicator.key, year))
    is_empty = bool(place and place.is_empty)
    shown = place.smoothed if place and not is_empty else None
    side = shown.side(1.0) if shown else None
    source = when.zone if indicator.key in when.together else own
    out = place.out_side if place else None
    trend = [_year(source.get((indicator.key, one)), one) for one in when.years]
    crude = place.rate if place and not indicator.standardised_only else None
    return IndicatorRow(
        key=indicator.key,
        label=indicator.label,
        url=address(indicator.key),
        events=NOT_TOLD
        if place is None or place.events is None
        else f"{french(place.events)} {indicator.unit}",
        rate=Told(NOTHING)
        if indicator.standardised_only or is_empty
        else told(crude, common_decimals([crude.value] if crude else [])),
        smoothed=Told(NOTHING) if is_empty else told(shown, 2, beside=1.0),
        words=SHORT_SIDES[side] if side else _empty(indicator) if is_empty else "",
        level=badge_of(side, indicator),
        upper=_upper(indicator, place, uppers, year),
        spark=draw_spark(trend, title=indicator.label),
        is_told=place is not None and place.is_told,
        side=side,
        place=place,
        is_fragile=bool(place and place.is_told and place.is_fragile and not is_empty),
        out=out.value if out else "",
        note=when.note(indicator.key),
    )


def _empty(indicator: Indicator) -> str:
    return f"{EMPTY_SIDE} : {empty_words(indicator)}"


def badge_of(side: Side | None, indicator: Indicator) -> str:
    """The state of the badge: green for the better, orange for the worse, blue for a difference
    without preference, grey otherwise."""
    good = is_good(side, indicator)
    if good is None:
        return "none" if side in (None, Side.SAME) else "info"
    return "ok" if good else "late"


def _year(place: PlaceFigures | None, year: int) -> YearValue:
    shown = place.ratio if place else None
    if shown is None:
        return YearValue(year, None)
    return YearValue(year, shown.value, shown.low, shown.high)


def _upper(
    indicator: Indicator, place: PlaceFigures | None, uppers: Mapping[str, Figures], year: int
) -> str:
    if place is None or place.is_told or place.source not in uppers:
        return ""
    above = uppers[place.source].get((indicator.key, year))
    return "" if above is None else f"{above.label} : {bounds_words(above.smoothed, 2, beside=1.0)}"


def draw_differences(rows: Sequence[IndicatorRow], label: str) -> Chart:
    """The indicators whose interval leaves the territory's out, the farthest first."""
    out = [row for row in rows if row.side in (Side.ABOVE, Side.BELOW) and row.place is not None]
    out.sort(key=lambda row: -_distance(row))
    left_out = max(len(out) - MOST_DIFFERENCES, 0)
    dots = [_dot(row) for row in out[:MOST_DIFFERENCES]]
    if not dots:
        return NO_CHART
    note = (
        "Rapport lissé à âge et sexe égaux : 1, comme le territoire. Orange : au-dessus, bleu : "
        "au-dessous ; au-dessus n'est pas toujours moins bien."
    )
    if left_out:
        note += f" {french(left_out)} autres diffèrent aussi : voir les tableaux."
    return draw_twice(
        label,
        lambda width: draw_dots(
            dots,
            title=f"{label} : ce qui diffère vraiment du territoire",
            unit="fois le territoire (rapport lissé)",
            average=Average(1.0, "territoire = 1"),
            is_ratio=True,
            width=width,
        ),
        note=note,
    )


def _distance(row: IndicatorRow) -> float:
    value = row.place.smoothed.value if row.place and row.place.smoothed else 1.0
    return max(value, 1 / value) if value > 0 else float("inf")


def _dot(row: IndicatorRow) -> Dot:
    shown = row.place.smoothed if row.place else None
    return Dot(
        label=row.label,
        value=shown.value if shown else None,
        low=shown.low if shown else None,
        high=shown.high if shown else None,
        side=(row.side or Side.SAME).value,
        figures=bounds_words(shown, 2, beside=1.0),
        words=(
            f"{row.label} : {bounds_words(shown, 2, beside=1.0)}, "
            f"{SIDE_WORDS[row.side or Side.SAME]} ; {row.events}"
        ),
        url=row.url,
    )


def draw_neighbours(
    places: Sequence[PlaceFigures], reading: Reading, *, here: str, address: Callable[[str], str]
) -> Chart:
    """A place, its neighbours and those that it is in, on one scale."""
    dots = []
    for place in places:
        shown = place.shown(Measure.SMOOTHED)
        dots.append(
            Dot(
                label=short_label(place.label, keeps_sector=True),
                value=shown.value if shown else None,
                low=shown.low if shown else None,
                high=shown.high if shown else None,
                side=(reading.side(shown) or Side.SAME).value,
                figures=_empty(reading.indicator) if place.is_empty else reading.figures(shown),
                words=place_words(place, reading),
                url=address(place.key),
                is_here=place.key == here,
            )
        )
    if all(dot.value is None for dot in dots):
        return NO_CHART
    return draw_twice(
        reading.indicator.label,
        lambda width: draw_dots(
            dots,
            title=f"{reading.indicator.label} : le lieu et ses voisins",
            unit=reading.unit,
            average=Average(1.0, "territoire = 1"),
            is_ratio=True,
            width=width,
        ),
        width=HALF,
    )
