"""Who may see and stop jobs."""

from __future__ import annotations

from maillage.accounts.enums import Role
from maillage.accounts.permissions import ALL_ROLES, Actor, declare
from maillage.jobs.models import Job
from maillage.jobs.registry import find_kind
from maillage.vocabulary.errors import NotAllowed, NotFound

READ = declare("jobs.read", "suivre les travaux que l'on a demandés", ALL_ROLES)
CANCEL = declare("jobs.cancel", "arrêter les travaux que l'on a demandés", ALL_ROLES)
MANAGE = declare(
    "jobs.manage", "suivre et arrêter les travaux de tout le monde", [Role.ADMINISTRATOR]
)


def manages(actor: Actor) -> bool:
    """True when the actor sees and stops everybody's jobs."""
    return MANAGE.allows(actor, actor.organizations())


def can_read(job: Job, actor: Actor) -> bool:
    """Own jobs, those of everybody for administrators, and those of a kind whose room opens them
    to who holds one of its permissions."""
    if manages(actor):
        return True
    kind = find_kind(job.kind)
    readers = kind.readers if kind else None
    if readers is not None and readers.allows(actor, actor.organizations()):
        return True
    return job.asked_by == actor.username and READ.allows(actor, actor.organizations())


def check_can_read(job: Job, actor: Actor) -> None:
    """Raise :class:`NotFound` unless :func:`can_read`: nobody learns that the job exists."""
    if not can_read(job, actor):
        raise NotFound("jobs.unknown", "Ce travail n'existe pas.")


def can_cancel(job: Job, actor: Actor) -> bool:
    """Own jobs, and those of everybody for administrators."""
    if manages(actor):
        return True
    return job.asked_by == actor.username and CANCEL.allows(actor, actor.organizations())


def check_can_cancel(job: Job, actor: Actor) -> None:
    """Raise :class:`NotAllowed` unless :func:`can_cancel`."""
    if not can_cancel(job, actor):
        raise NotAllowed(
            "permission.jobs.cancel",
            "Seules la personne qui a demandé ce travail et l'administration peuvent l'arrêter.",
        )
