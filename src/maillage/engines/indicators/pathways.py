"""Pathways as lived: the steps of care after a first event, and how they fit a graded pathway.

The first event of a person in a year is the earliest that the file of the pathway names
(:mod:`~maillage.engines.indicators.path_rules`); its year is that of its day. Its exit is that of
the episode of hospital care that holds it (transfers included), or the same day for what is not a
stay.

**Paths**: what follows from that day on, for ``follow_days``: passages in emergencies (a stay that
came through them has one), stays by the level of their place, rehabilitation, visits to general
practitioners and to the specialists of the pathway, death, and home for those who are alive and in
no bed on the last day. Steps that repeat the one before are left out; the first six are kept. Only
first events of which the whole time was seen are counted.

**Conformance**: for each expected step, one verdict a person and year:

- ``NOT_DUE``: not asked of this person, or the delay is not over, or it was cut short (by death, or
  after an exit by another episode) before the step was done;
- ``ON_TIME`` and ``LATE``: done at a level that fits, within the delay, or after it and until the
  end of what is late;
- ``WRONG_LEVEL``: done by then, but never at a level that fits; ``NEVER``: not done by then.

Days are whole numbers since 1970-01-01: engines do not subtract days alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from maillage.engines.indicators.codes import starts_with
from maillage.engines.indicators.cohorts import (
    Events,
    arm_events,
    matching_stays,
    meeting,
)
from maillage.engines.indicators.definition_model import Definitions, StayArm
from maillage.engines.indicators.episodes import full_stays
from maillage.engines.indicators.events import VisitKind
from maillage.engines.indicators.joins import having
from maillage.engines.indicators.measures.ground import Ground, prepare
from maillage.engines.indicators.path_rules import (
    EXIT,
    KIND_OF_LEVEL,
    REHABILITATION_CODES,
    Event,
    GradedPathway,
    Step,
    StepKind,
    Verdict,
    load_pathways,
)
from maillage.engines.indicators.results import CONFORMANCE, PATHS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from maillage.engines.indicators.backends import Engine

STEPS_KEPT = 6
ORDER = {
    StepKind.EMERGENCY: 0,
    StepKind.SPECIALIST: 2,
    StepKind.GP: 3,
    StepKind.DEATH: 8,
    StepKind.HOME: 9,
}
"""Of steps of one day, which comes first; hospitals (1) come in the order of their exits."""


def lived(
    engine: Engine,
    definitions: Definitions,
    years: Sequence[int],
    site_levels: Mapping[str, str],
    *,
    ground: Ground | None = None,
    pathways: Sequence[GradedPathway] | None = None,
) -> tuple[pa.Table, pa.Table]:
    """The rows of PATHS and CONFORMANCE of every pathway over these years, in no order.

    ``site_levels``: level of the places by FINESS number (PROXIMITY, RECOURSE, REFERENCE or
    UNIVERSITY). ``ground``: what was already prepared of the same engine and years. Raises
    ``Invalid`` when a file of rules cannot be read."""
    ground = ground or prepare(engine, definitions, years)
    chosen = load_pathways(definitions).values() if pathways is None else pathways
    paths, conformance = [PATHS.schema.empty_table()], [CONFORMANCE.schema.empty_table()]
    for pathway in chosen:
        one = _Lived(pathway, ground, site_levels)
        index = ground.keep(f"index-{pathway.key}", one.index)
        paths.append(one.of_condition(engine.run(one.paths(index)), PATHS.schema))
        for step in pathway.steps:
            rows = engine.run(one.conformance(step, index))
            conformance.append(one.of_condition(rows, CONFORMANCE.schema))
    return pa.concat_tables(paths), pa.concat_tables(conformance)


@dataclass(frozen=True)
class _Lived:
    """One pathway over one set of events."""

    pathway: GradedPathway
    ground: Ground
    site_levels: Mapping[str, str]

    @property
    def last_day(self) -> int:
        return day_number(self.ground.last_on.isoformat())

    def of_condition(self, rows: pa.Table, schema: pa.Schema) -> pa.Table:
        """Rows with the key of the condition, in the columns of a table of results."""
        key = pa.repeat(pa.scalar(self.pathway.key), rows.num_rows)
        return rows.append_column("condition", key).select(schema.names).cast(schema)

    def index(self) -> ir.Table:
        """The first event of each person and year: person, year, commune, ``entry`` and ``out``
        (days), ``died`` and ``back`` (day of death, of the next episode; null: none)."""
        import ibis

        first = self._first_events()
        episodes = self.ground.episodes
        spells = episodes.select(
            patient="person", came=_number(episodes.entered_on), left=_number(episodes.left_on)
        )
        inside = first.left_join(
            spells,
            [
                first.person == spells.patient,
                first.entry >= spells.came,
                first.entry <= spells.left,
            ],
        ).select("person", "year", "entry", "own_exit", "left")
        is_stay = any(isinstance(arm, StayArm) for arm in self.pathway.index)
        out = ibis.coalesce(inside.left, inside.own_exit) if is_stay else inside.own_exit
        inside = inside.group_by("person", "year").agg(entry=inside.entry.min(), out=out.max())
        later = inside.left_join(
            spells, [inside.person == spells.patient, inside.out < spells.came]
        ).select("person", "year", "entry", "out", "came")
        later = later.group_by("person", "year").agg(
            entry=later.entry.min(), out=later.out.min(), back=later.came.min()
        )
        placed = self.ground.place(later, died=True)
        return placed.select(
            "person", "year", "commune", "entry", "out", "back", died=_number(placed.died_on)
        )

    def _first_events(self) -> ir.Table:
        """person, year, entry, own_exit: the earliest event of each year, if it is new."""
        import ibis

        parts = [_happened(arm, self.ground.engine.events) for arm in self.pathway.index]
        rows = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
        rows = rows.group_by("person", "entry", "year").agg(own_exit=rows.own_exit.max())
        if self.pathway.new_days:
            in_order = ibis.window(group_by=rows.person, order_by=[rows.entry])
            rows = rows.mutate(before=rows.entry.lag().over(in_order))
            start = day_number(self.ground.first_on.isoformat())
            rows = rows.filter(
                rows.before.isnull() | (rows.entry - rows.before > self.pathway.new_days),
                rows.entry - start >= self.pathway.new_days,
            )
        rows = rows.filter(rows.year.isin(self.ground.years))
        in_order = ibis.window(group_by=[rows.person, rows.year], order_by=[rows.entry])
        rows = rows.mutate(place=ibis.row_number().over(in_order))
        rows = rows.filter(rows.place == 0)
        return rows.select("person", "entry", "own_exit", year=rows.year.cast("int16"))

    def paths(self, index: ir.Table) -> ir.Table:
        """Persons by year, rank, step before and step."""
        import ibis

        whole = index.filter(index.entry + self.pathway.follow_days <= self.last_day)
        whole = whole.mutate(end=whole.entry + self.pathway.follow_days)
        whole = whole.select("person", "year", "entry", "end", "died")
        seen = self._care(whole)
        inside = whole.join(seen.rename(patient="person"), whole.person == seen.person)
        inside = inside.filter(
            inside["on"] >= inside.entry,
            inside["on"] <= inside.end,
            # Nothing follows death, whatever files say.
            inside.died.isnull() | (inside["on"] <= inside.died),
        )
        inside = inside.select("person", "year", "on", "turn", "until", "kind", "end")
        rows = inside.drop("end").union(self._ends(whole, inside))
        in_order = [rows["on"], rows.turn, rows.until, rows.kind]
        steps = ibis.window(group_by=[rows.person, rows.year], order_by=in_order)
        rows = rows.mutate(previous=rows.kind.lag().over(steps))
        rows = rows.filter(rows.previous.isnull() | (rows.previous != rows.kind))
        in_order = [rows["on"], rows.turn, rows.until, rows.kind]
        steps = ibis.window(group_by=[rows.person, rows.year], order_by=in_order)
        rows = rows.mutate(
            place=ibis.row_number().over(steps), origin=ibis.coalesce(rows.previous, "")
        )
        rows = rows.filter(rows.place < STEPS_KEPT)
        return rows.group_by(
            "year", rank=rows.place.cast("int16"), origin=rows.origin, step=rows.kind
        ).agg(persons=rows.count().cast("int32"))

    def _care(self, whole: ir.Table) -> ir.Table:
        """Steps of the people followed: person, on, turn, until (exit of a stay, else 0), kind."""
        import ibis

        events = self.ground.engine.events
        who = whole.select("person").distinct()
        stay = having(full_stays(events), who, "person")
        hospital = stay.select(
            "person",
            on=_number(stay.entered_on),
            turn=ibis.literal(1, "int32"),
            until=_number(stay.left_on),
            kind=self._kind(stay),
        )
        urgent = stay.filter(stay.from_emergency)
        parts = [_step(urgent, urgent.entered_on, StepKind.EMERGENCY)]
        visit = having(events["visit"], who, "person")
        specialists = [VisitKind.SPECIALIST.value, VisitKind.OUTPATIENT.value]
        for kind, condition in (
            (StepKind.EMERGENCY, visit.kind == VisitKind.EMERGENCY.value),
            (StepKind.GP, visit.kind == VisitKind.GP.value),
            (
                StepKind.SPECIALIST,
                visit.kind.isin(specialists)
                & visit.specialty.isin(list(self.pathway.specialties) or ["-"]),
            ),
        ):
            found = visit.filter(condition)
            parts.append(_step(found, found.visited_on, kind))
        return hospital.union(*parts)

    def _kind(self, stay: ir.Table) -> ir.StringColumn:
        """The kind of step of a stay: rehabilitation, or the level of its place."""
        import ibis

        cases = [(starts_with(stay.main, REHABILITATION_CODES), StepKind.REHABILITATION.value)]
        for kind in (StepKind.LOCAL, StepKind.RECOURSE, StepKind.UNIVERSITY):
            if sites := self._sites(*(one for one, of in KIND_OF_LEVEL.items() if of is kind)):
                cases.append((stay.site.isin(sites), kind.value))
        return ibis.cases(*cases, else_=StepKind.HOSPITAL.value)

    def _sites(self, *levels: str) -> list[str]:
        return sorted(site for site, level in self.site_levels.items() if level in levels)

    def _ends(self, whole: ir.Table, inside: ir.Table) -> ir.Table:
        """How each path ends: death, or home for those who are in no bed on the last day."""
        import ibis

        dead = whole.filter(whole.died <= whole.end)
        in_bed = inside.filter(inside.until > inside.end).select("person", "year").distinct()
        living = whole.filter(whole.died.isnull() | (whole.died > whole.end))
        at_home = living.anti_join(in_bed, ["person", "year"]).view()
        parts = []
        for rows, on, kind in (
            (dead, dead.died, StepKind.DEATH),
            (at_home, at_home.end, StepKind.HOME),
        ):
            parts.append(
                rows.select(
                    "person",
                    "year",
                    on=on.cast("int32"),
                    turn=ibis.literal(ORDER[kind], "int32"),
                    until=ibis.literal(0, "int32"),
                    kind=ibis.literal(kind.value),
                )
            )
        return parts[0].union(parts[1])

    def conformance(self, step: Step, index: ir.Table) -> ir.Table:
        """Persons by year, commune and verdict, for one expected step."""
        import ibis

        start = index.out if step.after == EXIT else index.entry
        cut = index.died
        if step.after == EXIT:
            cut = ibis.coalesce(ibis.least(index.died, index.back), index.died, index.back)
        people = index.select("person", "year", "commune", start=start, cut=cut)
        people = self._with_due(step, people)
        done = self._done(step, people)
        rows = people.left_join(done, [people.person == done.patient, people.year == done.when])
        in_time = rows.fit_on <= rows.start + step.within_days
        deadline = rows.start + step.within_days
        is_cut = (rows.cut <= deadline) & (rows.fit_on.isnull() | (rows.fit_on > rows.cut))
        verdict = ibis.cases(
            (~rows.is_due, Verdict.NOT_DUE.value),
            (is_cut, Verdict.NOT_DUE.value),
            (in_time, Verdict.ON_TIME.value),
            (deadline > self.last_day, Verdict.NOT_DUE.value),
            (rows.fit_on.notnull(), Verdict.LATE.value),
            (rows.any_on.notnull(), Verdict.WRONG_LEVEL.value),
            else_=Verdict.NEVER.value,
        )
        rows = rows.select("year", "commune", verdict=verdict)
        counted = rows.group_by("year", "commune", "verdict").agg(
            persons=rows.count().cast("int32")
        )
        return counted.mutate(step=ibis.literal(step.key))

    def _with_due(self, step: Step, people: ir.Table) -> ir.Table:
        """The same rows with ``is_due``."""
        import ibis

        if not step.due:
            return people.mutate(is_due=ibis.literal(True))
        due = meeting(step.due, self.ground.engine.events, years=self.ground.years)
        due = due.select(who="person", in_year="year")
        rows = people.left_join(due, [people.person == due.who, people.year == due.in_year])
        rows = rows.mutate(is_due=rows.who.notnull()).drop("who", "in_year")
        return rows.view()

    def _done(self, step: Step, people: ir.Table) -> ir.Table:
        """When the step was first done, at a level that fits (``fit_on``) and at any
        (``any_on``), until the end of what is late."""
        import ibis

        sites = self._sites(*step.levels) if step.levels else None
        parts = [_happened(arm, self.ground.engine.events, sites) for arm in step.expects]
        rows = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
        rows = rows.select("fits", on="entry", who="person")
        starts = people.select("person", "start", when="year")
        both = starts.join(
            rows,
            [
                starts.person == rows.who,
                starts.start <= rows["on"],
                starts.start + step.late_days >= rows["on"],
            ],
        )
        fit_on = ibis.cases((both.fits, both["on"]))
        both = both.select("person", "when", "on", fit_on=fit_on)
        return both.group_by("when", patient=both.person).agg(
            fit_on=both.fit_on.min(), any_on=both["on"].min()
        )


def _happened(arm: Event, events: Events, sites: Sequence[str] | None = None) -> ir.Table:
    """When an arm happened: person, entry, own_exit, year, and ``fits``: in one of these sites
    (None: anywhere)."""
    import ibis

    if isinstance(arm, StayArm):
        stay = matching_stays([arm], events)
        fits = ibis.literal(True) if sites is None else _among(stay.site, sites)
        return stay.select(
            "person",
            entry=_number(stay.entered_on),
            own_exit=_number(stay.left_on),
            year=stay.entered_on.year().cast("int32"),
            fits=fits,
        )
    rows = arm_events(arm, events)
    return rows.select(
        "person",
        entry=_number(rows.day),
        own_exit=_number(rows.day),
        year=rows.day.year().cast("int32"),
        fits=ibis.literal(True),
    )


def _among(site: ir.StringColumn, sites: Sequence[str]) -> ir.BooleanValue:
    import ibis

    return site.isin(list(sites)) if sites else ibis.literal(False)


def _step(rows: ir.Table, on: ir.DateColumn, kind: StepKind) -> ir.Table:
    import ibis

    return rows.select(
        "person",
        on=_number(on),
        turn=ibis.literal(ORDER[kind], "int32"),
        until=ibis.literal(0, "int32"),
        kind=ibis.literal(kind.value),
    )


def _number(day: ir.DateColumn) -> ir.IntegerColumn:
    return day.epoch_days().cast("int32")


def day_number(day: str) -> int:
    """Days since 1970-01-01 of a day in ISO 8601."""
    from datetime import date

    return (date.fromisoformat(day) - date(1970, 1, 1)).days
