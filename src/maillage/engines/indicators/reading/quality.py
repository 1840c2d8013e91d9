"""What a store is worth before anything is computed from it, said in French with figures.

Each finding has a verdict: OK, WARNING (look before believing), BLOCKING (do not use). Limits are
constants here; none of them is a national norm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.reading.defects import (
    CODES,
    DATES,
    DUPLICATES,
    FUTURE,
    ORPHANS,
    Part,
)
from maillage.engines.indicators.reading.report import FileReport, ReadReport
from maillage.engines.indicators.stored import Stored
from maillage.vocabulary.numbers import french


class Verdict(StrEnum):
    """What a finding means for the use of the data."""

    OK = "OK"
    WARNING = "WARNING"
    BLOCKING = "BLOCKING"


@dataclass(frozen=True)
class Finding:
    """One check: ``count`` rows out of ``total`` have the defect. ``details`` gives the parts, and
    ``concerned`` for each the rows that could have had it: the share of a part is of those."""

    key: str
    label: str
    verdict: Verdict
    sentence: str
    count: int = 0
    total: int = 0
    details: Mapping[str, int] = field(default_factory=dict)
    concerned: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class QualityReport:
    """All findings; rows of each kind by month; rows of each table."""

    findings: tuple[Finding, ...]
    months: tuple[Mapping[str, Any], ...]
    tables: Mapping[str, int]

    @property
    def verdict(self) -> Verdict:
        """The worst of the verdicts."""
        found = {one.verdict for one in self.findings}
        for one in (Verdict.BLOCKING, Verdict.WARNING):
            if one in found:
                return one
        return Verdict.OK

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "verdict": str(self.verdict),
            "findings": [
                asdict(one)
                | {
                    "verdict": str(one.verdict),
                    "details": dict(one.details),
                    "concerned": dict(one.concerned),
                }
                for one in self.findings
            ],
            "months": [dict(one) for one in self.months],
            "tables": dict(self.tables),
        }


LOW_MONTH = 0.3
"""A month is low under this part of the median month of its kind."""

EXTREME_AGE = 115

FEWEST_BLOCKING = 11
"""Rows under which a part of a finding only warns, however few it is a share of."""

_MONTHS = {
    "Séjours": ("stay", "left_on", "true"),
    "Passages aux urgences": ("visit", "visited_on", "kind = 'EMERGENCY'"),
    "Consultations": ("visit", "visited_on", "kind <> 'EMERGENCY'"),
    "Délivrances": ("dispensing", "dispensed_on", "true"),
    "Actes et examens": ("procedure", "done_on", "true"),
}


def assess(
    folder: Path,
    *,
    today: date | None = None,
    communes: Collection[str] | None = None,
    report: ReadReport | None = None,
    memory_mb: int = 1000,
) -> QualityReport:
    """Judge a store.

    ``today``: days after it are impossible (not checked when absent). ``communes``: the COG codes
    that exist (shape only, when absent). ``report``: what the reading did, for the rows that were
    rejected and the stays that were not chained. Raises ``Invalid`` when the folder is not a store.
    """
    with Stored(folder, memory_mb=memory_mb) as stored:
        _add_communes(stored, communes)
        months = _count_months(stored)
        findings = [
            _find_volume(stored),
            _find_low_months(months),
            _find_orphans(stored),
            _find_dates(stored, today),
            _find_codes(stored),
            _find_duplicates(stored),
            _find_communes(stored, is_checked=communes is not None),
            _find_missing_main(stored),
            _find_ages(stored),
        ]
        if report is not None:
            findings += [_find_chaining(report), _find_rejects(report)]
        labels = {one.label: stored.manifest.rows.get(name, 0) for name, one in TABLES.items()}
        return QualityReport(tuple(findings), tuple(months), labels)


def _one(stored: Stored, sql: str, *values: Any) -> int:
    return int(stored.rows(sql, *values)[0][0] or 0)


def _share(count: int, total: int) -> str:
    part = 100 * count / total if total else 0.0
    text = f"{part:.2f}" if 0 < part < 1 else f"{part:.1f}"
    if count and text == "0.00":
        return "moins de 0,01 %"
    return f"{text.replace('.', ',')} %"


def _judge(count: int, total: int, *, warning: float, blocking: float) -> Verdict:
    """The verdict of a share: above ``blocking``, above ``warning``, or fine."""
    part = count / total if total else 0.0
    if part > blocking:
        return Verdict.BLOCKING
    return Verdict.WARNING if part > warning else Verdict.OK


def _add_communes(stored: Stored, communes: Collection[str] | None) -> None:
    import pyarrow as pa

    rows = pa.table({"code": pa.array(sorted(communes or ()), pa.string())})
    stored.connection.register("given_commune", rows)


def _count_months(stored: Stored) -> list[dict[str, Any]]:
    first, last = stored.manifest.first_on, stored.manifest.last_on
    counts: dict[str, dict[str, int]] = {}
    kinds = []
    for label, (table, column, condition) in _MONTHS.items():
        rows = stored.rows(
            f"SELECT strftime({column}, '%Y-%m'), count(*) FROM \"{table}\" "
            f"WHERE {condition} AND {column} BETWEEN ? AND ? GROUP BY 1",
            first,
            last,
        )
        if rows:
            kinds.append(label)
            counts[label] = dict(rows)
    months: list[dict[str, Any]] = []
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month) and len(months) < 1200:
        name = f"{year:04d}-{month:02d}"
        months.append({"month": name} | {kind: counts[kind].get(name, 0) for kind in kinds})
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return months


def _find_volume(stored: Stored) -> Finding:
    rows = stored.manifest.rows
    people, stays = rows.get("person", 0), rows.get("stay", 0)
    first, last = stored.manifest.first_on, stored.manifest.last_on
    sentence = (
        f"{french(people)} personnes, {french(stays)} séjours, du {first:%d/%m/%Y} au "
        f"{last:%d/%m/%Y}."
    )
    verdict = Verdict.OK
    if not people or not sum(rows.get(one, 0) for one in ("stay", "dispensing", "visit")):
        verdict = Verdict.BLOCKING
        sentence = f"Aucune personne ou aucun événement : {sentence}"
    elif not stays:
        verdict = Verdict.WARNING
        sentence = f"Aucun séjour : {sentence}"
    return Finding("volume", "Volume et période", verdict, sentence, people, people)


def _find_low_months(months: list[dict[str, Any]]) -> Finding:
    label = "Mois manquants"
    kinds = [kind for kind in (months[0] if months else {}) if kind != "month"]
    low: list[str] = []
    details: dict[str, int] = {}
    for kind in kinds:
        counts = sorted(month[kind] for month in months)
        median = counts[len(counts) // 2]
        found = [m["month"] for m in months if m[kind] == 0 or m[kind] < LOW_MONTH * median]
        # A kind that a source holds rarely has empty months without a file that is missing.
        if found and median >= 30:
            details[kind] = len(found)
            low += [f"{kind.lower()} {name[5:]}/{name[:4]}" for name in found]
    if not low:
        sentence = f"Aucun mois vide ni anormalement bas sur {len(months)} mois."
        return Finding("months", label, Verdict.OK, sentence, 0, len(months))
    shown = ", ".join(low[:6]) + (f" et {len(low) - 6} autres" if len(low) > 6 else "")
    sentence = f"Mois vides ou très bas (un fichier manque-t-il ?) : {shown}."
    return Finding("months", label, Verdict.WARNING, sentence, len(low), len(months), details)


def _count_parts(stored: Stored, parts: Sequence[Part], *values: Any) -> list[Counted]:
    return [
        Counted(
            one.what,
            _one(stored, one.sql, *values),
            _one(stored, one.among, *(values if "$1" in one.among else ())),
            one.noun,
        )
        for one in parts
    ]


class Counted(NamedTuple):
    """A part, counted."""

    what: str
    rows: int
    total: int
    noun: str


def _parts(
    key: str,
    label: str,
    parts: Sequence[Counted],
    *,
    good: str,
    blocking: float,
    warning: float = 0.0,
) -> Finding:
    """A finding of several parts, each judged by its share of the rows that it concerns: a small
    table that is wrong throughout must not be drowned in a large one."""
    found = [one for one in parts if one.rows]
    if not found:
        total = sum({one.noun: one.total for one in parts}.values())
        return Finding(key, label, Verdict.OK, good, 0, total)
    verdicts = {
        _judge(
            one.rows,
            one.total,
            warning=warning,
            blocking=blocking if one.rows >= FEWEST_BLOCKING else 1.0,
        )
        for one in found
    }
    worst = next(one for one in (Verdict.BLOCKING, Verdict.WARNING, Verdict.OK) if one in verdicts)
    said = " ; ".join(
        f"{one.what} : {french(one.rows)} sur {french(one.total)} {one.noun} "
        f"({_share(one.rows, one.total)})"
        for one in found
    )
    return Finding(
        key,
        label,
        worst,
        f"{said[0].upper()}{said[1:]}.",
        sum(one.rows for one in found),
        sum({one.noun: one.total for one in found}.values()),
        {one.what: one.rows for one in found},
        {one.what: one.total for one in found},
    )


def _find_orphans(stored: Stored) -> Finding:
    return _parts(
        "orphans",
        "Lignes sans rattachement",
        _count_parts(stored, ORPHANS),
        good="Chaque ligne est rattachée à une personne, et à un séjour quand il le faut.",
        blocking=0.01,
    )


def _find_dates(stored: Stored, today: date | None) -> Finding:
    found = _count_parts(stored, DATES)
    if today is not None:
        found += _count_parts(stored, FUTURE, today)
    return _parts(
        "dates", "Dates impossibles", found, good="Aucune date impossible.", blocking=0.01
    )


def _find_codes(stored: Stored) -> Finding:
    return _parts(
        "codes",
        "Codes inconnus",
        _count_parts(stored, CODES),
        good="Tous les codes ont la forme de leur nomenclature.",
        warning=0.001,
        blocking=0.05,
    )


def _find_duplicates(stored: Stored) -> Finding:
    return _parts(
        "duplicates",
        "Doublons",
        _count_parts(stored, DUPLICATES),
        good="Aucun doublon.",
        warning=0.001,
        blocking=0.05,
    )


def _find_communes(stored: Stored, *, is_checked: bool) -> Finding:
    label = "Communes de résidence"
    known = "commune IN (SELECT code FROM given_commune)" if is_checked else "commune <> ''"
    total = _one(stored, "SELECT count(*) FROM person")
    located = _one(
        stored, f"SELECT count(DISTINCT person) FROM residence WHERE commune <> '' AND {known}"
    )
    missing = total - located
    verdict = _judge(missing, total, warning=0.05, blocking=0.5)
    sentence = (
        f"La commune est connue pour {french(located)} personnes sur {french(total)} "
        f"({_share(located, total)})."
    )
    details = {}
    if is_checked:
        stranger = _one(
            stored,
            "SELECT count(DISTINCT commune) FROM residence "
            "WHERE commune <> '' AND commune NOT IN (SELECT code FROM given_commune)",
        )
        if stranger:
            codes = _one(
                stored, "SELECT count(DISTINCT commune) FROM residence WHERE commune <> ''"
            )
            details["codes communes inconnus du territoire"] = stranger
            sentence += (
                f" {french(stranger)} codes de communes sur {french(codes)} ne sont pas du "
                "territoire."
            )
    return Finding("communes", label, verdict, sentence, missing, total, details)


def _find_missing_main(stored: Stored) -> Finding:
    total = _one(stored, "SELECT count(*) FROM stay")
    count = _one(stored, "SELECT count(*) FROM stay WHERE main = ''")
    sentence = (
        f"Le diagnostic principal manque dans {french(count)} séjours sur {french(total)} "
        f"({_share(count, total)})."
        if count
        else "Chaque séjour a un diagnostic principal."
    )
    verdict = _judge(count, total, warning=0.005, blocking=0.1)
    return Finding("main", "Diagnostic principal", verdict, sentence, count, total)


def _find_ages(stored: Stored) -> Finding:
    total = _one(stored, "SELECT count(*) FROM person")
    old = _one(
        stored,
        "SELECT count(*) FROM person WHERE date_diff('year', born_on, coalesce(died_on, ?)) > ?",
        stored.manifest.last_on,
        EXTREME_AGE,
    )
    middle = stored.rows(
        "SELECT median(date_diff('year', born_on, coalesce(died_on, ?))), "
        "avg(CASE sex WHEN 2 THEN 1.0 ELSE 0.0 END) FROM person",
        stored.manifest.last_on,
    )[0]
    sentence = ""
    if total:
        women = f"{100 * float(middle[1]):.0f} %"
        sentence = f"Âge médian {float(middle[0]):.0f} ans, {women} de femmes."
    if old:
        sentence += (
            f" {french(old)} personnes sur {french(total)} ({_share(old, total)}) auraient plus de "
            f"{EXTREME_AGE} ans : décès inconnus "
            "ou dates de naissance fausses."
        )
    verdict = _judge(old, total, warning=0.0005, blocking=0.05)
    return Finding("ages", "Âges", verdict, sentence.strip(), old, total)


_CHAIN_RULES = ("UNCHAINED", "CHAIN_ERROR", "CHAIN_CONFLICT")


def _find_chaining(report: ReadReport) -> Finding:
    details = {
        report.rules[code]: count for code, count in report.filtered.items() if code in _CHAIN_RULES
    }
    count = sum(details.values())
    files = [one for one in report.files if set(one.filtered) & set(_CHAIN_RULES)]
    total = sum(one.kept + sum(one.filtered.values()) for one in files)
    sentence = (
        f"{french(count)} lignes de séjours ou de passages, sur {french(total)} lisibles dans "
        f"leurs fichiers ({_share(count, total)}), ne sont pas rattachées à un patient sûr."
        if count
        else "Tous les séjours sont rattachés à un patient."
    )
    verdict = _judge(count, total, warning=0.02, blocking=0.15)
    return Finding("chaining", "Chaînage", verdict, sentence, count, total, details)


def _find_rejects(report: ReadReport) -> Finding:
    count = sum(report.rejected.values())
    sentence = (
        f"{french(count)} lignes rejetées sur {french(report.rows)} lues "
        f"({_share(count, report.rows)})."
        if count
        else f"Aucune ligne rejetée sur {french(report.rows)} lues."
    )
    worst = max((_part(one) for one in report.files), default=0.0)
    verdict = _judge(count, report.rows, warning=0.001, blocking=0.1)
    if worst > 0.5:
        verdict = Verdict.BLOCKING
        names = ", ".join(one.name for one in report.files if _part(one) > 0.5)
        sentence += f" Plus de la moitié de {names} est rejetée."
    return Finding(
        "rejects", "Lignes rejetées", verdict, sentence, count, report.rows, report.rejected
    )


def _part(one: FileReport) -> float:
    return sum(one.rejected.values()) / one.rows if one.rows else 0.0
