"""The definitions on PostgreSQL give the answers of DuckDB. Runs where there is a server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maillage.engines.indicators import backends, store
from tests.engines.indicators import engines_agree


@pytest.fixture
def server_address() -> str:
    """The address of the PostgreSQL server of the tests (``tests/conftest.py`` knows this name)."""
    address = os.environ.get("MAILLAGE_TEST_DATABASE", "")
    if not address:
        pytest.skip("no server: ./maillage test postgresql")
    return address


def test_answers_are_those_of_duckdb(tmp_path: Path, server_address: str) -> None:
    from tests.on_postgresql import fresh_database

    store.write_events(tmp_path / "store", engines_agree.events())
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with fresh_database(server_address, f"events_{worker}") as (_, address):
        with backends.open_duckdb(tmp_path / "store") as duck:
            expected = engines_agree.answers(duck)
            backends.copy_to_postgresql(duck, address, "events")
        with backends.open_postgresql(address, "events") as engine:
            found = engines_agree.answers(engine)
    assert all(expected.values())
    assert found == expected
