"""Rows that have, or lack, a match elsewhere, written so that every engine takes them one after the
other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir


def having(rows: ir.Table, others: ir.Table, on: Any) -> ir.Table:
    """The rows with a match among others, each once.

    What comes out stands for itself: of two such joins in one query, only the first would be
    translated for PostgreSQL, which refuses the second."""
    return rows.semi_join(others, on).view()


def lacking(rows: ir.Table, others: ir.Table, on: Any) -> ir.Table:
    """The rows without any match among others (see :func:`having`)."""
    return rows.anti_join(others, on).view()
