"""Mergers by pointer, chains of them, undoing; detection and decisions on pairs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Organization
from maillage.patients import sections
from maillage.patients.actions import (
    change_identity,
    change_identity_state,
    create_patient,
    detect_duplicates,
    dismiss_pair,
    merge_patients,
    open_link,
    read_pair,
    undo_merger,
)
from maillage.patients.enums import Basis, IdentityState, LinkKind, PairState
from maillage.patients.models import DuplicatePair, Merger, Patient
from maillage.patients.queries import (
    family_ids,
    find_ground,
    get_patient,
    list_accesses,
    list_grounds,
)
from maillage.patients.sections import Section
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.patients.conftest import make, person
from tests.patients.people import JEANNE_INS, ins_of, jeanne

Place = Callable[[str], Organization]
VIGILANCE = person("dim", Role.DIM, at="chu-lille")


@pytest.fixture
def three(place: Place, doctor: Actor, now: datetime) -> list[Patient]:
    """Three records of one person."""
    return [make(place, doctor, now, phone=str(n)) for n in range(3)]


@pytest.fixture
def objections() -> list[list[int]]:
    """What a registered section was asked before mergers; it objects to three records."""
    asked: list[list[int]] = []

    def check(ids: object) -> str:
        asked.append(list(ids))  # type: ignore[call-overload]
        return "Deux transferts en cours." if len(asked[-1]) > 2 else ""

    sections.register(Section("essai", "Essai", lambda ids: [], lambda ids: None, check))
    return asked


def merge(kept: Patient, absorbed: Patient, at: datetime) -> Merger:
    return merge_patients(
        kept=kept, absorbed=absorbed, reason="même matricule à l'accueil", by=VIGILANCE, at=at
    )


def test_a_merged_record_is_read_through_the_kept_one(
    place: Place, patient: Patient, specialist: Actor, doctor: Actor, now: datetime
) -> None:
    other = create_patient(
        identity=jeanne(birth_name="Dupontell"),
        organization=place("chu-lille"),
        by=specialist,
        at=now,
    )
    assert find_ground(other, by=doctor, at=now) is None
    merge(patient, other, now)
    assert get_patient(other.key) == patient
    other.refresh_from_db()
    assert family_ids(other) == family_ids(patient) == [patient.pk, other.pk]
    for one in (patient, get_patient(other.key)):
        for by in (doctor, specialist):
            ground = find_ground(one, by=by, at=now)
            assert ground is not None
            assert ground.basis == Basis.SAME_ESTABLISHMENT
    assert other.links.count() == patient.links.count() == 1, "no row moved"
    assert {line.subject_key for line in list_accesses(patient)} == {patient.key, other.key}


def test_chains_resolve_and_undo_restores(three: list[Patient], now: datetime) -> None:
    first, second, third = three
    one = merge(second, first, now)
    two = merge(third, second, now)
    assert [get_patient(each.key) for each in three] == [third, third, third]
    first.refresh_from_db()
    assert family_ids(first) == [third.pk, first.pk, second.pk]
    undo_merger(merger=two, by=VIGILANCE, at=now)
    assert [get_patient(each.key) for each in three] == [second, second, third]
    again = merge(third, Patient.objects.get(pk=second.pk), now)
    undo_merger(merger=one, by=VIGILANCE, at=now)
    assert [get_patient(each.key) for each in three] == [first, third, third]
    undo_merger(merger=again, by=VIGILANCE, at=now)
    assert [get_patient(each.key) for each in three] == three
    with pytest.raises(Refusal, match="Dr Dim a déjà défait"):
        undo_merger(merger=again, by=VIGILANCE, at=now)


def test_bases_of_families_cost_the_same(
    three: list[Patient],
    doctor: Actor,
    now: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    merge(three[1], three[0], now)
    merge(three[2], three[1], now)
    rows = list(Patient.objects.all())
    with django_assert_num_queries(5):
        assert set(list_grounds(rows, by=doctor, at=now)) == {row.pk for row in rows}


def test_what_stands_against_a_merger(
    place: Place, three: list[Patient], doctor: Actor, now: datetime
) -> None:
    first, second, third = three
    with pytest.raises(NotAllowed):
        merge_patients(kept=first, absorbed=second, reason="x", by=doctor, at=now)
    with pytest.raises(Invalid):
        merge_patients(kept=first, absorbed=second, reason=" ", by=VIGILANCE, at=now)
    with pytest.raises(Refusal, match="même dossier"):
        merge(first, first, now)
    merge(first, second, now)
    for kept, absorbed in ((third, second), (second, third)):
        with pytest.raises(Refusal, match="déjà fusionné"):
            merge(kept, absorbed, now)
    known = make(place, doctor, now, ins_number=JEANNE_INS)
    with pytest.raises(Refusal, match="mieux établie"):
        merge(third, known, now)
    other = make(place, doctor, now, ins_number=ins_of("2540559392002"))
    with pytest.raises(Refusal, match="matricules INS différents"):
        merge(known, other, now)
    change_identity_state(
        patient=third,
        to=IdentityState.VALIDATED,
        document="passeport",
        version=1,
        by=doctor,
        at=now,
    )
    with pytest.raises(Refusal, match="mieux établie"):
        merge(first, third, now)


def test_upper_rooms_are_asked_first(
    three: list[Patient], objections: list[list[int]], now: datetime
) -> None:
    merge(three[1], three[0], now)
    assert objections == [[three[1].pk, three[0].pk]]
    with pytest.raises(Refusal, match="Deux transferts en cours"):
        merge(three[2], three[1], now)
    assert sorted(objections[-1]) == sorted(one.pk for one in three)
    assert get_patient(three[1].key) == three[1]
    assert Merger.objects.count() == 1


def test_undoing_never_makes_two_of_one_ins_number(
    place: Place, doctor: Actor, now: datetime
) -> None:
    known = make(place, doctor, now, ins_number=JEANNE_INS)
    kept = make(place, doctor, now, ins_number=ins_of("2540559392002"))
    kept = change_identity(patient=kept, identity=jeanne(), version=1, by=doctor, at=now)
    merger = merge(known, kept, now)
    undo_merger(merger=merger, by=VIGILANCE, at=now)
    Patient.objects.filter(pk=known.pk).update(ins_number="", ins_oid="")
    Patient.objects.filter(pk=kept.pk).update(ins_number=JEANNE_INS)
    merger = merge(Patient.objects.get(pk=kept.pk), Patient.objects.get(pk=known.pk), now)
    Patient.objects.filter(pk=known.pk).update(ins_number=JEANNE_INS)
    with pytest.raises(Refusal) as refused:
        undo_merger(merger=merger, by=VIGILANCE, at=now)
    assert refused.value.code == "patients.ins-taken"
    merger.refresh_from_db()
    assert merger.undone_at is None


def test_a_link_asked_on_a_merged_record_goes_to_the_kept_one(
    place: Place, three: list[Patient], doctor: Actor, now: datetime
) -> None:
    merge(three[1], three[0], now)
    link = open_link(
        patient=Patient.objects.get(pk=three[0].pk),
        kind=LinkKind.REQUEST,
        organization=place("chu-lille"),
        asked_by=place("ch-maubeuge"),
        reference="r",
        by=doctor,
        at=now,
    )
    assert link.patient == three[1]


def test_the_night_finds_pairs_once_and_respects_decisions(
    three: list[Patient], place: Place, doctor: Actor, now: datetime
) -> None:
    make(place, doctor, now, birth_name="Lefebvre", birth_date=date(1980, 1, 2))
    assert detect_duplicates(by=SYSTEM, at=now) == 3
    assert detect_duplicates(by=SYSTEM, at=now) == 0
    pair = DuplicatePair.objects.order_by("id").first()
    assert pair is not None
    assert (pair.score, pair.state) == (100, PairState.OPEN)
    assert "même date de naissance" in pair.reasons
    dismiss_pair(pair=pair, by=VIGILANCE, at=now)
    with pytest.raises(Refusal, match="a déjà décidé"):
        dismiss_pair(pair=pair, by=VIGILANCE, at=now)
    with pytest.raises(NotAllowed):
        dismiss_pair(pair=pair, by=doctor, at=now)
    with pytest.raises(Refusal, match="a déjà décidé"):
        # From a page that still shows the pair as open.
        merge(pair.first, pair.second, now)
    assert detect_duplicates(by=SYSTEM, at=now) == 0
    pair.refresh_from_db()
    assert pair.state == PairState.DISMISSED
    line = AuditEvent.objects.filter(action="patients.detect-duplicates").first()
    assert line is not None
    assert line.details == {"created": 0}


def test_pairs_follow_the_records(three: list[Patient], doctor: Actor, now: datetime) -> None:
    first, second, third = three
    detect_duplicates(by=SYSTEM, at=now)
    change_identity(
        patient=third, identity=jeanne(first_given_name="Louise", birth_given_names=""),
        version=1, by=doctor, at=now,
    )  # fmt: skip
    assert detect_duplicates(by=SYSTEM, at=now, patient=third) == 0
    assert DuplicatePair.objects.count() == 1
    merger = merge(first, second, now)
    assert DuplicatePair.objects.get().state == PairState.MERGED
    assert detect_duplicates(by=SYSTEM, at=now) == 0
    undo_merger(merger=merger, by=VIGILANCE, at=now)
    assert DuplicatePair.objects.get().state == PairState.OPEN


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"birth_date": date(1954, 12, 5)},
        {"birth_date": date(1945, 5, 12)},
        {"birth_date": date(1954, 5, 21)},
        {"birth_name": "Jeanne", "first_given_name": "Dupontel", "birth_given_names": ""},
    ],
)
def test_one_record_and_all_find_the_same(
    place: Place, patient: Patient, doctor: Actor, now: datetime, changed: dict[str, object]
) -> None:
    twin = make(place, doctor, now, **changed)
    assert detect_duplicates(by=SYSTEM, at=now, patient=twin) == 1
    DuplicatePair.objects.all().delete()
    assert detect_duplicates(by=SYSTEM, at=now) == 1


def test_detection_reads_all_records_in_a_few_queries(
    three: list[Patient],
    now: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(8):
        detect_duplicates(by=SYSTEM, at=now)


def test_the_traits_of_a_pair_are_for_identity_vigilance(
    three: list[Patient], doctor: Actor, now: datetime
) -> None:
    detect_duplicates(by=SYSTEM, at=now)
    pair = DuplicatePair.objects.select_related("first", "second").first()
    assert pair is not None
    with pytest.raises(NotAllowed):
        read_pair(pair=pair, by=doctor, at=now)
    read_pair(pair=pair, by=VIGILANCE, at=now)
    lines = AuditEvent.objects.filter(action="patients.compare")
    assert {line.subject_key for line in lines} == {pair.first.key, pair.second.key}
