"""A transfer through its life: two acceptances, the transport, the sisters, the return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from maillage.accounts.permissions import Actor
from maillage.patients.enums import LinkKind
from maillage.patients.models import CareLink, Patient
from maillage.patients.queries import find_ground
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.cases import follow_up
from maillage.referrals.actions.requests import (
    create_and_send,
    send,
)
from maillage.referrals.enums import (
    Act,
    Clock,
    Kind,
    Outcome,
    PatientAgreement,
    Reason,
    Side,
    State,
)
from maillage.referrals.models import Case, Event, Referral
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, Refusal
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import (
    BEDS,
    LOCAL,
    NEIGHBOUR,
    NOW,
    SAMU,
    SECOND,
    SPECIALIST,
    Hand,
)


def code_of(error: pytest.ExceptionInfo[MaillageError]) -> str:
    return error.value.code


def fields_of(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {problem.field for problem in error.value.problems}


# The transfer.


@pytest.mark.parametrize("order", ["medical", "bed"])
def test_two_acceptances_in_any_order(patient: Patient, order: str) -> None:
    hand = Hand(scene.sent(patient, Kind.TRANSFER))
    acts: list[tuple[Act, Actor, dict[str, Any]]] = [
        (Act.ACCEPT_MEDICALLY, NEIGHBOUR, {}),
        (Act.ACCEPT_BED, BEDS, {"bed": "UNV 4"}),
    ]
    first, second = acts if order == "medical" else reversed(acts)
    partly = hand.do(first[0], first[1], **first[2])
    assert (partly.state, partly.clock) == (State.PARTLY_ACCEPTED, Clock.TO_FIND_BED)
    assert partly.accepted_at is None
    whole = hand.do(second[0], second[1], **second[2])
    assert (whole.state, whole.owner, whole.clock) == ("ACCEPTED", "REQUESTER", "TO_ORDER")
    assert whole.accepted_at == hand.at


def test_both_acceptances_come_from_pages_shown_before_either(patient: Patient) -> None:
    request = scene.sent(patient, Kind.TRANSFER)
    version = request.version
    key = request.key
    act_on(referral_key=key, act=Act.SEE, version=version, by=SECOND, at=NOW)
    act_on(referral_key=key, act=Act.ACCEPT_MEDICALLY, version=version, by=NEIGHBOUR, at=NOW)
    whole = act_on(
        referral_key=key, act=Act.ACCEPT_BED, version=version, by=BEDS, at=NOW, values={"bed": "4"}
    )
    assert whole.state == State.ACCEPTED


def test_who_comes_second_reads_who_was_first_and_when(patient: Patient) -> None:
    hand = Hand(scene.sent(patient, Kind.TRANSFER))
    version = hand.referral.version
    hand.do(Act.ACCEPT_MEDICALLY, NEIGHBOUR, after=12)
    with pytest.raises(Refusal, match=r"déjà été donné par Dr Voisin à 3 h 12\.") as refused:
        act_on(
            referral_key=hand.referral.key,
            act=Act.ACCEPT_MEDICALLY,
            version=version,
            by=SECOND,
            at=hand.at + timedelta(minutes=1),
        )
    assert code_of(refused) == "referrals.already"
    tomorrow = hand.at + timedelta(days=1)
    with pytest.raises(Refusal, match="le 22 novembre 2026 à 3 h 12"):
        act_on(
            referral_key=hand.referral.key, act=Act.ACCEPT_MEDICALLY, version=version, by=SECOND,
            at=tomorrow,
        )  # fmt: skip


def test_the_same_act_posted_twice_is_done_once(patient: Patient) -> None:
    request = scene.sent(patient)
    version, key = request.version, request.key

    def answer(conclusion: str, by: object = NEIGHBOUR) -> Referral:
        return act_on(
            referral_key=key,
            act=Act.ANSWER,
            version=version,
            by=by,  # type: ignore[arg-type]
            at=NOW + timedelta(minutes=3),
            values={"conclusion": conclusion},
        )

    assert answer("Thrombolyse.").version == answer("Thrombolyse.").version
    assert Event.objects.filter(act=Act.ANSWER).count() == 1
    # Another text, or another person: a newer answer is never overwritten.
    for refused in (lambda: answer("Rien."), lambda: answer("Thrombolyse.", SECOND)):
        with pytest.raises(Refusal, match=r"Dr Voisin a agi à 3 h 03 : « Réponse rendue »"):
            refused()
    assert Referral.objects.get().conclusion == "Thrombolyse."


def test_a_spoken_hour_posted_twice_is_the_same(patient: Patient) -> None:
    hand = scene.accepted(patient)
    version, at = hand.referral.version, hand.at
    for seconds in (0, 4):
        moment = at + timedelta(seconds=seconds)
        engaged = act_on(
            referral_key=hand.referral.key,
            act=Act.ENGAGE,
            version=version,
            by=SAMU,
            at=moment,
            values={"arrives_at": moment + timedelta(minutes=45)},
        )
    assert engaged.version == version + 1


def test_a_transfer_to_its_end_and_back(patient: Patient) -> None:
    hand = scene.accepted(patient)
    assert find_ground(patient, by=SAMU, at=hand.at) is None
    ordered = hand.do(Act.ORDER_TRANSPORT, LOCAL, transport="SMUR", transport_risk="Hypotension")
    assert (ordered.owner, ordered.clock) == (Side.REGULATOR, Clock.TO_ENGAGE)
    assert find_ground(patient, by=SAMU, at=hand.at).basis == "REGULATION"  # type: ignore[union-attr]
    hand.do(Act.ENGAGE, SAMU, arrives_at=hand.at + timedelta(hours=2), vehicle="SMUR 2")
    hour = hand.at + timedelta(minutes=50)
    left = hand.do(Act.DEPART, SAMU, arrives_at=hour)
    assert (left.clock, left.due_at) == (Clock.TO_ARRIVE, hour + timedelta(minutes=15))
    arrived = hand.do(Act.ARRIVE, NEIGHBOUR, after=40)
    assert (arrived.owner, arrived.clock) == (Side.TARGET, Clock.TO_TAKE_OVER)
    done = hand.do(Act.TAKE_OVER, NEIGHBOUR, after=5)
    assert (done.state, done.outcome) == (State.CLOSED, Outcome.TAKEN_OVER)
    case = Case.objects.get()
    assert case.return_due_at == hand.at + timedelta(hours=48)
    stays = CareLink.objects.filter(kind=LinkKind.STAY, ends_at__isnull=True)
    assert [stay.organization.slug for stay in stays] == ["ch-valenciennes"]  # type: ignore[union-attr]

    back = follow_up(referral_key=done.key, kind=Kind.RETURN, by=NEIGHBOUR)
    assert (back.from_organization.slug, back.case) == ("ch-valenciennes", case)
    assert back.to_service is not None
    assert back.to_service.slug == "urgences-maubeuge"
    from dataclasses import replace

    back = replace(back, patient_agreement=PatientAgreement.AGREES)
    hand.at += timedelta(hours=20)
    hand.referral = create_and_send(draft=back, token="back", by=NEIGHBOUR, at=hand.at)
    hand.do(Act.ACCEPT, LOCAL, bed="Médecine 12")
    assert hand.do(Act.ORDER_TRANSPORT, NEIGHBOUR, transport="AMBULANCE").owner == "REQUESTER"
    hand.do(Act.DEPART, NEIGHBOUR, arrives_at=hand.at + timedelta(hours=1))
    hand.do(Act.ARRIVE, LOCAL, after=50)
    hand.do(Act.TAKE_OVER, LOCAL)
    assert Case.objects.get().return_due_at is None
    stays = CareLink.objects.filter(kind=LinkKind.STAY, ends_at__isnull=True)
    assert [stay.organization.slug for stay in stays] == ["ch-maubeuge"]  # type: ignore[union-attr]


def test_a_bed_is_not_a_doctors_word(patient: Patient) -> None:
    hand = Hand(scene.sent(patient, Kind.TRANSFER))
    doctors: list[tuple[Act, dict[str, Any]]] = [
        (Act.ACCEPT_MEDICALLY, {}),
        (Act.REFUSE, {"reason": "NO_BED"}),
        (Act.ASK_INFO, {"text": "?"}),
    ]
    for act, values in doctors:
        with pytest.raises(NotAllowed):
            hand.do(act, BEDS, **values)
    assert hand.do(Act.ACCEPT_BED, BEDS, bed="4").taken_by == ""


def test_a_bed_is_lost_before_the_departure(patient: Patient) -> None:
    hand = scene.accepted(patient)
    hand.do(Act.ORDER_TRANSPORT, LOCAL, transport="SMUR")
    back = hand.do(Act.REFUSE, NEIGHBOUR, reason="NO_BED", text="Lit pris par un arrêt cardiaque")
    assert (back.state, back.owner, back.clock) == ("REFUSED", "REQUESTER", "TO_REROUTE")
    assert back.refused_at == hand.at
    # The same pathway may now be asked of another team, and accepted.
    again = scene.sent(patient, Kind.TRANSFER, to="thrombectomie-lille", previous=back)
    other = Hand(again, hand.at)
    assert other.do(Act.ACCEPT_MEDICALLY, SPECIALIST).state == State.PARTLY_ACCEPTED


def test_the_regulation_declines_a_transport_and_never_the_destination(patient: Patient) -> None:
    hand = scene.accepted(patient)
    hand.do(Act.ORDER_TRANSPORT, LOCAL, transport="HELICOPTER")
    back = hand.do(Act.DECLINE_TRANSPORT, SAMU, reason="NO_TEAM", text="Brouillard")
    assert (back.state, back.owner, back.to_service.slug) == (
        "ACCEPTED", "REQUESTER", "unv-valenciennes",
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        hand.do(Act.CANCEL, SAMU, reason="OTHER")


def test_hours_noted_afterwards_keep_their_order(patient: Patient) -> None:
    hand = scene.departed(patient)
    left = hand.at
    with pytest.raises(Invalid):
        hand.do(Act.ARRIVE, NEIGHBOUR, happened_at=left - timedelta(minutes=5))
    arrived = hand.do(Act.ARRIVE, NEIGHBOUR, after=60, happened_at=left + timedelta(minutes=20))
    assert arrived.arrived_at == left + timedelta(minutes=20)


# One transfer at a time.


def test_a_doctor_who_accepts_closes_the_sisters(patient: Patient) -> None:
    first = scene.sent(patient, Kind.TRANSFER)
    second = Hand(scene.sent(patient, Kind.TRANSFER, to="thrombectomie-lille", case=first.case))
    other_need = scene.sent(patient, Kind.TRANSFER, pathway="cancer")
    opinion = scene.sent(patient)
    Hand(first).do(Act.ACCEPT_MEDICALLY, NEIGHBOUR, after=12)
    sister = second.again()
    assert (sister.state, sister.reason, sister.owner) == ("CANCELLED", Reason.SISTER, "")
    said = sister.events.last()
    assert said is not None
    assert (said.side, said.username, said.data) == ("SYSTEM", "system", {"sister": first.key})
    with pytest.raises(
        Refusal, match=r"accepté par Dr Voisin \(CH Valenciennes\) à 3 h 12"
    ) as late:
        second.do(Act.ACCEPT_MEDICALLY, SPECIALIST, after=20)
    assert code_of(late) == "referrals.already-elsewhere"
    for one in (other_need, opinion):
        one.refresh_from_db()
        assert one.state == State.SENT


def test_a_refused_sister_keeps_its_refusal(patient: Patient) -> None:
    refused = Hand(scene.sent(patient, Kind.TRANSFER, to="thrombectomie-lille"))
    refused.do(Act.REFUSE, SPECIALIST, reason="NO_BED")
    Hand(scene.sent(patient, Kind.TRANSFER)).do(Act.ACCEPT_MEDICALLY, NEIGHBOUR)
    sister = refused.again()
    assert (sister.state, sister.reason, sister.outcome) == ("CLOSED", "NO_BED", "REROUTED")


def test_no_second_transfer_while_one_is_accepted_whatever_the_record(patient: Patient) -> None:
    double = scene.admit()
    hand = scene.accepted(patient)
    Patient.objects.filter(pk=double.pk).update(merged_into=patient)
    double.refresh_from_db()
    for record in (patient, double):
        draft = scene.written(record, Kind.TRANSFER, to="thrombectomie-lille")
        with pytest.raises(Refusal) as refused:
            send(referral_key=draft.key, version=1, by=LOCAL, at=hand.at)
        assert code_of(refused) == "referrals.already-elsewhere"
    hand.do(Act.CANCEL, LOCAL, reason="IMPROVED")
    assert send(referral_key=draft.key, version=1, by=LOCAL, at=hand.at).state == State.SENT


def test_the_records_of_one_person_are_sisters(patient: Patient) -> None:
    double = scene.admit()
    on_double = Hand(scene.sent(double, Kind.TRANSFER, to="thrombectomie-lille"))
    Patient.objects.filter(pk=double.pk).update(merged_into=patient)
    Hand(scene.sent(patient, Kind.TRANSFER)).do(Act.ACCEPT_MEDICALLY, NEIGHBOUR)
    assert on_double.again().state == State.CANCELLED
