"""The table behind a map: words for a screen, columns for a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from maillage.engines.indicators.definition_model import Indicator
from maillage.population.rules.choices import Measure
from maillage.population.rules.numbers import (
    NOT_TOLD,
    between,
    common_decimals,
    french,
    short_label,
)
from maillage.population.rules.places_view import (
    BASE_WORDS,
    SHORT_SIDES,
    Bounds,
    PlaceFigures,
    rate_unit,
)

EXPECTED_DECIMALS = 1


@dataclass(frozen=True, slots=True)
class Told:
    """A value in words, and its interval for the line under it; « n.c. » without interval."""

    value: str
    interval: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One place, in words."""

    key: str
    label: str
    url: str
    events: str
    base: str
    rate: Told
    expected: str
    ratio: Told
    smoothed: Told
    words: str
    side: str


def base_title(indicator: Indicator) -> str:
    """The title of the column of denominators: never that of the cases, which it stands beside."""
    if indicator.base == "cohort":
        return "Cohorte"
    word = BASE_WORDS.get(indicator.base, "base")
    return f"{word} en tout".capitalize() if word == indicator.unit else word.capitalize()


def build_rows(
    places: Sequence[PlaceFigures], indicator: Indicator, address: Callable[[str], str]
) -> list[TableRow]:
    """The rows, in the order given."""
    rates = common_decimals(one.rate.value for one in places if one.rate is not None)
    return [_row(place, rates, address) for place in places]


def _row(place: PlaceFigures, rate_decimals: int, address: Callable[[str], str]) -> TableRow:
    compared = place.smoothed or place.ratio
    return TableRow(
        key=place.key,
        label=short_label(place.label, keeps_sector=True),
        url=address(place.key),
        events=_count(place.events),
        base=_count(place.base),
        rate=told(place.rate, rate_decimals),
        expected=NOT_TOLD
        if place.expected is None or not place.is_told
        else french(place.expected, EXPECTED_DECIMALS),
        ratio=told(place.ratio, 2),
        smoothed=told(place.smoothed, 2),
        words="" if compared is None else SHORT_SIDES[compared.side(1.0)],
        side="" if compared is None else compared.side(1.0).value,
    )


def _count(value: float | None) -> str:
    return NOT_TOLD if value is None else french(value)


def told(bounds: Bounds | None, decimals: int) -> Told:
    """A value and its interval, apart."""
    if bounds is None:
        return Told(NOT_TOLD)
    if bounds.low is None or bounds.high is None:
        return Told(french(bounds.value, decimals))
    return Told(french(bounds.value, decimals), between(bounds.low, bounds.high, decimals))


def bounds_words(bounds: Bounds | None, decimals: int) -> str:
    """« 1,23 (1,05 à 1,42) »."""
    if bounds is None:
        return NOT_TOLD
    if bounds.low is None or bounds.high is None:
        return french(bounds.value, decimals)
    return f"{french(bounds.value, decimals)} ({between(bounds.low, bounds.high, decimals)})"


def file_columns(
    places: Iterable[PlaceFigures], indicator: Indicator, upper_label: Callable[[str], str]
) -> dict[str, list[str | int | float | None]]:
    """The columns of the file of the same table: numbers, None where they are not told."""
    rows = list(places)
    columns: dict[str, list[str | int | float | None]] = {
        "Code": [row.key for row in rows],
        "Lieu": [row.label for row in rows],
        "Dans": [upper_label(row.key) for row in rows],
        indicator.unit.capitalize(): [row.events for row in rows],
        base_title(indicator): [row.base for row in rows],
    }
    if not indicator.standardised_only:
        _add_bounds(columns, f"Taux ({rate_unit(indicator)})", [row.rate for row in rows])
    columns["Attendus"] = [row.expected if row.is_told else None for row in rows]
    _add_bounds(columns, "Rapport standardisé", [row.ratio for row in rows])
    _add_bounds(columns, "Rapport lissé", [row.smoothed for row in rows])
    if any(row.direct is not None for row in rows):
        _add_bounds(columns, "Taux standardisé", [row.direct for row in rows])
    return columns


def _add_bounds(
    columns: dict[str, list[str | int | float | None]],
    title: str,
    values: Sequence[Bounds | None],
) -> None:
    columns[title] = [None if one is None else one.value for one in values]
    columns[f"{title}, borne basse"] = [None if one is None else one.low for one in values]
    columns[f"{title}, borne haute"] = [None if one is None else one.high for one in values]


def shown_measures(indicator: Indicator) -> tuple[Measure, ...]:
    """The measures that may be shown of an indicator."""
    return tuple(
        one for one in Measure if one is not Measure.RATE or not indicator.standardised_only
    )
