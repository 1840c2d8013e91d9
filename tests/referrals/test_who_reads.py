"""Who reads what of a case that groups requests to several hospitals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, RoleGrant, User
from maillage.accounts.permissions import Actor
from maillage.patients.models import Patient
from maillage.patients.queries import find_ground
from maillage.referrals.actions import documents, letters
from maillage.referrals.actions.reading import read_letter, read_request
from maillage.referrals.actions.requests import create_and_send, create_request
from maillage.referrals.enums import Act, Kind, LetterKind, State
from maillage.referrals.models import Referral
from maillage.referrals.queries.home import list_of_patient
from maillage.referrals.queries.page import get_page
from maillage.referrals.queries.requests import get_referral, sides_of
from maillage.vocabulary.errors import NotAllowed
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import (
    BEDS,
    EVERYWHERE,
    LOCAL,
    NEIGHBOUR,
    NOW,
    SAMU,
    SPECIALIST,
    Hand,
)
from tests.referrals.test_documents import _own_folder, join  # noqa: F401

LILLE: dict[str, Any] = {"to": "thrombectomie-lille", "step_order": 3, "basis": "none"}


@pytest.fixture
def opinion(patient: Patient) -> Referral:
    """Valenciennes is asked."""
    return scene.sent(patient)


def also(first: Referral, kind: Kind = Kind.OPINION, **changed: Any) -> Referral:
    """Lille is asked in the same case."""
    return scene.sent(first.patient, kind, case=first.case, **{**LILLE, **changed})


def reads(referral: Referral, by: Actor) -> bool:
    at = NOW + timedelta(hours=6)
    try:
        read_request(referral=get_referral(referral.key), what="referral", by=by, at=at)
    except NotAllowed:
        return False
    return True


def test_a_team_reads_what_it_was_asked_and_what_led_to_it(opinion: Referral) -> None:
    beside = also(opinion)
    after = also(opinion, Kind.TRANSFER, previous=opinion)
    assert reads(opinion, NEIGHBOUR)
    assert not reads(beside, NEIGHBOUR)
    assert not reads(after, NEIGHBOUR)
    assert all(reads(one, SPECIALIST) for one in (beside, after, opinion))
    assert all(reads(one, LOCAL) for one in (beside, after, opinion))


def test_a_reading_that_is_refused_leaves_no_line(opinion: Referral) -> None:
    beside = also(opinion)
    before = AuditEvent.objects.filter(action="patients.read").count()
    assert not reads(beside, NEIGHBOUR)
    assert AuditEvent.objects.filter(action="patients.read").count() == before


def test_another_case_of_the_same_person_is_closed_to_the_team(opinion: Referral) -> None:
    elsewhere = scene.sent(opinion.patient, pathway="cancer", **LILLE)
    assert not reads(elsewhere, NEIGHBOUR)
    assert reads(elsewhere, SPECIALIST)


def test_a_draft_is_read_by_those_who_write_it(opinion: Referral) -> None:
    draft = scene.written(opinion.patient, case=opinion.case, **LILLE)
    own = scene.written(opinion.patient, case=opinion.case)
    assert reads(draft, LOCAL)
    assert not any(reads(one, NEIGHBOUR) for one in (draft, own))


def test_the_regulation_reads_the_transfer_and_what_led_to_it(opinion: Referral) -> None:
    beside = also(opinion)
    transfer = scene.sent(opinion.patient, Kind.TRANSFER, case=opinion.case, previous=opinion)
    hand = Hand(transfer)
    hand.do(Act.ACCEPT_MEDICALLY, NEIGHBOUR)
    hand.do(Act.ACCEPT_BED, BEDS, bed="4")
    hand.do(Act.ORDER_TRANSPORT, LOCAL, transport="SMUR")
    assert reads(transfer, SAMU)
    assert reads(opinion, SAMU)
    assert not reads(beside, SAMU)


def test_whoever_has_the_patient_in_care_reads_all_that_was_sent(patient: Patient) -> None:
    beside = scene.sent(patient, **LILLE)
    hand = scene.taken_over(patient)
    assert sides_of(beside, NEIGHBOUR) == frozenset()
    assert reads(hand.referral, NEIGHBOUR)
    assert reads(beside, NEIGHBOUR)
    assert not reads(scene.written(patient, **LILLE), NEIGHBOUR)


def page_of(referral: Referral, by: Actor) -> Any:
    found = get_referral(referral.key)
    ground = find_ground(found.patient, by=by, at=NOW)
    assert ground is not None
    return get_page(found, sides=sides_of(found, by), ground=ground, by=by, at=NOW)


def test_the_page_names_the_others_of_the_case_without_their_drafts(opinion: Referral) -> None:
    beside = also(opinion)
    scene.written(opinion.patient, case=opinion.case, **LILLE)
    [other] = page_of(opinion, NEIGHBOUR).others
    assert (other.row.key, other.opens) == (beside.key, False)
    assert not other.row.is_mine, "the ball is with Lille"
    assert [one.opens for one in page_of(opinion, LOCAL).others] == [True, True]


def test_the_requests_of_a_patient_are_those_that_one_may_read(opinion: Referral) -> None:
    also(opinion)
    scene.sent(opinion.patient, pathway="cancer", **LILLE)
    ground = find_ground(opinion.patient, by=NEIGHBOUR, at=NOW)
    assert ground is not None
    shown = list_of_patient(opinion.patient, NEIGHBOUR, ground=ground, at=NOW)
    assert [row.key for row in shown] == [opinion.key]


def test_documents_open_to_those_who_take_part_in_their_case(opinion: Referral) -> None:
    scene.sent(opinion.patient, pathway="cancer", **LILLE)
    joined = join(opinion)
    documents.open_document(key=joined.key, by=NEIGHBOUR, at=NOW)
    with pytest.raises(NotAllowed):
        documents.open_document(key=joined.key, by=SPECIALIST, at=NOW)


def test_a_team_named_in_a_draft_takes_no_part(opinion: Referral) -> None:
    scene.written(opinion.patient, case=opinion.case, **LILLE)
    with pytest.raises(NotAllowed):
        join(opinion, by=SPECIALIST)


def test_a_role_held_everywhere_takes_part_nowhere(opinion: Referral) -> None:
    with pytest.raises(NotAllowed):
        join(opinion, by=EVERYWHERE)


def test_a_letter_is_read_once_signed(opinion: Referral) -> None:
    letter = letters.begin_letter(referral=opinion, kind=LetterKind.ENTRY, by=LOCAL, at=NOW)
    read_letter(letter=letter, by=LOCAL, at=NOW)
    with pytest.raises(NotAllowed):
        read_letter(letter=letter, by=NEIGHBOUR, at=NOW)
    assert page_of(opinion, NEIGHBOUR).letters == []
    letter.signed_at, letter.signed_by = NOW, "Dr Local"
    letter.save()
    read_letter(letter=letter, by=NEIGHBOUR, at=NOW)
    assert page_of(opinion, NEIGHBOUR).letters == [letter]


def test_the_direction_of_a_hospital_writes_no_letter(opinion: Referral) -> None:
    letter = letters.begin_letter(referral=opinion, kind=LetterKind.ENTRY, by=LOCAL, at=NOW)
    director = scene.person("direction", Role.DIRECTOR, at="ch-maubeuge")
    with pytest.raises(NotAllowed):
        letters.write_letter(
            key=letter.key, version=1, content={}, left_on=None, by=director, at=NOW
        )


def test_nobody_writes_into_the_case_of_others(opinion: Referral) -> None:
    """Lille has the patient too, and knows the number of a case in which it takes no part."""
    scene.sent(opinion.patient, pathway="cancer", **LILLE)
    said = scene.draft(
        opinion.patient, from_organization=scene.hospital("chu-lille"), from_service=None,
        summary="Autre chose.",
    )  # fmt: skip
    for changed in ({"case": opinion.case}, {"previous": opinion}):
        intruding = type(said)(**{**vars(said), **changed})
        with pytest.raises(NotAllowed):
            create_request(draft=intruding, token=scene.token(), by=SPECIALIST, at=NOW)
    opinion.case.refresh_from_db()
    assert opinion.case.summary.startswith("Déficit")


def test_a_case_goes_on_with_those_who_ask_in_it(opinion: Referral) -> None:
    said = scene.draft(opinion.patient, case=opinion.case, previous=opinion, **LILLE)
    sent = create_and_send(draft=said, token=scene.token(), by=LOCAL, at=NOW)
    assert sent.state == State.SENT


def test_the_pages_refuse_too(opinion: Referral) -> None:
    beside = also(opinion)
    User.objects.create(username="voisin", full_name="Dr Voisin")
    RoleGrant.objects.create(
        user=User.objects.get(), role=Role.ON_CALL, organization="ch-valenciennes"
    )
    client = Client()
    client.force_login(User.objects.get())
    for part in ("", "/horloge", "/pieces", "/demande.pdf"):
        assert client.get(f"/adressages/{beside.key}{part}").status_code == 403, part
        assert client.get(f"/adressages/{opinion.key}{part}").status_code == 200, part


def test_taking_a_document_out_leads_somewhere_whatever_was_posted(
    opinion: Referral, client: Client
) -> None:
    User.objects.create(username="local", full_name="Dr Local")
    RoleGrant.objects.create(user=User.objects.get(), role=Role.DOCTOR, organization="ch-maubeuge")
    client.force_login(User.objects.get())
    address = f"/adressages/documents/{join(opinion).key}/retirer"
    for typed in ({}, {"demande": "../ailleurs"}, {"demande": opinion.key}):
        assert client.post(address, typed).status_code == 302, typed
