"""The risk pyramid of a condition: who is in which stratum on 31 December, why, and who moved.

Counted are the people who live on 31 December and live in the territory on that day (or of whom no
residence is known). The ill are the members of the cohort of the pyramid in that year
(:mod:`~maillage.engines.indicators.cohorts`); the reasons are those of its file
(:mod:`~maillage.engines.indicators.pyramid_rules`), the first that holds decides, and there is no
score. Those who are not ill and have no reason are in stratum 0. When the data set does not hold
all residents, nobody is counted in stratum 0: the people whom it does not know are there too.

Moves are between two years that follow each other and are both asked; their commune is that of
arrival, or the one before for those who left (-1) or died (-2).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from maillage.engines.indicators.adherence import PdcRule, pdc
from maillage.engines.indicators.cohorts import SENTINEL_YEAR, Events, matches, meeting
from maillage.engines.indicators.definition_model import CohortArm, Definitions
from maillage.engines.indicators.episodes import readmissions
from maillage.engines.indicators.joins import having, lacking
from maillage.engines.indicators.measures.ground import Ground, prepare
from maillage.engines.indicators.pyramid_rules import (
    ADHERENCE,
    AT_RISK,
    GENERAL,
    LACKS,
    READMISSION,
    STABLE,
    Pyramid,
    Reason,
    load_pyramids,
)
from maillage.engines.indicators.results import MOVES, PEOPLE, STRATA

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from maillage.engines.indicators.backends import Engine

AWAY, DEAD = -1, -2
CELL = ("year", "commune", "sex", "age")


def strata(
    engine: Engine,
    definitions: Definitions,
    years: Sequence[int],
    *,
    ground: Ground | None = None,
    pyramids: Sequence[Pyramid] | None = None,
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The rows of STRATA, MOVES and PEOPLE of every pyramid over these years, in no order.

    ``ground``: what was already prepared of the same engine and years. Raises ``Invalid`` when a
    file of rules cannot be read."""
    ground = ground or prepare(engine, definitions, years)
    manifest = engine.manifest
    is_exhaustive = manifest is None or manifest.is_exhaustive
    present = ground.keep("present", lambda: present_people(ground))
    parts: list[tuple[pa.Table, pa.Table, pa.Table]] = []
    for pyramid in load_pyramids(definitions).values() if pyramids is None else pyramids:
        found = ground.keep(f"pyramid-{pyramid.key}", partial(classified, pyramid, ground))
        state = ground.keep(f"states-{pyramid.key}", partial(_states, present, found))
        parts.append(
            (
                _strata(pyramid, engine, state, is_exhaustive),
                _moves(pyramid, ground, state, is_exhaustive),
                _people(pyramid, engine, found),
            )
        )
    empty = (STRATA.schema.empty_table(), MOVES.schema.empty_table(), PEOPLE.schema.empty_table())
    columns = zip(*parts, strict=True) if parts else ((one,) for one in empty)
    whole = [pa.concat_tables(tables) for tables in columns]
    return whole[0], whole[1], whole[2]


def present_people(ground: Ground) -> ir.Table:
    """Who lives here on 31 December of each year: person, year, commune, sex, age (band), old."""
    import ibis

    calendar = ibis.literal(list(ground.years), type="array<int32>").unnest().name("year")
    calendar = calendar.as_table().mutate(last_day=ibis.date(ibis._.year, 12, 31))
    homes = ground.engine.events["residence"]
    known = homes.select("person").distinct()
    real_end = ibis.cases((homes.ends_on.year() > SENTINEL_YEAR, homes.ends_on))
    homes = homes.select("person", "starts_on", ends_on=real_end)
    here = homes.join(
        calendar,
        [
            homes.starts_on <= calendar.last_day,
            homes.ends_on.isnull() | (homes.ends_on > calendar.last_day),
        ],
    ).select("person", "year")
    people = ground.engine.events["person"]
    nowhere = lacking(people, known, "person").select("person")
    nowhere = nowhere.cross_join(calendar.select("year")).select("person", "year")
    rows = here.union(nowhere).distinct()
    rows = rows.select("person", year=rows.year.cast("int16"))
    rows = rows.join(people.select("person", "born_on"), "person")
    rows = ground.place(rows, died=True)
    last_day = ibis.date(rows.year.cast("int32"), 12, 31)
    rows = rows.filter(rows.born_on <= last_day, rows.died_on.isnull() | (rows.died_on > last_day))
    return rows.select("person", *CELL, "old")


