"""How many people a definition would hold, before it is used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maillage.engines.indicators.backends import open_duckdb
from maillage.engines.indicators.cohorts import members
from maillage.engines.indicators.definition_model import Cohort
from maillage.engines.indicators.store import read_manifest
from maillage.vocabulary.disclosure import MASK, is_small
from maillage.vocabulary.errors import Invalid

ROUNDED_TO = 10
"""A preview is rounded: two definitions that differ by one code would otherwise tell, by
difference, how few people have it."""


@dataclass(frozen=True)
class PreviewCount:
    """The people of a cohort in a year, rounded to tens; None when there are so few that their
    number is not shown."""

    year: int
    people: int | None

    @property
    def is_hidden(self) -> bool:
        return self.people is None

    def __str__(self) -> str:
        if self.people is None:
            return f"{self.year} : {MASK} (moins de 11 personnes)"
        if self.people == 0:
            return f"{self.year} : aucune personne"
        return f"{self.year} : environ {self.people} personnes"


def shown_count(number: int) -> int | None:
    """A number of people as a preview says it."""
    if is_small(number):
        return None
    return (number + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


def preview(
    cohort: Cohort, folder: Path, year: int, *, memory_mb: int = 1000, threads: int = 2
) -> PreviewCount:
    """The members of a cohort in a year of the events of ``folder``.

    Raises ``Invalid`` when the folder is not a store or when its events do not reach the year."""
    manifest = read_manifest(folder)
    if not manifest.first_on.year <= year <= manifest.last_on.year:
        raise Invalid(
            "indicators.years",
            f"Les données vont de {manifest.first_on.year} à {manifest.last_on.year}.",
        )
    with open_duckdb(folder, memory_mb=memory_mb, threads=threads) as engine:
        rows = members(cohort, engine.events, years=[year])
        found = engine.run(rows.aggregate(number=rows.count()))
    return PreviewCount(year, shown_count(int(found["number"][0].as_py())))
