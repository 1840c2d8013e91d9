"""Opening and joining records; correcting an identity and saying how far it is trusted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions import (
    change_identity,
    change_identity_state,
    create_patient,
    join_patient,
)
from maillage.patients.actions.admission import read_identity
from maillage.patients.enums import Basis, IdentityState, LinkKind, Sex
from maillage.patients.models import CareLink, Patient
from maillage.patients.queries import find_ground
from maillage.patients.rules.identity import Identity, spaced_ins
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, NotFound, Refusal
from tests.patients.conftest import make, person
from tests.patients.people import JEANNE_INS, ins_of, jeanne

Place = Callable[[str], Organization]
QUALIFIED, RETRIEVED = IdentityState.QUALIFIED, IdentityState.RETRIEVED
VALIDATED, PROVISIONAL = IdentityState.VALIDATED, IdentityState.PROVISIONAL


def test_a_new_record_is_provisional_and_opens_a_stay(
    place: Place, doctor: Actor, now: datetime
) -> None:
    patient = create_patient(
        identity=jeanne(commune="59392"),
        organization=place("ch-maubeuge"),
        number=" 8001234 ",
        by=doctor,
        at=now,
    )
    kept = Patient.objects.get(pk=patient.pk)
    assert (kept.birth_name, kept.commune_id, kept.identity_state) == (
        "DUPONTEL", "59392", "PROVISIONAL",
    )  # fmt: skip
    assert kept.search_name == "dupontel jeanne martinet"
    link = CareLink.objects.get()
    assert (link.kind, link.number, link.organization) == (
        LinkKind.STAY, "8001234", place("ch-maubeuge"),
    )  # fmt: skip
    lines = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert [line for line in lines if line.startswith("patients.")] == [
        "patients.create",
        "patients.open-link",
    ]


@pytest.mark.parametrize(
    "by",
    [
        person("lille", Role.DOCTOR, at="chu-lille"),
        person("dim", Role.DIM, at="ch-maubeuge"),
        person("samu", Role.REGULATOR, at="ch-maubeuge"),
    ],
)
def test_records_are_opened_by_who_admits_there(place: Place, now: datetime, by: Actor) -> None:
    with pytest.raises(NotAllowed):
        make(place, by, now)
    with pytest.raises(NotAllowed):
        join_patient(identity=jeanne(), organization=place("ch-maubeuge"), by=by, at=now)
    assert not Patient.objects.exists()


def test_an_unknown_commune_is_refused(place: Place, doctor: Actor, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        make(place, doctor, now, commune="99999")
    assert refused.value.problems[0].field == "commune"


def test_one_ins_number_is_one_record(place: Place, doctor: Actor, now: datetime) -> None:
    make(place, doctor, now, ins_number=JEANNE_INS)
    with pytest.raises(Refusal) as refused:
        make(place, doctor, now, ins_number=spaced_ins(JEANNE_INS), birth_name="Autre")
    assert refused.value.code == "patients.ins-taken"
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        Identity(ins_number=spaced_ins(JEANNE_INS)),
        jeanne(),
        jeanne(used_name="", phone="0600000000"),
        Identity(
            birth_name="dupontél",
            birth_given_names="Jeanne Marie",
            birth_date=date(1954, 5, 12),
            sex=Sex.FEMALE,
            birthplace="59392",
        ),
    ],
)
def test_a_known_patient_is_joined(
    place: Place, doctor: Actor, specialist: Actor, now: datetime, typed: Identity
) -> None:
    patient = make(place, doctor, now, ins_number=JEANNE_INS)
    assert find_ground(patient, by=specialist, at=now) is None
    joined = join_patient(identity=typed, organization=place("chu-lille"), by=specialist, at=now)
    assert joined == patient
    ground = find_ground(patient, by=specialist, at=now)
    assert ground is not None
    assert (ground.basis, ground.organization) == (Basis.SAME_ESTABLISHMENT, "chu-lille")
    assert AuditEvent.objects.filter(action="patients.join", organization="chu-lille").count() == 1
    again = join_patient(identity=typed, organization=place("chu-lille"), by=specialist, at=now)
    assert again == patient
    assert patient.links.filter(organization=place("chu-lille")).count() == 1


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"birth_name": "Dupontelle"}, NotFound),
        ({"birth_date": date(1954, 5, 13)}, NotFound),
        ({"sex": Sex.MALE}, NotFound),
        ({"birthplace": "59350"}, NotFound),
        ({"birth_given_names": "Jeanne Lou"}, NotFound),
        ({"sex": Sex.UNKNOWN}, Invalid),
        ({"birthplace": ""}, Invalid),
        ({"birth_date": None}, Invalid),
        ({"ins_number": "2540559392"}, Invalid),
        ({"ins_number": ins_of("1540559392001")}, NotFound),
    ],
)
def test_near_is_not_enough_to_join(
    place: Place,
    patient: Patient,
    specialist: Actor,
    now: datetime,
    typed: dict[str, Any],
    error: type[MaillageError],
) -> None:
    with pytest.raises(error):
        join_patient(
            identity=jeanne(**typed), organization=place("chu-lille"), by=specialist, at=now
        )
    assert find_ground(patient, by=specialist, at=now) is None


def test_two_records_of_one_identity_are_not_chosen_between(
    place: Place, patient: Patient, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    make(place, doctor, now)
    with pytest.raises(Refusal, match="rapprocher"):
        join_patient(identity=jeanne(), organization=place("chu-lille"), by=specialist, at=now)


def test_a_correction_is_written_without_its_values(
    patient: Patient, doctor: Actor, now: datetime
) -> None:
    changed = change_identity(
        patient=patient, identity=jeanne(phone="0327000000"), version=1, by=doctor, at=now
    )
    assert (changed.phone, changed.version) == ("0327000000", 2)
    line = AuditEvent.objects.get(action="patients.change-identity")
    assert line.details == {"fields": ["phone"], "state": "PROVISIONAL"}


def test_nothing_changed_is_nothing_written(patient: Patient, doctor: Actor, now: datetime) -> None:
    same = change_identity(
        patient=patient, identity=read_identity(patient), version=1, by=doctor, at=now
    )
    assert same.version == 1
    assert not AuditEvent.objects.filter(action="patients.change-identity").exists()


def test_an_older_page_overwrites_nothing(patient: Patient, doctor: Actor, now: datetime) -> None:
    change_identity(patient=patient, identity=jeanne(phone="01"), version=1, by=doctor, at=now)
    with pytest.raises(Refusal) as refused:
        change_identity(patient=patient, identity=jeanne(phone="02"), version=1, by=doctor, at=now)
    assert refused.value.code == "patients.stale"
    assert refused.value.details == {"version": 2}
    with pytest.raises(Refusal):
        change_identity_state(
            patient=patient, to=VALIDATED, document="passeport", version=1, by=doctor, at=now
        )
    patient.refresh_from_db()
    assert (patient.phone, patient.identity_state) == ("01", PROVISIONAL)


def test_identities_are_corrected_where_the_patient_is(
    patient: Patient, neighbour: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="identitovigilance"):
        change_identity(patient=patient, identity=jeanne(), version=1, by=neighbour, at=now)
    vigilance = person("dim", Role.DIM, at="chu-lille")
    changed = change_identity(
        patient=patient, identity=jeanne(birth_name="Dupontelle"), version=1, by=vigilance, at=now
    )
    assert changed.birth_name == "DUPONTELLE"


@pytest.mark.parametrize("first", [RETRIEVED, VALIDATED])
def test_two_ways_to_a_qualified_identity(
    place: Place, doctor: Actor, now: datetime, first: IdentityState
) -> None:
    patient = make(place, doctor, now, ins_number=JEANNE_INS)
    document = "passeport" if first is VALIDATED else ""
    patient = change_identity_state(
        patient=patient, to=first, document=document, version=1, by=doctor, at=now
    )
    patient = change_identity_state(
        patient=patient,
        to=QUALIFIED,
        document="" if first is VALIDATED else "carte d'identité",
        version=2,
        by=doctor,
        at=now,
    )
    patient.refresh_from_db()
    assert (patient.identity_state, patient.identity_checked_on) == (QUALIFIED, date(2026, 11, 22))
    assert patient.identity_document in ("passeport", "carte d'identité")
    # A name in use changes nothing; a strict trait takes everything back.
    patient = change_identity(
        patient=patient,
        identity=jeanne(ins_number=JEANNE_INS, used_name="Durand"),
        version=3,
        by=doctor,
        at=now,
    )
    assert patient.identity_state == QUALIFIED
    patient = change_identity(
        patient=patient,
        identity=jeanne(ins_number=JEANNE_INS, birth_date=date(1954, 5, 21)),
        version=4,
        by=doctor,
        at=now,
    )
    assert (patient.identity_state, patient.identity_checked_on) == (PROVISIONAL, None)


def test_another_number_leaves_what_the_document_supports(
    place: Place, doctor: Actor, now: datetime
) -> None:
    patient = make(place, doctor, now, ins_number=JEANNE_INS)
    for version, (to, document) in enumerate([(RETRIEVED, ""), (QUALIFIED, "passeport")], 1):
        patient = change_identity_state(
            patient=patient, to=to, document=document, version=version, by=doctor, at=now
        )
    patient = change_identity(patient=patient, identity=jeanne(), version=3, by=doctor, at=now)
    assert (patient.identity_state, patient.ins_number) == (VALIDATED, "")
    assert patient.identity_document == "passeport"


def test_a_number_taken_by_another_record_is_refused(
    place: Place, patient: Patient, doctor: Actor, now: datetime
) -> None:
    make(place, doctor, now, ins_number=JEANNE_INS)
    with pytest.raises(Refusal) as refused:
        change_identity(
            patient=patient, identity=jeanne(ins_number=JEANNE_INS), version=1, by=doctor, at=now
        )
    assert refused.value.code == "patients.ins-taken"
