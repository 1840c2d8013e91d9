"""The files of a proof as bytes: tables in Parquet, the network and the manifest in JSON."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from maillage.engines.routing import Network, write_network

if TYPE_CHECKING:
    import pyarrow as pa


def table_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file, compressed with zstd."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def network_bytes(network: Network) -> bytes:
    """The network file, compressed; the same bytes for the same network."""
    return gzip.compress(write_network(network).encode(), compresslevel=6, mtime=0)


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
