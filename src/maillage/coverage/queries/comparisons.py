"""What changed between two instants for the residents of a commune, need by need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from maillage.accounts.names import name_key
from maillage.coverage.queries.network import load_network
from maillage.coverage.queries.questions import Question, answer_demand, find_place
from maillage.coverage.rules import AnswerView, Difference, Mending, compare
from maillage.engines.routing import Demand, onward_moves
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import to_paris

NEAR_MINUTES = 40.0
"""Hospitals this near a commune count as its own when rights to send on are compared."""


@dataclass(frozen=True)
class LostMove:
    """A right to send patients on that a hospital near the commune had, and has no more."""

    pathway: str
    pathway_slug: str
    step: str
    site: str
    site_finess: str
    targets: tuple[str, ...]
    still: tuple[str, ...]


@dataclass
class Comparison:
    """What changed between two instants for the residents of a commune."""

    commune: Commune | None = None
    commune_text: str = ""
    age: int | None = None
    before_at: datetime | None = None
    after_at: datetime | None = None
    rows: list[Difference] = field(default_factory=list)
    mendings: list[tuple[str, Mending]] = field(default_factory=list)
    lost_moves: list[LostMove] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def commune_value(self) -> str:
        return self.commune.code if self.commune else ""

    @property
    def changed(self) -> list[Difference]:
        return [row for row in self.rows if row.changed]

    @property
    def before_text(self) -> str:
        return to_paris(self.before_at).strftime("%d/%m/%Y %Hh%M") if self.before_at else ""

    @property
    def after_text(self) -> str:
        return to_paris(self.after_at).strftime("%d/%m/%Y %Hh%M") if self.after_at else ""


def get_comparison(values: Mapping[str, Any]) -> Comparison:
    """Every need of a commune at two instants. ``values`` are those of ``CompareForm``, or empty.

    Needs without a version in force at one of the instants appear with an empty side.
    """
    comparison = Comparison()
    if not values:
        return comparison
    before_at, after_at, age = values["avant"], values["apres"], values["age"]
    comparison.age, comparison.before_at, comparison.after_at = age, before_at, after_at
    place = Question()
    find_place(place, values)
    comparison.commune, comparison.commune_text = place.commune, place.commune_text
    comparison.problems = place.problems
    if place.choices:
        labels = ", ".join(label for label, _ in place.choices)
        comparison.problems.append(f"{place.choices_title} Précisez : {labels}.")
    if place.commune is None:
        return comparison
    before = _answers(place.commune.code, age, before_at, with_repairs=False)
    after = _answers(place.commune.code, age, after_at, with_repairs=True)
    pathways = {**load_network(before_at).pathways, **load_network(after_at).pathways}
    for slug, name in sorted(pathways.items(), key=lambda pair: name_key(pair[1])):
        rows = compare(name, slug, before.get(slug), after.get(slug))
        comparison.rows += rows
        comparison.mendings += [
            (f"{name}, {row.step}", row.after.mendings[0])
            for row in rows
            if row.sense in ("lost", "worse") and row.after and row.after.mendings
        ]
        if slug in before and slug in after:
            comparison.lost_moves += _lost_moves(
                Demand(place.commune.code, slug, age, before_at), after_at
            )
    return comparison


def _lost_moves(demand: Demand, after_at: datetime) -> list[LostMove]:
    """What the hospitals near the commune could do at the first instant and not at the second."""
    old, new = load_network(demand.at), load_network(after_at)
    later = Demand(demand.commune, demand.pathway, demand.age, after_at)
    now_open = {
        (move.step, move.site): {target for target, _ in move.targets}
        for move in onward_moves(new.network, later, within_minutes=NEAR_MINUTES)
    }
    lost = []
    for move in onward_moves(old.network, demand, within_minutes=NEAR_MINUTES):
        kept = now_open.get((move.step, move.site), set())
        gone = [target for target, _ in move.targets if target not in kept]
        if gone:
            names = old.names
            lost.append(
                LostMove(
                    pathway=old.pathways[demand.pathway],
                    pathway_slug=demand.pathway,
                    step=names.steps[demand.pathway, move.step],
                    site=names.sites[move.site],
                    site_finess=move.site,
                    targets=tuple(names.organizations[target][1] for target in gone),
                    still=tuple(names.organizations[target][1] for target in sorted(kept)),
                )
            )
    return lost


def _answers(commune: str, age: int, at: datetime, *, with_repairs: bool) -> dict[str, AnswerView]:
    loaded = load_network(at)
    return {
        slug: answer_demand(
            loaded, commune=commune, pathway=slug, age=age, at=at, with_repairs=with_repairs
        )
        for slug in loaded.pathways
    }
