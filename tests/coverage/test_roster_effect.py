"""What a roster would do to residents, before it is published, and once it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.coverage.queries import roster_effect
from maillage.coverage.queries.roster_effect import changes_of, get_roster_effect
from maillage.coverage.queries.what_if import compute_what_if, get_ground
from maillage.directory.models import HealthcareService, OpeningHours, Practitioner
from maillage.oncall.actions.drafts import plan_duty
from maillage.oncall.actions.publishing import publish_version
from maillage.oncall.actions.rosters import make_roster
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot, PlannedDuty, RosterVersion
from maillage.oncall.queries.rosters import pending_changes
from maillage.oncall.rules.duties import Duty, compare_duties, fingerprint
from maillage.vocabulary.errors import NotAllowed
from tests.coverage.conftest import Tiny

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 6)
KEEPER = Actor("garde", "Garde", (Grant(Role.ON_CALL, "ch-cambrai"),))


@pytest.fixture
def month(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> RosterVersion:
    """Five days of the emergency department of Cambrai, kept by one line alone, as a draft that
    says what is in force."""
    monkeypatch.setattr(timezone, "now", lambda: AT)
    monkeypatch.setattr(roster_effect, "default_horizon", lambda day: (date(2026, 11, 22), LAST))
    service = HealthcareService.objects.get(slug="urgences")
    OpeningHours.objects.filter(service=service).delete()
    line = DutyLine.objects.create(
        slug="garde", name="Garde des urgences", kind="ON_SITE", care_type="EMERGENCY",
        organization=service.site.organization, source="t",
    )  # fmt: skip
    line.services.set([service])
    people = [
        Practitioner.objects.create(
            slug=name, given_name=name.title(), family_name="Essai", source="t"
        )
        for name in ("ada", "ben", "cleo")
    ]
    for who in people:
        who.roles.create(
            organization=service.site.organization, site=service.site, service=service,
            function="PH", half_days=10, starts_on=date(2020, 1, 1), source="t",
        )  # fmt: skip
    for rank in range(5):
        starts = datetime(2026, 12, 1 + rank, 7, 0, tzinfo=UTC)
        slot = DutySlot.objects.create(
            line=line, service=service, starts_at=starts, ends_at=starts + timedelta(hours=24)
        )
        DutyAssignment.objects.create(
            slot=slot, practitioner=people[rank % 3], assigned_at=AT, assigned_by="t"
        )
    return make_roster(
        name="Urgences", organization=service.site.organization, lines=[line], starts_on=FIRST,
        ends_on=LAST, by=SYSTEM, at=AT, with_holders=True,
    )  # fmt: skip


def give(version: RosterVersion, rank: int, name: str | None) -> None:
    duty = version.duties.order_by("starts_at")[rank]
    duty = PlannedDuty.objects.select_related("practitioner").get(pk=duty.pk)
    plan_duty(
        duty=duty,
        practitioner=Practitioner.objects.get(slug=name) if name else None,
        shown=duty.practitioner.slug if duty.practitioner else "",
        by=SYSTEM,
        at=AT,
    )


def slug(version: RosterVersion) -> str:
    return version.roster.slug


def test_what_is_in_force_already_changes_nothing(month: RosterVersion) -> None:
    assert get_roster_effect(slug(month), KEEPER, at=AT).unchanged


def test_other_hands_change_nothing(month: RosterVersion) -> None:
    give(month, 2, "ada")
    assert get_roster_effect(slug(month), KEEPER, at=AT).unchanged


def test_a_duty_that_loses_its_holder_leaves_residents_without_anybody(
    month: RosterVersion,
) -> None:
    give(month, 2, None)
    found = get_roster_effect(slug(month), KEEPER, at=AT)
    assert found.what_if is not None
    # Twenty-four hours of the residents of Caudry and Lille: no other emergency department.
    assert found.what_if.effect.uncovered == pytest.approx((14_000 + 230_000) * 24)
    assert [hole.opens for hole in found.holes] == [True]


def test_the_effect_told_is_that_of_the_publication(month: RosterVersion) -> None:
    give(month, 2, None)
    told = get_roster_effect(slug(month), KEEPER, at=AT).what_if
    assert told is not None
    shown = fingerprint(pending_changes(month, at=AT).changes)
    publish_version(version=month, shown=shown, reason="essai", by=SYSTEM, at=AT)
    ground = get_ground(date(2026, 11, 22), LAST)
    assert ground.revision > told.ground.revision
    back = [
        {
            "change": "staff", "from": "2026-12-03T07:00:00+00:00", "line": "garde",
            "to": "2026-12-04T07:00:00+00:00", "service": "urgences", "holder": "cleo",
        }
    ]  # fmt: skip
    assert compute_what_if(ground, back).effect.uncovered == pytest.approx(-told.effect.uncovered)


def test_days_beyond_the_horizon_say_so(
    month: RosterVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(month, 2, None)
    monkeypatch.setattr(roster_effect, "default_horizon", lambda day: (date(2027, 1, 1), LAST))
    assert get_roster_effect(slug(month), KEEPER, at=AT).outside


def test_only_those_who_plan_ask(month: RosterVersion) -> None:
    with pytest.raises(NotAllowed):
        get_roster_effect(slug(month), Actor("x", "X", (Grant(Role.ON_CALL, "chu-lille"),)), at=AT)


def test_every_kind_of_change_is_told() -> None:
    def duty(rank: int, holder: str | None, hours: int = 12) -> Duty:
        starts = datetime(2026, 12, 1 + rank, 19, 0, tzinfo=UTC)
        return Duty(
            f"s{rank}",
            "ligne",
            "offre",
            "590000428",
            starts,
            starts + timedelta(hours=hours),
            holder,
        )

    before = [duty(0, "a"), duty(1, None), duty(2, "a"), duty(3, "a"), duty(4, "a"), duty(6, None)]
    after = [
        duty(0, None),
        duty(1, "a"),
        duty(2, "b"),
        duty(4, "a", 14),
        duty(5, "b"),
        duty(7, None),
    ]
    found = changes_of(compare_duties(before, after))
    told = [(one["change"], one["from"][8:10], one.get("create", False)) for one in found]
    assert told == [
        ("unstaff", "01", False),
        ("staff", "02", False),
        ("unstaff", "04", False),
        ("unstaff", "05", False),
        ("staff", "05", True),
        ("staff", "06", True),
    ]


def test_the_page_that_publishes_shows_the_effect(
    month: RosterVersion, client_for: Callable[..., Client]
) -> None:
    give(month, 2, None)
    team = client_for(Role.ON_CALL, at="ch-cambrai")
    address = f"/couverture/tableaux/{slug(month)}/effet"
    assert address in team.get(f"/gardes/tableaux/{slug(month)}/publier").content.decode()
    fragment = team.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "de plus sans personne" in re.sub(r"\s+", " ", fragment)
    assert "<html" in team.get(address).content.decode()
    assert client_for(Role.DOCTOR).get(address).status_code == 403
