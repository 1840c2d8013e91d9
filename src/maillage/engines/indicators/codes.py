"""Conditions on codes, written so that every engine reads only the rows that can satisfy them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir


_GREATEST = "Z" * 12
"""After a prefix: no code that starts with it is greater, in the order of bytes as in that of a
language (in which the character after « 9 » comes before « 0 »)."""


def starts_with(column: ir.StringValue, prefixes: Sequence[str]) -> ir.BooleanValue:
    """Whether a code starts with one of the prefixes; never true without prefix.

    The bounds say nothing new, but a file that keeps the least and the greatest code of each group
    of rows is then read only where it must: engines do not all draw them from ``startswith``."""
    import ibis

    wanted = _without_extensions(prefixes)
    if not wanted:
        return ibis.literal(False)
    if wanted[0] == "":
        return ibis.literal(True)
    found = reduce(or_, [column.startswith(prefix) for prefix in wanted])
    return (column >= wanted[0]) & (column <= wanted[-1] + _GREATEST) & found


def _without_extensions(prefixes: Sequence[str]) -> list[str]:
    """The prefixes in order, without those that start with another one."""
    kept: list[str] = []
    for prefix in sorted(set(prefixes)):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept
