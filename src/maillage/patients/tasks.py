"""Work of the patients room in the background."""

from __future__ import annotations

from maillage.jobs.context import JobContext
from maillage.jobs.registry import every_day, job
from maillage.patients import permissions
from maillage.patients.actions.duplicates import detect_duplicates as detect


@every_day("02:30")
@job(
    "patients.detect-duplicates",
    label="Recherche des doublons de dossiers",
    readers=permissions.IDENTIFY,
)
def detect_duplicates(context: JobContext) -> None:
    """Look for records that may be one person. Done twice, it finds nothing more."""
    detect(by=context.actor, at=context.at)
