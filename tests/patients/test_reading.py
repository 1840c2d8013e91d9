"""Readings and bases from the tables: one audit line, groups of the day, counts of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.enums import GroupKind, MemberRole
from maillage.directory.models import GroupMembership, Organization, OrganizationGroup
from maillage.patients.actions import (
    break_glass,
    close_links,
    end_stay,
    open_link,
    read_record,
)
from maillage.patients.enums import Basis, LinkKind
from maillage.patients.models import CareLink, Consent, Patient
from maillage.patients.queries import find_ground, get_patient, list_grounds
from maillage.patients.rules.constants import AFTER_REQUEST
from maillage.vocabulary.errors import NotAllowed, NotFound
from tests.patients.conftest import make, person

Place = Callable[[str], Organization]


def ask(
    patient: Patient,
    place: Place,
    to: str,
    by: Actor,
    at: datetime,
    *,
    has_consent: bool = False,
    is_vital: bool = False,
) -> CareLink:
    return open_link(
        patient=patient,
        kind=LinkKind.REQUEST,
        organization=place(to),
        asked_by=place("ch-maubeuge"),
        reference="demande-1",
        has_consent=has_consent,
        is_vital=is_vital,
        by=by,
        at=at,
    )


def basis_of(patient: Patient, by: Actor, at: datetime) -> Basis | None:
    ground = find_ground(patient, by=by, at=at)
    return ground.basis if ground else None


def join_group(kind: GroupKind, role: MemberRole, *slugs: str) -> None:
    group = OrganizationGroup.objects.create(
        slug=f"essai-{kind.lower()}", name="Essai", short_name="Essai", kind=kind
    )
    for slug in slugs:
        GroupMembership.objects.create(
            group=group,
            organization=Organization.objects.get(slug=slug),
            role=role,
            starts_on=date(2020, 1, 1),
        )


def test_the_one_who_receives_reads_and_one_line_says_why(
    patient: Patient, doctor: Actor, now: datetime
) -> None:
    ground = read_record(patient=patient, what="record", by=doctor, at=now)
    assert (ground.basis, ground.organization) == (Basis.SAME_ESTABLISHMENT, "ch-maubeuge")
    line = AuditEvent.objects.get(action="patients.read")
    assert (line.subject_kind, line.subject_key) == ("patient", patient.key)
    assert (line.subject_name, line.organization) == ("", "ch-maubeuge")
    assert line.details == {"basis": "SAME_ESTABLISHMENT", "what": "record", "reference": ""}


def test_nobody_else_reads_and_no_line_is_left(
    patient: Patient, neighbour: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="Aucune base légale"):
        read_record(patient=patient, what="record", by=neighbour, at=now)
    assert not AuditEvent.objects.filter(action="patients.read").exists()


@pytest.mark.parametrize(
    "roles", [[Role.DIM], [Role.DIRECTOR], [Role.ADMINISTRATOR], [Role.AUDITOR]]
)
def test_a_role_without_care_reads_nothing_even_at_the_place(
    patient: Patient, roles: list[Role], now: datetime
) -> None:
    by = person("bureau", *roles, at="ch-maubeuge")
    assert basis_of(patient, by, now) is None
    with pytest.raises(NotAllowed):
        read_record(patient=patient, what="record", by=by, at=now)


def test_a_role_held_everywhere_is_no_basis(patient: Patient, now: datetime) -> None:
    assert basis_of(patient, person("partout", Role.DOCTOR), now) is None
    assert basis_of(patient, SYSTEM, now) is None


@pytest.mark.parametrize("what", ["", "Jeanne Dupontel", "a" * 41, "request 12"])
def test_what_is_read_is_a_word_of_the_code(
    patient: Patient, doctor: Actor, now: datetime, what: str
) -> None:
    with pytest.raises(ValueError, match="a word of the code"):
        read_record(patient=patient, what=what, by=doctor, at=now)


def test_a_request_opens_to_the_group_of_the_day(
    patient: Patient, place: Place, doctor: Actor, neighbour: Actor, now: datetime
) -> None:
    ask(patient, place, "ch-valenciennes", doctor, now)
    assert basis_of(patient, neighbour, now) == Basis.SAME_GROUP
    # Cambrai left that group: the same request opens nothing there.
    ask(patient, place, "ch-cambrai", doctor, now)
    assert basis_of(patient, person("cambrai", Role.DOCTOR, at="ch-cambrai"), now) is None


def test_a_request_across_groups_needs_the_patients_word(
    patient: Patient, place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    ask(patient, place, "chu-lille", doctor, now)
    assert basis_of(patient, specialist, now) is None
    ask(patient, place, "chu-lille", doctor, now, is_vital=True)
    assert basis_of(patient, specialist, now) == Basis.VITAL_EMERGENCY
    ask(patient, place, "chu-lille", doctor, now, has_consent=True)
    assert basis_of(patient, specialist, now) == Basis.CONSENT
    assert CareLink.objects.filter(kind=LinkKind.REQUEST).count() == 1
    assert Consent.objects.get().organization == place("chu-lille")


@pytest.mark.parametrize(
    ("kind", "role", "expected"),
    [
        (GroupKind.GHT, MemberRole.PARTY, Basis.SAME_GROUP),
        (GroupKind.GHT, MemberRole.ASSOCIATE, None),
        (GroupKind.GCS, MemberRole.PARTY, Basis.LISTED_STRUCTURE),
        (GroupKind.FMIH, MemberRole.PARTY, None),
        (GroupKind.CPTS, MemberRole.PARTY, None),
    ],
)
def test_what_a_common_membership_opens(
    patient: Patient,
    place: Place,
    doctor: Actor,
    specialist: Actor,
    now: datetime,
    kind: GroupKind,
    role: MemberRole,
    expected: Basis | None,
) -> None:
    join_group(kind, role, "ch-maubeuge", "chu-lille")
    ask(patient, place, "chu-lille", doctor, now)
    assert basis_of(patient, specialist, now) == expected


def test_a_dissolved_group_opens_nothing(
    patient: Patient, place: Place, doctor: Actor, neighbour: Actor, now: datetime
) -> None:
    ask(patient, place, "ch-valenciennes", doctor, now)
    OrganizationGroup.objects.filter(slug="ght-hainaut").update(ends_on=date(2026, 11, 22))
    assert basis_of(patient, neighbour, now) is None
    assert basis_of(patient, neighbour, now - timedelta(days=1)) is None


def test_a_closed_request_reads_a_week_then_no_more(
    patient: Patient, place: Place, doctor: Actor, neighbour: Actor, now: datetime
) -> None:
    ask(patient, place, "ch-valenciennes", doctor, now)
    closed = now + timedelta(hours=3)
    assert close_links(reference="demande-1", by=doctor, at=closed) == 1
    assert close_links(reference="demande-1", by=doctor, at=closed) == 0
    last = closed + AFTER_REQUEST
    assert basis_of(patient, neighbour, last - timedelta(seconds=1)) == Basis.SAME_GROUP
    assert basis_of(patient, neighbour, last) is None


def test_links_without_a_reference_are_not_closed_by_an_empty_one(
    patient: Patient, doctor: Actor, now: datetime
) -> None:
    assert close_links(reference="", by=doctor, at=now) == 0
    assert CareLink.objects.get().ends_at is None


def test_only_the_links_asked_for_are_closed(
    patient: Patient, place: Place, doctor: Actor, now: datetime
) -> None:
    ask(patient, place, "ch-valenciennes", doctor, now)
    ask(patient, place, "chu-lille", doctor, now)
    closed = close_links(
        reference="demande-1",
        kinds=[LinkKind.REQUEST],
        organization=place("chu-lille"),
        by=doctor,
        at=now,
    )
    assert closed == 1
    still = CareLink.objects.filter(kind=LinkKind.REQUEST, ends_at__isnull=True).get()
    assert still.organization == place("ch-valenciennes")


def test_who_has_no_basis_opens_no_door(
    patient: Patient, place: Place, specialist: Actor, now: datetime
) -> None:
    for kind in LinkKind:
        with pytest.raises(NotAllowed):
            open_link(
                patient=patient,
                kind=kind,
                organization=place("chu-lille"),
                asked_by=place("ch-maubeuge"),
                by=specialist,
                at=now,
            )


def test_a_passing_basis_makes_no_lasting_one(
    patient: Patient, place: Place, specialist: Actor, now: datetime
) -> None:
    break_glass(
        patient=patient,
        organization=place("chu-lille"),
        reason="Patient inconscient, antécédents inconnus",
        by=specialist,
        at=now,
    )
    for kind in (LinkKind.STAY, LinkKind.TEAM, LinkKind.REQUEST):
        with pytest.raises(NotAllowed, match="déclarez la venue"):
            open_link(
                patient=patient,
                kind=kind,
                organization=place("chu-lille"),
                asked_by=place("chu-lille"),
                by=specialist,
                at=now,
            )
    onward = open_link(
        patient=patient,
        kind=LinkKind.REQUEST,
        organization=place("ch-valenciennes"),
        asked_by=place("chu-lille"),
        by=specialist,
        at=now,
    )
    assert onward.pk


def test_a_regulator_reads_while_a_move_is_regulated(
    patient: Patient, doctor: Actor, now: datetime
) -> None:
    samu = person("samu", Role.REGULATOR)
    assert basis_of(patient, samu, now) is None
    open_link(
        patient=patient,
        kind=LinkKind.REGULATION,
        organization=None,
        reference="transfert",
        by=samu,
        at=now,
    )
    ground = read_record(patient=patient, what="request", reference="transfert", by=samu, at=now)
    assert (ground.basis, ground.reference) == (Basis.REGULATION, "transfert")


def test_a_stay_that_ended_reads_a_month(patient: Patient, doctor: Actor, now: datetime) -> None:
    end_stay(link=patient.links.get(), by=doctor, at=now)
    assert basis_of(patient, doctor, now + timedelta(days=29)) == Basis.SAME_ESTABLISHMENT
    assert basis_of(patient, doctor, now + timedelta(days=31)) is None


def test_a_record_that_does_not_exist(directory: None) -> None:
    with pytest.raises(NotFound, match="n'existe pas"):
        get_patient("AAAAAAAAAA")


def test_bases_of_a_hundred_patients_cost_what_one_does(
    place: Place,
    doctor: Actor,
    neighbour: Actor,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    patients = [make(place, doctor, now) for _ in range(100)]
    for patient in patients[:40]:
        ask(patient, place, "ch-valenciennes", doctor, now)
    with django_assert_num_queries(6):
        assert len(list_grounds(patients, by=neighbour, at=now)) == 40
    with django_assert_num_queries(6):
        assert list_grounds(patients[:1], by=neighbour, at=now)
    with django_assert_num_queries(5):  # no request to oneself: no membership is read
        assert len(list_grounds(patients, by=doctor, at=now)) == 100
    with django_assert_num_queries(0):
        assert not list_grounds(patients, by=person("dim", Role.DIM), at=now)
    with django_assert_num_queries(0):
        assert not list_grounds([], by=doctor, at=now)


def test_a_reading_costs_little(
    patient: Patient,
    doctor: Actor,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(8):  # five for the basis, the line, the savepoint's two
        read_record(patient=patient, what="record", by=doctor, at=now)
