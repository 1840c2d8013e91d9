"""From people to cells: the one place where numerators and denominators are counted.

A measure gives *tallies*: one row for each person and year, with the columns of
:data:`~maillage.engines.indicators.measures.ground.KEY`, ``person``, ``events`` (of the numerator),
``base`` (events or people of the denominator) and ``amount`` (or null). A person has one place a
year, so different people of a cell are its rows, and nobody is counted twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maillage.engines.indicators.definition_model import ALL_YEARS, TOGETHER, Indicator
from maillage.engines.indicators.events import AGE_BANDS, BAND_YEARS
from maillage.engines.indicators.joins import having
from maillage.engines.indicators.measures.ground import KEY, Ground
from maillage.engines.indicators.results import CELLS

if TYPE_CHECKING:
    import ibis.expr.types as ir

TALLY = (*KEY, "person", "events", "base", "amount")
_TYPES = {"events": "int64", "base": "float64", "amount": "float64"}


def limited(rows: ir.Table, indicator: Indicator) -> ir.Table:
    """The placed rows of people of the sex and of the ages that the indicator speaks of."""
    if indicator.min_age is not None:
        rows = rows.filter(rows.old >= indicator.min_age)
    if indicator.max_age is not None:
        rows = rows.filter(rows.old <= indicator.max_age)
    if indicator.sex is not None:
        rows = rows.filter(rows.sex == indicator.sex)
    return rows


def of_members(rows: ir.Table, indicator: Indicator, ground: Ground) -> ir.Table:
    """The rows of members of the cohort of the indicator, the same year; all without cohort."""
    if indicator.cohort is None:
        return rows
    return having(rows, ground.members(indicator.cohort), ["person", "year"])


def tallied(
    rows: ir.Table,
    *,
    events: ir.Column | None = None,
    base: ir.Column | None = None,
    amount: ir.Column | None = None,
) -> ir.Table:
    """Placed rows of events as tallies. ``events``, ``base`` and ``amount`` are what a row weighs
    in each sum, by default one, nothing and none."""
    import ibis

    rows = rows.select(
        *KEY,
        "person",
        events=ibis.literal(1, "int64") if events is None else events.cast("int64"),
        base=real(0) if base is None else base.cast("float64"),
        amount=ibis.null("float64") if amount is None else amount.cast("float64"),
    )
    return rows.group_by(*KEY, "person").agg(
        events=rows.events.sum(), base=rows.base.sum(), amount=rows.amount.sum()
    )


def over_members(rows: ir.Table, indicator: Indicator, ground: Ground) -> ir.Table:
    """Tallies of events, over every member of the cohort: those without event have a row too."""
    import ibis

    if indicator.cohort is None:
        raise ValueError(f"{indicator.key}: a base of members needs a cohort")
    members = limited(ground.members(indicator.cohort), indicator).select(*KEY, "person")
    found = rows.select("events", "amount", who="person", when="year")
    both = members.left_join(found, [members.person == found.who, members.year == found.when])
    return both.select(
        *KEY,
        "person",
        events=ibis.coalesce(both.events, 0).cast("int64"),
        base=real(1),
        amount=both.amount.cast("float64"),
    )


def real(number: int) -> ir.FloatingScalar:
    """A whole number as a real one. Written otherwise, it would be a decimal for PostgreSQL, and
    its sums too."""
    import ibis

    return ibis.literal(number, "int32").cast("float64")


def cells(tallies: ir.Table, indicator: Indicator, ground: Ground) -> ir.Table:
    """The rows of CELLS of an indicator. With residents as base, those of the population are
    added, and cells without any event are there as soon as somebody lives in them."""
    is_together = indicator.published == TOGETHER
    tallies = _marked(tallies) if is_together else tallies
    once = ("once", "base_once") if is_together else ()
    counted = tallies.group_by(*KEY).agg(
        events=tallies.events.sum(),
        persons=(tallies.events > 0).ifelse(1, 0).sum(),
        base=tallies.base.sum(),
        base_persons=(tallies.base > 0).ifelse(1, 0).sum(),
        amount=tallies.amount.sum(),
        **{name: tallies[name].sum() for name in once},
    )
    if indicator.base == "residents":
        counted = _with_residents(counted, indicator, ground, once[:1])
    else:
        counted = counted.filter((counted.base > 0) | (counted.events > 0))
    found = _as_cells(counted, indicator)
    if not is_together:
        return found
    return found.union(_as_cells(_together(counted, indicator), indicator))


def _as_cells(counted: ir.Table, indicator: Indicator) -> ir.Table:
    import ibis

    return counted.select(
        indicator=ibis.literal(indicator.key),
        year=counted.year.cast("int16"),
        commune=counted.commune,
        sex=counted.sex.cast("int8"),
        age=counted.age.cast("int8"),
        events=counted.events.cast("int64"),
        persons=counted.persons.cast("int32"),
        base=counted.base.cast("float64"),
        base_persons=counted.base_persons.cast("float64"),
        amount=counted.amount.cast("float64"),
    ).select(*CELLS.names)


def _marked(tallies: ir.Table) -> ir.Table:
    """Tallies with ``once``, 1 in the last year of a person that has events, and ``base_once``, the
    same of the base: 0 elsewhere."""
    import ibis

    own = ibis.window(group_by=tallies.person)
    year = tallies.year.cast("int16")
    last = {
        name: ibis.cases((tallies[name] > 0, year)).max().over(own) for name in ("events", "base")
    }
    return tallies.mutate(
        once=((tallies.events > 0) & (year == last["events"])).ifelse(1, 0),
        base_once=((tallies.base > 0) & (year == last["base"])).ifelse(1, 0),
    )


def _together(counted: ir.Table, indicator: Indicator) -> ir.Table:
    """The years of counted cells as one, people once. Residents are counted in years lived."""
    import ibis

    found = counted.group_by("commune", "sex", "age").agg(
        events=counted.events.sum(),
        persons=counted.once.sum(),
        base=counted.base.sum(),
        base_persons=(
            counted.base if indicator.base == "residents" else counted.base_once.cast("float64")
        ).sum(),
        amount=counted.amount.sum(),
    )
    return found.mutate(year=ibis.literal(ALL_YEARS, "int16"))


def _with_residents(
    counted: ir.Table, indicator: Indicator, ground: Ground, once: tuple[str, ...]
) -> ir.Table:
    import ibis

    residents = ground.residents
    if indicator.sex is not None:
        residents = residents.filter(residents.sex == indicator.sex)
    weights = {band: _share(band, indicator) for band in range(AGE_BANDS)}
    partial = [(band, share) for band, share in weights.items() if 0 < share < 1]
    residents = residents.filter(
        residents.age.isin([band for band, share in weights.items() if share > 0])
    )
    share = ibis.literal(1.0)
    for band, part in partial:
        share = (residents.age == band).ifelse(part, share)
    base = residents.group_by(*KEY).agg(base=(residents.residents * share).sum())
    base = base.filter(base.base > 0)
    numbers = ("events", "persons", *once)
    rows = counted.select(
        *_key(counted),
        *(counted[name].cast("int64") for name in numbers),
        "amount",
        base=real(0),
    ).union(
        base.select(
            *_key(base),
            **{name: ibis.literal(0, "int64") for name in numbers},
            amount=ibis.null("float64"),
            base=base.base.cast("float64"),
        ).select(*KEY, *numbers, "amount", "base")
    )
    found = rows.group_by(*KEY).agg(
        **{name: rows[name].sum() for name in numbers},
        base=rows.base.sum(),
        amount=rows.amount.sum(),
    )
    return found.mutate(base_persons=found.base)


def _key(table: ir.Table) -> list[ir.Column]:
    """The columns of a cell, of one type whichever table they come from."""
    return [
        table.year.cast("int16"),
        table.commune,
        table.sex.cast("int8"),
        table.age.cast("int8"),
    ]


def _share(band: int, indicator: Indicator) -> float:
    """The part of a band of ages that the indicator speaks of: its years of age are taken to be as
    many. The last band has no end: it is whole from its first year on."""
    low = band * BAND_YEARS
    years = range(low, low + BAND_YEARS)
    first = 0 if indicator.min_age is None else indicator.min_age
    last = 10**3 if indicator.max_age is None else indicator.max_age
    if band == AGE_BANDS - 1:
        return 1.0 if last >= low else 0.0
    return sum(first <= year <= last for year in years) / BAND_YEARS
