"""What all tests share: actors, logged-in clients, a fixed instant, hypothesis profiles."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_django

import tests.hypothesis_profile  # noqa: F401
from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant
from tests import clock
from tests.made_once import made_once, was_made
from tests.on_postgresql import create_database, drop_database, fresh_database

MIGRATED, MIGRATED_ON_SERVER = "migrated", "migrated-on-server"
LOADED, LOADED_ON_SERVER = "loaded", "loaded-on-server"

clock.wind()

# A browser's driver keeps an event loop running in the thread of the tests.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture
def now() -> datetime:
    """A fixed instant: Sunday 22 November 2026, 03:00 in Paris."""
    return datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def make_actor() -> Callable[..., Actor]:
    """Build an actor: ``make_actor(Role.DOCTOR, at="chu-lille")``; everywhere without ``at``."""

    def make(*roles: Role, at: str = "") -> Actor:
        return Actor("essai", "Personne d'essai", tuple(Grant(role, at) for role in roles))

    return make


@pytest.fixture
def client_for(db: None) -> Callable[..., object]:
    """A Django test client logged in with these roles: ``client_for(Role.DOCTOR)``."""
    from django.test import Client

    from maillage.accounts.models import RoleGrant, User

    def make(*roles: Role, at: str = "") -> Client:
        name = "-".join(role.value.lower() for role in roles) or "sans-role"
        user = User(username=f"essai-{name}-{at}", full_name="Personne d'essai")
        user.set_password("phrase de passe d'essai")
        user.save()
        for role in roles:
            RoleGrant.objects.create(user=user, role=role, organization=at)
        client = Client()
        client.force_login(user)
        return client

    return make


APPEND_ONLY = (
    "maillage.accounts.migrations.0002_append_only_trail",
    "maillage.referrals.migrations.0002_append_only_history",
)
"""Migrations that put triggers on tables: each has its ``SQL``, its ``TABLE`` or ``TABLES``."""


@pytest.fixture(scope="session", autouse=True)
def _trail_lets_tests_clean_up() -> Iterator[None]:
    """Tests with real transactions (``transaction=True``, ``live_server``) empty every table when
    they end, and the triggers of the append-only tables would refuse. Only that emptying, which
    the product never does, takes the triggers away for its own transaction and puts them back."""
    from importlib import import_module

    from django.db import connection

    operations = type(connection.ops)
    usual = operations.sql_flush
    guards = []
    for name in APPEND_ONLY:
        module = import_module(name)
        guarded = set(getattr(module, "TABLES", ())) or {module.TABLE}
        guards.append((guarded, module.SQL[connection.vendor]))

    def sql_flush(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        statements = usual(self, style, tables, **options)
        for guarded, sql in guards:
            if guarded & set(tables):
                statements = [*sql["remove"], *statements, *sql["install"]]
        return statements

    operations.sql_flush = sql_flush
    yield
    operations.sql_flush = usual


def _touches_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    wanted = {
        "db", "transactional_db", "example", "example_database", "live_server", "shared_database",
        "server_address",
    }  # fmt: skip
    # Definitions of the population engine are tried on each engine that is there.
    chosen = getattr(item, "callspec", None)
    on_server = chosen is not None and chosen.params.get("engine_kind") == "postgresql"
    return on_server or item.get_closest_marker("django_db") is not None or bool(names & wanted)


CRAWL = "tests/example/test_pages.py::test_every_link_leads_somewhere[demo-admin]"


def _is_of_pages(item: pytest.Item) -> bool:
    """Tests of what pages show, of the facts of the example and of figures from files to pages:
    the same from either database. That every page opens on PostgreSQL is told by the walk that
    follows every link."""
    if item.nodeid.startswith(CRAWL):
        return False
    place = item.nodeid.partition("::")[0]
    name = place.rpartition("/")[2]
    if name == "test_views.py" or place.startswith("tests/example/"):
        return True
    return "pages" in name or "acceptance" in name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, only the tests that touch the database, by what they ask for: a new room has
    nothing to declare. The journeys of a browser are driven once, on SQLite; so are the tests of
    pages, unless ``MAILLAGE_TEST_ALL`` is set, as the nightly run does."""
    if not os.environ.get("MAILLAGE_TEST_DATABASE"):
        return
    everything = bool(os.environ.get("MAILLAGE_TEST_ALL"))
    kept = [
        item
        for item in items
        if _touches_database(item)
        and item.get_closest_marker("journey") is None
        and (everything or not _is_of_pages(item))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


# The example territory, loaded once as its users load it, in a database of its own.


def _command(place: Mapping[str, str], *words: str) -> None:
    environment = {
        **os.environ,
        "MAILLAGE_DATABASE": "",
        **place,
        "MAILLAGE_DEMO": "1",
        "MAILLAGE_EXAMPLE_POPULATION": "0",
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
    }
    subprocess.run(
        [sys.executable, "-m", "maillage.config.manage", *words],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _load_example(place: Mapping[str, str]) -> None:
    _command(place, "load", "--example")
    _command(place, "demo_accounts")


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that holds an empty database, in SQLite. Not to be written to: take a copy."""

    def make(folder: Path) -> None:
        _command({"MAILLAGE_DATA": str(folder)}, "migrate", "--verbosity", "0")

    return made_once(tmp_path_factory, "migrated", make)


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """On the PostgreSQL server of the tests, the name of an empty database that has every table:
    the template of the others. Made once for all the processes of a run, and dropped with it."""
    address = os.environ["MAILLAGE_TEST_DATABASE"]

    def make(folder: Path) -> None:
        name, its_address = create_database(address, MIGRATED)
        on_server = {"MAILLAGE_DATA": str(folder), "MAILLAGE_DATABASE": its_address}
        _command(on_server, "migrate", "--verbosity", "0")
        (folder / "name").write_text(name, encoding="utf-8")

    made = made_once(tmp_path_factory, MIGRATED_ON_SERVER, make)
    return (made / "name").read_text(encoding="utf-8")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The process that others work for drops their templates once they have ended."""
    address = os.environ.get("MAILLAGE_TEST_DATABASE")
    if not address or "PYTEST_XDIST_WORKER" in os.environ:
        return
    factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    for suffix, folder in ((MIGRATED, MIGRATED_ON_SERVER), (LOADED, LOADED_ON_SERVER)):
        if was_made(factory, folder):
            drop_database(address, suffix)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> Iterator[None]:
    """The database of each process begins as a copy of one migrated for all: Django, which
    migrates it next, finds nothing left to do."""
    from django.db import connection

    if connection.vendor == "postgresql":
        template = request.getfixturevalue("migrated_database")
        connection.settings_dict["TEST"]["TEMPLATE"] = template
        yield
        return
    file = request.getfixturevalue("migrated_folder") / "maillage.sqlite3"
    in_memory = connection.creation._get_test_db_name()
    # It lives as long as somebody is connected to it.
    with (
        closing(sqlite3.connect(in_memory, uri=True)) as memory,
        closing(sqlite3.connect(file)) as made,
    ):
        made.backup(memory)
        yield


@pytest.fixture(scope="session")
def untouched_example_folder(
    migrated_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data folder that holds the example territory and its demonstration accounts, in SQLite.
    Not to be written to: take a copy."""

    def make(folder: Path) -> None:
        shutil.copytree(migrated_folder, folder, dirs_exist_ok=True)
        _load_example({"MAILLAGE_DATA": str(folder)})

    return made_once(tmp_path_factory, "example", make)


@pytest.fixture(scope="session")
def example_folder(
    untouched_example_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same, where the tests of this process may write."""
    folder = tmp_path_factory.mktemp("example") / "var"
    shutil.copytree(untouched_example_folder, folder)
    return folder


@pytest.fixture(scope="session")
def loaded_database(migrated_database: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """On the PostgreSQL server of the tests, the name of a database that holds the example, made
    once for all the processes of a run: the template of theirs."""
    address = os.environ["MAILLAGE_TEST_DATABASE"]

    def make(folder: Path) -> None:
        name, its_address = create_database(address, LOADED, migrated_database)
        _load_example({"MAILLAGE_DATA": str(folder), "MAILLAGE_DATABASE": its_address})
        (folder / "name").write_text(name, encoding="utf-8")

    made = made_once(tmp_path_factory, LOADED_ON_SERVER, make)
    return (made / "name").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def example_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Name of the database that holds the example territory: a file of SQLite, or a database of
    its own for each worker on the PostgreSQL server of the tests, dropped at the end."""
    address = os.environ.get("MAILLAGE_TEST_DATABASE", "")
    if not address:
        folder: Path = request.getfixturevalue("example_folder")
        yield str(folder / "maillage.sqlite3")
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    template = request.getfixturevalue("loaded_database")
    with fresh_database(address, f"example_{worker}", template) as (name, _):
        yield name


@pytest.fixture
def example(
    example_database: str,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    settings: pytest_django.fixtures.SettingsWrapper,
) -> Iterator[None]:
    """The test speaks to the example territory; what it writes is undone. Demonstration accounts
    may log in, as where the demo command serves it."""
    from django.core.cache import cache
    from django.db import connections, transaction

    settings.DEMO_ACCOUNTS_ALLOWED = True
    with django_db_blocker.unblock():
        usual = connections["default"]
        settings_dict = {**usual.settings_dict, "NAME": example_database}
        connections["default"] = type(usual)(settings_dict, "default")
        cache.clear()
        try:
            with transaction.atomic():
                yield
                transaction.set_rollback(True)
        finally:
            connections["default"].close()
            connections["default"] = usual
            cache.clear()


@pytest.fixture(autouse=True)
def _no_network_of_another_test() -> Iterator[None]:
    """A revision and the number of a proof name one state of one database: tests start with no
    network, no proof and no map in memory."""
    from django.core.cache import cache

    from maillage.coverage.queries import forget_networks, forget_proofs
    from maillage.coverage.queries.what_if import forget_what_ifs

    forget_networks()
    forget_proofs()
    forget_what_ifs()
    cache.clear()
    yield
    forget_networks()
    forget_proofs()
    forget_what_ifs()
    cache.clear()
