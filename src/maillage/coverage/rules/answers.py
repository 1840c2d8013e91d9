"""From the engine's answer to what a page or a terminal shows: names and sentences, no query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from maillage.coverage.enums import (
    CLOSED_WITHOUT_ROSTER,
    NO_ROSTER,
    REASONS,
    SERVICE_REASONS,
    UNKNOWN,
    VERDICTS,
    Wording,
)
from maillage.coverage.rules.organization_words import of_it, the
from maillage.engines.routing import (
    Alternative,
    Answer,
    DutySlot,
    ElementKind,
    Excluded,
    Link,
    Reason,
    Repair,
    StepAnswer,
    Verdict,
)

FIRM = (Reason.NO_SERVICE, Reason.NOT_AUTHORISED)
"""Reasons of a hole that no roster changes."""


@dataclass(frozen=True)
class ServiceCard:
    """What a page says of a service."""

    slug: str
    name: str
    phone: str
    site: str
    site_finess: str
    site_phone: str
    organization: str
    organization_slug: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class ClauseCard:
    """What a page says of a clause, under the identifier that the network gives it."""

    slug: str
    article: str
    text: str
    agreement: str
    agreement_slug: str
    illustrative: bool


@dataclass(frozen=True)
class PersonCard:
    """What a page says of a practitioner."""

    slug: str
    name: str


@dataclass(frozen=True)
class LineCard:
    """What a page says of a duty line."""

    slug: str
    name: str
    phone: str
    on_call: bool


@dataclass(frozen=True)
class Names:
    """What the identifiers of a network are called."""

    services: Mapping[str, ServiceCard]
    clauses: Mapping[str, ClauseCard]
    people: Mapping[str, PersonCard]
    lines: Mapping[str, LineCard]
    slots: Mapping[str, DutySlot]
    sites: Mapping[str, str]
    organizations: Mapping[str, tuple[str, str]]
    groups: Mapping[str, str]
    steps: Mapping[tuple[str, int], str]
    care_types: Mapping[str, str]
    levels: Mapping[str, str]


@dataclass(frozen=True)
class Stop:
    """One stop of the way: a service, how the patient comes to it and who keeps it."""

    service: ServiceCard
    step: int
    step_name: str
    minutes: float
    total_minutes: float
    basis: str
    clause: ClauseCard | None
    person: PersonCard | None
    line: LineCard | None
    slot: DutySlot | None
    response_minutes: float


@dataclass(frozen=True)
class Discarded:
    """A service that does not take the patient, why, and when it may."""

    service: ServiceCard
    reason: Reason
    words: str
    reachable_at: datetime | None
    minutes: float | None


@dataclass(frozen=True)
class Other:
    """Another service that would take the patient, after the first."""

    service: ServiceCard
    minutes: float
    wording: Wording
    stops: tuple[Stop, ...]


@dataclass(frozen=True)
class Mending:
    """A clause that does not exist and that would close the hole."""

    from_organization: str
    to_organization: str
    care_type: str
    minutes: float
    wording: Wording
    step: int
    keys: tuple[str, str, str] = ("", "", "")
    """Identifiers of both organizations and name of the care type: what a scenario adds."""

    @property
    def of_sender(self) -> str:
        """« du CH Lens »."""
        return of_it(self.from_organization)

    @property
    def to_receiver(self) -> str:
        """« le CHU de Lille », after « vers »."""
        return the(self.to_organization)


@dataclass(frozen=True)
class StepView:
    """One step of an answer, in words."""

    order: int
    name: str
    care_type: str
    level: str
    verdict: Verdict
    wording: Wording
    reason: str
    target_minutes: float | None
    minutes: float | None
    stops: tuple[Stop, ...]
    discarded: tuple[Discarded, ...]
    others: tuple[Other, ...]
    hangs_on: tuple[str, ...]
    mendings: tuple[Mending, ...] = ()
    answer_reason: Reason | None = None
    is_known: bool = True
    """False when no roster is recorded for the instant, and one could have given an answer."""

    @property
    def last(self) -> Stop | None:
        return self.stops[-1] if self.stops else None

    @property
    def has_other_minutes(self) -> bool:
        """Whether the way to some service other than the first is known."""
        return bool(self.others) or any(row.minutes for row in self.discarded)

    @property
    def first_reopening(self) -> Discarded | None:
        """The service that will take patients soonest, when the step is a hole today."""
        later = [row for row in self.discarded if row.reachable_at is not None]
        return min(later, key=lambda row: row.reachable_at.timestamp(), default=None)  # type: ignore[union-attr]


@dataclass(frozen=True)
class AnswerView:
    """An answer, in words."""

    answer: Answer
    steps: tuple[StepView, ...]
    wording: Wording
    margin_minutes: float
    travel_source: str
    revision: int

    @property
    def longest(self) -> StepView | None:
        """The reached step whose way is the longest: the one that the map draws."""
        reached = [step for step in self.steps if step.stops]
        return max(reached, key=lambda step: len(step.stops), default=None)


def describe(
    answer: Answer,
    names: Names,
    *,
    margin_minutes: float,
    travel_source: str,
    revision: int,
    mendings: Sequence[Repair] = (),
) -> AnswerView:
    """Put an answer in words. ``mendings`` are the engine's repairs for the same demand."""
    return AnswerView(
        answer=answer,
        steps=tuple(_step(step, answer.pathway, names, mendings) for step in answer.steps),
        wording=VERDICTS[answer.verdict],
        margin_minutes=margin_minutes,
        travel_source=travel_source,
        revision=revision,
    )


