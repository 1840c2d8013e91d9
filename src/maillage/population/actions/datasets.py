"""Data sets: made; their versions: accepted, refused, used, retired, deleted."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.population.actions.trail import record_dataset, record_version
from maillage.population.enums import PENDING, LegalBasis, SourceKind, VersionState
from maillage.population.models import Computation, DataSet, DataSetVersion
from maillage.population.permissions import LOAD, check_on
from maillage.population.queries.places import results_folder, uploads_folder, version_folder
from maillage.population.queries.results import forget_results
from maillage.population.rules import versions as rules
from maillage.vocabulary.errors import Invalid, Problem, Refusal


def create_data_set(
    *,
    name: str,
    organization: str,
    kind: SourceKind,
    source: str,
    legal_basis: LegalBasis,
    by: Actor,
    at: datetime,
    legal_reference: str = "",
    licence: str = "",
    is_nominative: bool = False,
) -> DataSet:
    """Make a data set that an organization (its key) holds. Raises :class:`NotAllowed` to who is
    not its DIM, :class:`Invalid`."""
    rules.check_data_set(
        kind=kind,
        legal_basis=legal_basis,
        is_nominative=is_nominative,
        organization=organization,
    )
    LOAD.check(by, {organization})
    holder, slug = _holder_and_slug(organization, name)
    try:
        with transaction.atomic():
            made = DataSet.objects.create(
                slug=slug,
                name=name.strip(),
                organization=holder,
                kind=kind,
                source=source.strip(),
                legal_basis=legal_basis,
                legal_reference=legal_reference.strip(),
                licence=licence.strip(),
                is_nominative=is_nominative,
                created_by=by.name,
                created_at=at,
            )
            record_dataset(
                "create-data-set",
                made,
                by=by,
                at=at,
                kind=kind.value,
                legal_basis=legal_basis.value,
                is_nominative=is_nominative,
            )
    except IntegrityError:
        raise Invalid(
            "population.data-set-twice",
            "Un jeu de données porte déjà ce nom.",
            [Problem("un jeu de données porte déjà ce nom", field="name")],
        ) from None
    return made


def _holder_and_slug(organization: str, name: str) -> tuple[Organization, str]:
    holder = Organization.objects.filter(slug=organization).first()
    slug = slugify(name)[:60].strip("-")
    if holder is not None and slug:
        return holder, slug
    problem = (
        Problem("cet établissement n'existe pas", field="organization")
        if holder is None
        else Problem("donnez un nom", field="name")
    )
    raise Invalid("population.data-set", "Ce jeu de données ne convient pas :", [problem])


def delete_data_set(*, dataset: DataSet, by: Actor, at: datetime) -> None:
    """Delete a data set without versions. Raises :class:`NotAllowed`, :class:`Refusal`."""
    check_on(LOAD, dataset, by)
    with transaction.atomic():
        held = DataSet.objects.select_for_update(of=("self",)).get(pk=dataset.pk)
        if held.versions.exists():
            raise Refusal(
                "population.has-versions", "Supprimez d'abord les versions de ce jeu de données."
            )
        record_dataset("delete-data-set", held, by=by, at=at)
        held.delete()


def accept_version(*, version: DataSetVersion, by: Actor, at: datetime) -> DataSetVersion:
    """Accept a version after its report was read: it is the one in use from now on; those before
    are kept. Raises :class:`NotAllowed`, :class:`Refusal` (among others when a control of its
    report forbids it)."""
    check_on(LOAD, version.dataset, by)
    with transaction.atomic():
        held = hold(version)
        rules.check_can_accept(held.state, held.report)
        _put_in_use(held, by=by, at=at)
        record_version("accept-version", held, by=by, at=at)
    return held


def refuse_version(
    *, version: DataSetVersion, reason: str, by: Actor, at: datetime
) -> DataSetVersion:
    """Refuse a version, with a reason. It stays, with its report, until it is deleted. Raises
    :class:`NotAllowed`, :class:`Refusal`, :class:`Invalid` without a reason."""
    check_on(LOAD, version.dataset, by)
    if not reason.strip():
        raise Invalid(
            "population.reason", "Dites pourquoi.", [Problem("dites pourquoi", field="reason")]
        )
    with transaction.atomic():
        held = hold(version)
        rules.check_can_judge(held.state)
        held.state, held.note = VersionState.REFUSED, reason.strip()[:400]
        held.decided_by, held.decided_at = by.name, at
        held.save()
        record_version("refuse-version", held, by=by, at=at)
    return held


def use_version(*, version: DataSetVersion, by: Actor, at: datetime) -> DataSetVersion:
    """Take an accepted version that was kept into use again. Raises :class:`NotAllowed`,
    :class:`Refusal`."""
    check_on(LOAD, version.dataset, by)
    with transaction.atomic():
        held = hold(version)
        rules.check_can_retire(held.state)
        _put_in_use(held, by=by, at=at)
        record_version("use-version", held, by=by, at=at)
    return held


def retire_version(*, version: DataSetVersion, by: Actor, at: datetime) -> DataSetVersion:
    """Take a version out of use: nothing more is computed from it, and pages stop showing what
    was. Raises :class:`NotAllowed`, :class:`Refusal` while it is computed from."""
    check_on(LOAD, version.dataset, by)
    with transaction.atomic():
        held = hold(version)
        rules.check_can_retire(held.state)
        _check_not_computing(held)
        held.computations.filter(is_current=True).update(is_current=False)
        held.state, held.is_current = VersionState.RETIRED, False
        held.decided_by, held.decided_at = by.name, at
        held.save()
        record_version("retire-version", held, by=by, at=at)
    return held


def delete_version(*, version: DataSetVersion, by: Actor, at: datetime) -> None:
    """Delete a version with its files, its rejects and what was computed from it; the trail keeps
    that it was. Raises :class:`NotAllowed`, :class:`Refusal`."""
    check_on(LOAD, version.dataset, by)
    with transaction.atomic():
        held = hold(version)
        rules.check_can_delete(held.state)
        _check_not_computing(held)
        computations = list(Computation.objects.filter(version=held))
        folders = [
            version_folder(held),
            uploads_folder(held),
            *(results_folder(one) for one in computations),
        ]
        record_version(
            "delete-version",
            held,
            by=by,
            at=at,
            fingerprint=held.fingerprint,
            computations=len(computations),
        )
        Computation.objects.filter(version=held).delete()
        held.delete()
        transaction.on_commit(lambda: _remove(folders))


def hold(version: DataSetVersion) -> DataSetVersion:
    """The version as it is now, locked for the rest of the transaction."""
    rows = DataSetVersion.objects.select_for_update(of=("self",)).select_related(
        "dataset__organization"
    )
    found = rows.filter(pk=version.pk).first()
    if found is None:
        raise Refusal("population.version-gone", "Cette version n'existe plus.")
    return found


def _put_in_use(held: DataSetVersion, *, by: Actor, at: datetime) -> None:
    DataSetVersion.objects.filter(dataset=held.dataset, is_current=True).update(is_current=False)
    held.state, held.is_current = VersionState.READY, True
    held.decided_by, held.decided_at = by.name, at
    held.save()


def _check_not_computing(version: DataSetVersion) -> None:
    if version.computations.filter(state__in=PENDING).exists():
        raise Refusal(
            "population.computing", "Un calcul est en cours sur cette version : arrêtez-le d'abord."
        )


def _remove(folders: list[Path]) -> None:
    """What stays when the process ends here is taken by the nightly tidying."""
    forget_results()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
