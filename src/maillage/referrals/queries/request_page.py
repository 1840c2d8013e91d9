"""What the page of a new request shows: what may be chosen, what is known already, whom to ask."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q

from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.coverage.queries.network import load_network
from maillage.directory.models import HealthcareService, Organization
from maillage.pathways.models import Pathway, PathwayStep
from maillage.pathways.rules.states import CARRYING
from maillage.patients.enums import LinkKind
from maillage.patients.models import CareLink, Patient
from maillage.patients.rules.identity import age_on, short_label
from maillage.referrals.enums import Kind, Priority
from maillage.referrals.models import MeetingSession, Referral
from maillage.referrals.permissions import ASK
from maillage.referrals.queries.routing import propose
from maillage.referrals.queries.sendings import list_passed
from maillage.referrals.rules.questions import Template
from maillage.referrals.rules.routes import Proposal, ProposedLine, WayBack
from maillage.referrals.rules.templates import find_template
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from maillage.vocabulary.search import fold

RECENT_PATIENTS = 8
SESSIONS_SHOWN = 20

PLANNED = (Kind.OPINION, Kind.CONSULTATION)
VITAL_CARE = frozenset(
    one.name for one in (CareType.EMERGENCY, CareType.SMUR, CareType.INTENSIVE_CARE)
)
"""Care that keeps a patient alive, whatever the specialty: nobody plans it."""


@dataclass(frozen=True)
class Asked:
    """What the doctor chose so far; empty for what is not chosen yet."""

    organization: str = ""
    service: str = ""
    pathway: str = ""
    step: int | None = None
    kind: Kind | None = None
    priority: Priority | None = None
    at: datetime | None = None
    age: int | None = None


@dataclass(frozen=True)
class StepChoice:
    """A step that may be asked: ``criteria`` are those of going up, or of going back down."""

    order: int
    name: str
    level: str
    care_type: str
    criteria: str
    return_to: int | None
    return_within_hours: int | None


@dataclass
class Setting:
    """The page of a request: who asks, for what, of whom. ``every_step`` are those of the pathway,
    ``steps`` those that may be asked, ``usual_step`` the one when none is chosen; ``problem`` says
    why nobody is proposed."""

    patient: Patient
    organizations: list[Organization]
    organization: Organization
    services: list[HealthcareService]
    service: HealthcareService | None
    pathways: list[tuple[str, str]]
    kind: Kind
    priority: Priority | None
    at: datetime
    age: int | None
    previous: Referral | None = None
    pathway: Pathway | None = None
    every_step: list[StepChoice] = field(default_factory=list)
    steps: list[StepChoice] = field(default_factory=list)
    step: StepChoice | None = None
    usual_step: StepChoice | None = None
    template: Template | None = None
    proposal: Proposal | None = None
    problem: str = ""
    sessions: list[MeetingSession] = field(default_factory=list)
    callback_phone: str = ""
    home: str = ""
    passed: frozenset[str] = frozenset()
    named: str = ""

    @property
    def first(self) -> ProposedLine | None:
        """The team proposed before all others: that which the team asked before named, else the
        engine's first that was not asked yet."""
        named = self.proposal.find(self.named) if self.proposal and self.named else None
        return named or self.engine_first

    @property
    def engine_first(self) -> ProposedLine | None:
        """The engine's first, teams that did not take this case aside."""
        if self.proposal is None:
            return None
        return self.proposal.first(self.kind, self.priority or Priority.P1, passed=self.passed)

    @property
    def expected(self) -> list[str]:
        """The teams (slugs) whose choice needs no reason."""
        return [line.service for line in (self.first, self.engine_first) if line is not None]

    @property
    def is_moved(self) -> bool:
        """True when the patient changes hospital: transport and return are then asked."""
        return self.kind in (Kind.TRANSFER, Kind.RETURN)

    @property
    def return_within_hours(self) -> int | None:
        """Within how long the pathway says the patient comes back."""
        return self.step.return_within_hours if self.step and self.kind is Kind.TRANSFER else None


def list_own_organizations(by: Actor) -> list[Organization]:
    """Where this person may ask, by name: never « everywhere », care is given somewhere."""
    held = ASK.places(by) - {EVERYWHERE}
    if not held:
        return []
    return list(Organization.objects.filter(slug__in=held).select_related("commune"))


