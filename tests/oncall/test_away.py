"""Leave, wishes, exemptions and members: who asks, who answers, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.directory.models import Practitioner
from maillage.oncall.actions.away import (
    answer_away,
    ask_away,
    end_exemption,
    exempt,
    withdraw_away,
    withdraw_exemption,
)
from maillage.oncall.actions.members import add_member, end_member
from maillage.oncall.enums import (
    AnswerState,
    ExemptionKind,
    ExemptionScope,
    UnavailabilityKind,
)
from maillage.oncall.models import DutyLine, Exemption, LineMember, Unavailability
from maillage.oncall.queries.away import (
    lines_of,
    list_away,
    list_exemptions,
    list_members,
    list_waiting_away,
)
from maillage.oncall.queries.candidates import may_hold_line
from maillage.vocabulary.calendar import day_bounds, french_day, local_day
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal
from tests.oncall.people_in_small import actor_of, client_of, make_nights, slots_of

pytestmark = pytest.mark.django_db
A, B = "prat-001", "prat-002"
MOST_QUERIES = 6


def person(slug: str) -> Practitioner:
    return Practitioner.objects.get(slug=slug)


def ask(now: datetime, *, by: Actor, kind: UnavailabilityKind = UnavailabilityKind.LEAVE,
        slug: str = A, days: int = 7) -> Unavailability:  # fmt: skip
    return ask_away(
        practitioner=person(slug),
        kind=kind,
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=1 + days),
        by=by,
        at=now,
    )


@pytest.fixture
def keeper(make_actor: Callable[..., Actor]) -> Actor:
    return make_actor(Role.DIRECTOR, at="ch-maubeuge")


def test_leave_waits_for_an_answer_and_a_wish_does_not(lines: None, now: datetime) -> None:
    me = actor_of(A, now)
    assert ask(now, by=me).state == AnswerState.ASKED
    assert ask(now, by=me, kind=UnavailabilityKind.WISH).state == AnswerState.GRANTED
    with pytest.raises(Refusal):
        ask(now, by=me)


def test_everybody_asks_for_themself_and_those_who_answer_for_others(
    lines: None, now: datetime, keeper: Actor, make_actor: Callable[..., Actor]
) -> None:
    """The second practitioner works in Valenciennes only."""
    for other in (
        actor_of(B, now),
        make_actor(Role.DIRECTOR, at="chu-lille"),
        make_actor(Role.DOCTOR, at="ch-maubeuge"),
    ):
        with pytest.raises(NotAllowed):
            ask(now, by=other)
    assert ask(now, by=keeper).state == AnswerState.GRANTED
    with pytest.raises(NotAllowed):
        ask(now, by=keeper, slug=B)


def test_the_answer_comes_from_another(lines: None, now: datetime, keeper: Actor) -> None:
    from tests.oncall.people_in_small import account_of

    account_of(A, now, role=Role.DIRECTOR, at="ch-maubeuge")
    asked = Unavailability.objects.create(
        practitioner=person(A), kind="LEAVE", starts_at=now, ends_at=now + timedelta(1),
        asked_at=now, asked_by="x",
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        answer_away(asked=asked, grant=True, by=actor_of(A, now), at=now)
    with pytest.raises(Invalid):
        answer_away(asked=asked, grant=False, by=keeper, at=now)
    answer_away(asked=asked, grant=True, by=keeper, at=now)
    answer_away(asked=asked, grant=False, answer="Effectif insuffisant", by=keeper, at=now)
    asked.refresh_from_db()
    assert (asked.state, asked.answer) == (AnswerState.DECLINED, "Effectif insuffisant")


def test_leave_waits_on_the_home_page_of_those_who_answer(
    lines: None,
    now: datetime,
    keeper: Actor,
    make_actor: Callable[..., Actor],
    client_for: Callable[..., Client],
) -> None:
    """In the words that a colleague may read: that it is for one's health is not said."""
    today = timezone.now()
    asked = ask(today, by=actor_of(A, now), kind=UnavailabilityKind.SICK)
    assert list_waiting_away(keeper, at=today, most=6) == [asked]
    for other in (
        make_actor(Role.DIRECTOR, at="chu-lille"),
        make_actor(Role.DOCTOR, at="ch-maubeuge"),
        actor_of(A, now),
    ):
        assert not list_waiting_away(other, at=today, most=6)
    director = client_for(Role.DIRECTOR, at="ch-maubeuge")
    page = director.get("/").content.decode()
    assert f"/gardes/conges/{asked.pk}/reponse" in page
    assert "arrêt" not in page.lower()
    assert (
        "Gardes déjà attribuées"
        in director.get(f"/gardes/conges/{asked.pk}/reponse").content.decode()
    )
    answer_away(asked=asked, grant=True, by=keeper, at=today)
    assert not list_waiting_away(keeper, at=today, most=6)
    assert "conges/" not in director.get("/").content.decode()


