"""What every page of figures says around its figures: made of what, how old, or why there is none.

::

    frame = get_frame(by=request.actor, at=request.now)
    if frame.results is None: ...      # template population/components/none.html says what to do
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from maillage.accounts.permissions import Actor
from maillage.population.enums import ComputationState, VersionState
from maillage.population.models import Computation, DataSet, DataSetVersion
from maillage.population.permissions import COMPUTE, EXPORT, LOAD
from maillage.population.queries.computations import Pending, get_pending
from maillage.population.queries.own_cohorts import present_definitions
from maillage.population.queries.results import Results, current_results
from maillage.population.rules.marks import data_words
from maillage.vocabulary.errors import Invalid, Refusal


@dataclass(frozen=True)
class Frame:
    """What stands around the figures of a page. ``stale`` says in French why the figures are not
    those of the newest data; ``stage`` where a territory without results is: none, loading,
    quality, ready, computing; ``empty``: a data set without any version in use."""

    results: Results | None
    pending: Pending | None
    stale: str
    stage: str
    newest: DataSetVersion | None
    may_load: bool
    may_compute: bool
    may_export: bool

    @property
    def data_words(self) -> str:
        """The data set, its version and period; with « Données synthétiques » when it is."""
        return "" if self.results is None else data_words(self.results)

    @property
    def is_synthetic(self) -> bool:
        return self.results is not None and self.results.is_synthetic


def get_frame(*, by: Actor, at: datetime) -> Frame:
    """The frame of a page. Five or six queries."""
    results = current_results(at=at)
    pending = get_pending()
    newest = _newest_version(results)
    return Frame(
        results=results,
        pending=pending,
        stale=_stale(results, newest),
        stage="" if results is not None else _stage(newest, pending),
        newest=newest,
        may_load=LOAD.allows(by, by.organizations()),
        may_compute=COMPUTE.allows(by),
        may_export=EXPORT.allows(by),
    )


def _newest_version(results: Results | None) -> DataSetVersion | None:
    """The version in use of the data set that pages show; without results, the version that is
    nearest to being computed."""
    versions = DataSetVersion.objects.select_related("dataset")
    if results is not None:
        return versions.filter(dataset__slug=results.dataset.slug, is_current=True).first()
    for state in (VersionState.READY, VersionState.QUALITY, VersionState.LOADING):
        found = versions.filter(state=state).order_by("-id").first()
        if found is not None:
            return found
    return None


def _stale(results: Results | None, newest: DataSetVersion | None) -> str:
    if results is None:
        return ""
    if newest is not None and newest.pk != results.version.pk:
        return (
            f"Une version plus récente des données est acceptée (version {newest.number}) : ces "
            f"chiffres sont ceux de la version {results.version.number}."
        )
    try:
        present = present_definitions().fingerprint
    except Invalid:
        # A cohort of one's own no longer reads: its own page says so, figures stay as they are.
        return ""
    if present != results.computation.definitions:
        return "Les définitions ont changé depuis ce calcul : ces chiffres sont ceux d'avant."
    return ""


def _stage(newest: DataSetVersion | None, pending: Pending | None) -> str:
    # A command computes without a job.
    running = Computation.objects.filter(state=ComputationState.RUNNING)
    if pending is not None or running.exists():
        return "computing"
    if newest is None:
        return "empty" if DataSet.objects.exists() else "none"
    return {
        VersionState.READY.value: "ready",
        VersionState.QUALITY.value: "quality",
    }.get(newest.state, "loading")


def need_results(*, at: datetime) -> Results:
    """The results that pages show. Raises :class:`Refusal` when there are none yet."""
    results = current_results(at=at)
    if results is None:
        raise Refusal("population.no-results", "Aucun indicateur n'est encore calculé.")
    return results
