"""Target lists: the people of one stratum in one area, handed to whoever cares for them.

The right is checked at each act, each reading leaves a line; no line, address or message holds a
person, only the list's number.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.population.models import Computation, DataSet, TargetList
from maillage.population.permissions import TARGET, check_on
from maillage.population.queries.places import read_areas, results_folder
from maillage.population.queries.results import get_results
from maillage.population.queries.targets import TargetPerson, count_people, list_people
from maillage.population.rules import targets as rules
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, Problem, Refusal


def ask_for_list(
    *,
    computation: Computation,
    condition: str,
    stratum: int,
    area: str,
    purpose: str,
    recipient: str,
    days: int,
    by: Actor,
    at: datetime,
) -> TargetList:
    """Open a list of the people of a stratum in an area, in the newest year of a computation, for
    some days. Raises :class:`NotAllowed` to who does not coordinate for the organization that holds
    the data, :class:`Refusal` when these data may not be handed out, :class:`Invalid`."""
    dataset = computation.version.dataset
    check_on(TARGET, dataset, by)
    check_right(dataset)
    rules.check_request(stratum=stratum, purpose=purpose, recipient=recipient, days=days)
    results = get_results(computation.pk)
    cohort = results.definitions.cohorts.get(condition)
    if cohort is None or area not in results.areas:
        field = "condition" if cohort is None else "area"
        raise Invalid(
            "population.target",
            "Cette demande ne convient pas :",
            [Problem("choisissez dans la liste", field=field)],
        )
    year = max(results.years)
    people = count_people(
        computation,
        condition=condition,
        stratum=stratum,
        year=year,
        communes=results.areas.members(area),
    )
    if not people:
        raise Refusal("population.list-empty", "Cette strate ne compte personne dans cette zone.")
    with transaction.atomic():
        made = TargetList.objects.create(
            computation=computation,
            dataset=str(computation.version)[:200],
            condition=condition,
            condition_label=cohort.label[:160],
            stratum=stratum,
            area=area,
            area_label=results.areas.label(area)[:160],
            year=year,
            purpose=" ".join(purpose.split())[:300],
            recipient=" ".join(recipient.split())[:160],
            people=people,
            username=by.username,
            asked_by=by.name,
            asked_at=at,
            expires_on=rules.end_of(local_day(at), days),
        )
        _record("open-list", made, dataset, by=by, at=at, purpose=made.purpose, days=days)
    return made


def read_list(*, target: TargetList, by: Actor, at: datetime) -> list[TargetPerson]:
    """The people of a list that is open. One line of the trail. Raises :class:`NotAllowed`,
    :class:`Refusal`."""
    people, dataset = _people(target, by=by, at=at)
    with transaction.atomic():
        _record("read-list", target, dataset, by=by, at=at)
    return people


def take_list(*, target: TargetList, content: bytes, by: Actor, at: datetime) -> None:
    """Write down that the file of a list leaves. Raises as :func:`read_list`."""
    _, dataset = _check(target, by=by, at=at)
    with transaction.atomic():
        digest = hashlib.sha256(content).hexdigest()
        _record("take-list", target, dataset, by=by, at=at, file="csv", sha256=digest)


def close_list(*, target: TargetList, by: Actor, at: datetime) -> None:
    """Close a list before its day: nobody reads it again. Raises :class:`NotAllowed`,
    :class:`Refusal`."""
    _, dataset = _check(target, by=by, at=at)
    with transaction.atomic():
        held = TargetList.objects.select_for_update(of=("self",)).get(pk=target.pk)
        held.closed_at, held.closed_by = at, by.name
        held.save(update_fields=["closed_at", "closed_by"])
        _record("close-list", held, dataset, by=by, at=at)


def check_right(dataset: DataSet) -> None:
    """Raise :class:`Refusal` unless people of this data set may be handed out."""
    rules.check_right(
        legal_basis=dataset.legal_basis,
        is_nominative=dataset.is_nominative,
        is_synthetic=dataset.is_synthetic,
    )


def _check(target: TargetList, *, by: Actor, at: datetime) -> tuple[Computation, DataSet]:
    """The computation of a list that this actor may read now."""
    computation = target.computation
    rules.check_open(
        expires_on=target.expires_on,
        is_closed=target.closed_at is not None,
        has_people=computation is not None,
        today=local_day(at),
    )
    if computation is None:  # said by ``has_people`` already
        raise Refusal("population.list-gone", "Le calcul dont venait cette liste est supprimé.")
    dataset = computation.version.dataset
    check_on(TARGET, dataset, by)
    check_right(dataset)
    return computation, dataset


def _people(target: TargetList, *, by: Actor, at: datetime) -> tuple[list[TargetPerson], DataSet]:
    computation, dataset = _check(target, by=by, at=at)
    areas = read_areas(results_folder(computation))
    return list_people(target, communes=areas.members(target.area)), dataset


def _record(
    act: str, target: TargetList, dataset: DataSet, *, by: Actor, at: datetime, **details: Any
) -> None:
    record(
        f"population.{act}",
        by=by,
        at=at,
        subject_kind="target-list",
        subject_key=str(target.pk),
        subject_name=f"Liste n° {target.pk} ({dataset.name})",
        organization=dataset.organization.slug if dataset.organization else "",
        **details,
    )
