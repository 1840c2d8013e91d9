"""How far a job is that does several things one after the other: one bar, that never goes back.

::

    whole = Whole(context.report, {"read": 70, "assess": 30})
    read(progress=whole.part("read"))        # 0 to 70 %
    assess(progress=whole.part("assess"))    # 70 to 100 %
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Progress = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and a French sentence on what is being done."""

SCALE = 1000
"""Units of the whole: a thousandth is the smallest step that shows."""

LOADING = {"read": 60, "sort": 25, "assess": 15}
INVENTING = {"draw": 85, "assess": 15}
COMPUTING = {"count": 55, "publish": 45}
PUBLISHING = {"hide": 45, "places": 55}
EXAMPLE = {"invent": 25, "compute": 75}
"""Parts of each job by their length, as measured on the example's population; close is enough."""


class Whole:
    """One bar over parts that weigh ``weights``, in their order. ``tell`` is None when nobody
    looks: parts are then None as well."""

    def __init__(self, tell: Progress | None, weights: Mapping[str, int]) -> None:
        self._tell = tell
        self._weights = dict(weights)
        self._reached = 0

    def part(self, name: str) -> Progress | None:
        """What a part calls with its own numbers. Raises ``ValueError`` for another name."""
        tell, names = self._tell, list(self._weights)
        if tell is None:
            return None
        total = sum(self._weights.values())
        before = sum(self._weights[one] for one in names[: names.index(name)])
        own = self._weights[name]

        def report(done: int, of: int, words: str) -> None:
            share = min(max(done / of, 0.0), 1.0) if of else 0.0
            # A part that learns on its way that there is more to do would draw the bar back.
            self._reached = max(self._reached, int(SCALE * (before + own * share) / total))
            tell(self._reached, SCALE, words)

        return report
