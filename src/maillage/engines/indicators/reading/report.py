"""What a reading was asked, and what it did with every row that it was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Progress = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and a French sentence on what is being done."""

IsCancelled = Callable[[], bool]


class ReadingCancelled(Exception):
    """The caller asked to stop. What was written so far is of no use."""


@dataclass(frozen=True)
class ReadOptions:
    """How to read.

    ``out``: the folder of the store; ``rejects/`` and, when ``is_nominative``,
    ``identities.parquet`` are written there, apart from the events. ``communes_by_code``: the COG
    commune of a postal or PMSI geographic code, for files that hold no commune; a file
    « codes-communes » of the folder does the same and wins. ``layouts``: a folder of more layouts
    of fixed-width files, which add to ours or replace them. ``memory_mb``: what the reading may
    hold in memory; beyond, it spills into ``out``.
    """

    out: Path
    is_nominative: bool = False
    communes_by_code: Mapping[str, str] = field(default_factory=dict)
    layouts: Path | None = None
    memory_mb: int = 1000
    threads: int = 2


@dataclass(frozen=True)
class FileReport:
    """A file that was read. ``rows`` = ``kept`` + all of ``filtered`` (by rule) + all of
    ``rejected`` (by reason). ``layout``: what it was taken for."""

    name: str
    layout: str
    rows: int
    kept: int
    filtered: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_balanced(self) -> bool:
        """True when no row was lost nor counted twice."""
        gone = sum(self.filtered.values()) + sum(self.rejected.values())
        return self.rows == self.kept + gone

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "layout": self.layout,
            "rows": self.rows,
            "kept": self.kept,
            "filtered": dict(self.filtered),
            "rejected": dict(self.rejected),
        }


@dataclass(frozen=True)
class ReadReport:
    """What a reading did. ``events``: rows written, by table. ``rules``: the French sentence of
    each filter that set rows aside. ``notes``: what a reader of the figures must know, in French.
    ``unread``: files of the folder that were not recognised."""

    kind: str
    files: tuple[FileReport, ...]
    events: Mapping[str, int]
    rules: Mapping[str, str]
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.files)

    @property
    def kept(self) -> int:
        return sum(one.kept for one in self.files)

    @property
    def filtered(self) -> dict[str, int]:
        """Rows set aside by each rule, over all files."""
        return _sum(one.filtered for one in self.files)

    @property
    def rejected(self) -> dict[str, int]:
        """Rows refused for each reason, over all files."""
        return _sum(one.rejected for one in self.files)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "kind": self.kind,
            "rows": self.rows,
            "kept": self.kept,
            "filtered": self.filtered,
            "rejected": self.rejected,
            "files": [one.as_dict() for one in self.files],
            "events": dict(self.events),
            "rules": dict(self.rules),
            "notes": list(self.notes),
            "unread": list(self.unread),
        }


def _sum(many: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in many:
        for key, count in one.items():
            total[key] = total.get(key, 0) + count
    return total
