"""What is about to end in a network, each ending with the network in which it does not happen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from maillage.coverage.enums import AlertKind
from maillage.coverage.rules.alerts import AHEAD
from maillage.engines.routing import Clause, DayPeriod, DutySlot, Network, Service
from maillage.engines.routing.changes import MEMBER_MARK
from maillage.vocabulary.calendar import day_bounds, french_day, local_day, paris_instant, to_paris

RELIEF = "renfort"
"""Who holds the slots that nobody holds, in the network without the ending."""

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class TermFacts:
    """An agreement whose term comes. ``bound`` are the slugs of it and of its annexes, whose
    clauses end with it."""

    slug: str
    title: str
    due_on: date
    bound: tuple[str, ...]
    is_tacit: bool = False
    is_presumed: bool = False


@dataclass(frozen=True)
class LineFacts:
    """A duty line, and the last week of slots that was entered for it: (service, start, end,
    response minutes), held or not. Empty for a line that never had a slot."""

    slug: str
    name: str
    services: tuple[str, ...]
    response_minutes: float
    last_week: tuple[tuple[str, datetime, datetime, float], ...] = ()

    @property
    def last_end(self) -> datetime | None:
        return max((ends for _, _, ends, _ in self.last_week), default=None)


@dataclass(frozen=True)
class Surroundings:
    """What the network does not hold: names, terms, and duty lines with what was entered."""

    agreements: dict[str, str]
    groups: dict[str, str]
    organizations: dict[str, tuple[str, str]]
    """Slug and short name of an organization, by its identifier in the network."""
    services: dict[str, str]
    terms: tuple[TermFacts, ...]
    lines: tuple[LineFacts, ...]


@dataclass(frozen=True)
class Ending:
    """One ending. ``without`` is the network in which it does not happen (None: the same), and
    ``starts_at <= t < ends_at`` where both may differ."""

    kind: AlertKind
    key: str
    name: str
    due_on: date
    starts_at: datetime
    ends_at: datetime
    without: Network | None
    note: str = ""


def list_endings(
    network: Network, around: Surroundings, *, first_day: date, last_day: date
) -> list[Ending]:
    """Everything that ends, or is empty, within 180 days of the first day, the nearest first."""
    found = [
        *_agreements(network, around, first_day, last_day),
        *_memberships(network, around, first_day, last_day),
        *_authorisations(network, around, first_day, last_day),
        *_unheld(network, around, first_day, last_day),
        *_stopped(network, around, first_day, last_day),
    ]
    return sorted(found, key=lambda one: (one.due_on, one.kind, one.key))


def _is_ahead(day: date | None, first_day: date) -> bool:
    """True for a last day (excluded) that comes within 180 days. What ended by the first day is
    over, not ahead."""
    return day is not None and first_day < day <= first_day + AHEAD


def _window(due_on: date, last_day: date) -> tuple[datetime, datetime]:
    return day_bounds(due_on)[0], day_bounds(last_day)[0]


def _agreements(
    network: Network, around: Surroundings, first_day: date, last_day: date
) -> Iterator[Ending]:
    """Clauses that end, by agreement and day; terms that end none are said too."""
    leaving = _leaving(network)
    ending: dict[tuple[str, date], set[str]] = defaultdict(set)
    for clause in network.clauses:
        day = clause.ends_on
        if day is not None and _is_ahead(day, first_day) and not _goes_with(clause, leaving):
            ending[clause.agreement, day].add(clause.id)
    terms = {(term.slug, term.due_on): term for term in around.terms}
    for term in around.terms:
        if not _is_ahead(term.due_on, first_day):
            continue
        bound = {key for slug in term.bound for key in ending.get((slug, term.due_on), ())}
        ending[term.slug, term.due_on] |= bound
    for (slug, day), clauses in sorted(ending.items()):
        if day >= last_day:
            continue
        starts_at, ends_at = _window(day, last_day)
        yield Ending(
            kind=AlertKind.AGREEMENT,
            key=slug,
            name=around.agreements.get(slug, slug),
            due_on=day,
            starts_at=starts_at,
            ends_at=ends_at,
            without=_with_clauses(network, clauses, day) if clauses else None,
            note=_term_note(terms.get((slug, day)), len(clauses)),
        )


def _term_note(term: TermFacts | None, clauses: int) -> str:
    if clauses:
        return "1 clause d'adressage" if clauses == 1 else f"{clauses} clauses d'adressage"
    if term is not None and term.is_tacit:
        return "Se reconduit tacitement : aucun adressage ne s'arrête si personne ne la dénonce"
    if term is not None and term.is_presumed:
        return "Terme présumé par la durée légale : aucun adressage ne s'arrête ce jour-là"
    return "Aucun adressage ne s'arrête à ce terme"


def _with_clauses(network: Network, keys: set[str], day: date) -> Network:
    """The network in which these clauses go on after the day."""
    return replace(
        network,
        clauses=tuple(
            replace(row, ends_on=None) if row.id in keys and row.ends_on == day else row
            for row in network.clauses
        ),
    )


def _leaving(network: Network) -> set[tuple[str, date]]:
    return {(row.organization, row.ends_on) for row in network.memberships if row.ends_on}


def _goes_with(clause: Clause, leaving: set[tuple[str, date]]) -> bool:
    """True when a group's clause ends for a member because that member leaves that day."""
    return MEMBER_MARK in clause.id and (clause.from_organization, clause.ends_on) in leaving


