"""A worker killed while it loads a version: one version, whole, once."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.jobs.stage import LONGEST_S, Stage

PROGRAM = "tests.population.loading_program"
VERSIONS = "SELECT number, state FROM population_datasetversion"
LINES = "SELECT action FROM accounts_auditevent WHERE action = 'population.loaded-version'"


@pytest.fixture
def stage(migrated_folder: Path, tmp_path: Path) -> Stage:
    made = Stage.on_sqlite(tmp_path / "data", migrated_folder)
    made.run(PROGRAM, "make")
    return made


def kill_while(stage: Stage, where: str) -> None:
    worker = stage.start(PROGRAM, "work", where)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "here\n"
    os.killpg(worker.pid, signal.SIGKILL)
    worker.communicate(timeout=LONGEST_S)


def test_a_version_is_loaded_once_whatever_is_killed(stage: Stage) -> None:
    for where in ("reading", "renamed", "writing"):
        kill_while(stage, where)
        assert stage.read(VERSIONS) == [(1, "LOADING")]
        assert stage.read(LINES) == []
    stage.run(PROGRAM, "drain")
    found = json.loads(stage.run(PROGRAM, "report"))
    assert found["versions"] == [[1, "QUALITY"]]
    assert (found["folders"], found["stores"]) == (["1"], ["1/manifest.json"])
    assert found["lines"] == 1
    assert found["jobs"] == [["DONE", 4]]
