"""Random acts by random people, at random hours: an open request always has one owner and one
clock, whatever was done, refused or posted late. The judge is a slow account kept by hand, which
reads nothing of the tables but what each act answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.accounts.permissions import SYSTEM, Actor
from maillage.patients.models import CareLink, Patient
from maillage.referrals.actions.acts import act_on
from maillage.referrals.enums import Act, Clock, Kind, Priority, Side, State
from maillage.referrals.models import Event, MeetingSession, Referral
from maillage.vocabulary.errors import MaillageError
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import BEDS, LOCAL, NEIGHBOUR, NOW, PEOPLE, SAMU

T, Q, R = "TARGET", "REQUESTER", "REGULATOR"

OWNERS: dict[str, tuple[str, str]] = {
    "DRAFT": (Q, "TO_SEND"),
    "SENT": (T, "TO_SEE"),
    "SEEN": (T, "TO_ANSWER"),
    "INFO_ASKED": (Q, "TO_COMPLETE"),
    "PARTLY_ACCEPTED": (T, "TO_FIND_BED"),
    "ACCEPTED": (Q, "TO_ORDER"),
    "ORDERED": (R, "TO_ENGAGE"),
    "ENGAGED": (R, "TO_DEPART"),
    "DEPARTED": (R, "TO_ARRIVE"),
    "ARRIVED": (T, "TO_TAKE_OVER"),
    "SCHEDULED": (T, "TO_HOLD"),
    "ANSWERED": (Q, "TO_READ"),
    "REFUSED": (Q, "TO_REROUTE"),
    "REDIRECTED": (Q, "TO_REROUTE"),
    "EXPIRED": (Q, "TO_REROUTE"),
}
"""Written out again: who must hold the ball and what is waited for, in each open state."""


class Account:
    """What the acts that were answered say of one request."""

    def __init__(self, referral: Referral) -> None:
        self.key, self.kind = referral.key, referral.kind
        self.state, self.version = "DRAFT", 1
        self.medical = self.bed = False
        self.at = NOW

    def note(self, act: Act) -> None:
        """The state that follows, in plain words."""
        self.version += 1
        if act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT_BED):
            self.medical |= act is Act.ACCEPT_MEDICALLY
            self.bed |= act is Act.ACCEPT_BED
            self.state = "ACCEPTED" if self.medical and self.bed else "PARTLY_ACCEPTED"
        elif act is not Act.REPRIORITISE:
            self.state = {
                "SEND": "SENT", "SEE": "SEEN", "ASK_INFO": "INFO_ASKED", "GIVE_INFO": "SEEN",
                "ANSWER": "ANSWERED", "ACCEPT": "ACCEPTED", "REFUSE": "REFUSED",
                "REDIRECT": "REDIRECTED", "SCHEDULE": "SCHEDULED", "ORDER_TRANSPORT": "ORDERED",
                "DECLINE_TRANSPORT": "ACCEPTED", "ENGAGE": "ENGAGED", "DEPART": "DEPARTED",
                "ARRIVE": "ARRIVED", "TAKE_OVER": "CLOSED", "REROUTE": "CLOSED", "CLOSE": "CLOSED",
                "CANCEL": "CANCELLED", "EXPIRE": "EXPIRED",
            }[act.value]  # fmt: skip

    def owner(self) -> tuple[str, str]:
        owner, clock = OWNERS.get(self.state, ("", ""))
        return (Q if owner == R and self.kind == "RETURN" else owner), clock


def values_of(act: Act, at: datetime, session: MeetingSession) -> dict[str, Any]:
    """What an act may be given, whole."""
    soon = at + timedelta(minutes=30)
    values: dict[Act, dict[str, Any]] = {
        Act.ASK_INFO: {"text": "Heure ?"},
        Act.GIVE_INFO: {"text": "Deux heures"},
        Act.ANSWER: {"conclusion": "Oui"},
        Act.ACCEPT: {"bed": "4"},
        Act.ACCEPT_BED: {"bed": "4"},
        Act.REFUSE: {"reason": "NO_BED", "text": "Plein"},
        Act.REDIRECT: {"reason": "OTHER_LEVEL", "proposed_service": "thrombectomie-lille"},
        Act.ORDER_TRANSPORT: {"transport": "SMUR"},
        Act.DECLINE_TRANSPORT: {"reason": "NO_TEAM", "text": "Brouillard"},
        Act.ENGAGE: {"arrives_at": soon},
        Act.DEPART: {"arrives_at": soon},
        Act.CANCEL: {"reason": "IMPROVED"},
        Act.REPRIORITISE: {"priority": "P0", "text": "Se dégrade"},
        Act.SCHEDULE: {"scheduled_at": soon, "session": session},
    }
    return values.get(act, {})


STEPS = st.lists(
    st.tuples(
        st.sampled_from([*Act, *Act, Act.SEND, Act.ACCEPT_MEDICALLY, Act.ACCEPT_BED]),
        st.sampled_from([*PEOPLE, LOCAL, LOCAL, NEIGHBOUR, NEIGHBOUR, NEIGHBOUR, SAMU, SYSTEM]),
        st.integers(0, 600),
        st.sampled_from([0, 0, 0, 0, 1, 2]),
        st.booleans(),
    ),
    min_size=4,
    max_size=30,
)


@pytest.fixture
def session(patient: Patient) -> MeetingSession:
    """A session held with its quorum."""
    return MeetingSession.objects.create(
        service=scene.service("unv-valenciennes"), name="RCP", starts_at=NOW, quorum=[],
    )  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(Kind), steps=STEPS)
def test_an_open_request_always_has_one_owner_and_one_clock(
    patient: Patient,
    session: MeetingSession,
    kind: Kind,
    steps: list[tuple[Act, Actor, int, int, bool]],
) -> None:
    referral = scene.written(scene.admit(), kind)
    account = Account(referral)
    for act, by, minutes, behind, whole in steps:
        account.at += timedelta(minutes=minutes)
        given_values = values_of(act, account.at, session) if whole else {}
        if kind is not Kind.MEETING:
            given_values.pop("session", None)
        try:
            answered = act_on(
                referral_key=account.key,
                act=act,
                version=max(1, account.version - behind),
                by=by,
                at=account.at,
                values=given_values,
            )
        except MaillageError:
            pass
        else:
            if answered.version != account.version:
                account.note(act)
        check(account)


def check(account: Account) -> None:
    """The row says what the account says, and nothing is left running once it has ended."""
    row = Referral.objects.get(key=account.key)
    assert (row.state, row.version) == (account.state, account.version)
    assert (row.owner, row.clock) == account.owner()
    if row.state in (State.CLOSED, State.CANCELLED):
        assert (row.due_at, row.alarm_at, row.clock_started_at) == (None, None, None)
        assert row.closed_at is not None
        links = CareLink.objects.filter(reference=row.key, ends_at__isnull=True)
        assert not links.exclude(kind="STAY").exists()
        return
    assert row.due_at is not None
    assert row.clock_started_at is not None
    assert row.clock_started_at < row.due_at
    assert (row.alarm_at, row.calls, row.closed_at) == (row.due_at, 0, None)
    assert Side(row.owner)
    assert Clock(row.clock)
    assert Priority(row.priority)
    events = Event.objects.filter(referral=row)
    assert [event.version for event in events.order_by("version")] == list(
        range(2, account.version + 1)
    )
    if (last := events.order_by("version").last()) is not None:
        assert (last.owner, last.due_at, last.to_state) == (row.owner, row.due_at, row.state)


WALKS: dict[Kind, list[tuple[Act, Actor]]] = {
    Kind.OPINION: [(Act.SEND, LOCAL), (Act.SEE, NEIGHBOUR), (Act.ASK_INFO, NEIGHBOUR),
                   (Act.GIVE_INFO, LOCAL), (Act.ANSWER, NEIGHBOUR), (Act.CLOSE, LOCAL)],
    Kind.TRANSFER: [(Act.SEND, LOCAL), (Act.ACCEPT_BED, BEDS), (Act.ACCEPT_MEDICALLY, NEIGHBOUR),
                    (Act.ORDER_TRANSPORT, LOCAL), (Act.DECLINE_TRANSPORT, SAMU),
                    (Act.ORDER_TRANSPORT, SAMU), (Act.ENGAGE, SAMU), (Act.DEPART, SAMU),
                    (Act.ARRIVE, SAMU), (Act.TAKE_OVER, NEIGHBOUR)],
    Kind.RETURN: [(Act.SEND, LOCAL), (Act.ACCEPT, BEDS), (Act.DEPART, LOCAL), (Act.ARRIVE, LOCAL),
                  (Act.TAKE_OVER, NEIGHBOUR)],
    Kind.CONSULTATION: [(Act.SEND, LOCAL), (Act.SCHEDULE, BEDS), (Act.SCHEDULE, NEIGHBOUR),
                        (Act.ANSWER, NEIGHBOUR), (Act.CLOSE, LOCAL)],
}  # fmt: skip


@pytest.mark.parametrize("kind", WALKS)
def test_whole_lives_are_accounted_for(
    patient: Patient, session: MeetingSession, kind: Kind
) -> None:
    """The judge above sees ends, not only refusals."""
    account = Account(scene.written(patient, kind))
    for act, by in WALKS[kind]:
        account.at += timedelta(minutes=1)
        given_values = values_of(act, account.at, session)
        given_values.pop("session", None)
        act_on(
            referral_key=account.key, act=act, version=account.version, by=by, at=account.at,
            values=given_values,
        )  # fmt: skip
        account.note(act)
        check(account)
    assert account.state == "CLOSED"
