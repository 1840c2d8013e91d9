"""Pages and JSON of the duty lines, and the SQL that they run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM
from maillage.directory.models import HealthcareService
from maillage.oncall.actions import generate_slots
from maillage.oncall.imports import read_turns
from maillage.oncall.models import DutyLine, DutySlot
from maillage.oncall.queries import list_lines_now, list_slots_for_network
from maillage.oncall.rules.turns import RosterHole
from maillage.vocabulary.calendar import local_day
from tests.oncall.conftest import TURNS

pytestmark = pytest.mark.django_db
Connect = Callable[..., Client]
MOST_QUERIES = 12


@pytest.fixture
def roster(lines: None) -> None:
    """Three weeks around today; nobody holds the night of the day after tomorrow."""
    now = timezone.now()
    today = local_day(now)
    hole = RosterHole("avc-hainaut", today + timedelta(days=2))
    generate_slots(
        read_turns(TURNS.encode()),
        [hole],
        today - timedelta(days=2),
        today + timedelta(days=20),
        by=SYSTEM,
        at=now,
    )


@pytest.fixture
def doctor(client_for: Connect) -> Client:
    client = client_for(Role.DOCTOR)
    client.get("/sources")
    return client


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


PAGES = ("/astreintes/", "/astreintes/avc-hainaut", "/astreintes/offres/unv-maubeuge")


@pytest.mark.parametrize("url", PAGES)
def test_a_visitor_must_log_in(roster: None, url: str) -> None:
    assert Client().get(url)["Location"].startswith("/connexion")


@pytest.mark.parametrize("url", PAGES)
def test_every_page_opens(roster: None, doctor: Client, url: str) -> None:
    assert "Astreinte AVC du Hainaut" in text(doctor, url)


def test_pages_hold_without_any_slot(lines: None, doctor: Client) -> None:
    assert "Pas de créneau" in text(doctor, "/astreintes/")
    assert "Pas de créneau en ce moment" in text(doctor, "/astreintes/avc-hainaut")


@pytest.mark.parametrize("url", PAGES)
def test_pages_take_twelve_queries_at_most_whatever_their_size(
    roster: None, doctor: Client, url: str
) -> None:
    queries(doctor, url)
    before = queries(doctor, url)
    service = HealthcareService.objects.get(slug="unv-maubeuge")
    now = timezone.now()
    for rank in range(40):
        line = DutyLine.objects.create(
            slug=f"ligne-{rank}", name=f"Ligne {rank}", kind="ON_SITE", care_type="STROKE_UNIT",
            organization=service.site.organization, source="essai",
        )  # fmt: skip
        line.services.set([service])
        for shift in (-1, 1, 40):
            start = now + timedelta(hours=shift, minutes=rank)
            DutySlot.objects.create(
                line=line, service=service, starts_at=start, ends_at=start + timedelta(hours=1.5)
            )
    queries(doctor, url)
    assert queries(doctor, url) <= before + 1 <= MOST_QUERIES


def test_a_doctor_sees_holes_but_no_button(roster: None, doctor: Client) -> None:
    page = text(doctor, "/astreintes/avc-hainaut")
    assert "1 créneau sans titulaire" in page
    assert "Affecter" not in page
    assert "Libérer" not in page
    assert page.count("<tr>") == 15


def test_unknown_lines_and_slots_are_not_found(lines: None, client_for: Connect) -> None:
    admin = client_for(Role.ADMINISTRATOR)
    assert admin.get("/astreintes/rien").status_code == 404
    assert admin.get("/astreintes/creneaux/999999/affecter").status_code == 404


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "hier", ""])
def test_strange_days_still_open(roster: None, doctor: Client, day: str) -> None:
    text(doctor, f"/astreintes/avc-hainaut?du={day}")


def test_a_hole_is_filled_from_the_page_then_freed(roster: None, client_for: Connect) -> None:
    team = client_for(Role.ON_CALL, at="ch-valenciennes")
    hole = DutySlot.objects.get(assignment__isnull=True)
    assign, release = (f"/astreintes/creneaux/{hole.pk}/{act}" for act in ("affecter", "liberer"))
    assert assign in text(team, "/astreintes/avc-hainaut")
    form = text(team, assign)
    assert "prat-001" in form
    assert "prat-003" not in form
    assert team.post(assign, {"praticien": "prat-003"}).status_code == 422
    assert team.post(assign, {"praticien": "prat-001"}).status_code == 302
    again = team.post(assign, {"praticien": "prat-001"})
    assert again.status_code == 422
    assert "tient déjà ce créneau" in again.content.decode()
    assert team.get(release).status_code == 405
    assert team.post(release).status_code == 302
    assert team.post(release).status_code == 409
    actions = AuditEvent.objects.order_by("-id").values_list("action", flat=True)[:2]
    assert list(actions) == ["oncall.release-slot", "oncall.assign-slot"]


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.CITY, Role.REGULATOR])
def test_other_roles_may_not(roster: None, client_for: Connect, role: Role) -> None:
    hole = DutySlot.objects.get(assignment__isnull=True)
    client = client_for(role)
    assert client.get(f"/astreintes/creneaux/{hole.pk}/affecter").status_code == 403
    assert client.post(f"/astreintes/creneaux/{hole.pk}/liberer").status_code == 403


def test_the_service_page_loads_its_lines(roster: None, doctor: Client) -> None:
    assert 'hx-get="/astreintes/offres/unv-maubeuge"' in text(doctor, "/offres/unv-maubeuge")
    fragment = doctor.get("/astreintes/offres/unv-maubeuge", headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "Aucune ligne" in text(doctor, "/astreintes/offres/neurochirurgie-lille")


def test_filters_offer_only_hospitals_that_have_lines(roster: None, doctor: Client) -> None:
    for address in ("/astreintes/", "/gardes/maintenant"):
        page = text(doctor, address)
        assert '<option value="ch-maubeuge"' in page
        assert '<option value="chu-lille"' not in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"avc-hainaut", "urgences-maubeuge"}),
        ("?type=EMERGENCY", {"urgences-maubeuge"}),
        ("?etablissement=ch-valenciennes", {"avc-hainaut"}),
        ("?etablissement=ch-maubeuge", {"avc-hainaut", "urgences-maubeuge"}),
        ("?type=RIEN", {"avc-hainaut", "urgences-maubeuge"}),
    ],
)
def test_filters(roster: None, doctor: Client, query: str, names: set[str]) -> None:
    page = text(doctor, f"/astreintes/{query}")
    found = {
        slug for slug in ("avc-hainaut", "urgences-maubeuge") if f'"/astreintes/{slug}"' in page
    }
    assert found == names


def test_json(roster: None, doctor: Client) -> None:
    assert Client().get("/api/astreintes/lignes").status_code == 401
    lines = {one["slug"]: one for one in doctor.get("/api/astreintes/lignes").json()}
    assert lines["avc-hainaut"]["next_hole"]
    body: dict[str, Any] = doctor.get("/api/astreintes/lignes/avc-hainaut").json()
    assert body["holes"] == 1
    assert len(body["slots"]) == 14
    assert sum(slot["holder"] is None for slot in body["slots"]) == 1
    assert {slot["response_minutes"] for slot in body["slots"]} == {20}
    assert doctor.get("/api/astreintes/lignes/rien").status_code == 404
    assert doctor.get("/api/astreintes/lignes/avc-hainaut?du=9999-12-31").status_code == 422


def test_who_holds_a_line_at_an_instant(lines: None, now: datetime) -> None:
    """Sunday 22 November 2026, 03:00: the night of the 21st; its end and the next one."""
    turns = read_turns(TURNS.encode())
    day = local_day(now)
    hole = RosterHole("avc-hainaut", day)
    generate_slots(
        turns, [hole], day - timedelta(days=1), day + timedelta(days=2), by=SYSTEM, at=now
    )
    line = {one.line.slug: one for one in list_lines_now(now)}["avc-hainaut"]
    assert [slot.ends_at for slot in line.current] == [datetime(2026, 11, 22, 7, 0, tzinfo=UTC)]
    assert line.current[0].ends_in_words == "8 h"
    assert not line.has_hole_now
    assert line.next_hole == datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
    assert line.following is not None
    assert line.following.is_hole
    later = {one.line.slug: one for one in list_lines_now(now + timedelta(hours=18))}
    assert later["avc-hainaut"].has_hole_now
    morning = {one.line.slug: one for one in list_lines_now(now + timedelta(hours=9))}
    assert morning["avc-hainaut"].current == ()


def test_network_rows_are_plain_and_take_one_query(
    roster: None, django_assert_num_queries: Any
) -> None:
    slot = DutySlot.objects.order_by("starts_at")[3]
    with django_assert_num_queries(1):
        rows = list_slots_for_network(slot.starts_at, slot.ends_at)
    assert rows == [
        (
            slot.pk,
            "avc-hainaut",
            slot.service.slug,
            slot.starts_at,
            slot.ends_at,
            slot.assignment.practitioner.slug if hasattr(slot, "assignment") else None,
            20,
        )
    ]
    slot.response_minutes = 45
    slot.save()
    assert list_slots_for_network(slot.starts_at, slot.ends_at)[0][-1] == 45
    assert list_slots_for_network(slot.ends_at, slot.ends_at) == []
