"""Who could close a hole, on its page: single changes, by kind, weighed by the residents of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from maillage.coverage.queries.scenario_choices import load_scenario_names
from maillage.coverage.rules.measures import people
from maillage.coverage.rules.scenario_trials import query_of
from maillage.coverage.rules.scenarios import sentence
from maillage.engines.routing import (
    AddClause,
    HoleCloser,
    Network,
    OpenService,
    StaffSlots,
    hole_closers,
)

MOST_OF_A_KIND = 4

KINDS: tuple[tuple[type, str], ...] = (
    (AddClause, "Par une convention"),
    (StaffSlots, "Par une garde"),
    (OpenService, "Par une ouverture"),
)
"""From what takes a signature to what takes a team."""


@dataclass(frozen=True)
class Part:
    """Residents of a hole whom a change leads to one level."""

    level: str
    words: str


@dataclass(frozen=True)
class CloserLine:
    """A single change that would close the hole for residents of it; ``trial`` is the query of a
    new scenario that begins with it."""

    words: str
    parts: tuple[Part, ...]
    trial: str


@dataclass(frozen=True)
class CloserGroup:
    """The changes of one kind, those that bring most residents an answer in time first."""

    title: str
    lines: tuple[CloserLine, ...]


def list_closers(
    network: Network, pathway: str, step: int, at: datetime
) -> tuple[CloserGroup, ...]:
    """The best changes of each kind for the hole of a step at an instant. A query for each kind of
    thing that they name."""
    found = hole_closers(network, pathway, step, at)
    kept = {
        kind: [one for one in found if isinstance(one.change, kind)][:MOST_OF_A_KIND]
        for kind, _ in KINDS
    }
    names = load_scenario_names(one.change for rows in kept.values() for one in rows)
    return tuple(
        CloserGroup(
            title,
            tuple(
                CloserLine(sentence(one.change, names), _parts(one), query_of(one.change))
                for one in kept[kind]
            ),
        )
        for kind, title in KINDS
        if kept[kind]
    )


def _parts(one: HoleCloser) -> tuple[Part, ...]:
    parts: Iterable[tuple[str, float, str]] = (
        ("ok", one.in_time, "dans le délai"),
        ("late", one.late, "encore hors délai"),
        ("hole", one.left, "toujours sans personne"),
    )
    return tuple(
        Part(level, f"{people(count)} {words}") for level, count, words in parts if round(count)
    )
