"""The population of the example as ``maillage population --exemple`` makes it, with an indicator of
each kind and two pathways: ``python -m tests.population.example_program FOLDER OPTIONS``. The
folder, a new one, is where these definitions are written."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.core.management import call_command

INDICATORS = (
    "prevalence-diabetes", "avoidable", "readmission-30", "emergency-visits", "gap-hba1c-none",
    "adherence-statins", "persistence-statins", "cost-diabetes", "stays-diabetes",
    "hospitalised-diabetes", "death-1-year-heart-failure",
)  # fmt: skip
PATHWAYS = ("diabetes", "heart-failure")

if __name__ == "__main__":
    django.setup()

    from tests.population.few_definitions import write_few

    few = write_few(Path(sys.argv[1]), indicators=INDICATORS, pathways=PATHWAYS)
    for module, folder in few.items():
        module.FOLDER = folder  # type: ignore[attr-defined]
    call_command("population", *sys.argv[2:])
