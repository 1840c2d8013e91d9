"""The printed report of a proof, as values: what each page says, before any typography."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from maillage.coverage.enums import CATEGORIES, COVERED, HOLES
from maillage.coverage.rules.alerts import LEVELS, AlertRow
from maillage.coverage.rules.communes_view import CommuneFigures
from maillage.coverage.rules.pictures import (
    LABELS,
    NOBODY,
    calendar_picture,
    class_of,
    print_map,
    swatch,
)
from maillage.coverage.rules.proofs import StepDifference, StepRow, total
from maillage.territory.rules.maps import BaseMap, Mark
from maillage.vocabulary.calendar import french_day, french_instant, paris_instant, to_paris

if TYPE_CHECKING:
    import numpy as np

FONT = "Libertinus Serif"
"""The face of the report; it comes with the typesetter."""

MOST_CHANGES = 8
MOST_ALERTS = 8
WORST_OF_PATHWAY = 6
FRAGILE_OF_PATHWAY = 6
WORST = 20
FRAGILE = 18
SEEN_CHANGE = 0.001
"""A share that moves by less than a tenth of a point reads the same."""

USUAL = 0.5
"""An hour of the week is usually empty when more than this share of its dates are."""

PARTS_OF_HOUR = 12
"""Usual times are said to five minutes: rosters and opening hours do not change more finely."""

FRAGILE_KINDS = {"service": "service", "clause": "clause", "holder": "personne"}


@dataclass(frozen=True)
class ProofFacts:
    """What the front page says. ``finished_at`` is when the proof was computed."""

    number: int
    label: str
    territory: str
    first_day: date
    last_day: date
    finished_at: datetime
    asked_by: str
    revision: int
    network_hash: str
    engine_version: str
    change_points: int
    margin_minutes: float
    address: str


@dataclass(frozen=True)
class StepCommunes:
    """One step in every commune, ages together: person-hours due and by category, in arrays that
    follow ``codes``."""

    codes: Sequence[str]
    residents: np.ndarray
    due: np.ndarray
    hours: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class StepMoments:
    """When a step leaves residents without answer: instants in microseconds since 1970, and the
    share of the residents concerned."""

    starts: np.ndarray
    ends: np.ndarray
    shares: np.ndarray


@dataclass(frozen=True)
class Exposure:
    """A fragile point of one step, named for whoever reads."""

    pathway: str
    step: int
    kind: str
    key: str
    name: str
    detail: str
    person_hours: float


@dataclass(frozen=True)
class StatedFact:
    """Where something known comes from."""

    subject: str
    source: str
    on: date | None
    illustrative: bool


@dataclass(frozen=True)
class ReportSource:
    """Everything that a report is made of. ``rankings``: communes of the step that each pathway
    shows, and of all steps together (None), in the order of the page of communes. ``care_labels``
    names care types and levels; ``sites`` gives the places of each (care type, level). ``alerts``
    is None when endings were not looked for: they are for the proof of the coming year only."""

    facts: ProofFacts
    names_shown: bool
    steps: Sequence[StepRow]
    previous: tuple[int, datetime] | None
    differences: Sequence[StepDifference]
    alerts: Sequence[AlertRow] | None
    communes: Mapping[tuple[str, int], StepCommunes]
    rankings: Mapping[tuple[str, int] | None, Sequence[CommuneFigures]]
    moments: Mapping[str, Sequence[StepMoments]]
    exposures: Sequence[Exposure]
    base: BaseMap
    sites: Mapping[tuple[str, str], Sequence[Mark]]
    care_labels: Mapping[str, str]
    sources: Sequence[StatedFact]


def build_report(source: ReportSource) -> dict[str, Any]:
    """The document that ``print/report.typ`` sets: plain values and pictures, no mark-up of
    anybody's. The same source always gives the same document."""
    facts = source.facts
    pathways: dict[str, list[StepRow]] = {}
    for step in source.steps:
        pathways.setdefault(step.pathway, []).append(step)
    finished = to_paris(facts.finished_at)
    return {
        "number": facts.number,
        "label": facts.label,
        "territory": facts.territory,
        "author": f"Maillage, {facts.territory}",
        "horizon": _horizon(facts),
        "days": (facts.last_day - facts.first_day).days,
        "from": facts.first_day.isoformat(),
        "to": facts.last_day.isoformat(),
        "computed": french_instant(facts.finished_at, weekday=False),
        "year": finished.year,
        "month": finished.month,
        "day": finished.day,
        "asked_by": facts.asked_by,
        "revision": facts.revision,
        "hash": facts.network_hash,
        "engine": facts.engine_version,
        "change_points": facts.change_points,
        "margin": facts.margin_minutes,
        "address": facts.address,
        "names_shown": source.names_shown,
        "communes_count": len(source.base.shapes),
        "residents": sum(shape.residents for shape in source.base.shapes),
        "totals": _totals(source.steps),
        "changes": _changes(source),
        "alerts": _alerts(source.alerts),
        "pathways": [_pathway(source, rows) for rows in pathways.values()],
        "worst": _worst(source.base, source.rankings.get(None, ()), WORST),
        "fragile": _fragile(source.exposures, FRAGILE),
        "sources": [
            {
                "subject": row.subject,
                "source": row.source,
                "on": f"{row.on:%d/%m/%Y}" if row.on else "",
                "illustrative": row.illustrative,
            }
            for row in source.sources
        ],
    }


