"""Versions and computations whose job ended without them; folders that nobody owns any more."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from maillage.jobs.enums import JobState
from maillage.jobs.queries import find_newest
from maillage.population.actions import computing, loading
from maillage.population.enums import PENDING, ComputationState, VersionState
from maillage.population.models import Computation, DataSetVersion
from maillage.population.queries.computations import INVENT_JOB, find_job
from maillage.population.queries.places import root

LEFT_ALONE = timedelta(hours=12)
"""How long what has no job is held to be done by a command in the foreground."""

LEFT_BEHIND = timedelta(days=1)
"""What is younger may be about to be written down."""


def follow_jobs(*, at: datetime) -> None:
    """Give loadings and computations the end of their job, when that one ended without them:
    stopped while it waited, or given up after too many tries. What has no job and was asked for
    long ago was begun by a command that is gone: it failed."""
    for version in DataSetVersion.objects.filter(state=VersionState.LOADING):
        job = find_newest(loading.LOAD_JOB, str(version.pk)) or find_newest(
            INVENT_JOB, str(version.pk)
        )
        if job is None:
            if at - version.asked_at >= LEFT_ALONE:
                _fail_version(version, "Le chargement a été interrompu.")
        elif job.state == JobState.CANCELLED:
            loading.note_stopped(version=version, is_given_up=True)
        elif job.state == JobState.FAILED:
            _fail_version(version, job.error)
    for computation in Computation.objects.filter(state__in=PENDING):
        job = find_job(computation)
        if job is None:
            if at - computation.asked_at >= LEFT_ALONE:
                _fail_computation(computation, "Le calcul a été interrompu.")
        elif job.state == JobState.CANCELLED:
            computing.note_stopped(computation=computation, is_given_up=True)
        elif job.state == JobState.FAILED:
            _fail_computation(computation, job.error)


def tidy_folders(*, at: datetime) -> int:
    """Remove what a process that ended left behind a day ago or more: folders without a version or
    a computation, and received files that nothing loads any more. How many were removed."""
    place = root()
    oldest = (at - LEFT_BEHIND).timestamp()
    versions = DataSetVersion.objects.select_related("dataset")
    kept = {
        place / "datasets" / version.dataset.slug / name
        for version in versions
        for name in (str(version.number), f"{version.number}.part")
        if name.isdigit() or version.state == VersionState.LOADING
    }
    waiting = {
        place / "received" / version.dataset.slug / str(version.number)
        for version in versions
        if version.state == VersionState.LOADING
    }
    results = {
        place / "results" / str(pk) for pk in Computation.objects.values_list("pk", flat=True)
    }
    found = [
        *(path for path in _folders(place / "datasets", 2) if path not in kept),
        *(path for path in _folders(place / "received", 2) if path not in waiting),
        *(path for path in _folders(place / "results", 1) if path not in results),
    ]
    old = [path for path in found if path.stat().st_mtime <= oldest]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)


def _folders(place: Path, depth: int) -> list[Path]:
    return [path for path in place.glob("/".join("*" * depth)) if path.is_dir()]


def _fail_version(version: DataSetVersion, words: str) -> None:
    DataSetVersion.objects.filter(pk=version.pk, state=VersionState.LOADING).update(
        state=VersionState.FAILED, error=words[:4000]
    )


def _fail_computation(computation: Computation, words: str) -> None:
    Computation.objects.filter(pk=computation.pk, state__in=PENDING).update(
        state=ComputationState.FAILED, error=words[:4000]
    )
