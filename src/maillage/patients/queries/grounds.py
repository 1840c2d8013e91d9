"""The legal basis of an access, from what is written of the care and of the day's groups. The
number of queries does not depend on the number of patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db.models import Q

from maillage.accounts.enums import Role
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.enums import GroupKind, MemberRole
from maillage.directory.models import GroupMembership
from maillage.patients.enums import ConsentKind, LinkKind, MemberKind
from maillage.patients.models import BreakGlass, CareLink, CareTeamMember, Consent, Patient
from maillage.patients.permissions import CARE, CARERS
from maillage.patients.queries.records import map_families
from maillage.patients.rules.access import (
    Agreement,
    Facts,
    Ground,
    Link,
    Member,
    Opening,
    Reader,
)
from maillage.patients.rules.access import find_ground as find_ground_in
from maillage.patients.rules.constants import AFTER_REQUEST, AFTER_STAY
from maillage.vocabulary.calendar import local_day

BINDING = (MemberRole.SUPPORT, MemberRole.PARTY)
"""Members bound by a group. An associate (as the university hospital is to a GHT) is not a party
to it: what they share needs another basis (CSP, L.6132-3)."""

LISTED = (GroupKind.GCS,)
"""Structures counted as listed under L.1110-12, 1°: the sanitary cooperation groups, which have a
legal personality and an approval. A federation (FMIH) is a contract and a CPTS an association of
independents: between their members the patient's word is asked."""


def find_ground(patient: Patient, *, by: Actor, at: datetime) -> Ground | None:
    """The basis on which this actor may read this record now, or None."""
    return list_grounds([patient], by=by, at=at).get(patient.pk)


def list_grounds(patients: Iterable[Patient], *, by: Actor, at: datetime) -> dict[int, Ground]:
    """The basis for each of these records that the actor may read now, by identifier; the others
    are left out. At most six queries, none for who gives no care. Erased records open to nobody."""
    living = [patient for patient in patients if patient.erased_at is None]
    if not living or not CARE.allows(by):
        return {}
    families = map_families(living)
    ids = {pk for family in families.values() for pk in family}
    facts = _load_facts(ids, by=by, at=at)
    organizations = care_places(by)
    reader = _load_reader(by, organizations, facts.values(), on=local_day(at))
    grounds = {}
    for pk, family in families.items():
        ground = find_ground_in(reader, _join(facts, family), at=at)
        if ground is not None:
            grounds[pk] = ground
    return grounds


def care_places(actor: Actor) -> frozenset[str]:
    """The organizations (keys) in which an actor gives care. The regulator of the SAMU is no doctor
    of the hospital that houses it: transfers open records to them, not its beds."""
    roles = [role for role in CARERS if role is not Role.REGULATOR]
    held = frozenset[str]().union(*(actor.organizations(role) for role in roles))
    return held - {EVERYWHERE}


def _join(facts: dict[int, Facts], family: Iterable[int]) -> Facts:
    """What is known of the records of one person, as one."""
    parts = [facts[pk] for pk in family if pk in facts]
    return Facts(
        links=tuple(link for part in parts for link in part.links),
        members=tuple(member for part in parts for member in part.members),
        openings=tuple(opening for part in parts for opening in part.openings),
        opposes=frozenset(key for part in parts for key in part.opposes),
        consents=tuple(consent for part in parts for consent in part.consents),
    )


def _load_reader(
    by: Actor, organizations: frozenset[str], facts: Iterable[Facts], *, on: date
) -> Reader:
    asked = {
        key
        for one in facts
        for link in one.links
        if link.kind is LinkKind.REQUEST and link.organization in organizations
        for key in (link.organization, link.asked_by)
    }
    memberships = _list_memberships(asked, on=on) if asked else []
    groups: dict[str, set[str]] = defaultdict(set)
    structures: dict[str, set[str]] = defaultdict(set)
    for organization, group, kind in memberships:
        (groups if kind == GroupKind.GHT else structures)[organization].add(group)
    return Reader(
        username=by.username,
        organizations=organizations,
        is_regulator=Role.REGULATOR in by.roles,
        groups={key: frozenset(found) for key, found in groups.items()},
        structures={key: frozenset(found) for key, found in structures.items()},
    )


