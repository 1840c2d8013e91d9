"""The tables of a proof as files: CSV in French for people, Parquet for programs, byte for byte as
kept.

A fragile point may be a person. Whoever does not organize care reads that there is one, not who:
the element of ``holder`` rows is then a number without meaning outside the file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models.functions import Length

from maillage.coverage.models import Proof, ProofFile
from maillage.coverage.queries.tables import EVIDENCE, TABLES, load_file, load_tables
from maillage.coverage.rules.table_words import (
    COMMUNE_NAME,
    FILES,
    KINDS,
    FileWords,
    csv_head,
    file_size,
)
from maillage.engines.routing import ElementKind
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import to_paris
from maillage.vocabulary.errors import NotAllowed, NotFound
from maillage.vocabulary.spreadsheets import LINE_END, MARK, SEPARATOR, guard

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 5_000
"""Rows of a piece of a stream: some hundred kilobytes."""

NETWORK_REFUSED = (
    "Le réseau nomme tous les titulaires de garde du territoire : il est réservé aux rôles qui "
    "construisent des scénarios. Un réseau sans leurs noms n'aurait plus la même empreinte."
)

MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".gz": "application/gzip",
    ".json": "application/json",
}


@dataclass(frozen=True)
class FileRow:
    """A file of a proof in its list: ``table`` when it is one (it leaves as CSV too, of so many
    ``rows``); ``is_open``: this reader may take it."""

    name: str
    table: str
    words: FileWords
    size: str
    rows: int | None
    is_open: bool


def list_proof_files(proof: Proof, *, with_names: bool) -> tuple[FileRow, ...]:
    """The files of a proof with their sizes, in the order in which they are explained. One query,
    without their content."""
    found = ProofFile.objects.filter(proof=proof).annotate(size=Length("content"))
    sizes = dict(found.values_list("name", "size"))
    tables = (proof.manifest or {}).get("tables", {})
    rows = []
    for key, words in FILES.items():
        name = f"{key}.parquet" if key in TABLES else key
        if name in sizes:
            rows.append(
                FileRow(
                    name=name,
                    table=key if key in TABLES else "",
                    words=words,
                    size=file_size(sizes[name]),
                    rows=tables.get(key, {}).get("rows"),
                    is_open=with_names or key != EVIDENCE,
                )
            )
    return tuple(rows)


def stream_csv(proof: Proof, table: str, *, with_names: bool) -> Iterator[bytes]:
    """A table in the form of the product's lists: UTF-8 with its mark, semicolons, lines ended by
    CR LF, cells that no spreadsheet computes. Numbers have a comma, instants are those of Paris
    with their offset, and the name of a commune stands after its code. One query more for those.
    Raises :class:`NotFound` before the first byte."""
    rows = get_table(proof, table, with_names=with_names)
    names = (
        dict(Commune.objects.values_list("code", "name")) if "commune" in rows.schema.names else {}
    )
    return _pieces(rows, table, names)


def _pieces(table: pa.Table, name: str, communes: dict[str, str]) -> Iterator[bytes]:
    """Whole columns become text at once: a row at a time, in Python, takes ten times as long."""
    heads: list[str] = []
    for column in table.column_names:
        heads.append(csv_head(name, column))
        if column == "commune":
            heads.append(COMMUNE_NAME)
    yield f"{MARK}{SEPARATOR.join(heads)}{LINE_END}".encode()
    for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
        yield _lines(batch, communes)


def _lines(batch: pa.RecordBatch, communes: dict[str, str]) -> bytes:
    import pyarrow.compute as pc

    cells = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name == "kind":
            cells.append(_each(column, lambda kind: KINDS.get(kind, kind)))
            continue
        cells.append(_texts(column))
        if name == "commune":
            cells.append(_each(column, lambda code: _cell(communes.get(code, ""))))
    lines = pc.binary_join_element_wise(*cells, SEPARATOR)
    return "".join(f"{line}{LINE_END}" for line in lines.to_pylist()).encode()


def _texts(column: pa.Array) -> pa.Array:
    """The cells of a column, none of them null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(column.type):
        return pc.fill_null(pc.cast(column, pa.string()), "")
    if not pa.types.is_floating(column.type):
        return _each(column, _cell)
    written = pc.cast(column, pa.string())
    if pc.any(pc.match_substring(written, "e")).as_py():
        # Arrow has an exponent for very small and very large numbers.
        return _each(column, _cell)
    return pc.fill_null(pc.replace_substring(written, ".", ","), "")


def _each(column: pa.Array, write: Callable[[Any], str]) -> pa.Array:
    """The cells of a column of few different values: each is written once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = column.dictionary_encode()
    texts = pa.array([_quoted(write(value)) for value in known.dictionary.to_pylist()], pa.string())
    return pc.fill_null(texts.take(known.indices), "")


def _quoted(text: str) -> str:
    if any(sign in text for sign in f'{SEPARATOR}"{LINE_END}'):
        doubled = text.replace('"', '""')
        return f'"{doubled}"'
    return text


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
    their hashes are those of the record; only a table without its people is written anew. The
    network names people, and without their names it would be another: it is refused to those who
    do not organize care. Raises :class:`NotFound`, :class:`NotAllowed`."""
    kind = next((kind for end, kind in MEDIA_TYPES.items() if name.endswith(end)), "")
    if not kind:
        raise NotFound("coverage.no-proof-file", "Une preuve n'a pas de fichier de ce nom.")
    if name == EVIDENCE and not with_names:
        raise NotAllowed("coverage.network-names", NETWORK_REFUSED)
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
