"""A process that loads a version, for the test that kills it:
``python -m tests.population.loading_program make|work|drain|report [where to wait]``.

``work`` says ``here`` and waits for its end at a chosen moment: ``reading``, in the middle of the
files, ``renamed``, when the folder has its name and no row says so yet, or ``writing``, in the
middle of the transaction that keeps the version.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

WAIT_S = 120
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def _wait_at(where: str) -> None:
    from maillage.population.actions import loading

    def wait(*args: Any, **more: Any) -> None:
        sys.stdout.write("here\n")
        sys.stdout.flush()
        time.sleep(WAIT_S)

    names = {"reading": "_check_is_new", "renamed": "_keep", "writing": "record_version"}
    setattr(loading, names[where], wait)


def _make() -> None:
    from maillage.accounts.permissions import SYSTEM
    from maillage.directory.models import Organization
    from maillage.population import actions
    from maillage.population.enums import LegalBasis, SourceKind
    from maillage.population.queries import places
    from tests.population.files_by_hand import write_files

    Organization.objects.create(
        slug="ch-essai", name="CH", short_name="CH", kind="HOSPITAL", source="essai"
    )
    dataset = actions.create_data_set(
        name="Essai", organization="ch-essai", kind=SourceKind.PLAIN, source="essai",
        legal_basis=LegalBasis.CARE, by=SYSTEM, at=NOW,
    )  # fmt: skip
    write_files(places.inbox() / "envoi")
    actions.ask_to_load(dataset=dataset, folder="envoi", by=SYSTEM, at=NOW)


def _report() -> None:
    from maillage.accounts.models import AuditEvent
    from maillage.jobs.models import Job
    from maillage.population.models import DataSetVersion
    from maillage.population.queries import places

    folder = places.root() / "datasets" / "essai"
    found = {
        "versions": list(DataSetVersion.objects.values_list("number", "state")),
        "folders": sorted(one.name for one in folder.glob("*")) if folder.is_dir() else [],
        "stores": [str(one.relative_to(folder)) for one in folder.glob("*/manifest.json")],
        "lines": AuditEvent.objects.filter(action="population.loaded-version").count(),
        "jobs": list(Job.objects.filter(kind="population.load").values_list("state", "attempts")),
    }
    sys.stdout.write(json.dumps(found))


def main(word: str, where: str = "") -> None:
    django.setup()
    if word == "make":
        _make()
        return
    if word == "report":
        _report()
        return
    if where:
        _wait_at(where)
    from maillage.jobs.worker import Worker

    Worker(until_empty=True).run()


if __name__ == "__main__":
    assert Path(os.environ["MAILLAGE_DATA"]).is_dir()
    main(*sys.argv[1:])
