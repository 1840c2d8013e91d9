"""The small scene of requests, and a database of its own for clients that work at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
import pytest_django

from maillage.patients.models import Patient
from tests.referrals import requests_in_small as scene


@pytest.fixture
def territory(db: None) -> None:
    """Maubeuge, Valenciennes, Lille, the pathway and the agreement."""
    scene.build()


@pytest.fixture
def patient(territory: None) -> Patient:
    """Somebody received in Maubeuge."""
    return scene.admit()


@pytest.fixture(scope="module")
def shared_database(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: pytest_django.DjangoDbBlocker,
) -> Iterator[None]:
    """A database that every thread opens for itself, as the clients of a server do: a file of
    SQLite, or one on the PostgreSQL server of the tests. It holds the scene."""
    from tests.on_postgresql import fresh_database

    address = os.environ.get("MAILLAGE_TEST_DATABASE", "")
    if address:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        template = request.getfixturevalue("migrated_database")
        with fresh_database(address, f"at_once_{worker}", template) as (name, _):
            yield from _opened(name, django_db_blocker)
    else:
        folder = tmp_path_factory.mktemp("at-once") / "var"
        shutil.copytree(request.getfixturevalue("migrated_folder"), folder)
        yield from _opened(str(folder / "maillage.sqlite3"), django_db_blocker)


def _opened(name: str, blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    from django.db import connections

    usual_name, usual = connections.settings["default"]["NAME"], connections["default"]
    with blocker.unblock():
        connections.settings["default"]["NAME"] = name
        connections["default"] = connections.create_connection("default")
        try:
            scene.build()
            yield
        finally:
            connections["default"].close()
            connections.settings["default"]["NAME"] = usual_name
            connections["default"] = usual
