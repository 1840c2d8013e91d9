"""Work of the on-call room in the background."""

from __future__ import annotations

from maillage.jobs.context import JobCancelled, JobContext
from maillage.jobs.registry import job
from maillage.oncall.actions.attempts import FILL_JOB, fill_draft, note_failure
from maillage.oncall.actions.news import TELL_JOB, send_messages
from maillage.oncall.enums import AttemptState
from maillage.oncall.models import RosterAttempt
from maillage.oncall.permissions import READ_DRAFTS


@job(FILL_JOB, label="Calcul d'un tableau de service", readers=READ_DRAFTS, is_long=True)
def fill_roster(context: JobContext, *, attempt: int) -> None:
    """Fill a draft. Stopped, it keeps the best roster found so far as its proposal; cut short by
    the end of its worker, it goes on from there. Nothing to do when it was deleted or dropped."""
    wanted = RosterAttempt.objects.select_related("version__roster").filter(pk=attempt).first()
    if wanted is None or wanted.state != AttemptState.RUNNING:
        return
    try:
        fill_draft(
            attempt=wanted,
            at=context.at,
            report=context.report,
            should_stop=context.is_cancelled,
        )
    except Exception:
        note_failure(attempt=wanted, at=context.at)
        raise
    if context.was_told_to_stop:
        if not context.job_was_cancelled():
            RosterAttempt.objects.filter(pk=attempt).update(
                state=AttemptState.RUNNING, ended_at=None
            )
        raise JobCancelled


@job(TELL_JOB, label="Courriels des gardes")
def tell_people(context: JobContext, *, people: list[str], but: str) -> None:
    """Tell people that their duties changed. When the mail server does not answer, the job fails
    and the administrators see it."""
    send_messages(people=people, but=but, token=context.job.key)
