"""Events in their own form: one CSV or Parquet file for each table, with the columns of the event
model. Loaders for other programs write this."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from maillage.engines.indicators.events import TABLES, Column, Entry, Exit, Outcome, Role, VisitKind
from maillage.engines.indicators.events import Table as EventTable
from maillage.engines.indicators.reading import numbering
from maillage.engines.indicators.reading.staging import EMPTY, Check, Stage
from maillage.engines.indicators.store import EventWriter

_OPTIONAL = {
    "stay": {
        "site", "organization", "entry", "from_emergency", "exit", "related", "group", "sessions",
        "cost",
    },
    "diagnosis": {"unit", "person"},
    "procedure": {"stay"},
    "dispensing": {"packs", "days", "large"},
    "visit": {"specialty", "site", "outcome", "main"},
    "person": {"died_on"},
    "residence": {"ends_on"},
    "long_term": {"ends_on"},
    "population": set(),
}  # fmt: skip
_DEFAULTS = {"packs": "1", "days": "0", "unit": "0", "sessions": "0"}
_CLOSED = {
    ("stay", "entry"): Entry,
    ("stay", "exit"): Exit,
    ("diagnosis", "role"): Role,
    ("visit", "kind"): VisitKind,
    ("visit", "outcome"): Outcome,
}
_FORMS = {
    ("stay", "main"): "is_icd",
    ("stay", "related"): "is_icd",
    ("diagnosis", "code"): "is_icd",
    ("long_term", "code"): "is_icd",
    ("visit", "main"): "is_icd",
    ("dispensing", "atc"): "is_atc",
    ("residence", "commune"): "is_commune",
    ("population", "commune"): "is_commune",
}
_YES, _NO = ("true", "t", "1", "oui", "vrai"), ("false", "f", "0", "non", "faux", "")


def table_of(path: Path) -> str:
    """The table that a file holds, by its name (« stay.csv », « stay-2024.parquet »), or ''."""
    if path.suffix.lower() not in (".csv", ".txt", ".parquet", ".pq"):
        return ""
    for name in (path.stem.lower(), path.parent.name.lower()):
        bare = re.sub(r"[-_ .]?\d*$", "", name)
        if bare in TABLES:
            return bare
    return ""


def is_of_this_kind(paths: Iterable[Path]) -> bool:
    """True when a file is a person table and another a table of events."""
    found = {table_of(path) for path in paths} - {""}
    return "person" in found and len(found) > 1


def read(stage: Stage, paths: list[Path], writer: EventWriter) -> list[Path]:
    """Read all tables. Returns the files that were not read."""
    by_table: dict[str, list[Path]] = {name: [] for name in TABLES}
    unread: list[Path] = []
    for path in paths:
        by_table.get(table_of(path), unread).append(path)
    stage.plan(len(paths) + 2 * len(TABLES))
    numbering.prepare(stage)
    for name, table in TABLES.items():
        fields = {
            one.name: [one.name if one.name in _OPTIONAL[name] else f"!{one.name}"]
            for one in table.columns
        }
        stage.load(f"raw_{name}", by_table[name], name, fields)
    _judge_people(stage)
    _judge_stays(stage)
    for name in TABLES:
        if name not in ("person", "stay"):
            _judge_rest(stage, TABLES[name])
    for name in TABLES:
        stage.keep(f"in_{name}")
        numbering.add(stage, name, f"(SELECT {_events(name)} FROM in_{name})")
    numbering.finish(stage, writer)
    return unread


def _events(name: str) -> str:
    columns = [
        f'"{one.name}"' for one in TABLES[name].columns if one.name not in ("person", "stay")
    ]
    names = {column.name for column in TABLES[name].columns}
    if "person" in names and name != "diagnosis":
        columns.append(f"{_padded('person')} AS key")
    if "stay" in names:
        columns.append(f"{_padded('stay')} AS stay_key")
    return ", ".join(columns)


def _padded(column: str) -> str:
    """Names sorted as numbers when they are numbers, so that numbers stay in their order."""
    number = f"try_cast({column} AS BIGINT)"
    return f"CASE WHEN {number} >= 0 THEN printf('%019d', {number}) ELSE nullif({column}, '') END"


def _judge_people(stage: Stage) -> None:
    stage.step("Contrôle : personnes")
    table = TABLES["person"]
    checks = [
        *_form_checks(table),
        Check("person = ''", reason="numéro de personne absent", column="person"),
        Check("died_on < born_on", reason="décès avant la naissance", column="died_on"),
    ]
    stage.judge("in_person", _typed(table), _fill(table, checks), text=_text(table), once="person")


def _judge_stays(stage: Stage) -> None:
    stage.step("Contrôle : séjours")
    table = TABLES["stay"]
    checks = [
        *_form_checks(table),
        Check("stay = ''", reason="numéro de séjour absent", column="stay"),
        Check("person NOT IN (SELECT person FROM in_person)", reason="personne inconnue",
              column="person"),
        Check("left_on < entered_on", reason="sortie avant l'entrée", column="left_on"),
        Check("cost < 0", reason="montant négatif", column="cost"),
    ]  # fmt: skip
    stage.judge("in_stay", _typed(table), _fill(table, checks), text=_text(table), once="stay")


def _judge_rest(stage: Stage, table: EventTable) -> None:
    stage.step(f"Contrôle : {table.label.lower()}")
    checks = _form_checks(table)
    names = set(table.names)
    if "stay" in names:
        stay = Check(
            "stay <> '' AND stay NOT IN (SELECT stay FROM in_stay)",
            reason="séjour inconnu",
            column="stay",
        )
        checks.append(stay)
    if table.name == "diagnosis":
        checks.append(Check("stay = ''", reason="numéro de séjour absent", column="stay"))
    elif "person" in names:
        checks.append(
            Check(
                "person NOT IN (SELECT person FROM in_person)",
                reason="personne inconnue",
                column="person",
            )
        )
    if "ends_on" in names:
        checks.append(Check("ends_on <= starts_on", reason="fin avant le début", column="ends_on"))
    stage.judge(f"in_{table.name}", _typed(table), _fill(table, checks), text=_text(table))


def _fill(table: EventTable, checks: list[Check]) -> list[Check]:
    """The check of empty lines first, which needs all columns."""
    blank = " || ".join(f'"text_{one.name}"' for one in table.columns)
    return [Check(EMPTY.condition.format(all=f"({blank})"), rule=EMPTY.rule), *checks]


def _text(table: EventTable) -> str:
    return f"concat_ws(';', {', '.join(f'text_{one.name}' for one in table.columns)})"


def _typed(table: EventTable) -> str:
    picked = ["raw.file", "raw.row"]
    for one in table.columns:
        picked.append(f'raw."{one.name}" AS "text_{one.name}"')
        picked.append(f'{_cast(table, one)} AS "{one.name}"')
    return f"SELECT {', '.join(picked)} FROM raw_{table.name} raw"


def _cast(table: EventTable, column: Column) -> str:
    value = f'raw."{column.name}"'
    if column.name in ("person", "stay"):
        return value
    if column.name in _DEFAULTS:
        value = f"coalesce(nullif({value}, ''), '{_DEFAULTS[column.name]}')"
    if pa.types.is_date(column.type):
        return f"real_day(as_day({value}))"
    if pa.types.is_boolean(column.type):
        return f"lower({value}) IN {_YES}"
    if pa.types.is_floating(column.type):
        return f"try_cast(replace({value}, ',', '.') AS DOUBLE)"
    if pa.types.is_integer(column.type):
        kind = {8: "TINYINT", 16: "SMALLINT"}.get(column.type.bit_width, "BIGINT")
        return f"try_cast({value} AS {kind})"
    return f"as_code({value})" if (table.name, column.name) in _FORMS else value


def _form_checks(table: EventTable) -> list[Check]:
    """What each column must be, whatever the others say."""
    checks = []
    for one in table.columns:
        name, text = f'"{one.name}"', f'"text_{one.name}"'
        if one.name in ("person", "stay"):
            continue
        if pa.types.is_boolean(one.type):
            known = f"lower({text}) NOT IN {_YES + _NO}"
            checks.append(Check(known, reason="ni oui ni non", column=one.name))
        elif not pa.types.is_string(one.type):
            what = "date illisible" if pa.types.is_date(one.type) else "nombre illisible"
            empty = f"{text} <> '' AND " if one.nullable else ""
            sentinel = "as_day" if pa.types.is_date(one.type) and one.nullable else ""
            bad = f"{sentinel}({text}) IS NULL" if sentinel else f"{name} IS NULL"
            checks.append(Check(f"{empty}{bad}", reason=what, column=one.name))
        closed = _CLOSED.get((table.name, one.name))
        if closed is not None:
            known = f"{name} NOT IN {(*(str(value) for value in closed), '')}"
            checks.append(Check(known, reason="valeur inconnue", column=one.name))
        form = _FORMS.get((table.name, one.name))
        if form is not None:
            checks.append(
                Check(
                    f"{name} <> '' AND NOT {form}({name})", reason="code mal formé", column=one.name
                )
            )
        if one.name == "sex":
            checks.append(Check("sex NOT IN (1, 2)", reason="sexe inconnu", column="sex"))
        if one.name == "packs":
            checks.append(Check("packs < 1", reason="aucune boîte", column="packs"))
    return checks