def _memberships(
    network: Network, around: Surroundings, first_day: date, last_day: date
) -> Iterator[Ending]:
    leaving = _leaving(network)
    for row in network.memberships:
        day = row.ends_on
        if day is None or not _is_ahead(day, first_day) or day >= last_day:
            continue
        again = any(
            other.organization == row.organization
            and other.group == row.group
            and other.starts_on == day
            for other in network.memberships
        )
        if again:
            continue
        keys = {
            clause.id
            for clause in network.clauses
            if clause.from_organization == row.organization
            and clause.ends_on == day
            and _goes_with(clause, leaving)
        }
        kept = _with_clauses(network, keys, day)
        slug, name = around.organizations.get(row.organization, ("", row.organization))
        starts_at, ends_at = _window(day, last_day)
        yield Ending(
            kind=AlertKind.MEMBERSHIP,
            key=f"{row.group}#{slug}",
            name=f"{name} quitte {around.groups.get(row.group, row.group)}",
            due_on=day,
            starts_at=starts_at,
            ends_at=ends_at,
            without=replace(
                kept,
                memberships=tuple(
                    replace(one, ends_on=None) if one is row else one for one in kept.memberships
                ),
            ),
        )


def _authorisations(
    network: Network, around: Surroundings, first_day: date, last_day: date
) -> Iterator[Ending]:
    for service in network.services:
        for period in service.authorisations:
            day = period.ends_on
            if day is None or not _is_ahead(day, first_day) or day >= last_day:
                continue
            if any(_holds(other, day) for other in service.authorisations):
                continue
            starts_at, ends_at = _window(day, last_day)
            yield Ending(
                kind=AlertKind.AUTHORISATION,
                key=service.id,
                name=around.services.get(service.id, service.id),
                due_on=day,
                starts_at=starts_at,
                ends_at=ends_at,
                without=_with_service(network, service, period),
            )


def _holds(period: DayPeriod, day: date) -> bool:
    begun = period.starts_on is None or period.starts_on <= day
    return begun and (period.ends_on is None or day < period.ends_on)


def _with_service(network: Network, service: Service, period: DayPeriod) -> Network:
    longer = replace(
        service,
        authorisations=tuple(
            replace(one, ends_on=None) if one is period else one for one in service.authorisations
        ),
    )
    return replace(
        network, services=tuple(longer if row is service else row for row in network.services)
    )


def _unheld(
    network: Network, around: Surroundings, first_day: date, last_day: date
) -> Iterator[Ending]:
    """Slots that nobody holds, line by line."""
    start, end = day_bounds(first_day)[0], day_bounds(last_day)[0]
    until = min(day_bounds(first_day + AHEAD)[0], end)
    names = {line.slug: line.name for line in around.lines}
    holes: dict[str, list[DutySlot]] = defaultdict(list)
    for slot in network.duty_slots:
        begins, stops = slot.starts_at or start, slot.ends_at or end
        if slot.holder is None and stops > start and begins < until:
            holes[slot.line].append(slot)
    for line, slots in sorted(holes.items()):
        begins = max(start, min(slot.starts_at or start for slot in slots))
        stops = min(end, max(slot.ends_at or end for slot in slots))
        keys = {slot.id for slot in slots}
        yield Ending(
            kind=AlertKind.ROSTER,
            key=f"{line}#sans-titulaire",
            name=names.get(line, line),
            due_on=local_day(begins),
            starts_at=begins,
            ends_at=stops,
            without=replace(
                network,
                duty_slots=tuple(
                    replace(row, holder=RELIEF) if row.id in keys else row
                    for row in network.duty_slots
                ),
            ),
            note="1 créneau sans titulaire"
            if len(slots) == 1
            else f"{len(slots)} créneaux sans titulaire",
        )


