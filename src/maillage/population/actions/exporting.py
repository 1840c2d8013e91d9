"""Files of figures: everything that leaves the pages of this room leaves through here.

::

    made = export(
        results=results, what="Prévalence du diabète par secteur, 2025", format=FileFormat.CSV,
        columns={"Secteur": [...], "Personnes": [412, None, ...]}, filters={"année": "2025"},
        purpose=form.cleaned_data["purpose"], by=request.actor, at=request.now)

``columns`` hold **published** figures only, None where a figure is not told. A column that says
what the data are, « données synthétiques » among others, is added to each row.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from django.db import transaction
from django.utils.text import slugify

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.population.enums import FileFormat
from maillage.population.models import Export
from maillage.population.permissions import EXPORT
from maillage.population.queries.results import Results
from maillage.population.rules.marks import data_words
from maillage.vocabulary.disclosure import MASK
from maillage.vocabulary.errors import Invalid, Problem
from maillage.vocabulary.spreadsheets import write_csv

Value = str | int | float | None

MEDIA_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.PARQUET: "application/vnd.apache.parquet",
    FileFormat.PDF: "application/pdf",
    FileFormat.JSON: "application/json",
}
DATA_COLUMN = "Données"
SHORTEST_PURPOSE, LONGEST_PURPOSE = 5, 300


@dataclass(frozen=True)
class ExportedFile:
    """A file that leaves, and its line in the register."""

    name: str
    media_type: str
    content: bytes
    line: Export


def export(
    *,
    results: Results,
    what: str,
    format: FileFormat,
    columns: Mapping[str, Sequence[Value]],
    filters: Mapping[str, str],
    purpose: str,
    by: Actor,
    at: datetime,
) -> ExportedFile:
    """Make a CSV or Parquet file of published figures, and write it down in the register and in the
    trail. Raises :class:`NotAllowed`, :class:`Invalid` without a purpose."""
    EXPORT.check(by)
    rows = max((len(values) for values in columns.values()), default=0)
    marked = {**columns, DATA_COLUMN: [data_words(results)] * rows}
    content = _parquet(marked, results) if format == FileFormat.PARQUET else _csv(marked)
    return register(
        results=results,
        what=what,
        format=format,
        content=content,
        rows=rows,
        filters=filters,
        purpose=purpose,
        by=by,
        at=at,
    )


def register(
    *,
    results: Results,
    what: str,
    format: FileFormat,
    content: bytes,
    rows: int,
    filters: Mapping[str, str],
    purpose: str,
    by: Actor,
    at: datetime,
) -> ExportedFile:
    """Write down a file that was made elsewhere from published figures (a printed profile), before
    it leaves. Raises :class:`NotAllowed`, :class:`Invalid` without a purpose."""
    EXPORT.check(by)
    purpose = check_purpose(purpose)
    with transaction.atomic():
        line = Export.objects.create(
            at=at,
            username=by.username,
            by_name=by.name,
            what=what[:200],
            format=format,
            dataset=f"{results.dataset.name}, version {results.version.number}"[:200],
            computation=results.computation.pk,
            is_synthetic=results.is_synthetic,
            filters=dict(filters),
            rows=rows,
            sha256=hashlib.sha256(content).hexdigest(),
            purpose=purpose,
        )
        record(
            "population.export",
            by=by,
            at=at,
            subject_kind="export",
            subject_key=str(line.pk),
            subject_name=line.what,
            computation=results.computation.pk,
            file=format.value,
            rows=rows,
            filters=dict(filters),
            purpose=purpose,
            sha256=line.sha256,
        )
    mark = "synthetique-" if results.is_synthetic else ""
    name = f"{mark}{slugify(what)[:80]}.{format.value}"
    return ExportedFile(name, MEDIA_TYPES[format], content, line)


def check_purpose(text: str) -> str:
    """What a file is for, in a few words. Raises :class:`Invalid`."""
    text = " ".join(text.split())
    if not SHORTEST_PURPOSE <= len(text) <= LONGEST_PURPOSE:
        raise Invalid(
            "population.purpose",
            "Dites en quelques mots à quoi sert ce fichier : le registre des exports le garde.",
            [Problem("dites à quoi sert ce fichier", field="purpose")],
        )
    return text


def _csv(columns: Mapping[str, Sequence[Value]]) -> bytes:
    def lines() -> Iterator[list[str]]:
        for row in zip_longest(*columns.values()):
            yield [_cell(value) for value in row]

    return "".join(write_csv(columns, lines(), with_mark=True)).encode()


def _cell(value: Value) -> str:
    """Numbers with a comma; what is not told says so."""
    if value is None:
        return MASK
    if isinstance(value, float):
        return f"{value:.6g}".replace(".", ",") if abs(value) < 1e6 else f"{value:.0f}"
    return str(value)


def _parquet(columns: Mapping[str, Sequence[Value]], results: Results) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: list(values) for name, values in columns.items()})
    notes = {"donnees": data_words(results), "calcul": str(results.computation.pk)}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(notes), buffer)
    return buffer.getvalue()
