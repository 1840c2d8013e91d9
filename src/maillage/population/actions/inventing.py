"""The synthetic data set: people invented on the territory that is loaded, for whoever tries the
product. Everything of it is marked « données synthétiques »."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from maillage.accounts.permissions import SYSTEM, Actor
from maillage.population.actions.computing import compute_results, note_computation
from maillage.population.actions.datasets import accept_version
from maillage.population.actions.loading import LoadingStopped, add_version, fill, start_job
from maillage.population.actions.reading import assess
from maillage.population.actions.trail import record_dataset, record_version
from maillage.population.enums import ComputationState, LegalBasis, SourceKind, VersionState
from maillage.population.models import DataSet, DataSetVersion
from maillage.population.permissions import LOAD
from maillage.population.queries.computations import INVENT_JOB
from maillage.population.queries.synthetic_places import build_places
from maillage.population.rules.progress import EXAMPLE, INVENTING, Progress, Whole
from maillage.population.rules.versions import blocking_findings
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid

if TYPE_CHECKING:
    from maillage.engines.indicators.store import Manifest

SLUG = "population-synthetique"
NAME = "Population synthétique"
SOURCE = "Inventée par Maillage ; seuls les communes et les établissements existent"
LABEL = "Population synthétique du territoire, et ses indicateurs"
SEED = 7
"""The same territory gives the same people everywhere."""

ALIVE = (VersionState.LOADING, VersionState.QUALITY, VersionState.READY)


def ask_for_invention(*, share: float, by: Actor, at: datetime) -> DataSetVersion | None:
    """Have the synthetic population drawn in the background, then computed. Once: None when a
    version of this share is there, or on its way. Raises :class:`NotAllowed`, :class:`Invalid`."""
    version = note_invention(share=share, by=by, at=at)
    if version is not None:
        with transaction.atomic():
            start_job(version, INVENT_JOB, LABEL, by=by, at=at)
    return version


def note_invention(*, share: float, by: Actor, at: datetime) -> DataSetVersion | None:
    """Write down that the synthetic population is wanted, without starting it: a command that draws
    it at once does so itself. As :func:`ask_for_invention`."""
    LOAD.check(by, by.organizations())
    if not 0 < share <= 1:
        raise Invalid("population.share", "La part du territoire va de 0 (exclu) à 1.")
    with transaction.atomic():
        dataset = _dataset(by=by, at=at)
        same = DataSetVersion.objects.filter(dataset=dataset, share=share, state__in=ALIVE)
        if same.exists():
            return None
        origin = f"graine {SEED}, {share:.0%} des habitants".replace("%", " %")
        version = add_version(dataset, origin=origin, by=by, at=at, share=share)
        record_version("load-version", version, by=by, at=at, origin=version.origin)
    return version


def invent_version(
    *,
    version: DataSetVersion,
    at: datetime,
    by: Actor,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> DataSetVersion:
    """Draw the people of a version, assess them as any other data, and take them into use unless a
    control forbids it. Idempotent and raises as ``loading.load_version``."""

    def tell(done: int, total: int, words: str) -> None:
        if is_cancelled is not None and is_cancelled():
            raise LoadingStopped
        if progress is not None:
            progress(done, total, words)

    whole = Whole(tell, INVENTING)

    def make(work: Path) -> tuple[Manifest, dict[str, Any]]:
        from maillage.engines.indicators.synth import generate

        manifest = generate(
            build_places(), work, seed=SEED, share=version.share, progress=whole.part("draw")
        )
        report = assess(work, today=local_day(at), progress=whole.part("assess"))
        return manifest, {"quality": report}

    made = fill(version=version, make=make, by=by, at=at)
    if made.state == VersionState.QUALITY and not blocking_findings(made.report):
        made = accept_version(version=made, by=SYSTEM, at=at)
    return made


def invent_and_compute(
    *,
    version: DataSetVersion,
    at: datetime,
    by: Actor,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> None:
    """:func:`invent_version`, then its indicators: one work, with one bar of progress. Idempotent:
    what is done is left as it is. Raises also as ``computing.compute_results``."""
    whole = Whole(progress, EXAMPLE)
    made = invent_version(
        version=version, at=at, by=by, progress=whole.part("invent"), is_cancelled=is_cancelled
    )
    done = made.computations.filter(state=ComputationState.DONE)
    if made.state != VersionState.READY or done.exists():
        return
    compute_results(
        computation=note_computation(version=made, by=by, at=at),
        by=by,
        at=at,
        progress=whole.part("compute"),
        is_cancelled=is_cancelled,
    )


def _dataset(*, by: Actor, at: datetime) -> DataSet:
    found = DataSet.objects.filter(kind=SourceKind.SYNTHETIC).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            made = DataSet.objects.create(
                slug=SLUG,
                name=NAME,
                kind=SourceKind.SYNTHETIC,
                source=SOURCE,
                legal_basis=LegalBasis.SYNTHETIC,
                created_by=by.name,
                created_at=at,
            )
            record_dataset("create-data-set", made, by=by, at=at, kind=SourceKind.SYNTHETIC.value)
    except IntegrityError:  # somebody else was faster
        return DataSet.objects.get(slug=SLUG)
    return made
