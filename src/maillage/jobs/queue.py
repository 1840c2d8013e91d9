"""The line of a job in the queue: a task of ``django_tasks``, kept in the database.

It is written in the transaction that asks for the job, and so vanishes with it. Only
``run_worker`` (:mod:`maillage.jobs.worker`) takes such lines: it alone gives back what a dead
worker had taken.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django_tasks import task

SHORT, LONG = "default", "long"
"""The two lines. A worker takes from both, or from the short one only."""


@task
def run_job(kind: str, key: str) -> None:
    """What the line stands for; the arguments only tell a reader of the table which job it is."""
    raise RuntimeError("jobs are run by run_worker, not by another worker of the queue")


PATH = run_job.module_path
"""The name of this task in the queue."""


def put_in_line(kind: str, key: str, *, run_after: datetime | None, is_long: bool = False) -> UUID:
    """A new line, in the transaction of the caller; the identifier of the line."""
    name = LONG if is_long else SHORT
    result = run_job.using(run_after=run_after, queue_name=name).enqueue(kind, key)
    return UUID(result.id)
