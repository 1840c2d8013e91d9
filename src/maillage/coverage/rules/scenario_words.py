"""The effect of a scenario as its page shows it: rows of words, signs and sizes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from maillage.coverage.rules.measures import hours as length_in_words
from maillage.coverage.rules.measures import large
from maillage.coverage.rules.proofs import StepDifference
from maillage.coverage.rules.scenario_effects import (
    NOISE,
    CommuneChange,
    Effect,
    ExposureChange,
    HoleChange,
    fragile_change,
)

MINUS = "\u2212"


def signed(value: float) -> str:
    """« +12 400 », « −3,5 millions », « 0 »."""
    if abs(value) <= NOISE:
        return "0"
    return f"{'+' if value > 0 else MINUS}{large(abs(value))}"


@dataclass(frozen=True)
class Move:
    """A category that moves: its sign and word, by how many person-hours."""

    level: str
    label: str
    amount: str


@dataclass(frozen=True)
class StepWords:
    """One step that changes."""

    pathway: str
    pathway_name: str
    step: int
    step_name: str
    covered: str
    late: str
    uncovered: str
    fragile: str
    minutes_before: float | None
    minutes_after: float | None


@dataclass(frozen=True)
class CommuneWords:
    """One commune that changes."""

    code: str
    name: str
    residents: float
    covered: str
    late: str
    uncovered: str


@dataclass(frozen=True)
class IntervalWords:
    """One interval of a hole that closes or opens."""

    starts_at: datetime
    duration: str
    residents: str


@dataclass(frozen=True)
class HoleWords:
    """The holes of one step that close, or open."""

    title: str
    opens: bool
    count: int
    duration: str
    most_residents: float
    intervals: tuple[IntervalWords, ...]


@dataclass(frozen=True)
class ElementWords:
    """A fragile point that appears, grows, shrinks or disappears."""

    label: str
    kind: str
    before: str
    after: str
    change: str


def moves_in_words(effect: Effect) -> tuple[Move, ...]:
    """Every category that moves, then what is fragile."""
    rows = [Move(level, label, signed(moved)) for level, label, moved in effect.reason_changes()]
    if abs(effect.fragile) > NOISE:
        rows.append(Move("neutral", "Fragile", signed(effect.fragile)))
    return tuple(rows)


def step_in_words(row: StepDifference) -> StepWords:
    """One step that changes."""
    return StepWords(
        pathway=row.pathway,
        pathway_name=row.pathway_name,
        step=row.step,
        step_name=row.step_name,
        covered=signed(row.covered_change),
        late=signed(row.change("late")),
        uncovered=signed(row.uncovered_change),
        fragile=signed(fragile_change(row)),
        minutes_before=row.before.mean_minutes if row.before else None,
        minutes_after=row.after.mean_minutes if row.after else None,
    )


def commune_in_words(one: CommuneChange) -> CommuneWords:
    """One commune that changes."""
    return CommuneWords(
        one.code,
        one.name,
        one.residents,
        signed(one.covered),
        signed(one.late),
        signed(one.uncovered),
    )


def hole_in_words(hole: HoleChange, *, most: int) -> HoleWords:
    """The holes of one step, the first ``most`` intervals in order of time."""
    return HoleWords(
        title=f"{hole.pathway_name}, {hole.step_name}",
        opens=hole.opens,
        count=len(hole.intervals),
        duration=length_in_words(hole.hours),
        most_residents=hole.most_residents,
        intervals=tuple(
            IntervalWords(one.starts_at, length_in_words(one.hours), signed(one.residents))
            for one in hole.intervals[:most]
        ),
    )


def element_in_words(label: str, kind: str, change: ExposureChange) -> ElementWords:
    """A fragile point under the name that the page gives it."""
    return ElementWords(
        label, kind, large(change.before), large(change.after), signed(change.change)
    )
