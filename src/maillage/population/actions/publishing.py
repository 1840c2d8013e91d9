"""Deciding at the end of a computation what of it is shown, so that no page waits for it."""

from __future__ import annotations

from collections.abc import Callable

from maillage.population.queries.area_figures import write_area_figures
from maillage.population.queries.published import (
    decide,
    list_indicators,
    write_published,
    years_of,
)
from maillage.population.queries.results import Results
from maillage.population.rules.progress import PUBLISHING, Whole


def prepare_published(
    results: Results,
    *,
    progress: Callable[[int, int, str], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> int:
    """Publish every indicator and year of a computation, beside its tables, and the figures of
    every place. Gives the number of tables; stops early, without harm, when it is told to: pages
    then decide themselves."""
    whole = Whole(progress, PUBLISHING)
    tell = whole.part("hide")
    known = results.definitions.indicators
    keys = sorted(key for key in list_indicators(results.folder) if key in known)
    years = {key: years_of(results, key) for key in keys}
    total = sum(len(own) for own in years.values())
    done = 0
    for key in keys:
        for year in years[key]:
            if is_cancelled is not None and is_cancelled():
                return done
            write_published(results.folder, key, year, decide(results, key, year))
            done += 1
            if tell is not None:
                tell(done, total, "Protection des petits effectifs")
    write_area_figures(results, progress=whole.part("places"), is_cancelled=is_cancelled)
    return done