def list_recent_patients(by: Actor, *, at: datetime) -> list[tuple[str, str]]:
    """(key, short label) of the last patients who came where this person works, in place of a
    search. No name: opening a record is another, audited, act."""
    held = ASK.places(by) - {EVERYWHERE}
    if not held:
        return []
    rows = (
        CareLink.objects.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            kind=LinkKind.STAY,
            organization__slug__in=held,
            starts_at__lte=at,
            patient__merged_into__isnull=True,
            patient__erased_at__isnull=True,
            patient__deceased_on__isnull=True,
        )
        .select_related("patient")
        .order_by("-starts_at", "-id")[: 2 * RECENT_PATIENTS]
    )
    day = local_day(at)
    found = {row.patient.key: short_label(row.patient.kept, on=day) for row in rows}
    return list(found.items())[:RECENT_PATIENTS]


def load_setting(
    asked: Asked,
    *,
    patient: Patient,
    by: Actor,
    at: datetime,
    previous: Referral | None = None,
    preferred: str = "",
) -> Setting:
    """Everything that the page shows for what is chosen so far. ``preferred`` is the organization
    (slug) whose basis opens the record. At most nine queries.

    Raises :class:`NotAllowed` for who may ask for no organization.
    """
    organizations = list_own_organizations(by)
    if not organizations:
        raise NotAllowed(
            "referrals.no-organization",
            "Votre compte ne porte sur aucun établissement au nom duquel adresser une demande.",
        )
    organization = _organization(organizations, asked, previous, preferred)
    services = _services(organization)
    last = _last_request(by, organization)
    moment = asked.at or at
    setting = Setting(
        patient=patient,
        organizations=organizations,
        organization=organization,
        services=services,
        service=_service(services, asked, last),
        pathways=_pathways(moment),
        kind=asked.kind or Kind.OPINION,
        priority=asked.priority,
        at=moment,
        age=age_on(patient.birth_date, local_day(moment)) if patient.birth_date else asked.age,
        previous=previous,
        callback_phone=last.callback_phone if last else "",
    )
    slug = asked.pathway or (previous.pathway.slug if previous else "")
    if slug in dict(setting.pathways):
        setting.pathway = Pathway.objects.get(slug=slug)
        setting.every_step = _steps(setting.pathway, local_day(moment))
        _choose_step(setting, asked.step)
    if previous is not None:
        setting.passed = list_passed(previous.case_id)
        named = previous.proposed_service
        setting.named = named.slug if named is not None else ""
    if setting.pathway is not None and setting.step is not None:
        _propose(setting, setting.pathway, setting.step)
    return setting


def _organization(
    organizations: Sequence[Organization],
    asked: Asked,
    previous: Referral | None,
    preferred: str,
) -> Organization:
    """The one chosen; else the side of the previous request that this person is on; else the one
    that gives the patient care; else the first."""
    known = {one.slug: one for one in organizations}
    wanted = [asked.organization]
    if previous is not None:
        sides = [previous.from_organization.slug, previous.to_organization.slug]
        wanted += reversed(sides) if asked.kind is Kind.RETURN else sides
    wanted.append(preferred)
    return next((known[key] for key in wanted if key in known), organizations[0])


def _services(organization: Organization) -> list[HealthcareService]:
    rows = HealthcareService.objects.filter(site__organization=organization).select_related("site")
    return sorted(rows, key=lambda one: (fold(one.name), one.slug))


def _service(
    services: Collection[HealthcareService], asked: Asked, last: Referral | None
) -> HealthcareService | None:
    known = {one.slug: one for one in services}
    if asked.service:
        return known.get(asked.service)
    own = {one.pk: one for one in services}
    return own.get(last.from_service_id) if last and last.from_service_id else None


def _last_request(by: Actor, organization: Organization) -> Referral | None:
    """The last request of this person: the phone and the service that they gave."""
    return (
        Referral.objects.filter(requester=by.username, from_organization=organization)
        .only("callback_phone", "from_service")
        .order_by("-created_at")
        .first()
    )


def _pathways(at: datetime) -> list[tuple[str, str]]:
    found = load_network(at).pathways
    return sorted(found.items(), key=lambda pair: fold(pair[1]))


