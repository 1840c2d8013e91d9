"""A request through its life: what each act writes, who holds the ball, until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM
from maillage.agreements.models import Clause
from maillage.patients.enums import LinkKind
from maillage.patients.models import CareLink, Patient
from maillage.patients.queries import find_ground
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.cases import change_case, follow_up
from maillage.referrals.actions.messages import post_message
from maillage.referrals.actions.requests import (
    change_draft,
    create_and_send,
    create_request,
    send,
)
from maillage.referrals.enums import (
    Act,
    Clock,
    Kind,
    Outcome,
    PatientAgreement,
    Priority,
    Side,
    State,
)
from maillage.referrals.models import Case, Event, Message, Notice, Referral
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, Refusal
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import (
    BEDS,
    COLLEAGUE,
    EVERYWHERE,
    LOCAL,
    NEIGHBOUR,
    NOW,
    SAMU,
    SECOND,
    SPECIALIST,
    STRANGER,
    Hand,
)


def code_of(error: pytest.ExceptionInfo[MaillageError]) -> str:
    return error.value.code


def fields_of(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {problem.field for problem in error.value.problems}


# Writing and sending.


def test_a_draft_is_its_writers_and_waits_to_be_sent(patient: Patient) -> None:
    draft = scene.written(patient)
    assert (draft.state, draft.owner, draft.clock) == (State.DRAFT, Side.REQUESTER, Clock.TO_SEND)
    assert draft.due_at == NOW + timedelta(hours=12)
    assert draft.case.summary.startswith("Déficit")
    assert draft.care_type == "STROKE_UNIT"
    with pytest.raises(NotAllowed) as refused:
        act_on(referral_key=draft.key, act=Act.SEE, version=1, by=NEIGHBOUR, at=NOW)
    assert code_of(refused) == "referrals.side"
    assert find_ground(patient, by=NEIGHBOUR, at=NOW) is None


def test_sending_gives_the_ball_and_opens_the_record_to_the_team(patient: Patient) -> None:
    request = scene.sent(patient)
    assert (request.state, request.owner, request.clock) == ("SENT", "TARGET", "TO_SEE")
    assert request.due_at == NOW + timedelta(minutes=15)
    assert request.alarm_at == request.due_at
    ground = find_ground(patient, by=NEIGHBOUR, at=NOW)
    assert ground is not None
    assert ground.basis == "SAME_GROUP"
    assert find_ground(patient, by=STRANGER, at=NOW) is None
    event = request.events.get()
    assert event.data["sent"]["summary"] == "Déficit brutal du membre supérieur droit."
    assert event.version == request.version == 2


def test_the_same_post_twice_is_one_request(patient: Patient) -> None:
    draft = scene.draft(patient)
    first = create_and_send(draft=draft, token="once", by=LOCAL, at=NOW)
    second = create_and_send(draft=draft, token="once", by=LOCAL, at=NOW + timedelta(seconds=3))
    assert (first.pk, second.state) == (second.pk, State.SENT)
    assert Referral.objects.count() == Case.objects.count() == Event.objects.count() == 1
    # Somebody else's key is somebody else's.
    assert create_request(draft=draft, token="once", by=COLLEAGUE, at=NOW).pk != first.pk


def test_a_token_names_one_request(patient: Patient) -> None:
    create_request(draft=scene.draft(patient), token="once", by=LOCAL, at=NOW)
    with pytest.raises(Refusal) as refused:
        create_request(draft=scene.draft(scene.admit()), token="once", by=LOCAL, at=NOW)
    assert code_of(refused) == "referrals.token-used"


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"question": "  "}, {"question"}),
        ({"patient_agreement": None}, {"patient_agreement"}),
        ({"patient_agreement": PatientAgreement.REFUSES}, {"patient_agreement"}),
        ({"patient_agreement": PatientAgreement.UNABLE}, {"patient_agreement"}),
        ({"route": {"lines": [{"service": "unv-maubeuge"}]}}, {"deviation"}),
        ({"route": {"lines": [{"service": {"slug": "unv-maubeuge"}}]}}, {"deviation"}),
        ({"deviation": "OTHER"}, {"deviation_text"}),
    ],
)  # fmt: skip
def test_what_keeps_a_request_from_leaving(
    patient: Patient, changed: dict[str, Any], fields: set[str]
) -> None:
    draft = scene.written(patient, **changed)
    with pytest.raises(Invalid) as refused:
        send(referral_key=draft.key, version=draft.version, by=LOCAL, at=NOW)
    assert fields_of(refused) == fields
    draft.refresh_from_db()
    assert (draft.state, draft.version) == (State.DRAFT, 1)


def test_who_cannot_be_told_is_sent_in_a_vital_emergency(patient: Patient) -> None:
    request = scene.sent(
        patient, patient_agreement=PatientAgreement.UNABLE, is_vital=True, to="thrombectomie-lille"
    )
    ground = find_ground(patient, by=SPECIALIST, at=NOW)
    assert ground is not None
    assert (request.state, ground.basis) == (State.SENT, "VITAL_EMERGENCY")


def test_a_deviation_is_sent_with_its_reason(patient: Patient) -> None:
    route = {"lines": [{"service": "unv-maubeuge"}, {"service": "unv-valenciennes"}]}
    request = scene.sent(patient, route=route, deviation="KNOWN_TEAM")
    assert (request.state, request.deviation) == (State.SENT, "KNOWN_TEAM")


def test_outside_any_agreement_it_goes_and_is_marked(patient: Patient) -> None:
    assert scene.sent(patient, basis="none").is_outside_agreement
    clause = Clause.objects.select_related("agreement").get()
    covered = scene.sent(patient, to="thrombectomie-lille", clause=clause, basis="clause:x")
    assert not covered.is_outside_agreement
    assert covered.agreement == clause.agreement
    with pytest.raises(Invalid) as refused:
        scene.sent(patient, clause=clause)
    assert fields_of(refused) == {"clause"}


def test_nobody_sends_the_record_of_a_patient_of_others(patient: Patient) -> None:
    draft = scene.draft(patient, from_organization=scene.hospital("ch-cambrai"), from_service=None)
    with pytest.raises(NotAllowed) as refused:
        create_request(draft=draft, token="x", by=STRANGER, at=NOW)
    assert code_of(refused) == "patients.no-basis"
    with pytest.raises(NotAllowed):
        create_request(draft=scene.draft(patient), token="x", by=STRANGER, at=NOW)
    with pytest.raises(NotAllowed):
        create_request(draft=scene.draft(patient), token="x", by=EVERYWHERE, at=NOW)


def test_a_draft_is_written_anew_and_a_sent_request_is_not(patient: Patient) -> None:
    draft = scene.written(patient)
    changed = change_draft(
        referral_key=draft.key,
        draft=scene.draft(patient, question="Thrombectomie ?", to="thrombectomie-lille"),
        version=1,
        by=COLLEAGUE,
        at=NOW,
    )
    assert changed.question == Case.objects.get().question == "Thrombectomie ?"
    assert changed.to_organization.slug == "chu-lille"
    with pytest.raises(Refusal) as stale:
        send(referral_key=draft.key, version=1, by=LOCAL, at=NOW)
    assert code_of(stale) == "referrals.stale"
    send(referral_key=draft.key, version=2, by=LOCAL, at=NOW)
    with pytest.raises(Refusal) as gone:
        change_draft(
            referral_key=draft.key, draft=scene.draft(patient), version=3, by=LOCAL, at=NOW
        )
    assert code_of(gone) == "referrals.sent"


# The life of an opinion.


def test_an_opinion_is_seen_answered_and_closed(patient: Patient) -> None:
    hand = Hand(scene.sent(patient))
    seen = hand.do(Act.SEE, NEIGHBOUR, after=2)
    assert (seen.clock, seen.seen_at, seen.taken_by) == (Clock.TO_ANSWER, hand.at, "")
    assert seen.due_at == hand.at + timedelta(hours=1)
    answered = hand.do(Act.ANSWER, SECOND, after=10, conclusion="Thrombolyse.", report="Détail")
    assert (answered.owner, answered.clock) == (Side.REQUESTER, Clock.TO_READ)
    assert (answered.answered_by, answered.taken_by_name) == ("Dr Second", "Dr Second")
    assert answered.decided_at == answered.answered_at == hand.at
    closed = hand.do(Act.CLOSE, COLLEAGUE)
    assert (closed.state, closed.outcome) == (State.CLOSED, Outcome.ADVICE)
    assert (closed.owner, closed.clock, closed.due_at, closed.alarm_at) == ("", "", None, None)
    assert not closed.was_late
    assert not CareLink.objects.filter(kind=LinkKind.REQUEST, ends_at__isnull=True).exists()


def test_opening_again_changes_nothing(patient: Patient) -> None:
    hand = Hand(scene.sent(patient))
    seen = hand.do(Act.SEE, NEIGHBOUR)
    again = act_on(referral_key=seen.key, act=Act.SEE, version=1, by=SECOND, at=NOW)
    assert again.version == seen.version
    assert Event.objects.filter(act=Act.SEE).count() == 1


def test_a_coordinator_opens_without_seeing(patient: Patient) -> None:
    request = scene.sent(patient)
    with pytest.raises(NotAllowed):
        act_on(referral_key=request.key, act=Act.SEE, version=2, by=BEDS, at=NOW)


def test_the_time_of_the_team_stops_while_details_are_waited_for(patient: Patient) -> None:
    hand = Hand(scene.sent(patient))
    hand.do(Act.SEE, NEIGHBOUR)
    asked = hand.do(Act.ASK_INFO, NEIGHBOUR, after=20, text="Heure du début ?")
    assert (asked.owner, asked.clock, asked.left_minutes) == ("REQUESTER", "TO_COMPLETE", 40)
    given = hand.do(Act.GIVE_INFO, LOCAL, after=300, text="2 h 10")
    assert (given.owner, given.clock, given.left_minutes) == ("TARGET", "TO_ANSWER", None)
    assert given.due_at == hand.at + timedelta(minutes=40)
    assert given.was_late
    # Nearly nothing left: a quarter of the whole at the least.
    hand.do(Act.ASK_INFO, NEIGHBOUR, after=39, text="Scanner ?")
    assert hand.do(Act.GIVE_INFO, LOCAL, text="Joint").due_at == hand.at + timedelta(minutes=15)


def test_details_asked_before_opening_leave_the_team_its_whole_time(patient: Patient) -> None:
    hand = Hand(scene.sent(patient))
    hand.do(Act.ASK_INFO, NEIGHBOUR, text="Heure du début ?")
    assert hand.referral.left_minutes is None
    assert hand.do(Act.GIVE_INFO, LOCAL, text="2 h").due_at == hand.at + timedelta(hours=1)


def test_the_clause_comes_before_our_delays(patient: Patient) -> None:
    from maillage.agreements.models import ClauseDelay, ClauseTerms

    clause = Clause.objects.select_related("agreement").get()
    ClauseDelay.objects.create(clause=clause, clock="TO_SEE", priority="P1", minutes=7)
    ClauseTerms.objects.create(clause=clause, return_within_hours=36, price_text="1 200 €")
    request = scene.sent(
        patient, Kind.TRANSFER, to="thrombectomie-lille", clause=clause, step_order=3
    )
    assert request.due_at == NOW + timedelta(minutes=7)
    assert (request.return_within_hours, request.price_text) == (36, "1 200 €")


def test_nobody_answers_ends_in_the_hands_of_who_asked(patient: Patient) -> None:
    hand = Hand(scene.sent(patient))
    expired = hand.do(Act.EXPIRE, SYSTEM, after=600)
    assert (expired.state, expired.owner, expired.was_late) == ("EXPIRED", "REQUESTER", True)
    closed = hand.do(Act.CLOSE, LOCAL)
    assert closed.outcome == Outcome.UNMET


def test_a_priority_raised_starts_the_clock_again_and_never_gives_more(patient: Patient) -> None:
    hand = Hand(scene.sent(patient, priority=Priority.P2))
    waiting = hand.referral.due_at
    raised = hand.do(Act.REPRIORITISE, LOCAL, after=60, priority="P0", text="Se dégrade")
    assert (raised.state, raised.priority) == (State.SENT, "P0")
    assert raised.due_at == hand.at + timedelta(minutes=5)
    with pytest.raises(NotAllowed) as refused:
        hand.do(Act.REPRIORITISE, NEIGHBOUR, priority="P2", text="Attendra")
    assert code_of(refused) == "referrals.lower-priority"
    lowered = hand.do(Act.REPRIORITISE, LOCAL, priority="P2", text="Mieux")
    assert lowered.due_at == waiting
    with pytest.raises(Refusal):
        hand.do(Act.REPRIORITISE, LOCAL, priority="P2", text="Encore")


# What follows.


def test_an_opinion_becomes_an_appointment_then_a_transfer(patient: Patient) -> None:
    from dataclasses import replace

    hand = Hand(scene.sent(patient))
    hand.do(Act.ANSWER, NEIGHBOUR, conclusion="À revoir en consultation.")
    visit = follow_up(referral_key=hand.referral.key, kind=Kind.CONSULTATION, by=LOCAL)
    assert (visit.case, visit.summary, visit.question) == (
        hand.referral.case,
        hand.referral.case.summary,
        "Thrombolyse ?",
    )
    visit = replace(
        visit,
        to_service=scene.service("unv-valenciennes"),
        question="Bilan",
        patient_agreement=PatientAgreement.AGREES,
    )
    second = Hand(create_and_send(draft=visit, token="v", by=LOCAL, at=hand.at), hand.at)
    first = hand.again()
    assert (first.state, first.outcome, first.question) == ("CLOSED", "ADVICE", "Thrombolyse ?")
    hour = hand.at + timedelta(days=3)
    fixed = second.do(Act.SCHEDULE, BEDS, scheduled_at=hour, scheduled_place="Bâtiment B")
    assert (fixed.clock, fixed.due_at) == (Clock.TO_HOLD, hour + timedelta(days=1))
    second.do(Act.ANSWER, NEIGHBOUR, after=5000, conclusion="Sténose serrée.")
    move = replace(
        follow_up(referral_key=second.referral.key, kind=Kind.TRANSFER, by=LOCAL),
        to_service=scene.service("unv-valenciennes"),
        question="Transfert",
        patient_agreement=PatientAgreement.AGREES,
    )
    third = create_and_send(draft=move, token="t", by=LOCAL, at=second.at)
    assert third.case_id == first.case_id
    assert second.again().outcome == Outcome.SEEN
    assert Case.objects.count() == 1


def test_a_refused_request_is_closed_by_the_one_sent_elsewhere(patient: Patient) -> None:
    hand = Hand(scene.sent(patient))
    refused = hand.do(
        Act.REDIRECT, NEIGHBOUR, reason="OTHER_LEVEL", proposed_service="thrombectomie-lille"
    )
    with pytest.raises(Refusal) as early:
        hand.do(Act.REROUTE, LOCAL)
    assert code_of(early) == "referrals.not-rerouted"
    # The route said another line first: the team proposed is no deviation.
    route = {"lines": [{"service": "unv-maubeuge"}]}
    scene.sent(
        patient,
        to="thrombectomie-lille",
        previous=refused,
        case=refused.case,
        route=route,
        at=hand.at + timedelta(minutes=9),
    )
    gone = hand.again()
    assert (gone.state, gone.outcome) == (State.CLOSED, Outcome.REROUTED)
    assert gone.events.last().act == Act.REROUTE  # type: ignore[union-attr]


def test_the_line_behind_a_team_that_refused_is_no_deviation(patient: Patient) -> None:
    route = {"lines": [{"service": "unv-valenciennes"}, {"service": "thrombectomie-lille"}]}
    hand = Hand(scene.sent(patient, route=route))
    refused = hand.do(Act.REFUSE, NEIGHBOUR, reason="NO_TEAM")
    again = scene.sent(
        patient, to="thrombectomie-lille", previous=refused, case=refused.case, route=route
    )
    assert again.state == State.SENT


def test_returns_follow_transfers_that_arrived(patient: Patient) -> None:
    hand = scene.accepted(patient)
    with pytest.raises(Refusal):
        follow_up(referral_key=hand.referral.key, kind=Kind.RETURN, by=NEIGHBOUR)
    with pytest.raises(NotAllowed):
        follow_up(referral_key=hand.referral.key, kind=Kind.RETURN, by=LOCAL)
    with pytest.raises(NotAllowed):
        follow_up(referral_key=hand.referral.key, kind=Kind.TRANSFER, by=NEIGHBOUR)


# Cases and messages.


def test_a_case_is_completed_and_what_was_sent_stays_readable(patient: Patient) -> None:
    request = scene.sent(patient)
    case = change_case(
        case_key=request.case.key,
        version=1,
        values={"summary": "Récupération.", "answers": {"nihss": 2}},
        by=COLLEAGUE,
        at=NOW,
    )
    assert (case.version, case.summary) == (2, "Récupération.")
    assert request.events.get().data["sent"]["summary"].startswith("Déficit")
    with pytest.raises(Refusal):
        change_case(case_key=case.key, version=1, values={"summary": "x"}, by=LOCAL, at=NOW)
    with pytest.raises(NotAllowed):
        change_case(case_key=case.key, version=2, values={"summary": "x"}, by=NEIGHBOUR, at=NOW)
    with pytest.raises(Invalid):
        change_case(case_key=case.key, version=2, values={"patient": 1}, by=LOCAL, at=NOW)


def test_messages_are_read_by_both_sides_and_posted_once(patient: Patient) -> None:
    request = scene.sent(patient)
    first = post_message(referral_key=request.key, text="Dose ?", token="m", by=LOCAL, at=NOW)
    again = post_message(referral_key=request.key, text="Dose ?", token="m", by=LOCAL, at=NOW)
    assert first.pk == again.pk
    reply = post_message(referral_key=request.key, text="0,9", token="m", by=NEIGHBOUR, at=NOW)
    assert (first.side, reply.side) == (Side.REQUESTER, Side.TARGET)
    with pytest.raises(NotAllowed):
        post_message(referral_key=request.key, text="Et moi ?", token="x", by=STRANGER, at=NOW)
    with pytest.raises(Refusal):
        post_message(referral_key=request.key, text="Autre", token="m", by=LOCAL, at=NOW)
    with pytest.raises(Invalid):
        post_message(referral_key=request.key, text=" ", token="y", by=LOCAL, at=NOW)


def test_the_conversation_ends_a_week_after_the_request(patient: Patient) -> None:
    hand = Hand(scene.sent(patient))
    hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Oui")
    hand.do(Act.CLOSE, LOCAL)
    key = hand.referral.key
    in_time, late = hand.at + timedelta(days=6), hand.at + timedelta(days=8)
    assert post_message(referral_key=key, text="Merci", token="1", by=LOCAL, at=in_time)
    with pytest.raises(Refusal):
        post_message(referral_key=key, text="Encore", token="2", by=LOCAL, at=late)


# Around every act.


def test_no_word_of_the_patient_in_the_trail_nor_in_notices(patient: Patient) -> None:
    scene.taken_over(patient)
    post_message(
        referral_key=Referral.objects.get().key, text="Déficit stable", token="1", by=LOCAL, at=NOW
    )
    words = (patient.birth_name, "Déficit", "Thrombolyse", "Aspirine", "Inventee")
    lines = [f"{one.action} {one.subject_name} {one.details}" for one in AuditEvent.objects.all()]
    lines += [f"{one.subject} {one.body}" for one in Notice.objects.all()]
    assert len(lines) > 8
    for line in lines:
        assert not [word for word in words if word.lower() in line.lower()], line
    acts = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"referrals.send", "referrals.accept-medically", "referrals.take-over"} <= acts


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": "PLOUF"}, "reason"),
        ({"reason": "NO_BED", "text": "x" * 401}, "text"),
        ({}, "reason"),
        ({"reason": "NO_BED", "bed": "4"}, "bed"),
    ],
)
def test_values_are_checked_by_name(patient: Patient, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        Hand(scene.sent(patient)).do(Act.REFUSE, NEIGHBOUR, **values)
    assert fields_of(refused) == {field}


def test_an_hour_already_past_is_not_announced(patient: Patient) -> None:
    hand = scene.accepted(patient)
    with pytest.raises(Invalid) as refused:
        hand.do(Act.ENGAGE, SAMU, arrives_at=hand.at - timedelta(minutes=1))
    assert fields_of(refused) == {"arrives_at"}


def test_strangers_and_roles_held_everywhere_stand_on_no_side(patient: Patient) -> None:
    request = scene.sent(patient)
    for by in (STRANGER, EVERYWHERE, SAMU):
        with pytest.raises(NotAllowed) as refused:
            act_on(referral_key=request.key, act=Act.SEE, version=2, by=by, at=NOW)
        assert code_of(refused) == "referrals.side"


def test_an_act_that_fails_leaves_nothing(patient: Patient) -> None:
    hand = scene.accepted(patient)
    before = (Event.objects.count(), AuditEvent.objects.count(), Notice.objects.count())
    version = hand.referral.version
    with pytest.raises(Refusal):
        hand.do(Act.TAKE_OVER, NEIGHBOUR)
    assert before == (Event.objects.count(), AuditEvent.objects.count(), Notice.objects.count())
    assert hand.again().version == version
    assert not Message.objects.exists()


def test_nothing_is_asked_for_somebody_who_died(patient: Patient) -> None:
    written = scene.written(patient)
    Patient.objects.filter(pk=patient.pk).update(deceased_on=NOW.date())
    with pytest.raises(Refusal) as error:
        send(referral_key=written.key, version=written.version, by=LOCAL, at=NOW)
    assert code_of(error) == "referrals.deceased"
    assert Referral.objects.get().state == State.DRAFT
