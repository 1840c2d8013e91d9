"""Reads of scenarios: lists, one scenario in words, and the page of what it would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from maillage.accounts.names import name_key
from maillage.accounts.permissions import Actor
from maillage.agreements.models import Agreement
from maillage.agreements.permissions import CREATE, WRITE
from maillage.agreements.rules.states import EDITABLE
from maillage.coverage.models import Scenario
from maillage.coverage.permissions import PLAN
from maillage.coverage.queries.endings import list_bound
from maillage.coverage.queries.network import load_network
from maillage.coverage.queries.proofs import get_current_proof
from maillage.coverage.queries.scenario_choices import load_scenario_names
from maillage.coverage.queries.what_if import (
    Ground,
    Loading,
    WhatIf,
    compute_what_if,
    get_ground,
    peek_ground,
)
from maillage.coverage.rules.communes_view import CommuneFigures, select_rows, sum_by_commune
from maillage.coverage.rules.fragility_view import KINDS
from maillage.coverage.rules.map_view import colour_shares
from maillage.coverage.rules.measures import Measure
from maillage.coverage.rules.proofs import current_horizon
from maillage.coverage.rules.scenario_effects import headline
from maillage.coverage.rules.scenario_map import (
    MEASURES,
    colour_difference,
    find_scenario_measure,
)
from maillage.coverage.rules.scenario_trials import renewals, without_element
from maillage.coverage.rules.scenario_words import (
    CommuneWords,
    ElementWords,
    HoleWords,
    Move,
    StepWords,
    commune_in_words,
    element_in_words,
    hole_in_words,
    moves_in_words,
    step_in_words,
)
from maillage.coverage.rules.scenarios import (
    place_of,
    problems_in_words,
    replaced_ranks,
    sentence,
)
from maillage.directory.models import Organization
from maillage.engines.routing import (
    AddClause,
    Change,
    Proof,
    StaffSlots,
    apply_changes,
    read_changes,
    write_changes,
)
from maillage.oncall.permissions import ASK
from maillage.territory.queries.maps import get_base_map
from maillage.territory.rules.maps import MapView, draw_map, town_labels
from maillage.vocabulary.calendar import local_day, parse_day
from maillage.vocabulary.errors import Invalid, NotFound

MOST_LISTED = 60
SHOWN_COMMUNES = 20
SHOWN_INTERVALS = 12
SHOWN_EXPOSURES = 12
LABELLED_TOWNS = 8

VIEWS = {"difference": "Différence", "avant": "Avant", "apres": "Après"}
"""What the map shows, by its word in addresses."""


def get_scenario(token: str) -> Scenario:
    """The scenario of a link. Raises :class:`NotFound`."""
    found = Scenario.objects.filter(token=token).first()
    if found is None:
        raise NotFound("coverage.unknown-scenario", "Ce scénario n'existe pas, ou plus.")
    return found


@dataclass(frozen=True)
class ScenarioLists:
    """Scenarios of one person, and those that others touched last."""

    mine: tuple[Scenario, ...]
    others: tuple[Scenario, ...]


def list_scenarios(actor: Actor) -> ScenarioLists:
    """Scenarios by date of their last change. One query each."""
    own = Q(author=actor.username)
    return ScenarioLists(
        mine=tuple(Scenario.objects.filter(own)[:MOST_LISTED]),
        others=tuple(Scenario.objects.exclude(own)[:MOST_LISTED]),
    )


@dataclass(frozen=True)
class Act:
    """What came of a change: a draft agreement, a roster request."""

    name: str
    url: str


@dataclass(frozen=True)
class ChangeRow:
    """One change on screen. ``act_url`` is the page that turns it into an act, ``act_label`` its
    button, ``refused`` why this person may not."""

    index: int
    text: str
    acts: tuple[Act, ...] = ()
    act_label: str = ""
    act_url: str = ""
    refused: str = ""


@dataclass(frozen=True)
class ScenarioCard:
    """A scenario in words, and what this person may do with it."""

    scenario: Scenario
    rows: tuple[ChangeRow, ...]
    may_write: bool
    may_copy: bool
    problem: str = ""


def describe_changes(
    changes: Sequence[Mapping[str, Any]], *, with_people: bool = True
) -> list[str]:
    """The sentences of these changes (JSON), ``with_people`` or with « un praticien » for each.
    Raises :class:`Invalid` when they are not changes."""
    read = read_changes(list(changes))
    names = replace(load_scenario_names(read), with_people=with_people)
    return [sentence(change, names) for change in read]


def get_scenario_card(token: str, actor: Actor) -> ScenarioCard:
    """A scenario with its changes in words. Raises :class:`NotFound`."""
    scenario = get_scenario(token)
    changes = read_changes(scenario.changes)
    may_plan = PLAN.allows(actor)
    names = replace(load_scenario_names(changes), with_people=may_plan)
    senders = _slugs(changes)
    rows = tuple(
        _row(scenario, index, change, sentence(change, names), actor, senders)
        for index, change in enumerate(changes)
    )
    return ScenarioCard(
        scenario=scenario,
        rows=rows,
        may_write=may_plan and scenario.author == actor.username,
        may_copy=may_plan,
    )


def _slugs(changes: Sequence[Change]) -> dict[str, str]:
    """Slugs of the establishments of the added clauses, by their identifier in the network."""
    keys = {
        key
        for change in changes
        if isinstance(change, AddClause)
        for key in (change.from_organization, change.to_organization)
    }
    if not keys:
        return {}
    rows = Organization.objects.filter(Q(finess__in=keys) | Q(slug__in=keys))
    return {row.network_id: row.slug for row in rows}


def _row(
    scenario: Scenario,
    index: int,
    change: Change,
    text: str,
    actor: Actor,
    slugs: Mapping[str, str],
) -> ChangeRow:
    acts = tuple(
        Act(act["name"], act_url(act))
        for act in scenario.acts
        if act["change"] == scenario.changes[index]
    )
    if isinstance(change, AddClause):
        parties = {
            slugs.get(key, key) for key in (change.from_organization, change.to_organization)
        }
        refused = (
            ""
            if CREATE.allows(actor, parties)
            else ("Seule la direction de l'un des deux établissements prépare cette convention.")
        )
        page = reverse("coverage:scenario-agreement", args=[scenario.token, index])
        return ChangeRow(index, text, acts, "Préparer la convention", page, refused)
    if isinstance(change, StaffSlots) and change.line and change.starts_at and change.ends_at:
        refused = "" if ASK.allows(actor) else "Votre rôle ne permet pas de demander une garde."
        page = reverse("coverage:scenario-roster", args=[scenario.token, index])
        return ChangeRow(index, text, acts, "Demander cette garde", page, refused)
    return ChangeRow(index, text, acts)


def act_url(act: Mapping[str, str]) -> str:
    """The page of what came of a change."""
    if act["kind"] == "agreement":
        return reverse("agreements:detail", args=[act["key"]])
    return reverse("oncall:requests")


@dataclass(frozen=True)
class Shown:
    """What the map of a result shows: a view of :data:`VIEWS`, a pathway and a step, or all."""

    view: str = "difference"
    pathway: str | None = None
    """None: the step that changes most; empty: all."""
    step: int | None = None
    measure: str = ""


@dataclass(frozen=True)
class Result:
    """The page of what a scenario would do. ``loading`` is set while the territory is being made
    ready; ``problems`` when a change speaks of what is not there any more."""

    loading: Loading | None = None
    problems: tuple[str, ...] = ()
    what_if: WhatIf | None = None
    headline: str = ""
    shown: Shown = field(default_factory=Shown)
    map: MapView | None = None
    pathways: tuple[tuple[str, str], ...] = ()
    steps: tuple[tuple[int, str], ...] = ()
    measures: tuple[Measure, ...] = MEASURES
    moves: tuple[Move, ...] = ()
    changed_steps: tuple[StepWords, ...] = ()
    communes: tuple[CommuneWords, ...] = ()
    holes: tuple[HoleWords, ...] = ()
    elements: tuple[ElementWords, ...] = ()


def get_result(scenario: Scenario, shown: Shown, actor: Actor, *, wait: bool = False) -> Result:
    """What a scenario would do to the territory of today. With ``wait``, the territory is waited
    for; else a result may say that it is being made ready. Practitioners are named only to those
    who organize care."""
    days = (scenario.first_day, scenario.last_day)
    ground = get_ground(*days) if wait else peek_ground(*days)
    if isinstance(ground, Loading):
        return Result(loading=ground, shown=shown)
    try:
        found = compute_what_if(ground, scenario.changes)
    except Invalid as error:
        return Result(problems=problems_in_words(error, scenario.changes), shown=shown)
    shown = _existing(shown, found)
    steps = ground.names.names.steps
    return Result(
        what_if=found,
        headline=headline(found.effect),
        shown=shown,
        map=_draw(found, shown),
        pathways=tuple(
            sorted(ground.names.pathways.items(), key=lambda pair: (name_key(pair[1]), pair[0]))
        ),
        steps=tuple(
            (order, name) for (slug, order), name in sorted(steps.items()) if slug == shown.pathway
        ),
        moves=moves_in_words(found.effect),
        changed_steps=tuple(map(step_in_words, found.effect.changed_steps)),
        communes=tuple(map(commune_in_words, found.effect.communes[:SHOWN_COMMUNES])),
        holes=tuple(hole_in_words(hole, most=SHOWN_INTERVALS) for hole in found.effect.holes),
        elements=_elements(found, with_people=PLAN.allows(actor)),
    )


def _existing(shown: Shown, found: WhatIf) -> Shown:
    """The same choice, without a pathway or a step that is not there; without any choice, the step
    that changes most."""
    names = found.ground.names
    if shown.pathway is None:
        first = next(iter(found.effect.changed_steps), None)
        if first is None:
            return replace(shown, pathway="", step=None)
        return replace(shown, pathway=first.pathway, step=first.step)
    if shown.pathway not in names.pathways:
        return replace(shown, pathway="", step=None)
    if (shown.pathway, shown.step) not in names.names.steps:
        return replace(shown, step=None)
    return shown


def _figures(proof: Proof, shown: Shown) -> dict[str, CommuneFigures]:
    import pyarrow as pa

    tables = [
        row.tables["communes"]
        for row in proof.pathways
        if not shown.pathway or row.pathway == shown.pathway
    ]
    return sum_by_commune(
        select_rows(pa.concat_tables(tables), pathway=shown.pathway or "", step=shown.step)
    )


def _draw(found: WhatIf, shown: Shown) -> MapView:
    measure = find_scenario_measure(shown.measure)
    base = get_base_map()
    if shown.view == "difference":
        before, after = (_figures(proof, shown) for proof in (found.ground.proof, found.proof))
        coloured = colour_difference(base, before, after, measure)
        when = "ce que le scénario change"
    else:
        proof = found.proof if shown.view == "apres" else found.ground.proof
        coloured = colour_shares(base, _figures(proof, shown), measure)
        when = "avec le scénario" if shown.view == "apres" else "aujourd'hui"
    where = "toutes filières"
    if shown.pathway:
        names = found.ground.names
        where = names.pathway(shown.pathway)
        if shown.step is not None:
            where = f"{where}, {names.step(shown.pathway, shown.step)}"
    title = f"Part des heures-habitants {measure.words}, {when} : {where}"
    return draw_map(
        base,
        title=title,
        classes=coloured.classes,
        tips=coloured.tips,
        legend=coloured.legend,
        legend_title=title,
        link="/communes/{code}",
        marks=town_labels(base, LABELLED_TOWNS),
    )


def _elements(found: WhatIf, *, with_people: bool) -> tuple[ElementWords, ...]:
    names = replace(found.ground.names, with_people=with_people)
    rows = []
    for change in found.effect.exposures[:SHOWN_EXPOSURES]:
        if change.kind == "service":
            label = names.service(change.element)
        elif change.kind == "holder":
            person = names.person(change.element)
            label = f"{person[:1].upper()}{person[1:]}"
        elif change.element in names.names.clauses:
            label = names.clause(change.element)
        else:
            label = "Clause ajoutée par le scénario"
        rows.append(element_in_words(label, KINDS.get(change.kind, change.kind), change))
    return tuple(rows)


def list_first_changes(given: Mapping[str, str], *, at: datetime) -> list[dict[str, Any]]:
    """The changes that a trial asks for: without one support (``sans`` and ``appui``), or with the
    clauses of an agreement carried on after its term (``reconduire`` and ``le``). Raises
    :class:`Invalid` when there is nothing to try."""
    changes: list[Change] = []
    if kind := given.get("sans", ""):
        found = without_element(kind, given.get("appui", "")[:200], on=local_day(at))
        changes = [found] if found else []
    elif slug := given.get("reconduire", ""):
        day = parse_day(given.get("le", "")[:20])
        network = load_network(at).network
        changes = renewals(network.clauses, list_bound(slug), day)
    if not changes:
        raise Invalid("coverage.no-trial", "Ce lien ne dit rien à essayer.")
    return write_changes(changes)


def default_horizon(today: date) -> tuple[date, date]:
    """The horizon of a new scenario: that of the proof that is kept current, else the coming
    year. One query."""
    proof = get_current_proof()
    if proof is not None and proof.first_day <= today < proof.last_day:
        return proof.first_day, proof.last_day
    return current_horizon(today)


def list_replaced(scenario: Scenario, change: Mapping[str, Any]) -> list[str]:
    """The sentences of the changes that a change would take the place of."""
    read = read_changes([change])[0]
    ranks = replaced_ranks(read_changes(scenario.changes), read)
    return describe_changes([scenario.changes[rank] for rank in ranks])


def check_applies(scenario: Scenario, change: Mapping[str, Any]) -> None:
    """Raise :class:`Invalid` when a change cannot follow those of a scenario on the territory of
    today: each defect under the JSON key of the change. Not looked at while the territory is being
    made ready: the page of the scenario then says it."""
    ground = peek_ground(scenario.first_day, scenario.last_day)
    if not isinstance(ground, Ground):
        return
    changes = read_changes(scenario.changes)
    added = read_changes([change])[0]
    gone = set(replaced_ranks(changes, added))
    kept = [one for rank, one in enumerate(changes) if rank not in gone]
    try:
        apply_changes(ground.compiled.network, [*kept, added])
    except Invalid as error:
        places = [(problem, *place_of(problem.field)) for problem in error.problems]
        own = [replace(problem, field=key) for problem, rank, key in places if rank == len(kept)]
        if own:
            raise Invalid(error.code, error.message, own) from error


def list_drafts_for(change: AddClause, actor: Actor) -> list[tuple[str, str]]:
    """(slug, short title) of the agreements being written to which both establishments of an added
    clause are parties, and that this person may write."""
    slugs = _slugs([change])
    wanted = {slugs.get(key, key) for key in (change.from_organization, change.to_organization)}
    if not WRITE.allows(actor, wanted):
        return []
    rows = Agreement.objects.filter(state__in=EDITABLE)
    for slug in wanted:
        rows = rows.filter(parties__organization__slug=slug)
    found = set(rows.values_list("slug", "short_title"))
    return sorted(found, key=lambda pair: (name_key(pair[1]), pair[0]))
