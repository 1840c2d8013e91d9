"""The risk pyramid, one person and one year at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from maillage.engines.indicators.pyramid_rules import DIAGNOSED, Pyramid, Reason
from tests.engines.indicators.reference import cohorts
from tests.engines.indicators.reference.adherence import pdc
from tests.engines.indicators.reference.cohorts import _days, _is, _real
from tests.engines.indicators.reference.episodes import episodes, readmissions

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Cell = tuple[int, int]


class ReferencePyramid:
    """``people``: stratum and reasons by person and year, for those of strata 0 to 4."""

    def __init__(
        self, pyramid: Pyramid, tables: Tables, years: Sequence[int], last_on: date
    ) -> None:
        self.pyramid, self.tables, self.years, self.last_on = pyramid, tables, years, last_on
        self.person = {row["person"]: row for row in tables["person"]}
        self.own = cohorts.rows_of_people(tables)
        sick = {(p, year) for p, year, _ in cohorts.members(pyramid.cohort, tables, years)}
        self.people: dict[Cell, tuple[int, list[str]]] = {}
        for number in self.person:
            for year in years:
                if self.lives_here(number, year):
                    ill = (number, year) in sick
                    self.people[number, year] = self._place(number, year, ill)

    def lives_here(self, number: int, year: int) -> bool:
        last_day = date(year, 12, 31)
        died_on = _real(self.person[number]["died_on"])
        if self.person[number]["born_on"] > last_day or (died_on and died_on <= last_day):
            return False
        homes = self.own[number]["residence"]
        return not homes or any(
            home["starts_on"] <= last_day
            and (_real(home["ends_on"]) is None or home["ends_on"] > last_day)
            for home in homes
        )

    def commune(self, number: int, year: int) -> str:
        """Where they live on 31 December, or lived last."""
        begun = [
            (home["starts_on"], home["commune"])
            for home in self.own[number]["residence"]
            if home["starts_on"] <= date(year, 12, 31)
        ]
        return max(begun)[1] if begun else ""

    def _place(self, number: int, year: int, ill: bool) -> tuple[int, list[str]]:
        reasons = self.pyramid.of_ill if ill else self.pyramid.of_others
        held = [one for one in reasons if self._holds(one, number, year)]
        codes = [one.code for one in held] + ([DIAGNOSED] if ill else [])
        if held:
            return max(one.stratum for one in held), codes
        return (2 if ill else 0), codes

    def _holds(self, reason: Reason, number: int, year: int) -> bool:
        person, own = self.person[number], self.own[number]
        if reason.rule == "readmission":
            return self._readmitted(reason, own, year)
        if reason.rule == "adherence":
            return self._poorly_covered(reason, person, own, year)
        meets = any(_days(arm, person, own, year) for arm in reason.arms)
        return meets if reason.rule == "meets" else not meets

    def _readmitted(self, reason: Reason, own: Tables, year: int) -> bool:
        found = episodes(own["stay"])
        mains = {episode["episode"]: episode["first_main"] for episode in found}
        for back in readmissions(found, days=(1, reason.days), last_on=self.last_on):
            wanted = back["is_unplanned"] if reason.unplanned else back["is_readmitted"]
            index = not reason.icd or _is(mains[back["episode"]], reason.icd)
            if wanted and index and back["left_on"].year == year:
                return True
        return False

    def _poorly_covered(self, reason: Reason, person: Row, own: Tables, year: int) -> bool:
        this_year = [row for row in own["dispensing"] if row["dispensed_on"].year == year]
        if reason.without and any(_is(row["atc"], reason.without) for row in this_year):
            return False
        rows = pdc(
            [person],
            own["dispensing"],
            own["stay"],
            atc=reason.atc.prefixes,
            without=reason.atc.excluded or ("-",),
            years=[year],
            is_hospital_left_out=True,
        )
        return any(
            row["days_covered"] * 100 < row["days_in_period"] * reason.percent for row in rows
        )

    def strata(self) -> Counter[tuple[Any, ...]]:
        """Persons by year, commune, sex, age and stratum."""
        return Counter(
            (
                year,
                self.commune(number, year),
                self.person[number]["sex"],
                min((year - self.person[number]["born_on"].year) // 5, 19),
                stratum,
            )
            for (number, year), (stratum, _) in self.people.items()
        )

    def moves(self) -> Counter[tuple[Any, ...]]:
        """Persons by year of arrival, commune, stratum before and after."""
        counted: Counter[tuple[Any, ...]] = Counter()
        for year in self.years[1:]:
            for number in self.person:
                before = self.people.get((number, year - 1), (-1, []))[0]
                after = self.people.get((number, year), (-1, []))[0]
                if before == after == -1:
                    continue
                died_on = _real(self.person[number]["died_on"])
                if after == -1 and died_on and died_on.year <= year:
                    after = -2
                commune = self.commune(number, year if after >= 0 else year - 1)
                counted[year, commune, before, after] += 1
        return counted
