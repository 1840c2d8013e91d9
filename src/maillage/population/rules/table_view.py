"""The table behind a map: words for a screen, columns for a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from maillage.engines.indicators.definition_model import Indicator
from maillage.population.rules.choices import Measure
from maillage.population.rules.numbers import (
    NOT_TOLD,
    NOTHING,
    between,
    common_decimals,
    french,
    short_label,
)
from maillage.population.rules.places_view import (
    BASE_WORDS,
    EMPTY_SIDE,
    OUT_SIDES,
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
    out: str = ""
    """Beyond the limits of the funnel: the side as marks have it; empty inside."""
    amount: Told = Told("")
    """The sum of what the indicator adds up, over its mean by event; empty when it adds nothing."""

    @property
    def is_untold(self) -> bool:
        return self.events == NOT_TOLD


def base_title(indicator: Indicator) -> str:
    """The title of the column of denominators: never that of the cases, which it stands beside."""
    if indicator.base == "cohort":
        return "Cohorte"
    word = BASE_WORDS.get(indicator.base, "base")
    return f"{word} en tout".capitalize() if word == indicator.unit else word.capitalize()


def amount_title(indicator: Indicator, places: Iterable[PlaceFigures]) -> str:
    """What the events of an indicator add up to, as the title of a column: euros of stays, or
    nights. Empty when nothing is added up."""
    if all(one.amount is None for one in places):
        return ""
    return "Montant (€)" if indicator.kind == "cost" else "Nuits"


def amount_words(place: PlaceFigures, indicator: Indicator) -> Told:
    """« 1 234 567 », and under it « 4 512 € par séjour »."""
    if place.amount is None:
        return Told(NOTHING if place.is_empty else NOT_TOLD)
    if not place.events:
        return Told(french(place.amount))
    mean = place.amount / place.events
    is_cost = indicator.kind == "cost"
    by_event = f"{french(mean)}\u00a0€" if is_cost else f"{french(mean, 1)} nuits"
    return Told(french(place.amount), f"{by_event} par séjour")


def build_rows(
    places: Sequence[PlaceFigures], indicator: Indicator, address: Callable[[str], str]
) -> list[TableRow]:
    """The rows, in the order given."""
    rates = common_decimals(one.rate.value for one in places if one.rate is not None)
    rows = [_row(place, rates, address) for place in places]
    if not amount_title(indicator, places):
        return rows
    return [
        replace(row, amount=amount_words(place, indicator))
        for row, place in zip(rows, places, strict=True)
    ]


def _row(place: PlaceFigures, rate_decimals: int, address: Callable[[str], str]) -> TableRow:
    compared = place.smoothed or place.ratio
    if place.is_empty:
        return _empty_row(place, address)
    side = compared.side(1.0) if compared else None
    out = place.out_side
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
        ratio=told(place.ratio, 2, beside=1.0),
        smoothed=told(place.smoothed, 2, beside=1.0),
        words=SHORT_SIDES[side] if side else "",
        side=side.value if side else "",
        out=out.value if out else "",
    )


def _empty_row(place: PlaceFigures, address: Callable[[str], str]) -> TableRow:
    nothing = Told(NOTHING)
    return TableRow(
        key=place.key,
        label=short_label(place.label, keeps_sector=True),
        url=address(place.key),
        events=_count(place.events),
        base=_count(place.base),
        rate=nothing,
        expected=NOTHING,
        ratio=nothing,
        smoothed=nothing,
        words=EMPTY_SIDE,
        side="",
    )


def _count(value: float | None) -> str:
    return NOT_TOLD if value is None else french(value)


def told(bounds: Bounds | None, decimals: int, *, beside: float | None = None) -> Told:
    """A value and its interval, apart; ``beside``: see :func:`between`."""
    if bounds is None:
        return Told(NOT_TOLD)
    if bounds.low is None or bounds.high is None:
        return Told(french(bounds.value, decimals))
    interval = between(bounds.low, bounds.high, decimals, beside=beside)
    return Told(french(bounds.value, decimals), interval)


def bounds_words(bounds: Bounds | None, decimals: int, *, beside: float | None = None) -> str:
    """« 1,23 (1,05 à 1,42) »; ``beside``: see :func:`between`."""
    if bounds is None:
        return NOT_TOLD
    if bounds.low is None or bounds.high is None:
        return french(bounds.value, decimals)
    interval = between(bounds.low, bounds.high, decimals, beside=beside)
    return f"{french(bounds.value, decimals)} ({interval})"


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
    if title := amount_title(indicator, rows):
        columns[title] = [row.amount for row in rows]
    if not indicator.standardised_only:
        _add_bounds(columns, f"Taux ({rate_unit(indicator)})", [row.rate for row in rows])
    columns["Attendus"] = [row.expected if row.is_told else None for row in rows]
    _add_bounds(columns, "Rapport standardisé", [row.ratio for row in rows])
    _add_bounds(columns, "Rapport lissé", [row.smoothed for row in rows])
    if any(row.direct is not None for row in rows):
        _add_bounds(columns, "Taux standardisé", [row.direct for row in rows])
    columns["Limites du hasard (99,8 %)"] = [_limit_words(row) for row in rows]
    return columns


def _limit_words(place: PlaceFigures) -> str | None:
    """Where a place stands against the limits of the funnel; None when it is not in it."""
    if not place.is_told or place.is_empty or place.ratio is None:
        return None
    return "dans les limites" if place.out_side is None else OUT_SIDES[place.out_side]


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
