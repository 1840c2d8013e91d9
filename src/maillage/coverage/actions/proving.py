"""Computing a proof and keeping it: tables, evidence, totals and alerts, all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.accounts.queries import get_revision
from maillage.coverage.actions.trail import record_proof
from maillage.coverage.actions.warning import find_alerts
from maillage.coverage.enums import ProofState
from maillage.coverage.models import Alert, Proof, ProofFile, ProofStep
from maillage.coverage.queries.names import load_step_names
from maillage.coverage.queries.network import load_full_network
from maillage.coverage.queries.proofs import PENDING
from maillage.coverage.queries.reuse import load_known
from maillage.coverage.queries.tables import EVIDENCE, MANIFEST
from maillage.coverage.rules.files import manifest_bytes, network_bytes, table_bytes
from maillage.coverage.rules.proofs import read_steps, superseded
from maillage.engines.routing import (
    CompiledNetwork,
    Network,
    ProofCancelled,
    compile_network,
    prove,
)
from maillage.engines.routing import Proof as Result
from maillage.vocabulary.calendar import day_bounds, local_day
from maillage.vocabulary.errors import MaillageError, Refusal

Progress = Callable[[int, int, str], None]

READINGS = 5
"""How often a territory that changes while it is read is read again."""

PROVING, WARNING, KEEPING = "Parcours de l'horizon", "Échéances", "Enregistrement"


@dataclass(frozen=True)
class _Content:
    """All that is kept of a computation, ready to be written."""

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]
    steps: list[ProofStep]
    alerts: list[Alert]


def prove_coverage(
    *,
    proof: Proof,
    at: datetime,
    by: Actor = SYSTEM,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    reuse: bool = True,
) -> Proof:
    """Compute a proof that was asked for, and keep it.

    Files, totals, alerts and state are written in one transaction at the end: a proof is whole or
    absent. Idempotent: a proof that is done comes back as it is; run twice at once, or again after
    a computation that was cut short, it is kept once. ``progress`` is told (done, total, words).
    ``reuse`` takes the pathways that did not change from the last proof of the same horizon.

    Raises :class:`ProofCancelled`: the caller knows whether somebody gave the proof up
    (:func:`note_stopped`) or the work only pauses. What else goes wrong leaves the proof failed,
    with its reason, except a database that was away or busy, which is worth another try.
    """
    if not _begin(proof):
        return proof
    try:
        revision, network = _read(proof)
        known = load_known(first_day=proof.first_day, last_day=proof.last_day) if reuse else {}
        compiled = compile_network(network)
        starts_at, ends_at = day_bounds(proof.first_day)[0], day_bounds(proof.last_day)[0]
        result = prove(
            compiled,
            starts_at,
            ends_at,
            known=known,
            progress=None if progress is None else lambda d, t: progress(d, t, PROVING),
            is_cancelled=is_cancelled,
        )
        content = _content(
            proof, result, compiled, revision, at=at, progress=progress, is_cancelled=is_cancelled
        )
        _keep(proof, content, result, revision, by=by, at=at)
    except (ProofCancelled, OperationalError, InterfaceError):
        raise
    except MaillageError as error:
        _fail(proof, str(error))
        raise
    except Exception as error:
        _fail(proof, f"Erreur inattendue ({type(error).__name__}).")
        raise
    proof.refresh_from_db()
    return proof


def note_stopped(*, proof: Proof, is_given_up: bool) -> None:
    """Write what a stopped computation means: given up for good, or to be taken up again."""
    state = ProofState.CANCELLED if is_given_up else ProofState.WAITING
    Proof.objects.filter(pk=proof.pk, state__in=PENDING).update(state=state)
    proof.refresh_from_db()


def _begin(proof: Proof) -> bool:
    """Mark the proof as running. False when it is done. Raises :class:`Refusal` when it was given
    up; a proof that failed may be tried again."""
    open_states = (*PENDING, ProofState.FAILED)
    found = Proof.objects.filter(pk=proof.pk, state__in=open_states)
    began = found.update(state=ProofState.RUNNING, error="")
    proof.refresh_from_db()
    if not began and proof.state == ProofState.CANCELLED:
        raise Refusal("coverage.proof-cancelled", "Le calcul de cette preuve a été arrêté.")
    return bool(began)


def _fail(proof: Proof, error: str) -> None:
    Proof.objects.filter(pk=proof.pk, state=ProofState.RUNNING).update(
        state=ProofState.FAILED, error=error[:400]
    )


def _read(proof: Proof) -> tuple[int, Network]:
    """The network, and the revision of the territory that it is of. When acts never stop coming,
    the revision from before the last reading: the proof then reads as out of date, rightly."""
    for _ in range(READINGS):
        revision = get_revision()
        network = load_full_network(proof.first_day, proof.last_day)
        if get_revision() == revision:
            break
    return revision, network


def _content(
    proof: Proof,
    result: Result,
    compiled: CompiledNetwork,
    revision: int,
    *,
    at: datetime,
    progress: Progress | None,
    is_cancelled: Callable[[], bool] | None,
) -> _Content:
    tables = result.tables()
    alerts: list[Alert] = []
    if proof.kept_current:
        alerts = find_alerts(
            proof,
            compiled,
            tables["moments"],
            progress=None if progress is None else lambda d, t: progress(d, t, WARNING),
            is_cancelled=is_cancelled,
        )
    if progress is not None:
        progress(1, 1, KEEPING)
    manifest = {
        **result.manifest(computed_at=at),
        "revision": revision,
        "pathways_in_force_on": proof.first_day.isoformat(),
        "reused": list(result.reused),
    }
    files = {f"{name}.parquet": table_bytes(table) for name, table in tables.items()}
    files[EVIDENCE] = network_bytes(compiled.network)
    files[MANIFEST] = manifest_bytes(manifest)
    return _Content(manifest, files, _steps(proof, result, compiled.network), alerts)


def _steps(proof: Proof, result: Result, network: Network) -> list[ProofStep]:
    rows = read_steps(
        result.tables()["steps"].to_pylist(),
        {pathway.id: pathway.name for pathway in network.pathways},
        load_step_names(network),
    )
    return [ProofStep(proof=proof, **asdict(row)) for row in rows]


def _keep(
    proof: Proof, content: _Content, result: Result, revision: int, *, by: Actor, at: datetime
) -> None:
    """Write everything, unless somebody else did, or the proof was given up meanwhile."""
    with transaction.atomic():
        held = Proof.objects.select_for_update().get(pk=proof.pk)
        if held.state == ProofState.DONE:
            return
        if held.state == ProofState.CANCELLED:
            raise ProofCancelled
        ProofFile.objects.bulk_create(
            ProofFile(proof=held, name=name, content=body, sha256=hashlib.sha256(body).hexdigest())
            for name, body in content.files.items()
        )
        ProofStep.objects.bulk_create(content.steps)
        Alert.objects.bulk_create(content.alerts)
        held.state = ProofState.DONE
        held.finished_at = at
        held.revision = revision
        held.network_hash = result.network_hash
        held.engine_version = result.engine_version
        held.manifest = dict(content.manifest)
        held.error = ""
        held.save()
        record_proof(
            "coverage.prove",
            held,
            by=by,
            at=at,
            network=held.network_hash,
            revision=revision,
            pathways=len(result.pathways),
            reused=len(result.reused),
            alerts=len(content.alerts),
        )
        if held.kept_current:
            _forget_superseded(by=by, at=at)


def _forget_superseded(*, by: Actor, at: datetime) -> None:
    """Delete the proofs of the coming year that newer ones replaced, but for those that stay."""
    done = Proof.objects.filter(kept_current=True, state=ProofState.DONE)
    rows = [
        (pk, local_day(moment))
        for pk, moment in done.order_by("finished_at", "id").values_list("pk", "finished_at")
        if moment is not None
    ]
    gone = superseded(rows)
    if gone:
        Proof.objects.filter(pk__in=gone).delete()
        record("coverage.forget-proofs", by=by, at=at, proofs=len(gone), numbers=gone)
