"""Clocks that ran out: calls made once, whatever restarts, and nothing that ends silently."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, RoleGrant, User
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot
from maillage.patients.models import CareLink, Patient
from maillage.referrals.actions import following, notices
from maillage.referrals.actions.messages import post_message
from maillage.referrals.actions.watching import call_overdue
from maillage.referrals.enums import Act, Clock, Kind, Level, Side, State
from maillage.referrals.models import Escalation, Event, Notice, Referral
from maillage.vocabulary.errors import NotAllowed
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import BEDS, LOCAL, NEIGHBOUR, NOW, SOURCE, STRANGER, Hand

TEAM_BOX = "unv@mssante.example.invalid"


@pytest.fixture(autouse=True)
def _mailboxes(territory: None) -> None:
    team = scene.service("unv-valenciennes")
    team.secure_mail = TEAM_BOX
    team.save()
    for name, role in (("local", Role.DOCTOR), ("samu", Role.REGULATOR)):
        user = User.objects.create(
            username=name, full_name=f"Dr {name.title()}", email=f"{name}@example.invalid"
        )
        RoleGrant.objects.create(user=user, role=role)


def levels(referral: Referral) -> list[tuple[str, str]]:
    rows = Escalation.objects.filter(referral=referral).order_by("at", "id")
    return [(row.level, row.clock) for row in rows]


def addresses(token: str) -> set[str]:
    return set(Notice.objects.filter(token__startswith=token).values_list("address", flat=True))


def minute_by_minute(start: datetime, minutes: int) -> int:
    """What the job does: a look every minute."""
    return sum(call_overdue(at=start + timedelta(minutes=m)) for m in range(minutes + 1))


def test_an_opinion_that_nobody_opens_is_called_then_given_back(patient: Patient) -> None:
    request = scene.sent(patient)
    assert (request.clock, request.due_at) == (Clock.TO_SEE, NOW + timedelta(minutes=15))
    assert call_overdue(at=NOW + timedelta(minutes=14)) == 0

    minute_by_minute(NOW + timedelta(minutes=15), 60)

    request.refresh_from_db()
    # Nobody holds a line and nobody leads the team here: these levels are still called, through
    # the mailbox of the team.
    assert [level for level, clock in levels(request) if clock == Clock.TO_SEE] == [
        Level.DEPUTY, Level.ON_CALL, Level.HEAD, Level.REGULATOR,
    ]  # fmt: skip
    assert levels(request)[4:] == [(Level.DEPUTY, Clock.TO_REROUTE)]
    assert request.state == State.EXPIRED
    assert (request.owner, request.clock) == (Side.REQUESTER, Clock.TO_REROUTE)
    assert request.was_late
    assert addresses("call:1:") | addresses("call:2:") == {TEAM_BOX, "samu@example.invalid"}
    last = Event.objects.filter(referral=request).latest("id")
    assert (last.act, last.username) == (Act.EXPIRE, "system")
    assert addresses(f"event:{last.pk}") == {"local@example.invalid"}


def test_each_call_is_made_once_however_often_the_job_runs(patient: Patient) -> None:
    request = scene.sent(patient)
    late = NOW + timedelta(minutes=16)
    assert call_overdue(at=late) == 1
    for _ in range(5):
        assert call_overdue(at=late) == 0
    assert levels(request) == [(Level.DEPUTY, Clock.TO_SEE)]
    assert AuditEvent.objects.filter(action="referrals.call").count() == 1


def test_a_worker_that_slept_all_night_makes_up_for_it_once(patient: Patient) -> None:
    """After a stop of hours each missed level is called, in order, and the end is the same."""
    request = scene.sent(patient)
    morning = NOW + timedelta(hours=6)
    call_overdue(at=morning)
    call_overdue(at=morning)
    request.refresh_from_db()
    found = [level for level, _ in levels(request)]
    assert found == sorted(set(found), key=list(Level).index)
    assert call_overdue(at=morning) == 0 or request.state != State.SENT
    assert request.due_at is not None
    assert request.alarm_at is not None
    assert request.alarm_at > morning


def test_a_transfer_stays_open_and_is_called_every_day(patient: Patient) -> None:
    request = scene.sent(patient, Kind.TRANSFER)
    minute_by_minute(NOW + timedelta(minutes=15), 60)
    for day in range(1, 4):
        call_overdue(at=NOW + timedelta(days=day, hours=2))
    request.refresh_from_db()
    assert request.state == State.SENT
    assert request.owner == Side.TARGET
    assert [level for level, _ in levels(request)][4:] == [Level.HEAD] * (len(levels(request)) - 4)
    assert len(levels(request)) >= 7
    assert request.alarm_at is not None


def test_an_act_stops_the_calls_of_its_clock_and_starts_another(patient: Patient) -> None:
    hand = Hand(scene.sent(patient))
    call_overdue(at=NOW + timedelta(minutes=16))
    hand.again()
    seen = hand.do(Act.SEE, NEIGHBOUR, after=17)
    assert (seen.calls, seen.clock) == (0, Clock.TO_ANSWER)
    assert call_overdue(at=NOW + timedelta(minutes=40)) == 0
    assert call_overdue(at=NOW + timedelta(minutes=17 + 60)) == 1
    assert levels(seen) == [(Level.DEPUTY, Clock.TO_SEE), (Level.DEPUTY, Clock.TO_ANSWER)]
    numbers = list(seen.escalations.values_list("clock_number", "rank"))
    assert len(set(numbers)) == 2


def test_a_page_that_a_doctor_holds_open_outlives_a_call(patient: Patient) -> None:
    """A call changes nothing that the doctor decides on: the page that they read still counts."""
    request = scene.sent(patient)
    version = request.version
    call_overdue(at=NOW + timedelta(minutes=16))
    request.refresh_from_db()
    assert request.version == version


def test_the_person_on_duty_is_named(patient: Patient) -> None:
    from maillage.directory.models import Practitioner

    line = DutyLine.objects.create(
        slug="astreinte-unv", name="Astreinte neurovasculaire", kind="ON_CALL",
        care_type="STROKE_UNIT", organization=scene.hospital("ch-valenciennes"),
        phone="03 53 01 99 99", **SOURCE,
    )  # fmt: skip
    slot = DutySlot.objects.create(
        line=line,
        service=scene.service("unv-valenciennes"),
        starts_at=NOW - timedelta(hours=6),
        ends_at=NOW + timedelta(hours=6),
    )
    holder = Practitioner.objects.create(
        slug="ida-exemple", given_name="Ida", family_name="Exemple", **SOURCE
    )
    DutyAssignment.objects.create(
        slot=slot, practitioner=holder, assigned_at=NOW, assigned_by="essai"
    )
    request = scene.sent(patient)
    minute_by_minute(NOW + timedelta(minutes=15), 10)
    call = Escalation.objects.get(referral=request, level=Level.ON_CALL)
    assert {"name": "Dr Ida Exemple", "phone": "03 53 01 99 99"} in call.called


def test_both_sides_are_told_and_nobody_of_their_own_act(patient: Patient) -> None:
    hand = Hand(scene.sent(patient, Kind.TRANSFER))
    assert addresses("event:") == {TEAM_BOX}
    Notice.objects.all().delete()
    hand.do(Act.ACCEPT_MEDICALLY, NEIGHBOUR)
    assert "local@example.invalid" in addresses("event:")
    assert TEAM_BOX not in addresses("event:")
    Notice.objects.all().delete()
    hand.do(Act.ACCEPT_BED, BEDS, bed="UNV 4")
    hand.do(Act.ORDER_TRANSPORT, LOCAL, transport="SMUR")
    assert "samu@example.invalid" in addresses("event:")


def test_notices_hold_nothing_of_the_patient(patient: Patient) -> None:
    hand = Hand(scene.sent(patient, Kind.TRANSFER, is_vital=True))
    post_message(
        referral_key=hand.referral.key,
        text="Patiente Inventee, déficit complet",
        token="message-1",
        by=LOCAL,
        at=NOW,
    )
    hand.again()
    hand.do(Act.REFUSE, NEIGHBOUR, reason="NO_BED", text="Pas de lit pour Inventee")
    minute_by_minute(NOW + timedelta(hours=1), 30)
    said = " ".join(f"{n.subject} {n.body}" for n in Notice.objects.all()).lower()
    assert Notice.objects.count() >= 3
    person = hand.referral.patient
    secrets = (
        person.birth_name, person.first_given_name, "1954", person.key, "thrombolyse", "déficit",
        "aspirine", "lit pour",
    )  # fmt: skip
    assert not [word for word in secrets if word.lower() in said]
    assert hand.referral.key.lower() in said


def test_those_who_follow_a_team_are_told(patient: Patient) -> None:
    follower = User.objects.create(username="voisin", full_name="Dr Voisin", email="v@x.invalid")
    grant = RoleGrant.objects.create(
        user=follower, role=Role.ON_CALL, organization="ch-valenciennes"
    )
    following.follow(
        service=scene.service("unv-valenciennes"), by=NEIGHBOUR, at=NOW - timedelta(days=1)
    )
    scene.sent(patient)
    assert addresses("event:") == {TEAM_BOX, follower.email}
    with pytest.raises(NotAllowed):
        following.follow(service=scene.service("unv-valenciennes"), by=STRANGER, at=NOW)
    Notice.objects.all().delete()
    grant.ends_on = NOW.date()
    grant.save()
    scene.sent(scene.admit())
    assert addresses("event:") == {TEAM_BOX}, "who left the hospital is told of nothing more"


def test_only_its_writer_is_told_of_a_draft(patient: Patient) -> None:
    own = scene.service("urgences-maubeuge")
    own.secure_mail = "urgences@mssante.example.invalid"
    own.save()
    draft = scene.written(patient)
    minute_by_minute(NOW + timedelta(hours=12), 2)
    assert levels(draft) == [(Level.DEPUTY, Clock.TO_SEND)]
    assert addresses("call:") == {"local@example.invalid"}


def test_one_request_that_fails_does_not_hold_the_others_up(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = scene.sent(patient)
    healthy = scene.sent(scene.admit())
    call = notices.call

    def failing(*, referral: Referral, **more: Any) -> int:
        if referral.pk == broken.pk:
            raise ValueError("a defect")
        return call(referral=referral, **more)

    monkeypatch.setattr(notices, "call", failing)
    with pytest.raises(ExceptionGroup):
        call_overdue(at=NOW + timedelta(minutes=20))
    assert not Escalation.objects.filter(referral=broken).exists()
    assert Escalation.objects.filter(referral=healthy).exists()


def test_notices_that_wait_for_another_try_do_not_hold_new_ones_up(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = scene.sent(patient)
    Notice.objects.all().delete()
    monkeypatch.setattr(notices, "AT_ONCE", 2)
    Notice.objects.bulk_create(
        Notice(
            referral=request, address=f"{n}@x.invalid", subject="s", body="b", token="t",
            made_at=NOW - timedelta(minutes=5), tries=8,
        )
        for n in range(10)
    )  # fmt: skip
    Notice.objects.create(
        referral=request, address="neuf@x.invalid", subject="s", body="b", token="t", made_at=NOW
    )
    assert notices.deliver(at=NOW) == 1
    assert [message.to for message in mail.outbox] == [["neuf@x.invalid"]]


def test_each_notice_is_sent_once_and_failures_are_tried_again(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sent(patient)
    waiting = Notice.objects.filter(sent_at__isnull=True).count()
    assert waiting == 1

    def broken(self: object) -> int:
        raise ConnectionRefusedError("no server")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", broken)
        assert notices.deliver(at=NOW) == 0
    row = Notice.objects.get()
    assert (row.tries, row.failure, row.sent_at) == (1, "ConnectionRefusedError", None)
    assert notices.deliver(at=NOW) == 0, "a minute must pass before the second try"
    assert notices.deliver(at=NOW + timedelta(minutes=1)) == 1
    assert notices.deliver(at=NOW + timedelta(minutes=9)) == 0
    assert [message.to for message in mail.outbox] == [[TEAM_BOX]]
    assert mail.outbox[0].extra_headers["Message-ID"].startswith("<notice-")


def test_old_notices_go_and_waiting_ones_stay(patient: Patient) -> None:
    scene.sent(patient)
    notices.deliver(at=NOW)
    scene.sent(scene.admit())
    assert notices.forget_old(at=NOW + timedelta(days=91)) == 1
    assert Notice.objects.count() == 1


def test_the_night_when_clocks_go_back_counts_real_minutes(patient: Patient) -> None:
    """25 October 2026: 2:50 comes twice in Paris. A clock of fifteen minutes lasts fifteen."""
    start = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    CareLink.objects.filter(patient=patient).update(starts_at=start - timedelta(days=1))
    request = scene.sent(patient, at=start)
    assert request.due_at == start + timedelta(minutes=15)
    assert call_overdue(at=start + timedelta(minutes=14)) == 0
    assert call_overdue(at=start + timedelta(minutes=15)) == 1
