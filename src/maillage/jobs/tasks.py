"""Regular work of the jobs room itself."""

from __future__ import annotations

from maillage.jobs import actions
from maillage.jobs.context import JobContext
from maillage.jobs.registry import every_day, job


@every_day("03:40")
@job("jobs.tidy", label="Rangement des anciens travaux")
def tidy(context: JobContext) -> None:
    """Take old finished jobs out of the list."""
    actions.forget_old(at=context.at)
