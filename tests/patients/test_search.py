"""Searches: the national rule, no identity without a basis, one line without a trait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions import create_patient, merge_patients, search_patients
from maillage.patients.models import Patient
from maillage.patients.queries import SearchResult, SearchValues, search
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.patients.conftest import make, person
from tests.patients.people import JEANNE_INS, jeanne

Place = Callable[[str], Organization]
BORN = date(1954, 5, 12)


def look(by: Actor, at: datetime, **values: Any) -> SearchResult:
    return search_patients(values=SearchValues(**values), by=by, at=at)


def found(result: SearchResult) -> list[Patient]:
    return [one.patient for one in result.found]


@pytest.mark.parametrize("letters", ["", "d", "DUP", "dup", "Dupontel", "mar", "Mârtinet"])
def test_a_birth_date_and_the_first_letters(
    patient: Patient, doctor: Actor, now: datetime, letters: str
) -> None:
    assert found(look(doctor, now, birth_date=BORN, letters=letters)) == [patient]


@pytest.mark.parametrize(
    "values",
    [
        {"birth_date": BORN, "letters": "jea"},
        {"birth_date": BORN, "letters": "ont"},
        {"birth_date": date(1954, 12, 5), "letters": "dup"},
    ],
)
def test_what_does_not_match(
    patient: Patient, doctor: Actor, now: datetime, values: dict[str, Any]
) -> None:
    assert look(doctor, now, **values) == SearchResult((), 0)


def test_others_are_counted_never_named(
    place: Place, patient: Patient, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    create_patient(
        identity=jeanne(birth_name="Dupré"), organization=place("chu-lille"), by=specialist, at=now
    )
    result = look(specialist, now, birth_date=BORN, letters="dup")
    assert [one.birth_name for one in found(result)] == ["DUPRE"]
    assert result.others == 1
    assert result.others_sentence == "1 autre dossier correspond hors de vos prises en charge"
    assert look(doctor, now, birth_date=BORN).others == 1
    stranger = look(person("cambrai", Role.DOCTOR, at="ch-cambrai"), now, birth_date=BORN)
    assert (stranger.found, stranger.others) == ((), 2)
    assert stranger.others_sentence.startswith("2 autres dossiers correspondent")
    assert SearchResult((), 0).others_sentence == ""


def test_a_whole_ins_number(place: Place, doctor: Actor, specialist: Actor, now: datetime) -> None:
    patient = make(place, doctor, now, ins_number=JEANNE_INS)
    spaced = f"{JEANNE_INS[:1]} {JEANNE_INS[1:]}"
    assert found(look(doctor, now, ins_number=spaced)) == [patient]
    assert look(specialist, now, ins_number=JEANNE_INS).others == 1
    with pytest.raises(Invalid) as refused:
        look(doctor, now, ins_number=JEANNE_INS[:13])
    assert JEANNE_INS[:5] not in str(refused.value)


def test_a_local_number_of_ones_own_house(
    place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    patient = create_patient(
        identity=jeanne(), organization=place("ch-maubeuge"), number="8001", by=doctor, at=now
    )
    assert found(look(doctor, now, number=" 8001 ")) == [patient]
    assert look(specialist, now, number="8001") == SearchResult((), 0)
    assert look(person("partout", Role.DOCTOR), now, number="8001") == SearchResult((), 0)


def test_a_name_alone_finds_nobody(patient: Patient, doctor: Actor, now: datetime) -> None:
    with pytest.raises(Invalid, match="date de naissance"):
        look(doctor, now, letters="dup")


def test_who_gives_no_care_does_not_search(patient: Patient, now: datetime) -> None:
    for role in (Role.DIM, Role.AUDITOR, Role.DIRECTOR, Role.ADMINISTRATOR):
        with pytest.raises(NotAllowed):
            look(person("bureau", role, at="ch-maubeuge"), now, birth_date=BORN)
    assert not AuditEvent.objects.filter(action="patients.search").exists()


def test_old_traits_find_the_record_that_is_kept(
    place: Place, patient: Patient, doctor: Actor, now: datetime
) -> None:
    other = make(place, doctor, now, birth_name="Zanzibar", used_name="")
    merge_patients(
        kept=patient, absorbed=other, reason="erreur", by=person("dim", Role.DIM), at=now
    )
    assert found(look(doctor, now, birth_date=BORN, letters="zan")) == [patient]


def test_too_many_are_not_listed(
    place: Place, doctor: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_MATCHES", 2)
    for _ in range(3):
        make(place, doctor, now)
    with pytest.raises(Refusal, match="Plus de 2 dossiers"):
        look(doctor, now, birth_date=BORN)


def test_one_line_says_how_many(
    patient: Patient,
    doctor: Actor,
    now: datetime,
) -> None:
    look(doctor, now, birth_date=BORN, letters="dup")
    line = AuditEvent.objects.get(action="patients.search")
    assert line.details == {"way": "birth", "found": 1, "others": 0}
    assert (line.subject_key, line.subject_name) == ("", "")


def test_a_search_costs_the_same_whatever_it_finds(
    place: Place,
    doctor: Actor,
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(20):
        make(place, doctor, now)
    with django_assert_max_num_queries(9):
        assert len(look(doctor, now, birth_date=BORN).found) == 20
