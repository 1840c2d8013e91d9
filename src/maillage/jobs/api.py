"""Background jobs by JSON."""

from __future__ import annotations

from datetime import datetime

from ninja import Router, Schema

from maillage.accounts.http import Request
from maillage.jobs import actions, queries
from maillage.jobs.models import Job
from maillage.jobs.permissions import CANCEL, READ

router = Router(tags=["Travaux"])


class JobOut(Schema):
    """A job. ``done`` of ``total`` units; ``percent`` is null while nobody knows the total."""

    id: int
    kind: str
    label: str
    state: str
    done: int
    total: int
    percent: int | None
    message: str
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stop_asked_at: datetime | None
    attempts: int
    error_code: str
    error: str
    link: str


class ProblemOut(Schema):
    """Why there is no answer (RFC 9457)."""

    type: str
    title: str
    status: int


def _job(job: Job) -> JobOut:
    return JobOut(
        id=job.pk,
        kind=job.kind,
        label=job.label,
        state=job.state,
        done=job.done,
        total=job.total,
        percent=job.percent,
        message=job.message,
        asked_by=job.asked_by,
        asked_at=job.asked_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        stop_asked_at=job.cancel_asked_at,
        attempts=job.attempts,
        error_code=job.error_code,
        error=job.error,
        link=job.link,
    )


@router.get("/", response=list[JobOut], summary="Les travaux en cours et en attente")
def list_live(request: Request) -> list[JobOut]:
    """Those that the caller asked for; everybody's for administrators."""
    READ.check(request.actor, request.actor.organizations())
    return [_job(job) for job in queries.list_live(request.actor)]


@router.get("/{pk}", response={200: JobOut, 404: ProblemOut}, summary="Où en est un travail")
def get_job(request: Request, pk: int) -> JobOut:
    """One job, for those who may follow it."""
    READ.check(request.actor, request.actor.organizations())
    return _job(queries.get_job(pk, request.actor))


@router.post(
    "/{pk}/arreter",
    response={200: JobOut, 403: ProblemOut, 404: ProblemOut, 409: ProblemOut},
    summary="Arrêter un travail",
)
def stop(request: Request, pk: int) -> JobOut:
    """At once while it waits; a running one ends as soon as it can, see ``stop_asked_at``."""
    CANCEL.check(request.actor, request.actor.organizations())
    job = queries.get_job(pk, request.actor)
    return _job(actions.ask_to_stop(job=job, by=request.actor, at=request.now))
