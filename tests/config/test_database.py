"""The address of a database: what is read from it, and what a wrong one never shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maillage.config.database import (
    BadAddress,
    database_settings,
    postgresql_settings,
    sqlite_settings,
)

FILE = Path("maillage.sqlite3")
SECRET = "s3cret"


def read(address: str) -> tuple[object, ...]:
    made = postgresql_settings(address, pool=False)
    keys = ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")
    return tuple(made[key] for key in keys)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://u:p@h:5433/n", ("u", "p", "h", "5433", "n", {})),
        ("postgres://u:p@h/n", ("u", "p", "h", "", "n", {})),
        (
            "postgresql://u:p@h/n?sslmode=verify-full&sslrootcert=/etc/ca.pem",
            ("u", "p", "h", "", "n", {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"}),
        ),
        (
            "postgresql://u:p%40ss%2Fw%3Ar%23d%C3%A9@h/n",
            ("u", "p@ss/w:r#dé", "h", "", "n", {}),
        ),
        (
            "postgresql://u@/n?host=/var/run/postgresql",
            ("u", "", "/var/run/postgresql", "", "n", {}),
        ),
        ("postgresql:///n?host=/run&port=5433", ("", "", "/run", "5433", "n", {})),
        ("postgresql://%2Fvar%2Frun/n", ("", "", "/var/run", "", "n", {})),
        ("postgresql://u:@h/n", ("u", "", "h", "", "n", {})),
        ("postgresql://u:p@[::1]:5432/n", ("u", "p", "::1", "5432", "n", {})),
        ("postgresql://u:p@[::1]/n", ("u", "p", "::1", "", "n", {})),
        ("postgresql://H.example/My%20name", ("", "", "H.example", "", "My name", {})),
    ],
)
def test_what_is_read(address: str, expected: tuple[object, ...]) -> None:
    assert read(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        f"mysql://u:{SECRET}@h/n",
        f"u:{SECRET}@h/n",
        f"postgresql:/u:{SECRET}@h/n",
        f"postgresql://u:{SECRET}@h",
        f"postgresql://u:{SECRET}@h/",
        f"postgresql://u:{SECRET}@h/n/more",
        f"postgresql://u:{SECRET}/x@h/n",
        f"postgresql://u:x@{SECRET}@h/n",
        f"postgresql://u:x?{SECRET}@h/n",
        f"postgresql://u:x#{SECRET}@h/n",
        f"postgresql://u:x {SECRET}@h/n",
        f"postgresql://u:x{SECRET}@h:port/n",
        f"postgresql://u:x{SECRET}@h:70000/n",
        f"postgresql://u:x{SECRET}@h:0/n",
        f"postgresql://u:x{SECRET}@a:b:c/n",
        f"postgresql://u:x{SECRET}@[::1/n",
        f"postgresql://u:x@h/n?{SECRET}=1",
        f"postgresql://u:x@h/n?{SECRET}",
        f"postgresql://u:{SECRET}@h/n?sslmode=maybe",
        f"postgresql://u:{SECRET}@h/n?sslmode=require&sslmode=disable",
        f"postgresql://u:{SECRET}@h/n?password=other",
        f"postgresql://u:{SECRET}@h/n\n",
    ],
)
def test_a_wrong_address_is_refused_without_showing_what_it_holds(address: str) -> None:
    with pytest.raises(BadAddress) as refused:
        postgresql_settings(address, pool=False)
    assert SECRET not in str(refused.value)
    assert str(refused.value).endswith((".", ")."))


def test_a_server_shares_connections_and_a_command_opens_one() -> None:
    shared = postgresql_settings("postgresql://h/n", pool=True)
    assert shared["OPTIONS"]["pool"]["max_size"] >= 4, "one for each thread that answers"
    assert shared["CONN_MAX_AGE"] == 0, "a pool keeps connections open, not the thread"
    assert "pool" not in postgresql_settings("postgresql://h/n", pool=False)["OPTIONS"]


@pytest.mark.parametrize("address", ["", "  "])
def test_sqlite_is_the_default(address: str) -> None:
    assert database_settings(address, file=FILE, pool=True) == sqlite_settings(FILE)
    assert sqlite_settings(FILE)["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def command(address: str, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maillage.config.manage", "migrate"],
        env={
            **os.environ,
            "MAILLAGE_DATA": str(data),
            "MAILLAGE_DATABASE": address,
            "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_says_what_is_wrong_with_the_address(tmp_path: Path) -> None:
    done = command(f"postgresql://u:{SECRET}/@h/n", tmp_path)
    assert done.returncode != 0
    assert done.stderr.startswith("MAILLAGE_DATABASE : ")
    assert "%2F" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_says_that_nobody_answers_there(tmp_path: Path) -> None:
    done = command(f"postgresql://u:{SECRET}@/n?host={tmp_path}", tmp_path)
    assert done.returncode != 0
    assert done.stderr.startswith("La base de MAILLAGE_DATABASE ne répond pas")
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
