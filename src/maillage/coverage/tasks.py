"""Work of the coverage room in the background."""

from __future__ import annotations

from maillage.coverage import actions, permissions, queries
from maillage.coverage.queries.proofs import PROVE_JOB
from maillage.engines.routing import ProofCancelled
from maillage.jobs.context import JobCancelled, JobContext
from maillage.jobs.registry import every, job
from maillage.vocabulary.errors import NotFound


@job(PROVE_JOB, label="Preuve de couverture", readers=permissions.READ, is_long=True)
def prove(context: JobContext, *, proof: int) -> None:
    """Compute the proof of this number. Nothing to do when it was deleted meanwhile."""
    try:
        wanted = queries.get_proof(proof)
    except NotFound:
        return
    try:
        actions.prove_coverage(
            proof=wanted,
            by=context.actor,
            at=context.at,
            progress=context.report,
            is_cancelled=context.is_cancelled,
        )
    except ProofCancelled as error:
        actions.note_stopped(proof=wanted, is_given_up=context.job_was_cancelled())
        raise JobCancelled from error


@every(minutes=1)
@job("coverage.refresh", label="Preuve de l'année à venir : est-elle à jour ?")
def refresh(context: JobContext) -> None:
    """Have the current proof computed anew when something below changed, or the day did."""
    actions.refresh_current_proof(at=context.at)
