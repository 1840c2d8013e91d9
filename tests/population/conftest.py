"""What the tests of the population room share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_django

from maillage.population.queries import forget_results

REPOSITORY = Path(__file__).resolve().parents[2]


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


@pytest.fixture(scope="session")
def example_population_folder(
    untouched_example_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data folder like that of the example, in SQLite, with one resident of two hundred invented
    and an indicator of each kind computed; every indicator with ``MAILLAGE_TEST_ALL``, in minutes.
    Mark the tests that ask for it with ``pytest.mark.xdist_group("population-example")``, so that
    one process builds it."""
    folder = tmp_path_factory.mktemp("example-population") / "var"
    shutil.copytree(untouched_example_folder, folder)
    environment = {
        **os.environ,
        "MAILLAGE_DATA": str(folder),
        "MAILLAGE_DATABASE": "",
        "DJANGO_SETTINGS_MODULE": "maillage.config.settings",
    }
    program = ["tests.population.example_program", str(folder.parent / "definitions")]
    if os.environ.get("MAILLAGE_TEST_ALL"):
        program = ["maillage.config.manage", "population"]
    words = ["-m", *program, "--exemple", "--part", "0.005"]
    subprocess.run(
        [sys.executable, *words],
        env=environment,
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder


@pytest.fixture
def example_population(
    example_population_folder: Path,
    django_db_blocker: pytest_django.DjangoDbBlocker,
    settings: Any,
) -> Iterator[Path]:
    """The test speaks to the example territory with its invented population; what it writes to the
    database is undone. SQLite only: the files are the same on every database."""
    from django.core.cache import cache
    from django.db import connections, transaction

    if os.environ.get("MAILLAGE_TEST_DATABASE"):
        pytest.skip("the invented population is tried on SQLite")
    settings.DEMO_ACCOUNTS_ALLOWED = True
    settings.POPULATION_FOLDER = example_population_folder / "population"
    with django_db_blocker.unblock():
        usual = connections["default"]
        name = str(example_population_folder / "maillage.sqlite3")
        connections["default"] = type(usual)({**usual.settings_dict, "NAME": name}, "default")
        cache.clear()
        try:
            with transaction.atomic():
                yield settings.POPULATION_FOLDER
                transaction.set_rollback(True)
        finally:
            connections["default"].close()
            connections["default"] = usual
            cache.clear()
