"""Reads of data sets and their versions."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch

from maillage.accounts.permissions import Actor
from maillage.jobs.models import Job
from maillage.jobs.queries import find_live
from maillage.population.enums import SourceKind, VersionState
from maillage.population.models import DataSet, DataSetVersion
from maillage.population.permissions import LOAD, allows_on
from maillage.population.queries.places import REJECTS, version_folder
from maillage.population.rules.months_chart import MonthChart, draw_month_charts
from maillage.population.rules.quality import QualityView, read_quality
from maillage.population.rules.versions import DELETABLE, blocking_findings
from maillage.vocabulary.errors import NotFound

JOB_OF_KIND = {SourceKind.SYNTHETIC: "population.invent"}
"""Kind of the job that fills a version, by kind of data set; ``population.load`` for the others."""


@dataclass(frozen=True)
class ListedDataSet:
    """A data set in the list: its version in use, and the newest one."""

    dataset: DataSet
    current: DataSetVersion | None
    newest: DataSetVersion | None
    versions: int
    may_load: bool

    @property
    def to_read(self) -> bool:
        """A report waits for the DIM."""
        return self.newest is not None and self.newest.state == VersionState.QUALITY


@dataclass(frozen=True)
class VersionPage:
    """A version with its report, and what may be done with it."""

    version: DataSetVersion
    quality: QualityView
    job: Job | None
    rejects: tuple[str, ...]
    blocking: tuple[str, ...]
    may_load: bool
    can_delete: bool
    tables: tuple[tuple[str, int], ...]
    charts: tuple[MonthChart, ...]


def list_data_sets(*, by: Actor) -> list[ListedDataSet]:
    """Every data set, by name: what exists is no secret, what is in it is. Two queries."""
    versions = DataSetVersion.objects.order_by("-number")
    found = DataSet.objects.select_related("organization").prefetch_related(
        Prefetch("versions", queryset=versions)
    )
    rows = []
    for dataset in found:
        all_versions = list(dataset.versions.all())
        rows.append(
            ListedDataSet(
                dataset=dataset,
                current=next((one for one in all_versions if one.is_current), None),
                newest=all_versions[0] if all_versions else None,
                versions=len(all_versions),
                may_load=allows_on(LOAD, dataset, by),
            )
        )
    return rows


def get_data_set(slug: str) -> DataSet:
    """A data set, with its organization. Raises :class:`NotFound`."""
    found = DataSet.objects.select_related("organization").filter(slug=slug).first()
    if found is None:
        raise NotFound("population.unknown-data-set", "Ce jeu de données n'existe pas, ou plus.")
    return found


def list_versions(dataset: DataSet) -> list[DataSetVersion]:
    """Versions of a data set, the newest first. One query."""
    return list(dataset.versions.order_by("-number"))


def get_version(slug: str, number: int) -> DataSetVersion:
    """A version by its address. Raises :class:`NotFound`."""
    return _one(dataset__slug=slug, number=number)


def get_version_by_number(pk: int) -> DataSetVersion:
    """A version by the number of its row. Raises :class:`NotFound`."""
    return _one(pk=pk)


def list_ready_versions() -> list[DataSetVersion]:
    """Versions in use, from which one may compute, by name of their data set. One query."""
    rows = DataSetVersion.objects.select_related("dataset__organization")
    return list(rows.filter(is_current=True).order_by("dataset__name"))


def find_left_invention(*, share: float) -> DataSetVersion | None:
    """The synthetic version of this share that was begun, and that no job is busy with."""
    rows = DataSetVersion.objects.select_related("dataset__organization")
    found = rows.filter(
        dataset__kind=SourceKind.SYNTHETIC, state=VersionState.LOADING, share=share
    ).first()
    if found is None or find_live(JOB_OF_KIND[SourceKind.SYNTHETIC], str(found.pk)):
        return None
    return found


def get_version_page(version: DataSetVersion, *, by: Actor) -> VersionPage:
    """A version with its report. One query while it is loading."""
    from maillage.engines.indicators.events import TABLES

    quality = read_quality(version.report)
    rows = version.manifest.get("rows", {})
    kind = JOB_OF_KIND.get(SourceKind(version.dataset.kind), "population.load")
    blocking = tuple(blocking_findings(version.report))
    return VersionPage(
        version=version,
        quality=quality,
        job=find_live(kind, str(version.pk)) if version.is_loading else None,
        rejects=list_reject_files(version),
        blocking=blocking,
        may_load=allows_on(LOAD, version.dataset, by),
        can_delete=version.state in DELETABLE,
        tables=tuple((one.label, int(rows[name])) for name, one in TABLES.items() if name in rows),
        charts=draw_month_charts(quality),
    )


def list_reject_files(version: DataSetVersion) -> tuple[str, ...]:
    """Names of the files of rejected rows of a version."""
    folder = version_folder(version) / REJECTS
    if not folder.is_dir():
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_file()))


def _one(**wanted: object) -> DataSetVersion:
    rows = DataSetVersion.objects.select_related("dataset__organization")
    found = rows.filter(**wanted).first()
    if found is None:
        raise NotFound("population.unknown-version", "Cette version n'existe pas, ou plus.")
    return found
