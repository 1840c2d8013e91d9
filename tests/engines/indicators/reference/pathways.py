"""Paths and verdicts, one person after the other, day after day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from maillage.engines.indicators.definition_model import DispensingArm, StayArm
from maillage.engines.indicators.path_rules import Event, GradedPathway, Step
from tests.engines.indicators.reference.cohorts import _dated, _days, _is, _real, stay_counts
from tests.engines.indicators.reference.episodes import episodes

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
KINDS = {"PROXIMITY": "LOCAL", "REFERENCE": "RECOURSE"}
"""Levels that a path calls otherwise."""


class Life:
    """One person, the episodes of care, and what happened on which day."""

    def __init__(self, person: Row, own: Tables, levels: Mapping[str, str]) -> None:
        self.person, self.own, self.levels = person, own, levels
        self.died_on = _real(person["died_on"])
        self.episodes = episodes(self.own["stay"])

    def happened(self, arm: Event) -> Iterator[tuple[date, date, str]]:
        """Day, day of exit, and level of the place."""
        if isinstance(arm, StayArm):
            for stay in self.own["stay"]:
                if stay_counts(arm, stay, self.own):
                    level = self.levels.get(stay["site"], "")
                    yield stay["entered_on"], stay["left_on"], level
        elif isinstance(arm, DispensingArm):
            for row in self.own["dispensing"]:
                if _is(row["atc"], arm.atc):
                    yield row["dispensed_on"], row["dispensed_on"], ""
        else:
            for day in _dated(arm, self.own):
                yield day, day, ""

    def first(self, pathway: GradedPathway, year: int, first_on: date) -> tuple[date, date] | None:
        """Entry and exit of the first event of a year."""
        found = sorted((d, out) for arm in pathway.index for d, out, _ in self.happened(arm))
        for entry in sorted({day for day, _ in found}):
            if entry.year != year:
                continue
            earlier = [day for day, _ in found if day < entry]
            wait = timedelta(days=pathway.new_days)
            if pathway.new_days and (
                entry - first_on < wait or entry - wait <= max(earlier, default=date.min)
            ):
                continue
            out = max(own_exit for day, own_exit in found if day == entry)
            if any(isinstance(arm, StayArm) for arm in pathway.index):
                around = [e for e in self.episodes if e["entered_on"] <= entry <= e["left_on"]]
                out = around[0]["left_on"] if around else out
            return entry, out
        return None

    def commune(self, year: int) -> str:
        begun = [
            (home["starts_on"], home["commune"])
            for home in self.own["residence"]
            if home["starts_on"] <= date(year, 12, 31)
        ]
        return max(begun)[1] if begun else ""

    def path(self, pathway: GradedPathway, entry: date) -> list[str]:
        """The first six steps."""
        end = entry + timedelta(days=pathway.follow_days)
        until = min(end, self.died_on) if self.died_on else end
        seen: list[tuple[date, int, date, str]] = []
        in_bed = False
        for stay in self.own["stay"]:
            if stay["sessions"] or stay["group"][:2] in ("28", "90"):
                continue
            if not entry <= stay["entered_on"] <= until:
                continue
            in_bed = in_bed or stay["left_on"] > end
            level = self.levels.get(stay["site"], "HOSPITAL")
            kind = "REHABILITATION" if stay["main"].startswith("Z50") else KINDS.get(level, level)
            seen.append((stay["entered_on"], 1, stay["left_on"], kind))
            if stay["from_emergency"]:
                seen.append((stay["entered_on"], 0, date.min, "EMERGENCY"))
        for visit in self.own["visit"]:
            day = visit["visited_on"]
            if not entry <= day <= until:
                continue
            if visit["kind"] == "EMERGENCY":
                seen.append((day, 0, date.min, "EMERGENCY"))
            elif visit["kind"] == "GP":
                seen.append((day, 3, date.min, "GP"))
            elif visit["kind"] != "NURSE" and visit["specialty"] in pathway.specialties:
                seen.append((day, 2, date.min, "SPECIALIST"))
        if self.died_on and self.died_on <= end:
            seen.append((self.died_on, 8, date.min, "DEATH"))
        elif not in_bed:
            seen.append((end, 9, date.min, "HOME"))
        steps: list[str] = []
        for _, _, _, kind in sorted(seen):
            if not steps or steps[-1] != kind:
                steps.append(kind)
        return steps[:6]

    def verdict(self, step: Step, year: int, entry: date, out: date, last_on: date) -> str:
        """What became of a step."""
        start = out if step.after == "exit" else entry
        deadline = start + timedelta(days=step.within_days)
        horizon = start + timedelta(days=step.late_days)
        if step.due and not any(_days(arm, self.person, self.own, year) for arm in step.due):
            return "NOT_DUE"
        done = [
            (day, not step.levels or level in step.levels)
            for arm in step.expects
            for day, _, level in self.happened(arm)
            if start <= day <= horizon
        ]
        fit = min((day for day, fits in done if fits), default=None)
        cuts = [self.died_on] if self.died_on else []
        if step.after == "exit":
            cuts += [e["entered_on"] for e in self.episodes if e["entered_on"] > out]
        if cuts and min(cuts) <= deadline and (fit is None or fit > min(cuts)):
            return "NOT_DUE"
        if fit is not None and fit <= deadline:
            return "ON_TIME"
        if deadline > last_on:
            return "NOT_DUE"
        if fit is not None:
            return "LATE"
        return "WRONG_LEVEL" if done else "NEVER"


def lived(
    pathway: GradedPathway,
    tables: Tables,
    years: Sequence[int],
    levels: Mapping[str, str],
    first_on: date,
    last_on: date,
) -> tuple[Counter[tuple[Any, ...]], Counter[tuple[Any, ...]]]:
    """Persons by year, rank, origin and step; by year, commune, step and verdict."""
    paths: Counter[tuple[Any, ...]] = Counter()
    verdicts: Counter[tuple[Any, ...]] = Counter()
    own: dict[int, dict[str, list[Row]]] = {
        person["person"]: {name: [] for name in tables} for person in tables["person"]
    }
    for name, rows in tables.items():
        for row in rows:
            own[row["person"]][name].append(row)
    for person in tables["person"]:
        life = Life(person, own[person["person"]], levels)
        for year in years:
            first = life.first(pathway, year, first_on)
            if first is None:
                continue
            entry, out = first
            if entry + timedelta(days=pathway.follow_days) <= last_on:
                steps = life.path(pathway, entry)
                for rank, kind in enumerate(steps):
                    paths[year, rank, steps[rank - 1] if rank else "", kind] += 1
            for step in pathway.steps:
                verdict = life.verdict(step, year, entry, out, last_on)
                verdicts[year, life.commune(year), step.key, verdict] += 1
    return paths, verdicts