def test_what_is_withdrawn_stays_so(lines: None, now: datetime, keeper: Actor) -> None:
    asked = ask(now, by=actor_of(A, now))
    with pytest.raises(NotAllowed):
        withdraw_away(asked=asked, by=actor_of(B, now), at=now)
    withdraw_away(asked=asked, by=actor_of(A, now), at=now)
    with pytest.raises(Refusal):
        answer_away(asked=asked, grant=True, by=keeper, at=now)
    assert ask(now, by=actor_of(A, now)).state == AnswerState.ASKED


@pytest.mark.parametrize(("first", "last"), [(5, 5), (5, 4), (-9, -2), (1, 400)])
def test_wrong_periods(lines: None, now: datetime, first: int, last: int) -> None:
    with pytest.raises(Invalid):
        ask_away(
            practitioner=person(A), kind=UnavailabilityKind.LEAVE,
            starts_at=now + timedelta(first), ends_at=now + timedelta(last),
            by=actor_of(A, now), at=now,
        )  # fmt: skip


def test_the_trail_says_when_and_not_why(lines: None, now: datetime) -> None:
    ask(now, by=actor_of(A, now), kind=UnavailabilityKind.SICK)
    exempt(
        practitioner=person(A), kind=ExemptionKind.PREGNANCY, scope=ExemptionScope.NIGHTS,
        starts_on=local_day(now), ends_on=None, by=SYSTEM, at=now,
    )  # fmt: skip
    told = " ".join(
        str(one.__dict__) for one in AuditEvent.objects.filter(action__startswith="oncall.")
    )
    assert "SICK" not in told
    assert "PREGNANCY" not in told
    assert "NIGHTS" in told


def test_the_list_of_each(
    lines: None, now: datetime, keeper: Actor, make_actor: Callable[..., Actor]
) -> None:
    make_nights(now)
    ask(now, by=actor_of(A, now))
    (mine,) = list_away(actor_of(A, now), at=now)
    assert (mine.may_answer, mine.may_withdraw) == (False, True)
    held = [
        slot
        for slot in slots_of(A)
        if slot.starts_at < now + timedelta(days=8) and slot.ends_at > now + timedelta(days=1)
    ]
    assert mine.held == len(held) > 0
    with CaptureQueriesContext(connection) as seen:
        (theirs,) = list_away(keeper, at=now)
    assert len(seen) == MOST_QUERIES
    assert theirs.may_answer
    assert not list_away(actor_of(B, now), at=now)
    assert not list_away(make_actor(Role.DIRECTOR, at="chu-lille"), at=now)


def test_that_somebody_is_ill_is_for_medical_affairs(
    lines: None, now: datetime, keeper: Actor, make_actor: Callable[..., Actor]
) -> None:
    ask(now, by=actor_of(A, now), kind=UnavailabilityKind.SICK)
    (mine,) = list_away(actor_of(A, now), at=now)
    (affairs,) = list_away(keeper, at=now)
    (team,) = list_away(make_actor(Role.ON_CALL, at="ch-maubeuge"), at=now)
    assert [one.nature for one in (mine, affairs, team)] == ["arrêt", "arrêt", "indisponibilité"]


def test_medical_affairs_of_elsewhere_do_not_read_that_somebody_is_ill(
    lines: None, now: datetime
) -> None:
    """Two roles in two hospitals: each right holds where its role does."""
    ask(now, by=actor_of(A, now), kind=UnavailabilityKind.SICK)
    both = Actor(
        "les-deux",
        "Les deux",
        (Grant(Role.ON_CALL, "ch-maubeuge"), Grant(Role.DIRECTOR, "chu-lille")),
    )
    (row,) = list_away(both, at=now)
    assert (row.may_answer, row.nature) == (True, "indisponibilité")


def test_whole_days_are_told_as_days(lines: None, now: datetime) -> None:
    first, last = date(2026, 12, 24), date(2026, 12, 26)
    ask_away(
        practitioner=person(A), kind=UnavailabilityKind.LEAVE, starts_at=day_bounds(first)[0],
        ends_at=day_bounds(last)[1], by=actor_of(A, now), at=now,
    )  # fmt: skip
    (row,) = list_away(actor_of(A, now), at=now)
    assert row.days == (first, last)
    ask(now, by=actor_of(A, now))
    assert {one.days for one in list_away(actor_of(A, now), at=now)} == {(first, last), None}


