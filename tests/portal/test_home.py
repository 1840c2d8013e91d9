"""The home page answers « what must I do now » for each role, and the search finds every kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.accounts.enums import Role
from maillage.accounts.models import User
from maillage.coverage.models import Scenario

pytestmark = [pytest.mark.example]

MOST_QUERIES = 16
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def logged_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ("demo-medecin", ["Qui prend en charge", "Gardes sans titulaire"]),
        ("demo-garde", ["Qui prend en charge", "Gardes sans titulaire"]),
        ("demo-regulateur", ["Gardes sans titulaire", "Astreinte"]),
        (
            "demo-direction",
            [
                "Conventions dont le terme approche",
                "Conventions à faire avancer",
                "Calendrier des trous",
            ],
        ),
        ("demo-dim", ["Données de santé", "Autorisations qui prennent fin", "Filières à revoir"]),
        ("demo-coordination", ["Filières à revoir"]),
        ("demo-ville", ["Qui prend en charge"]),
        ("demo-admin", ["Derniers imports", "Derniers actes"]),
        ("demo-audit", ["Derniers actes"]),
    ],
)
def test_home_of_each_role(example: None, account: str, expected: list[str]) -> None:
    client = logged_in(account)
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/").content.decode()
    for words in expected:
        assert words in page
    assert len(queries) <= MOST_QUERIES


def test_home_of_a_person_without_role(client_for: Callable[..., Client]) -> None:
    answer = client_for().get("/")
    assert answer.status_code == 403


def test_a_regulator_sees_every_hole_and_a_doctor_those_of_the_house(example: None) -> None:
    def holes(account: str) -> int:
        return logged_in(account).get("/").content.decode().count("Sans titulaire")

    assert holes("demo-regulateur") > holes("demo-medecin")
    title = "Gardes sans titulaire{}, 14 jours"
    assert title.format("") in logged_in("demo-regulateur").get("/").content.decode()
    house = logged_in("demo-medecin").get("/").content.decode()
    assert title.format(" de votre établissement") in house


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("valenciennes", ["Établissements", "Offres de soins", "Communes", "Conventions"]),
        ("coeur", ["Offres de soins"]),
        ("avc", ["Filières"]),
        ("st amand", ["Établissements", "Communes"]),
        ("exemple", ["Praticiens"]),
    ],
)
def test_search_finds_every_kind(example: None, text: str, groups: list[str]) -> None:
    answer = logged_in("demo-medecin").get("/recherche", {"q": text})
    found = [group.label for group in answer.context["found"]]
    assert [group for group in groups if group not in found] == []


def test_search_says_when_nothing_is_found(example: None) -> None:
    page = logged_in("demo-medecin").get("/recherche", {"q": "zzzyyy"}).content.decode()
    assert "Rien ne correspond" in page


def test_one_letter_searches_nothing(client_for: Callable[..., Client]) -> None:
    answer = client_for(Role.DOCTOR).get("/recherche", {"q": "v"})
    assert answer.context["found"] == []


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("couverture", "Carte de la couverture"),
        ("preuve", "Preuves de couverture"),
        ("calendrier des trous", "Calendrier des trous"),
        ("scenario", "Scénarios"),
    ],
)
def test_search_finds_pages_of_coverage(
    client_for: Callable[..., Client], text: str, title: str
) -> None:
    page = client_for(Role.DIRECTOR).get("/recherche", {"q": text}).content.decode()
    assert f">{title}</a>" in page.split('class="hits"', 1)[1]


def test_search_finds_scenarios_by_name(
    client_for: Callable[..., Client],
) -> None:
    Scenario.objects.create(
        token="abc", name="Fermer la nuit à Épinoy", author="a", author_name="A",
        first_day=date(2027, 1, 1), last_day=date(2027, 2, 1),
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    page = client_for(Role.DIRECTOR).get("/recherche", {"q": "epinoy nuit"}).content.decode()
    assert "/couverture/scenarios/abc" in page
    assert "Fermer la nuit à Épinoy" in page
