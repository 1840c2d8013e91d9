"""What a server reads ahead of the population: each first page once, again when other data show."""

from __future__ import annotations

from datetime import datetime

import pytest

from maillage.coverage.queries.warming import Warming
from maillage.population.models import Computation
from maillage.population.queries import warming
from tests.population.results_by_hand import put_results

pytestmark = pytest.mark.django_db


def test_nothing_is_read_where_nothing_is_computed(now: datetime) -> None:
    assert warming.list_tasks(now) == []


def test_each_page_is_opened_once_and_again_for_other_figures(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, int]] = []
    for name in ("map", "pyramid", "act", "flows", "lived"):
        monkeypatch.setattr(
            warming,
            f"get_{name}_page",
            lambda results, *_, name=name, **__: opened.append((name, results.computation.pk)),
        )
    first = put_results()
    reader = Warming(clock=lambda: now, pause=lambda seconds: None, others=[warming.list_tasks])
    reader.round()
    reader.round()
    assert opened == [(name, first.pk) for name in ("map", "pyramid", "act", "flows", "lived")]
    Computation.objects.update(is_current=False)
    second = put_results(version=first.version)
    reader.round()
    assert {pk for _, pk in opened[5:]} == {second.pk}


def test_pages_are_opened_as_people_open_them(now: datetime) -> None:
    """On figures that hold next to nothing a page may have nothing to show: it is no failure."""
    from tests.population.territory_by_hand import put_territory

    put_territory()
    tasks = dict(warming.list_tasks(now))
    for (_, _, name), read in tasks.items():
        if name in ("map", "act"):
            assert read() is not None
