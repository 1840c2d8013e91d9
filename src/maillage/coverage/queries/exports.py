"""The tables of a proof as files: CSV for people, Parquet for programs, byte for byte as kept.

A fragile point may be a person. Whoever does not organize care reads that there is one, not who:
the element of ``holder`` rows is then a number without meaning outside the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from maillage.coverage.models import Proof
from maillage.coverage.queries.tables import TABLES, load_file, load_tables
from maillage.engines.routing import ElementKind
from maillage.vocabulary.calendar import to_paris
from maillage.vocabulary.errors import NotFound
from maillage.vocabulary.spreadsheets import guard

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 2_000
"""Rows of a piece of a stream: some hundred kilobytes."""

KINDS = {
    ".parquet": "application/vnd.apache.parquet",
    ".gz": "application/gzip",
    ".json": "application/json",
}


def stream_csv(proof: Proof, table: str, *, with_names: bool) -> Iterator[bytes]:
    """A table in the form of the product's lists: UTF-8 with its mark, semicolons, lines ended by
    CR LF, cells that no spreadsheet computes. Numbers have a comma, instants are those of Paris
    with their offset. Raises :class:`NotFound` before the first byte."""
    rows = get_table(proof, table, with_names=with_names)
    return _pieces(rows)


def _pieces(table: pa.Table) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _lines([table.column_names])
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        columns = [column.to_pylist() for column in batch.columns]
        yield _lines([[_cell(value) for value in row] for row in zip(*columns, strict=True)])


def _lines(rows: list[list[str]]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";", lineterminator="\r\n").writerows(rows)
    return stream.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guard(value)
    if isinstance(value, datetime):
        return to_paris(value).isoformat()
    if isinstance(value, float):
        # The shortest text that gives the number back, never with an exponent.
        text = f"{Decimal(repr(value)):f}".removesuffix(".0")
        return text.replace(".", ",")
    return str(value)


def get_table(proof: Proof, table: str, *, with_names: bool) -> pa.Table:
    """One table of a done proof. Raises :class:`NotFound` for another name or another state."""
    if table not in TABLES:
        raise NotFound("coverage.no-proof-file", "Une preuve n'a pas de table de ce nom.")
    rows = load_tables(proof)[table]
    return rows if with_names else _without_people(rows)


def get_proof_file(proof: Proof, name: str, *, with_names: bool) -> tuple[bytes, str]:
    """One file of a proof and its media type. Parquet and network leave as they are kept, so that
    their hashes are those of the record; only a table without its people is written anew.
    Raises :class:`NotFound`."""
    kind = next((kind for end, kind in KINDS.items() if name.endswith(end)), "")
    if not kind:
        raise NotFound("coverage.no-proof-file", "Une preuve n'a pas de fichier de ce nom.")
    content = load_file(proof, name)
    if name == "exposures.parquet" and not with_names:
        content = _write_parquet(_without_people(load_tables(proof)["exposures"]))
    return content, kind


def _without_people(table: pa.Table) -> pa.Table:
    """The same rows, people replaced by the order in which they come (« titulaire-1 »)."""
    if "kind" not in table.column_names:
        return table
    import pyarrow as pa

    numbers: dict[str, str] = {}
    elements = [
        numbers.setdefault(element, f"titulaire-{len(numbers) + 1}")
        if kind == ElementKind.HOLDER
        else element
        for kind, element in zip(
            table["kind"].to_pylist(), table["element"].to_pylist(), strict=True
        )
    ]
    where = table.schema.get_field_index("element")
    return table.set_column(where, table.schema.field(where), pa.array(elements, pa.string()))


def _write_parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()
