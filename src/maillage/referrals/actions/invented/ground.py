"""The territory that invented cases happen in, read once: hospitals, teams, their people, and what
the routing engine proposes to each hospital for each step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db.models import Q

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.accounts.rules import DEMO_PEOPLE, DEMO_SUPPLEMENTS
from maillage.agreements.models import Clause, ClauseDelay, ClauseTerms
from maillage.directory.enums import GroupKind
from maillage.directory.models import (
    GroupMembership,
    HealthcareService,
    Organization,
    PractitionerRole,
)
from maillage.pathways.models import Pathway, PathwayStep
from maillage.pathways.queries.records import choose_version
from maillage.patients.enums import Basis
from maillage.patients.queries.grounds import BINDING, LISTED
from maillage.patients.rules.identity import age_on
from maillage.referrals.actions.care import AGREED
from maillage.referrals.enums import Clock, Priority, Side
from maillage.referrals.models import Referral
from maillage.referrals.queries.recipients import HEADS
from maillage.referrals.queries.routing import propose
from maillage.referrals.rules.deadlines import Delay
from maillage.referrals.rules.drafts import is_outside
from maillage.referrals.rules.invented.scenes import SCENES, Scene
from maillage.referrals.rules.routes import Proposal, ProposedLine
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import local_day, paris_instant, to_paris
from maillage.vocabulary.errors import MaillageError

OPENING, EVENING = 8, 19
URGENT = frozenset({Priority.P0, Priority.P1})
KEPT_ASIDE = 2
"""Teams without a right, or left out, that the route of an invented request keeps of each sort."""


WARDS: Mapping[str, tuple[str, ...]] = {
    "avc": ("STROKE_UNIT",),
    "insuffisance-cardiaque": ("CARDIOLOGY",),
    "vasculaire": ("VASCULAR_MEDICINE",),
    "permanence-thoracique": ("PNEUMOLOGY",),
    "diabete-type-2": ("DIABETOLOGY",),
    "": ("GERIATRICS", "REHABILITATION", "CARDIOLOGY"),
}
"""Care of the wards that take patients back, by pathway; then those of any."""


@dataclass(frozen=True)
class Choice:
    """A team that may be asked, with what carries the request."""

    line: ProposedLine
    service: HealthcareService
    clause: Clause | None

    @property
    def is_outside(self) -> bool:
        return is_outside(self.line.basis, has_clause=self.clause is not None)


@dataclass(frozen=True)
class Lane:
    """The way from one hospital to the teams of one step: ``choices`` best first."""

    organization: Organization
    from_service: HealthcareService | None
    pathway: Pathway
    step: PathwayStep
    choices: tuple[Choice, ...]
    route: Mapping[str, Any]


@dataclass
class Ground:
    """All that cases are made of. ``at`` is the instant of loading."""

    at: datetime
    scenes: list[tuple[Scene, Pathway, PathwayStep]]
    organizations: dict[str, Organization]
    teams: dict[str, HealthcareService]
    by_place: dict[str, list[HealthcareService]]
    doctors: dict[str, list[Actor]]
    heads: dict[int, list[Actor]]
    demo: dict[str, list[Actor]]
    regulator: Actor
    clauses: dict[str, Clause]
    delays: dict[int, dict[Priority, dict[Clock, Delay]]]
    terms: dict[int, ClauseTerms]
    communes: list[str]
    groups: dict[str, frozenset[str]]
    structures: dict[str, frozenset[str]]
    _lanes: dict[tuple[str, str, int, bool], Lane | None] = field(default_factory=dict)

    def lane(self, place: str, scene: Scene, *, when: datetime) -> Lane | None:
        """What the engine proposes there for this step, by day or at night; None when nobody may
        be asked. Asked of the engine once."""
        at_night = not OPENING <= to_paris(when).hour < EVENING
        by_day = not (at_night and any(URGENT & set(one) for one in scene.priorities.values()))
        key = (place, scene.pathway, scene.step, by_day)
        if key not in self._lanes:
            self._lanes[key] = self._ask(place, scene, by_day=by_day)
        return self._lanes[key]

    def live_lane(self, place: str, scene: Scene, *, when: datetime) -> Lane | None:
        """What the engine proposes at this very instant: who is on duty is named."""
        return self._lane_at(place, scene, when, keep_duty=True)

    def _ask(self, place: str, scene: Scene, *, by_day: bool) -> Lane | None:
        day = _working_day(local_day(self.at) + timedelta(days=2))
        moment = paris_instant(day, time(10) if by_day else time(23))
        return self._lane_at(place, scene, moment, keep_duty=False)

    def _lane_at(
        self, place: str, scene: Scene, moment: datetime, *, keep_duty: bool
    ) -> Lane | None:
        organization = self.organizations[place]
        found = next((s for s in self.scenes if s[0] is scene), None)
        if found is None:
            return None
        _, pathway, step = found
        own = self._own_team(place, step, scene.ages[1])
        try:
            proposal = propose(
                organization=organization,
                pathway=pathway,
                step_order=step.order,
                age=scene.ages[1],
                at=moment,
                from_service=own,
            )
        except MaillageError:
            # No version in force that day, or nobody knows where the patient is.
            return None
        rightful = [*proposal.lines, *proposal.waiting]
        if rightful and rightful[0].organization == place:
            # The hospital has a team of its own: nobody else is asked.
            return None
        lines = [*rightful, *proposal.outside, *proposal.left_out]
        choices = tuple(
            Choice(line, self.teams[line.service], self.clauses.get(line.clause))
            for line in lines
            if line.may_be_asked and line.organization != place and line.service in self.teams
        )
        route = _kept(proposal, keep_duty=keep_duty)
        return Lane(organization, own, pathway, step, choices, route) if choices else None

    def _own_team(self, place: str, step: PathwayStep, age: int) -> HealthcareService | None:
        """The team that writes: of the care of a lower step, else the emergency ward."""
        lower = [one.care_type for one in step.version.steps.all() if one.order < step.order]
        mine = [team for team in self.by_place.get(place, []) if _takes(team, age)]
        for care_type in (*reversed(lower), "EMERGENCY"):
            for team in mine:
                if team.care_type == care_type:
                    return team
        return mine[0] if mine else None

    def ward(self, transfer: Referral, *, on: datetime) -> HealthcareService:
        """Where a patient comes back to: a ward of the hospital that sent them, for their illness
        if it has one."""
        sender = transfer.from_service
        if sender is None:
            raise RuntimeError("a patient goes back to a hospital")
        born = transfer.patient.birth_date
        age = age_on(born, local_day(on)) if born else 70
        wanted = (*WARDS.get(transfer.pathway.slug, ()), *WARDS[""])
        mine = [team for team in self.by_place[sender.site.organization.slug] if _takes(team, age)]
        for care_type in wanted:
            for team in mine:
                if team.care_type == care_type:
                    return team
        return sender

    def reading(self, referral: Referral, side: Side, *, by: Actor, at: datetime) -> AuditEvent:
        """The audit line of an opening of the record by a side of a request, with its basis."""
        asks = side is Side.REQUESTER
        place = referral.from_organization.slug if asks else referral.to_organization.slug
        return AuditEvent(
            at=at,
            actor=by.username,
            actor_name=by.name,
            action="patients.read",
            subject_kind="patient",
            subject_key=referral.patient.key,
            organization=place,
            details={
                "basis": Basis.SAME_ESTABLISHMENT if asks else self.basis_of(referral),
                "what": "referral",
                "reference": referral.key,
            },
        )

    def basis_of(self, referral: Referral) -> Basis:
        """On what basis the team asked reads: the group shared, what the patient said, else the
        emergency."""
        here, there = referral.from_organization.slug, referral.to_organization.slug
        for groups, basis in (
            (self.groups, Basis.SAME_GROUP),
            (self.structures, Basis.LISTED_STRUCTURE),
        ):
            if groups.get(here, frozenset()) & groups.get(there, frozenset()):
                return basis
        return Basis.CONSENT if referral.patient_agreement in AGREED else Basis.VITAL_EMERGENCY

    def others(self, referral: Referral) -> list[HealthcareService]:
        """Other teams that the one asked may send a request to: of the same care, else of the same
        hospital."""
        asked = referral.to_service
        same = [
            team
            for team in self.teams.values()
            if team.care_type == asked.care_type and team.pk != asked.pk
        ]
        near = self.by_place.get(asked.site.organization.slug, [])
        return same or [team for team in near if team.pk != asked.pk]

    def agreed(self, clause: Clause | None, priority: Priority) -> dict[Clock, Delay]:
        """The delays that a clause agrees for a priority."""
        if clause is None:
            return {}
        return self.delays.get(clause.pk, {}).get(priority, {})

    def somebody(self, rng: Random, place: str, team: HealthcareService | None) -> Actor:
        """A doctor of a hospital: its demonstration account more often than not, where it has one,
        else somebody of the team or of the hospital."""
        demo = self.demo.get(place)
        if demo and rng.random() < 0.6:
            return rng.choice(demo)
        known = self.doctors.get(team.slug) if team is not None else None
        return rng.choice(known or self.doctors.get(place) or demo or [self.regulator])


def read_ground(*, accounts: Mapping[str, str], at: datetime) -> Ground:
    """The territory as it is. ``accounts``: where the demonstration accounts work, as the manifest
    of a territory says."""
    organizations = {one.slug: one for one in Organization.objects.select_related("commune")}
    teams = {
        one.slug: one
        for one in HealthcareService.objects.select_related("site__organization").order_by("pk")
    }
    by_place = defaultdict(list)
    for team in teams.values():
        by_place[team.site.organization.slug].append(team)
    doctors, heads = _read_people(local_day(at))
    demo, regulator = _demo_people(accounts)
    delays, terms = _read_terms()
    home = [one.commune_id for one in organizations.values() if one.commune_id]
    departments = {code[:2] for code in home}
    communes = Commune.objects.filter(department__in=departments).order_by("code")
    return Ground(
        at=at,
        scenes=_read_scenes(local_day(at)),
        organizations=organizations,
        teams=teams,
        by_place=by_place,
        doctors=doctors,
        heads=heads,
        demo=demo,
        regulator=regulator,
        clauses={one.slug: one for one in Clause.objects.select_related("agreement")},
        delays=delays,
        terms=terms,
        groups=_read_groups(local_day(at), [GroupKind.GHT]),
        structures=_read_groups(local_day(at), LISTED),
        communes=list(communes.values_list("code", flat=True)),
    )


def _read_groups(day: date, kinds: Iterable[str]) -> dict[str, frozenset[str]]:
    """The groups of these kinds that bind each organization on a day."""
    found: dict[str, set[str]] = defaultdict(set)
    rows = (
        GroupMembership.objects.filter(group__kind__in=list(kinds), starts_on__lte=day)
        .filter(role__in=BINDING)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
        .values_list("organization__slug", "group__slug")
    )
    for organization, group in rows:
        found[organization].add(group)
    return {organization: frozenset(groups) for organization, groups in found.items()}


def _read_scenes(day: date) -> list[tuple[Scene, Pathway, PathwayStep]]:
    found = []
    pathways = Pathway.objects.prefetch_related("versions__steps__version__steps")
    known = {one.slug: one for one in pathways}
    for scene in SCENES:
        pathway = known.get(scene.pathway)
        version = choose_version(pathway.versions.all(), day) if pathway else None
        if pathway is None or version is None:
            continue
        step = next((one for one in version.steps.all() if one.order == scene.step), None)
        if step is not None:
            found.append((scene, pathway, step))
    return found


def _read_people(day: date) -> tuple[dict[str, list[Actor]], dict[int, list[Actor]]]:
    """The doctors of each team and of each hospital, and the heads of each team."""
    doctors: dict[str, list[Actor]] = defaultdict(list)
    heads: dict[int, list[Actor]] = defaultdict(list)
    roles = (
        PractitionerRole.objects.filter(starts_on__lte=day)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
        .select_related("practitioner", "service", "organization")
        .order_by("pk")
    )
    for role in roles:
        person = Actor(role.practitioner.slug[:60], str(role.practitioner))
        doctors[role.organization.slug].append(person)
        if role.service is not None:
            doctors[role.service.slug].append(person)
            if role.function.lower().startswith(HEADS):
                heads[role.service.pk].append(person)
    return doctors, heads


def _demo_people(accounts: Mapping[str, str]) -> tuple[dict[str, list[Actor]], Actor]:
    """Demonstration doctors by hospital, and the regulator."""
    demo: dict[str, list[Actor]] = defaultdict(list)
    regulator = Actor("system", "Régulation")
    for role, (username, name) in DEMO_PEOPLE.items():
        if role.value == "REGULATOR":
            regulator = Actor(username, name)
        elif role.value in ("DOCTOR", "ON_CALL", "CITY") and accounts.get(role.value):
            demo[accounts[role.value]].append(Actor(username, name))
    for username, (role, name) in DEMO_SUPPLEMENTS.items():
        if role.value == "ON_CALL" and accounts.get(username):
            demo[accounts[username]].append(Actor(username, name))
    return demo, regulator


def _read_terms() -> tuple[dict[int, dict[Priority, dict[Clock, Delay]]], dict[int, ClauseTerms]]:
    delays: dict[int, dict[Priority, dict[Clock, Delay]]] = defaultdict(lambda: defaultdict(dict))
    for one in ClauseDelay.objects.all():
        delays[one.clause_id][Priority(one.priority)][Clock(one.clock)] = Delay(
            one.minutes, one.working
        )
    return delays, {one.clause_id: one for one in ClauseTerms.objects.all()}


def _takes(team: HealthcareService, age: int) -> bool:
    """True when a team takes patients of this age."""
    oldest = 200 if team.age_max is None else team.age_max
    return (team.age_min or 0) <= age <= oldest


def _working_day(day: date) -> date:
    while day.isoweekday() not in (2, 3, 4):
        day += timedelta(days=1)
    return day


def _kept(proposal: Proposal, *, keep_duty: bool) -> dict[str, Any]:
    """A proposal as invented requests keep it. Of past days nobody knows who was on duty."""

    def plain(line: ProposedLine) -> ProposedLine:
        if keep_duty:
            return line
        return replace(line, duty_person="", duty_line="", duty_phone="", duty_until=None)

    return replace(
        proposal,
        lines=tuple(map(plain, proposal.lines)),
        waiting=tuple(map(plain, proposal.waiting)),
        outside=tuple(map(plain, proposal.outside[:KEPT_ASIDE])),
        left_out=tuple(map(plain, proposal.left_out[:KEPT_ASIDE])),
        has_roster=proposal.has_roster and keep_duty,
    ).as_dict()
