"""Calendars of telephones: the file, its secret address, and who may make or stop one."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar, Event

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, RoleGrant, User
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.config.logs import HideSecrets
from maillage.directory.actions import unlink_account
from maillage.directory.models import Practitioner
from maillage.oncall.actions import assign_slot, release_slot
from maillage.oncall.actions import calendars as acts
from maillage.oncall.models import CalendarLink, DutyLine, PlannedDuty
from maillage.oncall.rules.calendars import Entry, write_calendar
from maillage.vocabulary.calendar import PARIS, paris_instant
from maillage.vocabulary.errors import NotAllowed, NotFound, Refusal
from tests.oncall.people_in_small import actor_of, client_of, make_nights, slots_of

MINE = "prat-001"
Connect = Callable[..., Client]


def entry(**changes: Any) -> Entry:
    usual: dict[str, Any] = {
        "uid": "11d2f3a0-0000-4000-8000-000000000001",
        "title": "Astreinte AVC ; Hainaut, à domicile",
        "place": "Hôpital, Maubeuge",
        "details": "Reçoit : UNV\nTéléphone : 03",
        "url": "http://exemple/astreintes/avc",
        "starts_at": paris_instant(date(2026, 12, 24), time(20)),
        "ends_at": paris_instant(date(2026, 12, 25), time(8)),
        "sequence": 0,
        "is_cancelled": False,
        "changed_at": datetime(2026, 11, 1, 8, 0, 5, 123, tzinfo=UTC),
    }
    return Entry(**(usual | changes))


def events(content: bytes) -> list[Event]:
    found = Calendar.from_ical(content)
    assert isinstance(found, Calendar)
    return list(found.events)


@pytest.mark.parametrize(
    ("evening", "hours"),
    [(date(2026, 10, 24), 13), (date(2027, 3, 27), 11), (date(2026, 12, 24), 12)],
)
def test_a_night_is_as_long_as_it_is_when_clocks_change(evening: date, hours: int) -> None:
    content = write_calendar(
        "Mes gardes",
        [
            entry(
                starts_at=paris_instant(evening, time(20)),
                ends_at=paris_instant(evening + timedelta(days=1), time(8)),
            )
        ],
    )
    (event,) = events(content)
    assert event.end.astimezone(UTC) - event.start.astimezone(UTC) == timedelta(hours=hours)
    assert event.start.astimezone(PARIS).time() == time(20)
    assert event.end.astimezone(PARIS).time() == time(8)


def test_the_file_says_what_rfc_5545_asks() -> None:
    content = write_calendar("Mes gardes", [entry(), entry(uid="b", is_cancelled=True, sequence=3)])
    text = content.decode()
    assert "METHOD:PUBLISH" in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in text
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    first, second = events(content)
    assert (first["STATUS"], first["SEQUENCE"], first["UID"]) == ("CONFIRMED", 0, entry().uid)
    assert first["SUMMARY"] == entry().title
    assert (second["STATUS"], second["SEQUENCE"]) == ("CANCELLED", 3)
    assert second["SUMMARY"].startswith("Annulée : ")
    assert write_calendar("Mes gardes", [entry()]) == write_calendar("Mes gardes", [entry()])


# The address


def make(now: datetime) -> str:
    person = Practitioner.objects.get(slug=MINE)
    _, secret = acts.make_own_link(practitioner=person, by=actor_of(MINE, now), at=now)
    return secret


def read(secret: str, now: datetime, machine: str = "10.0.0.1") -> bytes:
    reading = acts.read_calendar(secret=secret, machine=machine, address="http://x", at=now)
    assert not reading.is_too_often
    return reading.content


@pytest.mark.django_db
def test_it_shows_my_final_duties_and_nobody_elses(lines: None, now: datetime) -> None:
    make_nights(now)
    found = events(read(make(now), now))
    assert [one.start for one in found] == [slot.starts_at for slot in slots_of(MINE)]
    assert not PlannedDuty.objects.exists()
    assert "Béatrice" not in read(make(now), now).decode()


@pytest.mark.django_db
def test_a_duty_that_is_taken_away_is_cancelled_and_keeps_its_name(
    lines: None, now: datetime
) -> None:
    make_nights(now)
    secret = make(now)
    slot = slots_of(MINE)[0]
    before = {one["UID"]: one for one in events(read(secret, now))}
    release_slot(slot=slot, by=SYSTEM, at=now)
    gone = next(one for one in events(read(secret, now)) if one.start == slot.starts_at)
    assert gone["STATUS"] == "CANCELLED"
    assert gone["SEQUENCE"] == before[gone["UID"]]["SEQUENCE"] + 1
    person = Practitioner.objects.get(slug=MINE)
    assign_slot(slot=slot, practitioner=person, by=SYSTEM, at=now)
    back = next(one for one in events(read(secret, now)) if one.start == slot.starts_at)
    assert (back["UID"], back["STATUS"], back["SEQUENCE"]) == (gone["UID"], "CONFIRMED", 2)


@pytest.mark.django_db
def test_the_secret_is_not_kept_and_stands_in_no_line_of_the_trail(
    lines: None, now: datetime
) -> None:
    secret = make(now)
    link = CalendarLink.objects.get()
    assert secret not in (link.secret_hash, link.account, link.made_by)
    assert len(secret) >= 43
    assert not [one for one in AuditEvent.objects.all() if secret in str(one.__dict__)]


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["revoked", "closed", "unlinked", "role over"])
def test_it_answers_no_more(lines: None, now: datetime, end: str) -> None:
    secret = make(now)
    read(secret, now)
    if end == "revoked":
        acts.revoke_link(link=CalendarLink.objects.get(), by=actor_of(MINE, now), at=now)
    elif end == "closed":
        User.objects.update(is_active=False)
    elif end == "role over":
        RoleGrant.objects.update(ends_on=now.date())
    else:
        person = Practitioner.objects.get(slug=MINE)
        unlink_account(practitioner=person, by=SYSTEM, at=now)
    with pytest.raises(NotFound):
        read(secret, now)


@pytest.mark.django_db
def test_only_oneself_and_five_at_most(lines: None, now: datetime) -> None:
    mine = Practitioner.objects.get(slug=MINE)
    with pytest.raises(NotAllowed):
        acts.make_own_link(practitioner=mine, by=actor_of("prat-002", now), at=now)
    with pytest.raises(NotAllowed):
        acts.make_own_link(practitioner=mine, by=SYSTEM, at=now)
    for _ in range(5):
        make(now)
    with pytest.raises(Refusal):
        make(now)


@pytest.mark.django_db
def test_the_address_of_a_line_ends_with_the_role_of_who_made_it(
    lines: None, now: datetime
) -> None:
    line = DutyLine.objects.get(slug="avc-hainaut")
    _, secret = acts.make_line_link(line=line, by=actor_of(MINE, now), at=now)
    read(secret, now)
    RoleGrant.objects.update(role=Role.CITY)
    with pytest.raises(NotFound):
        read(secret, now)


@pytest.mark.django_db
def test_who_may_stop_one(lines: None, now: datetime, make_actor: Callable[..., Actor]) -> None:
    make(now)
    link = CalendarLink.objects.get()
    for other in (actor_of("prat-002", now), make_actor(Role.DIRECTOR, at="ch-valenciennes")):
        with pytest.raises(NotAllowed):
            acts.revoke_link(link=link, by=other, at=now)
    line = DutyLine.objects.get(slug="avc-hainaut")
    of_line, _ = acts.make_line_link(line=line, by=actor_of("prat-002", now), at=now)
    with pytest.raises(NotAllowed):
        acts.revoke_link(link=of_line, by=make_actor(Role.DIRECTOR, at="chu-lille"), at=now)
    acts.revoke_link(link=of_line, by=make_actor(Role.DIRECTOR, at="ch-maubeuge"), at=now)
    of_line.refresh_from_db()
    assert of_line.revoked_at == now


@pytest.mark.django_db
def test_it_is_read_a_limited_number_of_times(lines: None, now: datetime) -> None:
    secret = make(now)
    for _ in range(acts.MOST_READINGS):
        read(secret, now)
    asked = {"machine": "10.0.0.1", "address": "http://x"}
    assert acts.read_calendar(secret=secret, at=now, **asked).is_too_often
    assert not acts.read_calendar(secret=secret, at=now + timedelta(hours=1), **asked).is_too_often
    cache.clear()
    for _ in range(acts.MOST_WRONG):
        with pytest.raises(NotFound):
            acts.read_calendar(secret="faux", at=now, **asked)
    assert acts.read_calendar(secret="faux", at=now, **asked).is_too_often
    assert read(secret, now), "who has a right address never waits for those who have not"


# The pages


def address_in(page: str) -> str:
    """The secret address that a page shows, without its host."""
    found = re.search(r'value="http[^"]*?(/gardes/agenda/[^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.django_db
def test_a_telephone_reads_it_without_a_log_in(lines: None) -> None:
    now = timezone.now()
    make_nights(now)
    client = client_of(MINE, now)
    made = client.post("/gardes/mes-gardes/agenda").content.decode()
    address = address_in(made)
    telephone = Client()
    with CaptureQueriesContext(connection) as seen:
        answer = telephone.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert len(seen) == 3, "the link, its note, the entries"
    assert events(answer.content)
    again = telephone.get(address, headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert answer["Last-Modified"].endswith("GMT")
    dated = telephone.get(address, headers={"if-modified-since": answer["Last-Modified"]})
    assert dated.status_code == 200, "a date in seconds does not answer for the content"
    assert "sessionid" not in telephone.cookies
    secret = address.split("/")[-1].removesuffix(".ics")
    assert secret not in client.get("/gardes/mes-gardes").content.decode(), "shown once"
    client.post(f"/gardes/agendas/{CalendarLink.objects.get().pk}/revocation")
    assert telephone.get(address).status_code == 404


@pytest.mark.django_db
def test_the_calendar_of_a_line(lines: None, client_for: Connect) -> None:
    now = timezone.now()
    make_nights(now)
    keeper = client_for(Role.DIRECTOR, at="ch-valenciennes")
    made = keeper.post("/gardes/lignes/avc-hainaut/agenda").content.decode()
    address = address_in(made)
    names = Client().get(address).content.decode().replace("\r\n ", "")
    assert "Béatrice Dubois" in names
    assert "Anaïs Lœuillet" in names
    assert "/revocation" in keeper.get("/gardes/lignes/avc-hainaut/agenda").content.decode()
    assert client_for(Role.CITY).get("/gardes/lignes/avc-hainaut/agenda").status_code == 403


def test_logs_do_not_hold_the_secret() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(HideSecrets())
    log = logging.getLogger("essai.agenda")
    log.addHandler(handler)
    log.propagate = False
    log.warning("Not Found: %s", "/gardes/agenda/TRES-secret_1.ics")
    log.warning("rien à cacher : %d", 3)
    log.removeHandler(handler)
    assert written.getvalue() == "Not Found: /gardes/agenda/[secret]\nrien à cacher : 3\n"


def test_the_settings_use_it(settings: Any) -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["secrets"]
