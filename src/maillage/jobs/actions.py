"""Acts of the jobs room.

::

    from maillage.jobs import actions as jobs

    jobs.start("coverage.prove", key=f"{proof.pk}", arguments={"proof": proof.pk}, by=by, at=at,
               label="Preuve de l'année 2027", link=reverse("coverage:proof", args=[proof.pk]))

``start`` joins the transaction of its caller: nothing is run when that one rolls back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.jobs import rules
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job
from maillage.jobs.permissions import check_can_cancel
from maillage.jobs.queue import put_in_line
from maillage.jobs.registry import Kind, get_kind, list_scheduled

TRIES = 5
"""How often ``start`` looks for a live job or a place for a new one, before it lets the refusal of
the table through."""

REGULAR = "regulier"
"""Key of every job of regular work: the next turn waits until the one before is over."""


def start(
    kind: str,
    *,
    key: str,
    by: Actor,
    at: datetime,
    arguments: Mapping[str, Any] | None = None,
    label: str = "",
    link: str = "",
    run_after: datetime | None = None,
) -> Job:
    """Ask for a job; the caller has checked that ``by`` may.

    Idempotent: while a job of this kind and key is alive, that one is given back, whatever its
    arguments; put into ``key`` all that its result depends on. A waiting job is brought forward
    when it is now asked for sooner. ``arguments`` are JSON values without patient data, handed to
    the handler by name. ``label`` (default: that of the kind) and ``link`` (address of its page)
    are for the list of jobs. Raises ``LookupError`` for a kind that no room declares.
    """
    declared = get_kind(kind)
    with transaction.atomic():
        job, is_new = _get_or_add(
            declared,
            key=key,
            arguments=dict(arguments or {}),
            label=(label or declared.label)[:200],
            link=link,
            run_after=run_after,
            by=by,
            at=at,
        )
        if is_new:
            _record("jobs.start", job, by=by, at=at)
        else:
            _bring_forward(job, run_after)
    return job


def _get_or_add(
    kind: Kind, *, key: str, by: Actor, at: datetime, **fields: Any
) -> tuple[Job, bool]:
    """The live job of this kind and key, or a new one. Two callers at the same instant get the
    same: the table refuses the second one, which reads again, and asks again when that job is
    over by then."""
    for tries_left in range(TRIES - 1, -1, -1):
        job = Job.objects.filter(kind=kind.name, key=key, state__in=rules.LIVE).first()
        if job is not None:
            return job, False
        try:
            with transaction.atomic():
                return _add(kind, key=key, by=by, at=at, **fields), True
        except IntegrityError:
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _add(kind: Kind, *, key: str, by: Actor, at: datetime, **fields: Any) -> Job:
    return Job.objects.create(
        kind=kind.name,
        key=key,
        task_id=put_in_line(
            kind.name, key, run_after=fields.get("run_after"), is_long=kind.is_long
        ),
        asked_by=by.username,
        asked_by_name=by.name,
        asked_at=at,
        **fields,
    )


def _bring_forward(job: Job, run_after: datetime | None) -> None:
    """A waiting job that is now asked for sooner runs sooner."""
    if job.run_after is None or (run_after is not None and run_after >= job.run_after):
        return
    line = DBTaskResult.objects.select_for_update().filter(id=job.task_id).first()
    if line is not None and line.status == TaskResultStatus.READY:
        line.run_after = run_after or get_date_max()  # how the queue writes « at once »
        line.save(update_fields=["run_after"])
        job.run_after = run_after
        job.save(update_fields=["run_after"])


def ask_to_stop(*, job: Job, by: Actor, at: datetime) -> Job:
    """Stop a job: at once while it waits, else as soon as its handler looks. Raises
    :class:`NotAllowed` and, for a job that is over or already stopping, :class:`Refusal`."""
    check_can_cancel(job, by)
    with transaction.atomic():
        # The line first, then the job: the order in which workers lock them.
        line = DBTaskResult.objects.select_for_update().filter(id=job.task_id).first()
        job = Job.objects.select_for_update().get(pk=job.pk)
        rules.check_can_stop(job.state, already_asked=job.cancel_asked_at is not None)
        job.cancel_asked_at, job.cancel_asked_by = at, by.name
        running = job.state == JobState.RUNNING
        if not running:
            job.state, job.finished_at = JobState.CANCELLED, at
            if line is not None:
                line.delete()
        job.save(update_fields=["cancel_asked_at", "cancel_asked_by", "state", "finished_at"])
        _record("jobs.cancel", job, by=by, at=at, running=running)
    return job


def start_regular_work(*, at: datetime) -> list[Job]:
    """Put the turns of regular work that are due in line: each once, whatever the number of
    workers that ask, and none while the turn before is still alive."""
    return [job for kind, schedule in list_scheduled() if (job := _turn(kind, schedule, at))]


def _turn(kind: Kind, schedule: rules.Schedule, at: datetime) -> Job | None:
    period = schedule.period(at)
    if Job.objects.filter(kind=kind.name, period=period).exists():
        return None
    try:
        with transaction.atomic():
            return _add(kind, key=REGULAR, period=period, label=kind.label, by=SYSTEM, at=at)
    except IntegrityError:  # another worker was faster, or the turn before is not over
        return None


def forget_old(*, at: datetime) -> int:
    """Take finished jobs out of the list once they are old; how many went."""
    finished = Job.objects.exclude(state__in=rules.LIVE)
    old = finished.filter(finished_at__lt=at - rules.KEEP_FINISHED)
    regular = finished.filter(state=JobState.DONE, finished_at__lt=at - rules.KEEP_REGULAR)
    with transaction.atomic():
        count, _ = (old | regular.exclude(period="")).delete()
        DBTaskResult.objects.finished().filter(finished_at__lt=at - rules.KEEP_REGULAR).delete()
    return count


def _record(action: str, job: Job, *, by: Actor, at: datetime, **details: Any) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="job",
        subject_key=str(job.pk),
        subject_name=job.label,
        kind=job.kind,
        **details,
    )
