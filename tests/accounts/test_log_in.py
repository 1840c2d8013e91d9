"""Log-in, its limits, and the life of a session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, User
from tests.accounts.conftest import PASSWORD, Clock, log_in

MakeUser = Callable[..., User]


def lines() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("action", "actor"))


def test_a_right_password_opens_a_session_and_leaves_a_line(
    client: Client, make_user: MakeUser
) -> None:
    make_user("camille", Role.DOCTOR)
    answer = log_in(client, "  Camille ")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/compte").status_code == 200
    assert lines() == [("accounts.log-in", "camille")]


def test_the_session_key_changes_at_the_log_in(client: Client, make_user: MakeUser) -> None:
    make_user("camille")
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    log_in(client, "camille")
    assert client.session.session_key != before


def test_a_wrong_password_says_no_more_than_an_unknown_name(
    client: Client, make_user: MakeUser
) -> None:
    make_user("camille")
    wrong, unknown = log_in(client, "camille", "non"), log_in(client, "personne", "non")
    assert wrong.status_code == unknown.status_code == 422
    for answer in (wrong, unknown):
        assert "Identifiant ou mot de passe incorrect." in answer.content.decode()
        assert 'value="non"' not in answer.content.decode()
    assert lines() == [("accounts.log-in-failed", "camille")]
    assert not AuditEvent.objects.filter(subject_key="personne").exists()


def test_a_closed_account_does_not_get_in(client: Client, make_user: MakeUser) -> None:
    make_user("camille", is_active=False)
    assert log_in(client, "camille").status_code == 422


def test_a_session_ends_when_its_account_closes(client: Client, make_user: MakeUser) -> None:
    user = make_user("camille")
    log_in(client, "camille")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/compte")["Location"].startswith("/connexion")


def test_logging_out_takes_a_post_and_leaves_a_line(client: Client, make_user: MakeUser) -> None:
    make_user("camille")
    log_in(client, "camille")
    assert client.get("/deconnexion").status_code == 405
    assert client.post("/deconnexion")["Location"] == "/connexion"
    assert client.get("/compte")["Location"].startswith("/connexion")
    assert lines()[-1] == ("accounts.log-out", "camille")
    assert client.post("/deconnexion").status_code == 302
    assert len(lines()) == 2


def test_log_in_and_log_out_are_guarded_against_forged_requests(make_user: MakeUser) -> None:
    make_user("camille")
    strict = Client(enforce_csrf_checks=True)
    assert log_in(strict, "camille").status_code == 403
    assert strict.post("/deconnexion").status_code == 403


@pytest.mark.parametrize(
    ("wanted", "way"),
    [
        ("/compte?a=1", "/compte?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/x", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https:///evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http://testserver/compte", "http://testserver/compte"),
        ("http://testserver@evil.example/", "/"),
        ("", "/"),
    ],
)
def test_leads_only_to_this_site(
    client: Client, make_user: MakeUser, wanted: str, way: str
) -> None:
    make_user("camille")
    assert log_in(client, "camille", next=wanted)["Location"] == way
    again = client.get("/connexion", {"next": wanted})
    assert (again.status_code, again["Location"]) == (302, way)


def test_a_page_asked_for_before_the_log_in_comes_after_it(
    client: Client, make_user: MakeUser
) -> None:
    make_user("camille")
    asked = client.get("/compte?onglet=cles")
    assert asked["Location"] == "/connexion?next=/compte%3Fonglet%3Dcles"
    form = client.get(asked["Location"]).content.decode()
    assert '<input type="hidden" name="next" value="/compte?onglet=cles">' in form


# Too many wrong passwords


def test_six_wrong_passwords_close_the_door_for_a_quarter_of_an_hour(
    client: Client, make_user: MakeUser, clock: Clock
) -> None:
    make_user("camille")
    for attempt in range(5):
        assert log_in(client, "CAMILLE" if attempt % 2 else "camille", "non").status_code == 422
    assert log_in(client, "camille", "non").status_code == 429
    locked = log_in(client, "camille")
    assert locked.status_code == 429
    assert locked["Retry-After"] == "900"
    assert "Trop d'essais" in locked.content.decode()
    assert client.get("/compte").status_code == 302
    assert lines() == [("accounts.log-in-failed", "camille")] * 6
    clock.pass_by(minutes=14)
    assert log_in(client, "camille").status_code == 429
    clock.pass_by(minutes=2)
    assert log_in(client, "camille").status_code == 302


def test_a_closed_door_does_not_stop_colleagues_or_other_places(
    client: Client, make_user: MakeUser
) -> None:
    make_user("camille")
    make_user("sacha")
    for _ in range(7):
        log_in(client, "camille", "non")
    assert log_in(Client(), "sacha").status_code == 302
    assert log_in(Client(REMOTE_ADDR="10.1.2.3"), "camille").status_code == 302


def test_guessing_the_old_password_is_limited_as_well(client: Client, make_user: MakeUser) -> None:
    make_user("camille", Role.DOCTOR)
    log_in(client, "camille")
    form = {"old": "non", "new": "une autre phrase longue", "again": "une autre phrase longue"}
    answers = [client.post("/compte/mot-de-passe", form).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


# Sessions that last too long


def test_an_unattended_session_ends_after_half_an_hour(
    client: Client, make_user: MakeUser, clock: Clock
) -> None:
    make_user("camille")
    log_in(client, "camille")
    for _ in range(4):
        clock.pass_by(minutes=29)
        assert client.get("/compte").status_code == 200
    clock.pass_by(minutes=30, seconds=1)
    assert client.get("/compte").status_code == 302
    assert AuditEvent.objects.latest("id").details == {"reason": "idle"}
    assert client.get("/compte").status_code == 302


def test_a_session_in_use_ends_after_twelve_hours(
    client: Client, make_user: MakeUser, clock: Clock
) -> None:
    make_user("camille")
    log_in(client, "camille")
    for _ in range(36):
        clock.pass_by(minutes=20)
        assert client.get("/compte").status_code == 200
    clock.pass_by(seconds=1)
    assert client.get("/compte").status_code == 302
    assert AuditEvent.objects.latest("id").details == {"reason": "longest"}
    assert log_in(client, "camille").status_code == 302
    assert client.get("/compte").status_code == 200


def test_a_request_within_the_minute_writes_nothing(
    client: Client,
    make_user: MakeUser,
    clock: Clock,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    make_user("camille")
    log_in(client, "camille")
    clock.pass_by(seconds=59)
    with django_assert_max_num_queries(8) as queries:  # type: ignore[attr-defined]
        client.get("/compte")
    assert not [q for q in queries.captured_queries if not q["sql"].startswith("SELECT")]


def test_a_page_of_a_person_is_kept_by_no_cache(client: Client, make_user: MakeUser) -> None:
    make_user("camille")
    log_in(client, "camille")
    assert client.get("/compte")["Cache-Control"] == "private, no-store"


# First passwords


def test_a_first_password_opens_only_the_page_that_changes_it(
    client: Client, make_user: MakeUser
) -> None:
    make_user("camille", Role.ADMINISTRATOR, must_change_password=True)
    log_in(client, "camille")
    assert client.get("/utilisateurs")["Location"] == "/compte"
    assert client.get("/")["Location"] == "/compte"
    assert client.get("/api/comptes/moi").status_code == 401
    page = client.get("/compte").content.decode()
    assert "Choisissez votre mot de passe." in page
    new = "trois chevaux au trot"
    form = {"old": PASSWORD, "new": new, "again": new}
    assert client.post("/compte/mot-de-passe", form).status_code == 302
    assert client.get("/utilisateurs").status_code == 200
    assert log_in(Client(), "camille", new).status_code == 302


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (
            {"old": "non", "new": "trois chevaux au trot", "again": "trois chevaux au trot"},
            "actuel",
        ),
        ({"old": PASSWORD, "new": "trois chevaux", "again": "trois chevals"}, "diffèrent"),
        ({"old": PASSWORD, "new": "court", "again": "court"}, "12"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "est l&#x27;ancien"),
        ({"old": PASSWORD, "new": "1q2w3e4r5t6y", "again": "1q2w3e4r5t6y"}, "courant"),
    ],
)
def test_a_new_password_must_be_a_good_one(
    client: Client, make_user: MakeUser, form: dict[str, str], words: str
) -> None:
    user = make_user("camille", Role.DOCTOR)
    log_in(client, "camille")
    answer = client.post("/compte/mot-de-passe", form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_changing_the_password_ends_the_other_sessions(client: Client, make_user: MakeUser) -> None:
    make_user("camille", Role.DOCTOR)
    other = Client()
    log_in(client, "camille")
    log_in(other, "camille")
    new = "trois chevaux au trot"
    client.post("/compte/mot-de-passe", {"old": PASSWORD, "new": new, "again": new})
    assert client.get("/compte").status_code == 200
    assert other.get("/compte").status_code == 302


# Demonstration accounts


def test_a_demonstration_account_gets_in_only_where_the_demonstration_is_on(
    client: Client, make_user: MakeUser, settings: LazySettings
) -> None:
    make_user("demo-medecin", Role.DOCTOR, is_demo=True)
    settings.DEMO_ACCOUNTS_ALLOWED = False
    assert log_in(client, "demo-medecin").status_code == 422
    assert "demo-medecin" not in client.get("/connexion").content.decode()
    settings.DEMO_ACCOUNTS_ALLOWED = True
    page = client.get("/connexion").content.decode()
    assert "demo-medecin" in page
    assert "demo-direction-chu" not in page
    make_user("demo-direction-chu", Role.DIRECTOR, is_demo=True, at="chu-lille")
    page = client.get("/connexion").content.decode()
    assert "demo-direction-chu" in page
    assert "chu-lille" in page
    assert log_in(client, "demo-medecin").status_code == 302
    assert client.get("/compte").status_code == 200
    settings.DEMO_ACCOUNTS_ALLOWED = False
    assert client.get("/compte").status_code == 302, "an open session stops as well"
