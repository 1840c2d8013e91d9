"""The year of invented cases: every act is one of the table, every row passes its constraints, the
people are marked as invented, and what the pages show is there."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from random import Random

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from maillage.accounts.models import AuditEvent, User
from maillage.accounts.permissions import SYSTEM
from maillage.accounts.queries import get_actor
from maillage.patients.enums import ReviewState
from maillage.patients.models import BreakGlass, CareLink, DuplicatePair, Patient
from maillage.patients.queries import list_grounds
from maillage.patients.rules.constants import INS_TEST_OID
from maillage.referrals.actions.clocks import settle_clock
from maillage.referrals.actions.invented.ground import read_ground
from maillage.referrals.actions.invented.year import ACTION, Year, invent_year
from maillage.referrals.enums import Act, Kind, LetterKind, Reason, Side, State
from maillage.referrals.models import Case, Escalation, Event, Letter, MeetingSession, Referral
from maillage.referrals.rules.invented.people import SUFFIX
from maillage.referrals.rules.letters import check_can_sign
from maillage.referrals.rules.meetings import missing_specialties
from maillage.referrals.rules.questions import read_answer
from maillage.referrals.rules.templates import find_template
from maillage.referrals.rules.transitions import (
    ENDED,
    check_transition,
    standing,
    state_after_acceptance,
)
from maillage.vocabulary.calendar import local_day

pytestmark = pytest.mark.usefixtures("example")

ACCOUNTS = json.loads((settings.EXAMPLE_TERRITORY / "territoire.json").read_text("utf-8"))[
    "accounts"
]


def events_by_request() -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = defaultdict(list)
    for event in Event.objects.order_by("referral", "version"):
        found[event.referral_id].append(event)
    return found


def test_every_history_replays_through_the_table() -> None:
    histories = events_by_request()
    referrals = {one.pk: one for one in Referral.objects.all()}
    assert len(referrals) > 2500
    for pk, referral in referrals.items():
        kind, state = Kind(referral.kind), State.DRAFT
        medical = bed = False
        last = referral.created_at
        for number, event in enumerate(histories[pk], start=2):
            act = Act(event.act)
            line = check_transition(kind, state, act, {Side(event.side)})
            medical |= act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT)
            bed |= act in (Act.ACCEPT_BED, Act.ACCEPT)
            to = line.to
            if act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT_BED):
                to = state_after_acceptance(medical=medical, bed=bed)
            assert (event.from_state, event.to_state) == (state, to)
            assert event.version == number
            assert event.at >= last
            assert all(name == "text" or name in event.data for name in line.needs)
            assert "text" not in line.needs or event.text
            current = standing(kind, to)
            assert event.owner == (current.owner if current else "")
            state, last = to, event.at
        assert state == referral.state
        assert referral.version == len(histories[pk]) + 1


def test_rows_hold_under_the_constraints_of_the_database() -> None:
    connection.check_constraints()
    for model in (Referral, Patient, CareLink, Case, MeetingSession, BreakGlass):
        rows = list(model.objects.order_by("?")[:150])
        for row in rows:
            row.full_clean(exclude=["price_text", "route", "expected_minutes"])


def test_an_open_request_has_the_clock_of_its_last_act() -> None:
    histories = events_by_request()
    for referral in Referral.objects.exclude(state__in=ENDED).select_related("clause"):
        last = histories[referral.pk][-1]
        assert referral.due_at == last.due_at
        again = Referral.objects.get(pk=referral.pk)
        again.left_minutes = None
        if last.act not in (Act.GIVE_INFO, Act.DEPART, Act.ENGAGE):
            settle_clock(again, Act(last.act), at=last.at)
            assert (again.owner, again.clock, again.due_at) == (
                referral.owner,
                referral.clock,
                referral.due_at,
            )


def test_calls_belong_to_a_clock_that_had_run_out() -> None:
    assert Escalation.objects.filter(referral__was_late=False).count() == 0
    late = Referral.objects.filter(was_late=True).count() / Referral.objects.count()
    assert 0.1 < late < 0.25


def test_people_are_invented_and_look_it() -> None:
    # Tests of pages that share this database write people of their own, later.
    told = AuditEvent.objects.filter(action="referrals.invent-year").latest("id").at
    people = list(Patient.objects.filter(created_at__lte=told))
    assert len(people) >= 1500
    states = {one.identity_state for one in people}
    assert len(states) == 4
    for one in people:
        assert one.is_synthetic
        assert SUFFIX[-3:] in one.birth_name
        assert one.ins_oid in ("", INS_TEST_OID)
        assert bool(one.ins_oid) == bool(one.ins_number)
        assert one.search_name


def test_answers_are_those_that_the_form_would_keep() -> None:
    checked = 0
    for case in Case.objects.select_related("pathway")[:300]:
        first = case.referrals.order_by("created_at").select_related("step").first()
        assert first is not None
        template = find_template(case.pathway.slug, first.care_type, Kind(first.kind))
        for question in template.questions:
            answer = case.answers.get(question.key)
            assert answer or not question.required
            if isinstance(answer, str) and question.kind != "instant":
                assert read_answer(question, answer, now=case.opened_at) == answer
                checked += 1
    assert checked > 1000


def test_meetings_answer_after_a_session_with_its_quorum() -> None:
    answered = Referral.objects.filter(kind=Kind.MEETING, answered_at__isnull=False)
    assert answered.count() > 11
    for referral in answered.select_related("session"):
        session = referral.session
        assert session is not None
        assert session.held_at is not None
        assert not missing_specialties(session.quorum, session.attendees)
        assert session.service_id == referral.to_service_id
    assert MeetingSession.objects.filter(starts_at__gt=timezone.now()).exists()


def test_letters_are_whole_and_most_leave_the_same_day() -> None:
    letters = list(Letter.objects.filter(signed_at__isnull=False))
    for letter in letters:
        check_can_sign(LetterKind(letter.kind), letter.content, letter.left_on)
    sent = [one for one in letters if one.kind == LetterKind.DISCHARGE and one.sent_at]
    same = [one for one in sent if one.sent_at and local_day(one.sent_at) == one.left_on]
    assert 0.6 < len(same) / len(sent) < 0.95


@pytest.mark.parametrize(
    ("username", "least"),
    [("demo-garde", 10), ("demo-garde-maubeuge", 2), ("demo-garde-valenciennes", 2)],
)
def test_each_team_finds_something_to_do(username: str, least: int) -> None:
    actor = get_actor(User.objects.get(username=username), on=timezone.localdate())
    places = actor.organizations()
    open_ones = Referral.objects.filter(to_organization__slug__in=places).exclude(state__in=ENDED)
    assert open_ones.count() >= least


def test_every_board_shows_something() -> None:
    open_ones = Referral.objects.exclude(state__in=ENDED)
    asked = open_ones.filter(from_organization__slug="ch-fourmies")
    assert {State.SENT, State.DEPARTED, State.ANSWERED} <= set(
        asked.values_list("state", flat=True)
    )
    assert open_ones.filter(kind=Kind.RETURN).count() >= 2
    assert open_ones.filter(due_at__lt=timezone.now()).count() >= 2
    assert BreakGlass.objects.filter(review=ReviewState.PENDING).count() >= 2
    assert DuplicatePair.objects.count() >= 5
    assert Case.objects.filter(return_due_at__isnull=False).exists()
    assert set(Referral.objects.values_list("reason", flat=True)) >= {
        Reason.NO_BED,
        Reason.SISTER,
    }


def test_who_sent_a_request_under_way_may_read_the_record() -> None:
    doctor = get_actor(User.objects.get(username="demo-medecin"), on=timezone.localdate())
    rows = Referral.objects.filter(
        from_organization__slug="ch-fourmies", kind=Kind.OPINION
    ).exclude(state__in=ENDED)
    people = [one.patient for one in rows.select_related("patient")]
    assert people
    grounds = list_grounds(people, by=doctor, at=timezone.now())
    assert {one.pk for one in people} == set(grounds)


def test_main_agreements_have_figures_in_every_quarter() -> None:
    year = timezone.now() - timedelta(days=365)
    for quarter in range(4):
        starts = year + timedelta(days=90 * quarter)
        sent = Referral.objects.filter(
            sent_at__gte=starts,
            sent_at__lt=starts + timedelta(days=90),
            agreement__slug="association-ght-hainaut-cambresis-2017",
        )
        assert sent.count() > 60


def test_the_same_seed_tells_the_same_year() -> None:
    ground = read_ground(accounts=ACCOUNTS, at=timezone.now())
    told = []
    for _ in range(2):
        year = Year(ground, Random(4), ground.at, mark="essai")
        year.tell(requests=60, patients=40)
        year.tell_now()
        told.append([(one.act, one.at, one.name, one.referral.key) for one in year.told.events])
    assert len(told[0]) > 300
    assert told[0] == told[1]


def test_loaded_again_it_changes_nothing() -> None:
    before = (Referral.objects.count(), AuditEvent.objects.count())
    made = invent_year(accounts=ACCOUNTS, by=SYSTEM, at=timezone.now() + timedelta(hours=1))
    assert made.requests == 0
    assert before == (Referral.objects.count(), AuditEvent.objects.count())


def test_loaded_again_days_later_what_is_under_way_is_of_that_day() -> None:
    at = timezone.now() + timedelta(days=3)
    # Other tests act on the same territory, in a browser: what they touched is theirs to end.
    loaded_at = AuditEvent.objects.filter(action=ACTION).latest("at").at
    touched = Event.objects.filter(at__gt=loaded_at).exclude(act=Act.EXPIRE).values("referral")
    late = Referral.objects.filter(token__startswith="exemple-", due_at__lt=at).exclude(
        Q(state__in=ENDED) | Q(pk__in=touched)
    )
    before = set(late.values_list("pk", flat=True))
    people = Patient.objects.count()
    made = invent_year(accounts=ACCOUNTS, by=SYSTEM, at=at)
    assert 15 < made.requests < 60
    assert Patient.objects.count() == people + made.patients
    assert len(before) > 5
    assert not late.filter(pk__in=before).exists()
    # A few of the new ones are late by their story, a return that waits for days among them.
    assert late.count() < made.requests / 2
    assert AuditEvent.objects.filter(action=ACTION).count() == 2
