"""Two workers for one proof, and two who ask for the same proof at once: one result."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.jobs.stage import LONGEST_S, Stage

PROGRAM = "tests.coverage.proving_program"
BUILD = "from tests.coverage.proving import build_inhabited; build_inhabited()"
ASK = """
import pathlib, sys, time
from maillage.coverage import actions
from tests.coverage.proving import NOW
print("here", flush=True)
while not pathlib.Path({gate!r}).exists():
    time.sleep(0.002)
asked = actions.refresh_current_proof(at=NOW)
print(asked.pk if asked else None)
"""


@pytest.fixture
def stage(migrated_folder: Path, tmp_path: Path) -> Stage:
    return Stage.on_sqlite(tmp_path / "data", migrated_folder)


def shell(stage: Stage, code: str) -> subprocess.Popen[str]:
    return stage.start("maillage.config.manage", "shell", "--no-imports", "--command", code)


def ended(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0, said
    return said


def test_two_who_ask_and_two_workers_make_one_proof(stage: Stage) -> None:
    ended(shell(stage, BUILD))
    gate = stage.folder / "now"
    asking = [shell(stage, ASK.format(gate=str(gate))) for _ in range(2)]
    for process in asking:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
    gate.touch()
    numbers = {said for process in asking if (said := ended(process).strip()) != "None"}
    assert len(numbers) == 1

    workers = [stage.start(PROGRAM, "drain") for _ in range(2)]
    for worker in workers:
        ended(worker)
    found = json.loads(stage.run(PROGRAM, "report"))
    assert found["proofs"] == ["DONE"]
    assert (found["files"], found["steps"], found["lines"], found["rows"]) == (6, 2, 1, 4)
    assert found["jobs"] == [["DONE", 1]]
