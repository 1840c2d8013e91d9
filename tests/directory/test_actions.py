"""Acts on groups, services and authorisations: who may, what is refused, what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.actions import (
    add_authorisation,
    can_edit_group,
    close_service,
    end_authorisation,
    join_group,
    reopen_service,
)
from maillage.directory.models import (
    Authorisation,
    HealthcareService,
    Organization,
    OrganizationGroup,
    ServiceException,
)
from maillage.vocabulary.errors import NotAllowed, Refusal

pytestmark = pytest.mark.django_db
MakeActor = Callable[..., Actor]


def service(slug: str = "unv-maubeuge") -> HealthcareService:
    return HealthcareService.objects.get(slug=slug)


def add(of: HealthcareService, first: date, last: date | None, by: Actor, at: datetime) -> None:
    add_authorisation(
        service=of, starts_on=first, ends_on=last, reference="ARS", source="arrêté", by=by, at=at
    )


def test_an_authorisation_follows_another(
    directory: None, now: datetime, make_actor: MakeActor
) -> None:
    by = make_actor(Role.DIRECTOR, at="ch-maubeuge")
    add(service(), date(2027, 3, 1), None, by, now)
    assert Authorisation.objects.filter(service=service()).count() == 2
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.changes_territory) == ("directory.add-authorisation", True)
    assert (event.organization, event.details["ends_on"]) == ("ch-maubeuge", None)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2027, 2, 28), None),
        (date(2014, 1, 1), date(2015, 1, 2)),
        (date(2014, 1, 1), None),
        (date(2028, 1, 1), date(2028, 1, 1)),
    ],
)
def test_an_authorisation_that_overlaps_or_is_empty_is_refused(
    directory: None, now: datetime, first: date, last: date | None
) -> None:
    with pytest.raises(Refusal):
        add(service(), first, last, SYSTEM, now)
    assert Authorisation.objects.filter(service=service()).count() == 1


def test_an_authorisation_ends_sooner_never_later(directory: None, now: datetime) -> None:
    authorisation = Authorisation.objects.get(service=service())
    for day in (date(2015, 1, 1), date(2027, 3, 1), date(2030, 1, 1)):
        with pytest.raises(Refusal):
            end_authorisation(
                authorisation=authorisation, ends_on=day, source="retrait", by=SYSTEM, at=now
            )
    end_authorisation(
        authorisation=authorisation, ends_on=date(2026, 12, 1), source="retrait", by=SYSTEM, at=now
    )
    authorisation.refresh_from_db()
    assert (authorisation.ends_on, authorisation.source) == (date(2026, 12, 1), "retrait")
    assert AuditEvent.objects.latest("id").action == "directory.end-authorisation"


@pytest.mark.parametrize(
    ("role", "at"), [(Role.DOCTOR, "ch-maubeuge"), (Role.DIRECTOR, "ch-cambrai"), (Role.DIM, "")]
)
def test_others_may_not(
    directory: None, now: datetime, make_actor: MakeActor, role: Role, at: str
) -> None:
    by = make_actor(role, at=at)
    with pytest.raises(NotAllowed):
        add(service(), date(2027, 3, 1), None, by, now)
    with pytest.raises(NotAllowed):
        close_service(
            service=service(),
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            reason="",
            by=by,
            at=now,
        )
    assert not ServiceException.objects.filter(starts_at=now).exists()


def close(now: datetime, starts: int, ends: int) -> ServiceException:
    return close_service(
        service=service(),
        starts_at=now + timedelta(hours=starts),
        ends_at=now + timedelta(hours=ends),
        reason="panne",
        by=SYSTEM,
        at=now,
    )


@pytest.mark.parametrize(("starts", "ends"), [(2, 2), (3, 2), (-5, -1), (-5, 0)])
def test_a_closure_needs_a_time_to_come(
    directory: None, now: datetime, starts: int, ends: int
) -> None:
    with pytest.raises(Refusal):
        close(now, starts, ends)


def test_a_closure_under_way_ends_now_one_to_come_is_called_off(
    directory: None, now: datetime
) -> None:
    running, planned = close(now, -1, 5), close(now, 5, 9)
    with pytest.raises(Refusal, match="déjà"):
        close(now, 4, 6)
    reopen_service(closure=running, by=SYSTEM, at=now)
    reopen_service(closure=planned, by=SYSTEM, at=now)
    running.refresh_from_db()
    assert running.ends_at == now
    assert not ServiceException.objects.filter(pk=planned.pk).exists()
    with pytest.raises(Refusal, match="terminée"):
        reopen_service(closure=running, by=SYSTEM, at=now)
    called_off = [
        event.details["called_off"]
        for event in AuditEvent.objects.filter(action="directory.reopen-service").order_by("id")
    ]
    assert called_off == [False, True]


def test_the_support_establishment_and_the_member_steer_a_membership(
    directory: None, now: datetime, make_actor: MakeActor
) -> None:
    group = OrganizationGroup.objects.get(slug="ght-hainaut")
    lille = Organization.objects.get(slug="chu-lille")
    day = now.date()
    for at, allowed in (("ch-valenciennes", True), ("chu-lille", True), ("ch-maubeuge", False)):
        by = make_actor(Role.DIRECTOR, at=at)
        assert can_edit_group(group, lille, by, day) is allowed
    with pytest.raises(NotAllowed):
        join_group(
            group=group,
            organization=lille,
            role="ASSOCIATE",
            starts_on=day,
            source="x",
            by=make_actor(Role.DIRECTOR, at="ch-maubeuge"),
            at=now,
        )
