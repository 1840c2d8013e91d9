"""Work of the workforce room in the background."""

from __future__ import annotations

from maillage.jobs.context import JobContext
from maillage.jobs.registry import every_day, job
from maillage.workforce import permissions
from maillage.workforce.actions.recruiting import erase_candidates as erase


@every_day("03:10")
@job(
    "workforce.erase-candidates",
    label="Effacement des candidatures échues",
    readers=permissions.IMPORT,
)
def erase_candidates(context: JobContext) -> None:
    """Erase applications whose day has come. Done twice, it erases nothing more."""
    erase(by=context.actor, at=context.at)
