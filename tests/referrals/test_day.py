"""The requests of the day: for those who run a hospital or an agreement, without the patient."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.patients.models import Patient
from maillage.referrals.models import Case, Referral
from maillage.referrals.queries.day import COLUMNS, Span, get_day
from tests.directory.territory_in_small import load_directory
from tests.referrals.past_requests import make_agreement, send, waiting

ClientFor = Callable[..., Client]
MakeActor = Callable[..., Actor]

SECRET = "SECRETDUPATIENT"


@pytest.fixture
def today(db: None, now: datetime) -> None:
    """Sunday 22 November 2026, 3 h: one request late, one in time, one of Friday, one of summer."""
    load_directory()
    agreement = make_agreement(
        "association", "chu-lille", "ch-valenciennes", group="ch-valenciennes"
    )
    night = now - timedelta(hours=2)
    send(1, at=night, agreement=agreement, **waiting(night, due_in=60))
    send(1, at=night, service="unv-valenciennes", **waiting(night, due_in=180))
    send(1, at=now - timedelta(days=2), minutes=[12], answered_at=75, sender="ch-cambrai")
    send(1, sender="ch-cambrai")
    Patient.objects.update(
        birth_name=SECRET, used_name=SECRET, birth_given_names=SECRET, search_name=SECRET.lower()
    )
    Case.objects.update(question=SECRET, summary=SECRET)
    Referral.objects.update(conclusion=SECRET, reason_text=SECRET, callback_phone=SECRET[:12])


def keys(actor: Actor, span: Span, now: datetime) -> list[str]:
    page = get_day(actor, span=span, number="1", at=now)
    return sorted(f"{row.sender} {row.team}" for row in page.rows)


LILLE, VALENCIENNES = "Neurochirurgie de Lille", "Unité neurovasculaire de Valenciennes"


@pytest.mark.usefixtures("today")
def test_the_day_and_the_week(now: datetime) -> None:
    day = [f"CH Maubeuge {LILLE}", f"CH Maubeuge {VALENCIENNES}"]
    assert keys(SYSTEM, Span.DAY, now) == day
    assert keys(SYSTEM, Span.WEEK, now) == [f"CH Cambrai {LILLE}", *day]


@pytest.mark.usefixtures("today")
def test_what_is_late_stays_until_it_is_done(now: datetime) -> None:
    later = now + timedelta(days=3)
    page = get_day(SYSTEM, span=Span.DAY, number="1", at=later)
    assert page.late == 2
    assert len(page.rows) == 2


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize(
    ("role", "place", "seen"),
    [
        (Role.DIRECTOR, "ch-maubeuge", [f"CH Maubeuge {LILLE}", f"CH Maubeuge {VALENCIENNES}"]),
        # It may act for the agreement of its group, under which Maubeuge asked Lille.
        (Role.DIRECTOR, "ch-valenciennes", [f"CH Maubeuge {LILLE}", f"CH Maubeuge {VALENCIENNES}"]),
        (Role.DIRECTOR, "chu-lille", [f"CH Maubeuge {LILLE}"]),
        (Role.DIRECTOR, "ch-cambrai", []),
        (Role.REGULATOR, "chu-lille", [f"CH Maubeuge {LILLE}", f"CH Maubeuge {VALENCIENNES}"]),
    ],
)
def test_who_follows_what(
    role: Role, place: str, seen: list[str], now: datetime, make_actor: MakeActor
) -> None:
    assert keys(make_actor(role, at=place), Span.DAY, now) == seen


@pytest.mark.usefixtures("today")
def test_the_support_of_a_group_follows_what_is_sent_within_it(
    now: datetime, make_actor: MakeActor
) -> None:
    """No agreement is needed between members: nobody else would see such a request."""
    night = now - timedelta(hours=1)
    basis = {"basis": "group:ght-hainaut", "sender": "ch-cambrai", "service": "urgences-maubeuge"}
    send(1, at=night, **basis, **waiting(night, due_in=60))
    support = make_actor(Role.DIRECTOR, at="ch-valenciennes")
    assert any(row.startswith("CH Cambrai") for row in keys(support, Span.DAY, now))
    other = make_actor(Role.DIRECTOR, at="chu-lille")
    assert not any(row.startswith("CH Cambrai") for row in keys(other, Span.DAY, now))


@pytest.mark.usefixtures("today")
def test_hours_and_delays_are_said(now: datetime) -> None:
    page = get_day(SYSTEM, span=Span.WEEK, number="1", at=now)
    rows = {(row.sender, row.team): row for row in page.rows}
    late = rows["CH Maubeuge", LILLE]
    assert late.left is not None
    assert late.left.is_late
    assert (late.holder, late.waits_for) == ("Équipe sollicitée", "à ouvrir")
    assert late.agreement == "Convention association"
    done = rows["CH Cambrai", LILLE]
    assert done.left is None
    assert [(one.label, one.after.replace("\u00a0", " ")) for one in done.milestones] == [
        ("Vue", "12 min"),
        ("Réponse rendue", "1 h 15"),
    ]


@pytest.mark.usefixtures("today")
def test_nothing_of_the_patient_is_read_or_shown(client_for: ClientFor) -> None:
    of_the_patient = {"patient", "case", "conclusion", "report", "question", "pathway", "care_type"}
    assert not {column.partition("__")[0] for column in COLUMNS} & of_the_patient
    text = client_for(Role.DIRECTOR).get("/adressages/delais/jour?periode=semaine").content.decode()
    assert SECRET.lower() not in text.lower()
    assert LILLE in text


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("number", [0, 100])
def test_the_list_runs_the_same_queries_whatever_its_size(
    number: int,
    now: datetime,
    client_for: ClientFor,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    send(number, at=now - timedelta(days=5))
    client = client_for(Role.DIRECTOR, at="ch-maubeuge")
    client.get("/")
    with django_assert_max_num_queries(8):
        page = client.get("/adressages/delais/jour?periode=semaine")
    assert 'href="?periode=jour"' in page.content.decode()
    assert page.content.decode().count('<th scope="row">') == min(100, number + 2)


@pytest.mark.usefixtures("today")
def test_other_roles_are_refused(client_for: ClientFor) -> None:
    for role in (Role.DOCTOR, Role.DIM, Role.CITY, Role.COORDINATOR):
        assert client_for(role).get("/adressages/delais/jour").status_code == 403
