"""The proof: the answers for all communes, ages and instants of a horizon, as dated tables.

``sweep`` gives one pathway at a time and keeps nothing else; ``prove`` keeps them all. Figures are
computed as whole numbers and balance exactly; tables hold them as hours and person-hours.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from maillage.engines.routing.clock import HOUR, to_tick
from maillage.engines.routing.compiled import CompiledNetwork, compile_network
from maillage.engines.routing.document import network_hash
from maillage.engines.routing.fingerprints import fingerprint_of
from maillage.engines.routing.network import Network
from maillage.engines.routing.people import SCALE
from maillage.engines.routing.proof_tables import TABLES, make_tables
from maillage.engines.routing.resolution import check_instant
from maillage.engines.routing.states import age_classes, shape_of, states_of
from maillage.engines.routing.sweeping import (
    CATEGORIES,
    FIRST_HOLE,
    PathwaySweep,
    products,
    sweep_pathway,
)
from maillage.engines.routing.timelines import Horizon
from maillage.engines.routing.version import ENGINE_VERSION
from maillage.vocabulary.errors import Invalid, Refusal

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int], None]

LONGEST_DAYS = 366 * 20
"""Longest horizon, in days: beyond, a typing error."""


class ProofCancelled(Refusal):
    """Somebody asked to stop; nothing is kept."""

    def __init__(self) -> None:
        super().__init__("routing.cancelled", "Le calcul de la preuve a été annulé.")


@dataclass(frozen=True, slots=True)
class StepTotals:
    """One step over the horizon, exactly: residents concerned, hours due, and person-hours by
    category (keys of :data:`CATEGORIES`), which add up to residents times hours due."""

    order: int
    residents: Fraction
    hours_due: Fraction
    person_hours: Mapping[str, Fraction]


@dataclass(frozen=True, eq=False)
class PathwayProof:
    """One pathway over the horizon. ``tables`` are those of :data:`TABLES`, for this pathway;
    ``named`` is its fingerprint, or what gives it.

    ``totals`` is empty for a proof taken from elsewhere (``known`` of :func:`prove`).
    """

    pathway: str
    named: str | Callable[[], str]
    change_points: int
    states: int
    tables: Mapping[str, pa.Table]
    totals: tuple[StepTotals, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """Names what the proof depends on. Computed when asked: it costs as much as the proof of a
        small network."""
        return self.named if isinstance(self.named, str) else self.named()


@dataclass(frozen=True, eq=False)
class Proof:
    """The proof of a network over ``start <= t < end``. ``reused`` names the pathways that were
    taken from ``known``."""

    network: Network
    start: datetime
    end: datetime
    pathways: tuple[PathwayProof, ...]
    reused: tuple[str, ...] = ()
    engine_version: str = ENGINE_VERSION

    @cached_property
    def network_hash(self) -> str:
        """Names the network that the proof was computed from."""
        return network_hash(self.network)

    def tables(self) -> dict[str, pa.Table]:
        """The tables of all pathways, one after the other."""
        import pyarrow as pa

        return {
            name: pa.concat_tables(
                [schema.empty_table(), *(row.tables[name] for row in self.pathways)]
            )
            for name, schema in TABLES().items()
        }

    def manifest(self, *, computed_at: datetime) -> dict[str, Any]:
        """What the proof is of, as JSON: horizon, hash, versions, pathways and their fingerprints,
        rows and columns of each table."""
        return {
            "format": "maillage-proof-1",
            "engine": self.engine_version,
            "computed_at": computed_at.isoformat(),
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "network": self.network_hash,
            "pathways": [
                {
                    "id": row.pathway,
                    "fingerprint": row.fingerprint,
                    "change_points": row.change_points,
                    "states": row.states,
                }
                for row in self.pathways
            ],
            "tables": {
                name: {
                    "rows": table.num_rows,
                    "columns": {field.name: str(field.type) for field in table.schema},
                }
                for name, table in self.tables().items()
            },
        }

    def as_dict(self) -> dict[str, Any]:
        """The JSON that the command ``prove`` prints."""
        return {
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "engine": self.engine_version,
            "hash": self.network_hash,
            "change_points": sum(row.change_points for row in self.pathways),
            "pathways": [_pathway_as_dict(row) for row in self.pathways],
        }

    def write(self, folder: Path, *, computed_at: datetime) -> None:
        """Write the tables as Parquet and the manifest as JSON into a folder, made if needed."""
        import pyarrow.parquet as pq

        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.tables().items():
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        text = json.dumps(self.manifest(computed_at=computed_at), ensure_ascii=False, indent=1)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def prove(
    network: Network | CompiledNetwork,
    start: datetime,
    end: datetime,
    *,
    pathways: Iterable[str] | None = None,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    known: Mapping[str, PathwayProof] | None = None,
    threads: int = 1,
) -> Proof:
    """The proof of a network over ``start <= t < end``, for some pathways or for all.

    ``progress`` is told (done, total); ``is_cancelled`` is asked often. A pathway whose fingerprint
    is a key of ``known`` is taken from there: its tables are those that would be computed.
    Raises :class:`Invalid` for a bad horizon, :class:`NotFound` for an unknown pathway,
    :class:`ProofCancelled`.
    """
    compiled = compile_network(network)
    fresh: list[str] = []
    rows = list(
        sweep(
            compiled, start, end,
            pathways=pathways, progress=progress, is_cancelled=is_cancelled, known=known,
            computed=fresh.append, threads=threads,
        )
    )  # fmt: skip
    reused = tuple(row.pathway for row in rows if row.pathway not in set(fresh))
    return Proof(compiled.network, start, end, tuple(rows), reused)


def sweep(
    network: Network | CompiledNetwork,
    start: datetime,
    end: datetime,
    *,
    pathways: Iterable[str] | None = None,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    known: Mapping[str, PathwayProof] | None = None,
    computed: Callable[[str], None] | None = None,
    threads: int = 1,
) -> Iterator[PathwayProof]:
    """The pathways of a proof one by one, in the order of the network or of ``pathways``; memory
    holds one at a time, or one by thread and one more. ``computed`` is told each pathway that was
    not taken from ``known``. ``progress`` and ``is_cancelled`` are called in the caller's thread.
    Raises as :func:`prove`."""
    compiled = compile_network(network)
    horizon = check_horizon(compiled, start, end)
    wanted = [row.id for row in compiled.network.pathways] if pathways is None else list(pathways)
    units = [_units(compiled, pathway) for pathway in wanted]
    counter = _Counter(sum(units), progress, is_cancelled)
    work = partial(_take_or_prove, compiled, horizon, known or {}, computed or _ignore)
    if threads == 1:
        for pathway, size in zip(wanted, units, strict=True):
            counter.check()
            yield work(pathway, counter.step, size)
        return
    stopped = Event()
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[tuple[int, Future[PathwayProof]]] = deque()
        rest = iter(zip(wanted, units, strict=True))
        try:
            while True:
                # One pathway waits while each thread has one: memory stays bounded.
                for pathway, size in islice(rest, threads + 1 - len(ahead)):
                    ahead.append((size, pool.submit(work, pathway, partial(_check, stopped), size)))
                if not ahead:
                    return
                size, future = ahead.popleft()
                found = future.result()
                counter.step(size)
                yield found
        finally:
            stopped.set()


def _take_or_prove(
    compiled: CompiledNetwork,
    horizon: Horizon,
    known: Mapping[str, PathwayProof],
    computed: Callable[[str], None],
    pathway: str,
    tick: Callable[[int], None],
    size: int,
) -> PathwayProof:
    found = known.get(fingerprint_of(compiled, pathway, horizon)) if known else None
    if found is not None:
        tick(size)
        return found
    computed(pathway)
    return _prove_pathway(compiled, pathway, horizon, lambda: tick(1))


def _check(stopped: Event, size: int) -> None:
    """What a thread does between two steps of its work: stop when nobody waits for it any more."""
    if stopped.is_set():
        raise ProofCancelled


def _ignore(pathway: str) -> None:
    return None


def fingerprint(
    network: Network | CompiledNetwork, pathway: str, start: datetime, end: datetime
) -> str:
    """A name for everything that the proof of a pathway depends on: equal names, equal tables."""
    compiled = compile_network(network)
    horizon = check_horizon(compiled, start, end)
    compiled.steps_of(pathway)
    return fingerprint_of(compiled, pathway, horizon)


def check_horizon(compiled: CompiledNetwork, start: datetime, end: datetime) -> Horizon:
    """The horizon in ticks and days. Raises :class:`Invalid` when it is empty, endless or naive."""
    check_instant(start)
    check_instant(end)
    first, last = to_tick(start), to_tick(end)
    if last <= first:
        raise Invalid("routing.horizon", "La fin de la période doit suivre son début.")
    if last - first > LONGEST_DAYS * 24 * HOUR:
        raise Invalid("routing.horizon", "La période dépasse vingt ans.")
    return Horizon.between(first, last, compiled.clock)


def swept(compiled: CompiledNetwork, pathway: str, horizon: Horizon) -> PathwaySweep:
    """One pathway over a horizon, as arrays."""
    shape = shape_of(compiled, pathway, horizon)
    return sweep_pathway(
        compiled, pathway, shape, states_of(compiled, shape, horizon), lambda: None
    )


def _units(compiled: CompiledNetwork, pathway: str) -> int:
    steps = compiled.steps_of(pathway)
    row = next(row for row in compiled.network.pathways if row.id == pathway)
    return len(steps) * len(age_classes(row, steps))


class _Counter:
    """Tells how far the work is, and stops it when asked."""

    def __init__(
        self, total: int, progress: Progress | None, is_cancelled: Callable[[], bool] | None
    ) -> None:
        self._total, self._done = total, 0
        self._progress, self._is_cancelled = progress, is_cancelled

    def check(self) -> None:
        if self._is_cancelled is not None and self._is_cancelled():
            raise ProofCancelled

    def step(self, size: int = 1) -> None:
        self._done += size
        if self._progress is not None:
            self._progress(self._done, self._total)
        self.check()


def _prove_pathway(
    compiled: CompiledNetwork,
    pathway: str,
    horizon: Horizon,
    tick: Callable[[], None],
) -> PathwayProof:
    shape = shape_of(compiled, pathway, horizon)
    states = states_of(compiled, shape, horizon)
    found = sweep_pathway(compiled, pathway, shape, states, tick)
    return PathwayProof(
        pathway=pathway,
        named=partial(fingerprint_of, compiled, pathway, horizon),
        change_points=int(states.starts.size),
        states=states.count,
        tables=make_tables(compiled, found, horizon),
        totals=tuple(_totals(found, index) for index in range(len(shape.steps))),
    )


def _totals(found: PathwaySweep, index: int) -> StepTotals:
    states, step = found.states, found.steps[index]
    hour = HOUR // states.unit if HOUR % states.unit == 0 else Fraction(HOUR, states.unit)
    residents = sum(int(part.residents.sum()) for part in step.classes)
    due = int(states.duration[states.required[:, index]].sum())
    times = dict(zip(CATEGORIES, products(states.duration, step.profile), strict=True))
    if sum(times.values()) != residents * due:
        raise RuntimeError("a proof does not balance: some person-hours are counted twice or lost")
    return StepTotals(
        order=found.shape.steps[index].step.order,
        residents=Fraction(residents, SCALE),
        hours_due=Fraction(due) / hour,
        person_hours={key: Fraction(time, SCALE) / hour for key, time in times.items()},
    )


def _pathway_as_dict(row: PathwayProof) -> dict[str, Any]:
    steps = row.tables["steps"].to_pylist()
    return {
        "id": row.pathway,
        "change_points": row.change_points,
        "states": row.states,
        "steps": [
            {
                "order": step["step"],
                "care_type": step["care_type"],
                "level": step["level"],
                "residents": step["residents"],
                "hours_due": step["hours_due"],
                "person_hours": {
                    **{key.upper(): step[key] for key in CATEGORIES[:FIRST_HOLE]},
                    "HOLE": {
                        key.removeprefix("hole_").upper(): step[key]
                        for key in CATEGORIES[FIRST_HOLE:]
                    },
                },
                "fragile": step["fragile"],
            }
            for step in steps
        ],
    }
