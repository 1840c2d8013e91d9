"""Pages of target lists: what may be asked, the lists, the people of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.engines.indicators.areas import Areas, Level
from maillage.engines.indicators.definition_model import Definitions
from maillage.engines.indicators.events import Sex, band_label
from maillage.engines.indicators.pyramid_rules import (
    DIAGNOSED,
    STRATUM_LABELS,
    load_pyramids,
)
from maillage.population.enums import HANDED_OUT
from maillage.population.models import Computation, TargetList
from maillage.population.permissions import TARGET, allows_on
from maillage.population.queries.results import get_results
from maillage.population.queries.targets import TargetPerson, find_source, is_open, list_targets
from maillage.population.rules.marks import SYNTHETIC
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal
from maillage.vocabulary.spreadsheets import write_csv

LEVELS = (
    (Level.TERRITORY, "Territoire"),
    (Level.ZONE, "Intercommunalités"),
    (Level.SECTOR, "Secteurs"),
    (Level.COMMUNE, "Communes"),
)
HEADS = ("Identifiant", "Sexe", "Âge", "Commune", "Strate", "Motifs", "Données")


@dataclass(frozen=True)
class Choices:
    """What a list may be asked of."""

    computation: Computation
    conditions: tuple[tuple[str, str], ...]
    areas: tuple[tuple[str, Any], ...]
    data: str
    is_synthetic: bool


@dataclass(frozen=True)
class TargetRow:
    """A list in the list of lists."""

    target: TargetList
    is_open: bool


@dataclass(frozen=True)
class TargetsPage:
    """The lists that an actor may read; ``refused``: why no new one may be asked for."""

    rows: tuple[TargetRow, ...]
    refused: str


@dataclass(frozen=True)
class PersonRow:
    """A person as the page and the file show it."""

    identifier: str
    sex: str
    age: str
    commune: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class TargetPage:
    """The people of a list."""

    target: TargetList
    stratum: str
    people: tuple[PersonRow, ...]
    data: str
    is_synthetic: bool


def get_targets_page(*, by: Actor, at: datetime) -> TargetsPage:
    """The lists, the newest first. Two queries."""
    today = local_day(at)
    rows = tuple(TargetRow(one, is_open(one, today=today)) for one in list_targets(by=by))
    try:
        _source(by)
    except Refusal as refusal:
        return TargetsPage(rows, refusal.message)
    return TargetsPage(rows, "")


def get_choices(*, by: Actor) -> Choices:
    """What a list may be asked of: the computation that pages show, when its data may be handed
    out to this actor. Two queries. Raises :class:`Refusal` with the reason."""
    computation = _source(by)
    results = get_results(computation.pk)
    held = set(results.strata(year=max(results.years))["condition"].unique().to_pylist())
    cohorts = results.definitions.cohorts
    return Choices(
        computation=computation,
        conditions=tuple((key, cohorts[key].label) for key in sorted(held) if key in cohorts),
        areas=_areas(results.areas),
        data=results.dataset.name,
        is_synthetic=results.is_synthetic,
    )


def get_target_page(target: TargetList, people: Sequence[TargetPerson]) -> TargetPage:
    """The people of a list in French words. One query at most."""
    computation = target.computation
    if computation is None:
        return TargetPage(target, STRATUM_LABELS[target.stratum], (), target.dataset, False)
    results = get_results(computation.pk)
    areas = results.areas
    words = _reasons(target.condition, results.definitions)
    rows = []
    for one in people:
        area = areas.of_commune(one.commune)
        rows.append(
            PersonRow(
                identifier=one.identifier,
                sex="Femme" if one.sex == Sex.FEMALE else "Homme",
                age=band_label(one.age),
                commune=areas.label(area) if area else one.commune,
                reasons=_in_words(one.reasons, words),
            )
        )
    return TargetPage(
        target=target,
        stratum=STRATUM_LABELS[target.stratum],
        people=tuple(rows),
        data=target.dataset,
        is_synthetic=results.is_synthetic,
    )


def write_people(page: TargetPage) -> bytes:
    """The people of a list as a file for a spreadsheet."""
    data = f"{SYNTHETIC} : {page.data}" if page.is_synthetic else page.data
    rows = (
        (one.identifier, one.sex, one.age, one.commune, page.stratum, " ; ".join(one.reasons), data)
        for one in page.people
    )
    return "".join(write_csv(HEADS, rows, with_mark=True)).encode()


def _reasons(condition: str, definitions: Definitions) -> dict[str, str]:
    """French words of the reasons of a pyramid, by their code."""
    pyramid = load_pyramids(definitions).get(condition)
    words = {} if pyramid is None else {one.code: one.label for one in pyramid.reasons}
    return {DIAGNOSED: "Maladie connue, sans autre motif", **words}


def _in_words(codes: Sequence[str], words: Mapping[str, str]) -> tuple[str, ...]:
    """The reasons in words, the first decides. That the disease is known goes without saying as
    soon as there is another one."""
    told = [code for code in codes if code != DIAGNOSED] or list(codes)
    return tuple(words.get(code, code) for code in told)


def _source(by: Actor) -> Computation:
    found = find_source()
    if found is None:
        raise Refusal("population.nothing", "Aucun indicateur n'est encore calculé.")
    dataset = found.version.dataset
    if dataset.legal_basis not in HANDED_OUT or not (dataset.is_nominative or dataset.is_synthetic):
        raise Refusal(
            "population.no-right",
            "Les données montrées ne sont pas détenues pour la prise en charge de patients "
            "identifiés : aucune liste de personnes ne peut en sortir.",
        )
    if not allows_on(TARGET, dataset, by):
        raise Refusal(
            "population.other-organization",
            "Ces données sont celles d'un autre établissement que le vôtre.",
        )
    return found


def _areas(areas: Areas) -> tuple[tuple[str, Any], ...]:
    groups = []
    for level, label in LEVELS:
        keys = areas.at(level)
        if level is Level.COMMUNE:
            keys = tuple(sorted(keys, key=areas.label))
        groups.append((label, tuple((key, areas.label(key)) for key in keys)))
    return tuple(groups)