def _stopped(
    network: Network, around: Surroundings, first_day: date, last_day: date
) -> Iterator[Ending]:
    """Lines whose entered slots stop within 180 days, or that have none at all."""
    start, end = day_bounds(first_day)[0], day_bounds(last_day)[0]
    for line in around.lines:
        last_end = line.last_end
        if last_end is None:
            slots, begins = _always(line, start, end), start
            note = "Aucun créneau n'a jamais été saisi ; coût si la ligne était tenue à toute heure"
        elif last_end < day_bounds(first_day + AHEAD)[0]:
            begins = max(start, last_end)
            slots = _repeated(line, start, end)
            note = (
                f"Aucun créneau saisi après le {french_day(local_day(last_end))} ; coût si la "
                "dernière semaine saisie se répétait"
            )
        else:
            continue
        known = {service.id for service in network.services}
        added = tuple(slot for slot in slots if slot.service in known)
        yield Ending(
            kind=AlertKind.ROSTER,
            key=f"{line.slug}#fin",
            name=line.name,
            due_on=local_day(begins),
            starts_at=begins,
            ends_at=end,
            without=replace(network, duty_slots=(*network.duty_slots, *added)) if added else None,
            note=note,
        )


def _always(line: LineFacts, start: datetime, end: datetime) -> list[DutySlot]:
    return [
        _slot(line, service, start, end, line.response_minutes, rank)
        for rank, service in enumerate(line.services)
    ]


def _repeated(line: LineFacts, start: datetime, end: datetime) -> list[DutySlot]:
    """The last week that was entered, over and over on the local clock, after its end."""
    last_end = line.last_end
    if last_end is None:
        return []
    found: list[DutySlot] = []
    for turn in range(1, (end - last_end) // WEEK + 2):
        for service, starts, ends, response in line.last_week:
            begins, stops = _later(starts, turn), _later(ends, turn)
            begins = max(begins, last_end)
            if begins < stops and begins < end and stops > start:
                found.append(_slot(line, service, begins, stops, response, len(found)))
    return found


def _later(moment: datetime, turns: int) -> datetime:
    """So many weeks later, at the same hour of the clocks."""
    local = to_paris(moment)
    return paris_instant(local.date() + turns * WEEK, local.time(), fold=local.fold)


def _slot(
    line: LineFacts, service: str, starts: datetime, ends: datetime, response: float, rank: int
) -> DutySlot:
    key = f"{line.slug}.{RELIEF}.{rank}"
    return DutySlot(key, line.slug, service, starts, ends, RELIEF, response)


def last_week_of(
    slots: Sequence[tuple[str, datetime, datetime, float]],
) -> tuple[tuple[str, datetime, datetime, float], ...]:
    """Of the slots of a line (service, start, end, response), those that start within the seven
    days before the end of the last one."""
    last_end = max((ends for _, _, ends, _ in slots), default=None)
    if last_end is None:
        return ()
    return tuple(slot for slot in slots if slot[1] >= last_end - WEEK)


def touched_care(network: Network, without: Network) -> set[str] | None:
    """Care types that two networks may answer differently for, None for any: what tells which
    pathways need not be looked at."""
    if network.memberships is not without.memberships:
        return None
    before = {service.id: service for service in network.services}
    care = {row.care_type for row in without.services if before.get(row.id) is not row}
    old_clauses = set(map(id, network.clauses))
    care |= {
        name for row in without.clauses if id(row) not in old_clauses for name in row.care_types
    }
    old_slots = set(map(id, network.duty_slots))
    care |= {
        before[row.service].care_type
        for row in without.duty_slots
        if id(row) not in old_slots and row.service in before
    }
    return care


def pathways_of(network: Network, care: Iterable[str] | None) -> list[str]:
    """Pathways with a step that asks for one of these care types; all of them for None."""
    if care is None:
        return [row.id for row in network.pathways]
    wanted = set(care)
    return [
        row.id for row in network.pathways if any(step.care_type in wanted for step in row.steps)
    ]
