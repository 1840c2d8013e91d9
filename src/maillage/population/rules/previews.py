"""What may be told of a count made while a cohort is being written."""

from __future__ import annotations

from maillage.vocabulary.disclosure import is_small

NEAREST = 10


def shown_count(people: int) -> int | None:
    """A count rounded to the nearest ten, None (not shown) from 1 to 10. Whoever writes a cohort
    tries many that differ by little: from exact counts, their differences would tell of few."""
    if is_small(people):
        return None
    return (people + NEAREST // 2) // NEAREST * NEAREST
