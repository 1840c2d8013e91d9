"""The map of a proof: shares in classes, the verdict of an instant, tips, legends, a bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape

from maillage.coverage.enums import CATEGORIES, VERDICTS
from maillage.coverage.rules.communes_view import CommuneFigures
from maillage.coverage.rules.measures import (
    Measure,
    Part,
    bands,
    common_decimals,
    people,
    percent,
    reasons,
)
from maillage.engines.routing import Reason, Verdict
from maillage.territory.rules.maps import BaseMap, LegendEntry

SHARE_LIMITS = (0.0, 0.01, 0.05, 0.15, 0.30, 0.60)
"""Classes of shares start above these; a share of exactly 0 has a class of its own (``q0``)."""

SHARE_LABELS = (
    "0 %", "moins de 1 %", "1 à 5 %", "5 à 15 %", "15 à 30 %", "30 à 60 %", "60 % et plus",
)  # fmt: skip

BAR_WIDTH = 800
BAR_HEIGHT = 28

WORST_FIRST = (Verdict.HOLE, Verdict.LATE, Verdict.AT_LIMIT, Verdict.ON_TARGET)
"""When ages get unequal answers at one place, the map shows the least good one, and says so."""


@dataclass(frozen=True)
class Coloured:
    """What ``draw_map`` needs: a class and a tip by commune code, and the legend."""

    classes: dict[str, str]
    tips: dict[str, str]
    legend: tuple[LegendEntry, ...]


def share_class(share: float | None) -> str:
    """The class of a share: ``q0`` for exactly 0, ``q1`` to ``q6``, ``none`` when nothing is
    due."""
    if share is None:
        return "none"
    if share <= 0:
        return "q0"
    return f"q{sum(share >= limit for limit in SHARE_LIMITS)}"


def colour_shares(
    base: BaseMap, figures: Mapping[str, CommuneFigures], measure: Measure
) -> Coloured:
    """Communes by the share of their person-hours in a measure."""
    classes, tips = {}, {}
    counts: dict[str, int] = {}
    for shape in base.shapes:
        one = figures.get(shape.code)
        css = share_class(one.share(measure) if one else None)
        counts[css] = counts.get(css, 0) + 1
        classes[shape.code] = css
        tips[shape.code] = f"{shape.name} : {_shares_in_words(one, measure)}"
    legend = [
        LegendEntry(f"q{rank}", label, counts[f"q{rank}"])
        for rank, label in enumerate(SHARE_LABELS)
        if f"q{rank}" in counts
    ]
    if "none" in counts:
        legend.append(LegendEntry("none", "aucune heure due", counts["none"]))
    return Coloured(classes, tips, tuple(legend))


def _shares_in_words(one: CommuneFigures | None, measure: Measure) -> str:
    if one is None or not one.due:
        return "aucune heure due"
    words = f"{percent(one.share(measure) or 0.0)} {measure.words}"
    parts = [
        f"{part.percent} {part.label}"
        for part in bands(one.person_hours)
        if part.value and part.label != measure.words
    ]
    return ", ".join([words, *parts])


@dataclass(frozen=True, slots=True)
class AtInstant:
    """What one commune gets at an instant: the least good verdict of its ages, with the minutes
    and one age of those who get it (``age``), and the residents by category."""

    code: str
    verdict: Verdict
    reason: Reason | None
    minutes: float | None
    residents: Mapping[str, float]
    age: int

    @property
    def uncovered(self) -> float:
        return sum(value for name, value in self.residents.items() if name.startswith("hole_"))


@dataclass(frozen=True, slots=True)
class Spot:
    """One row of a snapshot: an age class of a commune, its residents and what they get."""

    commune: str
    age_min: int
    age_max: int
    residents: float
    verdict: Verdict
    reason: Reason | None
    minutes: float | None


def category_of(verdict: Verdict, reason: Reason | None) -> str | None:
    """The category of a proof that a verdict counts in; None when the step is not required."""
    if verdict == Verdict.HOLE:
        return f"hole_{reason.value.lower()}" if reason else "hole_no_service"
    if verdict == Verdict.NOT_REQUIRED:
        return None
    return verdict.value.lower()


def gather_spots(spots: Iterable[Spot], *, age: int | None = None) -> dict[str, AtInstant]:
    """One answer by commune: that of an age, or the least good of all ages that have residents
    there (of all ages when nobody lives there)."""
    by_commune: dict[str, list[Spot]] = {}
    for spot in spots:
        if age is None or spot.age_min <= age < spot.age_max:
            by_commune.setdefault(spot.commune, []).append(spot)
    return {code: _worst(code, rows) for code, rows in by_commune.items()}


def _worst(code: str, rows: list[Spot]) -> AtInstant:
    inhabited = [spot for spot in rows if spot.residents > 0] or rows
    ranks = {verdict: rank for rank, verdict in enumerate(WORST_FIRST)}
    worst = min(
        inhabited,
        key=lambda spot: (
            ranks.get(spot.verdict, len(ranks)),
            -spot.residents,
            -(spot.minutes or 0.0),
        ),
    )
    residents: dict[str, float] = {}
    for spot in rows:
        name = category_of(spot.verdict, spot.reason)
        if name:
            residents[name] = residents.get(name, 0.0) + spot.residents
    age = (worst.age_min + worst.age_max) // 2
    return AtInstant(code, worst.verdict, worst.reason, worst.minutes, residents, age)


def colour_verdicts(
    base: BaseMap, answers: Mapping[str, AtInstant], reason_words: Mapping[Reason, str]
) -> Coloured:
    """Communes by their verdict at an instant."""
    classes, tips = {}, {}
    counts: dict[Verdict, int] = {}
    for shape in base.shapes:
        one = answers.get(shape.code)
        if one is None:
            classes[shape.code] = "none"
            tips[shape.code] = f"{shape.name} : personne de cet âge"
            continue
        wording = VERDICTS[one.verdict]
        classes[shape.code] = wording.level
        tips[shape.code] = f"{shape.name} : {_verdict_in_words(one, reason_words)}"
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    legend = tuple(
        LegendEntry(VERDICTS[verdict].level, VERDICTS[verdict].label, counts[verdict])
        for verdict in (*reversed(WORST_FIRST), Verdict.NOT_REQUIRED)
        if verdict in counts
    )
    return Coloured(classes, tips, legend)


def _verdict_in_words(one: AtInstant, reason_words: Mapping[Reason, str]) -> str:
    words = VERDICTS[one.verdict].label.lower()
    if one.verdict == Verdict.HOLE and one.reason:
        words = f"{words} ({reason_words[one.reason].lower()})"
    if one.minutes is not None:
        words = f"{words}, {one.minutes:.0f} min"
    if one.uncovered:
        words = f"{words}, {people(one.uncovered)} sans prise en charge"
    return words


def sum_residents(answers: Iterable[AtInstant]) -> dict[str, float]:
    """Residents by category over many communes, every category present."""
    sums = dict.fromkeys(CATEGORIES, 0.0)
    for one in answers:
        for name, value in one.residents.items():
            sums[name] += value
    return sums


@dataclass(frozen=True)
class Totals:
    """A total by category, ready to be shown: its four parts, its reasons, its bar (safe
    markup)."""

    parts: tuple[Part, ...]
    by_reason: tuple[Part, ...]
    bar: str
    total: float

    @property
    def uncovered(self) -> float:
        return sum(part.value for part in self.by_reason)


def show_totals(values: Mapping[str, float], title: str = "") -> Totals:
    """The parts of a total given by category; ``title`` says what it is of. Parts and reasons are
    written with one precision: they add up."""
    parts = bands(values)
    why = reasons(values)
    decimals = common_decimals(part.share for part in (*parts, *why))
    parts = tuple(replace(part, decimals=decimals) for part in parts)
    why = tuple(replace(part, decimals=decimals) for part in why)
    words = ", ".join(f"{part.percent} {part.label}" for part in parts if part.value)
    said = f"{title} : {words}" if title and words else words or title
    return Totals(parts, why, draw_bar(parts, said), sum(p.value for p in parts))


def draw_bar(parts: Iterable[Part], title: str) -> str:
    """A total as one stacked bar: SVG, safe markup; the words stand beside it. A part that holds
    anything is at least one unit wide."""
    kept = [part for part in parts if part.value > 0]
    sizes = [max(part.share * BAR_WIDTH, 1.5) for part in kept]
    scale = BAR_WIDTH / sum(sizes) if sizes else 1.0
    pieces = []
    x = 0.0
    for part, size in zip(kept, sizes, strict=True):
        width = size * scale
        pieces.append(
            f'<rect class="{part.level}" x="{x:.2f}" y="0" width="{width:.2f}" '
            f'height="{BAR_HEIGHT}"/>'
        )
        x += width
    return (
        f'<svg class="proof-bar" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(title)}">{"".join(pieces)}</svg>'
    )
