"""A place on disk where rows wait as text, are judged, and leave as events.

Every input row is in one of three states at the end: kept, set aside by a rule, or rejected with a
reason. A judgement is a list of :class:`Check`, tried in order: the first that holds is the verdict
of the row. Work is done by DuckDB, in bounded memory; no loop of ours sees a row.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from maillage.engines.indicators.reading import files
from maillage.engines.indicators.reading.rejects import Rejects
from maillage.engines.indicators.reading.report import (
    FileReport,
    IsCancelled,
    Progress,
    ReadingCancelled,
    ReadOptions,
)
from maillage.engines.indicators.store import EventWriter

BATCH = 1 << 17
FIRST_YEAR, LAST_YEAR = 1850, 2150
"""Years that a day may have; 1600 is the sentinel of the national files for « no day »."""

_MACROS = rf"""
CREATE MACRO plausible(d) AS
  CASE WHEN year(d) BETWEEN {FIRST_YEAR} AND {LAST_YEAR} OR year(d) = 1600 THEN d END;
CREATE MACRO as_day(x) AS coalesce(
  plausible(try_strptime(substr(x, 1, 10), '%Y-%m-%d')::DATE),
  plausible(try_strptime(substr(x, 1, 10), '%d/%m/%Y')::DATE),
  plausible(CASE WHEN length(x) IN (8, 14) THEN try_strptime(substr(x, 1, 8), '%Y%m%d')::DATE END),
  plausible(CASE WHEN length(x) = 8 THEN try_strptime(x, '%d%m%Y')::DATE END),
  plausible(try_strptime(substr(x, 1, 9), '%d%b%Y')::DATE));
CREATE MACRO french_day(x) AS
  CASE WHEN length(x) = 8 THEN plausible(try_strptime(x, '%d%m%Y')::DATE) END;
CREATE MACRO real_day(d) AS CASE WHEN year(d) <> 1600 THEN d END;
CREATE MACRO as_code(x) AS upper(replace(replace(x, '.', ''), ' ', ''));
CREATE MACRO as_amount(x) AS
  try_cast(replace(regexp_replace(x, '[\s\x{{00A0}}\x{{202F}}€]', '', 'g'), ',', '.') AS DOUBLE);
