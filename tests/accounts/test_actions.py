"""Accounts, roles, keys: who may do what, and the line that each act leaves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from maillage.accounts import actions, organizations, queries, rules
from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, RoleGrant, User
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.accounts.conftest import ADMIN, PASSWORD

MakeUser = Callable[..., User]
LENS_ADMIN = Actor("admin-lens", "Admin de Lens", (Grant(Role.ADMINISTRATOR, "ch-lens"),))
DOCTOR = Actor("dr", "Dr", (Grant(Role.DOCTOR),))


@pytest.fixture(autouse=True)
def _no_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles are tested here without the list of organizations of the directory."""
    monkeypatch.setattr(organizations, "_sources", [])


def last() -> AuditEvent:
    return AuditEvent.objects.latest("id")


def test_an_account_opens_without_a_role_and_leaves_a_line(db: None, now: datetime) -> None:
    user = actions.create_user(
        username="camille", full_name=" Camille ", password=PASSWORD, by=ADMIN, at=now
    )
    assert user.check_password(PASSWORD)
    assert queries.get_actor(user, on=now.date()).grants == ()
    assert (last().action, last().actor, last().subject_key) == (
        "accounts.create-user",
        "admin",
        "camille",
    )


@pytest.mark.parametrize(
    "username",
    [
        "",
        "A",
        "é",
        "a b",
        "a__b",
        "-a",
        "a-",
        "system",
        "nouveau",
        "demo-x",
        "x" * 61,
        "a\n",
        "a/b",
    ],
)
def test_malformed_and_reserved_names_are_refused(db: None, now: datetime, username: str) -> None:
    with pytest.raises(Invalid):
        actions.create_user(username=username, full_name="X", password=PASSWORD, by=ADMIN, at=now)
    assert not User.objects.exists()


def test_a_name_is_taken_once(make_user: MakeUser, now: datetime) -> None:
    make_user("camille")
    with pytest.raises(Invalid, match="déjà pris"):
        actions.create_user(username="camille", full_name="X", password=PASSWORD, by=ADMIN, at=now)


def test_a_first_password_is_long_and_must_be_changed(db: None, now: datetime) -> None:
    user, password = actions.invite_user(username="camille", full_name="X", by=ADMIN, at=now)
    assert user.must_change_password
    assert user.check_password(password)
    assert len(password) == 19
    assert password not in str(last().details)


def test_only_administrators_open_accounts_and_give_roles(
    make_user: MakeUser, now: datetime
) -> None:
    user = make_user("camille")
    with pytest.raises(NotAllowed):
        actions.create_user(username="x", full_name="X", password=PASSWORD, by=DOCTOR, at=now)
    with pytest.raises(NotAllowed):
        actions.grant_role(user=user, role=Role.DOCTOR, by=DOCTOR, at=now)
    assert not RoleGrant.objects.exists()


def test_a_role_is_held_in_its_days(make_user: MakeUser, now: datetime) -> None:
    user = make_user("camille")
    actions.grant_role(
        user=user,
        role=Role.DOCTOR,
        organization="ch-lens",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 2, 1),
        by=ADMIN,
        at=now,
    )
    held = {
        day: queries.get_actor(user, on=day).roles
        for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1))
    }
    assert list(held.values()) == [set(), {Role.DOCTOR}, {Role.DOCTOR}, set()]
    assert last().details["role"] == "DOCTOR"
    assert last().organization == "ch-lens"
    with pytest.raises(Invalid):
        actions.grant_role(
            user=user, role=Role.DIM, starts_on=now.date(), ends_on=now.date(), by=ADMIN, at=now
        )


def test_nobody_gives_or_takes_more_than_they_administer(
    make_user: MakeUser, now: datetime
) -> None:
    user = make_user("camille")
    give = {"user": user, "by": LENS_ADMIN, "at": now}
    grant = actions.grant_role(role=Role.DOCTOR, organization="ch-lens", **give)
    for organization in ("", "ch-douai"):
        with pytest.raises(NotAllowed):
            actions.grant_role(role=Role.ADMINISTRATOR, organization=organization, **give)
    actions.revoke_role(grant=grant, by=LENS_ADMIN, at=now)
    elsewhere = actions.grant_role(user=user, role=Role.DOCTOR, by=ADMIN, at=now)
    with pytest.raises(NotAllowed):
        actions.revoke_role(grant=elsewhere, by=LENS_ADMIN, at=now)
    for act in (actions.reset_password, actions.close_account, actions.reopen_account):
        with pytest.raises(NotAllowed):
            act(user=user, by=LENS_ADMIN, at=now)


