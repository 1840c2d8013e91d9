"""Reading the results of the current computation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from maillage.population.models import Computation
from maillage.population.queries import current_results, get_results, places
from maillage.vocabulary.errors import NotFound, Refusal
from tests.population.results_by_hand import cell, put_dataset, put_results, put_version

CELLS = [
    cell("prevalence-diabetes", 2024, "59249", 1, 12, events=20, base=300),
    cell("prevalence-diabetes", 2025, "59249", 1, 12, events=25, base=310),
    cell("prevalence-diabetes", 2025, "59606", 2, 13, events=60, base=900),
    cell("avoidable-all", 2025, "59606", 2, 13, events=12, base=900),
]


@pytest.mark.django_db
def test_nothing_is_computed_yet(now: datetime) -> None:
    assert current_results(at=now) is None


@pytest.mark.django_db
def test_the_current_computation_is_read_by_indicator_and_year(now: datetime) -> None:
    made = put_results(cells=CELLS, years=(2024, 2025))
    results = current_results(at=now)
    assert results is not None
    assert (results.computation.pk, results.years) == (made.pk, (2024, 2025))
    assert results.is_synthetic
    read = results.cells("prevalence-diabetes", 2025)
    assert sorted(read["events"].to_pylist()) == [25, 60]
    assert results.cells("avoidable-all", 2024).num_rows == 0
    assert results.strata().num_rows == 0


@pytest.mark.django_db
def test_a_page_asks_one_query_and_files_are_kept(
    now: datetime, django_assert_num_queries: Callable[..., object]
) -> None:
    put_results(cells=CELLS)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        first = current_results(at=now)
    assert first is not None
    assert first.cells("avoidable-all", 2025) is first.cells("avoidable-all", 2025)
    assert current_results(at=now) is first


@pytest.mark.django_db
def test_another_computation_replaces_what_is_kept(now: datetime) -> None:
    version = put_version(put_dataset())
    before = put_results(cells=CELLS, version=version)
    assert current_results(at=now) is not None
    Computation.objects.update(is_current=False)
    put_results(cells=CELLS[:1], version=version, years=(2024,))
    results = current_results(at=now)
    assert results is not None
    assert results.years == (2024,)
    assert get_results(before.pk).years == (2025,)


@pytest.mark.django_db
def test_files_that_are_gone_are_said(now: datetime) -> None:
    made = put_results(cells=CELLS)
    for path in places.results_folder(made).rglob("*.parquet"):
        path.unlink()
    results = current_results(at=now)
    assert results is not None
    with pytest.raises(Refusal, match="refaites le calcul"):
        results.cells("avoidable-all", 2025)


@pytest.mark.django_db
def test_a_computation_that_is_not_done_has_no_results() -> None:
    made = put_results()
    Computation.objects.update(is_current=False, state="RUNNING")
    with pytest.raises(NotFound):
        get_results(made.pk)