def _step(step: StepAnswer, pathway: str, names: Names, mendings: Sequence[Repair]) -> StepView:
    return StepView(
        order=step.order,
        name=names.steps.get((pathway, step.order), names.care_types[step.care_type]),
        care_type=names.care_types[step.care_type],
        level=names.levels[step.level],
        verdict=step.verdict,
        wording=VERDICTS[step.verdict],
        reason=REASONS[step.reason] if step.reason else "",
        answer_reason=step.reason,
        target_minutes=step.target_minutes,
        minutes=step.minutes_from_commune,
        stops=_stops(step.links, pathway, names),
        discarded=tuple(_discarded(row, names) for row in step.excluded),
        others=tuple(_other(row, pathway, names) for row in step.alternatives),
        hangs_on=tuple(_element(kind, key, names) for kind, key in step.exposes),
        mendings=tuple(_mending(r, names) for r in mendings if r.step == step.order),
    )


def _stops(links: Sequence[Link], pathway: str, names: Names) -> tuple[Stop, ...]:
    return tuple(
        Stop(
            service=names.services[link.service],
            step=link.step,
            step_name=names.steps.get((pathway, link.step), ""),
            minutes=link.travel_minutes,
            total_minutes=link.minutes_from_commune,
            basis=say_basis(link.basis, names),
            clause=names.clauses.get(link.clause) if link.clause else None,
            person=names.people.get(link.holder) if link.holder else None,
            line=names.lines.get(link.line) if link.line else None,
            slot=names.slots.get(link.slot) if link.slot else None,
            response_minutes=link.response_minutes,
        )
        for link in links
    )


def say_basis(basis: str, names: Names) -> str:
    """By what right a patient moves, in words: ``direct``, ``organization``, ``group:ID`` or
    ``clause:ID`` as the engine says it."""
    kind, _, identifier = basis.partition(":")
    if kind == "direct":
        return "Entrée directe : aucune convention nécessaire"
    if kind == "organization":
        return "Même établissement"
    if kind == "group":
        return f"Même groupement : {names.groups.get(identifier, identifier)}"
    clause = names.clauses.get(identifier)
    if clause is None:
        return "Convention"
    return f"{clause.agreement}, {clause.article}" if clause.article else clause.agreement


def _discarded(row: Excluded, names: Names) -> Discarded:
    return Discarded(
        service=names.services[row.service],
        reason=row.reason,
        words=SERVICE_REASONS[row.reason],
        reachable_at=row.reachable_at,
        minutes=row.minutes_from_commune,
    )


