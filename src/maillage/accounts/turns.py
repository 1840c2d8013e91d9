"""Acts that change the territory happen one after the other, on every database.

SQLite has one writer at a time: a transaction begins by taking its turn. PostgreSQL lets many
write at once; then two acts could pass a check that only one may pass, and a line of the trail
could be committed after one of a higher number, so that the newest number, the revision of the
territory, would not tell that it came. A lock of the database, held until the transaction ends,
gives PostgreSQL the same turns. A territory has some hundreds of acts a day, of milliseconds each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

TERRITORY_LOCK = 0x6D61696C6C616765
"""Number of the lock: the letters « maillage ». Other programs of the database have theirs."""

DEADLOCK, LOCK_TIMEOUT = "40P01", "55P03"
"""SQLSTATE of an act that PostgreSQL ended so that others could go on."""


@contextmanager
def changing_territory() -> Iterator[None]:
    """The transaction of an act that may change the territory: it begins when no other one is
    under way. Nested, it adds nothing. Also a decorator: ``@changing_territory()``."""
    with transaction.atomic():
        take_turn()
        yield


def take_turn() -> None:
    """Wait until no other act that changes the territory is under way, and hold the turn until the
    transaction under way ends. Must be called inside one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TERRITORY_LOCK])


def lost_its_turn(error: BaseException) -> bool:
    """True when the database gave an act up because another one was in its way: nothing is
    written, and doing it again is all that is needed."""
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.__cause__, "sqlstate", None)
    return code in (DEADLOCK, LOCK_TIMEOUT) or "database is locked" in str(error)
