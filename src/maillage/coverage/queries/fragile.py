"""Fragile points of a proof: on what, and on whom, cover hangs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator

from maillage.accounts.permissions import Actor
from maillage.coverage.models import Proof
from maillage.coverage.permissions import PLAN
from maillage.coverage.queries.chosen import ALL, Chosen, get_chosen
from maillage.coverage.queries.names import ProofNames, load_proof_names
from maillage.coverage.queries.tables import load_evidence, load_tables
from maillage.coverage.rules.communes_view import select_rows
from maillage.coverage.rules.fragility_view import (
    KINDS,
    ElementName,
    Exposure,
    FragilePoint,
    rank_exposures,
)
from maillage.coverage.rules.measures import large, percent
from maillage.oncall.models import DutyLine

ROWS = 25


@dataclass(frozen=True)
class FragilePage:
    """Fragile points of a step, of a pathway or of all, by weight."""

    chosen: Chosen
    kind: str = ""
    points: Page[FragilePoint] | None = None
    count: int = 0
    fragile: float = 0.0
    due: float = 0.0
    names_people: bool = False

    kinds = tuple(KINDS.items())

    @property
    def amount(self) -> str:
        return large(self.fragile)

    @property
    def percent(self) -> str:
        return percent(self.fragile / self.due if self.due else 0.0)


def get_fragile_page(asked: Mapping[str, str], *, by: Actor, at: datetime) -> FragilePage:
    """The fragile points of a choice (``filiere``, ``etape``), of one ``nature`` (a kind) or all.
    People are named to who may plan care; others read the line that they hold. Fourteen queries.
    """
    chosen, points, kind, names_people = _read(asked, by=by, at=at)
    return FragilePage(
        chosen=chosen,
        kind=kind,
        points=Paginator(points, ROWS).get_page(asked.get("page")),
        count=len(points),
        fragile=sum(row.fragile for row in chosen.shown),
        due=chosen.due,
        names_people=names_people,
    )


def list_fragile_points(
    asked: Mapping[str, str], *, by: Actor, at: datetime
) -> tuple[Chosen, list[FragilePoint]]:
    """The same points, whole, for their file."""
    chosen, points, _, _ = _read(asked, by=by, at=at)
    return chosen, points


def _read(
    asked: Mapping[str, str], *, by: Actor, at: datetime
) -> tuple[Chosen, list[FragilePoint], str, bool]:
    words = {"filiere": ALL, **{name: value for name, value in asked.items() if value}}
    chosen = get_chosen(words, at=at)
    kind = asked.get("nature", "")
    kind = kind if kind in KINDS else ""
    names_people = PLAN.allows(by)
    if chosen.proof is None:
        return chosen, [], kind, names_people
    rows = [row for row in _exposures(chosen, chosen.proof) if kind in ("", row.kind)]
    elements = {(row.kind, row.element) for row in rows}
    points = rank_exposures(
        rows,
        names=_name(elements, chosen.proof, names_people=names_people),
        steps={(r.pathway, r.step): f"{r.pathway_name}, {r.step_name}" for r in chosen.steps},
        due=chosen.due,
    )
    return chosen, points, kind, names_people


def _exposures(chosen: Chosen, proof: Proof) -> list[Exposure]:
    table = load_tables(proof)["exposures"]
    if chosen.step:
        table = select_rows(table, pathway=chosen.step.pathway, step=chosen.step.step)
    names = ("pathway", "step", "kind", "element", "hours", "person_hours")
    columns = [table[name].to_pylist() for name in names]
    return [Exposure(*row) for row in zip(*columns, strict=True)]


def _name(
    elements: set[tuple[str, str]], proof: Proof, *, names_people: bool
) -> dict[tuple[str, str], ElementName]:
    names = load_proof_names()
    lines = {} if names_people else _lines(elements, proof)
    return {key: _element_name(names, *key, lines, names_people) for key in elements}


def _element_name(
    names: ProofNames, kind: str, element: str, lines: Mapping[str, str], names_people: bool
) -> ElementName:
    if kind == "holder" and not names_people:
        line = lines.get(element, "")
        return ElementName(f"Un praticien de la ligne {line}" if line else "Un praticien de garde")
    found = names.element(kind, element)
    return ElementName(found.name, found.detail, found.url)


def _lines(elements: set[tuple[str, str]], proof: Proof) -> dict[str, str]:
    """The name of the line that each holder holds most often in the network of the proof."""
    holders = {element for kind, element in elements if kind == "holder"}
    if not holders:
        return {}
    counts: dict[str, dict[str, int]] = {}
    for slot in load_evidence(proof).duty_slots:
        if slot.holder in holders:
            lines = counts.setdefault(str(slot.holder), {})
            lines[slot.line] = lines.get(slot.line, 0) + 1
    titles = dict(DutyLine.objects.values_list("slug", "name"))
    most = {holder: max(lines, key=lambda slug: lines[slug]) for holder, lines in counts.items()}
    return {holder: titles.get(line, line) for holder, line in most.items()}
