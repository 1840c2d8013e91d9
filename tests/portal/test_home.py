"""The home page answers « what must I do now » for each role, and the search finds every kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.accounts.enums import Role
from maillage.accounts.models import User

pytestmark = [pytest.mark.example, pytest.mark.xdist_group("example")]

MOST_QUERIES = 12


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
        ("demo-direction", ["Conventions dont le terme approche", "Conventions à faire avancer"]),
        ("demo-dim", ["Autorisations qui prennent fin", "Filières à revoir"]),
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
