"""A place with its figures under a choice: what stands in a table, a tip, a chart, a class.

Pure: it gets published figures and gives words. « Above » and « below » are said only when the
interval leaves the average out; everything else is « not different », whatever its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.definition_model import Indicator
from maillage.population.rules.choices import Measure
from maillage.population.rules.numbers import NOT_TOLD, between, common_decimals, french

RATIO_DECIMALS = 2
FAR = 2
"""``PlaceFigures.chance`` beyond the limits of 99.8 %."""


class Side(StrEnum):
    """Where a place stands against the average, as the marks of charts have it."""

    ABOVE = "above"
    BELOW = "below"
    SAME = "same"


SIDE_WORDS: Mapping[Side, str] = {
    Side.ABOVE: "au-dessus de la moyenne",
    Side.BELOW: "au-dessous de la moyenne",
    Side.SAME: "pas différent de la moyenne",
}
SHORT_SIDES: Mapping[Side, str] = {
    Side.ABOVE: "au-dessus",
    Side.BELOW: "au-dessous",
    Side.SAME: "pas différent",
}
OUT_SIDES: Mapping[Side, str] = {
    Side.ABOVE: "au-dessus des limites",
    Side.BELOW: "au-dessous des limites",
}
OUT_WORDS = "hors des limites du hasard (99,8\u00a0%)"
EMPTY_SIDE = "rien à comparer"
EMPTY_WORDS: Mapping[str, str] = {
    "residents": "aucun habitant",
    "cohort": "personne dans la cohorte",
    "stays": "aucun séjour",
    "episodes": "aucun épisode",
    "visits": "aucun passage",
    "people": "personne de concerné",
}
TWO_READINGS = (
    "Hors des limites, le hasard seul explique mal le nombre de cas ; le rapport lissé dit de "
    "combien le lieu s'écarte, avec prudence (« pas différent » : l'ampleur reste incertaine) : "
    "un lieu hors des limites est à regarder, même quand son rapport lissé ne tranche pas."
)
"""How the funnel and the smoothed ratio go together, wherever both are shown."""

BETTER = {"lower is better": Side.BELOW, "higher is better": Side.ABOVE}


@dataclass(frozen=True, slots=True)
class Bounds:
    """A value with its 95 % interval; without bounds when it has none (a count)."""

    value: float
    low: float | None = None
    high: float | None = None

    def side(self, average: float) -> Side:
        """Above or below only when the interval leaves the average out."""
        if self.low is not None and self.low > average:
            return Side.ABOVE
        if self.high is not None and self.high < average:
            return Side.BELOW
        return Side.SAME

    def times(self, factor: float) -> Bounds:
        return Bounds(
            self.value * factor,
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
        )


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """The published figures of a place. All are None when they are not told; ``base`` may be known
    all the same. ``rate`` is by ``per`` of the indicator. ``chance`` is 0 when chance explains the
    ratio, 1 beyond the limits of 95 %, 2 beyond those of 99.8 %. ``source`` is the place whose
    figures are told, itself or the nearest one above (empty: none), with its rate and ratio. A
    fragile ratio says little by itself: the smoothed one is to be read."""

    key: str
    label: str
    level: Level
    residents: int
    events: int | None = None
    base: float | None = None
    amount: float | None = None
    expected: float | None = None
    rate: Bounds | None = None
    ratio: Bounds | None = None
    smoothed: Bounds | None = None
    direct: Bounds | None = None
    chance: int = 0
    source: str = ""
    source_rate: Bounds | None = None
    source_ratio: Bounds | None = None
    is_fragile: bool = False

    @property
    def is_told(self) -> bool:
        return self.events is not None

    @property
    def is_empty(self) -> bool:
        """True: nobody there could have had a case (no resident, no episode): there is nothing to
        compare, and a ratio, smoothed or not, would be one of nothing."""
        return self.events == 0 and (self.base == 0 or self.expected == 0)

    @property
    def out_side(self) -> Side | None:
        """The side of a place that is beyond the limits of 99.8 %; None inside them."""
        if self.chance < FAR or self.ratio is None or self.is_empty:
            return None
        return Side.ABOVE if self.ratio.value > 1 else Side.BELOW

    def shown(self, measure: Measure) -> Bounds | None:
        """What a measure shows of the place; None when it is not told."""
        if measure is Measure.COUNT:
            return None if self.events is None else Bounds(float(self.events))
        if self.is_empty:
            return None
        return {
            Measure.SMOOTHED: self.smoothed,
            Measure.RATIO: self.ratio,
            Measure.RATE: self.rate,
        }[measure]


@dataclass(frozen=True, slots=True)
class Reading:
    """How an indicator and a measure are said: the average, the decimals, the units."""

    indicator: Indicator
    measure: Measure
    average: float | None
    decimals: int

    @property
    def is_ratio(self) -> bool:
        return self.measure in (Measure.SMOOTHED, Measure.RATIO)

    @property
    def unit(self) -> str:
        """What stands on the axis."""
        if self.is_ratio:
            return "fois le territoire"
        if self.measure is Measure.COUNT:
            return self.indicator.unit
        return rate_unit(self.indicator)

    @property
    def average_words(self) -> str:
        if self.is_ratio:
            return "territoire = 1"
        return "" if self.average is None else f"territoire : {self.number(self.average)}"

    def number(self, value: float) -> str:
        return french(value, self.decimals)

    def side(self, shown: Bounds | None) -> Side | None:
        """None where nothing is compared: counts, and what is not told."""
        if shown is None or self.average is None:
            return None
        return shown.side(self.average)

    def figures(self, shown: Bounds | None) -> str:
        """« 1,23 (1,05 à 1,42) »."""
        if shown is None:
            return NOT_TOLD
        if shown.low is None or shown.high is None:
            return self.number(shown.value)
        interval = between(shown.low, shown.high, self.decimals, beside=self.average)
        return f"{self.number(shown.value)} ({interval})"


def rate_unit(indicator: Indicator) -> str:
    """« séjours pour 1 000 habitants »; « pour 100 épisodes » when cases are of the same kind."""
    whole = f"pour {french(indicator.per)} {BASE_WORDS.get(indicator.base, '')}"
    return (
        whole if indicator.unit == BASE_WORDS.get(indicator.base) else f"{indicator.unit} {whole}"
    )


BASE_WORDS: Mapping[str, str] = {
    "residents": "habitants",
    "cohort": "personnes de la cohorte",
    "stays": "séjours",
    "episodes": "épisodes",
    "visits": "passages",
    "people": "personnes concernées",
}


def read_as(
    indicator: Indicator, measure: Measure, places: Iterable[PlaceFigures], whole: PlaceFigures
) -> Reading:
    """The reading of a measure. The average is 1 for ratios, the rate of the territory (``whole``)
    for rates, none for counts."""
    if measure in (Measure.SMOOTHED, Measure.RATIO):
        return Reading(indicator, measure, 1.0, RATIO_DECIMALS)
    if measure is Measure.COUNT:
        return Reading(indicator, measure, None, 0)
    values = [one.rate.value for one in places if one.rate is not None]
    average = whole.rate.value if whole.rate is not None else None
    decimals = common_decimals(values or ([] if average is None else [average]))
    return Reading(indicator, measure, average, decimals)


def place_words(place: PlaceFigures, reading: Reading, *, name: str = "", upper: str = "") -> str:
    """One line of a tip: « Secteur de Fourmies : 1,23 (1,05 à 1,42), au-dessus de la moyenne ; 45
    séjours ». ``upper`` says the place above for one that is not told."""
    name = name or place.label
    shown = place.shown(reading.measure)
    if place.is_empty and shown is None:
        return f"{name} : {empty_words(reading.indicator)}, {EMPTY_SIDE}"
    if shown is None:
        after = f" ; {upper}" if upper else ""
        return f"{name} : non communiqué{after}"
    words = f"{name} : {reading.figures(shown)}"
    side = reading.side(shown)
    if side is not None:
        words += f", {SIDE_WORDS[side]}"
    if reading.measure is not Measure.COUNT and place.events is not None:
        words += f" ; {french(place.events)} {reading.indicator.unit}"
    if reading.average is not None and place.out_side is not None:
        words += f" ; {OUT_WORDS}"
    return words


def empty_words(indicator: Indicator) -> str:
    """Why there is nothing to compare in a place: « aucun épisode »."""
    return EMPTY_WORDS.get(indicator.base, EMPTY_WORDS["people"])


def upper_words(place: PlaceFigures, reading: Reading, source: str) -> str:
    """What the place above (``source``, its label) shows, for one whose figures are not told."""
    if reading.measure is Measure.COUNT:
        return ""
    shown = place.source_rate if reading.measure is Measure.RATE else place.source_ratio
    return "" if shown is None or not source else f"{source} : {reading.figures(shown)}"


def is_good(side: Side | None, indicator: Indicator) -> bool | None:
    """Whether a difference is for the better; None when there is none, or nothing is preferred."""
    if side in (None, Side.SAME) or indicator.direction not in BETTER:
        return None
    return BETTER[indicator.direction] is side


ORDERS: Mapping[str, Callable[[PlaceFigures], float]] = {
    "cas": lambda one: _or_less(one.events),
    "base": lambda one: _or_less(one.base),
    "taux": lambda one: _or_less(one.rate.value if one.rate else None),
    "rapport": lambda one: _or_less(one.ratio.value if one.ratio else None),
    "lisse": lambda one: _or_less(one.smoothed.value if one.smoothed else None),
    "attendus": lambda one: _or_less(one.expected),
}


def _or_less(value: float | None) -> float:
    return float("-inf") if value is None else float(value)


def sort_places(
    places: Sequence[PlaceFigures], order: str, *, name_key: Callable[[str], str]
) -> list[PlaceFigures]:
    """Places in the order of an address (``nom``, ``-lisse`` ...): what is not told comes last
    whichever way, places that are equal by name."""
    found = sorted(places, key=lambda one: name_key(one.label))
    column = order.removeprefix("-")
    if column == "nom":
        return found[::-1] if order.startswith("-") else found
    key = ORDERS.get(column, ORDERS["lisse"])
    told = [one for one in found if key(one) != float("-inf")]
    rest = [one for one in found if key(one) == float("-inf")]
    return sorted(told, key=key, reverse=order.startswith("-")) + rest
