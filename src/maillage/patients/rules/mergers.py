"""Which record is finally read, when mergers follow each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def find_roots(records: Iterable[int], kept_by: Mapping[int, int]) -> dict[int, int]:
    """For each record, the one that it is read through: itself when nothing absorbed it.
    ``kept_by`` gives the record that keeps each absorbed one. Raises ``ValueError`` for a circle,
    which no merger can make: the one kept was never absorbed."""
    roots = {}
    for record in records:
        met = [record]
        while (kept := kept_by.get(met[-1])) is not None:
            if kept in met:
                raise ValueError("mergers in a circle")
            met.append(kept)
        roots[record] = met[-1]
    return roots
