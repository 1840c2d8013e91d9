"""What would be lost if a practitioner left: figures, pages, and who reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.coverage.permissions import PLAN
from maillage.coverage.queries import departures
from maillage.coverage.queries.departures import Departure, get_departure
from maillage.coverage.queries.what_if import compute_what_if, get_ground
from maillage.directory.models import HealthcareService, OpeningHours, Practitioner
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound
from tests.coverage.conftest import Tiny

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 22), date(2026, 12, 6)
ON = date(2026, 12, 3)


@pytest.fixture
def held(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five days of the emergency department of Cambrai, kept by one line alone: Ada holds the
    first, the third and the last; Ben the others."""
    monkeypatch.setattr(timezone, "now", lambda: AT)
    monkeypatch.setattr(departures, "default_horizon", lambda day: (FIRST, LAST))
    service = HealthcareService.objects.get(slug="urgences")
    OpeningHours.objects.filter(service=service).delete()
    line = DutyLine.objects.create(
        slug="garde", name="Garde des urgences", kind="ON_SITE", care_type="EMERGENCY",
        organization=service.site.organization, source="t",
    )  # fmt: skip
    line.services.set([service])
    ada, ben, _ = (
        Practitioner.objects.create(
            slug=name, given_name=name.title(), family_name="Essai", source="t"
        )
        for name in ("ada", "ben", "cleo")
    )
    for rank, who in enumerate((ada, ben, ada, ben, ada)):
        starts = datetime(2026, 12, 1 + rank, 7, 0, tzinfo=UTC)
        slot = DutySlot.objects.create(
            line=line, service=service, starts_at=starts, ends_at=starts + timedelta(hours=24)
        )
        DutyAssignment.objects.create(slot=slot, practitioner=who, assigned_at=AT, assigned_by="t")


def departure(slug: str = "ada", on: date = ON) -> Departure:
    get_ground(FIRST, LAST)
    return get_departure(slug, on=on, by=SYSTEM, at=AT)


def test_what_is_lost_is_what_the_scenario_machinery_says(held: None) -> None:
    page = departure()
    (line,) = page.lines
    assert line.line.slug == "garde"
    assert [one.starts_at.day for one in line.slots] == [3, 5]
    assert line.others == 1
    # The line alone is worth all that the departure costs, for Ada holds no other.
    same = compute_what_if(
        get_ground(FIRST, LAST),
        [{"change": "leave", "holder": "ada", "from_date": ON.isoformat()}],
    )
    assert same.effect.covered < 0
    assert page.what_if is same
    assert page.first_at == datetime(2026, 12, 3, 7, 0, tzinfo=UTC)
    assert line.covered == page.changed_steps[0].covered
    assert page.communes
    assert all(hole.opens for hole in page.holes)
    (text,) = parse_qs(urlsplit(page.scenario_at).query)["changement"]
    assert json.loads(text)["holder"] == "ada"
    # What asks for a roster names nobody.
    assert "/astreintes/garde/demander?" in line.ask_at
    assert "ada" not in line.ask_at.lower().replace("demander", "")


def test_a_duty_of_the_day_before_counts_from_midnight(held: None) -> None:
    (line,) = departure(on=date(2026, 12, 4)).lines
    # Paris is an hour ahead: midnight there, the end of the duty of the 3rd here.
    assert line.first.starts_at == datetime(2026, 12, 3, 23, 0, tzinfo=UTC)
    assert line.duration


def test_somebody_without_duties_leaves_no_hole(held: None) -> None:
    page = departure("cleo")
    assert (page.lines, page.what_if) == ((), None)


def test_what_cannot_be_asked(held: None) -> None:
    with pytest.raises(NotFound):
        departure("personne")
    with pytest.raises(Invalid):
        departure(on=date(2028, 1, 1))
    with pytest.raises(NotAllowed):
        get_departure("ada", on=ON, by=Actor("a", "A", (Grant(Role.AUDITOR, "*"),)), at=AT)


Connect = Callable[..., Client]


def test_the_page_says_it_and_leads_on(held: None, client_for: Connect) -> None:
    get_ground(FIRST, LAST)
    client = client_for(Role.DIRECTOR, at="ch-cambrai")
    page = client.get("/couverture/departs/ada?le=2026-12-03").content.decode()
    assert "Garde des urgences" in page
    assert "Premier moment sans personne" in page
    assert "/couverture/scenarios/nouveau?changement=" in page
    part = client.get(
        "/couverture/departs/ada?le=2026-12-03", headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in part
    assert "Garde des urgences" in part
    assert "Aucune garde à partir de cette date" in (
        client.get("/couverture/departs/cleo").content.decode()
    )
    assert client.get("/couverture/departs/ada?le=hier").status_code == 422
    assert client.get("/couverture/departs/ada?le=2031-01-01").status_code == 422
    assert client.get("/couverture/departs/personne?le=hier").status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_who_builds_scenarios_weighs_departures(
    held: None, client_for: Connect, role: Role
) -> None:
    may = role in PLAN.roles
    client = client_for(role)
    status = client.get("/couverture/departs/cleo").status_code
    assert status == (200 if may else 403)
    page = client.get("/praticiens/cleo").content.decode()
    assert ("/couverture/departs/cleo" in page) == may