def test_exemptions_are_for_medical_affairs(
    lines: None, now: datetime, keeper: Actor, make_actor: Callable[..., Actor]
) -> None:
    today = local_day(now)

    def one(by: Actor, first: date = today, last: date | None = None) -> object:
        return exempt(
            practitioner=person(A), kind=ExemptionKind.AGE, scope=ExemptionScope.NIGHTS,
            starts_on=first, ends_on=last, by=by, at=now,
        )  # fmt: skip

    for other in (actor_of(A, now), make_actor(Role.ON_CALL, at="ch-maubeuge")):
        with pytest.raises(NotAllowed):
            one(other)
        assert not list_exemptions(other, at=now)
    one(keeper)
    with pytest.raises(Refusal):
        one(keeper, today + timedelta(30), today + timedelta(60))
    (kept,) = list_exemptions(keeper, at=now)
    end_exemption(exemption=kept, ends_on=today + timedelta(30), by=keeper, at=now)
    one(keeper, today + timedelta(30))
    assert not list_exemptions(make_actor(Role.DIRECTOR, at="chu-lille"), at=now)


def test_an_exemption_entered_by_mistake_is_taken_away_until_it_is_over(
    lines: None, now: datetime, keeper: Actor, make_actor: Callable[..., Actor]
) -> None:
    today = local_day(now)
    made = exempt(
        practitioner=person(A), kind=ExemptionKind.PREGNANCY, scope=ExemptionScope.NIGHTS,
        starts_on=today - timedelta(30), ends_on=today + timedelta(1), by=keeper, at=now,
    )  # fmt: skip
    for other in (
        actor_of(A, now),
        make_actor(Role.ON_CALL, at="ch-valenciennes"),
        make_actor(Role.DIRECTOR, at="chu-lille"),
    ):
        with pytest.raises(NotAllowed):
            withdraw_exemption(exemption=made, by=other, at=now)
    with pytest.raises(Refusal, match="finie"):
        withdraw_exemption(exemption=made, by=keeper, at=now + timedelta(days=1))
    assert Exemption.objects.filter(pk=made.pk).exists()
    withdraw_exemption(exemption=Exemption.objects.get(), by=keeper, at=now)
    assert not Exemption.objects.exists()
    line = AuditEvent.objects.get(action="oncall.withdraw-exemption")
    assert line.subject_key == A
    assert line.details == {
        "scope": "NIGHTS",
        "starts_on": (today - timedelta(30)).isoformat(),
        "ends_on": (today + timedelta(1)).isoformat(),
        "recorded_at": now.isoformat(),
        "recorded_by": keeper.name,
    }
    for act in (withdraw_exemption, lambda **kept: end_exemption(ends_on=today, **kept)):
        with pytest.raises(NotFound):
            act(exemption=made, by=keeper, at=now)


def test_an_exemption_is_taken_away_on_its_page(
    lines: None, client_for: Callable[..., Client]
) -> None:
    keeper = client_for(Role.DIRECTOR, at="ch-valenciennes")
    day = local_day(timezone.now())
    said = {"praticien": A, "portee": "NIGHTS", "motif": "AGE", "du": f"{day:%d/%m/%Y}"}
    keeper.post("/gardes/exemptions", said)
    address = f"/gardes/exemptions/{Exemption.objects.get().pk}/retrait"
    page = keeper.get("/gardes/exemptions").content.decode()
    assert f'action="{address}"' in page
    assert "data-confirm=" in page
    assert keeper.get(address).status_code == 405
    assert client_for(Role.ON_CALL, at="ch-valenciennes").post(address).status_code == 403
    assert client_for(Role.DIRECTOR, at="chu-lille").post(address).status_code == 403
    gone = keeper.post(address, follow=True).content.decode()
    assert "est retirée" in gone
    assert not Exemption.objects.exists()
    assert keeper.post(address).status_code == 404


def test_members_close_a_line_to_others(
    lines: None, now: datetime, keeper: Actor, make_actor: Callable[..., Actor]
) -> None:
    line, today = DutyLine.objects.get(slug="avc-hainaut"), local_day(now)
    assert may_hold_line(person(B), line, now)
    assert line in lines_of(person(B), today)
    with pytest.raises(NotAllowed):
        add_member(
            line=line, practitioner=person(A), starts_on=today, at=now,
            by=make_actor(Role.DIRECTOR, at="chu-lille"),
        )  # fmt: skip
    member = add_member(line=line, practitioner=person(A), starts_on=today, by=keeper, at=now)
    assert not may_hold_line(person(B), line, now)
    assert line not in lines_of(person(B), today)
    assert line in lines_of(person(A), today)
    with pytest.raises(Refusal):
        add_member(line=line, practitioner=person(A), starts_on=today, by=keeper, at=now)
    end_member(member=member, ends_on=today + timedelta(1), by=keeper, at=now)
    assert list_members(line, today)
    assert not list_members(line, today + timedelta(1))


