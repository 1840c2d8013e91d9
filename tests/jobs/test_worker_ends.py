"""How a worker ends: asked to, left alone by its server, or with nothing left to do."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.stage import LONGEST_S, PROGRAM, REPOSITORY, Stage

NOTHING: dict[str, object] = {"seconds": 0, "looks": False}
LONG: dict[str, object] = {"seconds": 50, "looks": False}
LONG_AND_LOOKS: dict[str, object] = {"seconds": 50, "looks": True}
BRIEF: dict[str, object] = {"seconds": 1.5, "looks": False}


@pytest.fixture
def stage(migrated_folder: Path, tmp_path: Path) -> Stage:
    return Stage.on_sqlite(tmp_path / "data", migrated_folder)


def end(worker: subprocess.Popen[str], *signals: signal.Signals) -> int:
    for one in signals:
        worker.send_signal(one)
    worker.communicate(timeout=LONGEST_S)
    return worker.returncode


def jobs(stage: Stage) -> list[tuple[object, ...]]:
    """State and attempts of each job of the test."""
    return stage.read("SELECT state, attempts FROM jobs_job WHERE kind = 'essai.durer'")


def workers(stage: Stage) -> object:
    return stage.read("SELECT COUNT(*) FROM jobs_jobworker")[0][0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_when_asked(stage: Stage, number: signal.Signals) -> None:
    worker = stage.work_on("essai.durer", NOTHING)
    stage.wait_for(lambda: "end" in stage.lines(), worker)
    assert end(worker, number) == 0
    assert jobs(stage) == [("DONE", 1)]
    assert workers(stage) == 0


def test_the_running_job_has_time_to_finish(stage: Stage) -> None:
    worker = stage.work_on("essai.durer", BRIEF)
    stage.wait_for(lambda: "start" in stage.lines(), worker)
    assert end(worker, signal.SIGTERM) == 0
    assert jobs(stage) == [("DONE", 1)]


@pytest.mark.parametrize("job", [LONG, LONG_AND_LOOKS], ids=["deaf", "looks"])
def test_a_job_that_does_not_finish_goes_back_in_line(stage: Stage, job: dict[str, object]) -> None:
    worker = stage.work_on("essai.durer", job, ESSAI_GRACE="0.3")
    stage.wait_for(lambda: "start" in stage.lines(), worker)
    assert end(worker, signal.SIGTERM) == 0
    assert jobs(stage) == [("WAITING", 0)], "an end in good order is no failed attempt"
    assert workers(stage) == 0
    assert stage.lines() == ["start"]


def test_asked_twice_it_does_not_wait(stage: Stage) -> None:
    worker = stage.work_on("essai.durer", LONG_AND_LOOKS, ESSAI_GRACE="45")
    stage.wait_for(lambda: "start" in stage.lines(), worker)
    worker.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(timeout=1)
    assert end(worker, signal.SIGTERM) == 0
    assert jobs(stage) == [("WAITING", 0)]


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
    stage.run(PROGRAM, "drain", "essai.durer", json.dumps(NOTHING))
    assert jobs(stage) == [("DONE", 1)]
    stage.run("maillage.config.manage", "run_worker", "--until-empty")
    assert jobs(stage) == [("DONE", 1)]


def test_a_database_that_is_not_ready_is_told_clearly(tmp_path: Path) -> None:
    bare = Stage(tmp_path, "")
    done = subprocess.run(
        [sys.executable, "-m", "maillage.config.manage", "run_worker"],
        env=bare.environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "./maillage migrate" in done.stderr
    assert "Traceback" not in done.stderr
