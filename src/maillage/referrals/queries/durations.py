"""Medians and ninetieth percentiles, computed by the database.

The rank of each length in its part (a window) is compared with the rank wanted, so that only the
lengths that are a quantile leave the database: memory does not grow with the number of requests,
and both databases count alike. Quantiles are observed values, without interpolation: the one of
rank ⌈n/2⌉ and the one of rank ⌈9n/10⌉ of n (the ``percentile_disc`` of SQL).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, DurationField, F, Func, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.db.models.sql.compiler import SQLCompiler

from maillage.referrals.models import Referral
from maillage.vocabulary.disclosure import THRESHOLD, shows_quantiles


@dataclass(frozen=True)
class Quantiles:
    """A median and a ninetieth percentile, minutes; None: too few values to be shown."""

    median: float | None = None
    ninth: float | None = None


NO_QUANTILES = Quantiles()

_SECONDS = "CAST(strftime('%%s', substr({}, 1, 19)) AS INTEGER)"
_MICROSECONDS = "CAST(substr({}, 21, 6) AS INTEGER)"


class _Elapsed(Func):
    """From one instant to another, exact to the microsecond. Written for SQLite in its own
    functions: Django would call back into Python for every row and every window."""

    output_field = DurationField()
    template = "(%(expressions)s)"
    arg_joiner = " - "
    arity = 2

    def __init__(self, start: str, end: str) -> None:
        super().__init__(F(end), F(start))

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Instants are stored as text: ``2026-07-01 08:00:00``, then ``.250000`` if need be. The
        seconds are read without what follows, which SQLite would round."""
        (end, after), (start, before) = map(compiler.compile, self.get_source_expressions())
        whole = f"{_SECONDS.format(end)} - {_SECONDS.format(start)}"
        rest = f"{_MICROSECONDS.format(end)} - {_MICROSECONDS.format(start)}"
        params = (*after, *before)
        return f"(({whole}) * 1000000 + {rest})", (*params, *params)


def _minutes(length: timedelta) -> float:
    return length.total_seconds() / 60


def load_quantiles(
    requests: QuerySet[Referral],
    *,
    start: str,
    end: str,
    parts: Mapping[str, Sequence[str]],
) -> dict[str, dict[tuple[Hashable, ...], Quantiles]]:
    """For each way to part the requests (a name, and the columns or expressions annotated on
    ``requests`` that make it; none: all together), the quantiles of ``end - start`` of each part
    that has enough values. One query."""
    columns = sorted({column for names in parts.values() for column in names})
    measured = requests.filter(**{f"{end}__isnull": False, f"{start}__isnull": False}).annotate(
        elapsed=_Elapsed(start, end)
    )
    windows: dict[str, Any] = {}
    wanted = Q()
    for name, names in parts.items():
        own = [F(column) for column in names]
        windows[f"rank_{name}"] = Window(RowNumber(), partition_by=own, order_by=["elapsed", "id"])
        windows[f"size_{name}"] = Window(Count("id"), partition_by=own)
        wanted |= _is_quantile(name)
    ranks = {f"twice_{name}": F(f"rank_{name}") * 2 for name in parts}
    ranks |= {f"tenfold_{name}": F(f"rank_{name}") * 10 for name in parts}
    rows = (
        measured.order_by()
        .annotate(**windows)
        .annotate(**ranks)
        .filter(wanted)
        .values_list("elapsed", *windows, *columns)
    )
    found: dict[str, dict[tuple[Hashable, ...], dict[str, float]]] = {name: {} for name in parts}
    heads = ["elapsed", *windows, *columns]
    for row in rows:
        values = dict(zip(heads, row, strict=True))
        for name, names in parts.items():
            size, rank = values[f"size_{name}"], values[f"rank_{name}"]
            if not shows_quantiles(size):
                continue
            part = found[name].setdefault(tuple(values[column] for column in names), {})
            if rank == (size + 1) // 2:
                part["median"] = _minutes(values["elapsed"])
            if rank == (9 * size + 9) // 10:
                part["ninth"] = _minutes(values["elapsed"])
    return {
        name: {key: Quantiles(**values) for key, values in known.items()}
        for name, known in found.items()
    }


def _is_quantile(name: str) -> Q:
    """The rank of a row is one of the wanted two, in a part that is large enough. Written without a
    division, which databases do not round alike."""
    size = F(f"size_{name}")
    return Q(**{f"size_{name}__gte": THRESHOLD}) & (
        Q(**{f"twice_{name}__gte": size, f"twice_{name}__lt": size + 2})
        | Q(**{f"tenfold_{name}__gte": size * 9, f"tenfold_{name}__lt": size * 9 + 10})
    )
