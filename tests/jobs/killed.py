"""A worker process for the test that kills it: ``python -m tests.jobs.killed work``.

Its kind ``essai.effet`` writes down each start, works for a moment, and leaves one line in the
audit trail unless it is there already: the trail refuses nothing, so that a job which two workers
did at the same time would leave two.
"""

from __future__ import annotations

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


def _ask() -> None:
    from maillage.accounts.permissions import SYSTEM
    from maillage.jobs.actions import start

    for number in range(JOBS):
        arguments = {"number": number}
        now = datetime.now(UTC)
        start("essai.effet", key=str(number), arguments=arguments, by=SYSTEM, at=now)


def _work(*, until_empty: bool) -> None:
    from maillage.jobs.worker import Worker

    worker = Worker(until_empty=until_empty)
    worker.listen()
    worker.run()


def _report() -> None:
    from collections import Counter

    from maillage.accounts.models import AuditEvent
    from maillage.jobs.models import Job

    effects = Counter(
        AuditEvent.objects.filter(action="essai.effet").values_list("subject_key", flat=True)
    )
    states = Counter(Job.objects.filter(kind="essai.effet").values_list("state", flat=True))
    sys.stdout.write(f"{len(effects)} {max(effects.values(), default=0)} {dict(states)}\n")


def main(word: str) -> None:
    """``ask``, ``work``, ``drain`` or ``report`` (effects, most per job, jobs by state)."""
    django.setup()
    _declare()
    if word == "ask":
        _ask()
    elif word == "report":
        _report()
    else:
        _work(until_empty=word == "drain")


if __name__ == "__main__":
    main(sys.argv[1])
