"""The list of pathways, with what is wrong with each today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page, Paginator
from django.db.models import prefetch_related_objects

from maillage.pathways.enums import Severity
from maillage.pathways.models import Pathway, PathwayVersion
from maillage.pathways.queries.facts import get_version_facts, load_surroundings
from maillage.pathways.queries.records import choose_version, list_pathways, state_of
from maillage.pathways.rules import states
from maillage.pathways.rules.defects import Defect, defects
from maillage.pathways.rules.facts import StepFacts

PER_PAGE = 25


@dataclass(frozen=True)
class Tally:
    """How many defects of one severity."""

    severity: Severity
    count: int

    @property
    def label(self) -> str:
        words = {
            Severity.BLOCKING: ("bloquant", "bloquants"),
            Severity.SERIOUS: ("grave", "graves"),
            Severity.WARNING: ("à surveiller", "à surveiller"),
        }[self.severity]
        return f"{self.count} {words[self.count > 1]}"


def tallies(found: Iterable[Defect]) -> tuple[Tally, ...]:
    """Defects counted by severity, the gravest first; severities without defect are left out."""
    counts = dict.fromkeys(Severity, 0)
    for defect in found:
        counts[defect.severity] += 1
    return tuple(Tally(severity, count) for severity, count in counts.items() if count)


def standing_of(version: PathwayVersion | None, day: date) -> states.Standing:
    """How a version stands on a day, in words; a pathway may have none yet."""
    if version is None:
        return states.Standing("Sans version", "none")
    return states.standing(state_of(version), version.starts_on, version.ends_on, day)


@dataclass(frozen=True)
class PathwayLine:
    """A pathway in the list: the version that is shown, how it stands, what is wrong with it."""

    pathway: Pathway
    version: PathwayVersion | None
    standing: states.Standing
    steps: tuple[StepFacts, ...]
    tallies: tuple[Tally, ...]
    in_preparation: int | None


def get_list_page(
    *, text: str, kind: str, number: str | int, day: date
) -> tuple[Page[Pathway], list[PathwayLine]]:
    """One page of the list, with the defects of each pathway on this day. Eight queries, however
    many pathways: they are few enough to be counted once read."""
    page = Paginator(list(list_pathways(text, kind)), PER_PAGE).get_page(number)
    shown = list(page.object_list)
    prefetch_related_objects(shown, "versions__steps")
    chosen = {one.pk: choose_version(one.versions.all(), day) for one in shown}
    facts = {key: get_version_facts(one) for key, one in chosen.items() if one is not None}
    around = load_surroundings(step.care_type for one in facts.values() for step in one.steps)
    lines = []
    for pathway in shown:
        version, fact = chosen[pathway.pk], facts.get(pathway.pk)
        preparing = [v.number for v in pathway.versions.all() if not _is_settled(v)]
        lines.append(
            PathwayLine(
                pathway=pathway,
                version=version,
                standing=standing_of(version, day),
                steps=fact.steps if fact else (),
                tallies=tallies(defects(fact, around, day)) if fact else (),
                in_preparation=next(iter(preparing), None),
            )
        )
    return page, lines


def _is_settled(version: PathwayVersion) -> bool:
    return state_of(version) in states.FROZEN
