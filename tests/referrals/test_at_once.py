"""Clients that act at the same instant, each with its own connection to one database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from maillage.accounts.enums import Role
from maillage.patients.actions import erase_person
from maillage.patients.enums import LinkKind
from maillage.patients.models import CareLink, Patient
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.messages import post_message
from maillage.referrals.actions.requests import create_and_send, create_request
from maillage.referrals.enums import Act, Kind, State
from maillage.referrals.models import Case, Event, Message, Referral
from maillage.vocabulary.errors import MaillageError, Refusal
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import (
    BEDS,
    LOCAL,
    NEIGHBOUR,
    NOW,
    SECOND,
    SPECIALIST,
    Hand,
)

pytestmark = pytest.mark.usefixtures("shared_database")

LONGEST_S = 60
OFFICER = scene.person("dpo", Role.AUDITOR)
SOON = NOW + timedelta(minutes=12)


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do them all at the same instant; what each gave, or the refusal that it met. Anything else
    that is raised fails the test."""
    barrier = Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(LONGEST_S)
            results[place] = act()
        except BaseException as error:
            results[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_S)
        assert not thread.is_alive(), "two clients wait for each other"
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, MaillageError):
            raise result
    return results


def refusals(results: Sequence[Any]) -> list[Refusal]:
    return [result for result in results if isinstance(result, Refusal)]


@pytest.mark.parametrize("turn", range(3))
def test_two_doctors_accept_at_once(turn: int) -> None:
    request = scene.sent(scene.admit(), Kind.TRANSFER)

    def accept(by: Any) -> Callable[[], Referral]:
        return lambda: act_on(
            referral_key=request.key, act=Act.ACCEPT_MEDICALLY, version=request.version, by=by,
            at=SOON,
        )  # fmt: skip

    results = at_once([accept(NEIGHBOUR), accept(SECOND)])
    (late,) = refusals(results)
    request.refresh_from_db()
    assert late.code == "referrals.already"
    assert late.message == (f"L'accord médical a déjà été donné par {request.medical_by} à 3 h 12.")
    first = NEIGHBOUR if isinstance(results[0], Referral) else SECOND
    assert request.medical_by == first.name
    assert Event.objects.filter(referral=request, act=Act.ACCEPT_MEDICALLY).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_a_doctor_and_a_bed_at_once_make_it_whole(turn: int) -> None:
    request = scene.sent(scene.admit(), Kind.TRANSFER)

    def do(act: Act, by: Any, **values: Any) -> Callable[[], Referral]:
        return lambda: act_on(
            referral_key=request.key, act=act, version=request.version, by=by, at=SOON,
            values=values,
        )  # fmt: skip

    results = at_once(
        [
            do(Act.ACCEPT_MEDICALLY, NEIGHBOUR),
            do(Act.ACCEPT_BED, BEDS, bed="4"),
            do(Act.SEE, SECOND),
        ]
    )
    assert not refusals(results)
    request.refresh_from_db()
    assert (request.state, request.medical_by, request.bed_by) == (
        State.ACCEPTED, NEIGHBOUR.name, BEDS.name,
    )  # fmt: skip


@pytest.mark.parametrize("turn", range(3))
def test_the_same_request_posted_eight_times_exists_once(turn: int) -> None:
    patient = scene.admit()
    draft, token = scene.draft(patient), scene.token()
    results = at_once(
        [lambda: create_and_send(draft=draft, token=token, by=LOCAL, at=NOW) for _ in range(8)]
    )
    assert len({result.key for result in results}) == 1
    assert {result.state for result in results} == {State.SENT}
    request = Referral.objects.get(patient=patient)
    assert Case.objects.filter(patient=patient).count() == 1
    assert request.events.count() == 1
    assert CareLink.objects.filter(reference=request.key, kind=LinkKind.REQUEST).count() == 1


def test_the_same_draft_and_message_posted_at_once_exist_once() -> None:
    patient = scene.admit()
    draft, token = scene.draft(patient), scene.token()
    drafts = at_once(
        [lambda: create_request(draft=draft, token=token, by=LOCAL, at=NOW) for _ in range(8)]
    )
    assert len({one.pk for one in drafts}) == 1
    request = scene.sent(patient)
    posted = at_once(
        [
            lambda: post_message(
                referral_key=request.key, text="Dose ?", token=token, by=NEIGHBOUR, at=NOW
            )
            for _ in range(8)
        ]
    )
    assert len({one.pk for one in posted}) == 1
    assert Message.objects.filter(referral=request).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_the_same_answer_posted_eight_times_is_given_once(turn: int) -> None:
    request = scene.sent(scene.admit())
    results = at_once(
        [
            lambda: act_on(
                referral_key=request.key, act=Act.ANSWER, version=request.version, by=NEIGHBOUR,
                at=SOON, values={"conclusion": "Thrombolyse."},
            )
            for _ in range(8)
        ]
    )  # fmt: skip
    assert {result.version for result in results} == {request.version + 1}
    assert Event.objects.filter(referral=request, act=Act.ANSWER).count() == 1


