"""The server of the tests: started when none is given, gone when they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

WAITING = """
import os, sys, time
address = os.environ["MAILLAGE_TEST_DATABASE"]
import psycopg
with psycopg.connect(address) as connection:
    open(sys.argv[-1], "w").write(str(connection.info.backend_pid))
while True:
    time.sleep(60)
"""


def run(*options: str, front: bool = False, **extra: str) -> subprocess.CompletedProcess[str]:
    words = ["maillage.config.front", "test", "postgresql"] if front else ["tests.on_postgresql"]
    return subprocess.run(
        [sys.executable, "-m", *words, *options],
        env={**os.environ, "MAILLAGE_TEST_DATABASE": "", **extra},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def servers(folder: Path) -> list[Path]:
    """Where servers keep their data, under a folder for temporary files."""
    return list(folder.glob("maillage-postgresql-*"))


def test_a_given_server_is_used_and_none_is_started(tmp_path: Path) -> None:
    done = run(
        "--version",
        front=True,
        TMPDIR=str(tmp_path),
        MAILLAGE_TEST_DATABASE="postgresql://nobody@nowhere.invalid/n",
        MAILLAGE_DATABASE="nonsense",
    )
    assert done.returncode == 0
    assert "pytest" in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


def test_a_wrong_address_is_told_without_its_password(tmp_path: Path) -> None:
    done = run("--collect-only", MAILLAGE_TEST_DATABASE="postgresql://u:s3cret/@h/n")
    assert done.returncode != 0
    assert "MAILLAGE_TEST_DATABASE" in done.stdout + done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_the_server_ends_with_its_tests(tmp_path: Path) -> None:
    done = run("--version", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert not servers(tmp_path)


def test_the_server_ends_when_its_tests_are_told_to(tmp_path: Path) -> None:
    """The tests are a test that waits for ever, once it has spoken to the server."""
    folder, met = tmp_path / "server", tmp_path / "met"
    folder.mkdir()
    os.mkfifo(met)
    (tmp_path / "pytest.py").write_text(WAITING)
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.on_postgresql", str(met)],
        env={
            **os.environ,
            "MAILLAGE_TEST_DATABASE": "",
            "TMPDIR": str(folder),
            "PYTHONPATH": str(tmp_path),
        },
        cwd=REPOSITORY,
    )
    try:
        assert met.read_text().isdigit()
        (place,) = servers(folder)
        pid = (place / "data" / "postmaster.pid").read_text().splitlines()[0]
        running.send_signal(signal.SIGTERM)
        assert running.wait() == 128 + signal.SIGTERM
    finally:
        running.kill()
    assert not servers(folder)
    # The folder is gone before the last process of the server is.
    for _ in range(100):
        if not Path("/proc", pid).exists():
            break
        time.sleep(0.1)
    else:
        pytest.fail(f"the server is still there: process {pid}")


@pytest.mark.parametrize("name", ["test_database", "test_names"])
def test_tests_without_a_database_run_once(name: str) -> None:
    """On PostgreSQL only what touches the database is kept: some of one file, none of another."""
    room = "config" if name == "test_database" else "accounts"
    done = run(
        "--collect-only", "-q", f"tests/{room}/{name}.py", "-p", "no:cacheprovider",
        MAILLAGE_TEST_DATABASE="postgresql://nobody@nowhere.invalid/n",
    )  # fmt: skip
    assert ("test_the_order_in_the_database" in done.stdout) == (name == "test_names")
    assert "test_the_order_in_python" not in done.stdout
    assert "deselected" in done.stdout
