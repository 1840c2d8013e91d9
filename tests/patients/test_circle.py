"""Consents, oppositions and the care circle; emergency openings and their review."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, User
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions import (
    add_member,
    break_glass,
    close_opening,
    end_member,
    note_notice,
    open_link,
    read_record,
    record_consent,
    review_opening,
    withdraw_consent,
)
from maillage.patients.enums import (
    Basis,
    ConsentKind,
    ConsentMeans,
    LinkKind,
    MemberKind,
    ReviewState,
)
from maillage.patients.models import BreakGlass, Consent, Patient
from maillage.patients.queries import find_ground, get_record, list_notices_due, list_openings
from maillage.patients.rules.constants import BREAK_GLASS_LASTS, NOTICE_WITHIN
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.patients.conftest import person
from tests.patients.test_reading import ask, basis_of

Place = Callable[[str], Organization]
REASON = "Arrêt cardiaque, anticoagulants à connaître"
AUDITOR = person("dpo", Role.AUDITOR)


def say(
    patient: Patient,
    kind: ConsentKind,
    by: Actor,
    at: datetime,
    organization: Organization | None = None,
) -> Consent:
    return record_consent(
        patient=patient,
        kind=kind,
        means=ConsentMeans.ORAL,
        organization=organization,
        by=by,
        at=at,
    )


def test_a_consent_is_withdrawn_and_the_door_closes(
    patient: Patient, place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    ask(patient, place, "chu-lille", doctor, now, has_consent=True)
    assert basis_of(patient, specialist, now) == Basis.CONSENT
    later = now + timedelta(hours=1)
    withdraw_consent(consent=Consent.objects.get(), by=doctor, at=later)
    assert basis_of(patient, specialist, later) is None
    with pytest.raises(NotAllowed):
        read_record(patient=patient, what="request", by=specialist, at=later)
    given = say(patient, ConsentKind.SHARE, doctor, later)
    assert basis_of(patient, specialist, later) == Basis.CONSENT
    assert withdraw_consent(consent=given, by=doctor, at=later).withdrawn_by == doctor.name
    assert basis_of(patient, specialist, later + timedelta(minutes=1)) is None


def test_the_last_word_of_a_patient_holds(
    patient: Patient, place: Place, doctor: Actor, now: datetime
) -> None:
    valenciennes = place("ch-valenciennes")
    neighbour = person("voisin", Role.DOCTOR, at="ch-valenciennes")
    ask(patient, place, "ch-valenciennes", doctor, now)
    consent = say(patient, ConsentKind.SHARE, doctor, now, valenciennes)
    assert say(patient, ConsentKind.SHARE, doctor, now, valenciennes) == consent
    say(patient, ConsentKind.OPPOSITION, doctor, now + timedelta(hours=1), valenciennes)
    consent.refresh_from_db()
    assert consent.withdrawn_at is not None
    at = now + timedelta(hours=2)
    assert basis_of(patient, neighbour, at) is None
    say(patient, ConsentKind.SHARE, doctor, at, valenciennes)
    assert basis_of(patient, neighbour, at) == Basis.SAME_GROUP
    assert Consent.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_a_box_of_a_request_does_not_lift_an_opposition(
    patient: Patient, place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    say(patient, ConsentKind.OPPOSITION, doctor, now, place("chu-lille"))
    ask(patient, place, "chu-lille", doctor, now, has_consent=True)
    assert basis_of(patient, specialist, now) is None
    assert Consent.objects.count() == 1


def test_consents_are_noted_by_who_takes_part(
    patient: Patient, place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        say(patient, ConsentKind.SHARE, specialist, now)
    break_glass(
        patient=patient, organization=place("chu-lille"), reason=REASON, by=specialist, at=now
    )
    with pytest.raises(NotAllowed, match="prennent le patient"):
        say(patient, ConsentKind.SHARE, specialist, now)
    with pytest.raises(NotAllowed, match="prennent le patient"):
        add_member(
            patient=patient,
            kind=MemberKind.STRUCTURE,
            name="CHU",
            organization=place("chu-lille"),
            by=specialist,
            at=now,
        )
    assert say(patient, ConsentKind.OPPOSITION, AUDITOR, now).recorded_by == AUDITOR.name


def test_a_member_reads_while_in_the_circle(
    patient: Patient, place: Place, doctor: Actor, now: datetime
) -> None:
    User.objects.create(username="infirmiere", full_name="Camille Essai")
    nurse = person("infirmiere", Role.CITY, at="chu-lille")
    member = add_member(
        patient=patient,
        kind=MemberKind.PROFESSIONAL,
        name="Camille Essai",
        username="infirmiere",
        by=doctor,
        at=now,
    )
    assert basis_of(patient, nurse, now) == Basis.RECOGNISED_TEAM
    assert basis_of(patient, person("infirmiere", Role.DIRECTOR), now) is None
    end_member(member=member, by=doctor, at=now + timedelta(hours=1))
    assert basis_of(patient, nurse, now + timedelta(hours=1)) is None
    add_member(
        patient=patient,
        kind=MemberKind.PROFESSIONAL,
        name="Camille Essai",
        username="infirmiere",
        by=doctor,
        at=now + timedelta(hours=2),
    )
    assert basis_of(patient, nurse, now + timedelta(hours=2)) == Basis.RECOGNISED_TEAM
    record = get_record(patient, at=now + timedelta(hours=2))
    assert (len(record.team), len(record.past_team)) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "name", "username", "field"),
    [
        (MemberKind.RELATIVE, "", "", "name"),
        (MemberKind.RELATIVE, "Paul", "doc", "username"),
        (MemberKind.PROFESSIONAL, "Paul", "personne", "username"),
        (MemberKind.STRUCTURE, "SSIAD", "", "organization"),
    ],
)
def test_a_member_must_hold_together(
    patient: Patient,
    doctor: Actor,
    now: datetime,
    kind: MemberKind,
    name: str,
    username: str,
    field: str,
) -> None:
    with pytest.raises(Invalid) as refused:
        add_member(patient=patient, kind=kind, name=name, username=username, by=doctor, at=now)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_relatives_and_professionals_without_account_open_nothing(
    patient: Patient, doctor: Actor, place: Place, specialist: Actor, now: datetime
) -> None:
    for kind in (MemberKind.RELATIVE, MemberKind.PROFESSIONAL):
        add_member(
            patient=patient,
            kind=kind,
            name="Paul",
            organization=place("chu-lille"),
            by=doctor,
            at=now,
        )
    assert basis_of(patient, specialist, now) is None


def opened(patient: Patient, place: Place, by: Actor, at: datetime) -> BreakGlass:
    return break_glass(
        patient=patient, organization=place("chu-lille"), reason=REASON, by=by, at=at
    )


def test_the_glass_is_broken_for_an_hour(
    patient: Patient, place: Place, specialist: Actor, now: datetime
) -> None:
    opening = opened(patient, place, specialist, now)
    ground = read_record(patient=patient, what="record", by=specialist, at=now)
    assert (ground.basis, ground.organization) == (Basis.BREAK_GLASS, "chu-lille")
    assert ground.until == now + BREAK_GLASS_LASTS
    assert basis_of(patient, specialist, now + BREAK_GLASS_LASTS) is None
    colleague = person("collegue", Role.DOCTOR, at="chu-lille")
    assert basis_of(patient, colleague, now) is None
    assert list_openings().get() == opening
    line = AuditEvent.objects.get(action="patients.break-glass")
    assert REASON not in str(line.details)


def test_two_clicks_open_once_and_it_may_be_closed_early(
    patient: Patient, place: Place, specialist: Actor, now: datetime
) -> None:
    opening = opened(patient, place, specialist, now)
    assert opened(patient, place, specialist, now) == opening
    with pytest.raises(NotAllowed):
        close_opening(opening=opening, by=AUDITOR, at=now)
    close_opening(opening=opening, by=specialist, at=now + timedelta(minutes=5))
    assert basis_of(patient, specialist, now + timedelta(minutes=5)) is None
    assert opened(patient, place, specialist, now + timedelta(minutes=6)) != opening


@pytest.mark.parametrize("reason", ["", "urgence", "a" * 40, "... ... ... ... ...", "x" * 401])
def test_a_reason_says_something(
    patient: Patient, place: Place, specialist: Actor, now: datetime, reason: str
) -> None:
    with pytest.raises(Invalid):
        break_glass(
            patient=patient, organization=place("chu-lille"), reason=reason, by=specialist, at=now
        )
    assert not BreakGlass.objects.exists()


def test_who_may_not_break_the_glass(
    patient: Patient, place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    for by in (AUDITOR, person("ville", Role.CITY, at="chu-lille")):
        with pytest.raises(NotAllowed):
            opened(patient, place, by, now)
    with pytest.raises(NotAllowed, match="n'exercez pas"):
        break_glass(
            patient=patient, organization=place("ch-cambrai"), reason=REASON, by=specialist, at=now
        )
    with pytest.raises(Refusal, match="déjà ouvert"):
        break_glass(
            patient=patient, organization=place("ch-maubeuge"), reason=REASON, by=doctor, at=now
        )


def test_the_patient_is_told_once(
    patient: Patient, place: Place, specialist: Actor, now: datetime
) -> None:
    opening = opened(patient, place, specialist, now)
    assert not list_notices_due(at=now).exists()
    assert list_notices_due(at=now + NOTICE_WITHIN).get() == opening
    with pytest.raises(NotAllowed):
        note_notice(opening=opening, how="courrier", by=person("x", Role.DOCTOR), at=now)
    with pytest.raises(Invalid):
        note_notice(opening=opening, how=" ", by=AUDITOR, at=now)
    note_notice(opening=opening, how="de vive voix", by=specialist, at=now)
    with pytest.raises(Refusal, match="a déjà noté"):
        note_notice(opening=opening, how="courrier", by=AUDITOR, at=now)
    assert not list_notices_due(at=now + NOTICE_WITHIN).exists()


def test_somebody_else_reviews_once(
    patient: Patient, place: Place, specialist: Actor, now: datetime
) -> None:
    both = Actor("lille", "Dr Lille", (*specialist.grants, *AUDITOR.grants))
    opening = opened(patient, place, both, now)
    with pytest.raises(NotAllowed, match="autre personne"):
        review_opening(opening=opening, verdict=ReviewState.JUSTIFIED, by=both, at=now)
    with pytest.raises(NotAllowed):
        review_opening(opening=opening, verdict=ReviewState.JUSTIFIED, by=specialist, at=now)
    for verdict in (ReviewState.PENDING, ReviewState.NOT_JUSTIFIED):
        with pytest.raises(Invalid):
            review_opening(opening=opening, verdict=verdict, by=AUDITOR, at=now)
    done = review_opening(
        opening=opening,
        verdict=ReviewState.NOT_JUSTIFIED,
        comment="Le patient était joignable.",
        by=AUDITOR,
        at=now,
    )
    assert (done.review, done.reviewed_by) == (ReviewState.NOT_JUSTIFIED, AUDITOR.name)
    with pytest.raises(Refusal, match="Dr Dpo a déjà examiné"):
        review_opening(opening=opening, verdict=ReviewState.JUSTIFIED, by=AUDITOR, at=now)
    assert not list_openings().exists()
    assert list_openings(review=None).count() == 1


def test_an_opening_on_a_request_already_read_is_refused(
    patient: Patient, place: Place, doctor: Actor, specialist: Actor, now: datetime
) -> None:
    open_link(
        patient=patient,
        kind=LinkKind.REQUEST,
        organization=place("chu-lille"),
        asked_by=place("ch-maubeuge"),
        is_vital=True,
        by=doctor,
        at=now,
    )
    assert find_ground(patient, by=specialist, at=now) is not None
    with pytest.raises(Refusal):
        opened(patient, place, specialist, now)
