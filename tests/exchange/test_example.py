"""Every list of the product, with the rows of the example territory: out and in again."""

from __future__ import annotations

import pytest

from maillage.exchange.queries import count_rows, get_export, get_plan
from maillage.exchange.tables import list_tables

pytestmark = pytest.mark.example


def test_every_list_comes_back_without_a_change(example: None) -> None:
    tables = list_tables()
    assert len(tables) > 20
    counts = count_rows(tables)
    for table in tables:
        plan = get_plan(table, get_export(table), f"{table.key}.csv")
        assert plan.problems.listed == [], table.key
        assert plan.changes == [], table.key
        assert plan.untouched == 0, table.key
        assert counts.get(table.key, plan.unchanged) == plan.unchanged, table.key
