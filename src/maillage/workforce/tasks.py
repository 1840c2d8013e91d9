"""Work of the workforce room in the background."""

from __future__ import annotations

from maillage.jobs.context import JobCancelled, JobContext
from maillage.jobs.registry import every_day, job
from maillage.workforce import permissions
from maillage.workforce.actions import allocations
from maillage.workforce.actions.recruiting import erase_candidates as erase
from maillage.workforce.enums import AllocationState
from maillage.workforce.models import HalfDayAllocation


@every_day("03:10")
@job(
    "workforce.erase-candidates",
    label="Effacement des candidatures échues",
    readers=permissions.IMPORT,
)
def erase_candidates(context: JobContext) -> None:
    """Erase applications whose day has come. Done twice, it erases nothing more."""
    erase(by=context.actor, at=context.at)


@job(allocations.COMPUTE_JOB, label="Répartition des demi-journées", is_long=True)
def allocate_half_days(context: JobContext, *, allocation: int) -> None:
    """Compute a question. Stopped, it keeps the best answer so far as its proposal; cut short by
    the end of its worker, it is computed again. Nothing to do when it was deleted."""
    wanted = HalfDayAllocation.objects.filter(pk=allocation).first()
    if wanted is None or wanted.state != AllocationState.RUNNING:
        return
    try:
        allocations.compute_allocation(
            allocation=wanted, report=context.report, should_stop=context.is_cancelled
        )
    except Exception:
        allocations.end_computing(allocation=wanted, state=AllocationState.FAILED, at=context.at)
        raise
    if context.was_told_to_stop and not context.job_was_cancelled():
        raise JobCancelled  # the worker ends: another one begins again
    allocations.end_computing(allocation=wanted, state=AllocationState.FOUND, at=context.at)
    if context.was_told_to_stop:
        raise JobCancelled
