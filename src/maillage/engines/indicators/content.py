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
        self._columns: dict[tuple[str, str], _Column] = {}

    def update(self, name: str, rows: pa.Table) -> None:
        """Take the next rows of a table into account."""
        for column in rows.column_names:
            state = self._columns.setdefault((name, column), _Column())
            for chunk in rows.column(column).chunks:
                state.update(chunk)

    def hexdigest(self) -> str:
        """The fingerprint of all the tables seen."""
        whole = hashlib.sha256()
        for (name, column), state in sorted(self._columns.items(), key=lambda item: item[0]):
            whole.update(f"{name}.{column}={state.hexdigest()}\n".encode())
        return whole.hexdigest()


class _Column:
    """What was seen of a column: its values, one after the other, and the places of those that are
    absent."""

    def __init__(self) -> None:
        self._values = hashlib.sha256()
        self._absent = hashlib.sha256()
        self._rows = 0

    def update(self, values: pa.Array) -> None:
        self._values.update(_plain(values).data)
        if values.null_count:
            places = np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))
            self._absent.update((places + self._rows).astype(np.int64).data)
        self._rows += len(values)

    def hexdigest(self) -> str:
        return f"{self._rows} {self._values.hexdigest()} {self._absent.hexdigest()}"


def _plain(values: pa.Array) -> np.ndarray:
    """An array as plain bytes: for a text its characters, each value ended by one byte that no
    text in UTF-8 holds; elsewhere its numbers. What is absent is zero, or nothing."""
    if pa.types.is_string(values.type):
        ended = pc.binary_join_element_wise(
            pc.fill_null(values, "").cast(pa.binary()), pa.scalar(b""), pa.scalar(b"\xff")
        ).cast(pa.large_binary())
        _, offsets, data = ended.buffers()
        if data is None:
            return np.zeros(0, np.uint8)
        ends = np.frombuffer(offsets, np.int64)[ended.offset : ended.offset + len(ended) + 1]
        return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32())
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    return np.ascontiguousarray(pc.fill_null(values, 0).to_numpy(zero_copy_only=False))
