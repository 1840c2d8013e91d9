"""What two networks say differently about one instant: the facts behind a replayed answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from maillage.coverage.enums import SERVICE_REASONS
from maillage.coverage.rules.answers import Names
from maillage.coverage.rules.organization_words import of_it, the
from maillage.engines.routing import (
    Clause,
    Demand,
    DutySlot,
    Network,
    Pathway,
    Reason,
    Service,
    Step,
    service_state,
)
from maillage.vocabulary.calendar import local_day

TOLD = 12
"""Differences that a page names; the rest are counted."""


@dataclass(frozen=True)
class Facts:
    """What bears on one demand at its instant, by the identifiers of the network. ``states`` holds
    the first reason why a service is out of reach, None when it is reachable."""

    steps: Mapping[int, Step]
    services: Mapping[str, Service]
    states: Mapping[str, Reason | None]
    slots: Mapping[str, DutySlot]
    clauses: Mapping[str, Clause]
    memberships: frozenset[tuple[str, str]]
    travel: tuple[str, float]


def facts_at(network: Network, demand: Demand) -> Facts:
    """The facts of a network that bear on a demand: the steps of its pathway, the services that
    they ask for and their states, the duty slots that cover the instant, the clauses and
    memberships in force that day. Nothing when the network ignores the pathway."""
    pathway: Pathway | None = next((p for p in network.pathways if p.id == demand.pathway), None)
    steps = {step.order: step for step in pathway.steps} if pathway else {}
    asked = {(step.care_type, step.level) for step in steps.values()}
    care_types = {care_type for care_type, _ in asked}
    services = {s.id: s for s in network.services if (s.care_type, s.level) in asked}
    day = local_day(demand.at)
    return Facts(
        steps=steps,
        services=services,
        states={key: service_state(network, key, demand.at).reason for key in services},
        slots={
            slot.id: slot
            for slot in network.duty_slots
            if slot.service in services and _covers(slot, demand.at)
        },
        clauses={
            clause.id: clause
            for clause in network.clauses
            if _in_force(clause.starts_on, clause.ends_on, day)
            and care_types.intersection(clause.care_types)
        },
        memberships=frozenset(
            (row.organization, row.group)
            for row in network.memberships
            if _in_force(row.starts_on, row.ends_on, day)
        ),
        travel=(str(network.travel.source), network.travel.margin_minutes),
    )


def _covers(slot: DutySlot, at: datetime) -> bool:
    return (slot.starts_at is None or slot.starts_at <= at) and (
        slot.ends_at is None or at < slot.ends_at
    )


def _in_force(starts_on: date | None, ends_on: date | None, day: date) -> bool:
    return (starts_on is None or starts_on <= day) and (ends_on is None or day < ends_on)


def differences(
    known: Facts, recorded: Facts, known_names: Names, recorded_names: Names
) -> list[str]:
    """What changed between the network that was known (``known``) and the one that is recorded now,
    as French sentences, in order: duty slots, clauses, groups, services, steps, journeys."""
    return [
        *_slots(known, recorded, known_names, recorded_names),
        *_clauses(known.clauses, recorded.clauses, known_names, recorded_names),
        *_memberships(known, recorded, known_names, recorded_names),
        *_services(known, recorded, known_names, recorded_names),
        *_steps(known.steps, recorded.steps),
        *_travel(known.travel, recorded.travel),
    ]


def _both(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


def _person(names: Names) -> Callable[[str | None], str]:
    def name(key: str | None) -> str:
        card = names.people.get(key) if key else None
        return card.name if card else (key or "personne")

    return name


def _slots(
    known: Facts, recorded: Facts, known_names: Names, recorded_names: Names
) -> Iterator[str]:
    before_name, after_name = _person(known_names), _person(recorded_names)
    for _, old, new in _both(known.slots, recorded.slots):
        where = _line(new or old, recorded_names if new else known_names)
        if old is None:
            holder = f"tenu par {after_name(new.holder)}" if new.holder else "sans titulaire"
            yield f"{where} : un créneau, {holder}, couvre cet instant ; il n'était pas connu."
        elif new is None:
            yield f"{where} : le créneau qui était connu n'existe plus."
        elif old.holder != new.holder:
            if not old.holder:
                words = f"le créneau a reçu depuis un titulaire, {after_name(new.holder)}"
            elif not new.holder:
                words = f"le créneau a perdu depuis son titulaire, {before_name(old.holder)}"
            else:
                words = (
                    f"le créneau est passé de {before_name(old.holder)} à {after_name(new.holder)}"
                )
            yield f"{where} : {words}."
        elif old.response_minutes != new.response_minutes:
            yield (
                f"{where} : le délai d'astreinte est passé de {old.response_minutes:g} à "
                f"{new.response_minutes:g} min."
            )
        else:
            yield f"{where} : les heures du créneau ont changé."


def _line(slot: DutySlot, names: Names) -> str:
    line = names.lines.get(slot.line)
    service = names.services.get(slot.service)
    place = f" ({service.site})" if service else ""
    return f"{line.name if line else slot.line}{place}"


def _clauses(
    before: Mapping[str, Clause],
    after: Mapping[str, Clause],
    known_names: Names,
    recorded_names: Names,
) -> Iterator[str]:
    for key, old, new in _both(before, after):
        names = recorded_names if new else known_names
        clause = new or old
        card = names.clauses.get(key)
        what = f"« {card.agreement} »" if card else clause.agreement
        if card and card.article:
            what += f", {card.article[0].lower()}{card.article[1:]}"
        ends = (
            f"{of_it(_organization(clause.from_organization, names))} "
            f"vers {the(_organization(clause.to_organization, names))}"
        )
        if old is None:
            yield f"{what} : une clause {ends}, enregistrée depuis, vaut ce jour-là."
        elif new is None:
            yield f"{what} : la clause {ends}, alors connue, ne vaut plus ce jour-là."
        else:
            yield f"{what} : la clause {ends} a été modifiée depuis."


def _organization(key: str, names: Names) -> str:
    return names.organizations.get(key, ("", key))[1]


def _memberships(
    known: Facts, recorded: Facts, known_names: Names, recorded_names: Names
) -> Iterator[str]:
    for organization, group in sorted(recorded.memberships - known.memberships):
        name = recorded_names.groups.get(group, group)
        yield (
            f"{_organization(organization, recorded_names)} est enregistré depuis comme membre de "
            f"{name} ce jour-là."
        )
    for organization, group in sorted(known.memberships - recorded.memberships):
        name = known_names.groups.get(group, group)
        yield (
            f"{_organization(organization, known_names)} n'est plus enregistré comme membre de "
            f"{name} ce jour-là."
        )


def _services(
    known: Facts, recorded: Facts, known_names: Names, recorded_names: Names
) -> Iterator[str]:
    """Services whose state changed for another reason than a duty slot told already."""
    told = {
        slot.service
        for _, old, new in _both(known.slots, recorded.slots)
        for slot in (old, new)
        if slot
    }
    for key in sorted(known.services.keys() | recorded.services.keys()):
        names = recorded_names if key in recorded.services else known_names
        card = names.services.get(key)
        name = f"{card.name} ({card.site})" if card else key
        if key not in known.services:
            yield f"{name} : offre enregistrée depuis."
        elif key not in recorded.services:
            yield f"{name} : offre retirée depuis."
        elif key not in told and known.states[key] != recorded.states[key]:
            before, after = _state(known.states[key]), _state(recorded.states[key])
            yield f"{name} : {before} d'après ce qui était connu, {after} d'après aujourd'hui."
        elif _taken(known.services[key]) != _taken(recorded.services[key]):
            yield f"{name} : le site ou les âges de l'offre ont changé depuis."


def _taken(service: Service) -> tuple[str, int, int | None]:
    return service.site, service.age_min, service.age_max


def _state(reason: Reason | None) -> str:
    return "joignable" if reason is None else SERVICE_REASONS[reason].lower()


def _steps(before: Mapping[int, Step], after: Mapping[int, Step]) -> Iterator[str]:
    for order in sorted(before.keys() | after.keys()):
        old, new = before.get(order), after.get(order)
        if old is None or new is None:
            yield f"La filière a une étape {order} de {'plus' if old is None else 'moins'}."
        elif old.target_minutes != new.target_minutes:
            yield (f"Étape {order} : le délai visé est passé de {_target(old)} à {_target(new)}.")
        elif old != new:
            yield f"Étape {order} : ce qu'elle demande a changé depuis."


def _target(step: Step) -> str:
    return "aucun" if step.target_minutes is None else f"{step.target_minutes:g} min"


def _travel(before: tuple[str, float], after: tuple[str, float]) -> Sequence[str]:
    if before == after:
        return []
    return ["La source des temps de trajet, ou sa marge, a changé depuis."]
