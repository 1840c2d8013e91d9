"""Requests drawn from the description, on records that are there: nothing breaks, and every answer
is one that is described."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.conf import LazySettings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as drawing
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from maillage.patients.models import CareLink, Patient
from maillage.referrals.actions.letters import begin_letter
from maillage.referrals.enums import Kind, LetterKind
from tests.referrals import requests_in_small as scene
from tests.referrals.programs import LOCAL, NEIGHBOUR, program
from tests.referrals.requests_in_small import NOW
from tests.referrals.test_api_pieces import post_file

DRAWN_PER_OPERATION = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch, settings: LazySettings, tmp_path: Path) -> None:
    """The clock of the scene, and its documents."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }


@contextmanager
def one_connection() -> Iterator[None]:
    """A real handler closes old connections around each request; the test's must stay open. A test
    client connects this again at each of its requests: nothing but real ones inside."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture
def keys(patient: Patient) -> dict[str, str]:
    """The key to put in an address, by what comes before it."""
    referral = scene.sent(patient, Kind.TRANSFER)
    letter = begin_letter(referral=referral, kind=LetterKind.ENTRY, by=scene.LOCAL, at=NOW)
    document = post_file(program(*LOCAL), referral.key).json()["key"]
    return {
        "/api/adressages/documents/": document,
        "/api/adressages/lettres/": letter.key,
        "/api/adressages/delais/conventions/": "association",
        "/api/adressages/": referral.key,
        "/api/patients/ouvertures/": "1",
        "/api/patients/": patient.key,
    }


def draw(operation: Any, names: dict[str, str], headers: dict[str, str], met: set[int]) -> None:
    """Send what the description lets draw, with the names of records that are there; each leaves
    them as they were."""

    @drawing(max_examples=DRAWN_PER_OPERATION)
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = names[name]
        with transaction.atomic():
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)
            transaction.set_rollback(True)
        met.add(answer.status_code)

    ask()


@pytest.mark.parametrize("who", [LOCAL, NEIGHBOUR])
def test_whatever_is_sent_to_records_that_are_there(keys: dict[str, str], who: Any) -> None:
    headers = {**program(*who).key_headers, "Accept-Encoding": "identity"}
    with one_connection():
        met = draw_all(keys, headers)
    assert {200, 403, 404, 409, 422} <= met


def draw_all(keys: dict[str, str], headers: dict[str, str]) -> set[int]:
    """Every operation of these rooms; the statuses that were met."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", WSGIHandler(), headers=headers)
    operations = [result.ok() for result in schema.get_all_operations()]
    ours = [one for one in operations if one.path.startswith(("/api/patients", "/api/adressages"))]
    assert len(ours) > 40
    number = str(CareLink.objects.latest("pk").pk)
    met: set[int] = set()
    for operation in ours:
        before = next(known for known in keys if f"{operation.path}/".startswith(known))
        draw(operation, {"number": number, "key": keys[before], "slug": keys[before]}, headers, met)
    return met
