"""Communes by JSON: the router, mounted alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ninja import NinjaAPI
from ninja.testing import TestClient

from maillage.accounts.enums import Role
from maillage.accounts.permissions import NOBODY
from maillage.territory.actions import LoadReport
from maillage.territory.api import router
from maillage.territory.models import AgeBand
from maillage.vocabulary.errors import NotAllowed, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def api() -> TestClient:
    root = NinjaAPI(urls_namespace="territory-test")
    root.add_router("", router)
    return TestClient(root)


@pytest.fixture
def actor(make_actor: Callable[..., Any]) -> Any:
    return make_actor(Role.CITY)


def test_search_answers_typed_communes(api: TestClient, territory: LoadReport, actor: Any) -> None:
    (found,) = api.get("/communes?q=aubois", actor=actor).json()
    assert found == {
        "code": "99001",
        "name": "Aubois",
        "department": "99",
        "epci": "200000016",
        "epci_name": "Communauté de l'Aubois",
        "residents": 1000,
        "residents_year": 2017,
        "residents_source": "INSEE, population municipale, recensement 2017",
        "latitude": 50.05,
        "longitude": 3.05,
        "point_repaired": False,
        "area_km2": found["area_km2"],
    }
    assert len(api.get("/communes?q=99&limit=3", actor=actor).json()) == 3
    assert api.get("/communes?q=a&limit=1000", actor=actor).status_code == 422


def test_detail_tells_what_is_estimated(api: TestClient, territory: LoadReport, actor: Any) -> None:
    AgeBand.objects.create(department="99", year=2023, age_min=0, count=10, source="INSEE âges")
    ages = api.get("/communes/99001", actor=actor).json()["ages"]
    assert ages["estimated"] is True
    assert ages["sex_estimated"] is True
    assert (ages["year"], ages["source"]) == (2023, "INSEE âges")
    assert sum(band["count"] for band in ages["bands"]) == 1000


def test_refusals_are_those_of_the_product(
    api: TestClient, territory: LoadReport, actor: Any
) -> None:
    with pytest.raises(NotFound):
        api.get("/communes/59606", actor=actor)
    with pytest.raises(NotAllowed):
        api.get("/communes?q=a", actor=NOBODY)
