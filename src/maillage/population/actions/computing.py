"""Computing the indicators of a version: asked for, done in the background, shown, deleted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.jobs import actions as jobs
from maillage.population.actions.datasets import hold
from maillage.population.actions.publishing import prepare_published
from maillage.population.actions.trail import record_computation
from maillage.population.enums import PENDING, ComputationState, VersionState
from maillage.population.models import Computation, DataSetVersion
from maillage.population.permissions import COMPUTE
from maillage.population.queries.computations import COMPUTE_JOB, find_job
from maillage.population.queries.ground import build_present_areas, list_site_levels
from maillage.population.queries.own_cohorts import published_texts, write_own
from maillage.population.queries.places import (
    DEFINITIONS,
    TABLES,
    results_folder,
    version_folder,
    write_areas,
)
from maillage.population.queries.results import build_results, forget_results
from maillage.population.rules.progress import COMPUTING, Whole
from maillage.population.rules.versions import whole_years
from maillage.vocabulary.errors import MaillageError, NotFound, Refusal

Progress = Callable[[int, int, str], None]


class ComputingStopped(Exception):
    """Raised by :func:`compute_results` when it was told to stop."""


def ask_for_computation(*, version: DataSetVersion, by: Actor, at: datetime) -> Computation:
    """Have the indicators of an accepted version computed in the background. Idempotent while one
    of this version waits or runs. Raises :class:`NotAllowed`, :class:`Refusal` for a version that
    is not accepted or holds no whole year."""
    with transaction.atomic():
        computation = note_computation(version=version, by=by, at=at)
        _start_job(computation, by=by, at=at)
    return computation


def note_computation(*, version: DataSetVersion, by: Actor, at: datetime) -> Computation:
    """Write down that a computation is wanted, without starting it: a command that computes at once
    does so itself. Idempotent and raises as :func:`ask_for_computation`."""
    COMPUTE.check(by)
    with transaction.atomic():
        held = hold(version)
        if held.state != VersionState.READY or not (held.first_on and held.last_on):
            raise Refusal(
                "population.not-ready", "Acceptez d'abord cette version : son rapport est à lire."
            )
        years = whole_years(held.first_on, held.last_on)
        if not years:
            raise Refusal(
                "population.no-year",
                f"Du {held.first_on:%d/%m/%Y} au {held.last_on:%d/%m/%Y}, ces données ne couvrent "
                "aucune année civile entière : il n'y a rien à calculer.",
            )
        pending = Computation.objects.filter(version=held, state__in=PENDING)
        if (found := pending.first()) is not None:
            return found
        try:
            with transaction.atomic():
                made = Computation.objects.create(
                    version=held, years=years, asked_by=by.name, asked_at=at
                )
        except IntegrityError:
            return pending.get()
        record_computation("ask-computation", made, by=by, at=at, years=years)
    return made


def compute_results(
    *,
    computation: Computation,
    at: datetime,
    by: Actor,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> Computation:
    """Compute, and keep the tables. Idempotent: one that is done comes back as it is; one that was
    cut short begins anew. Raises :class:`ComputingStopped`. What else goes wrong leaves it failed
    with its reason, except a database that was away."""
    if not _begin(computation, at=at):
        return computation
    folder = results_folder(computation)
    try:
        fingerprint, manifest = _compute(computation, folder, progress, is_cancelled)
        _keep(computation, fingerprint, manifest, by=by, at=at)
    except (ComputingStopped, OperationalError, InterfaceError):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, Exception):
            _fail(computation, error)
        raise
    computation.refresh_from_db()
    return computation


def note_stopped(*, computation: Computation, is_given_up: bool) -> None:
    """Write what a stopped computation means: given up for good, or to be taken up again."""
    state = ComputationState.CANCELLED if is_given_up else ComputationState.WAITING
    Computation.objects.filter(pk=computation.pk, state__in=PENDING).update(state=state)
    computation.refresh_from_db()


def note_all_stopped(*, version: DataSetVersion, is_given_up: bool) -> None:
    """:func:`note_stopped` of the computations of a version: of the one that was under way."""
    for one in Computation.objects.filter(version=version, state__in=PENDING):
        note_stopped(computation=one, is_given_up=is_given_up)


def cancel_computation(*, computation: Computation, by: Actor, at: datetime) -> None:
    """Stop a computation: at once while it waits, else as soon as it looks. Raises
    :class:`NotAllowed` (also to others than who asked and the administrators), :class:`Refusal`
    when it is over."""
    COMPUTE.check(by)
    job = find_job(computation)
    if computation.state not in PENDING or job is None or not job.is_alive:
        raise Refusal("population.computed", "Ce calcul n'est plus en cours : rien à arrêter.")
    if not jobs.ask_to_stop(job=job, by=by, at=at).is_alive:
        note_stopped(computation=computation, is_given_up=True)


def show_computation(*, computation: Computation, by: Actor, at: datetime) -> None:
    """Make a done computation the one that pages show, to everybody; the one before is kept, and
    is shown again by the same act. Raises :class:`NotAllowed`, :class:`Refusal` for one that is
    not done, or whose version was retired."""
    COMPUTE.check(by)
    with transaction.atomic():
        held = _hold(computation)
        if held.state != ComputationState.DONE or held.version.state != VersionState.READY:
            raise Refusal(
                "population.not-done",
                "Seul un calcul terminé, d'une version acceptée, peut être montré.",
            )
        before = _find_shown()
        _show(held)
        record_computation(
            "show-computation", held, by=by, at=at, instead=str(before.version) if before else ""
        )


def delete_computation(*, computation: Computation, by: Actor, at: datetime) -> None:
    """Delete a computation with its tables. Raises :class:`NotAllowed`, :class:`Refusal` for the
    one that pages show, and for one that is under way."""
    COMPUTE.check(by)
    with transaction.atomic():
        held = _hold(computation)
        if held.is_current or held.is_pending:
            raise Refusal(
                "population.computation-in-use",
                "Les pages montrent ce calcul : montrez-en d'abord un autre."
                if held.is_current
                else "Ce calcul est en cours : arrêtez-le d'abord.",
            )
        record_computation("delete-computation", held, by=by, at=at)
        folder = results_folder(held)
        held.delete()
        transaction.on_commit(lambda: _remove(folder))


def _remove(folder: Path) -> None:
    forget_results()
    shutil.rmtree(folder, ignore_errors=True)


def _start_job(computation: Computation, *, by: Actor, at: datetime) -> None:
    jobs.start(
        COMPUTE_JOB,
        key=str(computation.pk),
        arguments={"computation": computation.pk},
        label=f"Indicateurs de « {computation.version.dataset.name} »",
        link=reverse("population:computation", args=[computation.pk]),
        by=by,
        at=at,
    )


def _begin(computation: Computation, *, at: datetime) -> bool:
    """Mark as running. False when it is done. Raises :class:`Refusal` when it was given up."""
    wanted = (*PENDING, ComputationState.FAILED)
    found = Computation.objects.filter(pk=computation.pk, state__in=wanted)
    began = found.update(state=ComputationState.RUNNING, started_at=at, error="")
    computation.refresh_from_db()
    if not began and computation.state == ComputationState.CANCELLED:
        raise Refusal("population.computation-cancelled", "Ce calcul a été arrêté.")
    return bool(began)


def _compute(
    computation: Computation,
    folder: Path,
    progress: Progress | None,
    is_cancelled: Callable[[], bool] | None,
) -> tuple[str, dict[str, object]]:
    """The fingerprint of the definitions used, and the manifest of the results."""
    from maillage.engines.indicators.compute import ComputationCancelled, compute
    from maillage.engines.indicators.definitions import load_definitions

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    write_own(published_texts(), folder / DEFINITIONS)
    store = version_folder(computation.version)
    write_areas(folder, build_present_areas(store))
    definitions = load_definitions(folder / DEFINITIONS)
    whole = Whole(progress, COMPUTING)
    try:
        made = compute(
            store,
            folder / TABLES,
            definitions=definitions,
            years=computation.years,
            site_levels=list_site_levels(),
            progress=whole.part("count"),
            is_cancelled=is_cancelled,
        )
    except ComputationCancelled as error:
        raise ComputingStopped from error
    _publish(computation, whole.part("publish"), is_cancelled)
    return definitions.fingerprint, made.as_dict()


def _publish(
    computation: Computation,
    progress: Progress | None,
    is_cancelled: Callable[[], bool] | None,
) -> None:
    """Decide what of the tables is shown, so that no page waits for it."""
    prepare_published(
        build_results(computation),
        progress=progress,
        is_cancelled=is_cancelled,
    )
    if is_cancelled is not None and is_cancelled():
        raise ComputingStopped


def _keep(
    computation: Computation,
    fingerprint: str,
    manifest: dict[str, object],
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Write that it is done, unless it was given up meanwhile. It is shown at once when nothing
    else is, or when what is shown is of the same data set: to show another data set to everybody
    is an act of somebody (:func:`show_computation`)."""
    with transaction.atomic():
        held = _hold(computation)
        if held.state == ComputationState.DONE:
            return
        if held.state == ComputationState.CANCELLED:
            raise ComputingStopped
        held.state, held.done_at = ComputationState.DONE, at
        held.definitions, held.manifest = fingerprint, manifest
        held.save()
        before = _find_shown()
        if held.version.state == VersionState.READY and (
            before is None or before.version.dataset_id == held.version.dataset_id
        ):
            _show(held)
        record_computation("compute", held, by=by, at=at, definitions=fingerprint)


def _find_shown() -> Computation | None:
    rows = Computation.objects.filter(is_current=True).select_related("version__dataset")
    return rows.first()


def _show(held: Computation) -> None:
    Computation.objects.filter(is_current=True).exclude(pk=held.pk).update(is_current=False)
    held.is_current = True
    held.save(update_fields=["is_current"])


def _fail(computation: Computation, error: Exception) -> None:
    words = str(error) if isinstance(error, MaillageError) else ""
    Computation.objects.filter(pk=computation.pk, state=ComputationState.RUNNING).update(
        state=ComputationState.FAILED,
        error=(words or f"Erreur inattendue ({type(error).__name__}).")[:4000],
    )


def _hold(computation: Computation) -> Computation:
    rows = Computation.objects.select_for_update(of=("self",)).select_related(
        "version__dataset__organization"
    )
    found = rows.filter(pk=computation.pk).first()
    if found is None:
        raise NotFound("population.unknown-computation", "Ce calcul n'existe pas, ou plus.")
    return found