def _horizon(facts: ProofFacts) -> str:
    last = facts.last_day - timedelta(days=1)
    return f"Du {french_day(facts.first_day)} au {french_day(last)}"


def _shares(hours: Mapping[str, float], due: float) -> list[float]:
    """On target, at the limit, late, without answer: shares of what is due."""
    if not due:
        return [0.0, 0.0, 0.0, 0.0]
    hole = sum(hours[name] for name in HOLES)
    return [hours["on_target"] / due, hours["at_limit"] / due, hours["late"] / due, hole / due]


def _totals(steps: Sequence[StepRow]) -> dict[str, Any]:
    due = sum(step.person_hours_due for step in steps)
    return {
        "due": due,
        "shares": _shares(total(steps), due),
        "fragile": sum(step.fragile for step in steps) / due if due else 0.0,
    }


def _changes(source: ReportSource) -> dict[str, Any] | None:
    if source.previous is None:
        return None
    number, computed = source.previous
    moved = [
        row
        for row in source.differences
        if row.before is None or row.after is None or abs(row.share_change(*HOLES)) >= SEEN_CHANGE
    ]
    moved.sort(key=lambda row: (-abs(row.share_change(*HOLES)), row.pathway, row.step))
    return {
        "number": number,
        "computed": french_day(to_paris(computed).date()),
        "count": len(moved),
        "rows": [
            {
                "pathway": row.pathway_name,
                "step": row.step_name,
                "before": row.before.share(*HOLES) if row.before else None,
                "after": row.after.share(*HOLES) if row.after else None,
            }
            for row in moved[:MOST_CHANGES]
        ],
    }


def _alerts(alerts: Sequence[AlertRow] | None) -> dict[str, Any] | None:
    """Endings within each delay, and those of them that cost somebody's cover: the totals that the
    page of endings gives. Those that cost most, by date."""
    if alerts is None:
        return None
    felt = [row for row in alerts if not row.is_harmless and row.days_left <= LEVELS[-1]]
    heaviest = sorted(felt, key=lambda row: (-row.untimely, row.due_on, row.pk))[:MOST_ALERTS]
    return {
        "count": sum(row.days_left <= LEVELS[-1] for row in alerts),
        "felt": len(felt),
        "within": [
            (
                days,
                sum(row.days_left <= days for row in alerts),
                sum(row.days_left <= days for row in felt),
            )
            for days in LEVELS
        ],
        "rows": [
            {
                "day": f"{row.due_on:%d/%m/%Y}",
                "kind": row.kind.label,
                "subject": row.subject_name,
                "residents": max(row.residents, row.untimely_residents),
                "lost": row.person_hours,
                "delayed": row.delayed,
            }
            for row in sorted(heaviest, key=lambda row: (row.due_on, -row.untimely, row.pk))
        ],
    }


def _pathway(source: ReportSource, rows: Sequence[StepRow]) -> dict[str, Any]:
    first = rows[0]
    key = first.pathway
    due = sum(row.person_hours_due for row in rows)
    shown = shown_step(rows)
    communes = source.communes.get((key, shown.step))
    calendar = hole_calendar(
        source.moments.get(key, ()), source.facts.first_day, source.facts.last_day
    )
    return {
        "name": first.pathway_name,
        "shares": _shares(total(rows), due),
        "steps": [_step(row, source.care_labels) for row in rows],
        "shown": shown.step,
        "map": _map(source, shown, communes),
        "calendar": calendar,
        "worst": _worst(source.base, source.rankings.get((key, shown.step), ()), WORST_OF_PATHWAY),
        "fragile": _fragile(
            [row for row in source.exposures if row.pathway == key], FRAGILE_OF_PATHWAY
        ),
    }


