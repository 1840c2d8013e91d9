"""How a worker ends: asked to, left alone by its server, or with nothing left to do."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.stage import LONGEST_S, PROGRAM, Stage

LONG = {"seconds": 50, "looks": False}
LONG_AND_LOOKS = {"seconds": 50, "looks": True}
BRIEF = {"seconds": 1.5, "looks": False}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty database."""
    folder = tmp_path_factory.mktemp("migrated")
    Stage(folder, "").run("maillage.config.manage", "migrate", "--verbosity", "0")
    return folder


@pytest.fixture
def stage(migrated: Path, tmp_path: Path) -> Stage:
    folder = tmp_path / "data"
    shutil.copytree(migrated, folder)
    return Stage(folder, "")


def end(worker: subprocess.Popen[str], *signals: signal.Signals) -> int:
    for one in signals:
        worker.send_signal(one)
    worker.communicate(timeout=LONGEST_S)
    return worker.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_when_asked(stage: Stage, number: signal.Signals) -> None:
    stage.ask("essai.durer", seconds=0, looks=False)
    worker = stage.start(PROGRAM, "work")
    stage.wait_for(lambda: "end" in stage.lines(), worker)
    assert end(worker, number) == 0
    found = stage.report("essai.durer")
    assert (found["states"], found["workers"]) == ({"DONE": 1}, 0)


def test_the_running_job_has_time_to_finish(stage: Stage) -> None:
    stage.ask("essai.durer", **BRIEF)
    worker = stage.start(PROGRAM, "work")
    stage.wait_for(lambda: "start" in stage.lines(), worker)
    assert end(worker, signal.SIGTERM) == 0
    assert stage.report("essai.durer")["states"] == {"DONE": 1}


@pytest.mark.parametrize("job", [LONG, LONG_AND_LOOKS], ids=["deaf", "looks"])
def test_a_job_that_does_not_finish_goes_back_in_line(stage: Stage, job: dict[str, object]) -> None:
    stage.ask("essai.durer", **job)
    worker = stage.start(PROGRAM, "work", ESSAI_GRACE="0.3")
    stage.wait_for(lambda: "start" in stage.lines(), worker)
    assert end(worker, signal.SIGTERM) == 0
    found = stage.report("essai.durer")
    assert found["states"] == {"WAITING": 1}
    assert found["attempts"] == {"0": 1}, "an end in good order is no failed attempt"
    assert found["workers"] == 0
    assert stage.lines() == ["start"]


def test_asked_twice_it_does_not_wait(stage: Stage) -> None:
    stage.ask("essai.durer", **LONG_AND_LOOKS)
    worker = stage.start(PROGRAM, "work", ESSAI_GRACE="45")
    stage.wait_for(lambda: "start" in stage.lines(), worker)
    worker.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(timeout=1)
    assert end(worker, signal.SIGTERM) == 0
    assert stage.report("essai.durer")["states"] == {"WAITING": 1}


def test_it_ends_with_its_server(stage: Stage) -> None:
    """Whatever became of it: here it is killed, and its parent takes no notice."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as server:
        worker = stage.start("maillage.config.manage", "run_worker", "--parent", str(server.pid))
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(timeout=3)
        server.kill()
        worker.communicate(timeout=LONGEST_S)
    assert worker.returncode == 0


def test_it_ends_with_the_queue(stage: Stage) -> None:
    stage.ask("essai.durer", seconds=0, looks=False)
    stage.run(PROGRAM, "drain")
    assert stage.report("essai.durer")["states"] == {"DONE": 1}
    stage.run("maillage.config.manage", "run_worker", "--until-empty")
