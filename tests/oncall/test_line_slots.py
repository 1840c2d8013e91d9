"""The slots of coming days: repeated from the past, or by hours; shown, then written or refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.engines.rostering.regulations import regulations_on
from maillage.oncall.actions.line_slots import make_line_slots
from maillage.oncall.enums import DayKind, LineKind, ReceivingTurn, SlotSource
from maillage.oncall.models import DutyLine, DutySlot
from maillage.oncall.queries.line_slots import SlotWish, plan_line_slots
from maillage.oncall.rules.counting import count_duty, worth_of_night
from maillage.oncall.rules.patterns import (
    Hours,
    LineSlot,
    repeat_slots,
    slots_by_hours,
    without_doubles,
)
from maillage.vocabulary.calendar import french_instant, parse_instant
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.oncall.december import add_nights, line

ClientFor = Callable[..., Client]
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
NIGHT = Hours.between(18 * 60 + 30, 8 * 60 + 30)
DAY = Hours.between(8 * 60 + 30, 8 * 60 + 30)
WEEK = {
    DayKind.WEEKDAY: [NIGHT],
    DayKind.SATURDAY: [DAY],
    DayKind.SUNDAY: [DAY],
    DayKind.HOLIDAY: [DAY],
}


def told(slots: list[LineSlot]) -> list[str]:
    """Slots as people say them."""
    return [f"{french_instant(s.starts_at)}, {s.ends_at - s.starts_at}, {s.service}" for s in slots]


def by_hours(first: str, last: str, *, turn: ReceivingTurn = ReceivingTurn.WEEK) -> list[LineSlot]:
    return slots_by_hours(
        WEEK, ["lens", "bethune"], turn, date.fromisoformat(first), date.fromisoformat(last)
    )


def test_hours_know_holidays_and_the_nights_when_clocks_change() -> None:
    assert told(by_hours("2026-12-24", "2026-12-26")) == [
        "jeudi 24 décembre 2026 à 18 h 30, 14:00:00, lens",
        "vendredi 25 décembre 2026 à 8 h 30, 1 day, 0:00:00, lens",
    ]
    assert told(by_hours("2027-03-27", "2027-03-28")) == [
        "samedi 27 mars 2027 à 8 h 30, 23:00:00, lens"
    ]
    assert told(by_hours("2026-10-24", "2026-10-25")) == [
        "samedi 24 octobre 2026 à 8 h 30, 1 day, 1:00:00, lens"
    ]


@pytest.mark.parametrize(
    ("turn", "receives"),
    [
        (ReceivingTurn.SLOT, "lblblblblb"),
        (ReceivingTurn.DAY, "lblblblblb"),
        (ReceivingTurn.WEEK, "lllllbbbbb"),  # from a Wednesday: until Sunday, then the other
        (ReceivingTurn.MONTH, "llbbbbbbbb"),
    ],
)
def test_the_receiving_site_turns(turn: ReceivingTurn, receives: str) -> None:
    slots = by_hours("2026-04-29", "2026-05-09", turn=turn)
    assert "".join(slot.service[0] for slot in slots) == receives


def test_a_month_is_repeated_by_weekday_and_by_turn_of_its_sites() -> None:
    """Two sites, week and week about: the turn goes on, across a holiday too."""
    past = by_hours("2026-10-05", "2026-11-30")
    wanted = by_hours("2026-10-05", "2027-02-01")
    found = repeat_slots(past, date(2026, 11, 30), date(2027, 2, 1))
    expected = [slot for slot in wanted if slot.starts_at >= found[0].starts_at]
    assert told(found) == told(expected)


def test_three_sites_that_turn_each_week_come_back_after_three() -> None:
    def slots(first: date, last: date) -> list[LineSlot]:
        sites = ["a", "b", "c"]
        return slots_by_hours(WEEK, sites, ReceivingTurn.WEEK, first, last)

    past = slots(date(2026, 1, 5), date(2026, 3, 2))
    found = repeat_slots(past, date(2026, 3, 2), date(2026, 3, 23))
    expected = slots(date(2026, 1, 5), date(2026, 3, 23))[len(past) :]
    assert told(found) == told(expected)


def test_a_line_that_never_saw_a_holiday_keeps_it_as_a_sunday() -> None:
    past = by_hours("2026-09-07", "2026-10-26")
    found = repeat_slots(past, date(2026, 11, 11), date(2026, 11, 12))
    assert [(s.ends_at - s.starts_at) for s in found] == [timedelta(days=1)]


def test_nothing_is_made_from_no_past_and_nothing_is_doubled() -> None:
    assert repeat_slots([], date(2026, 12, 1), date(2027, 1, 1)) == []
    slots = by_hours("2026-12-01", "2026-12-08")
    kept, met = without_doubles(slots, slots[2:4])
    assert (len(kept), met) == (5, 2)
    assert without_doubles(slots, []) == (slots, 0)


def test_a_half_line_counts_and_pays_half_of_a_night() -> None:
    rules = regulations_on(date(2026, 12, 1))
    half = worth_of_night(LineKind.ON_SITE, True, rules)
    whole = worth_of_night(LineKind.ON_SITE, False, rules)
    assert (half.half_days, half.pay) == (1, rules["pay.half_garde"].written)
    assert (whole.half_days, whole.pay) == (2, rules["pay.garde"].written)
    assert worth_of_night(LineKind.ON_CALL, True, rules).half_days == 0
    starts, ends = parse_instant("1/12/2026 18h30"), parse_instant("2/12/2026 1h30")
    assert count_duty(LineKind.ON_SITE, starts, ends).half_days == 1


# In the database


def wish(**more: object) -> SlotWish:
    wanted: dict[str, object] = {
        "lines": [line()],
        "first_day": date(2026, 12, 1),
        "last_day": date(2027, 1, 1),
        "source": SlotSource.REPEAT,
    }
    return SlotWish(**{**wanted, **more})  # type: ignore[arg-type]


@pytest.fixture
def autumn(lines: None) -> None:
    """Two months of nights, site after site."""
    add_nights(date(2026, 10, 1), date(2026, 12, 1))


def test_the_month_that_was_shown_is_written_once(autumn: None) -> None:
    before = DutySlot.objects.count()
    plan = plan_line_slots(wish(), at=AT)
    assert DutySlot.objects.count() == before
    assert (plan.count, plan.met) == (31, 0)
    make_line_slots(wish=wish(), shown=plan.fingerprint, by=SYSTEM, at=AT)
    made = DutySlot.objects.filter(starts_at__gte=parse_instant("1/12/2026"))
    assert made.count() == 31
    assert not made.filter(assignment__isnull=False).exists()
    weeks = {slot.starts_at.isocalendar().week: slot.service_id for slot in made}
    assert weeks[50] == weeks[52] != weeks[51]
    event = AuditEvent.objects.get(action="oncall.make-line-slots")
    assert (event.subject_key, event.details["created"]) == ("avc-hainaut", 31)
    assert event.changes_territory
    with pytest.raises(Refusal, match="ont changé"):
        make_line_slots(wish=wish(), shown=plan.fingerprint, by=SYSTEM, at=AT)
    again = plan_line_slots(wish(), at=AT)
    assert (again.count, again.met) == (0, 31)
    with pytest.raises(Refusal, match="aucun créneau"):
        make_line_slots(wish=wish(), shown=again.fingerprint, by=SYSTEM, at=AT)
    assert DutySlot.objects.count() == before + 31


def test_who_does_not_plan_a_line_creates_nothing(
    autumn: None, make_actor: Callable[..., Actor]
) -> None:
    shown = plan_line_slots(wish(), at=AT).fingerprint
    before = DutySlot.objects.count()
    for by in (make_actor(Role.ON_CALL, at="chu-lille"), make_actor(Role.DOCTOR)):
        with pytest.raises(NotAllowed):
            make_line_slots(wish=wish(), shown=shown, by=by, at=AT)
    assert DutySlot.objects.count() == before
    receives = make_actor(Role.ON_CALL, at="ch-maubeuge")
    assert make_line_slots(wish=wish(), shown=shown, by=receives, at=AT).count == 31


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"first_day": date(2026, 11, 1)}, "starts_on"),
        ({"last_day": date(2026, 12, 1)}, "ends_on"),
        ({"last_day": date(2028, 12, 1)}, "ends_on"),
        ({"lines": []}, "lines"),
        ({"source": SlotSource.HOURS}, "hours"),
    ],
)
def test_a_wish_that_cannot_be_is_said_by_field(
    lines: None, more: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        plan_line_slots(wish(**more), at=AT)
    assert [problem.field for problem in error.value.problems] == [field]


def test_the_page_shows_then_writes_then_begins_the_roster(
    autumn: None, client_for: ClientFor, django_assert_num_queries: Callable[..., object]
) -> None:
    client = client_for(Role.ON_CALL, at="ch-valenciennes")
    page = client.get("/gardes/tableaux/creneaux?ligne=avc-hainaut").content.decode()
    assert "Voir les créneaux" in page
    first = (datetime.now(UTC).date().replace(day=1) + timedelta(days=62)).replace(day=1)
    asked = {
        "lignes": "avc-hainaut",
        "du": f"{first:%d/%m/%Y}",
        "au": f"{first + timedelta(days=13):%d/%m/%Y}",
        "source": "horaires",
        "semaine": "18h30-8h30",
        "samedi": "8h30-20h30, 20h30-8h30",
        "dimanche": "8h30 – 8h30",
        "tour": "semaine",
    }
    answer = client.get("/gardes/tableaux/creneaux", asked)
    plan = answer.context["plan"]
    assert plan.count >= 12
    done = client.post("/gardes/tableaux/creneaux", {**asked, "empreinte": plan.fingerprint})
    assert done.status_code == 302
    assert done["Location"].startswith("/gardes/tableaux/nouveau?ligne=avc-hainaut&du=")
    assert DutySlot.objects.filter(starts_at__gte=parse_instant(f"{first}")).count() == plan.count
    again = client.post("/gardes/tableaux/creneaux", {**asked, "empreinte": plan.fingerprint})
    assert again.status_code == 422
    new = client.get(done["Location"]).content.decode()
    assert f"{first:%Y}" in new


@pytest.mark.parametrize("words", ["18h30", "18h30-8h30-9h", "soir-matin", "25h-8h"])
def test_hours_that_cannot_be_read_are_said(lines: None, client_for: ClientFor, words: str) -> None:
    client = client_for(Role.ON_CALL, at="ch-valenciennes")
    asked = {"source": "horaires", "semaine": words, "lignes": "avc-hainaut"}
    answer = client.get("/gardes/tableaux/creneaux", asked)
    assert answer.status_code == 422
    assert answer.context["form"].errors["semaine"]


def test_only_who_plans_opens_the_page(lines: None, client_for: ClientFor) -> None:
    for role in Role:
        may = role in (Role.DIRECTOR, Role.ON_CALL, Role.ADMINISTRATOR)
        status = client_for(role).get("/gardes/tableaux/creneaux").status_code
        assert status == (200 if may else 403), role


def test_a_half_line_says_so_and_keeps_a_half_of_the_plan(
    lines: None, client_for: ClientFor
) -> None:
    DutyLine.objects.filter(slug="urgences-maubeuge").update(is_half=True)
    page = client_for(Role.ON_CALL).get("/astreintes/urgences-maubeuge").content.decode()
    assert "Demi-garde sur place" in page
    assert "1 demi-journée" in page