def classified(pyramid: Pyramid, ground: Ground) -> ir.Table:
    """Those of strata 1 to 4: person, year, commune, sex, age, stratum and ``held``: the sum of 2
    to the rank of each reason that holds, ranks being those of ``Pyramid.codes``."""
    import ibis

    present = ground.keep("present", lambda: present_people(ground)).select("person", *CELL)
    sick = ground.members(pyramid.cohort).select("person", "year")
    key = pyramid.key
    ill = ground.keep(f"ill-{key}", lambda: having(present, sick, ["person", "year"]))
    others = lacking(present, sick, ["person", "year"])
    rank_of_ill = len(pyramid.of_ill)
    parts = [ill.select("person", "year", rank=ibis.literal(rank_of_ill, "int32"))]
    for rank, reason in enumerate(pyramid.of_ill):
        parts.append(_holding(reason, ill, ground, rank))
    for rank, reason in enumerate(pyramid.of_others, rank_of_ill + 1):
        parts.append(_holding(reason, others, ground, rank))
    rows = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
    weight = _powers(rows["rank"], len(pyramid.codes))
    rows = rows.mutate(weight=weight)
    rows = rows.group_by("person", "year").agg(first=rows["rank"].min(), held=rows.weight.sum())
    strata_by_rank = [
        *(one.stratum for one in pyramid.of_ill),
        STABLE,
        *(AT_RISK for _ in pyramid.of_others),
    ]
    stratum = ibis.cases(
        *((rows["first"] == rank, stratum) for rank, stratum in enumerate(strata_by_rank)),
        else_=GENERAL,
    )
    rows = rows.select("person", "year", stratum=stratum.cast("int8"), held=rows.held.cast("int64"))
    return present.join(rows, ["person", "year"])


def _powers(rank: ir.IntegerColumn, count: int) -> ir.IntegerColumn:
    """2 to the rank: engines do not shift bits alike."""
    import ibis

    return ibis.cases(*((rank == one, 2**one) for one in range(count)), else_=0).cast("int64")


def _holding(reason: Reason, among: ir.Table, ground: Ground, rank: int) -> ir.Table:
    """Person, year and rank of those of ``among`` for whom a reason holds: each once."""
    import ibis

    key = ["person", "year"]
    if reason.rule == ADHERENCE:
        found = having(among, _poorly_covered(reason, among, ground), key)
    elif reason.rule == READMISSION:
        found = having(among, _readmitted(reason, ground), key)
    else:
        meets = _meets(reason, among, ground)
        found = lacking(among, meets, key) if reason.rule == LACKS else having(among, meets, key)
    return found.select("person", "year", rank=ibis.literal(rank, "int32"))


def _meets(reason: Reason, among: ir.Table, ground: Ground) -> ir.Table:
    """Person and year of those who meet one of the arms of a reason."""
    named = [one.cohort for one in reason.arms if isinstance(one, CohortArm)]
    others = [one for one in reason.arms if not isinstance(one, CohortArm)]
    parts = [ground.members(cohort).select("person", "year") for cohort in named]
    if others:
        # Nearly everybody is not ill: to pick their events out would cost more than it spares.
        of_ill = reason.stratum > STABLE
        events = _events_of(among, ground) if of_ill else ground.engine.events
        found = meeting(others, events, years=ground.years)
        parts.append(found.select("person", "year"))
    return parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]


def _events_of(among: ir.Table, ground: Ground) -> Events:
    """The events of some people only: what is said of the others would be thrown away."""
    events = dict(ground.engine.events)
    whom = among.select("person").distinct()
    for name in ("dispensing", "stay", "visit", "procedure"):
        events[name] = having(events[name], whom, "person")
    return events


def _poorly_covered(reason: Reason, among: ir.Table, ground: Ground) -> ir.Table:
    events = _events_of(among, ground)
    rows = pdc(
        events,
        atc=reason.atc.prefixes,
        without=reason.atc.excluded,
        years=ground.years,
        rule=PdcRule(threshold_percent=reason.percent, is_hospital_left_out=True),
    )
    rows = rows.filter(~rows.is_adherent).select("person", year=rows.year.cast("int16"))
    if not reason.without:
        return rows
    deliveries = events["dispensing"]
    other = deliveries.filter(matches(deliveries.atc, reason.without))
    other = other.select("person", year=other.dispensed_on.year().cast("int16"))
    return lacking(rows, other, ["person", "year"])


