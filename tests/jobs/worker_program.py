"""A worker process for the tests that end it: ``python -m tests.jobs.worker_program work``.

Its kind ``essai.effet`` writes down each start, works for a moment, and leaves one line in the
audit trail unless it is there already: the trail refuses nothing, so that a job which two workers
did at the same time would leave two. ``essai.durer`` lasts, and looks whether it must stop or not.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django

JOBS = 80
WORK_S = 0.04


def _declare() -> None:
    from django.db import transaction

    from maillage.accounts.actions import record
    from maillage.accounts.models import AuditEvent
    from maillage.jobs.context import JobContext
    from maillage.jobs.registry import job

    log = Path(os.environ["ESSAI_LOG"])

    def note(words: str) -> None:
        with log.open("a") as file:
            file.write(f"{words}\n")

    @job("essai.effet", label="Laisser un effet")
    def leave_an_effect(context: JobContext, *, number: int) -> None:
        note(f"start {number}")
        context.report(0, 2)
        time.sleep(WORK_S)
        with transaction.atomic():
            if not AuditEvent.objects.filter(subject_key=f"effet-{number}").exists():
                record(
                    "essai.effet", by=context.actor, at=context.at, subject_key=f"effet-{number}"
                )
        context.report(1, 2)
        time.sleep(WORK_S / 2)
        note(f"end {number}")

    @job("essai.durer", label="Durer")
    def last(context: JobContext, *, seconds: float, looks: bool) -> None:
        note("start")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.02)
            if looks:
                context.check()
        note("end")


def _ask(kind: str, **arguments: object) -> None:
    from maillage.accounts.permissions import SYSTEM
    from maillage.jobs.actions import start

    for number in range(JOBS) if kind == "essai.effet" else [0]:
        given = arguments or {"number": number}
        start(kind, key=str(number), arguments=given, by=SYSTEM, at=datetime.now(UTC))


def _work(*, until_empty: bool) -> None:
    from maillage.jobs.worker import Worker

    parent = int(os.environ.get("ESSAI_PARENT", "0")) or None
    grace_s = float(os.environ.get("ESSAI_GRACE", "10"))
    worker = Worker(until_empty=until_empty, parent=parent, grace_s=grace_s)
    worker.listen()
    worker.run()


def _report(kind: str) -> None:
    from collections import Counter

    from maillage.accounts.models import AuditEvent
    from maillage.jobs.models import Job, JobWorker

    effects = Counter(
        AuditEvent.objects.filter(action="essai.effet").values_list("subject_key", flat=True)
    )
    jobs = Job.objects.filter(kind=kind)
    found = {
        "effects": len(effects),
        "most": max(effects.values(), default=0),
        "states": Counter(jobs.values_list("state", flat=True)),
        "attempts": Counter(jobs.values_list("attempts", flat=True)),
        "workers": JobWorker.objects.count(),
    }
    sys.stdout.write(json.dumps(found))


def main(word: str, kind: str = "", arguments: str = "{}") -> None:
    """``work`` or ``drain``, after having asked for jobs of a kind when one is given; ``report``
    (effects, most per job, jobs by state)."""
    django.setup()
    _declare()
    if word == "report":
        _report(kind)
        return
    if kind:
        _ask(kind, **json.loads(arguments))
    _work(until_empty=word == "drain")


if __name__ == "__main__":
    main(*sys.argv[1:])
