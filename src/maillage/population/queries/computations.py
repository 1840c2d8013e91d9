"""Reads of computations: the list, one of them, what is under way, what is out of date."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from maillage.jobs.models import Job
from maillage.jobs.queries import find_newest
from maillage.population.enums import PENDING, ComputationState, SourceKind, VersionState
from maillage.population.models import Computation, DataSetVersion
from maillage.population.queries.own_cohorts import present_definitions
from maillage.vocabulary.errors import Invalid, NotFound

COMPUTE_JOB = "population.compute"
INVENT_JOB = "population.invent"


@dataclass(frozen=True)
class ComputationRow:
    """A computation, its job while it is alive, and why it should be done again."""

    computation: Computation
    stale: str
    job: Job | None = None

    @property
    def can_show(self) -> bool:
        one = self.computation
        return (
            one.state == ComputationState.DONE
            and not one.is_current
            and one.version.state == VersionState.READY
        )

    @property
    def can_delete(self) -> bool:
        return not self.computation.is_current and not self.computation.is_pending


@dataclass(frozen=True)
class Pending:
    """What pages say while nothing is computed yet, or something newer is on its way."""

    job: Job
    is_synthetic: bool


def list_computations(*, limit: int = 100) -> list[ComputationRow]:
    """Every computation, the newest first. Two queries, and one by computation under way."""
    rows = _select()[:limit]
    fingerprint = present_fingerprint()
    return [
        ComputationRow(
            one,
            stale_words(one, fingerprint),
            find_newest(COMPUTE_JOB, str(one.pk)) if one.is_pending else None,
        )
        for one in rows
    ]


def get_computation(pk: int) -> Computation:
    """A computation with its data set. Raises :class:`NotFound`."""
    found = _select().filter(pk=pk).first()
    if found is None:
        raise NotFound("population.unknown-computation", "Ce calcul n'existe pas, ou plus.")
    return found


def get_computation_row(pk: int) -> ComputationRow:
    """A computation, its job and its freshness. Three queries at most."""
    found = get_computation(pk)
    job = find_newest(COMPUTE_JOB, str(pk)) if found.is_pending else None
    return ComputationRow(found, stale_words(found, present_fingerprint()), job)


def get_pending() -> Pending | None:
    """The invention or the computation that is under way: for « calcul en cours ». Three queries
    at most."""
    computation = _select().filter(state__in=PENDING).first()
    if computation is not None:
        job = find_newest(COMPUTE_JOB, str(computation.pk))
        if job is not None:
            return Pending(job, computation.version.dataset.is_synthetic)
    loading = DataSetVersion.objects.filter(
        dataset__kind=SourceKind.SYNTHETIC, state=VersionState.LOADING
    ).first()
    if loading is not None:
        job = find_newest(INVENT_JOB, str(loading.pk))
        if job is not None:
            return Pending(job, is_synthetic=True)
    return None


def stale_words(computation: Computation, fingerprint: str) -> str:
    """Why a done computation should be done again; empty when it need not. ``fingerprint`` is that
    of the definitions of now, empty when they cannot be read."""
    if computation.state != ComputationState.DONE:
        return ""
    if computation.version.state != VersionState.READY:
        return "La version calculée a été retirée."
    if not computation.version.is_current:
        return "Une version plus récente des données est en usage."
    if fingerprint and computation.definitions != fingerprint:
        return "Des définitions ont changé depuis ce calcul."
    return ""


def present_fingerprint() -> str:
    """The fingerprint of the definitions of now; empty when a cohort of one's own does not read.
    One query."""
    try:
        return present_definitions().fingerprint
    except Invalid:
        return ""


def _select() -> QuerySet[Computation]:
    return Computation.objects.select_related("version__dataset__organization")