def _other(row: Alternative, pathway: str, names: Names) -> Other:
    return Other(
        service=names.services[row.service],
        minutes=row.minutes_from_commune,
        wording=VERDICTS[row.verdict],
        stops=_stops(row.links, pathway, names),
    )


def _element(kind: ElementKind, key: str, names: Names) -> str:
    if kind is ElementKind.SERVICE:
        card = names.services[key]
        return f"le service {card.name} ({card.site})"
    if kind is ElementKind.CLAUSE:
        clause = names.clauses.get(key)
        return (
            f"la clause {clause.article or clause.slug} de « {clause.agreement} »"
            if clause
            else key
        )
    person = names.people.get(key)
    return person.name if person else key


def _mending(repair: Repair, names: Names) -> Mending:
    return Mending(
        from_organization=names.organizations[repair.from_organization][1],
        to_organization=names.organizations[repair.to_organization][1],
        care_type=names.care_types[repair.care_type],
        minutes=repair.minutes_from_commune,
        wording=VERDICTS[repair.verdict],
        step=repair.step,
        keys=(repair.from_organization, repair.to_organization, repair.care_type),
    )


def without_roster(view: AnswerView) -> AnswerView:
    """The same answer when no roster is recorded around its instant.

    A closed service may then have been on call without anybody knowing it here: a hole that such a
    service, of this step or of one before, could have filled is not known to be one. A hole
    for want of any service or authorisation stays: no roster changes that. What is known stays too.
    """
    steps: list[StepView] = []
    is_open = False
    for step in view.steps:
        is_open = is_open or any(row.reason is Reason.CLOSED for row in step.discarded)
        discarded = tuple(
            replace(row, words=CLOSED_WITHOUT_ROSTER) if row.reason is Reason.CLOSED else row
            for row in step.discarded
        )
        found = replace(step, discarded=discarded)
        if step.verdict is Verdict.HOLE and step.answer_reason not in FIRM and is_open:
            found = replace(found, wording=UNKNOWN, reason=NO_ROSTER, mendings=(), is_known=False)
        steps.append(found)
    known = all(step.is_known for step in steps)
    return replace(view, steps=tuple(steps), wording=view.wording if known else UNKNOWN)


@dataclass(frozen=True)
class Difference:
    """One step of one need at two instants."""

    pathway: str
    pathway_slug: str
    step: str
    before: StepView | None
    after: StepView | None

    @property
    def changed(self) -> bool:
        return self.sense != "same"

    @property
    def sense(self) -> str:
        """``lost``, ``worse``, ``better``, ``gained``, ``other`` (another team) or ``same``."""
        if self.before is None or self.after is None:
            return "same" if self.before is self.after else "other"
        old, new = self.before.verdict, self.after.verdict
        if old is not new and Verdict.NOT_REQUIRED not in (old, new):
            if new is Verdict.HOLE:
                return "lost"
            if old is Verdict.HOLE:
                return "gained"
            return "worse" if new.rank > old.rank else "better"
        old_way = [stop.service.slug for stop in self.before.stops]
        new_way = [stop.service.slug for stop in self.after.stops]
        return "same" if old_way == new_way and old is new else "other"

    @property
    def minutes_more(self) -> float | None:
        """Minutes gained (negative) or lost (positive) between both answers."""
        if not self.before or not self.after:
            return None
        if self.before.minutes is None or self.after.minutes is None:
            return None
        return round(self.after.minutes - self.before.minutes, 1)


def compare(
    pathway: str, pathway_slug: str, before: AnswerView | None, after: AnswerView | None
) -> list[Difference]:
    """Both answers of one need, step by step. None stands for « no version in force that day »."""
    old = {step.order: step for step in before.steps} if before else {}
    new = {step.order: step for step in after.steps} if after else {}
    rows = []
    for order in sorted(old.keys() | new.keys()):
        named = new.get(order) or old[order]
        rows.append(Difference(pathway, pathway_slug, named.name, old.get(order), new.get(order)))
    return rows
