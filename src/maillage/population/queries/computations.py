"""Reads of computations: the list, one of them, what is under way, what is out of date."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from maillage.jobs.models import Job
from maillage.jobs.queries import find_newest
from maillage.population.enums import PENDING, ComputationState, SourceKind, VersionState
from maillage.population.models import Computation, DataSetVersion
from maillage.population.queries.freshness import Freshness, judge, read_present
from maillage.population.rules.showing import ShownData, consequences
from maillage.vocabulary.errors import NotFound

COMPUTE_JOB = "population.compute"
"""The kind of the jobs that compute; their key is the number of the computation."""

INVENT_JOB = "population.invent"
"""The kind of the jobs that draw the synthetic population and compute it; their key is the number
of the version's row."""


@dataclass(frozen=True)
class ComputationRow:
    """A computation, its job while it is alive, why it should be done again, and what pages show
    instead of it now, when it may be shown."""

    computation: Computation
    freshness: Freshness
    job: Job | None = None
    shown: Computation | None = None

    @property
    def stale(self) -> str:
        return self.freshness.stale

    @property
    def lacks(self) -> str:
        return self.freshness.lacks

    @property
    def consequences(self) -> list[str]:
        """What showing it would change for everybody, in French."""
        before = None if self.shown is None else _card(self.shown)
        return consequences(_card(self.computation), before)

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
    """Every computation, the newest first. Two queries, and two at most by computation under
    way."""
    rows = _select()[:limit]
    present = read_present()
    return [
        ComputationRow(
            one,
            judge(one, present),
            find_job(one) if one.is_pending else None,
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
    """A computation, its job, its freshness, and what pages show. Five queries at most."""
    found = get_computation(pk)
    job = find_job(found) if found.is_pending else None
    shown = None if found.is_current else _select().filter(is_current=True).first()
    return ComputationRow(found, judge(found, read_present()), job, shown)


def get_pending() -> Pending | None:
    """The invention or the computation that is under way: for « calcul en cours ». Three queries
    at most."""
    computation = _select().filter(state__in=PENDING).first()
    if computation is not None:
        job = find_job(computation)
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


def find_job(computation: Computation) -> Job | None:
    """The job that does a computation: its own, or that which invented what it counts and goes on
    with it. Two queries at most."""
    own = find_newest(COMPUTE_JOB, str(computation.pk))
    if own is not None:
        return own
    invention = find_newest(INVENT_JOB, str(computation.version_id))
    if invention is None or invention.finished_at is None:
        return invention
    # One that was over before somebody asked for this computation has nothing to do with it.
    return invention if invention.finished_at >= computation.asked_at else None


def _card(computation: Computation) -> ShownData:
    version = computation.version
    return ShownData(
        words=str(version),
        years=tuple(sorted(int(year) for year in computation.years)),
        is_synthetic=version.dataset.is_synthetic,
        is_exhaustive=bool(version.manifest.get("is_exhaustive", True)),
    )


def _select() -> QuerySet[Computation]:
    return Computation.objects.select_related("version__dataset__organization")
