"""Making slots, giving them a holder, freeing them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Practitioner
from maillage.oncall.actions import assign_slot, generate_slots, release_slot
from maillage.oncall.imports import read_holes, read_turns
from maillage.oncall.models import DutyAssignment, DutySlot
from maillage.vocabulary.errors import NotAllowed, Refusal
from tests.directory.territory_in_small import load
from tests.oncall.conftest import HOLES, TURNS

pytestmark = pytest.mark.django_db
MakeActor = Callable[..., Actor]
FIRST, LAST = date(2026, 11, 22), date(2026, 12, 6)


@pytest.fixture
def roster(lines: None, now: datetime) -> None:
    """Fourteen nights of the pooled line; nobody holds that of 25 November."""
    turns = read_turns(TURNS.encode())
    holes = read_holes(HOLES.encode(), loaded_on=FIRST)
    done = generate_slots(turns, holes, FIRST, LAST, by=SYSTEM, at=now)
    assert (done.created, done.existing, done.holes, done.conflicts) == (14, 0, 1, 0)


def hole() -> DutySlot:
    return DutySlot.objects.get(assignment__isnull=True)


def person(slug: str) -> Practitioner:
    return Practitioner.objects.get(slug=slug)


def test_generating_again_writes_nothing(roster: None, now: datetime) -> None:
    turns, events = read_turns(TURNS.encode()), AuditEvent.objects.count()
    release_slot(slot=DutySlot.objects.order_by("starts_at")[10], by=SYSTEM, at=now)
    done = generate_slots(turns, [], FIRST, LAST, by=SYSTEM, at=now)
    assert (done.created, done.existing, done.holes) == (0, 14, 0)
    assert DutySlot.objects.filter(assignment__isnull=True).count() == 2
    assert AuditEvent.objects.count() == events + 1  # the release alone


def test_a_longer_horizon_goes_on_where_the_first_stopped(roster: None, now: datetime) -> None:
    turns = read_turns(TURNS.encode())
    later = LAST + timedelta(days=7)
    done = generate_slots(turns, [], FIRST, later, by=SYSTEM, at=now)
    assert (done.created, done.existing) == (7, 14)
    holders = [
        slot.assignment.practitioner.slug
        for slot in DutySlot.objects.filter(assignment__isnull=False).order_by("starts_at")
    ][-9:]
    assert all(one != other for one, other in pairwise(holders))


def test_a_generation_leaves_free_whom_another_line_keeps(lines: None, now: datetime) -> None:
    load(
        "creneaux",
        "ligne;offre;du;au;delai_arrivee_min;praticien\n"
        "urgences-maubeuge;urgences-maubeuge;2026-11-22T22:00;2026-11-23T06:00;;prat-001\n"
        "urgences-maubeuge;urgences-maubeuge;2026-11-23T22:00;2026-11-24T06:00;;prat-001\n",
    )
    turns = read_turns(TURNS.encode())
    done = generate_slots(turns, [], FIRST, FIRST + timedelta(days=2), by=SYSTEM, at=now)
    assert (done.created, done.holes, done.conflicts) == (2, 1, 1)


def test_only_the_administration_generates(
    lines: None, now: datetime, make_actor: MakeActor
) -> None:
    with pytest.raises(NotAllowed):
        generate_slots([], [], FIRST, LAST, by=make_actor(Role.DIRECTOR), at=now)


def test_a_hole_is_filled_and_the_act_recorded(
    roster: None, now: datetime, make_actor: MakeActor
) -> None:
    slot = hole()
    by = make_actor(Role.ON_CALL, at="ch-valenciennes")
    assign_slot(slot=slot, practitioner=person("prat-001"), by=by, at=now)
    assert DutyAssignment.objects.get(slot=slot).assigned_by == "Personne d'essai"
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.subject_key) == ("oncall.assign-slot", "avc-hainaut")
    assert event.changes_territory
    assert event.details["practitioner"] == "prat-001"
    with pytest.raises(Refusal, match="libérez-le"):
        assign_slot(slot=slot, practitioner=person("prat-002"), by=by, at=now)


def test_the_receiving_establishment_may_fill_too(
    roster: None, now: datetime, make_actor: MakeActor
) -> None:
    """The week of 23 November has number 48: Valenciennes receives; the next one, Maubeuge."""
    slot = DutySlot.objects.filter(service__slug="unv-maubeuge").latest("starts_at")
    maubeuge = make_actor(Role.ON_CALL, at="ch-maubeuge")
    release_slot(slot=slot, by=maubeuge, at=now)
    assign_slot(slot=slot, practitioner=person("prat-001"), by=maubeuge, at=now)
    with pytest.raises(NotAllowed):
        release_slot(slot=hole(), by=maubeuge, at=now)


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.REGULATOR, Role.CITY, Role.AUDITOR])
def test_other_roles_may_not_fill(
    roster: None, now: datetime, make_actor: MakeActor, role: Role
) -> None:
    with pytest.raises(NotAllowed):
        assign_slot(slot=hole(), practitioner=person("prat-001"), by=make_actor(role), at=now)


def test_a_stranger_to_the_line_is_refused(roster: None, now: datetime) -> None:
    with pytest.raises(Refusal, match="aucun service"):
        assign_slot(slot=hole(), practitioner=person("prat-003"), by=SYSTEM, at=now)


def test_a_role_that_has_ended_does_not_count(roster: None, now: datetime) -> None:
    person("prat-002").roles.update(ends_on=date(2026, 11, 25))
    with pytest.raises(Refusal, match="aucun service"):
        assign_slot(slot=hole(), practitioner=person("prat-002"), by=SYSTEM, at=now)


def test_nobody_holds_two_lines_at_once(roster: None, now: datetime) -> None:
    load(
        "creneaux",
        "ligne;offre;du;au;delai_arrivee_min;praticien\n"
        "urgences-maubeuge;urgences-maubeuge;2026-11-26T06:00;2026-11-26T12:00;;prat-001\n",
    )
    with pytest.raises(Refusal, match="tient déjà la ligne"):
        assign_slot(slot=hole(), practitioner=person("prat-001"), by=SYSTEM, at=now)
    assign_slot(slot=hole(), practitioner=person("prat-002"), by=SYSTEM, at=now)


def test_a_slot_that_has_started_is_for_medical_affairs(
    roster: None, now: datetime, make_actor: MakeActor
) -> None:
    slot = hole()
    team = make_actor(Role.ON_CALL, at="ch-valenciennes")
    with pytest.raises(NotAllowed):
        assign_slot(slot=slot, practitioner=person("prat-001"), by=team, at=slot.starts_at)
    director = make_actor(Role.DIRECTOR, at="ch-valenciennes")
    assign_slot(slot=slot, practitioner=person("prat-001"), by=director, at=slot.starts_at)
    with pytest.raises(NotAllowed):
        release_slot(slot=slot, by=team, at=slot.ends_at)


def test_releasing_makes_a_hole(roster: None, now: datetime) -> None:
    slot = DutySlot.objects.filter(assignment__isnull=False).latest("starts_at")
    release_slot(slot=slot, by=SYSTEM, at=now)
    assert AuditEvent.objects.latest("id").action == "oncall.release-slot"
    with pytest.raises(Refusal, match="Personne"):
        release_slot(slot=slot, by=SYSTEM, at=now)
