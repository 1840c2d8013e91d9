"""Work of the referrals room in the background."""

from __future__ import annotations

from maillage.jobs.context import JobContext
from maillage.jobs.registry import every, every_day, job
from maillage.referrals.actions import documents, notices, watching


@every(minutes=1)
@job("referrals.watch", label="Échéances des demandes")
def watch(context: JobContext) -> None:
    """Call those who are waited for. Each call is made once: the work may be done again."""
    watching.call_overdue(at=context.at)


@every(minutes=1)
@job(notices.DELIVER_JOB, label="Courriels des demandes")
def deliver(context: JobContext) -> None:
    """Send the notices that wait."""
    while notices.deliver(at=context.at) == notices.AT_ONCE and not context.is_cancelled():
        pass


@every_day("04:10")
@job("referrals.tidy", label="Rangement des courriels et des fichiers")
def tidy(context: JobContext) -> None:
    """Delete old notices, and files that no document speaks of."""
    notices.forget_old(at=context.at)
    documents.forget_orphans(at=context.at)


@job(documents.SCAN_JOB, label="Analyse d'un document joint")
def scan(context: JobContext, *, document: str) -> None:
    """Search a document for viruses. A program that fails makes the job fail: it is tried again,
    and the administrators see it."""
    documents.scan_document(key=document, at=context.at)
