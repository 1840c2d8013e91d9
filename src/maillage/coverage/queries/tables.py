"""The tables of a proof and the network that it was computed from, read once and kept in memory.

A proof that is done never changes, so that what was decoded stays true for as long as it is kept.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from maillage.coverage.models import Proof, ProofFile
from maillage.engines.routing import Network, read_network
from maillage.vocabulary.errors import NotFound

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = ("steps", "communes", "moments", "exposures")
"""Names of the tables of a proof, those of the engine."""

EVIDENCE = "network.json.gz"
MANIFEST = "manifest.json"

KEPT_TABLES = 3
"""Proofs whose tables stay decoded: the current one and two to compare."""

KEPT_EVIDENCE = 2
"""Networks of proofs that stay compiled, each of some tens of megabytes."""

T = TypeVar("T")


class _Kept(Generic[T]):
    """The few values used last, by proof."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: OrderedDict[tuple[object, ...], T] = OrderedDict()
        self._lock = Lock()
        self._makers: dict[tuple[object, ...], Lock] = {}

    def get(self, proof: Proof, make: Callable[[], T]) -> T:
        key = (proof.pk, proof.network_hash, proof.finished_at)
        found = self._find(key)
        if found is not None:
            return found
        with self._lock:
            maker = self._makers.setdefault(key, Lock())
        # Whoever asks for what another thread is reading waits for it, rather than read it again.
        with maker:
            found = self._find(key)
            if found is None:
                found = make()
                self._keep(key, found)
        return found

    def _find(self, key: tuple[object, ...]) -> T | None:
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
            return self._rows.get(key)

    def _keep(self, key: tuple[object, ...], value: T) -> None:
        with self._lock:
            self._rows[key] = value
            self._makers.pop(key, None)
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()
            self._makers.clear()


_tables: _Kept[dict[str, pa.Table]] = _Kept(KEPT_TABLES)
_evidence: _Kept[Network] = _Kept(KEPT_EVIDENCE)


def forget_proofs() -> None:
    """Empty the memory, for tests that change database."""
    _tables.clear()
    _evidence.clear()


def load_tables(proof: Proof) -> dict[str, pa.Table]:
    """The tables of a done proof by name (``TABLES``), as the engine made them: see the reference
    of tables for their columns. Do not change them. One query the first time, then none.
    Raises :class:`NotFound` for a proof that is not done."""
    return _tables.get(proof, lambda: _read_tables(proof))


def load_evidence(proof: Proof) -> Network:
    """The network that a done proof was computed from, residents included; it stays compiled
    between calls. One query the first time, then none. Raises :class:`NotFound`."""
    return _evidence.get(
        proof, lambda: read_network(gzip.decompress(load_file(proof, EVIDENCE)).decode())
    )


def load_file(proof: Proof, name: str) -> bytes:
    """One stored file of a proof, byte for byte. Raises :class:`NotFound`, and ``ValueError`` when
    the bytes are no longer those that were written."""
    row = ProofFile.objects.filter(proof=proof, name=name).first()
    if row is None:
        raise NotFound("coverage.no-proof-file", "Cette preuve n'a pas (encore) ce fichier.")
    return _checked(row)


def list_files(proof: Proof) -> tuple[str, ...]:
    """Names of the stored files of a proof. One query, without their content."""
    return tuple(ProofFile.objects.filter(proof=proof).values_list("name", flat=True))


def _checked(row: ProofFile) -> bytes:
    content = bytes(row.content)
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise ValueError(f"the stored file {row} is damaged")
    return content


def _read_tables(proof: Proof) -> dict[str, pa.Table]:
    import pyarrow.parquet as pq

    wanted = [f"{name}.parquet" for name in TABLES]
    files = {row.name: row for row in ProofFile.objects.filter(proof=proof, name__in=wanted)}
    if len(files) != len(wanted):
        raise NotFound("coverage.no-proof-file", "Cette preuve n'est pas calculée.")
    # In this thread: those of Arrow may abort a process that ends soon after (apache/arrow #34314).
    return {
        name: pq.read_table(
            io.BytesIO(_checked(files[f"{name}.parquet"])), use_threads=False, pre_buffer=False
        )
        for name in TABLES
    }
