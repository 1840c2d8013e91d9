"""Calendars and swaps follow every change of who holds what."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.accounts.permissions import SYSTEM
from maillage.directory.models import Practitioner
from maillage.oncall.actions import assign_slot, generate_slots, release_slot
from maillage.oncall.enums import SwapState
from maillage.oncall.imports import read_turns
from maillage.oncall.imports.following import follow_duties, follow_link
from maillage.oncall.models import (
    CalendarEntry,
    CalendarLink,
    DutyAssignment,
    DutyLine,
    DutySlot,
    Swap,
)
from maillage.oncall.rules.calendars import HeldDuty, ToldDuty, tell
from maillage.vocabulary.calendar import local_day
from tests.directory.territory_in_small import load
from tests.oncall.conftest import TURNS

SOURCE = Path(__file__).resolve().parents[2] / "src" / "maillage"
START = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


def duty(day: int, *, person: int = 1, line: int = 1, service: int = 1, hours: int = 12,
         at: int = 0) -> HeldDuty:  # fmt: skip
    starts_at = START + timedelta(days=day, hours=at)
    return HeldDuty(person, line, service, starts_at, starts_at + timedelta(hours=hours))


def test_what_is_new_what_is_gone_and_what_is_as_before() -> None:
    told = [ToldDuty(1, duty(0), False), ToldDuty(2, duty(1), False)]
    telling = tell([duty(0), duty(5)], told)
    assert telling.new == (duty(5),)
    assert telling.cancel == (2,)
    assert telling.changed == ()


def test_a_duty_that_moves_on_its_day_keeps_its_entry() -> None:
    """Another hour, or another receiving site: the telephone moves it, and cancels nothing."""
    told = [ToldDuty(1, duty(0), False), ToldDuty(2, duty(1), False)]
    telling = tell([duty(0, at=-2, hours=14), duty(1, service=9)], told)
    assert telling.new == ()
    assert telling.cancel == ()
    assert dict(telling.changed) == {1: duty(0, at=-2, hours=14), 2: duty(1, service=9)}


def test_a_duty_in_other_hands_is_cancelled_for_one_and_new_for_the_other() -> None:
    telling = tell([duty(0, person=2)], [ToldDuty(1, duty(0), False)])
    assert telling.new == (duty(0, person=2),)
    assert telling.cancel == (1,)


def test_a_duty_that_comes_back_takes_its_entry_again() -> None:
    told = [ToldDuty(1, duty(0), True)]
    assert tell([], told).cancel == ()
    assert tell([duty(0)], told).changed == ((1, duty(0)),)


duties = st.builds(
    duty,
    st.integers(0, 2),
    person=st.integers(1, 2),
    line=st.integers(1, 2),
    service=st.integers(1, 2),
    hours=st.sampled_from([12, 14]),
    at=st.sampled_from([0, 2]),
)
states = st.lists(duties, max_size=8, unique_by=lambda one: one.key)


@given(st.lists(states, min_size=1, max_size=5))
def test_after_each_telling_calendars_know_exactly_what_is_held(
    history: list[list[HeldDuty]],
) -> None:
    told: dict[int, ToldDuty] = {}
    for held in history:
        telling = tell(held, told.values())
        for one in telling.new:
            told[len(told)] = ToldDuty(len(told), one, False)
        for pk, one in telling.changed:
            told[pk] = ToldDuty(pk, one, False)
        for pk in telling.cancel:
            assert not told[pk].is_cancelled
            told[pk] = ToldDuty(pk, told[pk].duty, True)
        standing = [one.duty for one in told.values() if not one.is_cancelled]
        assert sorted(map(repr, standing)) == sorted(map(repr, held))
        keys = [one.duty.key for one in told.values()]
        assert len(set(keys)) == len(keys), "the table refuses two entries of one key"
        again = tell(held, told.values())
        assert (again.new, again.changed, again.cancel) == ((), (), ())


# In the database


def make_slots(now: datetime) -> None:
    today = local_day(now)
    generate_slots(
        read_turns(TURNS.encode()), [], today, today + timedelta(days=10), by=SYSTEM, at=now
    )


def link_of(slug: str, now: datetime) -> CalendarLink:
    link = CalendarLink.objects.create(
        practitioner=Practitioner.objects.get(slug=slug), secret_hash=slug, account="x",
        made_at=now, made_by="x",
    )  # fmt: skip
    follow_link(link, at=now)
    return link


def standing(slug: str) -> set[datetime]:
    entries = CalendarEntry.objects.filter(practitioner__slug=slug, is_cancelled=False)
    return set(entries.values_list("starts_at", flat=True))


def held(slug: str) -> set[datetime]:
    found = DutyAssignment.objects.filter(practitioner__slug=slug)
    return set(found.values_list("slot__starts_at", flat=True))


@pytest.mark.django_db
def test_only_those_who_read_a_calendar_have_entries(lines: None, now: datetime) -> None:
    make_slots(now)
    assert not CalendarEntry.objects.exists()
    link_of("prat-001", now)
    assert standing("prat-001") == held("prat-001")
    assert not standing("prat-002")


@pytest.mark.django_db
def test_every_act_reaches_the_calendar(lines: None, now: datetime) -> None:
    link_of("prat-001", now)
    make_slots(now)
    assert standing("prat-001") == held("prat-001") != set()
    slot = DutySlot.objects.filter(assignment__practitioner__slug="prat-001").last()
    assert slot is not None
    entry = CalendarEntry.objects.get(starts_at=slot.starts_at)
    assert (entry.sequence, entry.is_cancelled) == (0, False)
    release_slot(slot=slot, by=SYSTEM, at=now)
    entry.refresh_from_db()
    assert (entry.sequence, entry.is_cancelled) == (1, True)
    mine = Practitioner.objects.get(slug="prat-001")
    assign_slot(slot=slot, practitioner=mine, by=SYSTEM, at=now)
    back = CalendarEntry.objects.get(pk=entry.pk)
    assert (back.uid, back.sequence, back.is_cancelled) == (entry.uid, 2, False)
    starts = slot.starts_at.isoformat()
    load(
        "creneaux",
        "ligne;offre;du;au;delai_arrivee_min;praticien\n"
        f"{slot.line.slug};{slot.service.slug};{starts};"
        f"{(slot.ends_at + timedelta(hours=1)).isoformat()};;prat-001\n",
    )
    back.refresh_from_db()
    assert (back.sequence, back.ends_at) == (3, slot.ends_at + timedelta(hours=1))
    follow_duties(lines={slot.line_id}, starts_at=START, ends_at=START + timedelta(9), at=now)
    assert CalendarEntry.objects.get(pk=entry.pk).sequence == 3


@pytest.mark.django_db
def test_the_calendar_of_a_line_shows_everybody(lines: None, now: datetime) -> None:
    line = DutyLine.objects.get(slug="avc-hainaut")
    link = CalendarLink.objects.create(
        line=line, secret_hash="l", account="x", made_at=now, made_by="x"
    )
    make_slots(now)
    follow_link(link, at=now)
    assert standing("prat-001") == held("prat-001")
    assert standing("prat-002") == held("prat-002")
    CalendarLink.objects.update(revoked_at=now)
    DutyAssignment.objects.all().delete()
    follow_duties(lines={line.pk}, starts_at=START, ends_at=START + timedelta(9), at=now)
    assert standing("prat-001"), "nobody is told any more"


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["released", "moved", "gone", "nothing", "return-moved"])
def test_a_swap_lapses_when_its_duties_are_no_longer_what_was_proposed(
    lines: None, now: datetime, change: str
) -> None:
    make_slots(now)
    first = DutySlot.objects.filter(assignment__practitioner__slug="prat-001").first()
    second = DutySlot.objects.filter(assignment__practitioner__slug="prat-002").last()
    assert first is not None
    assert second is not None
    swap = Swap.objects.create(
        line=first.line, slot=first, starts_at=first.starts_at, ends_at=first.ends_at,
        given_by=first.assignment.practitioner, taken_by=second.assignment.practitioner,
        in_return=second, return_starts_at=second.starts_at, return_ends_at=second.ends_at,
        proposed_at=now, proposed_by="x",
    )  # fmt: skip
    if change == "released":
        release_slot(slot=first, by=SYSTEM, at=now)
    elif change == "moved":
        DutySlot.objects.filter(pk=first.pk).update(ends_at=first.ends_at + timedelta(hours=1))
    elif change == "gone":
        first.delete()
    elif change == "return-moved":
        release_slot(slot=second, by=SYSTEM, at=now)
    lapsed = follow_duties(
        lines={swap.line_id}, starts_at=swap.starts_at, ends_at=swap.starts_at, at=now
    )
    swap.refresh_from_db()
    expected = SwapState.PROPOSED if change == "nothing" else SwapState.LAPSED
    assert swap.state == expected
    assert lapsed == (change in ("moved", "gone"))


def test_whoever_writes_assignments_has_calendars_follow() -> None:
    """Reads the code: a new act cannot forget it."""
    forgetful = [
        path.name
        for path in SOURCE.rglob("*.py")
        if re.search(
            r"DutyAssignment\.objects\.(create|bulk_create|update_or_create|filter\([^)]*\)\.(delete|update))|DutyAssignment\(",
            path.read_text(),
        )
        and "models" not in path.parts
        and "follow_duties(" not in path.read_text()
    ]
    assert not forgetful
