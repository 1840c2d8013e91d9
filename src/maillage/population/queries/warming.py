"""What a server process reads of the population before anybody waits for it.

The first page of a process would pay for the engine's modules, the areas, the definitions and the
published tables: a second or more on each. A thread of the server opens the pages that people open
first, as they open them, again when other figures are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from maillage.accounts.permissions import SYSTEM
from maillage.population.queries.act_page import get_act_page
from maillage.population.queries.flows_page import get_flows_page
from maillage.population.queries.lived_page import get_lived_page
from maillage.population.queries.map import get_map_page
from maillage.population.queries.pyramid_page import get_pyramid_page
from maillage.population.queries.results import Results, current_results

Task = tuple[tuple[object, ...], Callable[[], object]]


def list_tasks(at: datetime) -> list[Task]:
    """The first page of each kind, under a key that changes with what is shown; nothing without
    results. One query."""
    results = current_results(at=at)
    if results is None:
        return []
    key = ("population", results.computation.pk)
    return [((*key, name), open_page) for name, open_page in _pages(results, at)]


def _pages(results: Results, at: datetime) -> list[tuple[str, Callable[[], object]]]:
    return [
        ("map", lambda: get_map_page(results, {})),
        ("pyramid", lambda: get_pyramid_page(results, {}, by=SYSTEM)),
        ("act", lambda: get_act_page(results, {}, at=at)),
        ("flows", lambda: get_flows_page(results, {}, at=at)),
        ("pathways", lambda: get_lived_page(results, {})),
    ]
