"""What of the data of health waits for somebody: for the home page of who answers for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.population.enums import ComputationState, VersionState
from maillage.population.models import Computation, DataSetVersion
from maillage.population.permissions import COMPUTE, LOAD, allows_on
from maillage.vocabulary.calendar import french_instant

NEWS_FOR = timedelta(days=7)
"""How long a loading or a computation that ended is told."""


@dataclass(frozen=True)
class DataTask:
    """A line: its sign, its word, the data set it is about, its page, and what there is to do."""

    level: str
    word: str
    label: str
    url: str
    detail: str


def list_data_tasks(by: Actor, *, at: datetime) -> list[DataTask]:
    """Reports to read, loadings and computations that failed, figures that nobody shows yet, then
    what runs and what ended. Two queries."""
    return [*_of_versions(by, at), *_of_computations(by, at)]


def _of_versions(by: Actor, at: datetime) -> list[DataTask]:
    """The newest version of each data set, where it waits for a decision, failed or loads."""
    rows = DataSetVersion.objects.select_related("dataset__organization").order_by("-id")
    newest: dict[int, DataSetVersion] = {}
    for one in rows:
        newest.setdefault(one.dataset_id, one)
    lines = []
    for one in newest.values():
        line = _version_line(one, at)
        if line is not None and allows_on(LOAD, one.dataset, by):
            lines.append(line)
    return sorted(lines, key=lambda line: line.level not in ("limit", "hole"))


def _version_line(version: DataSetVersion, at: datetime) -> DataTask | None:
    url = reverse("population:version", args=[version.dataset.slug, version.number])
    if version.state == VersionState.QUALITY:
        since = version.loaded_at or version.asked_at
        return DataTask("limit", "Rapport à lire", str(version), url, f"chargée {_when(since)}")
    if version.state == VersionState.FAILED and at - version.asked_at <= NEWS_FOR:
        words = version.error.splitlines()[0][:120] if version.error else "rien n'a été chargé"
        return DataTask("hole", "Chargement en échec", str(version), url, words)
    if version.state == VersionState.LOADING:
        return DataTask("info", "En cours de chargement", str(version), url, version.asked_by)
    return None


def _of_computations(by: Actor, at: datetime) -> list[DataTask]:
    """The newest computation of each version."""
    if not COMPUTE.allows(by):
        return []
    rows = Computation.objects.select_related("version__dataset").order_by("-id")
    newest: dict[int, Computation] = {}
    for one in rows.filter(asked_at__gte=at - NEWS_FOR):
        newest.setdefault(one.version_id, one)
    return [line for one in newest.values() if (line := _computation_line(one, at)) is not None]


def _computation_line(one: Computation, at: datetime) -> DataTask | None:
    url, label = reverse("population:computation", args=[one.pk]), str(one.version)
    if one.state == ComputationState.FAILED:
        words = one.error.splitlines()[0][:120] if one.error else ""
        return DataTask("hole", "Calcul en échec", label, url, words)
    if one.is_pending:
        return DataTask("info", "Calcul en cours", label, url, one.asked_by)
    if one.state != ComputationState.DONE or one.done_at is None:
        return None
    ended = f"calculé {_when(one.done_at)}"
    if one.is_current:
        return DataTask("ok", "Calcul terminé", label, url, f"{ended}, montré")
    if one.version.state == VersionState.READY:
        return DataTask("limit", "À montrer", label, url, ended)
    return None


def _when(at: datetime) -> str:
    return f"le {french_instant(at, weekday=False)}"
