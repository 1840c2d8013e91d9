"""The table behind the map, as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maillage.accounts.names import name_key
from maillage.population.queries.figures import get_places
from maillage.population.queries.map import get_choice, inside_zone, title_of
from maillage.population.queries.results import Results
from maillage.population.rules.choices import MEASURE_LABELS, Choice
from maillage.population.rules.places_view import sort_places
from maillage.population.rules.table_view import file_columns


@dataclass(frozen=True)
class MapFile:
    """What goes into the file: published figures only, in the order of the table."""

    choice: Choice
    title: str
    columns: Mapping[str, Sequence[str | int | float | None]]
    filters: Mapping[str, str]

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), ()))


def get_map_file(results: Results, asked: Mapping[str, str]) -> MapFile:
    """The whole table of an address, every measure of it. Raises as ``get_choice``."""
    choice, _, indicators = get_choice(results, asked)
    indicator = indicators[choice.indicator]
    found = get_places(results, choice)
    places = sort_places(
        inside_zone(results, choice, found), asked.get("tri") or "-lisse", name_key=name_key
    )
    areas = results.areas

    def upper(key: str) -> str:
        return areas.label(areas.parents[key]) if key in areas.parents else ""

    title = title_of(choice, indicator, results.years).replace(
        f" · {MEASURE_LABELS[choice.measure].lower()}", ""
    )
    return MapFile(
        choice=choice,
        title=title,
        columns=file_columns(places, indicator, upper),
        filters=choice.parameters,
    )
