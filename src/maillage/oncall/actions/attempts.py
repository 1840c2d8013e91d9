"""Computations that fill a draft: asked for, run in the background, kept by an explicit act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner
from maillage.engines import rostering
from maillage.engines.rostering.problem import Roster as EngineRoster
from maillage.engines.rostering.problem import Term, Verdict
from maillage.jobs import actions as jobs
from maillage.jobs.models import Job
from maillage.jobs.pulse import Pulse, Report
from maillage.oncall.actions.rosters import lock_version, record_on_roster, touch
from maillage.oncall.enums import AttemptState
from maillage.oncall.models import PlannedDuty, RosterAttempt, RosterVersion
from maillage.oncall.queries.attempts import held_of
from maillage.oncall.queries.fairness import board_with_carried
from maillage.oncall.queries.problem import Board
from maillage.oncall.queries.rosters import check_may_plan, get_roster_of
from maillage.oncall.rules.attempts import check_fresh, check_is_found, check_seconds
from maillage.oncall.rules.versions import check_is_draft
from maillage.vocabulary.errors import Refusal

if TYPE_CHECKING:
    from maillage.engines.rostering.solving import Better, Solution

FILL_JOB = "oncall.fill-roster"


@transaction.atomic
def ask_for_attempt(
    *, version: RosterVersion, seconds: int, by: Actor, at: datetime
) -> RosterAttempt:
    """Have a draft filled in the background for so many seconds. Pinned duties, and those that have
    begun, stay; the draft itself does not change.

    Raises :class:`NotAllowed`; :class:`Invalid` for a wrong time; :class:`Refusal` when the version
    is no draft, or is being computed already.
    """
    check_seconds(seconds)
    kept = lock_version(version.pk)
    check_may_plan(kept.roster, by)
    check_is_draft(kept.state)
    if RosterAttempt.objects.filter(version=kept, state=AttemptState.RUNNING).exists():
        raise Refusal("oncall.attempt-twice", "Un calcul de ce brouillon est déjà en cours.")
    attempt = RosterAttempt.objects.create(
        version=kept, stamp=kept.stamp, seconds=seconds, asked_at=at, asked_by=by.name
    )
    job = jobs.start(
        FILL_JOB,
        key=str(attempt.pk),
        arguments={"attempt": attempt.pk},
        label=f"Calcul : {kept.roster.name}",
        link=reverse("oncall:rosters:attempt", args=[kept.roster.slug, attempt.pk]),
        by=by,
        at=at,
    )
    attempt.job = str(job.pk)
    attempt.save(update_fields=["job"])
    record_on_roster("oncall.compute-roster", kept, by=by, at=at, seconds=seconds)
    return attempt


def fill_draft(
    *,
    attempt: RosterAttempt,
    at: datetime,
    report: Report = lambda done, total, message: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> RosterAttempt:
    """Compute an attempt that is under way, keeping each better roster as it comes. Done again, it
    goes on from the best one. Raises nothing of its own: an engine's error is the job's."""
    version = attempt.version
    version.roster = get_roster_of(version.roster.slug)
    board = board_with_carried(version, at=at)
    start = EngineRoster(frozenset(held_of(attempt))) if attempt.held else board.roster
    pulse = Pulse(
        report, should_stop, seconds=attempt.seconds, words="Recherche d'un premier tableau."
    )

    def on_better(better: Better) -> None:
        _keep_best(attempt, better.roster, better.verdict, at=at, seconds=better.seconds)
        pulse.say(_words(better.verdict))

    found = rostering.solve(
        board.problem,
        seconds=attempt.seconds,
        seed=attempt.pk,
        workers=2,
        start=start,
        on_better=on_better,
        should_stop=pulse.look,
    )
    _finish(attempt, board, found, at=at)
    return attempt


def _words(verdict: Verdict) -> str:
    holes = sum(verdict.holes.values())
    if not holes:
        return "Toutes les gardes sont pourvues."
    return f"{holes} garde{'s' if holes > 1 else ''} sans titulaire."


def _pairs(roster: EngineRoster) -> list[list[str]]:
    """What an attempt stores: [planned duty, practitioner], ids as the boards give them."""
    return [[slot, person] for person, slot in sorted(roster.held, key=lambda p: (p[1], p[0]))]


def _keep_best(
    attempt: RosterAttempt, roster: EngineRoster, verdict: Verdict, *, at: datetime, seconds: float
) -> None:
    attempt.held = _pairs(roster)
    attempt.holes = sum(verdict.holes.values())
    attempt.improved_at = at + timedelta(seconds=seconds)
    attempt.figures = {**attempt.figures, **_figures(verdict)}
    attempt.save(update_fields=["held", "holes", "improved_at", "figures"])


def _figures(verdict: Verdict) -> dict[str, Any]:
    return {
        "shares": verdict.terms[Term.SHARES],
        "wishes": verdict.terms[Term.WISHES],
        "faults": len(verdict.violations),
    }


def _finish(attempt: RosterAttempt, board: Board, found: Solution, *, at: datetime) -> None:
    """Write the best roster and what is proven of it. ``least_holes`` is a number of duties: each
    weighs one."""
    _keep_best(attempt, found.roster, found.verdict, at=at, seconds=found.seconds)
    attempt.least_holes = max(0, found.bound[0])
    attempt.figures = {
        **attempt.figures,
        "bound": list(found.bound),
        "proven": list(found.proven),
        "seconds": round(found.seconds, 1),
        "history": [[round(s, 1), list(cost)] for s, cost in found.history][-60:],
    }
    attempt.state = AttemptState.FOUND
    attempt.ended_at = at + timedelta(seconds=found.seconds)
    attempt.save()


def note_failure(*, attempt: RosterAttempt, at: datetime) -> None:
    """An attempt ended by an error proposes nothing."""
    RosterAttempt.objects.filter(pk=attempt.pk, state=AttemptState.RUNNING).update(
        state=AttemptState.FAILED, ended_at=at
    )


@transaction.atomic
def keep_proposal(*, attempt: RosterAttempt, by: Actor, at: datetime) -> RosterVersion:
    """Write what an attempt found into its draft.

    Raises :class:`NotAllowed`; :class:`Refusal` when it is not over, was dropped, or the draft
    changed since it began.
    """
    version = lock_version(attempt.version_id)
    check_may_plan(version.roster, by)
    check_is_draft(version.state)
    kept = RosterAttempt.objects.select_for_update(of=("self",)).get(pk=attempt.pk)
    check_is_found(kept.state)
    check_fresh(kept.stamp, version.stamp)
    wanted = {slot: person for person, slot in held_of(kept)}
    people = {
        one.slug: one.pk for one in Practitioner.objects.filter(slug__in=set(wanted.values()))
    }
    changed = []
    for duty in PlannedDuty.objects.filter(version=version, pinned=False, starts_at__gt=at):
        holder = people.get(wanted.get(f"p{duty.pk}", ""))
        if duty.practitioner_id != holder:
            duty.practitioner_id = holder
            changed.append(duty)
    PlannedDuty.objects.bulk_update(changed, ["practitioner"], batch_size=500)
    touch(version)
    kept.state = AttemptState.KEPT
    kept.save(update_fields=["state"])
    record_on_roster(
        "oncall.keep-proposal", version, by=by, at=at, duties=len(changed), holes=kept.holes
    )
    return version


@transaction.atomic
def drop_proposal(*, attempt: RosterAttempt, by: Actor, at: datetime) -> RosterAttempt:
    """Put what an attempt found aside. Raises :class:`NotAllowed`, :class:`Refusal`."""
    version = lock_version(attempt.version_id)
    check_may_plan(version.roster, by)
    kept = RosterAttempt.objects.select_for_update(of=("self",)).get(pk=attempt.pk)
    check_is_found(kept.state)
    kept.state = AttemptState.DROPPED
    kept.save(update_fields=["state"])
    record_on_roster("oncall.drop-proposal", version, by=by, at=at)
    return kept


def stop_attempt(*, attempt: RosterAttempt, by: Actor, at: datetime) -> None:
    """End a computation now; the best roster found so far is its proposal. Raises
    :class:`NotAllowed` unless the actor asked for it or manages jobs; :class:`Refusal` when it is
    over."""
    job = Job.objects.filter(pk=int(attempt.job or 0)).first()
    if job is None:
        raise Refusal("oncall.attempt-over", "Ce calcul est terminé.")
    stopped = jobs.ask_to_stop(job=job, by=by, at=at)
    if stopped.finished_at is not None:  # it was still waiting: nothing was found
        RosterAttempt.objects.filter(pk=attempt.pk, state=AttemptState.RUNNING).update(
            state=AttemptState.DROPPED, ended_at=at
        )
