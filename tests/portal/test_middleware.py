"""Refusals become answers: of a rule, of the database, of an address that means nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from maillage.accounts.enums import Role
from maillage.accounts.permissions import NOBODY
from maillage.accounts.turns import DEADLOCK
from maillage.portal.middleware import RefusalMiddleware


@pytest.mark.parametrize(
    "address",
    [
        "/conventions/?q=%00",
        "/annuaire/?q=a%00b",
        "/annuaire/praticiens/%00",
        "/couverture/qui?commune=%00&besoin=avc",
        "/api/annuaire/offres?etablissement=%00",
    ],
)
def test_a_nul_sign_in_an_address_is_refused(
    client_for: Callable[..., Client], address: str
) -> None:
    answer = client_for(Role.DOCTOR).get(address)
    assert answer.status_code == 422
    if address.startswith("/api/"):
        assert answer.json()["type"] == "urn:maillage:portal.nul"


@pytest.mark.parametrize("field", ["username", "password"])
def test_a_nul_sign_in_the_log_in_form_is_refused(db: None, field: str) -> None:
    sent = {"username": "demo", "password": "x", field: "a\0b"}
    assert Client().post("/connexion", sent).status_code == 422


def answer_to(error: Exception, path: str) -> HttpResponse | None:
    request: Any = RequestFactory().get(path)
    request.actor = NOBODY
    return RefusalMiddleware(lambda asked: HttpResponse()).process_exception(request, error)


def test_an_act_that_gave_way_is_a_conflict_and_not_a_bug(db: None) -> None:
    error = OperationalError("deadlock detected")
    error.__cause__ = Exception()
    error.__cause__.sqlstate = DEADLOCK  # type: ignore[attr-defined]
    answer = answer_to(error, "/api/annuaire/offres")
    assert answer is not None
    assert answer.status_code == 409
    assert b"portal.busy" in answer.content


@pytest.mark.parametrize("error", [OperationalError("no such table"), ValueError("x")])
def test_any_other_error_stays_a_bug(error: Exception) -> None:
    assert answer_to(error, "/") is None
