"""The JSON interface keeps what its description promises, for requests drawn from it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from maillage.coverage.models import Proof

DRAWN_PER_OPERATION = 12
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
QUESTION = {"commune": "59249", "besoin": "avc", "age": 70, "le": "2026-12-15T03:00"}


@pytest.fixture
def headers(example: None, now: datetime) -> dict[str, str]:
    """The key of a program that acts for the demonstration doctor."""
    from maillage.accounts.actions import create_key
    from maillage.accounts.models import User
    from maillage.accounts.queries import get_actor

    user = User.objects.get(username="demo-medecin")
    at = datetime.now(tz=now.tzinfo)
    _, text = create_key(user=user, name="essai", days=1, by=get_actor(user, on=at.date()), at=at)
    return {"Authorization": f"Bearer {text}", "Accept-Encoding": "identity"}


@pytest.fixture
def described(example: None) -> dict[str, Any]:
    """The description of the interface, as a program loads it."""
    from maillage.config.documents import openapi_document

    read: dict[str, Any] = json.loads(openapi_document())
    return read


def operations_of(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_description_is_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    wrong = [str(one.message) for one in OPENAPI_31_VALIDATOR.iter_errors(described)]
    assert not wrong
    assert "/api/couverture/qui" in described["paths"]
    nameless = [name for name, one in operations_of(described) if not one.get("summary")]
    assert not nameless


def test_every_operation_says_how_it_refuses(described: dict[str, Any]) -> None:
    for name, operation in operations_of(described):
        for status in ("401", "403", "404", "409", "422"):
            content = operation["responses"][status]["content"]
            assert list(content) == ["application/problem+json"], name


def test_every_shape_has_a_name_of_its_own() -> None:
    """Two of one name would be described as one."""
    from ninja import Schema

    import maillage.config.api  # noqa: F401

    def below(shape: type) -> Iterator[type]:
        for one in shape.__subclasses__():
            yield one
            yield from below(one)

    ours = [one for one in below(Schema) if one.__module__.startswith("maillage.")]
    counts = Counter(one.__name__ for one in ours if one.__name__ != "ProblemOut")
    assert not [name for name, count in counts.items() if count > 1]


def test_closed_lists_are_told_in_french_by_their_national_codes(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert schemas["Priority"]["enum"] == ["P0", "P1", "P2", "P3"]
    assert "`P0` P0 · urgence vitale" in schemas["Priority"]["description"]
    assert "`30M` 30 minutes au plus" in schemas["HubDelay"]["description"]


@pytest.mark.parametrize("address", ["/api/couverture/qui", "/api/comptes/moi"])
def test_nobody_is_let_in_without_a_session_or_a_key(example: None, address: str) -> None:
    answer = Client().get(address, QUESTION)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_the_answer_for_programs(headers: dict[str, str]) -> None:
    answer = Client().get("/api/couverture/qui", QUESTION, headers=headers)
    assert answer.status_code == 200
    body = answer.json()
    assert body["commune"] == "59249"
    assert [step["order"] for step in body["steps"]] == [1, 2, 3]
    assert body["steps"][0]["verdict"] in ("ON_TARGET", "AT_LIMIT")
    assert body["margin_minutes"] == 4


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"commune": "99999"}, 404),
        ({"besoin": "rien"}, 404),
        ({"age": -1}, 422),
        ({"age": "x"}, 422),
        ({"le": "plus tard"}, 422),
    ],
)
def test_a_wrong_question_gets_a_json_problem(
    headers: dict[str, str], changed: dict[str, object], status: int
) -> None:
    answer = Client().get("/api/couverture/qui", {**QUESTION, **changed}, headers=headers)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"]


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """A real handler closes old connections around each request; the test's must stay open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("kept_connection")
def test_requests_drawn_from_the_description(headers: dict[str, str]) -> None:
    """No operation breaks, and every answer, refusals included, is one that is described."""
    application = WSGIHandler()
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application, headers=headers)
    operations = [result.ok() for result in schema.get_all_operations()]
    described = {f"{one.method} {one.path}" for one in operations}
    assert {"post /api/adressages", "get /api/patients/{key}"} <= described
    for operation in operations:

        @settings(max_examples=DRAWN_PER_OPERATION)
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)

        ask()


PROOF_OPERATIONS = (
    ("/api/couverture/preuves/{number}", {}),
    ("/api/couverture/preuves/{number}/communes", {"filiere": "avc", "etape": 1}),
    ("/api/couverture/preuves/{number}/instant", {"filiere": "avc", "le": QUESTION["le"]}),
)


@pytest.mark.usefixtures("kept_connection")
def test_operations_on_a_proof_answer_as_described(proof: Proof, headers: dict[str, str]) -> None:
    """Numbers drawn from the description name no proof: this one is there."""
    application = WSGIHandler()
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application, headers=headers)
    described = {path for path in schema if "/preuves/{" in path}
    assert described == {path for path, _ in PROOF_OPERATIONS}
    for path, query in PROOF_OPERATIONS:
        case = schema[path]["GET"].Case(path_parameters={"number": proof.pk}, query=dict(query))
        answer = case.call(headers=headers)
        assert answer.status_code == 200, path
        case.validate_response(
            answer, checks=[content_type_conformance, response_schema_conformance]
        )
