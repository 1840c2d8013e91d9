"""Everything that pages read, computed from a folder of events: one call, one folder of results.

The folder::

    manifest.json           what was computed, from which events, by which definitions
    cells.parquet ...       the tables of :mod:`~maillage.engines.indicators.results`
    people/people.parquet   who is in which stratum: read for target lists only
    queries/KEY.sql         the query of each indicator
    queries/tables/*.sql    those of the tables that queries share

It appears whole or not at all. Rows of ``cells`` are in row groups of one indicator and year.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from maillage.engines.indicators.backends import open_duckdb
from maillage.engines.indicators.definition_marks import marks_of
from maillage.engines.indicators.definition_model import Definitions
from maillage.engines.indicators.events import MODEL_VERSION, Table
from maillage.engines.indicators.flows import flows
from maillage.engines.indicators.measures import check, expression, in_order
from maillage.engines.indicators.measures.ground import Ground, prepare
from maillage.engines.indicators.measures.held import (
    Held,
    is_told,
    read_held,
    told_pathway,
    told_pyramid,
)
from maillage.engines.indicators.path_rules import load_pathways
from maillage.engines.indicators.pathways import lived
from maillage.engines.indicators.pyramid import strata
from maillage.engines.indicators.pyramid_rules import load_pyramids
from maillage.engines.indicators.results import (
    CELLS,
    CONFORMANCE,
    FLOWS,
    MOVES,
    PATHS,
    PEOPLE,
    RESULTS,
    STRATA,
)
from maillage.engines.indicators.store import Manifest, read_manifest
from maillage.engines.indicators.watching import ComputationCancelled, WatchedEngine
from maillage.vocabulary.errors import Invalid, Problem, Refusal

__all__ = ["ComputationCancelled", "ResultManifest", "compute", "read_result_manifest"]

ENGINE_VERSION = 1
"""Raised whenever the same events and definitions give other counts."""

MANIFEST = "manifest.json"
QUERIES = "queries"
PEOPLE_FOLDER = "people"
COMPRESSION = "zstd"
COHORT, INDICATOR, FLOWS_STEP, STRATA_STEP, PATHS_STEP = 4, 1, 4, 70, 25
"""What a step weighs in the progress: a third of a second, about, in the example's population."""

