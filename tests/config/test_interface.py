"""The JSON interface keeps what its description promises, for requests drawn from it."""

from __future__ import annotations

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, settings

pytestmark = [pytest.mark.xdist_group("example")]


@pytest.fixture
def described(example: None) -> dict[str, object]:
    from maillage.config.api import api

    return dict(api.get_openapi_schema())


def test_the_description_is_openapi_3_1_and_names_every_answer(
    described: dict[str, object],
) -> None:
    assert str(described["openapi"]).startswith("3.1")
    paths = described["paths"]
    assert isinstance(paths, dict)
    assert "/api/couverture/qui" in paths


def test_nobody_is_let_in_without_a_session_or_a_key(example: None) -> None:
    assert Client().get("/api/couverture/qui").status_code == 401
    assert Client().get("/api/annuaire/offres").status_code in (401, 404)