def test_the_pages(lines: None, client_for: Callable[..., Client]) -> None:
    now = timezone.now()
    day = local_day(now) + timedelta(days=10)
    mine = client_of(A, now)
    assert "Lignes concernées" in mine.get("/gardes/conges/demande").content.decode()
    said = {"nature": "LEAVE", "du": f"{day:%d/%m/%Y}", "au": f"{day:%d/%m/%Y}", "a": "25h"}
    assert mine.post("/gardes/conges/demande", said).status_code == 422
    said |= {"a": "", "lignes": ["avc-hainaut"]}
    assert mine.post("/gardes/conges/demande", said)["Location"] == "/gardes/conges"
    asked = Unavailability.objects.get()
    assert asked.ends_at - asked.starts_at == timedelta(days=1) or asked.ends_at > asked.starts_at
    assert "Retirer" in mine.get("/gardes/conges").content.decode()
    keeper = client_for(Role.DIRECTOR, at="ch-valenciennes")
    address = f"/gardes/conges/{asked.pk}/reponse"
    assert address in keeper.get("/gardes/conges").content.decode()
    assert keeper.post(address, {"issue": "non"}).status_code == 422
    assert keeper.post(address, {"issue": "oui"}).status_code == 302
    assert client_for(Role.DIRECTOR, at="chu-lille").get(address).status_code == 403
    assert mine.get(address).status_code == 403
    for page in ("/gardes/exemptions", "/gardes/lignes/avc-hainaut/participants"):
        assert keeper.get(page).status_code == 200
    assert mine.get("/gardes/exemptions").status_code == 403
    said = {"praticien": A, "du": f"{day:%d/%m/%Y}", "plafond": "4"}
    address = "/gardes/lignes/avc-hainaut/participants"
    assert mine.post(address, said).status_code == 403
    assert keeper.post(address, said).status_code == 302
    assert keeper.post(address, said).status_code == 422
    said = {"praticien": A, "portee": "NIGHTS", "motif": "AGE", "du": f"{day:%d/%m/%Y}"}
    assert keeper.post("/gardes/exemptions", said).status_code == 302
    assert "60 ans" in keeper.get("/gardes/exemptions").content.decode()
    assert "60 ans" not in mine.get("/gardes/conges").content.decode()


def test_ends_are_typed_and_shown_as_last_days_and_kept_excluded(
    lines: None, client_for: Callable[..., Client]
) -> None:
    keeper = client_for(Role.DIRECTOR, at="ch-valenciennes")
    day = local_day(timezone.now()) + timedelta(days=10)
    last = day + timedelta(days=20)
    until = french_day(last)
    days = {"praticien": A, "du": f"{day:%d/%m/%Y}", "au": f"{last:%d/%m/%Y}"}
    pages = {
        "/gardes/exemptions": {**days, "portee": "NIGHTS", "motif": "AGE"},
        "/gardes/lignes/avc-hainaut/participants": days,
    }
    for address, said in pages.items():
        early = keeper.post(address, {**said, "au": f"{day - timedelta(days=1):%d/%m/%Y}"})
        assert early.context["form"].errors["au"] == ["La fin doit venir après le début."]
        assert keeper.post(address, said).status_code == 302
        page = keeper.get(address).content.decode().replace("\u00a0", " ")
        assert f"jusqu'au {until}" in page
    one, member = Exemption.objects.get(), LineMember.objects.get()
    assert one.ends_on == member.ends_on == last + timedelta(days=1)
    for address in (f"/gardes/exemptions/{one.pk}/fin", f"/gardes/participants/{member.pk}/fin"):
        assert f'value="{day.isoformat()}"' in keeper.get(address).content.decode()
        assert keeper.post(address, {"le": f"{day:%d/%m/%Y}"}).status_code == 302
    one.refresh_from_db()
    assert one.ends_on == day + timedelta(days=1)


def test_an_exemption_says_which_duties(lines: None, client_for: Callable[..., Client]) -> None:
    keeper = client_for(Role.DIRECTOR, at="ch-valenciennes")
    assert "Aucune exemption" in keeper.get("/gardes/exemptions").content.decode()
    said = {"praticien": A, "motif": "AGE", "du": "01/12/2026"}
    assert keeper.post("/gardes/exemptions", said).context["form"].errors["portee"]


def test_who_takes_part_and_what_was_done_is_not_for_everybody(
    lines: None, client_for: Callable[..., Client]
) -> None:
    pages = ("/gardes/lignes/avc-hainaut/participants", "/gardes/lignes/avc-hainaut/realise")
    for role, status in ((Role.CITY, 403), (Role.AUDITOR, 403), (Role.REGULATOR, 200)):
        client = client_for(role)
        assert [client.get(page).status_code for page in pages] == [status, status]
        links = client.get("/astreintes/avc-hainaut").content.decode()
        assert all((page in links) == (status == 200) for page in pages)
