"""Proofs as plain values, for programs."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from maillage.coverage.enums import CATEGORIES, ProofState
from maillage.coverage.models import Proof
from maillage.coverage.queries.proofs import get_proof, list_proofs, list_steps
from maillage.coverage.queries.tables import load_evidence, load_tables
from maillage.engines.routing import snapshot
from maillage.vocabulary.calendar import paris_instant, to_paris
from maillage.vocabulary.errors import Invalid, NotFound


def list_proof_records(limit: int) -> list[dict[str, Any]]:
    """The newest proofs, of every state, with their totals over all steps."""
    return [
        {
            "id": card.pk,
            "first_day": card.first_day,
            "last_day": card.last_day,
            "kept_current": card.kept_current,
            "label": card.label,
            "state": str(card.state),
            "computed_at": card.finished_at,
            "revision": card.revision,
            "network_hash": card.network_hash,
            "engine_version": card.engine_version,
            "person_hours_due": card.person_hours_due,
            "person_hours": dict(card.person_hours),
        }
        for card in list_proofs(limit=limit)
    ]


def get_proof_record(pk: int) -> dict[str, Any]:
    """One proof with the totals of each of its steps. Raises :class:`NotFound`."""
    proof = get_proof(pk)
    steps = list_steps(proof)
    return {
        "id": proof.pk,
        "first_day": proof.first_day,
        "last_day": proof.last_day,
        "kept_current": proof.kept_current,
        "label": proof.label,
        "state": proof.state,
        "computed_at": proof.finished_at,
        "revision": proof.revision,
        "network_hash": proof.network_hash,
        "engine_version": proof.engine_version,
        "person_hours_due": sum(step.person_hours_due for step in steps),
        "person_hours": {
            name: sum(step.person_hours[name] for step in steps) for name in CATEGORIES
        }
        if steps
        else {},
        "steps": [
            {
                "pathway": step.pathway,
                "pathway_name": step.pathway_name,
                "step": step.step,
                "step_name": step.step_name,
                "care_type": step.care_type,
                "level": step.level,
                "target_minutes": step.target_minutes,
                "residents": step.residents,
                "hours_due": step.hours_due,
                "person_hours_due": step.person_hours_due,
                "person_hours": dict(step.person_hours),
                "fragile": step.fragile,
                "mean_minutes": step.mean_minutes,
                "worst_minutes": step.worst_minutes,
            }
            for step in steps
        ],
    }


def list_commune_records(pk: int, *, pathway: str, step: int) -> list[dict[str, Any]]:
    """The rows of the table ``communes`` for one step: hours by category, one row by age class.
    Raises :class:`NotFound` for an unknown or unfinished proof, pathway or step."""
    import pyarrow.compute as pc

    proof = get_proof(pk)
    table = load_tables(proof)["communes"]
    chosen = pc.and_(pc.equal(table["pathway"], pathway), pc.equal(table["step"], step))
    rows = table.filter(chosen)
    if not rows.num_rows:
        raise NotFound("coverage.no-step", "Cette preuve n'a pas cette étape de cette filière.")
    return rows.drop_columns(["pathway", "step"]).to_pylist()


def get_snapshot_record(pk: int, *, pathway: str, at: datetime) -> dict[str, Any]:
    """Every commune and age class at one instant of the horizon, from the very network of the
    proof. Raises :class:`NotFound`, and :class:`Invalid` outside the horizon."""
    proof = get_proof(pk)
    if proof.state != ProofState.DONE:
        raise NotFound("coverage.no-proof-file", "Cette preuve n'est pas calculée.")
    _check_inside(proof, at)
    found = snapshot(load_evidence(proof), pathway, at)
    return {
        "pathway": found.pathway,
        "at": to_paris(found.at),
        "network_hash": proof.network_hash,
        "rows": [
            {
                "step": row.step,
                "commune": row.commune,
                "age_min": row.age_min,
                "age_max": row.age_max,
                "residents": row.residents,
                "verdict": str(row.verdict),
                "reason": None if row.reason is None else str(row.reason),
                "minutes": row.minutes,
            }
            for row in found.rows
        ],
    }


def _check_inside(proof: Proof, at: datetime) -> None:
    """The network of a proof knows nothing of duty slots outside its horizon."""
    starts = paris_instant(proof.first_day, time(0))
    if not starts <= at < paris_instant(proof.last_day, time(0)):
        raise Invalid("coverage.outside-horizon", "Cet instant est hors de l'horizon de la preuve.")
