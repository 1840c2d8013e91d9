"""Migrations say what the models say, and make the tables from nothing, on both databases."""

from __future__ import annotations

import os
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
def empty_place(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Where an installation would be that has no table yet."""
    place = {"MAILLAGE_DATA": str(tmp_path), "MAILLAGE_DATABASE": ""}
    address = os.environ.get("MAILLAGE_TEST_DATABASE", "")
    if not address:
        yield place
        return
    with fresh_database(address, f"empty_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as made:
        yield {**place, "MAILLAGE_DATABASE": made[1]}


def test_tables_are_made_from_nothing_and_triggers_go_and_come_back(
    db: None, empty_place: dict[str, str]
) -> None:
    def run(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "maillage.config.manage", *words],
            env={**os.environ, **empty_place, "DJANGO_SETTINGS_MODULE": "maillage.config.settings"},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    run("migrate", "--verbosity", "0")
    run("migrate", "accounts", "0001", "--verbosity", "0")
    run("migrate", "--verbosity", "0")
    assert "[ ]" not in run("showmigrations")
    assert run("migrate", "--check", "--verbosity", "0") == ""


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