def _list_memberships(organizations: Collection[str], *, on: date) -> list[tuple[str, str, str]]:
    """Organization, group and kind of the memberships that bind on a day."""
    rows = (
        GroupMembership.objects.filter(
            organization__slug__in=organizations,
            role__in=BINDING,
            group__kind__in=[GroupKind.GHT, *LISTED],
            starts_on__lte=on,
        )
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
        .filter(Q(group__starts_on__isnull=True) | Q(group__starts_on__lte=on))
        .filter(Q(group__ends_on__isnull=True) | Q(group__ends_on__gt=on))
    )
    return list(rows.values_list("organization__slug", "group__slug", "group__kind"))


def _load_facts(ids: Collection[int], *, by: Actor, at: datetime) -> dict[int, Facts]:
    links = _load_links(ids, at)
    members = _load_members(ids, by)
    consents, opposes = _load_consents(ids, at)
    openings = _load_openings(ids, by, at)
    return {
        pk: Facts(
            links=tuple(links[pk]),
            members=tuple(members[pk]),
            openings=tuple(openings[pk]),
            opposes=frozenset(opposes[pk]),
            consents=tuple(consents[pk]),
        )
        for pk in ids
    }


def _load_links(ids: Collection[int], at: datetime) -> dict[int, list[Link]]:
    oldest = at - max(AFTER_STAY, AFTER_REQUEST)
    rows = CareLink.objects.filter(patient__in=ids).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=oldest)
    )
    found: dict[int, list[Link]] = defaultdict(list)
    for pk, kind, organization, starts_at, ends_at, asked, agreed, vital, reference in (
        rows.order_by("id").values_list(
            "patient_id", "kind", "organization__slug", "starts_at", "ends_at",
            "asked_by_organization__slug", "has_consent", "is_vital", "reference",
        )
    ):  # fmt: skip
        found[pk].append(
            Link(
                kind=LinkKind(kind),
                organization=organization or "",
                starts_at=starts_at,
                ends_at=ends_at,
                asked_by=asked or "",
                has_consent=agreed,
                is_vital=vital,
                reference=reference,
            )
        )
    return found


def _load_members(ids: Collection[int], by: Actor) -> dict[int, list[Member]]:
    rows = CareTeamMember.objects.filter(
        patient__in=ids, kind__in=[MemberKind.PROFESSIONAL, MemberKind.STRUCTURE]
    )
    found: dict[int, list[Member]] = defaultdict(list)
    for pk, kind, username, organization, starts_at, ends_at in rows.order_by("id").values_list(
        "patient_id", "kind", "username", "organization__slug", "starts_at", "ends_at"
    ):
        if kind == MemberKind.PROFESSIONAL and not username:
            continue  # a professional without an account reads nothing here
        if username == by.username and not by.acts_for(organization or ""):
            continue  # the key of a program acts for another organization
        name = username if kind == MemberKind.PROFESSIONAL else ""
        found[pk].append(Member(name, organization or "", starts_at, ends_at))
    return found


def _load_consents(
    ids: Collection[int], at: datetime
) -> tuple[dict[int, list[Agreement]], dict[int, set[str]]]:
    consents: dict[int, list[Agreement]] = defaultdict(list)
    opposes: dict[int, set[str]] = defaultdict(set)
    rows = Consent.objects.filter(patient__in=ids, given_at__lte=at).order_by("id")
    for pk, kind, organization, given_at, withdrawn_at in rows.values_list(
        "patient_id", "kind", "organization__slug", "given_at", "withdrawn_at"
    ):
        if kind != ConsentKind.OPPOSITION:
            consents[pk].append(Agreement(organization or "", given_at, withdrawn_at))
        elif withdrawn_at is None or withdrawn_at > at:
            opposes[pk].add(organization or "")
    return consents, opposes


def _load_openings(ids: Collection[int], by: Actor, at: datetime) -> dict[int, list[Opening]]:
    rows = BreakGlass.objects.filter(
        patient__in=ids, username=by.username, opened_at__lte=at, expires_at__gt=at
    ).order_by("id")
    found: dict[int, list[Opening]] = defaultdict(list)
    for pk, opened_at, expires_at, closed_at, organization in rows.values_list(
        "patient_id", "opened_at", "expires_at", "closed_at", "organization__slug"
    ):
        if by.acts_for(organization):
            found[pk].append(Opening(opened_at, expires_at, closed_at, organization))
    return found
