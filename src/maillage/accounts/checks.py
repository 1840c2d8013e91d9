"""What the database must be, said by ``migrate`` before it makes a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections


def check_encoding(databases: Sequence[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Names of people and places are in UTF-8; PostgreSQL fixes that when a database is made."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        if connections[alias].vendor != "postgresql":
            continue
        with connections[alias].cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            encoding = cursor.fetchone()[0]
        if encoding != "UTF8":
            found.append(
                Error(
                    f"La base est en {encoding} ; Maillage demande UTF8.",
                    hint="CREATE DATABASE maillage TEMPLATE template0 ENCODING 'UTF8';",
                    id="accounts.E001",
                )
            )
    return found
