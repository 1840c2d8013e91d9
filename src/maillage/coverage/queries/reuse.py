"""Pathways of an earlier proof, by what they depend on: they need not be computed again."""

from __future__ import annotations

from datetime import date

from maillage.coverage.enums import ProofState
from maillage.coverage.models import Proof
from maillage.coverage.queries.tables import TABLES, load_tables
from maillage.engines.routing import ENGINE_VERSION, PathwayProof


def load_known(*, first_day: date, last_day: date) -> dict[str, PathwayProof]:
    """The pathways of the newest done proof of the same horizon and engine, by fingerprint: what
    the engine takes as ``known``. Empty when there is none. A fingerprint names everything that the
    tables of a pathway depend on, the horizon included."""
    import pyarrow.compute as pc

    proof = (
        Proof.objects.filter(
            first_day=first_day,
            last_day=last_day,
            state=ProofState.DONE,
            engine_version=ENGINE_VERSION,
        )
        .order_by("-finished_at", "-id")
        .first()
    )
    if proof is None:
        return {}
    tables = load_tables(proof)
    return {
        row["fingerprint"]: PathwayProof(
            pathway=row["id"],
            named=row["fingerprint"],
            change_points=row["change_points"],
            states=row["states"],
            tables={
                name: tables[name].filter(pc.equal(tables[name]["pathway"], row["id"]))
                for name in TABLES
            },
        )
        for row in proof.manifest["pathways"]
    }