def test_an_organization_must_exist_once_the_directory_is_there(
    make_user: MakeUser, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user("camille")
    with pytest.raises(Invalid):
        actions.grant_role(user=user, role=Role.DIM, organization="CH Lens", by=ADMIN, at=now)
    organizations.register_names(lambda: {"ch-lens": "CH Lens"})
    with pytest.raises(Invalid, match="ch-douai"):
        actions.grant_role(user=user, role=Role.DIM, organization="ch-douai", by=ADMIN, at=now)
    actions.grant_role(user=user, role=Role.DIM, organization="ch-lens", by=ADMIN, at=now)


def test_the_last_administrator_stays(make_user: MakeUser, now: datetime) -> None:
    admin = make_user("admin", Role.ADMINISTRATOR)
    grant = admin.grants.get()
    with pytest.raises(Refusal):
        actions.revoke_role(grant=grant, by=ADMIN, at=now)
    with pytest.raises(Refusal):
        actions.close_account(user=admin, by=SYSTEM, at=now)
    with pytest.raises(Refusal):
        actions.grant_role(
            user=admin, role=Role.ADMINISTRATOR, ends_on=date(2027, 1, 1), by=ADMIN, at=now
        )
    make_user("other", Role.ADMINISTRATOR)
    actions.revoke_role(grant=grant, by=ADMIN, at=now)
    assert not admin.grants.exists()


def test_nobody_closes_their_own_account(make_user: MakeUser, now: datetime) -> None:
    make_user("other", Role.ADMINISTRATOR)
    with pytest.raises(Refusal):
        actions.close_account(user=make_user("admin", Role.ADMINISTRATOR), by=ADMIN, at=now)


def test_closing_an_account_stops_its_keys(make_user: MakeUser, now: datetime) -> None:
    user = make_user("camille", Role.DOCTOR)
    me = queries.get_actor(user, on=now.date())
    _, text = actions.create_key(user=user, name="Essai", days=30, by=me, at=now)
    actions.close_account(user=user, by=ADMIN, at=now)
    assert queries.find_key(text, at=now) is None
    actions.reopen_account(user=user, by=ADMIN, at=now)
    assert queries.find_key(text, at=now) is None


# Access keys


def test_a_key_is_found_by_its_secret_alone_until_it_ends(
    make_user: MakeUser, now: datetime
) -> None:
    user = make_user("camille", Role.DOCTOR)
    me = queries.get_actor(user, on=now.date())
    key, text = actions.create_key(user=user, name="Essai", days=30, by=me, at=now)
    secret = text.split("_", 2)[2]
    assert secret not in str(last().details)
    assert secret not in key.secret_sha256
    assert len(secret) == 43
    assert queries.find_key(text, at=now) == key
    assert queries.find_key(text, at=now + timedelta(days=30)) is None
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    for other in (
        wrong,
        text.upper(),
        secret,
        f"mlg_{key.prefix}_",
        "",
        "mlg__x",
        "mlg_x",
        "é" * 9,
    ):
        assert queries.find_key(other, at=now) is None
    actions.revoke_key(key=key, by=me, at=now)
    assert queries.find_key(text, at=now) is None
    assert last().action == "accounts.revoke-key"


def test_keys_are_made_by_their_owner_and_for_a_year_at_most(
    make_user: MakeUser, now: datetime
) -> None:
    user = make_user("camille", Role.DOCTOR)
    me = queries.get_actor(user, on=now.date())
    with pytest.raises(NotAllowed):
        actions.create_key(user=user, name="Essai", days=30, by=ADMIN, at=now)
    for name, days in (("Essai", 0), ("Essai", 367), (" ", 30)):
        with pytest.raises(Invalid):
            actions.create_key(user=user, name=name, days=days, by=me, at=now)
    key, _ = actions.create_key(user=user, name="Essai", days=366, by=me, at=now)
    with pytest.raises(NotAllowed):
        actions.revoke_key(key=key, by=DOCTOR, at=now)
    actions.revoke_key(key=key, by=ADMIN, at=now)
    actions.revoke_key(key=key, by=ADMIN, at=now)
    assert AuditEvent.objects.filter(action="accounts.revoke-key").count() == 1


# Demonstration accounts


def test_demonstration_accounts_exist_only_where_they_are_allowed(
    db: None, now: datetime, settings: LazySettings
) -> None:
    settings.DEMO_ACCOUNTS_ALLOWED = False
    with pytest.raises(Refusal):
        actions.create_demo_accounts(organizations={}, by=SYSTEM, at=now)
    assert not User.objects.exists()


def test_there_is_one_demonstration_account_per_role(
    db: None, now: datetime, settings: LazySettings
) -> None:
    settings.DEMO_ACCOUNTS_ALLOWED = True
    places = {Role.DOCTOR: "ch-fourmies"}
    for _ in range(2):
        users = actions.create_demo_accounts(organizations=places, by=SYSTEM, at=now)
    assert User.objects.count() == RoleGrant.objects.count() == len(Role)
    assert all(user.is_demo and "Exemple" in user.full_name for user in users)
    held = {Role(g.role): g.organization for g in RoleGrant.objects.all()}
    assert held == {role: places.get(role, "") for role in Role}
    with pytest.raises(Refusal):
        actions.change_password(
            user=users[0],
            password="trois chevaux au trot",
            by=queries.get_actor(users[0], on=now.date()),
            at=now,
        )
    with pytest.raises(Refusal):
        actions.reset_password(user=users[0], by=SYSTEM, at=now)


def test_a_supplement_exists_only_where_the_manifest_places_it(
    db: None, now: datetime, settings: LazySettings
) -> None:
    """A second director, at another hospital: an agreement needs two signatures."""
    settings.DEMO_ACCOUNTS_ALLOWED = True
    for _ in range(2):
        users = actions.create_demo_accounts(
            organizations={}, supplements={"demo-direction-chu": "chu-lille"}, by=SYSTEM, at=now
        )
    assert User.objects.count() == len(users) == len(Role) + 1
    grant = RoleGrant.objects.get(user__username="demo-direction-chu")
    assert (grant.role, grant.organization) == (Role.DIRECTOR, "chu-lille")
    assert grant.user.is_demo
    with pytest.raises(Invalid):
        actions.create_demo_accounts(
            organizations={}, supplements={"demo-inconnu": "chu-lille"}, by=SYSTEM, at=now
        )
    with pytest.raises(Invalid):
        actions.create_demo_accounts(
            organizations={}, supplements={"demo-direction-chu": ""}, by=SYSTEM, at=now
        )


def test_the_demonstration_password_is_public_and_long_enough() -> None:
    assert len(rules.DEMO_PASSWORD) >= 12
    assert set(rules.DEMO_PEOPLE) == set(Role)


def test_the_command_prints_the_accounts(
    db: None, settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO_ACCOUNTS_ALLOWED = True
    call_command("demo_accounts")
    printed = capsys.readouterr().out
    assert all(username in printed for username, _ in rules.DEMO_PEOPLE.values())
    assert "demo-direction-chu" in printed
    directors = RoleGrant.objects.filter(role=Role.DIRECTOR).values_list("organization", flat=True)
    assert set(directors) == {"ch-valenciennes", "chu-lille"}
    assert rules.DEMO_PASSWORD in printed
    settings.DEMO_ACCOUNTS_ALLOWED = False
    with pytest.raises(CommandError):
        call_command("demo_accounts")


# The first administrator of an installation


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed when a password is asked for, in turn."""
    typed: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: typed.pop(0))
    return typed


def test_the_first_administrator_is_made_on_the_terminal(db: None, terminal: list[str]) -> None:
    terminal[:] = [PASSWORD, PASSWORD]
    call_command("create_admin", "camille.martin", "Camille Martin")
    user = User.objects.get()
    assert user.check_password(PASSWORD)
    assert [(g.role, g.organization) for g in user.grants.all()] == [("ADMINISTRATOR", "")]


@pytest.mark.parametrize("typed", [[PASSWORD, "autre"], ["court", "court"]])
def test_a_wrong_password_makes_no_administrator(
    db: None, terminal: list[str], typed: list[str]
) -> None:
    terminal[:] = typed
    with pytest.raises(CommandError):
        call_command("create_admin", "camille.martin", "Camille Martin")
    assert not User.objects.exists()


def test_a_password_is_never_read_from_a_pipe(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match="terminal"):
        call_command("create_admin", "camille.martin", "Camille Martin")
