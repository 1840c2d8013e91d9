"""What a proof is read by: measures with their words, shares, and numbers too large to spell out.

A *person-hour* (heure-habitant) is one resident during one hour when a step is due. The ten
categories of a step add up to its residents times the hours due, so that any share is a share of
that total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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


FRAGILE = "fragile"

MEASURES: tuple[Measure, ...] = (
    Measure("non-couvert", "Non couvert, toutes raisons", "non couvert", HOLES),
    Measure("hors-delai", "Hors délai", "hors délai", ("late",)),
    Measure("limite", "À la limite du délai", "à la limite du délai", ("at_limit",)),
    Measure("delai", "Dans le délai", "dans le délai", ("on_target",)),
    Measure(FRAGILE, "Fragile (tient à un seul appui)", "fragile", (FRAGILE,)),
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


@dataclass(frozen=True)
class Part:
    """One part of a total: person-hours (or residents) and their share of what is due, 0 to 1."""

    level: str
    label: str
    value: float
    share: float

    @property
    def percent(self) -> str:
        return percent(self.share)

    @property
    def amount(self) -> str:
        return large(self.value)


def bands(values: Mapping[str, float]) -> tuple[Part, ...]:
    """The four parts of a total given by category. Shares are 0 when nothing is due."""
    due = sum(values[name] for name in CATEGORIES)
    return tuple(
        _part(level, label, sum(values[name] for name in categories), due)
        for level, label, categories in BANDS
    )


def reasons(values: Mapping[str, float]) -> tuple[Part, ...]:
    """What is not covered, by reason, the largest first; reasons that hold nothing are left out.
    Shares are of what is due."""
    due = sum(values[name] for name in CATEGORIES)
    found = [
        _part("hole", CATEGORIES[name].label, values[name], due)
        for name in HOLES
        if values[name] > 0
    ]
    return tuple(sorted(found, key=lambda part: -part.value))


def _part(level: str, label: str, value: float, due: float) -> Part:
    return Part(level, label, value, value / due if due else 0.0)


def total(many: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The sum of many totals, category by category."""
    sums = dict.fromkeys(CATEGORIES, 0.0)
    for values in many:
        for name in CATEGORIES:
            sums[name] += values[name]
    return sums


def percent(share: float) -> str:
    """« 12 % », « 3,4 % », « 0,02 % »: as many decimals as it takes to be told from 0 and from
    100; « < 0,01 % » below."""
    value = share * 100
    if value == 0 or value == 100:
        return f"{value:.0f}{NBSP}%"
    distance = min(value, 100 - value)
    if distance < 0.01:
        return f"<{NBSP}0,01{NBSP}%" if value < 50 else f">{NBSP}99,99{NBSP}%"
    decimals = 0 if distance >= 10 else 1 if distance >= 1 else 2
    return f"{value:.{decimals}f}{NBSP}%".replace(".", ",")


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
