"""Lines of the trail of acts on health data. They name data sets, versions and computations, never
a person, a stratum of few, or a file of somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.population.models import Computation, DataSet, DataSetVersion


def record_dataset(act: str, dataset: DataSet, *, by: Actor, at: datetime, **details: Any) -> None:
    """One line on a data set, in the transaction of the act."""
    record(
        f"population.{act}",
        by=by,
        at=at,
        subject_kind="health-data",
        subject_key=dataset.slug,
        subject_name=dataset.name,
        organization=dataset.organization.slug if dataset.organization else "",
        **details,
    )


def record_version(
    act: str, version: DataSetVersion, *, by: Actor, at: datetime, **details: Any
) -> None:
    """One line on a version."""
    record_dataset(act, version.dataset, by=by, at=at, version=version.number, **details)


def record_computation(
    act: str, computation: Computation, *, by: Actor, at: datetime, **details: Any
) -> None:
    """One line on a computation."""
    version = computation.version
    record_version(act, version, by=by, at=at, computation=computation.pk, **details)
