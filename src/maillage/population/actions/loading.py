"""Loading a version: asked for, read in the background into a folder of its own, whole or not at
all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.files.base import File
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Max
from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.jobs import actions as jobs
from maillage.jobs.queries import find_live
from maillage.population.actions.datasets import hold
from maillage.population.actions.reading import LoadingStopped, read_files
from maillage.population.actions.trail import record_version
from maillage.population.enums import VersionState
from maillage.population.imports import find_folder, keep_files
from maillage.population.models import DataSet, DataSetVersion
from maillage.population.permissions import LOAD, check_on
from maillage.population.queries.computations import INVENT_JOB
from maillage.population.queries.places import REJECTS, inbox, uploads_folder, version_folder
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import MaillageError, Refusal

if TYPE_CHECKING:
    from maillage.engines.indicators.store import Manifest

Progress = Callable[[int, int, str], None]
LOAD_JOB = "population.load"
"""The kind of the jobs that load versions; their key is the number of the version's row."""


def ask_to_load(
    *, dataset: DataSet, by: Actor, at: datetime, folder: str = "", files: Sequence[File] = ()
) -> DataSetVersion:
    """Have a new version read in the background, from a ``folder`` of the deposit or from ``files``
    that came over the web.

    Raises :class:`NotAllowed`, :class:`Invalid` for a folder outside the deposit or files of other
    names or types, :class:`Refusal` for the synthetic data set or while a version is loading.
    """
    check_on(LOAD, dataset, by)
    if dataset.is_synthetic:
        raise Refusal(
            "population.synthetic", "La population synthétique se produit, elle ne se charge pas."
        )
    origin = f"dépôt : {find_folder(folder).relative_to(inbox().resolve())}" if folder else ""
    kept: Path | None = None
    try:
        with transaction.atomic():
            version = add_version(dataset, origin=origin, by=by, at=at)
            if not folder:
                kept = uploads_folder(version)
                names = keep_files(files, kept)
                version.origin = f"{len(names)} fichiers reçus : {', '.join(names)}"[:400]
                version.save(update_fields=["origin"])
            record_version("load-version", version, by=by, at=at, origin=version.origin)
            start_job(version, LOAD_JOB, f"Chargement de « {dataset.name} »", by=by, at=at)
    except BaseException:
        if kept is not None:
            shutil.rmtree(kept, ignore_errors=True)
        raise
    return version


def add_version(
    dataset: DataSet, *, origin: str, by: Actor, at: datetime, share: float = 1.0
) -> DataSetVersion:
    """The row of a version that is about to load. Raises :class:`Refusal` while another one is."""
    DataSet.objects.select_for_update(of=("self",)).get(pk=dataset.pk)
    numbers = DataSetVersion.objects.filter(dataset=dataset)
    try:
        with transaction.atomic():
            return DataSetVersion.objects.create(
                dataset=dataset,
                number=(numbers.aggregate(most=Max("number"))["most"] or 0) + 1,
                origin=origin[:400],
                share=share,
                asked_by=by.name,
                asked_at=at,
            )
    except IntegrityError:
        raise Refusal(
            "population.loading", "Une version de ce jeu de données est déjà en chargement."
        ) from None


def start_job(version: DataSetVersion, kind: str, label: str, *, by: Actor, at: datetime) -> None:
    """Put the loading of a version in line."""
    jobs.start(
        kind,
        key=str(version.pk),
        arguments={"version": version.pk},
        label=label,
        link=reverse("population:version", args=[version.dataset.slug, version.number]),
        by=by,
        at=at,
    )


def cancel_loading(*, version: DataSetVersion, by: Actor, at: datetime) -> None:
    """Stop a loading: at once while it waits, else as soon as the reader looks. Raises
    :class:`NotAllowed`, :class:`Refusal` when it is over."""
    check_on(LOAD, version.dataset, by)
    for kind in (LOAD_JOB, INVENT_JOB) if version.is_loading else ():
        job = find_live(kind, str(version.pk))
        if job is not None:
            jobs.ask_to_stop(job=job, by=by, at=at)
            if not job.is_alive or job.state == "WAITING":
                note_stopped(version=version, is_given_up=True)
            return
    raise Refusal("population.loaded", "Ce chargement est fini : rien à arrêter.")


