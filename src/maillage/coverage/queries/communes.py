"""Communes worst served by a proof, and the sheet of one commune."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.urls import reverse

from maillage.coverage.models import Proof
from maillage.coverage.queries.calendar import hour_address, read_moments
from maillage.coverage.queries.chosen import ALL, Chosen, get_chosen
from maillage.coverage.queries.map import CODE, commune_pattern, get_figures, need_proof
from maillage.coverage.queries.questions import address_instant
from maillage.coverage.queries.tables import load_evidence, load_tables
from maillage.coverage.rules.calendar_view import Hole, list_holes
from maillage.coverage.rules.communes_view import (
    CommuneFigures,
    most_uncovered_age,
    places,
    rank,
    select_rows,
    sum_by_step,
)
from maillage.coverage.rules.map_view import Totals, show_totals
from maillage.coverage.rules.measures import hours, large, percent, place_words, precise_percent
from maillage.coverage.rules.proofs import StepRow
from maillage.engines.routing import prove
from maillage.territory.models import Commune
from maillage.territory.queries import get_commune, list_departments
from maillage.territory.queries.maps import get_base_map
from maillage.vocabulary.calendar import day_bounds
from maillage.vocabulary.search import fold

ROWS = 25
HOLES_SHOWN = 15
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class CommuneRow:
    """One commune of the ranking."""

    rank: int
    tied: bool
    code: str
    name: str
    department: str
    url: str
    figures: CommuneFigures

    @property
    def place(self) -> str:
        return place_words(self.rank, tied=self.tied)

    @property
    def uncovered_percent(self) -> str:
        return precise_percent(
            self.figures.uncovered / self.figures.due if self.figures.due else 0.0
        )

    @property
    def late_percent(self) -> str:
        late = self.figures.person_hours["late"]
        return precise_percent(late / self.figures.due if self.figures.due else 0.0)

    @property
    def fragile_percent(self) -> str:
        return precise_percent(self.figures.fragile_share)

    @property
    def unserved_percent(self) -> str:
        return precise_percent(self.figures.unserved_share)

    @property
    def per_resident(self) -> str:
        return hours(self.figures.unserved_per_resident)


@dataclass(frozen=True)
class CommunesPage:
    """Communes by how badly they are served: ``tri`` is one of ``rules.communes_view.ORDERS``."""

    chosen: Chosen
    order: str = "heures"
    rows: Page[CommuneRow] | None = None
    count: int = 0
    departments: tuple[tuple[str, str], ...] = ()
    department: str = ""
    text: str = ""


def get_communes_page(asked: Mapping[str, str], *, at: datetime) -> CommunesPage:
    """The ranking for a choice (``filiere``, ``etape``), within a ``departement``, among names that
    hold a text (``nom``). Eight queries."""
    chosen, rows = list_ranked(asked, at=at)
    return CommunesPage(
        chosen=chosen,
        order=asked.get("tri") or "heures",
        rows=Paginator(rows, ROWS).get_page(asked.get("page")) if chosen.proof else None,
        count=len(rows),
        departments=tuple((one.code, one.name) for one in list_departments()),
        department=asked.get("departement", ""),
        text=asked.get("nom", ""),
    )


def list_ranked(asked: Mapping[str, str], *, at: datetime) -> tuple[Chosen, list[CommuneRow]]:
    """The ranking, whole. Ranks are those among all communes, whatever the filter; equal figures
    have the same."""
    words = {"filiere": ALL, **{name: value for name, value in asked.items() if value}}
    chosen = get_chosen(words, at=at)
    base = {shape.code: shape for shape in get_base_map().shapes}
    department, text = asked.get("departement", ""), fold(asked.get("nom", ""))
    address = commune_pattern(chosen)
    rows = []
    order = asked.get("tri") or "heures"
    ranked = rank(get_figures(chosen).values(), order)
    for (place, tied), one in zip(places(ranked, order), ranked, strict=True):
        shape = base.get(one.code)
        name = shape.name if shape else one.code
        home = shape.department if shape else ""
        if (department and home != department) or (text and text not in fold(name)):
            continue
        url = address.replace(CODE, one.code)
        rows.append(CommuneRow(place, tied, one.code, name, home, url, one))
    return chosen, rows


# One commune


@dataclass(frozen=True)
class StepLine:
    """What one step gives to the residents of a commune."""

    pathway: str
    pathway_name: str
    step: int
    step_name: str
    target_minutes: float | None
    figures: CommuneFigures
    totals: Totals
    url: str
    is_chosen: bool

    @property
    def fragile_percent(self) -> str:
        return percent(self.figures.fragile_share)


@dataclass(frozen=True)
class CommuneHole:
    """A hole of the commune at the chosen step: its page, and the question at that hour."""

    hole: Hole
    url: str
    who_url: str

    @property
    def people(self) -> str:
        return large(round(self.hole.residents))


@dataclass(frozen=True)
class CommuneSheet:
    """One commune in a proof: every step, and the holes of the chosen one with their dates."""

    chosen: Chosen
    commune: Commune
    lines: tuple[StepLine, ...]
    holes: tuple[CommuneHole, ...] = ()
    hole_count: int = 0
    hole_hours: float = 0.0

    @property
    def hole_duration(self) -> str:
        return hours(self.hole_hours)

    @property
    def choice(self) -> StepLine | None:
        return next((line for line in self.lines if line.is_chosen), None)


def get_commune_sheet(code: str, asked: Mapping[str, str], *, at: datetime) -> CommuneSheet:
    """The sheet of a commune. Without ``filiere`` the step that leaves its residents uncovered most
    is chosen. Eight queries. Raises :class:`NotFound`."""
    commune = get_commune(code)
    chosen = get_chosen(asked, at=at, with_all=False)
    proof = need_proof(chosen)
    table = select_rows(load_tables(proof)["communes"], code=code)
    figures = sum_by_step(table)
    if not asked.get("filiere") or asked.get("filiere") == ALL:
        chosen = replace(chosen, step=_worst(chosen, figures))
    holes = _holes(chosen, proof, code)
    age = most_uncovered_age(table, chosen.pathway, chosen.order)
    return CommuneSheet(
        chosen=chosen,
        commune=commune,
        lines=_lines(chosen, code, figures),
        holes=tuple(_linked(hole, chosen, commune, age) for hole in holes[:HOLES_SHOWN]),
        hole_count=len(holes),
        hole_hours=sum(hole.hours for hole in holes),
    )


def _worst(chosen: Chosen, figures: Mapping[tuple[str, int], CommuneFigures]) -> StepRow | None:
    known = [row for row in chosen.steps if (row.pathway, row.step) in figures]
    return max(
        known,
        key=lambda row: (
            figures[row.pathway, row.step].uncovered,
            figures[row.pathway, row.step].unserved,
        ),
        default=chosen.step,
    )


def _lines(
    chosen: Chosen, code: str, figures: Mapping[tuple[str, int], CommuneFigures]
) -> tuple[StepLine, ...]:
    lines = []
    for row in chosen.steps:
        one = figures.get((row.pathway, row.step))
        if one is None:
            continue
        mine = replace(chosen, step=row)
        lines.append(
            StepLine(
                pathway=row.pathway,
                pathway_name=row.pathway_name,
                step=row.step,
                step_name=row.step_name,
                target_minutes=row.target_minutes,
                figures=one,
                totals=show_totals(one.person_hours),
                url=f"{commune_pattern(mine).replace(CODE, code)}#trous",
                is_chosen=row == chosen.step,
            )
        )
    return tuple(lines)


def _holes(chosen: Chosen, proof: Proof, code: str) -> list[Hole]:
    """The holes of one commune at the chosen step, the longest first: the same sweep, over this
    commune only, from the network of the proof. Kept a day: a done proof never changes."""
    if chosen.step is None:
        return []
    key = f"coverage.holes.{proof.pk}.{proof.network_hash}.{code}.{chosen.pathway}.{chosen.order}"
    kept = cache.get(key)
    if isinstance(kept, list):
        return kept
    network = load_evidence(proof)
    alone = replace(network, communes=tuple(c for c in network.communes if c.code == code))
    holes: list[Hole] = []
    if alone.communes:
        found = prove(
            alone,
            day_bounds(proof.first_day)[0],
            day_bounds(proof.last_day)[0],
            pathways=[chosen.pathway],
        )
        holes = list_holes(read_moments(found.tables()["moments"], chosen, with_late=False))
    cache.set(key, holes, KEPT_SECONDS)
    return holes


def _linked(hole: Hole, chosen: Chosen, commune: Commune, age: int) -> CommuneHole:
    question = {
        "commune": commune.code,
        "besoin": chosen.pathway,
        "age": age,
        "le": address_instant(hole.at),
    }
    return CommuneHole(
        hole, hour_address(chosen, hole.at), f"{reverse('coverage:who')}?{urlencode(question)}"
    )
