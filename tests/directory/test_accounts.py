"""With which account a practitioner logs in, and who may say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, RoleGrant, User
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.actions import link_account, unlink_account
from maillage.directory.models import Practitioner
from maillage.directory.queries import practitioner_of
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.directory.territory_in_small import load_directory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> dict[str, Practitioner]:
    load_directory()
    for name in ("anais", "beatrice"):
        User.objects.create(username=name, full_name=name.title())
    User.objects.create(username="parti", full_name="Parti", is_active=False)
    return {one.slug: one for one in Practitioner.objects.all()}


def test_an_account_is_one_practitioner_and_can_be_changed(
    people: dict[str, Practitioner], now: datetime
) -> None:
    link_account(practitioner=people["prat-001"], username=" Anais ", by=SYSTEM, at=now)
    assert practitioner_of("anais") == people["prat-001"]
    with pytest.raises(Refusal, match="Lœuillet"):
        link_account(practitioner=people["prat-002"], username="anais", by=SYSTEM, at=now)
    with pytest.raises(Refusal, match="anais"):
        link_account(practitioner=people["prat-001"], username="beatrice", by=SYSTEM, at=now)
    link_account(practitioner=people["prat-001"], username="anais", by=SYSTEM, at=now)
    unlink_account(practitioner=people["prat-001"], by=SYSTEM, at=now)
    assert practitioner_of("anais") is None
    link_account(practitioner=people["prat-001"], username="beatrice", by=SYSTEM, at=now)
    unlink_account(practitioner=people["prat-001"], by=SYSTEM, at=now)
    assert practitioner_of("beatrice") is None
    with pytest.raises(Refusal):
        unlink_account(practitioner=people["prat-001"], by=SYSTEM, at=now)
    acts = AuditEvent.objects.filter(action__startswith="directory.").order_by("id")
    assert [one.details["account"] for one in acts] == ["anais"] * 2 + ["beatrice"] * 2


@pytest.mark.parametrize("username", ["parti", "personne", ""])
def test_the_account_must_be_open(
    people: dict[str, Practitioner], now: datetime, username: str
) -> None:
    with pytest.raises(Invalid):
        link_account(practitioner=people["prat-001"], username=username, by=SYSTEM, at=now)
    assert practitioner_of(username) is None


def test_only_those_who_keep_a_place_of_theirs_say_it(
    people: dict[str, Practitioner], now: datetime, make_actor: Callable[..., Actor]
) -> None:
    """The first practitioner works in Valenciennes and in Maubeuge."""
    for actor in (
        make_actor(Role.DIRECTOR, at="chu-lille"),
        make_actor(Role.DOCTOR, at="ch-maubeuge"),
        make_actor(Role.ON_CALL),
    ):
        with pytest.raises(NotAllowed):
            link_account(practitioner=people["prat-001"], username="anais", by=actor, at=now)
    keeper = make_actor(Role.DIRECTOR, at="ch-maubeuge")
    link_account(practitioner=people["prat-001"], username="anais", by=keeper, at=now)
    assert practitioner_of("anais") == people["prat-001"]


def test_the_account_of_another_hospital_is_its_own_affair(
    people: dict[str, Practitioner], now: datetime, make_actor: Callable[..., Actor]
) -> None:
    """Of somebody who works in two hospitals, one neither links nor removes the other's account."""
    shared = people["prat-001"]
    anais = User.objects.get(username="anais")
    RoleGrant.objects.create(user=anais, role=Role.DOCTOR, organization="ch-valenciennes")
    here = make_actor(Role.DIRECTOR, at="ch-valenciennes")
    there = make_actor(Role.DIRECTOR, at="ch-maubeuge")
    with pytest.raises(NotAllowed):
        link_account(practitioner=shared, username="anais", by=there, at=now)
    link_account(practitioner=shared, username="anais", by=here, at=now)
    with pytest.raises(NotAllowed):
        unlink_account(practitioner=shared, by=there, at=now)
    assert practitioner_of("anais") == shared
    unlink_account(practitioner=shared, by=here, at=now)


def test_an_account_of_the_whole_territory_is_linked_by_who_keeps_it_all(
    people: dict[str, Practitioner], now: datetime, make_actor: Callable[..., Actor]
) -> None:
    anais = User.objects.get(username="anais")
    RoleGrant.objects.create(user=anais, role=Role.REGULATOR)
    local = make_actor(Role.ADMINISTRATOR, at="ch-maubeuge")
    with pytest.raises(NotAllowed):
        link_account(practitioner=people["prat-001"], username="anais", by=local, at=now)
    everywhere = make_actor(Role.ADMINISTRATOR)
    link_account(practitioner=people["prat-001"], username="anais", by=everywhere, at=now)


def test_the_page_says_whose_account_it_may_not_link(
    people: dict[str, Practitioner], client_for: Callable[..., Any]
) -> None:
    anais = User.objects.get(username="anais")
    RoleGrant.objects.create(user=anais, role=Role.DOCTOR, organization="ch-valenciennes")
    there: Client = client_for(Role.DIRECTOR, at="ch-maubeuge")
    refused = there.post("/praticiens/prat-001/compte", {"username": "anais"})
    assert refused.status_code == 422
    assert "autre établissement" in refused.content.decode()
    here: Client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    here.post("/praticiens/prat-001/compte", {"username": "anais"})
    page = there.get("/praticiens/prat-001/compte").content.decode()
    assert "compte/retrait" not in page
    assert there.post("/praticiens/prat-001/compte/retrait").status_code == 403
    page = here.get("/praticiens/prat-001/compte").content.decode()
    assert "compte/retrait" in page
    assert 'name="username"' not in page, "an account is taken away before another is linked"


def test_the_page_links_and_says_what_is_wrong(
    people: dict[str, Practitioner], client_for: Callable[..., Any]
) -> None:
    client: Client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    assert "/praticiens/prat-001/compte" in client.get("/praticiens/prat-001").content.decode()
    wrong = client.post("/praticiens/prat-001/compte", {"username": "personne"})
    assert wrong.status_code == 422
    assert "Aucun compte ouvert" in wrong.content.decode()
    right = client.post("/praticiens/prat-001/compte", {"username": "anais"})
    assert right["Location"] == "/praticiens/prat-001"
    assert practitioner_of("anais") == people["prat-001"]
    assert client.get("/praticiens/prat-003/compte").status_code == 403
    assert client.post("/praticiens/prat-003/compte/retrait").status_code == 403
    client.post("/praticiens/prat-001/compte/retrait")
    assert practitioner_of("anais") is None
    doctor: Client = client_for(Role.DOCTOR)
    assert "prat-001/compte" not in doctor.get("/praticiens/prat-001").content.decode()
    assert doctor.get("/praticiens/prat-001/compte").status_code == 403