CREATE MACRO as_key(x) AS coalesce(CAST(try_cast(x AS HUGEINT) AS VARCHAR), x);
CREATE MACRO is_icd(x) AS regexp_full_match(x, '[A-Z][0-9]{{2}}[0-9A-Z+]{{0,5}}');
CREATE MACRO is_atc(x) AS regexp_full_match(x, '[A-Z][0-9]{{2}}[A-Z]{{2}}[0-9]{{2}}');
CREATE MACRO is_commune(x) AS regexp_full_match(x, '([0-9]{{2}}|2[AB])[0-9]{{3}}');
"""


@dataclass(frozen=True)
class Check:
    """A condition, in SQL, that settles a row. ``rule``: the filter that sets it aside; else the
    row is rejected, for ``reason``, because of ``column``."""

    condition: str
    rule: str = ""
    reason: str = ""
    column: str = ""

    @property
    def verdict(self) -> str:
        return f"F|{self.rule}|" if self.rule else f"R|{self.column}|{self.reason}"


@dataclass
class InputFile:
    """A file as it is read."""

    number: int
    path: Path
    layout: str
    rows: int = 0
    kept: int = 0
    filtered: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)


EMPTY = Check("{all} = ''", rule="EMPTY")


class Stage:
    """The tables of one reading. A context manager: leaving removes them."""

    def __init__(
        self,
        options: ReadOptions,
        progress: Progress | None = None,
        is_cancelled: IsCancelled | None = None,
    ) -> None:
        import duckdb

        self.options = options
        self.inputs: list[InputFile] = []
        self.events: dict[str, int] = {}
        self.notes: list[str] = []
        self._progress = progress
        self._is_cancelled = is_cancelled
        self._steps = (0, 1)
        self._place = options.out / ".reading"
        self._place.mkdir(parents=True, exist_ok=True)
        self.rejects = Rejects(options.out / "rejects")
        self.connection = duckdb.connect(
            str(self._place / "stage.duckdb"),
            config={
                "memory_limit": f"{options.memory_mb}MB",
                "threads": options.threads,
                "temp_directory": str(self._place / "spill"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self.connection.execute(_MACROS)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()
        self.rejects.close()
        shutil.rmtree(self._place, ignore_errors=True)

    def plan(self, steps: int) -> None:
        """Say how many steps there are."""
        self._steps = (0, max(steps, 1))

    def step(self, sentence: str) -> None:
        """Begin a step. Raises ``ReadingCancelled``."""
        self.check_cancelled()
        done, total = self._steps
        if self._progress is not None:
            self._progress(min(done, total), total, sentence)
        self._steps = (done + 1, total)

    def check_cancelled(self) -> None:
        if self._is_cancelled is not None and self._is_cancelled():
            raise ReadingCancelled

    def run(self, sql: str, *values: Any) -> None:
        self.check_cancelled()
        self.connection.execute(sql, list(values) or None)

    def one(self, sql: str) -> Any:
        """The first cell of an answer."""
        row = self.connection.execute(sql).fetchone()
        return None if row is None else row[0]

    def column_names(self, table: str) -> list[str]:
        rows = self.connection.execute(f"DESCRIBE {table}").fetchall()
        return [row[0] for row in rows]

    # Input

    def load(
        self, table: str, paths: Iterable[Path], layout: str, fields: Mapping[str, Sequence[str]]
    ) -> None:
        """Load delimited or Parquet files into a table of text: ``file``, ``row`` and the fields,
        each under the first of its names that the file has, empty when it has none. Names starting
        with « ! » are required. Raises ``Invalid`` when a required column is missing."""
        columns = ", ".join(f'"{name}" VARCHAR' for name in fields)
        self.run(f"CREATE TABLE {table} (file SMALLINT, row BIGINT, {columns})")
        for path in paths:
            is_parquet = path.suffix.lower() in (".parquet", ".pq")
            header = None if is_parquet else files.read_header(path)
            names = files.parquet_names(path) if header is None else header.names
            found = match_columns(path.name, names, fields)
            source = self._open(path, layout)
            keep = tuple(dict.fromkeys(found.values()))
            picked = ", ".join(f'"{found[name]}"' if name in found else "''" for name in fields)
            if header is None:
                self._fill(source, table, files.read_parquet(path, keep), picked)
            else:
                reader = files.TextReader(path, header, keep)
                self._fill(source, table, reader, picked)
                self._refuse_rows(source, reader.bad)

    def load_lines(
        self, table: str, paths: Iterable[Path], layout: str, *, version: str = "NULL"
    ) -> None:
        """Load files as whole lines, into ``file``, ``row``, ``line`` and ``version``, which the
        SQL ``version`` tells from the line."""
        self.run(f"CREATE TABLE {table} (file SMALLINT, row BIGINT, line VARCHAR, version VARCHAR)")
        for path in paths:
            source = self._open(path, layout)
            reader = files.TextReader(path)
            self._fill(source, table, reader, f'"line", {version}')
            self._refuse_rows(source, reader.bad)

    def _open(self, path: Path, layout: str) -> InputFile:
        self.step(f"Lecture : {path.name}")
        source = InputFile(len(self.inputs), path, layout)
        self.inputs.append(source)
        return source

    def _fill(
        self, source: InputFile, table: str, batches: Iterable[pa.RecordBatch], picked: str
    ) -> None:
        for batch in batches:
            self.check_cancelled()
            source.rows += batch.num_rows
            self.connection.register("batch", pa.Table.from_batches([batch]))
            self.connection.execute(
                f"INSERT INTO {table} SELECT {source.number}, row, {picked} FROM batch"
            )
            self.connection.unregister("batch")

    def _refuse_rows(self, source: InputFile, bad: Sequence[files.BadRow]) -> None:
        source.rows += len(bad)
        for one in bad:
            source.rejected[one.message] = source.rejected.get(one.message, 0) + 1
        self.rejects.add_rows(
            source.path.name, [(one.row, "", one.message, one.text) for one in bad]
        )

    def register_communes(self, name: str) -> None:
        """Make the communes of codes that the caller gave readable under a name."""
        given = self.options.communes_by_code
        columns = {"code": list(given), "commune": list(given.values())}
        schema = pa.schema([("code", pa.string()), ("commune", pa.string())])
        self.connection.register(name, pa.table(columns, schema=schema))

    # Judgement

    def judge(
        self,
        table: str,
        source: str,
        checks: Sequence[Check],
        *,
        text: str = "",
        once: str = "",
    ) -> None:
        """Make the view ``table`` from a query that holds ``file`` and ``row``, one row for each
        input row, less those that a check settles: these are counted and, if rejected, put apart.
        All rows stay in ``judged_<table>``, with their ``verdict``.

        ``text``: the SQL of what is kept of a rejected row. ``once``: the SQL of what may not be
        said twice; of the rows that no check settled, the last of each is kept."""
        cases = " ".join(
            f"WHEN coalesce({one.condition}, false) THEN {_quote(one.verdict)}" for one in checks
        )
        judged = f"judged_{table}"
        verdict = f"CASE {cases} END" if cases else "CAST(NULL AS VARCHAR)"
        self.run(f"CREATE TABLE {judged} AS SELECT *, {verdict} AS verdict FROM ({source})")
        if once:
            self.run(
                f"UPDATE {judged} SET verdict = 'F|DUPLICATE|' FROM (SELECT file, row FROM ("
                f"SELECT file, row, row_number() OVER (PARTITION BY {once} "
                f"ORDER BY file DESC, row DESC) AS rank FROM {judged} WHERE verdict IS NULL) "
                f"WHERE rank > 1) again "
                f"WHERE {judged}.file = again.file AND {judged}.row = again.row"
            )
        self._settle(judged, text or "''")
        self.run(
            f"CREATE VIEW {table} AS SELECT * EXCLUDE (verdict) FROM {judged} WHERE verdict IS NULL"
        )

    def _settle(self, judged: str, text: str) -> None:
        counts = self.connection.execute(
            f"SELECT file, verdict, count(*) FROM {judged} "
            "WHERE verdict IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for number, verdict, count in counts:
            kind, first, reason = verdict.split("|", 2)
            source = self.inputs[number]
            into, key = (source.filtered, first) if kind == "F" else (source.rejected, reason)
            into[key] = into.get(key, 0) + count
        names = {one.number: one.path.name for one in self.inputs}
        reader = self.connection.execute(
            f"SELECT file, row, split_part(verdict, '|', 2) AS \"column\", "
            f"split_part(verdict, '|', 3) AS reason, {text} AS text FROM {judged} "
            "WHERE verdict LIKE 'R|%' ORDER BY file, row"
        ).to_arrow_reader(BATCH)
        self.rejects.add_batches(reader, names)

    def keep(self, *tables: str) -> None:
        """Count the rows of these tables, which hold ``file``, as kept."""
        for table in tables:
            for number, count in self.connection.execute(
                f"SELECT file, count(*) FROM {table} GROUP BY file"
            ).fetchall():
                self.inputs[number].kept += count

    # Output

    def read(self, sql: str) -> Iterator[pa.Table]:
        """Batches of the answer to a query."""
        for batch in self.connection.execute(sql).to_arrow_reader(BATCH):
            self.check_cancelled()
            yield pa.Table.from_batches([batch])

    def emit(self, writer: EventWriter, table: str, sql: str) -> None:
        """Write the answer to a query as events of a table."""
        for piece in self.read(sql):
            self.events[table] = self.events.get(table, 0) + piece.num_rows
            writer.add(table, piece)

    def reports(self) -> tuple[FileReport, ...]:
        return tuple(
            FileReport(
                one.path.name,
                one.layout,
                one.rows,
                one.kept,
                dict(one.filtered),
                dict(one.rejected),
            )
            for one in self.inputs
        )


def match_columns(
    file: str, names: Sequence[str], fields: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Where each field is. Raises ``Invalid`` naming every required column that is missing."""
    by_upper = {name.upper(): name for name in names}
    found: dict[str, str] = {}
    missing = []
    for name, known in fields.items():
        candidates = [one.lstrip("!").upper() for one in known]
        match = next((by_upper[one] for one in candidates if one in by_upper), None)
        if match is not None:
            found[name] = match
        elif any(one.startswith("!") for one in known):
            missing.append(known[0].lstrip("!"))
    if missing:
        raise files.refuse(file, "colonne obligatoire absente.", column=", ".join(missing))
    return found


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
