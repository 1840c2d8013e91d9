"""What a proof is read by: measures with their words, shares, and numbers too large to spell out.

A *person-hour* (heure-habitant) is one resident during one hour when a step is due. The ten
categories of a step add up to its residents times the hours due, so that any share is a share of
that total.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from maillage.coverage.enums import CATEGORIES, HOLES

NBSP = "\u00a0"
THIN = "\u202f"


@dataclass(frozen=True)
class Measure:
    """One thing that a map can colour: ``slug`` is its word in addresses, ``label`` the option,
    ``words`` what is said of a commune (« 12 % non couvert »)."""

    slug: str
    label: str
    words: str
    categories: tuple[str, ...]
    tone: str = "hole"
    """The family of colours of its map: ``hole`` (red), ``worse`` (orange), ``better`` (blue)."""


FRAGILE = "fragile"

MEASURES: tuple[Measure, ...] = (
    Measure("non-couvert", "Non couvert, toutes raisons", "non couvert", HOLES),
    Measure("hors-delai", "Hors délai", "hors délai", ("late",), "worse"),
    Measure("limite", "À la limite du délai", "à la limite du délai", ("at_limit",), "worse"),
    Measure("delai", "Dans le délai", "dans le délai", ("on_target",), "better"),
    Measure(FRAGILE, "Fragile (tient à un seul appui)", "fragile", (FRAGILE,), "worse"),
)
"""Measures of a whole step; the first is the default."""

REASON_MEASURES: tuple[Measure, ...] = (
    Measure("sans-convention", "Pas de convention", "sans convention", ("hole_no_agreement",)),
    Measure("ferme", "Fermé, sans garde", "fermé, sans garde", ("hole_closed",)),
    Measure("sans-titulaire", "Garde sans titulaire", "garde sans titulaire", ("hole_unstaffed",)),
    Measure(
        "etape-precedente",
        "Étape précédente sans solution",
        "étape précédente sans solution",
        ("hole_previous_step",),
    ),
    Measure(
        "sans-autorisation", "Pas d'autorisation", "sans autorisation", ("hole_not_authorised",)
    ),
    Measure(
        "sans-service",
        "Aucun service de ce niveau pour cet âge",
        "sans service de ce niveau",
        ("hole_no_service",),
    ),
    Measure("sans-trajet", "Aucun trajet connu", "sans trajet connu", ("hole_too_far",)),
)
"""Person-hours without cover for one reason."""

_BY_SLUG = {measure.slug: measure for measure in (*MEASURES, *REASON_MEASURES)}

BANDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("ok", "dans le délai", ("on_target",)),
    ("limit", "à la limite", ("at_limit",)),
    ("late", "hors délai", ("late",)),
    ("hole", "non couvert", HOLES),
)
"""The four parts of a total: level (sign and colour), words, categories."""


def find_measure(slug: str) -> Measure:
    """The measure of an address; the first one for a word that names none."""
    return _BY_SLUG.get(slug, MEASURES[0])


def is_measure(slug: str) -> bool:
    """Whether this word names a measure."""
    return slug in _BY_SLUG


@dataclass(frozen=True)
class Part:
    """One part of a total: person-hours (or residents) and their share of what is due, 0 to 1.
    ``decimals`` are those of its whole group: shares that add up to 100 % are written alike."""

    level: str
    label: str
    value: float
    share: float
    decimals: int | None = None

    @property
    def percent(self) -> str:
        return percent(self.share, self.decimals)

    @property
    def amount(self) -> str:
        return large(self.value)


def bands(values: Mapping[str, float]) -> tuple[Part, ...]:
    """The four parts of a total given by category. Shares are 0 when nothing is due."""
    due = sum(values[name] for name in CATEGORIES)
    parts = [
        _part(level, label, sum(values[name] for name in categories), due)
        for level, label, categories in BANDS
    ]
    decimals = common_decimals(part.share for part in parts)
    return tuple(replace(part, decimals=decimals) for part in parts)


def reasons(values: Mapping[str, float]) -> tuple[Part, ...]:
    """What is not covered, by reason, the largest first; reasons that hold nothing are left out.
    Shares are of what is due, written with one precision."""
    due = sum(values[name] for name in CATEGORIES)
    found = [
        _part("hole", CATEGORIES[name].label, values[name], due)
        for name in HOLES
        if values[name] > 0
    ]
    decimals = common_decimals(part.share for part in found)
    return tuple(
        replace(part, decimals=decimals) for part in sorted(found, key=lambda part: -part.value)
    )


def _part(level: str, label: str, value: float, due: float) -> Part:
    return Part(level, label, value, value / due if due else 0.0)


def total(many: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The sum of many totals, category by category."""
    sums = dict.fromkeys(CATEGORIES, 0.0)
    for values in many:
        for name in CATEGORIES:
            sums[name] += values[name]
    return sums


