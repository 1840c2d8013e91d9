"""Data in: files of other programs become events, every row accounted for.

``detect(folder)`` tells what a folder holds; ``read(kind, folder, writer, ...)`` reads it. Kinds:
``pmsi`` (hospital summaries of stays, with their chaining and emergency visits), ``snds`` (tables
of the national claims), ``omop`` (CDM 5.4), ``fhir`` (R4 bulk export) and ``plain`` (the event
model as CSV or Parquet).

Layouts of fixed-width files, aliases of columns and lists of codes are files of ``layouts/``: a
physician of medical information may correct them without touching the code.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maillage.engines.indicators.reading import fhir, files, omop, plain, pmsi, rules, snds
from maillage.engines.indicators.reading.report import (
    FileReport,
    IsCancelled,
    Progress,
    ReadingCancelled,
    ReadOptions,
    ReadReport,
)
from maillage.engines.indicators.reading.staging import Stage
from maillage.engines.indicators.store import EventWriter
from maillage.vocabulary.errors import Invalid

_Reader = Callable[[Stage, list[Path], EventWriter], list[Path]]
_READERS: dict[str, _Reader] = {
    "pmsi": pmsi.read,
    "snds": snds.read,
    "omop": omop.read,
    "fhir": fhir.read,
    "plain": plain.read,
}

KINDS: dict[str, str] = {
    "pmsi": "Fichiers PMSI MCO d'un établissement (RSS ou RSA, chaînage, RPU)",
    "snds": "Tables du SNDS (référentiel, DCIR, PMSI MCO)",
    "omop": "Tables OMOP CDM 5.4",
    "fhir": "Export FHIR R4 (NDJSON)",
    "plain": "Tables d'événements (CSV ou Parquet)",
}
"""Kinds of folders, with their French labels."""


def detect(folder: Path) -> str:
    """The kind of a folder. Raises ``Invalid`` when it holds nothing that can be read, or is not
    there."""
    paths = files.list_files(folder)
    for kind, module in (("snds", snds), ("omop", omop), ("plain", plain), ("fhir", fhir)):
        if module.is_of_this_kind(paths):
            return kind
    if pmsi.is_of_this_kind(paths):
        return "pmsi"
    raise Invalid(
        "population.kind",
        "Aucun fichier de ce dossier n'est reconnu. Formats lus : " + " ; ".join(KINDS.values()),
    )


def read(
    kind: str,
    folder: Path,
    writer: EventWriter,
    *,
    options: ReadOptions,
    progress: Progress | None = None,
    is_cancelled: IsCancelled | None = None,
) -> ReadReport:
    """Read a folder into a writer, which stays open: the caller closes it with the origin.

    Raises ``Invalid`` on an unknown kind, a missing file or column, or a file that cannot be what
    it claims; ``ReadingCancelled`` when ``is_cancelled`` says so. Single rows that do not fit are
    rejected, never raised. The caller then discards the writer.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise Invalid("population.kind", f"Format inconnu : « {kind} ».")
    paths = files.list_files(folder)
    with Stage(options, progress, is_cancelled) as stage:
        unread = reader(stage, paths, writer)
        if not stage.events.get("person"):
            raise Invalid(
                "population.empty",
                "Aucune personne n'a pu être retenue de ces fichiers.",
                stage.rejects.problems(),
                rejected=sum(sum(one.rejected.values()) for one in stage.inputs),
            )
        reports = stage.reports()
        codes = {code for one in reports for code in one.filtered}
        return ReadReport(
            kind=kind,
            files=reports,
            events=dict(stage.events),
            rules=rules.used(codes),
            notes=tuple(stage.notes),
            unread=tuple(str(path.relative_to(folder)) for path in unread),
        )


__all__ = [
    "KINDS",
    "FileReport",
    "ReadOptions",
    "ReadReport",
    "ReadingCancelled",
    "detect",
    "read",
]
