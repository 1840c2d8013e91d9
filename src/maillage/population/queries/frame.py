"""What every page of figures says around its figures: made of what, how old, or why there is none.

::

    frame = get_frame(by=request.actor, at=request.now)
    if frame.results is None: ...      # template population/components/none.html says what to do
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from maillage.accounts.permissions import Actor
from maillage.population.enums import ComputationState, VersionState
from maillage.population.models import Computation, DataSet, DataSetVersion
from maillage.population.permissions import COMPUTE, EXPORT, LOAD
from maillage.population.queries.computations import Pending, get_pending
from maillage.population.queries.freshness import find_changes, label_all, read_present
from maillage.population.queries.results import Results, current_results
from maillage.population.rules.freshness import Changes, changed_words
from maillage.population.rules.marks import data_words
from maillage.vocabulary.errors import Refusal

if TYPE_CHECKING:
    from maillage.engines.indicators.definitions import Definitions


@dataclass(frozen=True)
class Frame:
    """What stands around the figures of a page. ``stale`` says in French why the figures are not
    those of the newest data (``newer``) or of the ``present`` definitions (``changes``: those that
    touch the page, see :meth:`about`); ``stage`` where a territory without results is: none,
    loading, quality, ready, computing; ``empty``: a data set without any version in use."""

    results: Results | None
    pending: Pending | None
    newer: str
    changes: Changes
    present: Definitions | None
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
    def stale(self) -> str:
        return self.newer or changed_words(
            self.changes, label_all(self.present) if self.changes else {}
        )

    def about(self, *names: str) -> Frame:
        """The same for a page that shows only these (``indicator/KEY``, ``cohort/KEY``,
        ``pyramid/KEY``, ``pathway/KEY``): another definition that changed does not date it."""
        return replace(self, changes=self.changes.about(names))

    @property
    def is_synthetic(self) -> bool:
        return self.results is not None and self.results.is_synthetic


def get_frame(*, by: Actor, at: datetime) -> Frame:
    """The frame of a page. Five or six queries."""
    results = current_results(at=at)
    pending = get_pending()
    newest = _newest_version(results)
    present = None if results is None else read_present()
    return Frame(
        results=results,
        pending=pending,
        newer=_newer(results, newest),
        changes=_changes(results, present),
        present=present,
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


def _newer(results: Results | None, newest: DataSetVersion | None) -> str:
    if results is None or newest is None or newest.pk == results.version.pk:
        return ""
    return (
        f"Une version plus récente des données est acceptée (version {newest.number}) : ces "
        f"chiffres sont ceux de la version {results.version.number}."
    )


def _changes(results: Results | None, present: Definitions | None) -> Changes:
    if results is None:
        return Changes()
    card = results.computation
    return find_changes(card.definitions, {"marks": dict(card.marks)}, present)


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
