"""What several measures need, computed once: who lives where, members of cohorts, stays, episodes.

Rules that hold for every indicator:

- an event counts in the calendar year of its day, a stay or an episode in that of its last day;
- the age is that of the person on 31 December of that year, whole or not the person lives until
  then; the commune is where the person lives on that day, or lived last, and empty when no
  residence is known that has begun;
- stays of sessions (GHM 28) and those that could not be grouped (GHM 90) are left out, as in
  :mod:`~maillage.engines.indicators.episodes`;
- residents are those of ``population`` of the year; of a year that it lacks, those of the latest
  year before (or else of the first one after), which ``Ground.residents_of`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from maillage.engines.indicators import cohorts
from maillage.engines.indicators.cohorts import SENTINEL_YEAR
from maillage.engines.indicators.definition_model import Cohort, Definitions
from maillage.engines.indicators.episodes import episodes, full_stays, readmissions
from maillage.engines.indicators.events import AGE_BANDS, BAND_YEARS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from maillage.engines.indicators.backends import Engine

KEY = ("year", "commune", "sex", "age")
"""What a cell is of."""

FOREVER = 9999
"""The year after all others."""

Step = Callable[[str], None]
"""Called with a French sentence before each table that is computed."""


@dataclass
class Ground:
    """Tables that the engine keeps for as long as it is open.

    ``people``: person, sex, born (year), died_on. ``homes``: person, commune, first_year, end_year
    (excluded): spans of 31 Decembers that do not overlap. ``residents``: the rows of ``population``
    by the years that are asked. ``stays``: full stays of these years with the columns of the event
    model, ``nights`` and the columns of :meth:`place`. ``episodes``: those of all years. Each is
    kept when it is first asked for. ``queries`` are the SQL texts of those that were."""

    engine: Engine
    definitions: Definitions
    years: tuple[int, ...]
    first_on: date
    last_on: date
    residents_of: Mapping[int, int]
    queries: dict[str, str] = field(default_factory=dict)
    _kept: dict[str, ir.Table] = field(default_factory=dict)

    def keep(self, name: str, make: Callable[[], ir.Table]) -> ir.Table:
        """The table of this name, computed on first use."""
        if name not in self._kept:
            expression = make()
            self.queries[name] = self.engine.to_sql(expression)
            self._kept[name] = self.engine.create(f"ground_{name.replace('-', '_')}", expression)
        return self._kept[name]

    @property
    def people(self) -> ir.Table:
        return self.keep("people", self._people)

    @property
    def homes(self) -> ir.Table:
        return self.keep("homes", self._homes)

    @property
    def residents(self) -> ir.Table:
        return self.keep("residents", self._residents)

    @property
    def stays(self) -> ir.Table:
        return self.keep("stays", self._stays)

    @property
    def episodes(self) -> ir.Table:
        return self.keep("episodes", lambda: episodes(self.engine.events))

    def members(self, cohort: Cohort) -> ir.Table:
        """The members of a cohort by year: person, year, since_on, died_on and their place."""
        return self.keep(f"members-{cohort.key}", lambda: self._members(cohort))

    def returns(self, days: int) -> ir.Table:
        """The index episodes of the years, with what followed within these days, and their place:
        the columns of :func:`readmissions`, ``first_group`` and ``exit``, ``entered_on``."""
        return self.keep(f"returns-{days}", lambda: self._returns(days))

    def _people(self) -> ir.Table:
        import ibis

        people = self.engine.events["person"]
        known = ibis.cases((people.died_on.year() > SENTINEL_YEAR, people.died_on))
        return people.select(
            "person", "sex", born=people.born_on.year().cast("int32"), died_on=known
        )

    def _homes(self) -> ir.Table:
        import ibis

        homes = self.engine.events["residence"]
        in_order = ibis.window(group_by=homes.person, order_by=[homes.starts_on, homes.commune])
        following = homes.starts_on.lead().over(in_order)
        spans = homes.select(
            "person",
            "commune",
            first_year=homes.starts_on.year().cast("int32"),
            end_year=ibis.coalesce(following.year(), FOREVER).cast("int32"),
        )
        return spans.filter(spans.end_year > spans.first_year)

    def _residents(self) -> ir.Table:
        import ibis

        table = self.engine.events["population"]
        parts = [
            table.filter(table.year == source).select(
                "commune", "sex", "age", "residents", year=ibis.literal(year, "int16")
            )
            for year, source in self.residents_of.items()
        ]
        if not parts:
            return table.filter(ibis.literal(False)).select(
                "commune", "sex", "age", "residents", "year"
            )
        return parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]

    def _stays(self) -> ir.Table:
        stays = full_stays(self.engine.events)
        stays = stays.mutate(
            year=stays.left_on.year().cast("int16"),
            nights=stays.left_on.delta(stays.entered_on, unit="day").cast("int32"),
        ).drop("organization")
        return self.place(stays.filter(stays.year.isin(self.years)))

    def _members(self, cohort: Cohort) -> ir.Table:
        found = cohorts.members(cohort, self.engine.events, years=self.years)
        return self.place(found, died=True)

    def _returns(self, days: int) -> ir.Table:
        all_of_them = self.episodes
        found = readmissions(all_of_them, days=(1, days), last_on=self.last_on)
        found = found.mutate(year=found.left_on.year().cast("int16"))
        found = found.filter(found.year.isin(self.years))
        more = all_of_them.select("episode", "entered_on", "first_group", "exit")
        return self.place(found.join(more, "episode"), died=True)

    def place(self, rows: ir.Table, *, died: bool = False) -> ir.Table:
        """Rows of ``person`` and ``year`` with ``commune``, ``sex``, ``age`` (band) and ``old``
        (completed years on 31 December); with ``died_on`` when asked. Rows of people whom the data
        set does not know are left out: the quality report counts them."""
        import ibis

        people = self.people if died else self.people.drop("died_on")
        rows = rows.join(people, "person")
        homes = self.homes.select("commune", "first_year", "end_year", resident="person")
        placed = rows.left_join(
            homes,
            [
                rows.person == homes.resident,
                rows.year >= homes.first_year,
                rows.year < homes.end_year,
            ],
        )
        old = ibis.greatest(placed.year.cast("int32") - placed.born, 0)
        placed = placed.mutate(
            commune=ibis.coalesce(placed.commune, ""),
            old=old,
            age=ibis.least((old / BAND_YEARS).floor(), AGE_BANDS - 1).cast("int8"),
        )
        return placed.drop("born", "first_year", "end_year", "resident")


def prepare(
    engine: Engine,
    definitions: Definitions,
    years: Sequence[int],
    *,
    last_on: date | None = None,
    first_on: date | None = None,
) -> Ground:
    """The ground of a computation over these years.

    ``first_on`` and ``last_on`` are the days that the events cover: by default those of the
    manifest of the store (required with an engine that has none)."""
    manifest = engine.manifest
    if manifest is None and (last_on is None or first_on is None):
        raise ValueError("first_on and last_on are needed: this engine has no manifest")
    wanted = tuple(sorted(set(years)))
    return Ground(
        engine=engine,
        definitions=definitions,
        years=wanted,
        first_on=first_on or manifest.first_on,  # type: ignore[union-attr]
        last_on=last_on or manifest.last_on,  # type: ignore[union-attr]
        residents_of=_residents_of(engine, wanted),
    )


def _residents_of(engine: Engine, years: Sequence[int]) -> dict[int, int]:
    """Which year of ``population`` stands for each year; empty when it has none."""
    table = engine.events["population"]
    known = sorted(
        int(year) for year in engine.run(table.select("year").distinct())["year"].to_pylist()
    )
    if not known:
        return {}
    return {year: max((one for one in known if one <= year), default=known[0]) for year in years}
