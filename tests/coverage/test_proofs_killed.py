"""A worker killed while it computes a proof, then while it writes it: one result, whole, once."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.jobs.stage import LONGEST_S, Stage

PROGRAM = "tests.coverage.proving_program"


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


def test_a_proof_is_kept_once_whatever_is_killed(stage: Stage) -> None:
    for where in ("computing", "writing"):
        kill_while(stage, where)
        found = json.loads(stage.run(PROGRAM, "report"))
        assert found["proofs"] == ["RUNNING"]
        assert (found["files"], found["steps"], found["alerts"], found["lines"]) == (0, 0, 0, 0)
    stage.run(PROGRAM, "drain")
    found = json.loads(stage.run(PROGRAM, "report"))
    assert found["proofs"] == ["DONE"]
    assert (found["files"], found["steps"], found["lines"]) == (6, 2, 1)
    # Two steps, one age class, two communes; the agreement that ends, and the step lost with it.
    assert (found["rows"], found["alerts"]) == (4, 2)
    assert found["jobs"] == [["DONE", 3]]
