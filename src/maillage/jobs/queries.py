"""Reads of the jobs room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from maillage.accounts.permissions import Actor
from maillage.jobs import rules
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job, JobWorker
from maillage.jobs.permissions import check_can_read, manages
from maillage.jobs.registry import Kind, list_scheduled
from maillage.vocabulary.errors import NotFound

WORKER_SILENCE = timedelta(seconds=15)
"""A worker that gave no sign for longer is not shown as working."""


def find_live(kind: str, key: str) -> Job | None:
    """The job of this kind and key that is waiting or running, if there is one."""
    return Job.objects.filter(kind=kind, key=key, state__in=rules.LIVE).first()


def find_newest(kind: str, key: str) -> Job | None:
    """The job of this kind and key that was asked for last, if there is one."""
    return Job.objects.filter(kind=kind, key=key).first()


def get_job(pk: int, actor: Actor) -> Job:
    """A job, for those who may follow it. Raises :class:`NotFound`."""
    job = Job.objects.filter(pk=pk).first()
    if job is None:
        raise NotFound("jobs.unknown", "Ce travail n'existe pas.")
    check_can_read(job, actor)
    return job


def list_jobs(actor: Actor) -> QuerySet[Job]:
    """One's own jobs, newest first; everybody's for administrators, without the turns of regular
    work that went well."""
    if not manages(actor):
        return Job.objects.filter(asked_by=actor.username)
    return Job.objects.exclude(~Q(period="") & Q(state=JobState.DONE))


def list_live(actor: Actor) -> list[Job]:
    """Those that run, then those that wait, in the order in which they were asked for."""
    found = list_jobs(actor).filter(state__in=rules.LIVE).order_by("id")
    return sorted(found, key=lambda job: job.state != JobState.RUNNING)


def list_over(actor: Actor) -> QuerySet[Job]:
    """Those that are over, the newest end first."""
    return list_jobs(actor).exclude(state__in=rules.LIVE).order_by("-finished_at", "-id")


@dataclass(frozen=True)
class Regular:
    """One kind of regular work: when, and its newest turn."""

    kind: Kind
    when: str
    newest: Job | None


def list_regular() -> list[Regular]:
    """Regular work, with the newest turn of each."""
    return [
        Regular(kind, schedule.label, Job.objects.filter(kind=kind.name).exclude(period="").first())
        for kind, schedule in list_scheduled()
    ]


def count_workers(at: datetime) -> int:
    """How many workers gave a sign of life a moment ago."""
    return JobWorker.objects.filter(seen_at__gt=at - WORKER_SILENCE).count()
