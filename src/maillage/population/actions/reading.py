"""Reading the files of a version into its store, with the engine's readers, and assessing it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maillage.population.enums import SourceKind
from maillage.population.models import DataSetVersion
from maillage.population.queries.residents import list_population
from maillage.population.rules.progress import LOADING, Whole
from maillage.territory.queries.national_codes import get_national_codes
from maillage.vocabulary.errors import Refusal

if TYPE_CHECKING:
    from maillage.engines.indicators.reading import ReadReport
    from maillage.engines.indicators.store import EventWriter, Manifest, Origin

Progress = Callable[[int, int, str], None]
READING_MB = 1000
"""What a reading may hold in memory; beyond, it spills into its folder."""


RESIDENTS_TAKEN = (
    "Ces fichiers ne donnent pas la population : les habitants sont ceux du territoire. "
    "Un taux par habitant ne compte que les soins que ces fichiers contiennent."
)


class LoadingStopped(Exception):
    """Raised when a loading was told to stop."""


def read_files(
    version: DataSetVersion,
    source: Path,
    work: Path,
    *,
    today: date,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> tuple[Manifest, dict[str, Any]]:
    """Read a folder of files into the store ``work``, with its rejects and, for a nominative data
    set, its identifiers; the manifest, and the reports of the reading and of the quality. Raises
    :class:`LoadingStopped`, :class:`Invalid` naming what cannot be read, :class:`Refusal` when the
    files are of another format than the data set."""
    from maillage.engines.indicators import reading
    from maillage.engines.indicators.store import EventWriter

    dataset = version.dataset
    found = reading.detect(source)
    if found != dataset.kind:
        raise Refusal(
            "population.other-kind",
            f"Ces fichiers sont du format « {SourceKind(found).label} », et ce jeu de données du "
            f"format « {dataset.get_kind_display()} » : créez un autre jeu de données.",
        )
    codes = get_national_codes()
    options = reading.ReadOptions(
        out=work,
        is_nominative=dataset.is_nominative,
        communes_by_code=codes.by_postal_code if codes else {},
        memory_mb=READING_MB,
    )
    whole = Whole(progress, LOADING)
    try:
        with EventWriter(work, memory_mb=READING_MB) as writer:
            report = reading.read(
                dataset.kind,
                source,
                writer,
                options=options,
                progress=whole.part("read"),
                is_cancelled=is_cancelled,
            )
            taken = 0 if report.events.get("population") else _add_residents(writer)
            manifest = writer.close(origin=_origin(version), progress=whole.part("sort"))
    except reading.ReadingCancelled as error:
        raise LoadingStopped from error
    told = report.as_dict()
    if taken:
        told["notes"] = [*told["notes"], RESIDENTS_TAKEN]
    return manifest, {
        "reading": told,
        "quality": assess(work, today=today, report=report, progress=whole.part("assess")),
    }


def _add_residents(writer: EventWriter) -> int:
    """Take the residents of the territory as denominators; how many rows."""
    rows = list_population()
    writer.add("population", rows)
    return rows.num_rows


def assess(
    folder: Path,
    *,
    today: date,
    report: ReadReport | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The quality report of a store, as plain values. ``report`` is what its reading did."""
    from maillage.engines.indicators.reading.quality import assess as judge

    if progress is not None:
        progress(0, 0, "Contrôles de qualité")
    codes = get_national_codes()
    judged = judge(
        folder,
        today=today,
        communes=codes.communes if codes else None,
        report=report,
        memory_mb=READING_MB,
    )
    return judged.as_dict()


def _origin(version: DataSetVersion) -> Origin:
    from maillage.engines.indicators.store import Origin

    dataset = version.dataset
    return Origin(
        name=dataset.name,
        source=dataset.source,
        legal_basis=dataset.get_legal_basis_display(),
        licence=dataset.licence,
    )
