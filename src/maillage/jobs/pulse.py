"""The progress of a search that is given so much time: the time that passes."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

Report = Callable[[int, int, str], None]


class Pulse:
    """Tells how long a search has lasted each time that it looks whether it must stop, so that who
    waits sees it live between two better answers, which may be far apart.

    ``seconds``: the time it is given, the whole of its progress. ``words``: a few French words,
    until :meth:`say` changes them.
    """

    def __init__(
        self, report: Report, should_stop: Callable[[], bool], *, seconds: int, words: str
    ) -> None:
        self._report = report
        self._should_stop = should_stop
        self._seconds = seconds
        self._words = words
        self._began = monotonic()

    def say(self, words: str) -> None:
        """Tell something new."""
        self._words = words
        self._tell()

    def look(self) -> bool:
        """Whether the search must stop."""
        self._tell()
        return self._should_stop()

    def _tell(self) -> None:
        done = int(monotonic() - self._began)
        self._report(min(done, self._seconds), self._seconds, self._words)
