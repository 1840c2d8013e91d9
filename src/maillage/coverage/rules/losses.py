"""What an ending costs: the difference between two proofs, instant by instant, no query.

Both are tables ``moments`` of the engine, over the same horizon or a part of it: residents by
category for each pathway and step, on intervals. An ending only takes answers away, so that what
is uncovered with it and not without it is never negative.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from maillage.coverage.enums import COVERED, HOLES
from maillage.coverage.rules.alerts import Effect
from maillage.vocabulary.calendar import local_day

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Times = NDArray[np.int64]
    People = NDArray[np.float64]

MICROS_PER_HOUR = 3_600_000_000

NOBODY = 1e-4
"""Fewer residents than this are none: tables hold sums of ten-thousandths of a resident."""

LOST_FOR = timedelta(days=7)
"""A step is lost when nobody in the territory is covered for this long (the text that this room
follows says a week)."""


@dataclass(frozen=True)
class Loss:
    """What one ending costs over all steps. ``hours``: those when somebody, in some step, is
    uncovered by it; ``residents`` the most in one step at one time; ``person_hours`` of all steps.
    ``untimely`` counts also those who are still taken, but too late."""

    residents: float
    hours: float
    person_hours: float
    untimely_residents: float
    untimely: float
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class LostStep:
    """A step that nobody is covered for, from a day on, for a week or more."""

    pathway: str
    step: int
    due_on: date
    ends_at: datetime
    effect: Effect


@dataclass(frozen=True)
class _Series:
    """Residents of one step over time: on ``starts[i] <= t < ends[i]``; nobody elsewhere."""

    starts: Times
    ends: Times
    uncovered: People
    covered: People
    residents: People

    def at(self, times: Times, values: People) -> People:
        """The values at these instants."""
        import numpy as np

        if not self.starts.size:
            return np.zeros(times.size)
        index = np.searchsorted(self.starts, times, side="right") - 1
        inside = (index >= 0) & (times < self.ends[np.maximum(index, 0)])
        return np.where(inside, values[np.maximum(index, 0)], 0.0)


def measure(
    before: pa.Table, without: pa.Table, *, pathways: Iterable[str], start: datetime, end: datetime
) -> Loss:
    """What is lost over ``start <= t < end`` in these pathways. ``before`` are the moments of the
    network as it is, ``without`` those of the network in which the ending does not happen."""
    import numpy as np

    low, high = _micros(start), _micros(end)
    effects: list[Effect] = []
    lost_times: list[tuple[Times, Times]] = []
    untimely_residents = untimely = 0.0
    for pathway in pathways:
        here, there = _series(before, pathway), _series(without, pathway)
        for step in sorted(here.keys() & there.keys()):
            old, new = here[step], there[step]
            bounds = np.unique(
                np.clip(np.concatenate([old.starts, old.ends, new.starts, new.ends]), low, high)
            )
            times, lengths = bounds[:-1], np.diff(bounds) / MICROS_PER_HOUR
            lost = _positive(old.at(times, old.uncovered) - new.at(times, new.uncovered))
            late = _positive(new.at(times, new.covered) - old.at(times, old.covered))
            untimely += float(late @ lengths)
            untimely_residents = max(untimely_residents, float(late.max(initial=0.0)))
            if lost.any() or late.any():
                where = lost > 0
                lost_times.append((times[where], bounds[1:][where]))
                effects.append(
                    Effect(
                        pathway=pathway,
                        step=step,
                        residents=float(lost.max(initial=0.0)),
                        hours=float(lengths[where].sum()),
                        person_hours=float(lost @ lengths),
                        untimely=float(late @ lengths),
                    )
                )
    return Loss(
        residents=max((one.residents for one in effects), default=0.0),
        hours=_union_hours(lost_times),
        person_hours=sum(one.person_hours for one in effects),
        untimely_residents=untimely_residents,
        untimely=untimely,
        effects=tuple(effects),
    )


def lost_steps(moments: pa.Table, *, start: datetime, until: datetime) -> list[LostStep]:
    """The steps that everybody loses, after ``start`` and before ``until``, for a week or more.
    Hours when the step is not due do not interrupt a loss. A step that nobody is covered for from
    the very first instant was lost before: it is a hole, not something ahead."""
    import numpy as np
    import pyarrow.compute as pc

    found = []
    for pathway in sorted(pc.unique(moments["pathway"]).to_pylist()):
        for step, one in sorted(_series(moments, pathway).items()):
            if not one.starts.size:
                continue
            gone = (one.uncovered > one.residents - NOBODY) & (one.residents > NOBODY)
            edges = np.flatnonzero(np.diff(np.concatenate([[0], gone.astype(np.int8), [0]])))
            for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                begins, ends = int(one.starts[first]), int(one.ends[last - 1])
                long_enough = ends - begins >= LOST_FOR / timedelta(microseconds=1)
                if first == 0 or not long_enough or begins >= _micros(until):
                    continue
                hours = (one.ends[first:last] - one.starts[first:last]) / MICROS_PER_HOUR
                effect = Effect(
                    pathway=pathway,
                    step=step,
                    residents=float(one.uncovered[first:last].max()),
                    hours=float(hours.sum()),
                    person_hours=float(one.uncovered[first:last] @ hours),
                    untimely=float(one.uncovered[first:last] @ hours),
                )
                found.append(
                    LostStep(pathway, step, local_day(_instant(begins)), _instant(ends), effect)
                )
    return found


def _series(moments: pa.Table, pathway: str) -> dict[int, _Series]:
    """The moments of one pathway by step, in order of time."""
    import numpy as np
    import pyarrow.compute as pc

    rows = moments.filter(pc.equal(moments["pathway"], pathway))
    steps = rows["step"].to_numpy()
    values: dict[str, Any] = {
        "starts": rows["starts_at"].cast("int64").to_numpy(),
        "ends": rows["ends_at"].cast("int64").to_numpy(),
        "residents": rows["residents"].to_numpy(),
        "uncovered": sum(rows[name].to_numpy() for name in HOLES),
        "covered": sum(rows[name].to_numpy() for name in COVERED),
    }
    return {
        int(step): _Series(**{name: value[steps == step] for name, value in values.items()})
        for step in np.unique(steps)
    }


def _positive(values: People) -> People:
    import numpy as np

    return np.where(values > NOBODY, values, 0.0)


def _union_hours(parts: list[tuple[Times, Times]]) -> float:
    """Hours covered by at least one of these intervals."""
    intervals = sorted(
        pair for starts, ends in parts for pair in zip(starts.tolist(), ends.tolist(), strict=True)
    )
    total, reached = 0, None
    for begins, ends in intervals:
        begins = begins if reached is None else max(begins, reached)
        if ends > begins:
            total += ends - begins
        reached = ends if reached is None else max(reached, ends)
    return total / MICROS_PER_HOUR


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
