"""Keys of programs: each acts for one organization and carries no more than its owner holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from maillage.accounts import actions, organizations, queries, rules
from maillage.accounts.enums import Role
from maillage.accounts.models import ApiKey, AuditEvent, RoleGrant, User
from maillage.accounts.permissions import Actor, Grant
from maillage.vocabulary.errors import Invalid

MakeUser = Callable[..., User]
LENS, ARRAS = "ch-lens", "ch-arras"


@pytest.fixture(autouse=True)
def _no_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organizations, "_sources", [])


@pytest.fixture
def of_two(make_user: MakeUser) -> User:
    """A doctor of Lens who is on call in Arras and watches over data everywhere."""
    user = make_user("camille", Role.DOCTOR, at=LENS)
    for role, place in ((Role.ON_CALL, ARRAS), (Role.AUDITOR, "")):
        RoleGrant.objects.create(user=user, role=role, organization=place)
    return user


def actor_of(user: User, at: datetime) -> Actor:
    return queries.get_actor(user, on=at.date())


def make(user: User, at: datetime, **more: str) -> ApiKey:
    return actions.create_key(
        user=user, name="Essai", days=30, by=actor_of(user, at), at=at, **more
    )[0]


def test_a_person_of_several_organizations_chooses_one(of_two: User, now: datetime) -> None:
    for wanted in ({}, {"organization": ""}, {"organization": "ch-lille"}):
        with pytest.raises(Invalid) as refused:
            make(of_two, now, **wanted)
        assert refused.value.code == "accounts.key-organization"
        assert [one.field for one in refused.value.problems] == ["organization"]
    key = make(of_two, now, organization=ARRAS)
    line = AuditEvent.objects.latest("id")
    assert (line.action, line.organization) == ("accounts.create-key", ARRAS)
    assert set(queries.get_key_actor(key, on=now.date()).grants) == {
        Grant(Role.ON_CALL, ARRAS),
        Grant(Role.AUDITOR, ARRAS),
    }


def test_a_person_of_one_organization_gets_its_key_which_never_grows(
    make_user: MakeUser, now: datetime
) -> None:
    user = make_user("sacha", Role.DOCTOR, at=LENS)
    key = make(user, now)
    assert key.organization == LENS
    RoleGrant.objects.create(user=user, role=Role.ON_CALL, organization=ARRAS)
    assert queries.get_key_actor(key, on=now.date()).grants == (Grant(Role.DOCTOR, LENS),)
    user.grants.filter(organization=LENS).delete()
    assert queries.get_key_actor(key, on=now.date()).grants == ()


def test_a_key_of_the_whole_territory_carries_what_is_held_there_only(
    make_user: MakeUser, now: datetime
) -> None:
    user = make_user("noa", Role.ADMINISTRATOR, Role.REGULATOR)
    key = make(user, now)
    RoleGrant.objects.create(user=user, role=Role.DOCTOR, organization=LENS)
    roles = queries.get_key_actor(key, on=now.date())
    assert roles.roles == {Role.ADMINISTRATOR, Role.REGULATOR}
    assert roles.organizations() == {""}


def test_roles_that_open_records_where_they_are_held_are_those_of_care() -> None:
    from maillage.patients.permissions import CARERS

    assert frozenset(CARERS) == rules.GIVEN_SOMEWHERE


HELD = st.lists(st.tuples(st.sampled_from(Role), st.sampled_from(["", LENS, ARRAS])), max_size=8)


@given(held=HELD, place=st.sampled_from(["", LENS, ARRAS, "ch-lille"]))
def test_a_key_never_carries_more_than_its_owner_holds(
    held: list[tuple[Role, str]], place: str
) -> None:
    carried = rules.narrow(held, place)
    assert {where for _, where in carried} <= {place}
    for role, where in carried:
        brought_down = (role, "") in held and role not in rules.GIVEN_SOMEWHERE
        assert (role, where) in held or brought_down
    assert len(set(carried)) == len(carried)


def test_the_page_asks_for_which_organization_and_says_it(of_two: User, now: datetime) -> None:
    client = Client()
    client.force_login(of_two)
    page = client.get("/compte").content.decode()
    assert "Pour quel établissement" in page
    refused = client.post("/compte/cles", {"name": "Dossier patient", "days": "30"})
    assert refused.status_code == 422
    assert not ApiKey.objects.exists()
    form = {"name": "Dossier patient", "days": "30", "organization": LENS}
    created = client.post("/compte/cles", form).content.decode()
    assert f"<dt>Agit pour</dt><dd>{LENS}</dd>" in created
    listed = client.get("/compte").content.decode()
    assert f'<td data-label="Établissement">{LENS}</td>' in listed


def test_with_one_organization_nothing_is_asked(make_user: MakeUser) -> None:
    client = Client()
    client.force_login(make_user("sacha", Role.DOCTOR, at=LENS))
    assert "Pour quel établissement" not in client.get("/compte").content.decode()
    client.post("/compte/cles", {"name": "Dossier patient", "days": "30"})
    assert ApiKey.objects.get().organization == LENS


def test_the_interface_says_what_a_key_is_limited_to_and_is_not_kept(
    make_user: MakeUser,
) -> None:
    owner, program = Client(), Client()
    user = make_user("sacha", Role.DOCTOR, at=LENS)
    owner.force_login(user)
    page = owner.post("/compte/cles", {"name": "Essai", "days": "30"})
    RoleGrant.objects.create(user=user, role=Role.DIRECTOR, organization=ARRAS)
    text = page.context["text"]
    answer = program.get("/api/comptes/moi", headers={"Authorization": f"Bearer {text}"})
    body = answer.json()
    assert body["organization"] == LENS
    assert [role["organization"] for role in body["roles"]] == [LENS]
    assert answer["Cache-Control"] == "private, no-store"
    session = owner.get("/api/comptes/moi").json()
    assert session["organization"] is None
    assert len(session["roles"]) == 2
