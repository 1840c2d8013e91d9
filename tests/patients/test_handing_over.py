"""What is handed over to a person, what is erased, when; and no trait in any trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from maillage.accounts.acts import act_name, detail_name
from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Organization
from maillage.patients import sections
from maillage.patients.actions import (
    add_member,
    break_glass,
    change_identity,
    change_identity_state,
    create_patient,
    detect_duplicates,
    end_stay,
    erase_person,
    export_person,
    find_person,
    join_patient,
    merge_patients,
    note_notice,
    read_record,
    record_consent,
    review_opening,
    search_patients,
)
from maillage.patients.enums import (
    ConsentKind,
    ConsentMeans,
    IdentityState,
    MemberKind,
    ReviewState,
)
from maillage.patients.models import DuplicatePair, Patient
from maillage.patients.queries import SearchValues, find_ground
from maillage.patients.rules.identity import full_name
from maillage.patients.sections import Section
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, NotFound, Refusal
from tests.patients.conftest import make, person
from tests.patients.people import JEANNE_INS, TRAITS, jeanne
from tests.patients.test_reading import ask

Place = Callable[[str], Organization]
DPO = person("dpo", Role.AUDITOR)
REASON = "Demande reçue par courrier"


class Kept:
    """A section of an upper room, in memory."""

    def __init__(self) -> None:
        self.rows: dict[int, list[str]] = {}
        self.erased: list[int] = []

    def export(self, ids: Sequence[int]) -> Any:
        return [row for pk in ids for row in self.rows.get(pk, [])]

    def erase(self, ids: Sequence[int]) -> None:
        self.erased += ids


@pytest.fixture
def kept() -> Kept:
    section = Kept()
    sections.register(Section("essai", "Demandes", section.export, section.erase, lambda ids: ""))
    return section


def live(patient: Patient, place: Place, doctor: Actor, specialist: Actor, at: datetime) -> None:
    """Everything that a record may hold."""
    add_member(
        patient=patient, kind=MemberKind.RELATIVE, name="Paul Martinet", tie="fils",
        phone="0600000000", by=doctor, at=at,
    )  # fmt: skip
    record_consent(
        patient=patient, kind=ConsentKind.SHARE, means=ConsentMeans.ORAL,
        comment="Jeanne l'a dit à son fils", by=doctor, at=at,
    )  # fmt: skip
    opening = break_glass(
        patient=patient, organization=place("chu-lille"),
        reason="Jeanne Dupontel inconsciente, AVC", by=specialist, at=at,
    )  # fmt: skip
    note_notice(opening=opening, how="lettre remise", by=specialist, at=at)
    review_opening(
        opening=opening, verdict=ReviewState.JUSTIFIED, comment="AVC de Mme Martinet",
        by=DPO, at=at,
    )  # fmt: skip


def test_all_that_is_kept_is_handed_over(
    patient: Patient,
    place: Place,
    doctor: Actor,
    specialist: Actor,
    kept: Kept,
    now: datetime,
) -> None:
    live(patient, place, doctor, specialist, now)
    read_record(patient=patient, what="record", by=doctor, at=now)
    kept.rows[patient.pk] = ["une demande"]
    told = export_person(patient=patient, by=DPO, at=now)
    assert list(told) == [
        "Identité", "Venues et demandes", "Cercle de soins", "Consentements",
        "Ouvertures en urgence", "Fusions", "Accès au dossier", "Demandes",
    ]  # fmt: skip
    json.dumps(told)
    assert told["Identité"][0]["nom de naissance"] == "DUPONTEL"
    assert told["Identité"][0]["sexe"] == "Féminin"
    assert told["Cercle de soins"][0]["nom"] == "Paul Martinet"
    assert told["Demandes"] == ["une demande"]
    accesses = told["Accès au dossier"]
    assert accesses[0]["acte"] == "Export des données d'une personne"
    assert any(
        line["acte"] == "Lecture d'un dossier patient"
        and "Même établissement" in line["détails"]
        and line["qui"] == doctor.name
        for line in accesses
    )
    with pytest.raises(NotAllowed):
        export_person(patient=patient, by=doctor, at=now)


def test_a_record_is_kept_as_long_as_the_law_says(
    patient: Patient, place: Place, doctor: Actor, now: datetime
) -> None:
    ask(patient, place, "ch-valenciennes", doctor, now)
    with pytest.raises(Refusal, match="pris en charge"):
        erase_person(patient=patient, reason=REASON, by=DPO, at=now)
    end_stay(link=patient.links.get(kind="STAY"), by=doctor, at=now)
    years = timedelta(days=365.25 * 20)
    with pytest.raises(Refusal, match="22 novembre 2046") as refused:
        erase_person(patient=patient, reason=REASON, by=DPO, at=now + years - timedelta(days=2))
    assert refused.value.details == {"until": "2046-11-22"}
    erased = erase_person(patient=patient, reason=REASON, by=DPO, at=now + years)
    assert erased.erased_by == DPO.name
    line = AuditEvent.objects.filter(action="patients.erase").get()
    assert line.details == {"reason": REASON, "why": "retention"}


def test_what_holds_nothing_or_is_invented_may_go(
    patient: Patient, place: Place, doctor: Actor, kept: Kept, now: datetime
) -> None:
    kept.rows[patient.pk] = ["une demande"]
    with pytest.raises(Refusal):
        erase_person(patient=patient, reason=REASON, by=DPO, at=now)
    kept.rows.clear()
    erase_person(patient=patient, reason=REASON, by=DPO, at=now)
    invented = create_patient(
        identity=jeanne(ins_number=JEANNE_INS),
        organization=place("ch-maubeuge"),
        is_synthetic=True,
        by=doctor,
        at=now,
    )
    ask(invented, place, "ch-valenciennes", doctor, now)
    erase_person(patient=invented, reason=REASON, by=DPO, at=now)
    assert kept.erased == [patient.pk, invented.pk]
    whys = AuditEvent.objects.filter(action="patients.erase").order_by("id")
    assert [line.details["why"] for line in whys] == ["empty", "synthetic"]
    # The number is free again, and the erased record is found by nobody.
    make(place, doctor, now, ins_number=JEANNE_INS)


@pytest.mark.parametrize(
    "reason",
    ["", "Mme Dupontel le demande", "demandé pour jeanne", "x" * 241, f"INS {JEANNE_INS}"],
)
def test_a_reason_names_nobody(place: Place, doctor: Actor, now: datetime, reason: str) -> None:
    patient = make(place, doctor, now, ins_number=JEANNE_INS)
    with pytest.raises(Invalid):
        erase_person(patient=patient, reason=reason, by=DPO, at=now)


def test_nothing_that_names_anybody_is_left(
    place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    patient = create_patient(
        identity=jeanne(ins_number=JEANNE_INS, phone="0327123456", attending_doctor="Dr Martinet"),
        organization=place("ch-maubeuge"),
        number="IPP-77",
        is_synthetic=True,
        by=doctor,
        at=now,
    )
    twin = make(place, doctor, now)
    detect_duplicates(by=SYSTEM, at=now)
    live(patient, place, doctor, specialist, now)
    merge_patients(
        kept=patient, absorbed=twin, reason="Jeanne Dupontel, vue", by=person("dim", Role.DIM),
        at=now,
    )  # fmt: skip
    erase_person(patient=patient, reason=REASON, by=DPO, at=now)
    tables = apps.get_app_config("patients").get_models()
    left = " ".join(
        str(value)
        for table in tables
        for row in table._default_manager.values_list()
        for value in row
    ).upper()
    traits = (*TRAITS, "PAUL", "0327123456", "0600000000", "IPP-77", JEANNE_INS)
    assert not [trait for trait in traits if trait.upper() in left]
    assert not DuplicatePair.objects.exists()
    patient.refresh_from_db()
    assert full_name(patient) == "Dossier effacé"
    assert find_ground(patient, by=doctor, at=now) is None
    with pytest.raises(NotFound):
        read_record(patient=patient, what="record", by=doctor, at=now)
    with pytest.raises(NotFound):
        break_glass(
            patient=patient, organization=place("chu-lille"),
            reason="Patient inconscient, antécédents", by=specialist, at=now,
        )  # fmt: skip
    with pytest.raises(Refusal, match="déjà effacé"):
        erase_person(patient=patient, reason=REASON, by=DPO, at=now)
    assert AuditEvent.objects.filter(subject_key=patient.key).exists(), "the trail stays"


def test_a_person_is_found_by_key_or_exact_traits(patient: Patient, now: datetime) -> None:
    assert find_person(key=patient.key, by=DPO, at=now) == [patient]
    assert find_person(
        birth_name="dupontél", first_given_name="Jeanne", birth_date=date(1954, 5, 12),
        by=DPO, at=now,
    ) == [patient]  # fmt: skip


def refusals(
    patient: Patient, place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> list[str]:
    """What is said of acts that are refused."""
    told: list[str] = []

    def refused(act: Callable[..., Any], **values: Any) -> None:
        with pytest.raises(MaillageError) as caught:
            act(at=now, **values)
        error = caught.value
        told.append(f"{error} {error.code} {error.details} {error.__cause__!r}")

    refused(
        create_patient, identity=jeanne(ins_number=JEANNE_INS), organization=place("ch-maubeuge"),
        by=doctor,
    )  # fmt: skip
    refused(
        create_patient, identity=jeanne(birth_name="DUPONTEL1", ins_number="2540559392"),
        organization=place("ch-maubeuge"), by=doctor,
    )  # fmt: skip
    refused(
        join_patient, identity=jeanne(birth_name="MARTINET"), organization=place("chu-lille"),
        by=specialist,
    )  # fmt: skip
    refused(read_record, patient=patient, what="record", by=specialist)
    refused(change_identity, patient=patient, identity=jeanne(), version=9, by=doctor)
    refused(change_identity, patient=patient, identity=jeanne(), version=1, by=specialist)
    refused(erase_person, patient=patient, reason="pour Jeanne", by=DPO)
    refused(search_patients, values=SearchValues(ins_number=JEANNE_INS[:14]), by=doctor)
    return told


def test_no_line_no_log_and_no_refusal_holds_a_trait(
    place: Place,
    doctor: Actor,
    specialist: Actor,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A whole life of a record, refusals included."""
    caplog.set_level(logging.DEBUG, logger="maillage")
    caplog.set_level(logging.INFO)
    patient = make(place, doctor, now, ins_number=JEANNE_INS)
    told = refusals(patient, place, doctor, specialist, now)
    search_patients(
        values=SearchValues(birth_date=date(1954, 5, 12), letters="DUP"), by=doctor, at=now
    )
    read_record(patient=patient, what="record", by=doctor, at=now)
    live(patient, place, doctor, specialist, now)
    ask(patient, place, "chu-lille", doctor, now, has_consent=True)
    change_identity_state(
        patient=patient, to=IdentityState.VALIDATED, document="passeport", version=1,
        by=doctor, at=now,
    )  # fmt: skip
    change_identity(
        patient=patient,
        identity=jeanne(ins_number=JEANNE_INS, birth_name="Dupontelle"),
        version=2,
        by=doctor,
        at=now,
    )
    twin = make(place, doctor, now)
    detect_duplicates(by=SYSTEM, at=now)
    merge_patients(kept=patient, absorbed=twin, reason="Jeanne", by=person("dim", Role.DIM), at=now)
    export_person(patient=patient, by=DPO, at=now)
    lines = list(AuditEvent.objects.filter(action__startswith="patients."))
    assert len(lines) > 15
    check_silent(*told, caplog.text, *(f"{line.subject_name} {line.details}" for line in lines))
    for line in lines:
        assert act_name(line.action) != line.action
        assert all(detail_name(line.action, name) is not None for name in line.details), line


def check_silent(*texts: str) -> None:
    everything = "\n".join(texts).upper()
    traits = (*TRAITS, JEANNE_INS, "PAUL", "INCONSCIENTE", "AVC")
    assert not [trait for trait in traits if trait.upper() in everything]
