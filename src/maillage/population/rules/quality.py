"""The reports of a version in French words: what was read, set aside, refused, found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maillage.population.rules.versions import BLOCKING

WARNING = "WARNING"
LEVELS = {BLOCKING: "hole", WARNING: "limit"}
WORDS = {BLOCKING: "Bloquant", WARNING: "À surveiller"}
RANKS = {BLOCKING: 0, WARNING: 1}


@dataclass(frozen=True)
class FindingView:
    """A control of the quality report: ``level`` names its sign and colour."""

    level: str
    word: str
    title: str
    sentence: str


@dataclass(frozen=True)
class FileView:
    """A file that was read."""

    name: str
    layout: str
    rows: int
    kept: int
    filtered: int
    rejected: int


@dataclass(frozen=True)
class MonthView:
    """A month of the data: events by kind, in the order of ``QualityView.kinds``."""

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class QualityView:
    """Everything that the page of a version says of its reports."""

    findings: tuple[FindingView, ...] = ()
    files: tuple[FileView, ...] = ()
    rejected: tuple[tuple[str, int], ...] = ()
    filtered: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    months: tuple[MonthView, ...] = ()
    tables: tuple[tuple[str, int], ...] = ()
    rows: int = 0
    kept: int = 0

    @property
    def is_blocking(self) -> bool:
        return any(one.level == LEVELS[BLOCKING] for one in self.findings)

    @property
    def summary(self) -> str:
        """One sentence: how many controls block, how many ask for attention."""
        blocking = sum(one.level == "hole" for one in self.findings)
        watched = sum(one.level == "limit" for one in self.findings)
        if not self.findings:
            return ""
        if not blocking and not watched:
            return f"{len(self.findings)} contrôles, tous satisfaits."
        parts = []
        if blocking:
            parts.append(f"{blocking} bloquant{'s' if blocking > 1 else ''}")
        if watched:
            parts.append(f"{watched} à surveiller")
        return f"{len(self.findings)} contrôles, dont {' et '.join(parts)}."


def read_quality(report: Mapping[str, Any]) -> QualityView:
    """The reports of a version as its page shows them; what a report lacks is left out."""
    reading, quality = report.get("reading", {}), report.get("quality", {})
    rules = reading.get("rules", {})
    kinds, months = _months(quality.get("months", ()))
    return QualityView(
        findings=_findings(quality.get("findings", ())),
        files=tuple(_file(one) for one in reading.get("files", ())),
        rejected=_most_first(reading.get("rejected", {})),
        filtered=_most_first(
            {rules.get(code, code): count for code, count in reading.get("filtered", {}).items()}
        ),
        notes=(*reading.get("notes", ()), *quality.get("notes", ())),
        unread=tuple(reading.get("unread", ())),
        kinds=kinds,
        months=months,
        tables=tuple((str(k), int(v)) for k, v in quality.get("tables", {}).items()),
        rows=int(reading.get("rows", 0)),
        kept=int(reading.get("kept", 0)),
    )


def _findings(rows: Sequence[Mapping[str, Any]]) -> tuple[FindingView, ...]:
    ordered = sorted(rows, key=lambda one: RANKS.get(str(one.get("verdict")), 2))
    return tuple(
        FindingView(
            level=LEVELS.get(str(one.get("verdict")), "ok"),
            word=WORDS.get(str(one.get("verdict")), "Satisfait"),
            title=str(one.get("label", "")),
            sentence=str(one.get("sentence", "")),
        )
        for one in ordered
    )


def _file(one: Mapping[str, Any]) -> FileView:
    return FileView(
        name=str(one.get("name", "")),
        layout=str(one.get("layout", "")),
        rows=int(one.get("rows", 0)),
        kept=int(one.get("kept", 0)),
        filtered=sum(one.get("filtered", {}).values()),
        rejected=sum(one.get("rejected", {}).values()),
    )


def _months(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[tuple[str, ...], tuple[MonthView, ...]]:
    kinds = tuple(dict.fromkeys(kind for row in rows for kind in row if kind != "month"))
    return kinds, tuple(
        MonthView(
            label=f"{str(row['month'])[5:7]}/{str(row['month'])[:4]}",
            counts=tuple(int(row.get(kind, 0)) for kind in kinds),
        )
        for row in rows
    )


def _most_first(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
