"""A computation that can be stopped: between its queries, and during each of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from maillage.engines.indicators.backends import Engine
from maillage.vocabulary.errors import Refusal

if TYPE_CHECKING:
    import ibis.expr.types as ir

PATIENCE = 1.0
"""Seconds between two questions whether to stop, while a query runs."""

_RESULT = TypeVar("_RESULT")


class ComputationCancelled(Refusal):
    """Somebody asked for the computation to stop: nothing of it is left."""

    def __init__(self) -> None:
        super().__init__("indicators.cancelled", "Le calcul a été arrêté.")


class WatchedEngine(Engine):
    """An engine whose queries stop when ``is_cancelled`` says so.

    Queries run on a thread of their own; ``is_cancelled`` is called on the thread of the caller,
    so that it may use what belongs to that thread (a connection to a database)."""

    def __init__(self, engine: Engine, is_cancelled: Callable[[], bool] | None) -> None:
        self.kind = engine.kind
        self.events = engine.events
        self.manifest = engine.manifest
        self._engine = engine
        self._is_cancelled = is_cancelled
        self._thread = ThreadPoolExecutor(1) if is_cancelled else None

    def check(self) -> None:
        """Raise :class:`ComputationCancelled` when it is time to stop."""
        if self._is_cancelled is not None and self._is_cancelled():
            raise ComputationCancelled

    def run(self, expression: Any) -> pa.Table:
        return self._watch(lambda: self._engine.run(expression))

    def create(self, name: str, expression: ir.Table) -> ir.Table:
        return self._watch(lambda: self._engine.create(name, expression))

    def table(self, name: str, rows: pa.Table) -> ir.Table:
        return self._watch(lambda: self._engine.table(name, rows))

    def to_sql(self, expression: ir.Table) -> str:
        return self._engine.to_sql(expression)

    def interrupt(self) -> None:
        self._engine.interrupt()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.shutdown()
        self._engine.close()

    def _watch(self, work: Callable[[], _RESULT]) -> _RESULT:
        if self._thread is None:
            return work()
        running = self._thread.submit(work)
        while True:
            try:
                return running.result(timeout=PATIENCE)
            except TimeoutError:
                if running.done():
                    raise
            try:
                self.check()
            except ComputationCancelled:
                self._engine.interrupt()
                # What the interrupted query raises says nothing more; its thread must be free.
                running.exception()
                raise