def load_version(
    *,
    version: DataSetVersion,
    at: datetime,
    by: Actor,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> DataSetVersion:
    """Read the files of a version into its folder, and assess them.

    Everything is written beside, then renamed: a version is whole or absent. Idempotent: run
    again after a computation that was cut short, it begins anew; a version that is loaded comes
    back as it is. Raises :class:`LoadingStopped`. What else goes wrong leaves the version failed
    with its reason, except a database that was away.
    """

    def read(work: Path) -> tuple[Manifest, dict[str, Any]]:
        source = _source(version)
        return read_files(
            version,
            source,
            work,
            today=local_day(at),
            progress=progress,
            is_cancelled=is_cancelled,
        )

    return fill(version=version, make=read, by=by, at=at)


def fill(
    *,
    version: DataSetVersion,
    make: Callable[[Path], tuple[Manifest, dict[str, Any]]],
    by: Actor,
    at: datetime,
) -> DataSetVersion:
    """Make the store of a version with ``make`` and keep it: see :func:`load_version`."""
    if version.state != VersionState.LOADING:
        return version
    folder = version_folder(version)
    work = folder.with_name(f"{folder.name}.part")
    for old in (work, folder):  # of a try that was cut short
        shutil.rmtree(old, ignore_errors=True)
    work.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        manifest, report = make(work)
        _check_is_new(version, manifest.fingerprint)
        work.rename(folder)
        _keep(version, manifest, report, by=by, at=at)
    except BaseException as error:
        for_another_try = (LoadingStopped, OperationalError, InterfaceError)
        has_failed = isinstance(error, Exception) and not isinstance(error, for_another_try)
        _take_away(work, folder, keep_rejects=has_failed)
        if isinstance(error, Exception) and has_failed:
            _fail(version, error)
        raise
    shutil.rmtree(uploads_folder(version), ignore_errors=True)
    version.refresh_from_db()
    return version


def note_stopped(*, version: DataSetVersion, is_given_up: bool) -> None:
    """Write what a stopped loading means: given up for good, with the files that came for it, or
    to be taken up again."""
    if not is_given_up:
        return
    loading = DataSetVersion.objects.filter(pk=version.pk, state=VersionState.LOADING)
    if loading.update(state=VersionState.CANCELLED):
        shutil.rmtree(uploads_folder(version), ignore_errors=True)
    version.refresh_from_db()


def _take_away(work: Path, folder: Path, *, keep_rejects: bool) -> None:
    """Remove what was written. The rejected rows of a loading that failed stay: they say why."""
    rejects = work / REJECTS
    shutil.rmtree(folder, ignore_errors=True)
    if keep_rejects and rejects.is_dir():
        folder.mkdir(mode=0o700)
        rejects.rename(folder / REJECTS)
    shutil.rmtree(work, ignore_errors=True)


def _source(version: DataSetVersion) -> Path:
    received = uploads_folder(version)
    if received.is_dir():
        return received
    return find_folder(version.origin.removeprefix("dépôt : "))


def _check_is_new(version: DataSetVersion, fingerprint: str) -> None:
    same = DataSetVersion.objects.filter(dataset=version.dataset, fingerprint=fingerprint)
    if (found := same.exclude(pk=version.pk).first()) is not None:
        state = found.get_state_display().lower()
        raise Refusal(
            "population.same-content",
            f"Ces données sont exactement celles de la version {found.number} ({state}) : "
            "rien n'a été chargé.",
        )


def _keep(
    version: DataSetVersion,
    manifest: Manifest,
    report: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
) -> None:
    with transaction.atomic():
        held = hold(version)
        if held.state == VersionState.CANCELLED:
            raise LoadingStopped
        if held.state != VersionState.LOADING:
            return
        held.state = VersionState.QUALITY
        held.first_on, held.last_on = manifest.first_on, manifest.last_on
        held.manifest, held.report = manifest.as_dict(), report
        held.fingerprint = manifest.fingerprint
        held.loaded_at, held.error = at, ""
        held.save()
        record_version(
            "loaded-version",
            held,
            by=by,
            at=at,
            rows=sum(manifest.rows.values()),
            fingerprint=manifest.fingerprint,
        )


def _fail(version: DataSetVersion, error: Exception) -> None:
    words = str(error) if isinstance(error, MaillageError) else ""
    loading = DataSetVersion.objects.filter(pk=version.pk, state=VersionState.LOADING)
    failed = loading.update(
        state=VersionState.FAILED,
        error=(words or f"Erreur inattendue ({type(error).__name__}).")[:4000],
    )
    if failed:
        shutil.rmtree(uploads_folder(version), ignore_errors=True)
