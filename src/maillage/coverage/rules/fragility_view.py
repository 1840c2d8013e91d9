"""Fragile points: the services, clauses and people on whom the most person-hours hang."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maillage.coverage.rules.measures import hours as length_in_words
from maillage.coverage.rules.measures import (
    large,
    place_words,
    precise_percent,
    shared_places,
)

KINDS: dict[str, str] = {
    "service": "Service",
    "clause": "Clause de convention",
    "holder": "Personne de garde",
}
"""Kinds of element, in the words of the page; the keys are those of the table ``exposures``."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """A row of the table ``exposures``: what hangs on an element at one step."""

    pathway: str
    step: int
    kind: str
    element: str
    hours: float
    person_hours: float


@dataclass(frozen=True, slots=True)
class ElementName:
    """What an element is called, and its page ("" when it has none, or may not be named)."""

    label: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class OnStep:
    """What hangs on an element at one step of a pathway."""

    label: str
    hours: float
    person_hours: float

    @property
    def duration(self) -> str:
        return length_in_words(self.hours)

    @property
    def amount(self) -> str:
        return large(self.person_hours)


@dataclass(frozen=True, slots=True)
class FragilePoint:
    """One element with all that hangs on it, the heaviest step first. ``hours``: those of the step
    where the most do (hours of several steps overlap and are never added up). ``share`` is of the
    person-hours due at the steps that are shown."""

    rank: int
    tied: bool
    kind: str
    element: str
    name: ElementName
    hours: float
    person_hours: float
    share: float
    steps: tuple[OnStep, ...]

    @property
    def kind_label(self) -> str:
        return KINDS[self.kind]

    @property
    def place(self) -> str:
        return place_words(self.rank, tied=self.tied)

    @property
    def duration(self) -> str:
        return length_in_words(self.hours)

    @property
    def amount(self) -> str:
        return large(self.person_hours)

    @property
    def percent(self) -> str:
        return precise_percent(self.share)


def rank_exposures(
    exposures: Iterable[Exposure],
    *,
    names: Mapping[tuple[str, str], ElementName],
    steps: Mapping[tuple[str, int], str],
    due: float,
) -> list[FragilePoint]:
    """Elements by the person-hours that hang on them; equal ones have the same rank.
    ``due``: person-hours due at all steps that are shown, for the shares."""
    grouped: dict[tuple[str, str], list[Exposure]] = {}
    for row in exposures:
        grouped.setdefault((row.kind, row.element), []).append(row)
    heaviest = sorted(
        grouped.items(), key=lambda item: (-sum(row.person_hours for row in item[1]), item[0])
    )
    places = shared_places(sum(row.person_hours for row in rows) for _, rows in heaviest)
    return [
        FragilePoint(
            rank=rank,
            tied=tied,
            kind=kind,
            element=element,
            name=names.get((kind, element), ElementName(element)),
            hours=max(row.hours for row in rows),
            person_hours=sum(row.person_hours for row in rows),
            share=sum(row.person_hours for row in rows) / due if due else 0.0,
            steps=tuple(
                OnStep(
                    steps.get((row.pathway, row.step), f"{row.pathway}, étape {row.step}"),
                    row.hours,
                    row.person_hours,
                )
                for row in sorted(rows, key=lambda row: (-row.person_hours, row.pathway, row.step))
            ),
        )
        for (rank, tied), ((kind, element), rows) in zip(places, heaviest, strict=True)
    ]
