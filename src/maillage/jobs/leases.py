"""Who runs which job: taken, given back, finished, each in one short transaction.

A worker holds a job while the job bears its name. Every write of a worker asks for that name, so
one that was held for dead and wakes up changes nothing. The line of the queue is always locked
before the job.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM
from maillage.jobs import rules
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job, JobWorker
from maillage.jobs.processes import Process
from maillage.jobs.queue import LONG, PATH, put_in_line
from maillage.jobs.registry import find_kind

ABANDONED = (
    "jobs.abandoned",
    f"Abandonné après {rules.MOST_ATTEMPTS} arrêts : ce qui l'exécutait s'est arrêté chaque fois.",
)
"""Why a job whose workers keep dying is given up: its code and its sentence."""


def _ready(at: datetime, *, short_only: bool = False) -> QuerySet[DBTaskResult]:
    due = Q(run_after=get_date_max()) | Q(run_after__lte=at)
    lines = DBTaskResult.objects.filter(due, status=TaskResultStatus.READY, task_path=PATH)
    return lines.exclude(queue_name=LONG) if short_only else lines


def has_ready(at: datetime, *, short_only: bool = False) -> bool:
    """Whether a job may be taken now. A read: it waits for nobody."""
    return _ready(at, short_only=short_only).exists()


def is_all_done(at: datetime) -> bool:
    """Whether no job is left to do now, here or at another worker."""
    later = Q(state=JobState.WAITING, run_after__gt=at)
    return not Job.objects.filter(state__in=rules.LIVE).exclude(later).exists()


def take(worker: str, *, at: datetime, short_only: bool = False) -> Job | None:
    """The next job that may be run, now held by this worker; None when there is none.
    ``short_only`` leaves the long ones to others."""
    while True:
        with transaction.atomic():
            line = _ready(at, short_only=short_only).get_locked()  # type: ignore[attr-defined]
            if line is None:
                return None
            job = Job.objects.select_for_update().filter(task_id=line.id).first()
            if job is None or job.state != JobState.WAITING:
                line.status, line.finished_at = TaskResultStatus.SUCCESSFUL, at
                line.save(update_fields=["status", "finished_at"])
                continue
            line.claim(worker)
            job.state, job.worker, job.started_at = JobState.RUNNING, worker, at
            job.attempts += 1
            job.done, job.total, job.message = 0, 0, ""
            job.save()
            return job


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, worker=job.worker)


def write_progress(job: Job, done: int, total: int, message: str) -> None:
    """Keep how far a job is, if it is still held."""
    _held(job).update(done=done, total=total, message=message)


def may_go_on(job: Job) -> bool:
    """Whether the job is still held and nobody asked it to stop."""
    return _held(job).filter(cancel_asked_at__isnull=True).exists()


def was_cancelled(job: Job) -> bool:
    """Whether somebody asked the job to stop."""
    return Job.objects.filter(pk=job.pk, cancel_asked_at__isnull=False).exists()


def finish(
    job: Job,
    state: JobState,
    *,
    at: datetime,
    progress: tuple[int, int, str],
    code: str = "",
    error: str = "",
) -> bool:
    """End a job that is still held: DONE, FAILED (with its code and its sentence) or CANCELLED.
    False, and nothing written, when another worker has it by now."""
    with transaction.atomic():
        DBTaskResult.objects.select_for_update().filter(id=job.task_id).first()
        held = _held(job).select_for_update().first()
        if held is None:
            return False
        held.done, held.total, held.message = progress
        _end(held, state, at=at, code=code, error=error)
    return True


def _end(job: Job, state: JobState, *, at: datetime, code: str = "", error: str = "") -> None:
    """Write the end of a job, of its line, and the audit line of a failure."""
    # The clock of the machine that buries may be behind that of the dead.
    job.state, job.worker, job.finished_at = state, "", max(at, job.started_at or at)
    job.error_code, job.error = code, error
    job.save()
    failed = state == JobState.FAILED
    DBTaskResult.objects.filter(id=job.task_id).update(
        status=TaskResultStatus.FAILED if failed else TaskResultStatus.SUCCESSFUL,
        finished_at=at,
        exception_class_path=code,
        traceback="",
    )
    if failed:
        record(
            "jobs.fail",
            by=SYSTEM,
            at=at,
            subject_kind="job",
            subject_key=str(job.pk),
            subject_name=job.label,
            kind=job.kind,
            error=error[:500],
        )


def give_back(job: Job, *, at: datetime, counts: bool, run_after: datetime | None = None) -> bool:
    """Put a held job in line again: it begins anew, with whoever takes it. ``counts`` says that
    it was cut short, not stopped in good order: after ``MOST_ATTEMPTS`` such cuts it is given up.
    A job that was asked to stop ends there. False when it is no longer held."""
    with transaction.atomic():
        line = DBTaskResult.objects.select_for_update().filter(id=job.task_id).first()
        held = _held(job).select_for_update().first()
        if held is None:
            return False
        if held.cancel_asked_at is not None:
            _end(held, JobState.CANCELLED, at=at)
        elif counts and rules.is_given_up(held.attempts):
            _end(held, JobState.FAILED, at=at, code=ABANDONED[0], error=ABANDONED[1])
        else:
            held.state, held.worker, held.started_at = JobState.WAITING, "", None
            held.attempts -= 0 if counts else 1
            _line_up(held, line, run_after=run_after)
    return True


def _line_up(job: Job, line: DBTaskResult | None, *, run_after: datetime | None) -> None:
    """Write a waiting job, and its line as ready, or a new one when the old one is gone."""
    job.run_after = run_after
    if line is None:
        kind = find_kind(job.kind)
        is_long = kind is not None and kind.is_long
        job.task_id = put_in_line(job.kind, job.key, run_after=run_after, is_long=is_long)
    else:
        line.status, line.started_at, line.finished_at = TaskResultStatus.READY, None, None
        line.run_after = run_after or get_date_max()  # how the queue writes « at once »
        line.save(update_fields=["status", "started_at", "finished_at", "run_after"])
    job.save()


# Workers


def sign(worker: str, process: Process, *, at: datetime) -> None:
    """Write the sign of life of a worker; a row that another worker took away comes back."""
    if not JobWorker.objects.filter(pk=worker).update(seen_at=at):
        JobWorker.objects.create(
            pk=worker,
            machine=process.machine,
            pid=process.pid,
            birth=process.birth,
            started_at=at,
            seen_at=at,
        )


def leave(worker: str, *, at: datetime) -> None:
    """A worker ends in good order: what it still holds is free again, its row goes."""
    give_back_all(worker, at=at, counts=False)
    JobWorker.objects.filter(pk=worker).delete()


def give_back_all(worker: str, *, at: datetime, counts: bool) -> int:
    """Put every job that a worker holds in line again; how many."""
    held = Job.objects.filter(state=JobState.RUNNING, worker=worker)
    return sum(give_back(job, at=at, counts=counts) for job in held)


def bury(workers: Iterable[str], *, at: datetime) -> int:
    """Put the jobs of dead workers in line again and forget those workers; how many jobs."""
    count = 0
    for worker in workers:
        count += give_back_all(worker, at=at, counts=True)
        JobWorker.objects.filter(pk=worker).delete()
    return count


def list_strangers() -> list[str]:
    """Workers that hold a job and have no row: their row went when they were held for dead."""
    known = JobWorker.objects.values("pk")
    held = Job.objects.filter(state=JobState.RUNNING).exclude(worker__in=known)
    return list(held.order_by().values_list("worker", flat=True).distinct())


def mend_line(*, at: datetime) -> int:
    """Put waiting jobs whose line was lost (taken by another program, deleted) in line again; how
    many. The line of a running job is looked after when the job is given back."""
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY).values("id")
    count = 0
    for lost in Job.objects.filter(state=JobState.WAITING).exclude(task_id__in=ready):
        with transaction.atomic():
            line = DBTaskResult.objects.select_for_update().filter(id=lost.task_id).first()
            job = Job.objects.select_for_update().filter(pk=lost.pk, state=JobState.WAITING).first()
            if job is not None and (line is None or line.status != TaskResultStatus.READY):
                _line_up(job, line, run_after=job.run_after)
                count += 1
    return count
