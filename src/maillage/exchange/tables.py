"""What a table that comes in or goes out as a file is made of.

A room declares one :class:`Table` per list in its ``imports.py`` and registers it when the
application starts. The exchange room does the rest the same way for all: reading hostile files,
the dry run and its report, the all-or-nothing write, the export.

Rows travel in two forms. The *text form* is what stands in the file: every cell a canonical string
(``Column.write(Column.read(cell))``). The *value form* is what ``Column.read`` gives. The report of
a dry run compares the text forms of the file and of ``Table.export``; only rows that differ reach
``Table.save``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from maillage.accounts.permissions import Actor, Permission
from maillage.vocabulary.errors import NotFound, Problem


@dataclass(frozen=True)
class Cell:
    """How one kind of cell is read and written. ``read`` raises ``Invalid`` on a wrong text."""

    read: Callable[[str], Any]
    write: Callable[[Any], str]


@dataclass(frozen=True)
class Column:
    """One column: ``name`` is its header in the file, ``label`` its French name on screen.

    An empty cell of an optional column reads as None; of a required one it is an error.
    ``aliases`` are other headers accepted on the way in (those of a FINESS extract, say).
    """

    name: str
    label: str
    cell: Cell
    required: bool = True
    help: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One row of a file in value form, with its line number for messages (1 = the header)."""

    number: int
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass(frozen=True)
class Change:
    """One row to write: ``is_new`` when its key is not in the database yet."""

    row: Row
    is_new: bool


@dataclass(frozen=True)
class Table:
    """One list of the product as a file.

    ``export`` yields the current rows in value form, by column name. ``check`` reads all rows in
    value form and yields what is wrong with them against the database and each other (missing
    references, overlapping periods): it must name row and column. ``save`` writes the changed rows,
    inside the transaction of the import. ``ignored`` are headers accepted on the way in whose cells
    are dropped (the other columns of a FINESS extract); any other unknown header is refused. An
    optional column that a file lacks keeps its present values; rows that a file lacks stay.
    ``model`` is the database table that holds one record per row, where there is one: it only
    serves to count. ``is_personal``: read with a role on the whole territory only, as a list is
    never cut to one establishment; its permissions are scoped then.
    """

    key: str
    label: str
    room: str
    columns: tuple[Column, ...]
    key_columns: tuple[str, ...]
    reads: Permission
    writes: Permission
    export: Callable[[], Iterable[Mapping[str, Any]]]
    check: Callable[[Sequence[Row]], Iterable[Problem]]
    save: Callable[[Sequence[Change], Actor, datetime], None]
    help: str = ""
    changes_territory: bool = True
    ignored: tuple[str, ...] = ()
    model: type[Model] | None = None
    is_personal: bool = False

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


_TABLES: dict[str, Table] = {}


def register(*tables: Table) -> None:
    """Make tables known. Called once by each room when the application starts."""
    for table in tables:
        if table.key in _TABLES and _TABLES[table.key] is not table:
            raise ValueError(f"two tables are called {table.key}")
        _TABLES[table.key] = table


def get_table(key: str) -> Table:
    """The table of this key. Raises :class:`NotFound`."""
    if key not in _TABLES:
        raise NotFound("exchange.unknown-table", f"Aucune liste ne s'appelle « {key[:40]} ».")
    return _TABLES[key]


def list_tables() -> list[Table]:
    """Every registered table, in order of registration (lower rooms first)."""
    return list(_TABLES.values())
