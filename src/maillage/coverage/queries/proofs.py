"""Reads of proofs: the list, one of them, its totals, whether it is out of date, two compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING

from maillage.accounts.names import name_key
from maillage.accounts.queries import count_changes_since
from maillage.coverage.enums import CATEGORIES, ProofState
from maillage.coverage.models import Proof, ProofStep
from maillage.coverage.queries.tables import load_tables
from maillage.coverage.rules.proofs import (
    CommuneDifference,
    Freshness,
    ProofCard,
    StepDifference,
    StepRow,
    freshness,
)
from maillage.engines.routing import ENGINE_VERSION
from maillage.pathways.queries import list_pathways_for_network
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import NotFound

if TYPE_CHECKING:
    import pyarrow as pa

PROVE_JOB = "coverage.prove"
"""The kind of the jobs that compute proofs; their key is the number of the proof."""

PENDING = (ProofState.WAITING, ProofState.RUNNING)
"""States of a proof that is still to be computed."""


def get_proof(pk: int) -> Proof:
    """The proof of this number, whatever its state. Raises :class:`NotFound`."""
    proof = Proof.objects.filter(pk=pk).first()
    if proof is None:
        raise NotFound("coverage.unknown-proof", "Cette preuve n'existe pas, ou plus.")
    return proof


def get_current_proof() -> Proof | None:
    """The newest done proof of the coming year: the one that pages show unless told otherwise.
    None on an installation that has none yet. It may be out of date: see :func:`get_freshness`."""
    done = Proof.objects.filter(kept_current=True, state=ProofState.DONE)
    return done.order_by("-finished_at", "-id").first()


def get_pending_proof() -> Proof | None:
    """The proof of the coming year that is being computed, or waits to be."""
    return Proof.objects.filter(kept_current=True, state__in=PENDING).first()


def has_something_to_prove(day: date) -> bool:
    """Whether communes are loaded and a pathway is in force on the day."""
    return Commune.objects.exists() and bool(list_pathways_for_network(day))


def get_freshness(proof: Proof, *, at: datetime) -> Freshness:
    """Whether a done proof still speaks of the territory of today. One query."""
    acts, since = count_changes_since(proof.revision or 0)
    return freshness(
        first_day=proof.first_day,
        today=local_day(at),
        kept_current=proof.kept_current,
        acts=acts,
        since=since,
        same_engine=proof.engine_version == ENGINE_VERSION,
    )


def list_proofs(*, limit: int = 200) -> tuple[ProofCard, ...]:
    """Proofs of every state, newest first, with their totals over all steps. Two queries."""
    rows = list(Proof.objects.defer("manifest")[:limit])
    due: dict[int, float] = defaultdict(float)
    sums: dict[int, dict[str, float]] = defaultdict(lambda: dict.fromkeys(CATEGORIES, 0.0))
    for key, owed, hours in ProofStep.objects.filter(
        proof__in=[row.pk for row in rows]
    ).values_list("proof_id", "person_hours_due", "person_hours"):
        due[key] += owed
        for name, value in hours.items():
            sums[key][name] += value
    return tuple(
        ProofCard(
            pk=row.pk,
            first_day=row.first_day,
            last_day=row.last_day,
            kept_current=row.kept_current,
            label=row.label,
            state=ProofState(row.state),
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            finished_at=row.finished_at,
            revision=row.revision,
            network_hash=row.network_hash,
            engine_version=row.engine_version,
            error=row.error,
            person_hours_due=due.get(row.pk, 0.0),
            person_hours=sums.get(row.pk, {}),
        )
        for row in rows
    )


def list_steps(proof: Proof) -> tuple[StepRow, ...]:
    """Totals of every step, by name of pathway in French order, then order of step. One query."""
    rows = []
    for row in ProofStep.objects.filter(proof=proof).order_by().values(*_FIGURES):
        hours = row["person_hours"]
        row["person_hours"] = {name: hours.get(name, 0.0) for name in CATEGORIES}
        rows.append(StepRow(**row))
    return tuple(sorted(rows, key=lambda row: (name_key(row.pathway_name), row.pathway, row.step)))


_FIGURES = tuple(field.name for field in fields(StepRow))
"""What is kept of a step is what is read of it."""


def compare_proofs(before: Proof, after: Proof) -> tuple[StepDifference, ...]:
    """Step by step, what changed between two done proofs. Two queries."""
    old = {(row.pathway, row.step): row for row in list_steps(before)}
    new = {(row.pathway, row.step): row for row in list_steps(after)}
    found = []
    for key in old.keys() | new.keys():
        named = new.get(key) or old[key]
        found.append(
            StepDifference(
                named.pathway,
                named.pathway_name,
                named.step,
                named.step_name,
                old.get(key),
                new.get(key),
            )
        )
    return tuple(sorted(found, key=lambda row: (name_key(row.pathway_name), row.pathway, row.step)))


def compare_communes(
    before: Proof, after: Proof, *, pathway: str, step: int
) -> tuple[CommuneDifference, ...]:
    """Commune by commune, the person-hours of one step in two done proofs; those that lost most
    first. From the stored tables."""
    old = commune_totals(load_tables(before)["communes"], pathway=pathway, step=step)
    new = commune_totals(load_tables(after)["communes"], pathway=pathway, step=step)
    nothing = dict.fromkeys(CATEGORIES, 0.0)
    rows = [
        CommuneDifference(
            commune=code,
            pathway=pathway,
            step=step,
            due_before=sum(old.get(code, nothing).values()),
            due_after=sum(new.get(code, nothing).values()),
            before=old.get(code, nothing),
            after=new.get(code, nothing),
        )
        for code in old.keys() | new.keys()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.uncovered_change, row.commune)))


def commune_totals(communes: pa.Table, *, pathway: str, step: int) -> dict[str, dict[str, float]]:
    """Person-hours by category of each commune for one step, ages summed: ``{code: {category:
    person-hours}}``. ``communes`` is that table of a proof, whose categories are in hours."""
    import numpy as np
    import pyarrow.compute as pc

    rows = communes.filter(
        pc.and_(pc.equal(communes["pathway"], pathway), pc.equal(communes["step"], step))
    )
    codes, where = np.unique(rows["commune"].to_pylist(), return_inverse=True)
    residents = rows["residents"].to_numpy()
    sums = {
        name: np.bincount(where, rows[name].to_numpy() * residents, len(codes))
        for name in CATEGORIES
    }
    return {
        str(code): {name: float(sums[name][index]) for name in CATEGORIES}
        for index, code in enumerate(codes)
    }
