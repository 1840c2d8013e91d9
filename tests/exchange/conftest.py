"""A small table of its own, kept in memory of the test, and one that writes to the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import User
from maillage.accounts.permissions import ALL_ROLES, Actor, Permission
from maillage.exchange import cells, tables
from maillage.exchange.checks import unknown_references
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.errors import Problem

READS = Permission("trial.read", "lire la liste d'essai", ALL_ROLES - {Role.AUDITOR})
WRITES = Permission("trial.write", "modifier la liste d'essai", frozenset({Role.ADMINISTRATOR}))

COLUMNS = (
    Column("identifiant", "Identifiant", cells.slug()),
    Column("nom", "Nom", cells.text(300), aliases=("raison sociale",)),
    Column("lits", "Lits", cells.integer(), required=False),
    Column("ouvert_le", "Ouvert le", cells.day(), required=False),
    Column("parent", "Rattaché à", cells.slug(), required=False),
)


@dataclass
class Shelf:
    """The rows of a trial table, in the order of their writing."""

    rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    saves: int = 0

    def export(self) -> Iterable[Mapping[str, Any]]:
        return list(self.rows.values())

    def check(self, rows: Sequence[Row]) -> Iterator[Problem]:
        known = set(self.rows) | {row["identifiant"] for row in rows}
        yield from unknown_references(rows, "parent", known, "établissement")

    def save(self, changes: Sequence[Change], by: Actor, at: datetime) -> None:
        self.saves += 1
        for change in changes:
            self.rows[change.row["identifiant"]] = dict(change.row.values)


def make_table(shelf: Shelf, columns: tuple[Column, ...] = COLUMNS, **more: Any) -> Table:
    return Table(
        key="essai",
        label="Liste d'essai",
        room="exchange",
        columns=columns,
        key_columns=("identifiant",),
        reads=READS,
        writes=WRITES,
        export=shelf.export,
        check=shelf.check,
        save=shelf.save,
        **more,
    )


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def table(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Table:
    """The trial table, registered for the time of the test."""
    made = make_table(shelf)
    monkeypatch.setitem(tables._TABLES, made.key, made)
    return made


def save_users(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    for change in changes:
        User.objects.update_or_create(
            username=change.row["identifiant"], defaults={"full_name": change.row["nom"]}
        )


@pytest.fixture
def stored_table(monkeypatch: pytest.MonkeyPatch) -> Table:
    """A table whose rows are real rows of the database (names of accounts)."""
    made = Table(
        key="essai-base",
        label="Liste d'essai en base",
        room="exchange",
        columns=(Column("identifiant", "Identifiant", cells.text(60)), COLUMNS[1]),
        key_columns=("identifiant",),
        reads=READS,
        writes=WRITES,
        export=lambda: [
            {"identifiant": name, "nom": full}
            for name, full in User.objects.order_by("username").values_list("username", "full_name")
        ],
        check=lambda rows: (),
        save=save_users,
    )
    monkeypatch.setitem(tables._TABLES, made.key, made)
    return made
