"""Acts that change the territory take turns; one that gave way is told so."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from django.db import OperationalError, connection, connections, transaction

from maillage.accounts.actions import record
from maillage.accounts.models import AuditEvent
from maillage.accounts.queries import get_revision
from maillage.accounts.turns import (
    DEADLOCK,
    TERRITORY_LOCK,
    changing_territory,
    lost_its_turn,
)
from tests.accounts.conftest import ADMIN

LONGEST_WAIT_S = 60


def turn_is_free() -> bool:
    """Whether another connection could take the turn now."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TERRITORY_LOCK])
            return bool(cursor.fetchone()[0])
    finally:
        other.close()


@pytest.fixture
def on_postgresql(transactional_db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")


def test_the_turn_is_held_until_the_transaction_ends(on_postgresql: None) -> None:
    assert turn_is_free()
    with changing_territory():
        assert not turn_is_free()
        with changing_territory():
            assert not turn_is_free()
        assert not turn_is_free(), "one inside another gives nothing back"
    assert turn_is_free()


def test_a_line_that_changes_the_territory_takes_the_turn(
    on_postgresql: None, now: datetime
) -> None:
    with transaction.atomic():
        record("essai.autre", by=ADMIN, at=now)
        assert turn_is_free()
        record("essai.acte", by=ADMIN, at=now, changes_territory=True)
        assert not turn_is_free()


def test_revisions_are_committed_in_the_order_of_their_numbers(
    on_postgresql: None, now: datetime
) -> None:
    """While one act is under way, a second cannot commit a higher number: what is read under the
    newest revision never lacks an act of a lower one."""
    asked, seen = threading.Event(), []

    def second() -> None:
        try:
            with transaction.atomic():
                asked.set()
                record("essai.second", by=ADMIN, at=now, changes_territory=True)
                # Under way until here: the first act is committed, this one not yet.
                seen.append(list(AuditEvent.objects.values_list("action", flat=True)))
        finally:
            connections.close_all()

    other = threading.Thread(target=second)
    with transaction.atomic():
        first = record("essai.premier", by=ADMIN, at=now, changes_territory=True)
        other.start()
        assert asked.wait(LONGEST_WAIT_S)
        assert AuditEvent.objects.count() == 1
    other.join(LONGEST_WAIT_S)
    assert seen == [["essai.second", "essai.premier"]]
    assert get_revision() > first.pk


def database_error(code: str | None, text: str = "stopped") -> OperationalError:
    error = OperationalError(text)
    error.__cause__ = Exception(text)
    error.__cause__.sqlstate = code  # type: ignore[attr-defined]
    return error


def test_what_counts_as_giving_way() -> None:
    assert lost_its_turn(database_error(DEADLOCK))
    assert lost_its_turn(database_error(None, "database is locked"))
    assert not lost_its_turn(database_error(None, "server closed the connection"))
    assert not lost_its_turn(ValueError("database is locked"))