def _choose_step(setting: Setting, wanted: int | None) -> None:
    """The steps that may be asked, and the one that is: the usual one when none is chosen. A
    patient goes back to a step that one of them names as its way back."""
    every, previous = setting.every_step, setting.previous
    if setting.kind is Kind.RETURN:
        homes = {step.return_to for step in every if step.return_to}
        setting.steps = [step for step in every if step.order in homes] or every[:1]
        came_to = next((s for s in every if previous and s.order == previous.step_order), None)
        usual = came_to.return_to if came_to else None
        default = next(iter(setting.steps), None)
    else:
        setting.steps = every
        usual = previous.step_order if previous and previous.kind != Kind.RETURN else None
        default = _first_step(setting)
    setting.usual_step = next((s for s in setting.steps if s.order == usual), default)
    setting.step = next((s for s in setting.steps if s.order == wanted), setting.usual_step)
    if setting.step is not None and setting.pathway is not None:
        setting.template = find_template(setting.pathway.slug, setting.step.care_type, setting.kind)


def _first_step(setting: Setting) -> StepChoice | None:
    """The first step of recourse. What is planned goes to the specialty of the pathway, not to who
    keeps a patient alive on the way, and above what the hospital that asks gives itself, where the
    pathway goes so far. Our choice."""
    beyond = [step for step in setting.every_step if step.order > 1]
    if setting.kind in PLANNED and setting.priority in (Priority.P2, Priority.P3):
        beyond = [step for step in beyond if step.care_type not in VITAL_CARE] or beyond
        top = _own_level(setting)
        beyond = [step for step in beyond if step.order > top] or beyond
    return next(iter(beyond), next(iter(setting.every_step), None))


def _own_level(setting: Setting) -> int:
    """The highest step that the hospital that asks gives itself; 0 for none. Care that several
    steps name is given at the lowest of them, as far as is known."""
    given = {service.care_type for service in setting.services}
    lowest: dict[str, int] = {}
    for step in setting.every_step:
        lowest.setdefault(step.care_type, step.order)
    return max((order for care, order in lowest.items() if care in given), default=0)


def _steps(pathway: Pathway, day: date) -> list[StepChoice]:
    """The steps of the version that answers on a day."""
    rows = PathwayStep.objects.filter(
        Q(version__ends_on__isnull=True) | Q(version__ends_on__gt=day),
        version__pathway=pathway,
        version__state__in=CARRYING,
        version__starts_on__lte=day,
    ).order_by("order")
    return [
        StepChoice(
            order=row.order,
            name=row.name,
            level=CareLevel[row.level].label,
            care_type=row.care_type,
            criteria=row.entry_criteria,
            return_to=row.return_to,
            return_within_hours=row.return_within_hours,
        )
        for row in rows
    ]


def _propose(setting: Setting, pathway: Pathway, step: StepChoice) -> None:
    """Ask the engine, once what it needs is known."""
    if setting.age is None:
        setting.problem = "Indiquez l'âge du patient : les équipes proposées en dépendent."
        return
    back_from, back, first_asked_by, previous = None, None, None, setting.previous
    if setting.kind is Kind.RETURN:
        back_from = _came_to(setting, step)
        if previous is not None and previous.to_organization_id == setting.organization.pk:
            sender = previous.from_service
            back = WayBack(
                organization=previous.from_organization.slug,
                service=sender.slug if sender else "",
                clause=previous.clause.slug if previous.clause else "",
            )
            setting.home, first_asked_by = back.organization, previous.case.organization
    try:
        setting.proposal = propose(
            organization=setting.organization,
            pathway=pathway,
            step_order=step.order,
            age=setting.age,
            at=setting.at,
            commune=setting.patient.commune,
            from_service=setting.service,
            back_from=back_from,
            back=back,
            first_asked_by=first_asked_by,
        )
    except (Invalid, Refusal) as error:
        setting.problem = error.message
        return
    if setting.kind is Kind.MEETING:
        setting.sessions = _sessions(setting.proposal, setting.at)


def _came_to(setting: Setting, step: StepChoice) -> int | None:
    """The step that the patient goes back down from: that of the previous request, else the first
    one that names the chosen step as its way back."""
    previous = setting.previous
    if previous is not None and previous.step_order > step.order:
        return previous.step_order
    return next((one.order for one in setting.every_step if one.return_to == step.order), None)


def _sessions(proposal: Proposal, at: datetime) -> list[MeetingSession]:
    services = [line.service for line in proposal.askable]
    return list(
        MeetingSession.objects.filter(
            service__slug__in=services, starts_at__gte=at, held_at__isnull=True
        ).select_related("service__site")[:SESSIONS_SHOWN]
    )
