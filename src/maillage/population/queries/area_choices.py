"""What the pages of figures read from an address the same way: a year, a place."""

from __future__ import annotations

from maillage.engines.indicators.areas import TERRITORY, Areas, Level
from maillage.population.queries.results import Results
from maillage.population.rules.choices import Option


def choose_year(results: Results, typed: str, problems: list[str]) -> int:
    """The year of an address: the last one when it names none, or one that is not computed, which
    is said."""
    if typed.isdecimal() and int(typed) in results.years:
        return int(typed)
    if typed:
        problems.append("Cette année n'est pas calculée : voici la dernière.")
    return max(results.years)


def choose_area(areas: Areas, typed: str, problems: list[str]) -> str:
    """The place of an address, down to sectors: the territory when it names none, or one that is
    not known, which is said."""
    if not typed:
        return TERRITORY
    if typed not in areas or areas.level(typed) is Level.COMMUNE:
        problems.append("Ce lieu n'est pas connu ici : voici tout le territoire.")
        return TERRITORY
    return typed


def list_area_options(areas: Areas) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    """The whole territory, then each zone with its sectors."""
    groups: list[tuple[str, tuple[Option, ...]]] = [("", (Option("", areas.label(TERRITORY)),))]
    for zone in areas.at(Level.ZONE):
        inside = [Option(key, areas.label(key)) for key in areas.children(zone)]
        entire = Option(zone, f"{areas.label(zone)}, en entier")
        groups.append((areas.label(zone), (entire, *inside)))
    return tuple(groups)
