"""What an import would change: the text forms of the file against those of the database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from maillage.exchange.rules.reading import Problems, Reading, key_of
from maillage.exchange.rules.workbooks import WORKBOOK
from maillage.exchange.rules.writing import canonical
from maillage.exchange.tables import Change, Row, Table
from maillage.vocabulary.errors import Invalid

SAMPLE = 100
"""How many new rows, and how many changed ones, a report shows."""

SHOWN = 200
"""How many characters of a cell a report shows."""

ENCODING_NAMES = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252", WORKBOOK: "classeur XLSX"}

DELIMITER_NAMES = {";": "point-virgule", ",": "virgule", "\t": "tabulation"}

Key = tuple[str, ...]
Texts = tuple[str, ...]


@dataclass(frozen=True)
class Update:
    """A row whose cells differ: for each column, its text before and after."""

    row: Row
    key: Key
    cells: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Plan:
    """What an import would do. ``untouched`` counts rows of the database that the file does not
    name: an import never deletes."""

    table: Table
    filename: str
    sha256: str
    created: tuple[tuple[Row, Texts], ...]
    updated: tuple[Update, ...]
    unchanged: int
    untouched: int
    problems: Problems
    absent: tuple[str, ...]
    encoding: str
    delimiter: str

    @property
    def changes(self) -> list[Change]:
        """The rows to write, in the order of the file."""
        new = [Change(row, is_new=True) for row, _ in self.created]
        old = [Change(update.row, is_new=False) for update in self.updated]
        return sorted(new + old, key=lambda change: change.row.number)

    @property
    def fingerprint(self) -> str:
        """The same for two plans that would write the same cells over the same cells."""
        digest = hashlib.sha256(self.sha256.encode())
        for _, texts in self.created:
            digest.update(json.dumps(["+", *texts]).encode())
        for update in self.updated:
            digest.update(json.dumps([update.key, dict(update.cells)], sort_keys=True).encode())
        return digest.hexdigest()

    @property
    def counts(self) -> dict[str, int]:
        return {
            "created": len(self.created),
            "updated": len(self.updated),
            "unchanged": self.unchanged,
            "untouched": self.untouched,
            "problems": self.problems.count,
        }

    def as_report(self) -> dict[str, Any]:
        """The plan as JSON values, for the screen: counts, samples of the changes, problems."""
        names = [column.name for column in self.table.columns]
        return {
            "counts": self.counts,
            "encoding": ENCODING_NAMES.get(self.encoding, ""),
            "delimiter": DELIMITER_NAMES.get(self.delimiter, ""),
            "absent": list(self.absent),
            "columns": names,
            "created": [
                {"row": row.number, "cells": [text[:SHOWN] for text in texts]}
                for row, texts in self.created[:SAMPLE]
            ],
            "updated": [
                {
                    "row": update.row.number,
                    "key": " ; ".join(update.key),
                    "cells": [
                        {"column": name, "before": before[:SHOWN], "after": after[:SHOWN]}
                        for name, (before, after) in update.cells.items()
                    ],
                }
                for update in self.updated[:SAMPLE]
            ],
            "problems": [problem.as_dict() for problem in self.problems.listed],
            "more_problems": self.problems.more,
        }

    def check(self) -> None:
        """Raise :class:`Invalid`, with the problems, unless the file can be imported."""
        if self.problems.count:
            raise Invalid(
                "exchange.wrong-file", self.summary, self.problems.listed, more=self.problems.more
            )

    @property
    def summary(self) -> str:
        """What is wrong, in one sentence."""
        count = self.problems.count
        rest = f" (et {self.problems.more} autres)" if self.problems.more else ""
        found = "1 problème" if count == 1 else f"{count} problèmes"
        return f"« {self.filename} » n'est pas importé : {found}{rest}."


def current_texts(table: Table) -> dict[Key, Texts]:
    """The rows of the database in text form, by key."""
    found: dict[Key, Texts] = {}
    for values in table.export():
        texts = tuple(canonical(column, values.get(column.name)) for column in table.columns)
        found[key_of(table, texts)] = texts
    return found


def fill_absent_columns(
    table: Table, reading: Reading, current: Mapping[Key, Texts]
) -> list[tuple[Row, Texts]]:
    """The rows, where a column that the file lacks keeps its present value. (A column that is
    there with an empty cell empties it.)"""
    rows = zip(reading.rows, reading.texts, strict=True)
    if not reading.absent:
        return list(rows)
    places = [(i, c) for i, c in enumerate(table.columns) if c.name in reading.absent]
    filled: list[tuple[Row, Texts]] = []
    for row, texts in rows:
        before = current.get(key_of(table, texts))
        if before is not None:
            values, kept = dict(row.values), list(texts)
            for place, column in places:
                kept[place] = before[place]
                values[column.name] = column.cell.read(kept[place]) if kept[place] else None
            row, texts = Row(row.number, values), tuple(kept)
        filled.append((row, texts))
    return filled


def compare(
    table: Table,
    reading: Reading,
    rows: Iterable[tuple[Row, Texts]],
    current: Mapping[Key, Texts],
    *,
    filename: str,
    sha256: str,
) -> Plan:
    """Sort the rows of a file into new, changed and unchanged ones."""
    created: list[tuple[Row, Texts]] = []
    updated: list[Update] = []
    unchanged = 0
    seen: set[Key] = set()
    for row, texts in rows:
        key = key_of(table, texts)
        seen.add(key)
        before = current.get(key)
        if before is None:
            created.append((row, texts))
        elif before == texts:
            unchanged += 1
        else:
            cells = {
                column.name: (old, new)
                for column, old, new in zip(table.columns, before, texts, strict=True)
                if old != new
            }
            updated.append(Update(row, key, cells))
    return Plan(
        table=table,
        filename=filename,
        sha256=sha256,
        created=tuple(created),
        updated=tuple(updated),
        unchanged=unchanged,
        untouched=len(current.keys() - seen),
        problems=reading.problems,
        absent=tuple(c.name for c in table.columns if c.name in reading.absent),
        encoding=reading.encoding,
        delimiter=reading.delimiter,
    )
