"""Asking for proofs: by a person, or by the product itself for the one that is kept current."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from maillage.accounts.permissions import SYSTEM, Actor
from maillage.accounts.queries import get_revision
from maillage.coverage.actions.trail import record_proof
from maillage.coverage.enums import ProofState
from maillage.coverage.models import Proof
from maillage.coverage.permissions import PROVE
from maillage.coverage.queries.proofs import (
    PENDING,
    PROVE_JOB,
    get_current_proof,
    get_freshness,
    get_pending_proof,
    get_proof,
    has_something_to_prove,
)
from maillage.coverage.rules.proofs import check_horizon, check_label, current_horizon
from maillage.engines.routing import ENGINE_VERSION
from maillage.jobs import actions as jobs
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job
from maillage.jobs.queries import find_live, find_newest
from maillage.vocabulary.calendar import french_day, local_day
from maillage.vocabulary.errors import Refusal

LEFT_ALONE = timedelta(minutes=10)
"""How long a proof without a job is held to be computed by a command in the foreground. After
that the command is gone, and a worker takes the proof over."""

RETRIED_AFTER = timedelta(hours=1)
"""How long the proof that is kept current is let alone after a failure."""


def ask_for_proof(
    *,
    first_day: date,
    last_day: date,
    by: Actor,
    at: datetime,
    label: str = "",
    kept_current: bool = False,
) -> Proof:
    """Have a proof of ``first_day <= day < last_day`` computed in the background.

    Idempotent while it waits or runs: the same horizon, asked for again, gives the same proof;
    of the proof that is kept current at most one is pending, whatever its horizon. Raises
    :class:`NotAllowed`, :class:`Invalid` for an empty horizon or one of more than 36 months,
    :class:`Refusal` when there is nothing to prove.
    """
    proof = note_proof(
        first_day=first_day,
        last_day=last_day,
        by=by,
        at=at,
        label=label,
        kept_current=kept_current,
    )
    with transaction.atomic():
        _start_job(proof, by=by, at=at)
    return proof


def note_proof(
    *,
    first_day: date,
    last_day: date,
    by: Actor,
    at: datetime,
    label: str = "",
    kept_current: bool = False,
) -> Proof:
    """Write down that a proof is wanted, without starting it: a command that computes it at once
    does so itself. Idempotent and raises as :func:`ask_for_proof`."""
    PROVE.check(by)
    check_horizon(first_day, last_day)
    label = check_label(label)
    if not has_something_to_prove(first_day):
        raise Refusal(
            "coverage.nothing-to-prove",
            f"Aucune filière n'est en vigueur le {french_day(first_day)}, ou aucune commune n'est "
            "chargée : il n'y a rien à calculer.",
        )
    same = Proof.objects.filter(state__in=PENDING, kept_current=kept_current)
    if not kept_current:
        same = same.filter(first_day=first_day, last_day=last_day, label=label)
    while True:
        found = same.first()
        if found is not None:
            return found
        try:
            with transaction.atomic():
                return _add(first_day, last_day, label, kept_current, by=by, at=at)
        except IntegrityError:  # somebody else was faster: read theirs
            if not same.exists():
                raise


def _add(
    first_day: date, last_day: date, label: str, kept_current: bool, *, by: Actor, at: datetime
) -> Proof:
    proof = Proof.objects.create(
        first_day=first_day,
        last_day=last_day,
        label=label,
        kept_current=kept_current,
        asked_by=by.name,
        asked_at=at,
        revision=get_revision(),
        engine_version=ENGINE_VERSION,
    )
    record_proof(
        "coverage.ask-proof",
        proof,
        by=by,
        at=at,
        first_day=first_day.isoformat(),
        last_day=last_day.isoformat(),
        kept_current=kept_current,
    )
    return proof


def _start_job(proof: Proof, *, by: Actor, at: datetime) -> Job:
    try:
        link = reverse("coverage:proof", args=[proof.pk])
    except NoReverseMatch:
        link = ""
    period = f"du {proof.first_day:%d/%m/%Y} au {proof.last_day - timedelta(days=1):%d/%m/%Y}"
    return jobs.start(
        PROVE_JOB,
        key=str(proof.pk),
        arguments={"proof": proof.pk},
        label=f"Preuve de couverture {period}",
        link=link,
        by=by,
        at=at,
    )


def cancel_proof(*, proof: Proof, by: Actor, at: datetime) -> Proof:
    """Give up a proof that waits or runs: at once while it waits, else as soon as the computation
    looks. Raises :class:`NotAllowed` (also to others than who asked and the administrators),
    :class:`Refusal` for one that is over."""
    PROVE.check(by)
    job = find_live(PROVE_JOB, str(proof.pk))
    if proof.state not in PENDING or job is None:
        raise Refusal("coverage.proof-over", "Cette preuve n'est plus en calcul : rien à arrêter.")
    jobs.ask_to_stop(job=job, by=by, at=at)
    follow_jobs(at=at)
    proof.refresh_from_db()
    return proof


def ask_again(*, pk: int, by: Actor, at: datetime) -> Proof:
    """Ask anew for a proof that was stopped or that failed: the same horizon and label; for the
    proof of the coming year, the year from today. Raises :class:`NotAllowed`, :class:`NotFound`,
    :class:`Refusal` for one that is done or still to come."""
    PROVE.check(by)
    proof = get_proof(pk)
    if proof.state not in (ProofState.CANCELLED, ProofState.FAILED):
        raise Refusal("coverage.proof-not-stopped", "Cette preuve n'a pas été arrêtée.")
    first_day, last_day = proof.first_day, proof.last_day
    if proof.kept_current:
        first_day, last_day = current_horizon(local_day(at))
    return ask_for_proof(
        first_day=first_day,
        last_day=last_day,
        label=proof.label,
        kept_current=proof.kept_current,
        by=by,
        at=at,
    )


def refresh_current_proof(*, at: datetime) -> Proof | None:
    """Have the proof of the coming year computed anew when it is out of date: the territory changed
    since, or the day did. Gives the proof that was asked for, or None when nothing was.

    Once per revision and day: a proof of this state of the territory that somebody stopped is not
    asked for again until something changes, one that failed not within the hour. An
    installation without communes or pathways asks for nothing.
    """
    follow_jobs(at=at)
    if get_pending_proof() is not None or not is_refresh_due(at=at):
        return None
    first_day, last_day = current_horizon(local_day(at))
    return ask_for_proof(
        first_day=first_day, last_day=last_day, by=SYSTEM, at=at, kept_current=True
    )


def is_out_of_date(*, at: datetime) -> bool:
    """Whether the proof of the coming year is missing or out of date, and could be computed."""
    current = get_current_proof()
    if current is not None and get_freshness(current, at=at).is_current:
        return False
    return has_something_to_prove(local_day(at))


def is_refresh_due(*, at: datetime) -> bool:
    """Whether the product should compute the current proof anew by itself: it is out of date, and
    was not tried in vain already for this very revision and day."""
    if not is_out_of_date(at=at):
        return False
    today = local_day(at)
    tried = Proof.objects.filter(
        kept_current=True,
        first_day=today,
        revision=get_revision(),
        engine_version=ENGINE_VERSION,
    )
    in_vain = Q(state=ProofState.CANCELLED) | Q(
        state=ProofState.FAILED, asked_at__gt=at - RETRIED_AFTER
    )
    return not tried.filter(in_vain).exists()


def follow_jobs(*, at: datetime) -> None:
    """Give pending proofs the end of their job, when that one ended without them: stopped while it
    waited, or given up. A pending proof that nobody computes is started again."""
    for proof in Proof.objects.filter(state__in=PENDING):
        job = find_newest(PROVE_JOB, str(proof.pk))
        if job is not None and job.is_alive:
            continue
        with transaction.atomic():
            if job is not None and job.state == JobState.CANCELLED:
                _end(proof, ProofState.CANCELLED, "")
            elif job is not None and job.state == JobState.FAILED:
                _end(proof, ProofState.FAILED, job.error)
            elif at - proof.asked_at >= LEFT_ALONE:
                _start_job(proof, by=SYSTEM, at=at)


def _end(proof: Proof, state: ProofState, error: str) -> None:
    pending = Proof.objects.filter(pk=proof.pk, state__in=PENDING)
    pending.update(state=state, error=error[:400])
