"""A database of their own for worker processes, and what they wrote down."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests import clock

REPOSITORY = Path(__file__).resolve().parents[2]
LONGEST_S = 60
PROGRAM = "tests.jobs.worker_program"


class Stage:
    """A database and a log of their own, and the processes of one run."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.log = folder / "log.txt"
        self.log.touch()
        self.environment = {
            **os.environ,
            "MAILLAGE_DATA": str(folder),
            "ESSAI_LOG": str(self.log),
            "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
            "PYTHONPATH": os.pathsep.join(map(str, (clock.FOLDER, REPOSITORY / "src", REPOSITORY))),
        }
        self.environment.pop("MAILLAGE_DATABASE", None)
        if database:
            self.environment["MAILLAGE_DATABASE"] = database

    @classmethod
    def on_sqlite(cls, folder: Path, migrated_folder: Path) -> Stage:
        """With an empty database, in a folder of this name."""
        shutil.copytree(migrated_folder, folder)
        return cls(folder, "")

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of its database in SQLite."""
        with closing(sqlite3.connect(self.folder / "maillage.sqlite3")) as connection:
            return connection.execute(query).fetchall()

    def start(self, *words: str, **extra: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            env={**self.environment, **extra},
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

    def work(self, *, drain: bool = False, **extra: str) -> subprocess.Popen[str]:
        """A worker; with ``drain``, until nothing is left to do."""
        return self.start(PROGRAM, "drain" if drain else "work", **extra)

    def work_on(
        self, kind: str, arguments: dict[str, object], **extra: str
    ) -> subprocess.Popen[str]:
        """A process that asks for jobs of a kind, then works."""
        return self.start(PROGRAM, "work", kind, json.dumps(arguments), **extra)

    def report(self, kind: str = "essai.effet") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(PROGRAM, "report", kind))
        return found

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def wait_for(self, seen: Callable[[], bool], worker: subprocess.Popen[str]) -> None:
        """Wait until something is seen, while the worker lives."""
        deadline = time.monotonic() + LONGEST_S
        while not seen():
            assert time.monotonic() < deadline
            assert worker.poll() is None
            time.sleep(0.005)

    def kill_in_the_middle(self, worker: subprocess.Popen[str], jobs: int) -> None:
        """Once ``jobs`` more jobs have begun, wait for the next beginning and kill everything."""
        first = len(self.starts())

        def in_the_middle() -> bool:
            lines = self.lines()
            begun = len([line for line in lines if line.startswith("start")]) - first
            return begun >= jobs and lines[-1].startswith("start")

        self.wait_for(in_the_middle, worker)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.communicate(timeout=LONGEST_S)