Progress = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and a French sentence on what is being done."""


@dataclass(frozen=True)
class ResultManifest:
    """What a folder of results says of itself.

    ``indicators``: version and status of each definition, and its rows. ``residents_of``: the year
    of ``population`` that stood for each year. ``partial_years``: years that the events do not
    cover from the first day to the last. ``unknown_stays``: stays of people who are not in
    ``person``, counted nowhere else. ``untold``: what these data cannot tell, and was left out
    (:mod:`~maillage.engines.indicators.measures.held`): ``indicators``, and by ``pyramid-KEY`` and
    ``pathway-KEY`` the codes of reasons and the keys of steps. ``marks``: what each definition was
    (:mod:`~maillage.engines.indicators.definition_marks`)."""

    name: str
    data_fingerprint: str
    definitions_fingerprint: str
    years: tuple[int, ...]
    first_on: date
    last_on: date
    is_exhaustive: bool
    is_synthetic: bool
    rows: Mapping[str, int]
    indicators: Mapping[str, Mapping[str, str | int]]
    residents_of: Mapping[int, int]
    partial_years: tuple[int, ...] = ()
    unknown_stays: int = 0
    untold: Mapping[str, Sequence[str]] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    engine_version: int = ENGINE_VERSION
    model_version: int = MODEL_VERSION

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, days in ISO 8601."""
        return asdict(self) | {
            "first_on": self.first_on.isoformat(),
            "last_on": self.last_on.isoformat(),
            "years": list(self.years),
            "partial_years": list(self.partial_years),
            "residents_of": {str(year): source for year, source in self.residents_of.items()},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ResultManifest:
        """The reverse of :meth:`as_dict`."""
        return cls(
            **{
                **values,
                "first_on": date.fromisoformat(values["first_on"]),
                "last_on": date.fromisoformat(values["last_on"]),
                "years": tuple(values["years"]),
                "partial_years": tuple(values["partial_years"]),
                "residents_of": {
                    int(year): int(source) for year, source in values["residents_of"].items()
                },
            }
        )


def read_result_manifest(folder: Path) -> ResultManifest:
    """The manifest of a folder of results. Raises ``Invalid`` that names the file."""
    try:
        return ResultManifest.from_dict(json.loads((folder / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(
            "indicators.results",
            "Ce dossier ne contient pas de résultats lisibles.",
            [Problem("le manifeste manque, ou ne se lit pas.", file=MANIFEST)],
        ) from error


def compute(
    folder: Path,
    out: Path,
    *,
    definitions: Definitions,
    years: Sequence[int],
    site_levels: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    memory_mb: int = 1500,
    threads: int = 2,
) -> ResultManifest:
    """Compute every table of results of the events of ``folder`` into ``out``.

    ``site_levels``: the level in the graded offer of the places of care, by FINESS number.
    ``is_cancelled`` is asked between queries and every second during them, on the thread of the
    caller. ``memory_mb`` bounds what the database keeps in memory. Raises ``Invalid`` (events,
    years or definitions that cannot be computed), ``Refusal`` (``out`` is not empty) and
    :class:`ComputationCancelled`; ``out`` is then left as it was.
    """
    manifest = read_manifest(folder)
    wanted = _years(years, manifest)
    for indicator in definitions.indicators.values():
        check(indicator)
    if out.exists() and any(out.iterdir()):
        raise Refusal("indicators.out", f"Le dossier des résultats n'est pas vide : {out.name}")
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        spill = work / "spill"
        duck = open_duckdb(folder, memory_mb=memory_mb, threads=threads, temp=spill)
        with WatchedEngine(duck, is_cancelled) as engine:
            ground = prepare(engine, definitions, wanted)
            run = _Run(engine, ground, work, progress, dict(site_levels or {}))
            run.all()
            result = run.manifest(manifest)
        shutil.rmtree(spill, ignore_errors=True)
        (work / MANIFEST).write_text(
            json.dumps(result.as_dict(), ensure_ascii=False, indent=1) + "\n", "utf-8"
        )
        work.replace(out)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return result


def _years(years: Sequence[int], manifest: Manifest) -> tuple[int, ...]:
    """The years asked, in order; each must have events."""
    wanted = tuple(sorted(set(years)))
    first, last = manifest.first_on.year, manifest.last_on.year
    outside = [year for year in wanted if not first <= year <= last]
    if outside or not wanted:
        names = ", ".join(str(year) for year in outside) or "aucune année"
        raise Invalid(
            "indicators.years",
            f"Les données vont de {first} à {last} : {names} ne peut pas être calculé.",
            [Problem("années à calculer", field="years")],
        )
    return wanted


def partial_years(years: Iterable[int], first_on: date, last_on: date) -> tuple[int, ...]:
    """The years that a period does not cover from the first day to the last."""
    return tuple(
        year for year in years if first_on > date(year, 1, 1) or last_on < date(year, 12, 31)
    )


@dataclass
class _Run:
    """One computation, step by step."""

    engine: WatchedEngine
    ground: Ground
    work: Path
    progress: Progress | None
    site_levels: dict[str, str]
    rows: dict[str, int] = field(default_factory=dict)
    indicators: dict[str, dict[str, str | int]] = field(default_factory=dict)
    untold: dict[str, tuple[str, ...]] = field(default_factory=dict)
    done: int = 0

    @cached_property
    def held(self) -> Held:
        return read_held(self.engine)

    def all(self) -> None:
        self._step("Lieux de vie des personnes", COHORT)
        _ = self.ground.people, self.ground.homes, self.ground.residents
        for cohort in self.ground.definitions.cohorts.values():
            self._step(f"Cohorte : {cohort.label}", COHORT)
            self.ground.members(cohort)
        self._step("Séjours, et ceux qui se suivent", COHORT)
        _ = self.ground.stays, self.ground.episodes
        self._cells()
        self._flows()
        self._strata()
        self._paths()
        for name, sql in self.ground.queries.items():
            self._query(f"tables/ground_{name.replace('-', '_')}", sql)

    def _step(self, sentence: str, weight: int = INDICATOR) -> None:
        self.engine.check()
        if self.progress is not None:
            known = self.ground.definitions
            total = COHORT * (len(known.cohorts) + 2) + INDICATOR * len(known.indicators)
            total += FLOWS_STEP + STRATA_STEP + PATHS_STEP
            self.progress(self.done, total, sentence)
        self.done += weight

    def _cells(self) -> None:
        with _Writer(self.work / "cells.parquet", CELLS) as writer:
            for key, indicator in sorted(self.ground.definitions.indicators.items()):
                self._step(f"Indicateur : {indicator.label}")
                if not is_told(indicator, self.held):
                    self.untold["indicators"] = (*self.untold.get("indicators", ()), key)
                    continue
                query = expression(indicator, self.ground)
                sql = self.engine.to_sql(query)
                head = f"-- {indicator.label}\n-- {key}, version {indicator.version}\n"
                self._query(key, head + sql)
                rows = in_order(self.engine.run(query))
                for part in _by_year(rows):
                    writer.write(part)
                self.indicators[key] = {
                    "version": indicator.version,
                    "status": indicator.status,
                    "rows": rows.num_rows,
                }
            self.rows["cells"] = writer.rows

    def _flows(self) -> None:
        self._step("Flux entre communes et établissements", FLOWS_STEP)
        parts = []
        for need, query in flows(self.ground).items():
            self._query(f"tables/flows_{need.replace('-', '_')}", self.engine.to_sql(query))
            parts.append(self.engine.run(query))
        self._write(FLOWS, pa.concat_tables(part.cast(FLOWS.schema) for part in parts))

    def _strata(self) -> None:
        self._step("Pyramide des risques", STRATA_STEP)
        ground, told = self.ground, []
        for key, one in load_pyramids(ground.definitions).items():
            pyramid, self.untold[f"pyramid-{key}"] = told_pyramid(one, self.held)
            told.append(pyramid)
        found = strata(self.engine, ground.definitions, ground.years, ground=ground, pyramids=told)
        rows, moves, people = found
        self._write(STRATA, rows)
        self._write(MOVES, moves)
        (self.work / PEOPLE_FOLDER).mkdir(mode=0o700)
        self._write(PEOPLE, people, folder=PEOPLE_FOLDER)

    def _paths(self) -> None:
        self._step("Parcours vécus", PATHS_STEP)
        ground, told = self.ground, []
        for key, one in load_pathways(ground.definitions).items():
            pathway, self.untold[f"pathway-{key}"] = told_pathway(one, self.held)
            told.append(pathway)
        paths, conformance = lived(
            self.engine,
            ground.definitions,
            ground.years,
            self.site_levels,
            ground=ground,
            pathways=told,
        )
        self._write(PATHS, paths)
        self._write(CONFORMANCE, conformance)

    def _write(self, table: Table, found: Any, *, folder: str = "") -> None:
        rows = table.schema.empty_table() if found is None else found
        if not isinstance(rows, pa.Table):
            rows = self.engine.run(rows)
        rows = rows.select(table.names).cast(table.schema)
        rows = rows.sort_by([(name, "ascending") for name in table.order])
        with _Writer(self.work / folder / f"{table.name}.parquet", table) as writer:
            writer.write(rows)
            self.rows[table.name] = writer.rows

    def _query(self, name: str, sql: str) -> None:
        path = self.work / QUERIES / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql + "\n", "utf-8")

    def manifest(self, data: Manifest) -> ResultManifest:
        ground = self.ground
        stays = self.engine.events["stay"].anti_join(self.engine.events["person"], "person")
        unknown = self.engine.run(stays.aggregate(number=stays.count()))
        return ResultManifest(
            name=data.name,
            data_fingerprint=data.fingerprint,
            definitions_fingerprint=ground.definitions.fingerprint,
            years=ground.years,
            first_on=ground.first_on,
            last_on=ground.last_on,
            is_exhaustive=data.is_exhaustive,
            is_synthetic=data.is_synthetic,
            rows={name: self.rows[name] for name in (*RESULTS, PEOPLE.name)},
            indicators=self.indicators,
            residents_of=ground.residents_of,
            partial_years=partial_years(ground.years, ground.first_on, ground.last_on),
            unknown_stays=int(unknown["number"][0].as_py()),
            untold={name: keys for name, keys in self.untold.items() if keys},
            marks=marks_of(ground.definitions),
        )


def _by_year(rows: pa.Table) -> Iterator[pa.Table]:
    """The rows of each year, in order."""
    for year in sorted(rows["year"].unique().to_pylist()):
        yield rows.filter(pc.equal(rows["year"], year))


class _Writer:
    """A Parquet file of a table of results, one row group for each write."""

    def __init__(self, path: Path, table: Table) -> None:
        self._writer = pq.ParquetWriter(path, table.schema, compression=COMPRESSION)
        self.rows = 0

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows, row_group_size=max(rows.num_rows, 1))
        self.rows += rows.num_rows

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()
