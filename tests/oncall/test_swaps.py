"""Exchanges of duties, from the proposal to the change of hands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Practitioner
from maillage.engines.rostering.problem import Violation
from maillage.oncall.actions import release_slot
from maillage.oncall.actions import swaps as acts
from maillage.oncall.enums import AnswerState, SwapState, UnavailabilityKind
from maillage.oncall.models import DutyAssignment, DutySlot, Swap, Unavailability
from maillage.oncall.queries.swaps import list_colleagues, list_returns, list_swaps
from maillage.oncall.rules.swaps import MAY_BECOME, can_become, new_violations
from maillage.vocabulary.errors import NotAllowed, NotFound, Refusal
from tests.oncall.people_in_small import actor_of, client_of, make_nights, slots_of

A, B = "prat-001", "prat-002"


def person(slug: str) -> Practitioner:
    return Practitioner.objects.get(slug=slug)


def holder(slot: DutySlot) -> str:
    return DutyAssignment.objects.get(slot=slot).practitioner.slug


@pytest.fixture
def sparse(lines: None, now: datetime) -> None:
    """Nights far enough apart: the shared line, then only one night in four is held."""
    make_nights(now, days=40)
    for rank, slot in enumerate(DutySlot.objects.order_by("starts_at")):
        if rank % 4:
            slot.assignment.delete()
    kept = DutySlot.objects.filter(assignment__isnull=False).order_by("starts_at")
    for rank, slot in enumerate(kept):
        DutyAssignment.objects.filter(slot=slot).update(practitioner=person(A if rank % 2 else B))


@pytest.fixture
def keeper(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.ON_CALL, at="ch-maubeuge")


def propose(now: datetime, *, back: bool = True, by: Actor | None = None) -> Swap:
    mine, theirs = slots_of(A)[0], slots_of(B)[2]
    return acts.propose_swap(
        slot=mine,
        taken_by=person(B),
        in_return=theirs if back else None,
        message="Merci !",
        by=by or actor_of(A, now),
        at=now,
    )


def test_the_table_of_states_ends() -> None:
    assert set(MAY_BECOME) == set(SwapState)
    over = {state for state in SwapState if not MAY_BECOME[state]}
    assert over == set(SwapState) - {SwapState.PROPOSED, SwapState.ACCEPTED}
    assert not can_become("PROPOSED", SwapState.APPROVED), "the colleague answers first"


def test_only_what_an_exchange_worsens_is_its_doing() -> None:
    old = Violation("rest", "p", ("a", "b"), 60)
    assert new_violations([old], [old]) == []
    worse = Violation("rest", "p", ("a", "b"), 90)
    other = Violation("rest", "p", ("b", "c"), 30)
    assert new_violations([old], [worse, other]) == [worse, other]


@pytest.mark.django_db
@pytest.mark.parametrize("back", [True, False])
def test_a_swap_from_the_proposal_to_the_change_of_hands(
    sparse: None, now: datetime, keeper: Actor, back: bool
) -> None:
    mine, theirs = slots_of(A)[0], slots_of(B)[2]
    swap = propose(now, back=back)
    assert (holder(mine), holder(theirs)) == (A, B)
    acts.answer_swap(swap=swap, accept=True, by=actor_of(B, now), at=now)
    assert (holder(mine), holder(theirs)) == (A, B), "not before it is approved"
    acts.approve_swap(swap=swap, by=keeper, at=now)
    assert (holder(mine), holder(theirs)) == (B, A if back else B)
    swap.refresh_from_db()
    assert swap.state == SwapState.APPROVED
    assert swap.closed_by == keeper.name
    trail = AuditEvent.objects.filter(action__contains="swap").order_by("id")
    assert [one.action for one in trail] == [
        "oncall.propose-swap", "oncall.answer-swap", "oncall.approve-swap",
    ]  # fmt: skip
    assert [one.changes_territory for one in trail] == [False, False, True]


@pytest.mark.django_db
def test_everybody_acts_for_themself_and_keepers_for_others(
    sparse: None, now: datetime, keeper: Actor, make_actor: Callable[..., Actor]
) -> None:
    stranger = make_actor(Role.ON_CALL, at="chu-lille")
    for other in (actor_of(B, now), stranger, make_actor(Role.DOCTOR, at="ch-valenciennes")):
        with pytest.raises(NotAllowed):
            propose(now, by=other)
    swap = propose(now, by=keeper)
    assert swap.proposed_by == keeper.name
    for other in (actor_of(A, now), stranger):
        with pytest.raises(NotAllowed):
            acts.answer_swap(swap=swap, accept=True, by=other, at=now)
    acts.answer_swap(swap=swap, accept=True, by=keeper, at=now)
    with pytest.raises(NotAllowed):
        acts.approve_swap(swap=swap, by=stranger, at=now)
    with pytest.raises(NotAllowed):
        acts.withdraw_swap(swap=swap, by=actor_of(B, now), at=now)
    acts.withdraw_swap(swap=swap, by=actor_of(A, now), at=now)
    with pytest.raises(Refusal):
        acts.approve_swap(swap=swap, by=keeper, at=now)


@pytest.mark.django_db
def test_nobody_approves_their_own(sparse: None, now: datetime) -> None:
    from tests.oncall.people_in_small import account_of

    account_of(A, now, role=Role.ON_CALL)
    swap = propose(now)
    acts.answer_swap(swap=swap, accept=True, by=actor_of(B, now), at=now)
    with pytest.raises(NotAllowed, match="quelqu'un d'autre"):
        acts.approve_swap(swap=swap, by=actor_of(A, now), at=now)


@pytest.mark.django_db
def test_a_duty_is_in_one_exchange_at_a_time(sparse: None, now: datetime) -> None:
    propose(now)
    with pytest.raises(Refusal, match="déjà en cours"):
        propose(now)
    with pytest.raises(Refusal, match="déjà en cours"):
        acts.propose_swap(slot=slots_of(B)[2], taken_by=person(A), by=actor_of(B, now), at=now)


@pytest.mark.django_db
def test_a_hard_rule_forbids_it_when_proposed_and_when_approved(
    sparse: None, now: datetime, keeper: Actor
) -> None:
    """Leave that was granted in between stops the approval."""
    swap = propose(now, back=False)
    acts.answer_swap(swap=swap, accept=True, by=actor_of(B, now), at=now)
    slot = slots_of(A)[0]
    Unavailability.objects.create(
        practitioner=person(B), kind=UnavailabilityKind.SICK, starts_at=slot.starts_at,
        ends_at=slot.ends_at, state=AnswerState.GRANTED, asked_at=now, asked_by="x",
        answered_at=now, answered_by="x",
    )  # fmt: skip
    with pytest.raises(Refusal, match="indisponible"):
        acts.approve_swap(swap=swap, by=keeper, at=now)
    assert holder(slot) == A
    acts.withdraw_swap(swap=swap, by=actor_of(A, now), at=now)
    with pytest.raises(Refusal, match="indisponible"):
        propose(now, back=False)
    (colleague,) = list_colleagues(slot, person(A), at=now)
    assert colleague.practitioner == person(B)
    assert colleague.is_barred


@pytest.mark.django_db
def test_who_does_not_take_part_in_the_line_cannot(sparse: None, now: datetime) -> None:
    with pytest.raises(Refusal, match="ne participe pas"):
        acts.propose_swap(
            slot=slots_of(A)[0], taken_by=person("prat-003"), by=actor_of(A, now), at=now
        )


@pytest.mark.django_db
def test_it_lapses_when_the_duty_changes_hands_otherwise(
    sparse: None, now: datetime, keeper: Actor
) -> None:
    swap = propose(now)
    release_slot(slot=slots_of(A)[0], by=SYSTEM, at=now)
    swap.refresh_from_db()
    assert swap.state == SwapState.LAPSED
    with pytest.raises(Refusal):
        acts.answer_swap(swap=swap, accept=True, by=actor_of(B, now), at=now)


@pytest.mark.django_db
def test_a_duty_that_has_begun_is_not_exchanged(sparse: None, now: datetime, keeper: Actor) -> None:
    swap = propose(now)
    acts.answer_swap(swap=swap, accept=True, by=actor_of(B, now), at=now)
    late = slots_of(A)[0].starts_at
    with pytest.raises(Refusal, match="commencée"):
        acts.approve_swap(swap=swap, by=keeper, at=late)


@pytest.mark.django_db
def test_the_list_shows_to_each_what_concerns_them(
    sparse: None, now: datetime, keeper: Actor, make_actor: Callable[..., Actor]
) -> None:
    propose(now)
    (for_b,) = list_swaps(actor_of(B, now))
    assert for_b.waits_for_me
    (for_a,) = list_swaps(actor_of(A, now))
    assert (for_a.waits_for_me, for_a.may_withdraw) == (False, True)
    (kept,) = list_swaps(keeper)
    assert (kept.may_approve, kept.may_withdraw) == (False, True)
    acts.answer_swap(swap=kept.swap, accept=True, by=actor_of(B, now), at=now)
    (kept,) = list_swaps(keeper)
    assert (kept.may_approve, kept.may_withdraw) == (True, False), "refusing is enough"
    assert not list_swaps(make_actor(Role.ON_CALL, at="chu-lille"))
    assert not list_swaps(make_actor(Role.DOCTOR, at="ch-maubeuge"))


@pytest.mark.django_db
def test_statements_do_not_grow_with_the_duties(lines: None, now: datetime) -> None:
    counts = []
    for days in (20, 60):
        make_nights(now, days=days)
        with CaptureQueriesContext(connection) as seen:
            list_returns(slots_of(A)[0], person(A), person(B), at=now)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 22


@pytest.mark.django_db
def test_the_pages_walk_through_a_swap(lines: None, client_for: Callable[..., Client]) -> None:
    now = timezone.now()
    make_nights(now, days=40)
    for rank, slot in enumerate(DutySlot.objects.order_by("starts_at")):
        if rank % 4:
            slot.assignment.delete()
    kept = DutySlot.objects.filter(assignment__isnull=False, starts_at__gt=now)
    for rank, slot in enumerate(kept.order_by("starts_at")):
        DutyAssignment.objects.filter(slot=slot).update(practitioner=person(A if rank % 2 else B))
    # Past 20 h, the first night of all has begun: it is nobody's to give.
    mine = next(slot for slot in slots_of(A) if slot.starts_at > now)
    giver, taker = client_of(A, now), client_of(B, now)
    assert f"/gardes/creneaux/{mine.pk}/echange" in giver.get("/gardes/mes-gardes").content.decode()
    address = f"/gardes/creneaux/{mine.pk}/echange"
    assert "Béatrice Dubois" in giver.get(address).content.decode()
    assert taker.get(address).status_code == 403
    assert "En retour" in giver.get(f"{address}?avec={B}").content.decode()
    assert giver.post(address, {"avec": B, "retour": "999999"}).status_code == 422
    made = giver.post(address, {"avec": B, "retour": "", "message": "Merci"})
    page = made["Location"]
    assert "Accepter" in taker.get(page).content.decode()
    assert "Accepter" not in giver.get(page).content.decode()
    assert "Attend la réponse de Dr Béatrice Dubois" in giver.get(page).content.decode()
    assert client_for(Role.DOCTOR, at="chu-lille").get(page).status_code == 404
    assert taker.post(f"{page}/accepter").status_code == 302
    keeper = client_for(Role.DIRECTOR, at="ch-valenciennes")
    assert "Valider" in keeper.get(page).content.decode()
    assert "Attend la validation" in giver.get(page).content.decode()
    assert "attend votre validation" in keeper.get("/gardes/echanges").content.decode()
    assert keeper.post(f"{page}/nimporte").status_code == 404
    assert keeper.post(f"{page}/valider").status_code == 302
    assert holder(mine) == B
    assert "Validé" in giver.get(page).content.decode()
    assert "Attend la validation" not in giver.get(page).content.decode()


@pytest.mark.django_db
def test_an_act_without_a_swap_is_not_found(sparse: None, now: datetime) -> None:
    with pytest.raises(NotFound):
        acts.do_to_swap(swap=propose(now), act="voler", by=SYSTEM, at=now + timedelta(1))