def test_two_answers_at_once_keep_the_first() -> None:
    request = scene.sent(scene.admit())

    def answer(by: Any, conclusion: str) -> Callable[[], Referral]:
        return lambda: act_on(
            referral_key=request.key, act=Act.ANSWER, version=request.version, by=by, at=SOON,
            values={"conclusion": conclusion},
        )  # fmt: skip

    results = at_once([answer(NEIGHBOUR, "Oui"), answer(SECOND, "Non")])
    (late,) = refusals(results)
    request.refresh_from_db()
    kept = results[0] if isinstance(results[0], Referral) else results[1]
    assert late.code == "referrals.stale"
    assert request.answered_by in late.message
    assert request.conclusion == kept.conclusion


def test_a_withdrawal_against_an_acceptance_ends_one_way() -> None:
    request = scene.sent(scene.admit(), Kind.TRANSFER)
    results = at_once(
        [
            lambda: act_on(
                referral_key=request.key, act=Act.CANCEL, version=request.version, by=LOCAL,
                at=SOON, values={"reason": "IMPROVED"},
            ),
            lambda: act_on(
                referral_key=request.key, act=Act.ACCEPT_MEDICALLY, version=request.version,
                by=NEIGHBOUR, at=SOON,
            ),
        ]
    )  # fmt: skip
    assert len(refusals(results)) == 1
    request.refresh_from_db()
    assert (request.state == State.CANCELLED) == isinstance(results[0], Referral)


@pytest.mark.parametrize("turn", range(3))
def test_two_hospitals_accept_the_same_transfer_at_once(turn: int) -> None:
    patient = scene.admit()
    here = scene.sent(patient, Kind.TRANSFER)
    there = scene.sent(patient, Kind.TRANSFER, to="thrombectomie-lille", case=here.case)
    results = at_once(
        [
            lambda: act_on(
                referral_key=here.key, act=Act.ACCEPT_MEDICALLY, version=here.version,
                by=NEIGHBOUR, at=SOON,
            ),
            lambda: act_on(
                referral_key=there.key, act=Act.ACCEPT_MEDICALLY, version=there.version,
                by=SPECIALIST, at=SOON,
            ),
        ]
    )  # fmt: skip
    (late,) = refusals(results)
    rows = {row.key: row for row in Referral.objects.filter(patient=patient)}
    won, lost = (here, there) if isinstance(results[0], Referral) else (there, here)
    assert late.code == "referrals.already-elsewhere"
    assert rows[won.key].medical_by in late.message
    assert (rows[won.key].state, rows[lost.key].state) == ("PARTLY_ACCEPTED", "CANCELLED")
    assert rows[lost.key].reason == "SISTER"
    assert rows[lost.key].medical_at is None


def test_acceptances_and_sendings_of_one_person_do_not_wait_for_each_other() -> None:
    """What locks several requests of a person locks the person first."""
    for _ in range(3):
        patient = scene.admit()
        refused = Hand(scene.sent(patient, Kind.TRANSFER))
        refused.do(Act.REFUSE, NEIGHBOUR, reason="NO_BED")
        before = scene.sent(patient, Kind.TRANSFER, to="unv-maubeuge")
        after = scene.written(
            patient, Kind.TRANSFER, to="thrombectomie-lille", previous=refused.referral
        )
        results = at_once(
            [
                lambda key=after.key: act_on(  # type: ignore[misc]
                    referral_key=key, act=Act.SEND, version=1, by=LOCAL, at=SOON
                ),
                lambda key=before.key: act_on(  # type: ignore[misc]
                    referral_key=key, act=Act.ACCEPT_MEDICALLY, version=2, by=LOCAL, at=SOON
                ),
            ]
        )
        accepted = Referral.objects.get(pk=before.pk)
        assert accepted.medical_at is not None
        assert len(refusals(results)) <= 1
        others = Referral.objects.filter(patient=patient).exclude(pk=before.pk)
        assert set(others.values_list("state", flat=True)) <= {State.CANCELLED, State.CLOSED}


@pytest.mark.parametrize("turn", range(3))
def test_a_request_is_written_while_the_record_is_erased(turn: int) -> None:
    patient = scene.admit()
    results = at_once(
        [
            lambda: scene.written(patient),
            lambda: erase_person(
                patient=Patient.objects.get(pk=patient.pk), reason="sur demande", by=OFFICER, at=NOW
            ),
        ]
    )
    patient.refresh_from_db()
    assert sum(isinstance(one, MaillageError) for one in results) == 1
    assert (patient.erased_at is None) == Case.objects.filter(patient=patient).exists()
