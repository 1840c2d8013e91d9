"""Cohorts of one's own: written as a definition file, tried, published, retired."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.jobs import actions as jobs
from maillage.population.enums import DefinitionState, VersionState
from maillage.population.models import CohortDefinition, DataSetVersion
from maillage.population.permissions import DEFINE
from maillage.population.queries.own_cohorts import present_definitions
from maillage.population.queries.places import version_folder
from maillage.population.rules.versions import whole_years
from maillage.vocabulary.errors import Invalid, NotFound, Problem, Refusal

PREVIEW_JOB = "population.preview"
"""The kind of the jobs that count a draft; their key is its number."""

FILE = "définition"
LONGEST_TEXT = 40_000


def check_text(text: str) -> tuple[str, str]:
    """Key and label of a cohort as it is written. Raises :class:`Invalid` with every defect and its
    line; a key that the product uses is one."""
    from maillage.engines.indicators.definitions import load_definitions, read_cohort

    if len(text) > LONGEST_TEXT:
        raise Invalid(
            "population.definition-long",
            f"Cette définition est trop longue ({LONGEST_TEXT} signes au plus).",
        )
    cohort = read_cohort(text, name=FILE, definitions=present_definitions())
    if cohort.key in load_definitions().cohorts:
        words = f"la clé « {cohort.key} » est celle d'une cohorte de Maillage : choisissez-en une"
        raise Invalid(
            "population.definition-taken",
            "La définition n'est pas valable.",
            [Problem(f"{words} autre", file=FILE, row=_line_of_key(text), field="key")],
        )
    return cohort.key, cohort.label


def save_definition(
    *, text: str, by: Actor, at: datetime, definition: CohortDefinition | None = None
) -> CohortDefinition:
    """Keep a cohort as a draft: that one changed, or a new version of its key. Raises
    :class:`NotAllowed`, :class:`Invalid` with the defects, :class:`Refusal` when ``definition`` is
    not a draft and another draft of its key exists."""
    DEFINE.check(by)
    text = text.replace("\r\n", "\n")
    key, label = check_text(text)
    with transaction.atomic():
        versions = CohortDefinition.objects.select_for_update().filter(key=key)
        held = versions.filter(state=DefinitionState.DRAFT).first()
        if held is not None and (definition is None or definition.pk != held.pk):
            raise Refusal(
                "population.draft-exists",
                f"Un brouillon de « {held.label} » existe déjà : reprenez-le.",
            )
        if held is None:
            number = (versions.aggregate(most=Max("number"))["most"] or 0) + 1
            held = CohortDefinition(key=key, number=number, created_by=by.name, created_at=at)
        if held.text != text:
            held.preview = {}
        held.text, held.label, held.changed_at = text, label[:160], at
        held.save()
        _record("save-definition", held, by=by, at=at)
    return held


def ask_for_preview(
    *, definition: CohortDefinition, version: DataSetVersion, by: Actor, at: datetime
) -> None:
    """Have the people of a draft counted in an accepted version, in the background. Raises
    :class:`NotAllowed`, :class:`Refusal`."""
    DEFINE.check(by)
    if version.state != VersionState.READY:
        raise Refusal("population.not-ready", "Acceptez d'abord cette version.")
    with transaction.atomic():
        jobs.start(
            PREVIEW_JOB,
            key=str(definition.pk),
            arguments={"definition": definition.pk, "version": version.pk},
            label=f"Décompte d'essai de « {definition.label} »",
            link=reverse("population:definition-own", args=[definition.pk]),
            by=by,
            at=at,
        )
        _record("preview-definition", definition, by=by, at=at, version=str(version)[:160])


def preview_definition(
    *,
    pk: int,
    version: int,
    at: datetime,
    is_cancelled: Callable[[], bool] | None = None,
) -> None:
    """Count the people of a draft in the newest year of a version, and keep the count as it may be
    shown. Nothing when either is gone, or when the text changed meanwhile."""
    from maillage.engines.indicators.definitions import read_cohort
    from maillage.engines.indicators.preview import preview

    held = CohortDefinition.objects.filter(pk=pk).first()
    found = DataSetVersion.objects.select_related("dataset").filter(pk=version).first()
    if held is None or found is None or not (found.first_on and found.last_on):
        return
    year = max(whole_years(found.first_on, found.last_on), default=found.last_on.year)
    cohort = read_cohort(held.text, name=FILE, definitions=present_definitions())
    counted = preview(cohort, version_folder(found), year)
    kept: dict[str, Any] = {
        "people": counted.people,
        "year": counted.year,
        "version": str(found),
        "is_synthetic": found.dataset.is_synthetic,
        "at": at.isoformat(),
    }
    if is_cancelled is not None and is_cancelled():
        return
    CohortDefinition.objects.filter(pk=pk, text=held.text).update(preview=kept)


def publish_definition(
    *, definition: CohortDefinition, by: Actor, at: datetime
) -> CohortDefinition:
    """Publish a draft: the version before is retired, and the next computations hold this one.
    Raises :class:`NotAllowed`, :class:`Refusal`, :class:`Invalid`."""
    DEFINE.check(by)
    check_text(definition.text)
    with transaction.atomic():
        held = _hold(definition)
        if held.state != DefinitionState.DRAFT:
            raise Refusal("population.not-draft", "Seul un brouillon peut être publié.")
        CohortDefinition.objects.filter(key=held.key, state=DefinitionState.PUBLISHED).update(
            state=DefinitionState.RETIRED
        )
        held.state = DefinitionState.PUBLISHED
        held.published_by, held.published_at = by.name, at
        held.save()
        present_definitions()  # together with all the others, or not at all
        _record("publish-definition", held, by=by, at=at)
    return held


def retire_definition(*, definition: CohortDefinition, by: Actor, at: datetime) -> CohortDefinition:
    """Take a published cohort out of the next computations, or give a draft up. Raises
    :class:`NotAllowed`, :class:`Refusal` when it is retired already, or when another published
    cohort is made of it."""
    DEFINE.check(by)
    with transaction.atomic():
        held = _hold(definition)
        if held.state == DefinitionState.RETIRED:
            raise Refusal("population.retired", "Cette définition est déjà retirée.")
        if held.state == DefinitionState.PUBLISHED:
            _check_unused(held)
        held.state = DefinitionState.RETIRED
        held.save()
        _record("retire-definition", held, by=by, at=at)
    return held


def _check_unused(held: CohortDefinition) -> None:
    from maillage.engines.indicators.definition_reader import referred_cohorts

    others = CohortDefinition.objects.filter(state=DefinitionState.PUBLISHED).exclude(pk=held.pk)
    users = [one.label for one in others if held.key in referred_cohorts(one.text)]
    if users:
        raise Refusal(
            "population.definition-used", f"La cohorte « {users[0]} » est faite de celle-ci."
        )


def _hold(definition: CohortDefinition) -> CohortDefinition:
    held = CohortDefinition.objects.select_for_update().filter(pk=definition.pk).first()
    if held is None:
        raise NotFound("population.unknown-definition", "Cette définition n'existe pas, ou plus.")
    return held


def _line_of_key(text: str) -> int | None:
    lines = enumerate(text.splitlines(), start=1)
    return next((n for n, line in lines if line.lstrip().startswith("key")), None)


def _record(act: str, held: CohortDefinition, *, by: Actor, at: datetime, **details: Any) -> None:
    record(
        f"population.{act}",
        by=by,
        at=at,
        subject_kind="cohort-definition",
        subject_key=f"{held.key}-{held.number}",
        subject_name=str(held),
        **details,
    )
