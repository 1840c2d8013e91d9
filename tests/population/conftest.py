"""What the tests of the population room share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maillage.population.queries import forget_results


@pytest.fixture(autouse=True)
def population_folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """Stores and results of the test are in a folder of its own; nothing of another test stays in
    memory."""
    settings.POPULATION_FOLDER = tmp_path / "population"
    settings.POPULATION_INBOX = tmp_path / "depot"
    settings.POPULATION_INBOX.mkdir()
    forget_results()
    yield settings.POPULATION_FOLDER
    forget_results()