def percent(share: float, decimals: int | None = None) -> str:
    """« 12 % », « 3,4 % », « 0,02 % »: as many decimals as it takes to be told from 0 and from
    100, or those of the group that it belongs to; « < 0,01 % » below. Exactly 0 and exactly 100
    stay whole, so that they are told from nearly 0 and nearly 100."""
    value = share * 100
    if value == 0 or value == 100:
        return f"{value:.0f}{NBSP}%"
    if min(value, 100 - value) < 0.01:
        return f"<{NBSP}0,01{NBSP}%" if value < 50 else f">{NBSP}99,99{NBSP}%"
    wanted = _needed_decimals(share) if decimals is None else decimals
    return f"{value:.{wanted}f}{NBSP}%".replace(".", ",")


def precise_percent(share: float) -> str:
    """The same with a decimal at least, where shares are ranked: « 29,7 % »."""
    return percent(share, max(1, _needed_decimals(share)))


def common_decimals(shares: Iterable[float]) -> int:
    """The decimals with which every share of a group can be told from 0 and from 100."""
    return max((_needed_decimals(share) for share in shares), default=0)


def _needed_decimals(share: float) -> int:
    value = share * 100
    distance = min(value, 100 - value)
    if distance <= 0 or distance >= 10:
        return 0
    return 1 if distance >= 1 else 2


def points(change: float) -> str:
    """A change of share (-1 to 1) in points: « +0,28 point », « −12,4 points », « 0 point »."""
    value = abs(change * 100)
    if value < 0.005:
        return f"{'<' + NBSP + '0,01' if value else '0'}{NBSP}point"
    decimals = 1 if value >= 10 else 2
    sign = "+" if change > 0 else "\u2212"
    plural = "s" if value >= 2 else ""
    return f"{sign}{value:.{decimals}f}{NBSP}point{plural}".replace(".", ",")


def large(value: float) -> str:
    """« 35,1 milliards », « 812 millions », « 12 400 », « 3,5 »: three figures at least, enough
    to compare."""
    size = abs(value)
    for limit, word in ((1e9, "milliard"), (1e6, "million")):
        if size >= limit:
            amount = value / limit
            written = f"{amount:.{_decimals(abs(amount))}f}".replace(".", ",")
            written = written.replace("-", "\u2212")
            plural = "s" if abs(amount) >= 2 else ""
            return f"{written}{NBSP}{word}{plural}"
    decimals = 0 if size >= 10 or size == int(size) else 1
    return f"{value:,.{decimals}f}".replace(",", THIN).replace(".", ",").replace("-", "\u2212")


def exact(value: float) -> str:
    """« 3 157 547,8 »: every decimal that is there, three at most. Residents by age are estimated
    and need not be whole: what is multiplied on screen is shown whole."""
    written = f"{value:,.3f}".rstrip("0").rstrip(".")
    return written.replace(",", THIN).replace(".", ",").replace("-", "\u2212")


def people(count: float) -> str:
    """« 12 400 habitants », « 1 habitant », « 3,16 millions d'habitants »."""
    size = abs(round(count))
    noun = "habitant" if size < 2 else "habitants"
    link = "d'" if size >= 1e6 else ""
    return f"{large(round(count))}{NBSP}{link}{noun}"


def place_words(rank: int, *, tied: bool) -> str:
    """« 1er », « 12e », « 1er ex aequo »: the place of what is ranked."""
    return f"{rank}{'er' if rank == 1 else 'e'}{' ex aequo' if tied else ''}"


def shared_places(values: Iterable[float]) -> list[tuple[int, bool]]:
    """Places from 1 of values that are already in order, and whether each is shared: equal values
    (to nine figures: sums of floats) have the same one, and the next goes on from the count."""
    found = [float(f"{value:.9g}") for value in values]
    counts = Counter(found)
    first: dict[float, int] = {}
    for place, value in enumerate(found, start=1):
        first.setdefault(value, place)
    return [(first[value], counts[value] > 1) for value in found]


def _decimals(amount: float) -> int:
    return 0 if amount >= 100 else 1 if amount >= 10 else 2


def hours(value: float) -> str:
    """A length in hours: « 40 min », « 18 h 30 », « 3 jours 4 h »; rounded to the minute."""
    minutes = round(value * 60)
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 48 * 60:
        whole, rest = divmod(minutes, 60)
        return f"{whole}{NBSP}h" + (f"{NBSP}{rest:02d}" if rest else "")
    days, rest = divmod(round(minutes / 60), 24)
    return f"{days}{NBSP}jours" + (f" {rest}{NBSP}h" if rest else "")