def shown_step(rows: Sequence[StepRow]) -> StepRow:
    """The step of a pathway that its page shows: the least covered of those that owe something."""
    counted = [row for row in rows if row.person_hours_due] or rows[:1]
    return min(counted, key=lambda row: (row.share(*COVERED), row.step))


def _step(row: StepRow, labels: Mapping[str, str]) -> dict[str, Any]:
    hole = row.uncovered
    reasons = sorted(
        ((row.person_hours[name], name) for name in HOLES if row.person_hours[name] > 0),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return {
        "order": row.step,
        "name": row.step_name,
        "care": labels.get(row.care_type, row.care_type),
        "level": labels.get(row.level, row.level).lower(),
        "target": row.target_minutes,
        "residents": row.residents,
        "shares": _shares(row.person_hours, row.person_hours_due),
        "fragile": row.fragile / row.person_hours_due if row.person_hours_due else 0.0,
        "mean": row.mean_minutes,
        "uncovered_people": hole / row.hours_due if row.hours_due else 0.0,
        "reasons": [
            {"label": CATEGORIES[name].label, "share": hours / hole} for hours, name in reasons
        ],
    }


def _map(source: ReportSource, step: StepRow, communes: StepCommunes | None) -> dict[str, Any]:
    shares: dict[str, float | None] = {}
    people: dict[str, float] = {}
    if communes is not None:
        covered = sum(communes.hours[name] for name in COVERED)
        rows = zip(communes.codes, communes.residents, communes.due, covered, strict=True)  # type: ignore[arg-type]
        for code, residents, due, hours in rows:
            shares[code] = float(hours / due) if due > 0 else None
            people[code] = float(residents)
    classes = {shape.code: class_of(shares.get(shape.code)) for shape in source.base.shapes}
    legend = []
    for css, label in [
        *((f"q{rank}", label) for rank, label in enumerate(LABELS)),
        ("none", NOBODY),
    ]:
        inside = [code for code, found in classes.items() if found == css]
        if inside or css != "none":
            residents = sum(people.get(code, 0.0) for code in inside)
            legend.append(
                {
                    "swatch": swatch(css),
                    "label": label,
                    "communes": len(inside),
                    "residents": round(residents),
                }
            )
    marks = source.sites.get((step.care_type, step.level), ())
    return {"svg": print_map(source.base, classes, marks, FONT), "legend": legend}


def _worst(base: BaseMap, ranked: Sequence[CommuneFigures], most: int) -> list[dict[str, Any]]:
    """The first communes of a ranking, as long as somebody there is late or without answer."""
    shapes = {shape.code: shape for shape in base.shapes}
    found = []
    for row in ranked[:most]:
        if row.unserved <= 0:
            break
        shape = shapes.get(row.code)
        reason = max(("late", *HOLES), key=lambda name: (row.person_hours[name], name))
        found.append(
            {
                "name": shape.name if shape else row.code,
                "department": shape.department if shape else "",
                "residents": round(row.residents),
                "hole": row.uncovered / row.due,
                "late": row.person_hours["late"] / row.due,
                "reason": CATEGORIES[reason].label,
            }
        )
    return found


def _fragile(exposures: Iterable[Exposure], most: int) -> list[dict[str, Any]]:
    """Fragile points of several steps added up, the heaviest first."""
    sums: dict[tuple[str, str], tuple[float, int, Exposure]] = {}
    for row in exposures:
        hours, steps, _ = sums.get((row.kind, row.key), (0.0, 0, row))
        sums[row.kind, row.key] = (hours + row.person_hours, steps + 1, row)
    heaviest = sorted(sums.values(), key=lambda kept: (-kept[0], kept[2].kind, kept[2].key))
    return [
        {
            "kind": FRAGILE_KINDS.get(row.kind, row.kind),
            "name": row.name,
            "detail": row.detail,
            "steps": steps,
            "person_hours": hours,
        }
        for hours, steps, row in heaviest[:most]
    ]


# The calendar of holes


def hole_calendar(steps: Sequence[StepMoments], first_day: date, last_day: date) -> dict[str, Any]:
    """The calendar of a pathway: its picture, how many hours have a hole (exactly), and the hours
    of the week when that is usual."""
    shares = hole_grid(steps, first_day, last_day)
    return {
        "svg": calendar_picture(shares, first_day, FONT),
        "hours": round(_union_hours(steps)),
        "of": round(
            (paris_instant(last_day, time(0)) - paris_instant(first_day, time(0))).total_seconds()
            / 3600
        ),
        "usual": usual_hours(hole_grid(steps, first_day, last_day, parts=PARTS_OF_HOUR), first_day),
    }


def hole_grid(
    steps: Sequence[StepMoments], first_day: date, last_day: date, *, parts: int = 1
) -> np.ndarray:
    """``grid[day, hour]`` on the clocks of Paris: the largest share of residents without answer
    at one step, at some instant of the hour. NaN in the hour that clocks skip; the hour that they
    repeat takes the worst of both passes. Each hour in so many equal ``parts``."""
    import numpy as np

    start = paris_instant(first_day, time(0))
    count = parts * round((paris_instant(last_day, time(0)) - start).total_seconds() / 3600)
    origin, cell = round(start.timestamp() * 1_000_000), 3_600_000_000 // parts
    line = np.zeros(count)
    for step in steps:
        first = np.clip((step.starts - origin) // cell, 0, count)
        last = np.clip(-((origin - step.ends) // cell), 0, count)
        for low, high, share in zip(
            first.tolist(), last.tolist(), step.shares.tolist(), strict=True
        ):
            np.maximum(line[low:high], share, out=line[low:high])
    grid = np.full(((last_day - first_day).days, 24 * parts), np.nan)
    days, hours = _cells(first_day, last_day)
    # Clocks change on the hour: the parts of an hour follow each other.
    columns = (np.array(hours)[:, None] * parts + np.arange(parts)).ravel()
    np.fmax.at(grid, (np.repeat(days, parts), columns), line)
    return grid


@lru_cache(maxsize=4)
def _cells(first_day: date, last_day: date) -> tuple[list[int], list[int]]:
    """Day and hour, on the clocks of Paris, of every hour that passes over the horizon."""
    start = paris_instant(first_day, time(0))
    count = round((paris_instant(last_day, time(0)) - start).total_seconds() / 3600)
    locals_ = [to_paris(start + timedelta(hours=index)) for index in range(count)]
    return [(at.date() - first_day).days for at in locals_], [at.hour for at in locals_]


def _union_hours(steps: Sequence[StepMoments]) -> float:
    """Hours when at least one step leaves somebody without answer."""
    spans = sorted(
        pair
        for step in steps
        for pair in zip(step.starts.tolist(), step.ends.tolist(), strict=True)
    )
    covered, reached = 0, 0
    for start, end in spans:
        if end > reached:
            covered += end - max(start, reached)
            reached = end
    return covered / 3_600_000_000


def usual_hours(shares: np.ndarray, first_day: date) -> str:
    """« en semaine de 18 h 30 à 8 h, le dimanche toute la journée »: times of the week at which
    most dates have a hole. Empty when none is usually empty. ``shares`` is a grid of
    :func:`hole_grid`: times are as exact as its columns."""
    import numpy as np

    groups = (("en semaine", (0, 1, 2, 3, 4)), ("le samedi", (5,)), ("le dimanche", (6,)))
    weekdays = (np.arange(shares.shape[0]) + first_day.weekday()) % 7
    said = {}
    for name, wanted in groups:
        rows = shares[np.isin(weekdays, wanted)]
        if len(rows):
            empty = (np.nan_to_num(rows) > 0).mean(axis=0) > USUAL
            said[name] = " et ".join(_ranges(empty.tolist()))
    if len(said) == len(groups) and len(set(said.values())) == 1:
        words = next(iter(said.values()))
        return f"tous les jours {words}" if words else ""
    return ", ".join(f"{name} {words}" for name, words in said.items() if words)


def _ranges(cells: Sequence[bool]) -> list[str]:
    """Runs of cells of a day in words; a run that crosses midnight is one."""
    if all(cells):
        return ["toute la journée"]
    count = len(cells)
    starts = [cell for cell in range(count) if cells[cell] and not cells[cell - 1]]
    found = []
    for start in starts:
        length = next(more for more in range(1, count) if not cells[(start + more) % count])
        end = (start + length) % count or count
        found.append(f"de {_clock(start, count)} à {_clock(end, count)}")
    return found


def _clock(cell: int, count: int) -> str:
    """« 12 h 30 »: the time of day at which a cell out of ``count`` begins."""
    hour, minute = divmod(cell * 24 * 60 // count, 60)
    return f"{hour} h {minute:02d}" if minute else f"{hour} h"


def report_timestamp(finished_at: datetime) -> int:
    """The instant that the printed document bears (seconds): when its proof was computed, so that
    printing it again gives the same bytes."""
    return int(finished_at.astimezone(UTC).timestamp())
