"""Work of the population room in the background."""

from __future__ import annotations

from maillage.jobs.context import JobCancelled, JobContext
from maillage.jobs.registry import every, every_day, job
from maillage.population import actions, permissions, queries
from maillage.population.actions import computing, loading
from maillage.population.actions.defining import PREVIEW_JOB
from maillage.vocabulary.errors import NotFound


@job(
    loading.LOAD_JOB, label="Chargement de données de santé", readers=permissions.LOAD, is_long=True
)
def load(context: JobContext, *, version: int) -> None:
    """Read the files of a version. Nothing to do when it was deleted meanwhile."""
    try:
        wanted = queries.get_version_by_number(version)
    except NotFound:
        return
    try:
        actions.load_version(
            version=wanted,
            by=context.actor,
            at=context.at,
            progress=context.report,
            is_cancelled=context.is_cancelled,
        )
    except loading.LoadingStopped as error:
        loading.note_stopped(version=wanted, is_given_up=context.job_was_cancelled())
        raise JobCancelled from error


@job(loading.INVENT_JOB, label="Population synthétique", readers=permissions.READ, is_long=True)
def invent(context: JobContext, *, version: int) -> None:
    """Draw the synthetic population, and compute its indicators."""
    try:
        wanted = queries.get_version_by_number(version)
    except NotFound:
        return
    try:
        actions.invent_and_compute(
            version=wanted,
            by=context.actor,
            at=context.at,
            progress=context.report,
            is_cancelled=context.is_cancelled,
        )
    except loading.LoadingStopped as error:
        loading.note_stopped(version=wanted, is_given_up=context.job_was_cancelled())
        raise JobCancelled from error
    except computing.ComputingStopped as error:
        computing.note_all_stopped(version=wanted, is_given_up=context.job_was_cancelled())
        raise JobCancelled from error


@job(
    computing.COMPUTE_JOB,
    label="Indicateurs de la population",
    readers=permissions.READ,
    is_long=True,
)
def compute(context: JobContext, *, computation: int) -> None:
    """Compute cohorts, indicators, strata and pathways."""
    try:
        wanted = queries.get_computation(computation)
    except NotFound:
        return
    try:
        actions.compute_results(
            computation=wanted,
            by=context.actor,
            at=context.at,
            progress=context.report,
            is_cancelled=context.is_cancelled,
        )
    except computing.ComputingStopped as error:
        computing.note_stopped(computation=wanted, is_given_up=context.job_was_cancelled())
        raise JobCancelled from error


@job(PREVIEW_JOB, label="Décompte d'essai d'une cohorte", readers=permissions.DEFINE)
def preview(context: JobContext, *, definition: int, version: int) -> None:
    """Count the people of a draft."""
    context.report(0, 0, "Décompte")
    actions.preview_definition(
        pk=definition, version=version, at=context.at, is_cancelled=context.is_cancelled
    )


@every(minutes=5)
@job("population.follow", label="Suivi des chargements et des calculs")
def follow(context: JobContext) -> None:
    """Give loadings and computations the end of their job."""
    actions.follow_jobs(at=context.at)


@every_day("03:50")
@job("population.tidy", label="Rangement des dossiers de données de santé")
def tidy(context: JobContext) -> None:
    """Remove folders that nothing owns any more."""
    actions.tidy_folders(at=context.at)
