"""The pages of the room: each role sees its own, no other does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import transaction
from django.test import Client

from maillage.accounts import organizations
from maillage.accounts.actions import record
from maillage.accounts.enums import Role
from maillage.accounts.models import ApiKey, AuditEvent, User
from tests.accounts.conftest import ADMIN

ClientFor = Callable[..., Client]
MakeUser = Callable[..., User]


@pytest.fixture(autouse=True)
def _no_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organizations, "_sources", [])


EVERYONE = set(Role)
ADMINISTRATORS = {Role.ADMINISTRATOR}
READERS = {Role.ADMINISTRATOR, Role.AUDITOR}
PAGES = (
    ("get", "/compte", EVERYONE),
    ("post", "/compte/mot-de-passe", EVERYONE),
    ("post", "/compte/cles", EVERYONE),
    ("get", "/utilisateurs", ADMINISTRATORS),
    ("get", "/utilisateurs/nouveau", ADMINISTRATORS),
    ("post", "/utilisateurs/nouveau", ADMINISTRATORS),
    ("get", "/utilisateurs/quelquun", ADMINISTRATORS),
    ("post", "/utilisateurs/quelquun/roles", ADMINISTRATORS),
    ("post", "/utilisateurs/quelquun/fermer", ADMINISTRATORS),
    ("post", "/utilisateurs/quelquun/rouvrir", ADMINISTRATORS),
    ("post", "/utilisateurs/quelquun/mot-de-passe", ADMINISTRATORS),
    ("get", "/journal", READERS),
    ("get", "/journal.csv", READERS),
)


@pytest.mark.parametrize("role", list(Role))
def test_each_page_refuses_the_roles_that_do_not_hold_its_permission(
    client_for: ClientFor, make_user: MakeUser, role: Role
) -> None:
    make_user("quelquun", Role.DOCTOR)
    client = client_for(role)
    for method, path, roles in PAGES:
        status = getattr(client, method)(path).status_code
        assert (status == 403) == (role not in roles), (method, path, status)


@pytest.mark.parametrize(("method", "path", "roles"), PAGES)
def test_each_page_asks_for_a_log_in(
    db: None, client: Client, method: str, path: str, roles: set[Role]
) -> None:
    answer = getattr(client, method)(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/connexion?next=")


def test_an_account_without_a_role_sees_its_own_page_only(client_for: ClientFor) -> None:
    client = client_for()
    assert "Aucun rôle" in client.get("/compte").content.decode()
    assert client.get("/utilisateurs").status_code == 403


def test_an_account_is_opened_given_a_role_and_closed(client_for: ClientFor) -> None:
    client = client_for(Role.ADMINISTRATOR)
    form = {"username": "sacha.exemple", "full_name": "Sacha Exemple", "email": ""}
    opened = client.post("/utilisateurs/nouveau", form)
    user = User.objects.get(username="sacha.exemple")
    assert opened.status_code == 200
    assert user.check_password(opened.context["password"])
    assert opened.context["password"] in opened.content.decode()
    place = {"role": "DOCTOR", "organization": "ch-lens", "starts_on": "01/01/2026"}
    assert client.post("/utilisateurs/sacha.exemple/roles", place).status_code == 302
    page = client.get("/utilisateurs/sacha.exemple").content.decode()
    assert "Médecin hospitalier" in page
    assert "ch-lens" in page
    assert "Attribution d&#x27;un rôle" in page
    grant = user.grants.get()
    assert client.post(f"/utilisateurs/sacha.exemple/roles/{grant.pk}").status_code == 302
    assert not user.grants.exists()
    assert client.post(f"/utilisateurs/sacha.exemple/roles/{grant.pk}").status_code == 404
    client.post("/utilisateurs/sacha.exemple/fermer")
    user.refresh_from_db()
    assert not user.is_active
    assert "Sacha" not in client.get("/utilisateurs?etat=actifs").content.decode()
    assert "Sacha" in client.get("/utilisateurs?nom=sacha&etat=fermes").content.decode()


def test_a_role_is_given_by_name_by_choice_or_by_identifier(
    client_for: ClientFor, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"ch-le-cateau": "CH Le Cateau", "ch-lens": "CH Lens", "u1": "MSP", "u2": "MSP"}
    monkeypatch.setattr(organizations, "_sources", [lambda: names])
    user, client = make_user("quelquun"), client_for(Role.ADMINISTRATOR)
    page = client.get("/utilisateurs/quelquun").content.decode()
    assert 'data-typeahead="/etablissements/propositions?q="' in page

    def give(role: str, **place: str) -> str:
        answer = client.post("/utilisateurs/quelquun/roles", {"role": role, **place})
        assert answer.status_code in (302, 422)
        return answer.content.decode()

    assert not give("DOCTOR", organization="ch le câteau")
    assert not give("DIM", organization="CH Le Cateau", organization_code="ch-le-cateau")
    assert not give("ON_CALL", organization="ch-le-cateau")
    assert not give("AUDITOR", organization="")
    held = dict(user.grants.values_list("role", "organization"))
    place = "ch-le-cateau"
    assert held == {"DOCTOR": place, "DIM": place, "ON_CALL": place, "AUDITOR": ""}
    assert "Vouliez-vous dire : CH Le Cateau (ch-le-cateau)" in give(
        "CITY", organization="CH Cateau"
    )
    assert "MSP (u1), MSP (u2)" in give("CITY", organization="msp")
    assert "ne s&#x27;appelle « inconnu »" in give("CITY", organization_code="inconnu")
    assert user.grants.count() == 4


def test_a_wrong_form_keeps_what_was_typed_and_says_where(client_for: ClientFor) -> None:
    client = client_for(Role.ADMINISTRATOR)
    form = {"username": "system", "full_name": "Nom gardé", "email": "pas un courriel"}
    answer = client.post("/utilisateurs/nouveau", form)
    assert answer.status_code == 422
    assert "Nom gardé" in answer.content.decode()
    form["email"] = ""
    answer = client.post("/utilisateurs/nouveau", form)
    assert answer.status_code == 422
    assert "réservé" in answer.content.decode()
    assert not User.objects.filter(full_name="Nom gardé").exists()


def test_the_list_of_accounts_costs_the_same_whatever_its_length(
    client_for: ClientFor,
    make_user: MakeUser,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for number in range(60):
        make_user(f"personne{number}", Role.DOCTOR, Role.ON_CALL, at="ch-lens")
    client = client_for(Role.ADMINISTRATOR)
    client.get("/compte")
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        page = client.get("/utilisateurs").content.decode()
    assert "61" in page
    assert 'href="?page=2"' in page


def test_the_trail_is_filtered_by_its_address_and_read_as_a_file(
    client_for: ClientFor, now: datetime
) -> None:
    with transaction.atomic():
        for number in range(70):
            record("essai.acte", by=ADMIN, at=now, subject_name=f"Objet {number}")
        record("autre.acte", by=ADMIN, at=now, subject_name="<script>alert(1)</script>")
    client = client_for(Role.AUDITOR)
    page = client.get("/journal?acte=essai.acte&objet=Objet+6").content.decode()
    assert "<strong>11</strong> lignes" in page
    assert "acte=essai.acte&amp;objet=Objet+6" in page
    assert "Objet 7<" not in page
    assert "<script>alert" not in client.get("/journal?acte=autre.acte").content.decode()
    assert "page=2" in client.get("/journal").content.decode()
    assert client.get("/journal?du=pas-un-jour&page=zz").status_code == 200
    file = client.get("/journal.csv?acte=essai.acte")
    text = b"".join(file).decode()  # type: ignore[arg-type]
    assert text.count("\r\n") == 71
    line = AuditEvent.objects.latest("id")
    assert (line.action, line.details["rows"]) == ("accounts.export-trail", 70)


# The JSON interface


def make_key(client: Client) -> str:
    page = client.post("/compte/cles", {"name": "Régulation", "days": "30"}).content.decode()
    return next(part for part in page.replace("<", " ").replace(">", " ").split() if "mlg_" in part)


def test_a_program_calls_with_a_key_and_acts_as_its_owner(
    client_for: ClientFor, client: Client
) -> None:
    owner = client_for(Role.DOCTOR, at="ch-lens")
    text = make_key(owner)
    answer = client.get("/api/comptes/moi", HTTP_AUTHORIZATION=f"Bearer {text}")
    assert answer.status_code == 200
    assert answer.json()["roles"] == [
        {"role": "DOCTOR", "label": "Médecin hospitalier", "organization": "ch-lens"}
    ]
    key = ApiKey.objects.get()
    assert key.last_used_on is not None
    assert text not in owner.get("/compte").content.decode()
    owner.post(f"/compte/cles/{key.pk}/revoquer")
    revoked = client.get("/api/comptes/moi", HTTP_AUTHORIZATION=f"Bearer {text}")
    assert revoked.status_code == 401


def test_the_interface_refuses_strangers_without_sending_them_to_a_page(
    db: None, client: Client
) -> None:
    for header in ("", "Bearer", "Bearer x", "Basic YTpi", "Bearer mlg_a_b", "Bearer mlg_\x00_b"):
        answer = client.get("/api/comptes/moi", HTTP_AUTHORIZATION=header)
        assert answer.status_code == 401, header


def test_a_session_calls_the_interface_too(client_for: ClientFor) -> None:
    answer = client_for(Role.DOCTOR).get("/api/comptes/moi")
    assert answer.status_code == 200
    assert answer.json()["name"] == "Personne d'essai"


def test_a_key_is_somebody_elses_secret(client_for: ClientFor) -> None:
    make_key(client_for(Role.DOCTOR))
    key = ApiKey.objects.get()
    stranger = client_for(Role.ADMINISTRATOR)
    assert stranger.post(f"/compte/cles/{key.pk}/revoquer").status_code == 404


def test_a_session_must_carry_the_csrf_token_to_write(
    client_for: ClientFor, make_user: MakeUser
) -> None:
    """The two ways in, on a writing operation of their own."""
    from django.http import HttpRequest
    from django.test import RequestFactory
    from django.utils import timezone
    from ninja.errors import HttpError

    from maillage.accounts.api import KeyAuth, SessionAuth

    user = make_user("camille", Role.DOCTOR)

    def write(**headers: str) -> HttpRequest:
        request = RequestFactory(enforce_csrf_checks=True).post("/api/x", **headers)  # type: ignore[arg-type]
        request.user = user
        request.now = timezone.now()  # type: ignore[attr-defined]
        return request

    with pytest.raises(HttpError) as refusal:
        SessionAuth()(write())
    assert refusal.value.status_code == 403
    text = make_key(client_for(Role.DIM))
    assert KeyAuth()(write(HTTP_AUTHORIZATION=f"Bearer {text}")) is not None
