"""Sets of half-open integer intervals, searched by bisection."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

LOW = -(1 << 62)
HIGH = 1 << 62
"""Stand for an open start and an open end: beyond every instant and every day that is accepted."""


class Intervals:
    """A union of intervals ``start <= x < end``, kept sorted, apart and not touching."""

    __slots__ = ("_ends", "_starts", "_table")

    def __init__(self, parts: Iterable[tuple[int, int]]) -> None:
        starts: list[int] = []
        ends: list[int] = []
        for start, end in sorted(parts):
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        self._starts, self._ends = starts, ends
        self._table: NDArray[np.int64] | None = None

    @property
    def parts(self) -> list[tuple[int, int]]:
        """The intervals in order, apart and not touching."""
        return list(zip(self._starts, self._ends, strict=True))

    @property
    def table(self) -> NDArray[np.int64]:
        """Starts, then ends, as two rows."""
        if self._table is None:
            self._table = np.array([self._starts, self._ends], np.int64)
        return self._table

    def __bool__(self) -> bool:
        return bool(self._starts)

    def end_at(self, x: int) -> int | None:
        """The end of the interval that covers ``x``, or ``None``."""
        index = bisect_right(self._starts, x) - 1
        if index >= 0 and x < self._ends[index]:
            return self._ends[index]
        return None

    def covers(self, x: int) -> bool:
        return self.end_at(x) is not None

    def at_or_after(self, x: int) -> int | None:
        """The smallest covered value that is not before ``x``, or ``None``."""
        index = bisect_right(self._starts, x)
        if index and x < self._ends[index - 1]:
            return x
        return self._starts[index] if index < len(self._starts) else None

    def next_boundary(self, x: int) -> int | None:
        """The first finite start or end after ``x``, or ``None``."""
        index = bisect_right(self._starts, x)
        if index and x < self._ends[index - 1]:
            return None if self._ends[index - 1] == HIGH else self._ends[index - 1]
        return self._starts[index] if index < len(self._starts) else None

    def last_boundary(self) -> int:
        """The last finite start or end, ``LOW`` when there is none."""
        if not self._starts:
            return LOW
        return self._starts[-1] if self._ends[-1] == HIGH else self._ends[-1]
