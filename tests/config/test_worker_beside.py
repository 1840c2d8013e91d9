"""The worker that ``serve`` starts: watched over, started again, gone with the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maillage.config import front, watch

LONGEST_S = 60
CRASHES_TWICE = """
import pathlib, sys
log = pathlib.Path(sys.argv[1])
log.open("a").write("x")
sys.exit(0 if len(log.read_text()) == 3 else 9)
"""


@pytest.fixture(autouse=True)
def _signals_as_before() -> object:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_it_is_started_again_when_it_crashes(tmp_path: Path) -> None:
    log, pauses = tmp_path / "log", list[float]()
    command = [sys.executable, "-c", CRASHES_TWICE, str(log)]
    assert watch.watch(command, goes_on=lambda: True, pause=pauses.append) == 0
    assert log.read_text() == "xxx"
    assert pauses == [1.0, 2.0]


def test_it_is_not_started_again_without_its_server(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", CRASHES_TWICE, str(log)]
    assert watch.watch(command, goes_on=lambda: False) == 9
    assert log.read_text() == "x"


def test_a_wish_to_end_is_handed_on(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    sleeper = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    words = ["--parent", str(os.getpid()), sys.executable, "-c", sleeper]
    watching = subprocess.Popen([sys.executable, "-m", "maillage.config.watch", *words])
    deadline = time.monotonic() + LONGEST_S
    while not ready.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watching.terminate()
    watching.wait(timeout=LONGEST_S)
    assert watching.returncode != 0


@pytest.mark.parametrize("words", [[], ["--parent"], ["--parent", "x"], ["1", "--parent"]])
def test_it_says_how_it_is_called(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert watch.main(words) == 2
    assert "Usage" in capsys.readouterr().err


class Started(BaseException):
    """Raised in place of the server, so that the test goes on."""


@pytest.mark.parametrize(
    ("words", "workers"),
    [([], 2), (["--sans-travaux"], 0), (["--sans-travaux", "--adresse", "127.0.0.1:{port}"], 0)],
)
def test_serve_starts_two_workers_one_of_them_for_short_jobs(
    monkeypatch: pytest.MonkeyPatch, unused_port: int, words: list[str], workers: int
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(front, "DEFAULT_ADDRESS", f"127.0.0.1:{unused_port}")
    monkeypatch.setattr(front.subprocess, "Popen", lambda command, **more: calls.append(command))
    monkeypatch.setattr(front.os, "chdir", lambda folder: None)

    def execve(path: str, command: list[str], environment: dict[str, str]) -> None:
        assert "granian" in command
        raise Started

    monkeypatch.setattr(front.os, "execve", execve)
    with pytest.raises(Started):
        front.serve([word.format(port=unused_port) for word in words])
    assert len(calls) == workers
    if workers:
        watched = ["-m", "maillage.config.watch", "--parent", str(os.getpid())]
        assert calls[0][1:] == watched
        assert calls[1][1:5] == watched
        assert calls[1][-1] == "--short-only"


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