def _readmitted(reason: Reason, ground: Ground) -> ir.Table:
    """Person and year of exit of those who came back within the delay."""
    episodes = ground.episodes
    index = episodes.filter(matches(episodes.first_main, reason.icd)) if reason.icd else episodes
    rows = readmissions(episodes, days=(1, reason.days), last_on=ground.last_on)
    back = rows.is_unplanned if reason.unplanned else rows.is_readmitted
    rows = having(rows.filter(back), index, "episode")
    return rows.select("person", year=rows.left_on.year().cast("int16"))


def _states(present: ir.Table, found: ir.Table) -> ir.Table:
    """Everybody who lives here, each year: person, year, commune, sex, age, stratum."""
    import ibis

    known = found.select("stratum", who="person", when="year")
    rows = present.left_join(known, [present.person == known.who, present.year == known.when])
    return rows.select("person", *CELL, stratum=ibis.coalesce(rows.stratum, GENERAL).cast("int8"))


def _strata(pyramid: Pyramid, engine: Engine, state: ir.Table, is_exhaustive: bool) -> pa.Table:
    rows = state if is_exhaustive else state.filter(state.stratum != GENERAL)
    counted = rows.group_by(*CELL, "stratum").agg(persons=rows.count().cast("int32"))
    return _of_condition(pyramid, engine.run(counted), STRATA.schema)


def _moves(pyramid: Pyramid, ground: Ground, state: ir.Table, is_exhaustive: bool) -> pa.Table:
    """From one year to the next."""
    import ibis

    years = [later for earlier, later in pairwise(ground.years) if later == earlier + 1]
    if not years:
        return MOVES.schema.empty_table()
    nothing, nowhere = ibis.null("int8"), ibis.null("string")
    earlier = state.filter(state.year.isin([year - 1 for year in years]))
    earlier = earlier.select(
        "person",
        year=(earlier.year + 1).cast("int16"),
        before="stratum",
        after=nothing,
        left="commune",
        commune=nowhere,
    )
    later = state.filter(state.year.isin(years)).select(
        "person", "year", before=nothing, after="stratum", left=nowhere, commune="commune"
    )
    both = earlier.union(later)
    both = both.group_by("person", "year").agg(
        before=both.before.max(),
        after=both.after.max(),
        commune=ibis.coalesce(both.commune.max(), both.left.max()),
    )
    both = both.join(ground.people.select("person", "died_on"), "person")
    died = both.died_on.year() <= both.year
    rows = both.select(
        "year",
        "commune",
        before=ibis.coalesce(both.before, AWAY).cast("int8"),
        after=ibis.coalesce(both.after, ibis.cases((died, DEAD), else_=AWAY)).cast("int8"),
    )
    if not is_exhaustive:
        rows = rows.filter((rows.before > GENERAL) | (rows.after > GENERAL))
    counted = rows.group_by("year", "commune", "before", "after").agg(
        persons=rows.count().cast("int32")
    )
    return _of_condition(pyramid, ground.engine.run(counted), MOVES.schema)


def _people(pyramid: Pyramid, engine: Engine, found: ir.Table) -> pa.Table:
    """The people of strata 1 to 4 with the codes of their reasons, the one that decides first."""
    rows = engine.run(found)
    held = np.asarray(rows["held"].combine_chunks(), np.int64)
    different, which = np.unique(held, return_inverse=True)
    codes = [
        [code for rank, code in enumerate(pyramid.codes) if int(one) >> rank & 1]
        for one in different
    ]
    lists = pa.array(codes, pa.list_(pa.string())).take(pa.array(which, pa.int64()))
    return _of_condition(
        pyramid, rows.drop_columns("held").append_column("reasons", lists), PEOPLE.schema
    )


def _of_condition(pyramid: Pyramid, rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows with the key of the condition, in the columns of a table of results."""
    key = pa.repeat(pa.scalar(pyramid.key), rows.num_rows)
    whole = rows.append_column("condition", key)
    return whole.select(schema.names).cast(schema)
