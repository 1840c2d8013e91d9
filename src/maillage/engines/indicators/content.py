"""The fingerprint of rows: what they hold, not how they are stored."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class ContentHash:
    """SHA-256 of tables read in pieces. Equal rows in an equal order give an equal result, however
    they are cut into pieces, encoded or compressed."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, str], hashlib._Hash] = {}

    def update(self, name: str, rows: pa.Table) -> None:
        """Take the next rows of a table into account."""
        for column in rows.column_names:
            state = self._columns.setdefault((name, column), hashlib.sha256())
            values = rows.column(column).combine_chunks()
            if isinstance(values, pa.ChunkedArray):
                values = pa.concat_arrays(values.chunks)
            for piece in _plain(values):
                state.update(np.ascontiguousarray(piece).data)

    def hexdigest(self) -> str:
        """The fingerprint of all the tables seen."""
        whole = hashlib.sha256()
        for (name, column), state in sorted(self._columns.items(), key=lambda item: item[0]):
            whole.update(f"{name}.{column}={state.hexdigest()}\n".encode())
        return whole.hexdigest()


def _plain(values: pa.Array) -> list[np.ndarray]:
    """An array as plain bytes: for a text its characters, each value ended by one byte that no
    text in UTF-8 holds; elsewhere its numbers, and one byte for each that is absent or not."""
    if pa.types.is_string(values.type):
        ended = pc.binary_join_element_wise(
            values.cast(pa.binary()), pa.scalar(b""), pa.scalar(b"\xff")
        ).cast(pa.large_binary())
        _, offsets, data = ended.buffers()
        ends = np.frombuffer(offsets, np.int64)[ended.offset : ended.offset + len(ended) + 1]
        if not len(ended) or data is None:
            return []
        return [np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]]
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32())
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    pieces = [np.asarray(pc.fill_null(values, 0).to_numpy(zero_copy_only=False))]
    if values.null_count:
        # Only where something is absent: a column without nulls hashes the same, allowed or not.
        missing = np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))
        pieces.append(missing.astype(np.int64))
    return pieces
