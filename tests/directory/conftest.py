"""The small directory, loaded through the same imports as a real one."""

from __future__ import annotations

import pytest

from tests.directory.territory_in_small import load_directory


@pytest.fixture
def directory(db: None) -> None:
    """Five organizations, two groups, four sites, four services, three practitioners, one team."""
    load_directory()
