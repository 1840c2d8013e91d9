"""Running one job that a worker holds, whatever its handler does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError

from maillage.jobs import leases, rules
from maillage.jobs.context import JobCancelled, JobContext
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job
from maillage.jobs.registry import find_kind
from maillage.vocabulary.errors import MaillageError

logger = logging.getLogger("maillage.jobs")

Outcome = Callable[[datetime], bool]
"""What remains to be written about a job, at the instant when it ended. False: no longer held."""


def run(job: Job, *, at: datetime, out_of_time: Callable[[], bool] = lambda: False) -> Outcome:
    """Run the handler of a held job; what to write then, to be tried until it is written.

    A :class:`MaillageError` fails the job with its sentence. Whatever is raised after the handler
    was told to stop ends it: cancelled, or back in line when it is the worker that ends. A
    database that was away or busy puts the job back in line. Anything else is a bug: the class of
    the exception only is kept, the rest goes to the log.
    """
    context = JobContext(job, at=at, out_of_time=out_of_time)
    kind = find_kind(job.kind)
    if kind is None:
        return _failed(context, "jobs.no-handler", f"Aucun programme ne sait faire « {job.kind} ».")
    try:
        kind.run(context, **job.arguments)
    except JobCancelled:
        return _stopped(context)
    except (Exception, SystemExit) as error:
        if context.was_told_to_stop:
            logger.info("job %s (%s) stopped on %s", job.pk, job.kind, type(error).__name__)
            return _stopped(context)
        if isinstance(error, MaillageError):
            return _failed(context, error.code, str(error))
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        if isinstance(error, OperationalError | InterfaceError):
            return lambda now: leases.give_back(
                job, at=now, counts=True, run_after=now + rules.RETRY_DELAY
            )
        return _failed(
            context,
            "jobs.unexpected",
            f"Erreur inattendue ({type(error).__name__}). Le détail est au journal du serveur.",
        )
    return lambda now: leases.finish(job, JobState.DONE, at=now, progress=context.progress)


def _failed(context: JobContext, code: str, error: str) -> Outcome:
    return lambda now: leases.finish(
        context.job, JobState.FAILED, at=now, progress=context.progress, code=code, error=error
    )


def _stopped(context: JobContext) -> Outcome:
    """Cancelled when somebody asked for it; otherwise the worker ends, and the job is for
    another one."""

    def write(now: datetime) -> bool:
        if context.job_was_cancelled():
            return leases.finish(context.job, JobState.CANCELLED, at=now, progress=context.progress)
        return leases.give_back(context.job, at=now, counts=False)

    return write
