"""What is looked at again when a draft goes: it may have waited while the world changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from maillage.accounts.enums import Role
from maillage.agreements.enums import AgreementState
from maillage.agreements.models import Agreement, Clause
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion
from maillage.patients.actions import erase_person
from maillage.patients.models import Patient
from maillage.referrals.actions.meetings import create_session
from maillage.referrals.actions.requests import change_draft, create_and_send, send
from maillage.referrals.enums import Act, Kind, PatientAgreement, State
from maillage.referrals.models import Case, MeetingSession, Referral
from maillage.referrals.queries.boards import list_expected
from maillage.referrals.queries.meetings import get_session_page, list_sessions
from maillage.referrals.queries.request_page import Asked, load_setting
from maillage.vocabulary.errors import Invalid, NotFound, Refusal
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import LOCAL, NEIGHBOUR, NOW, SPECIALIST, Hand

OFFICER = scene.person("dpo", Role.AUDITOR)
TO_LILLE: dict[str, Any] = {"to": "thrombectomie-lille", "step_order": 3}


def under_the_clause(patient: Patient) -> Referral:
    clause = Clause.objects.select_related("agreement").get(slug="thrombectomie")
    return scene.written(
        patient, Kind.TRANSFER, clause=clause, basis="clause:thrombectomie", **TO_LILLE
    )


def go(referral: Referral) -> Referral:
    return send(
        referral_key=referral.key, version=referral.version, by=LOCAL, at=NOW + timedelta(hours=1)
    )


def test_a_clause_that_holds_carries_the_request(patient: Patient) -> None:
    assert go(under_the_clause(patient)).state == State.SENT


@pytest.mark.parametrize("what", ["agreement", "clause"])
def test_a_clause_that_ended_since_the_proposal_carries_nobody(patient: Patient, what: str) -> None:
    draft = under_the_clause(patient)
    if what == "agreement":
        Agreement.objects.update(state=AgreementState.TERMINATED, ends_on=NOW.date())
    else:
        Clause.objects.update(ends_on=NOW.date())
    with pytest.raises(Refusal) as error:
        go(draft)
    assert error.value.code == "referrals.clause-over"
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_who_told_the_patient_is_noted_when_it_is_said(patient: Patient) -> None:
    draft = scene.written(patient, patient_agreement=None)
    said = scene.draft(patient, patient_agreement=PatientAgreement.AGREES)
    changed = change_draft(
        referral_key=draft.key, draft=said, version=draft.version, by=scene.COLLEAGUE, at=NOW
    )
    assert changed.patient_informed_by == "Dr Collegue"
    again = change_draft(
        referral_key=draft.key, draft=said, version=changed.version, by=LOCAL, at=NOW
    )
    assert again.patient_informed_by == "Dr Collegue"


def session(team: str = "unv-valenciennes") -> MeetingSession:
    return create_session(
        service=scene.service(team),
        name=f"RCP {team}",
        kind="recours",
        starts_at=NOW + timedelta(days=3),
        quorum=["Neurologie"],
        by=NEIGHBOUR if team == "unv-valenciennes" else SPECIALIST,
        at=NOW,
    )


def test_a_session_is_one_of_the_team_asked(patient: Patient) -> None:
    with pytest.raises(Invalid):
        scene.written(patient, Kind.MEETING, session=session("thrombectomie-lille"))
    assert scene.written(patient, Kind.MEETING, session=session()).session is not None


def test_a_draft_is_on_nobody_s_list(patient: Patient) -> None:
    one = session()
    scene.written(patient, Kind.MEETING, session=one)
    [row] = list_sessions(NEIGHBOUR, at=NOW)
    assert (row.requests, row.open_requests) == (0, 0)
    page = get_session_page(one, by=NEIGHBOUR, at=NOW)
    assert (page.registered, page.waiting) == ([], [])


def test_a_request_that_asks_for_a_session_waits_to_be_put_on_its_list(patient: Patient) -> None:
    one = session()
    hand = Hand(scene.sent(patient, Kind.MEETING, session=one))
    page = get_session_page(one, by=NEIGHBOUR, at=NOW)
    assert [row.row.key for row in page.waiting] == [hand.referral.key]
    assert page.registered == []
    hand.do(Act.SCHEDULE, NEIGHBOUR)
    page = get_session_page(one, by=NEIGHBOUR, at=NOW)
    assert [row.row.key for row in page.registered] == [hand.referral.key]
    assert page.waiting == []


def test_a_return_that_nobody_took_is_expected_again(patient: Patient) -> None:
    hand = scene.taken_over(patient)
    came = hand.referral
    at = hand.at + timedelta(hours=1)
    assert [one.key for one in list_expected(LOCAL, at=at)] == [came.key]
    back = scene.draft(
        patient, Kind.RETURN, case=came.case, previous=came,
        from_organization=scene.hospital("ch-valenciennes"),
        from_service=scene.service("unv-valenciennes"), to="urgences-maubeuge", step_order=1,
    )  # fmt: skip
    asked = Hand(create_and_send(draft=back, token=scene.token(), by=NEIGHBOUR, at=at), at)
    assert list_expected(LOCAL, at=at) == []
    asked.do(Act.REFUSE, LOCAL, reason="NO_BED")
    asked.do(Act.CLOSE, NEIGHBOUR)
    assert [one.key for one in list_expected(LOCAL, at=asked.at)] == [came.key]


def test_nothing_is_written_for_somebody_erased_meanwhile(patient: Patient) -> None:
    """The page was opened before; the record it holds in memory is that of then."""
    erase_person(patient=Patient.objects.get(), reason="sur demande", by=OFFICER, at=NOW)
    with pytest.raises(NotFound):
        scene.written(patient)
    assert not Case.objects.exists()


def test_a_version_that_is_still_written_asks_nothing(patient: Patient) -> None:
    pathway = Pathway.objects.get(slug="avc")
    planned = PathwayVersion.objects.create(
        pathway=pathway, number=2, starts_on=date(2026, 1, 1), **scene.SOURCE
    )
    PathwayStep.objects.create(
        version=planned, order=1, name="Autre", care_type="EMERGENCY", level="PROXIMITY",
        entry="both",
    )  # fmt: skip
    asked = Asked(pathway="avc", kind=Kind.OPINION)
    setting = load_setting(asked, patient=patient, by=LOCAL, at=NOW)
    assert [step.name for step in setting.every_step] == [
        "Urgences", "Unité neurovasculaire", "Thrombectomie",
    ]  # fmt: skip


def test_a_clause_that_begins_by_the_day_asked_for_carries_the_request(patient: Patient) -> None:
    tomorrow = NOW + timedelta(days=1)
    Clause.objects.update(starts_on=tomorrow.date())
    with pytest.raises(Refusal):
        go(under_the_clause(patient))
    draft = under_the_clause(patient)
    Referral.objects.filter(pk=draft.pk).update(route={"at": tomorrow.isoformat()})
    assert go(draft).state == State.SENT
