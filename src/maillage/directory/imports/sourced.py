"""The columns of origin that every list of facts ends with, and the writing of many rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model

from maillage.directory.models import Searchable
from maillage.exchange import cells
from maillage.exchange.tables import Cell, Change, Column, Row
from maillage.territory.models import Sourced

ILLUSTRATIVE = Cell(cells.yes_no().read, lambda value: "oui" if value else "")
"""Oui, or nothing: « non » and an empty cell are the same fact and have one text form."""

SOURCED_COLUMNS = (
    Column("source", "Source", cells.text(200)),
    Column("source_le", "Date de la source", cells.day(), required=False),
    Column(
        "illustratif",
        "Illustratif",
        ILLUSTRATIVE,
        required=False,
        help="oui : inventé pour l'exemple ; vide ou non : réel",
    ),
)
"""Where a fact comes from, the day on which its source states it, and whether it is invented."""

BATCH = 500
"""Rows written by one statement."""

M = TypeVar("M", bound=Model)


def sourced_values(row: Row) -> dict[str, Any]:
    """The fields of :class:`Sourced` that a row gives."""
    return {
        "source": row["source"],
        "source_on": row["source_le"],
        "illustrative": bool(row["illustratif"]),
    }


def sourced_cells(fact: Sourced) -> dict[str, Any]:
    """The columns of origin of a record, in value form."""
    return {
        "source": fact.source,
        "source_le": fact.source_on,
        "illustratif": True if fact.illustrative else None,
    }


def write_changes(
    model: type[M],
    changes: Sequence[Change],
    *,
    key: Callable[[Row], Any],
    known: Callable[[], Mapping[Any, M]],
    fields: Callable[[Row], dict[str, Any]],
) -> None:
    """Create the new rows and update the others, a few statements in all.

    ``key`` gives the identity of a row, ``known`` the present records by identity (asked only when
    there is something to update), ``fields`` every field that the row sets.
    """
    new: list[M] = []
    old: list[M] = []
    names: set[str] = set()
    present = known() if any(not change.is_new for change in changes) else {}
    for change in changes:
        values = fields(change.row)
        record = model() if change.is_new else present[key(change.row)]
        for name, value in values.items():
            setattr(record, name, value)
        if isinstance(record, Searchable):
            record.refresh_search_name()
            names.add("search_name")
        names.update(values)
        (new if change.is_new else old).append(record)
    model._default_manager.bulk_create(new, batch_size=BATCH)
    if old:
        model._default_manager.bulk_update(old, sorted(names), batch_size=BATCH // 5)


def write_by_slug(
    model: type[M], changes: Sequence[Change], fields: Callable[[Row], dict[str, Any]]
) -> None:
    """:func:`write_changes` for records whose ``slug`` is the column ``identifiant``."""
    write_changes(
        model,
        changes,
        key=lambda row: row["identifiant"],
        known=lambda: {one.slug: one for one in model._default_manager.all()},  # type: ignore[attr-defined]
        fields=fields,
    )
