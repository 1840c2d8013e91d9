"""The tables of a proof: their columns, and how a sweep becomes rows.

Times are UTC instants, durations hours, residents persons; ages are whole years, ``age_min`` in and
``age_max`` out. Each column says what it means in its field metadata, from which the reference
page is printed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing.clock import HOUR
from maillage.engines.routing.codes import LATE
from maillage.engines.routing.compiled import CompiledNetwork
from maillage.engines.routing.people import SCALE
from maillage.engines.routing.reachability import MICROS
from maillage.engines.routing.states import distinct
from maillage.engines.routing.sweeping import (
    CATEGORIES,
    PathwaySweep,
    StepSweep,
    exposures,
    product,
    products,
)
from maillage.engines.routing.timelines import Horizon

if TYPE_CHECKING:
    import pyarrow as pa

Columns = tuple[tuple[str, str, str], ...]

_KEYS: Columns = (("pathway", "string", "pathway id"), ("step", "int16", "order of the step"))
_MINUTES: Columns = (
    ("mean_minutes", "float64?", "mean minutes of the best chain, over the time that has one"),
    ("worst_minutes", "float64?", "longest minutes of a best chain"),
)


def _categories(unit: str) -> Columns:
    words = {
        "on_target": "reached in time for sure",
        "at_limit": "reached within the margin of the target",
        "late": "reached too late",
    }
    return tuple(
        (name, "float64", f"{unit} {words.get(name) or 'not covered: ' + name[5:]}")
        for name in CATEGORIES
    )


SCHEMAS: dict[str, Columns] = {
    "steps": (
        *_KEYS,
        ("care_type", "string", "care type that the step asks for"),
        ("level", "string", "level that the step asks for"),
        ("target_minutes", "float64?", "minutes from the commune aimed at, null for none"),
        ("residents", "float64", "residents of the ages of the pathway"),
        ("hours_due", "float64", "hours of the horizon at which the step is required"),
        ("person_hours_due", "float64", "residents x hours due; the ten categories add up to it"),
        *_categories("person-hours"),
        ("fragile", "float64", "person-hours reached that hang on one element at least"),
        *_MINUTES,
    ),
    "communes": (
        *_KEYS,
        ("age_min", "int16", "first age of the class"),
        ("age_max", "int16", "first age beyond the class"),
        ("commune", "string", "COG code"),
        ("residents", "float64", "residents of the class"),
        ("hours_due", "float64", "hours of the horizon at which the step is required"),
        *_categories("hours"),
        ("fragile", "float64", "hours reached that hang on one element at least"),
        *_MINUTES,
    ),
    "moments": (
        *_KEYS,
        ("starts_at", "instant", "start of the interval"),
        ("ends_at", "instant", "end of the interval, excluded"),
        ("residents", "float64", "residents of the ages of the pathway"),
        *_categories("residents"),
    ),
    "exposures": (
        *_KEYS,
        ("kind", "string", "service, clause or holder"),
        ("element", "string", "identifier of the element"),
        ("hours", "float64", "hours at which the answer of some resident hangs on it"),
        ("person_hours", "float64", "person-hours reached that would be a hole without it"),
    ),
}
"""Name, type (``?``: may be null) and meaning of every column of every table."""


@lru_cache(maxsize=1)
def TABLES() -> dict[str, pa.Schema]:  # noqa: N802 - a constant that waits for its library
    """The Arrow schema of each table."""
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "int16": pa.int16(),
        "float64": pa.float64(),
        "instant": pa.timestamp("us", "UTC"),
    }
    return {
        name: pa.schema(
            [
                pa.field(
                    column,
                    types[kind.rstrip("?")],
                    nullable=kind.endswith("?"),
                    metadata={"meaning": meaning},
                )
                for column, kind, meaning in columns
            ]
        )
        for name, columns in SCHEMAS.items()
    }


def make_tables(
    compiled: CompiledNetwork, swept: PathwaySweep, horizon: Horizon
) -> dict[str, pa.Table]:
    """The four tables of one pathway."""
    return {
        "steps": _steps(swept),
        "communes": _communes(compiled, swept),
        "moments": _moments(swept, horizon),
        "exposures": _exposures(swept),
    }


def _table(name: str, columns: list) -> pa.Table:
    import pyarrow as pa

    schema = TABLES()[name]
    arrays = [
        column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column, field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _steps(swept: PathwaySweep) -> pa.Table:
    rows = []
    states = swept.states
    per_person_hour = SCALE * HOUR / states.unit
    for index, step in enumerate(swept.steps):
        row = swept.shape.steps[index].step
        residents = sum(int(part.residents.sum()) for part in step.classes)
        due = int(states.duration[states.required[:, index]].sum())
        times = [time / per_person_hour for time in products(states.duration, step.profile)]
        mean, worst = _minutes_of_step(step)
        rows.append(
            [
                swept.pathway,
                row.order,
                str(row.care_type),
                str(row.level),
                row.target_minutes,
                residents / SCALE,
                due * states.unit / HOUR,
                residents * due / per_person_hour,
                *times,
                product(step.fragile, states.duration) / per_person_hour,
                mean,
                worst,
            ]
        )
    return _table("steps", [list(column) for column in zip(*rows, strict=True)])


def _minutes_of_step(step: StepSweep) -> tuple[float | None, float | None]:
    """Mean minutes over person-hours that have a chain, and the worst of any resident."""
    total = weight = 0.0
    worst = -1
    for part in step.classes:
        reached = part.times[:, : LATE + 1].sum(axis=1)
        total += float(part.sums @ part.residents)
        weight += float(reached.astype(np.float64) @ part.residents)
        inhabited = part.worst[part.residents > 0]
        worst = max(worst, int(inhabited.max(initial=-1)))
    return total / weight / MICROS if weight else None, worst / MICROS if worst >= 0 else None


def _communes(compiled: CompiledNetwork, swept: PathwaySweep) -> pa.Table:
    import pyarrow as pa

    parts = [part for step in swept.steps for part in step.classes]
    if not parts:
        return TABLES()["communes"].empty_table()
    codes = compiled.commune_codes
    hours = swept.states.unit / HOUR
    # One row by category, so that each is a column as it stands.
    times = np.concatenate([part.times.T for part in parts], axis=1)
    reached = times[: LATE + 1].sum(axis=0)
    none = reached == 0
    mean = np.concatenate([part.sums for part in parts]) / np.where(none, 1, reached) / MICROS
    worst = np.concatenate([part.worst for part in parts])

    def each(values: list[int] | list[float], kind: type) -> NDArray:
        return np.repeat(np.array(values, kind), len(codes))

    return _table(
        "communes",
        [
            pa.repeat(pa.scalar(swept.pathway), none.size),
            each([swept.shape.steps[part.step].step.order for part in parts], np.int16),
            each([part.age_min for part in parts], np.int16),
            each([part.age_max for part in parts], np.int16),
            pa.chunked_array([codes] * len(parts)),
            np.concatenate([part.residents for part in parts]) / SCALE,
            each([part.due * hours for part in parts], np.float64),
            *(times * hours),
            np.concatenate([part.fragile for part in parts]) * hours,
            pa.array(mean, mask=none),
            pa.array(worst / MICROS, mask=worst < 0),
        ],
    )


def _moments(swept: PathwaySweep, horizon: Horizon) -> pa.Table:
    import pyarrow as pa

    states = swept.states
    ends = np.append(states.starts[1:], horizon.end)
    parts = []
    for index, step in enumerate(swept.steps):
        shown = np.flatnonzero(states.required[states.of, index])
        alike, _ = distinct(step.profile)
        first = _first_of_runs(states.starts[shown], ends[shown], alike[states.of[shown]])
        rows = shown[first]
        last = shown[np.append(first[1:] - 1, shown.size - 1)] if rows.size else rows
        residents = sum(int(part.residents.sum()) for part in step.classes)
        profile = (step.profile.T / SCALE)[:, states.of[rows]]
        order = swept.shape.steps[index].step.order
        parts.append(
            _table(
                "moments",
                [
                    pa.repeat(pa.scalar(swept.pathway), rows.size),
                    np.full(rows.size, order, np.int16),
                    _instants(states.starts[rows]),
                    _instants(ends[last]),
                    np.full(rows.size, residents / SCALE),
                    *profile,
                ],
            )
        )
    return pa.concat_tables(parts) if parts else TABLES()["moments"].empty_table()


def _instants(ticks: NDArray[np.int64]) -> pa.Array:
    import pyarrow as pa

    return pa.array(ticks).cast(pa.timestamp("us", "UTC"))


def _first_of_runs(
    starts: NDArray[np.int64], ends: NDArray[np.int64], values: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Where runs of touching intervals with equal values begin."""
    if not starts.size:
        return np.zeros(0, np.int64)
    same = (values[1:] == values[:-1]) & (starts[1:] == ends[:-1])
    return np.flatnonzero(np.append(True, ~same))


def _exposures(swept: PathwaySweep) -> pa.Table:
    unit = swept.states.unit
    rows = [
        (
            swept.pathway,
            swept.shape.steps[row.step].step.order,
            row.kind.value,
            row.element,
            row.time * unit / HOUR,
            row.person_time * unit / HOUR / SCALE,
        )
        for row in exposures(swept)
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 6
    return _table("exposures", columns)
