"""A process that computes proofs, for the test that kills it:
``python -m tests.coverage.proving_program make|work|drain|report [where to wait]``.

``work`` says ``here`` and waits for its end at a chosen moment: ``computing``, or ``writing`` in
the middle of the transaction that keeps the proof.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from typing import Any

import django

WAIT_S = 120


def _wait_at(where: str) -> None:
    from maillage.coverage.actions import proving

    def wait(*args: Any, **more: Any) -> None:
        sys.stdout.write("here\n")
        sys.stdout.flush()
        time.sleep(WAIT_S)

    # « record_proof » is the last write of the transaction that keeps a proof.
    setattr(proving, {"computing": "prove", "writing": "record_proof"}[where], wait)


def _make() -> None:
    from maillage.accounts.permissions import SYSTEM
    from maillage.coverage import actions
    from tests.coverage.proving import NOW, TODAY, build_inhabited

    build_inhabited()
    last_day = TODAY + timedelta(days=365)
    actions.ask_for_proof(first_day=TODAY, last_day=last_day, by=SYSTEM, at=NOW, kept_current=True)


def _report() -> None:
    from maillage.accounts.models import AuditEvent
    from maillage.coverage import queries
    from maillage.coverage.models import Alert, Proof, ProofFile, ProofStep
    from maillage.jobs.models import Job

    states = list(Proof.objects.values_list("state", flat=True))
    done = queries.get_current_proof()
    found = {
        "proofs": states,
        "files": ProofFile.objects.count(),
        "steps": ProofStep.objects.count(),
        "alerts": Alert.objects.count(),
        "lines": AuditEvent.objects.filter(action="coverage.prove").count(),
        "jobs": list(Job.objects.values_list("state", "attempts")),
        "rows": queries.load_tables(done)["communes"].num_rows if done else 0,
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
    main(*sys.argv[1:])
