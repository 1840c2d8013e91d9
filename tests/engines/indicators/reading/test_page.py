"""The reference page says what the layouts say."""

from __future__ import annotations

from maillage.engines.indicators.reading import layouts
from maillage.engines.indicators.reading.page import loading_page
from maillage.engines.indicators.reading.rules import RULES


def test_every_version_and_rule_is_on_the_page() -> None:
    page = loading_page()
    for family in layouts.load_layouts().values():
        for one in family:
            assert f"| {one.version} | {one.years} | {one.status} |" in page
    assert all(f"`{code}`" in page for code in RULES)
    assert "\n| --- |" in page
