"""Migrations say what the models say, and make the tables from nothing, on both databases."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from tests.on_postgresql import fresh_database

TRAIL = import_module("maillage.accounts.migrations.0002_append_only_trail")


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.fixture
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where an installation would be whose tables were just made from nothing, by the command."""
    place = {"MAILLAGE_DATA": str(tmp_path), "MAILLAGE_DATABASE": ""}
    address = os.environ.get("MAILLAGE_TEST_DATABASE", "")
    if not address:
        shutil.copytree(request.getfixturevalue("migrated_folder"), tmp_path, dirs_exist_ok=True)
        yield place
        return
    template = request.getfixturevalue("migrated_database")
    suffix = f"new_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with fresh_database(address, suffix, template) as (_, its_address):
        yield {**place, "MAILLAGE_DATABASE": its_address}


def test_triggers_go_and_come_back_with_the_tables(db: None, new_place: dict[str, str]) -> None:
    def migrate(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "maillage.config.manage", "migrate", "--verbosity", "0", *words],
            env={**os.environ, **new_place, "DJANGO_SETTINGS_MODULE": "maillage.config.settings"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert migrate("--check") == ""
    migrate("accounts", "0001")
    migrate()
    assert migrate("--check") == ""


def test_the_trail_has_its_triggers(db: None) -> None:
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
        "AND tgrelid = %s::regclass",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(names, [TRAIL.TABLE])
        found = {name for (name,) in cursor.fetchall()}
    assert len(found) == 2
    assert all(
        any(name in statement for statement in TRAIL.SQL[connection.vendor]["install"])
        for name in found
    )
