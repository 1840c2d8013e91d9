"""Half-days over sites: a question prepared, computed in the background, kept by an act."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.agreements.models import Agreement
from maillage.directory.models import Site
from maillage.engines import rostering
from maillage.engines.rostering.half_day_values import Allocation
from maillage.jobs import actions as jobs
from maillage.jobs.models import Job
from maillage.jobs.pulse import Pulse, Report
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, Problem, Refusal
from maillage.workforce.actions.weeks import Cell, free_half_day, set_half_day
from maillage.workforce.enums import AllocationState
from maillage.workforce.models import HalfDayAllocation, WeeklyHalfDay
from maillage.workforce.permissions import ALLOCATE
from maillage.workforce.queries.allocations import (
    check_may_read,
    find_carrier,
    list_practitioners,
    make_question,
    today_of,
    weeks_on,
)
from maillage.workforce.queries.carriers import Carrier, load_carriers
from maillage.workforce.rules.allocations import (
    SQUARES,
    AskedPerson,
    AskedSite,
    Question,
    cells_of,
    check_is_draft,
    check_is_found,
    check_seconds,
    check_sites,
    make_demand_of,
    moves_of,
    read_question,
    with_person,
    write_question,
)

COMPUTE_JOB = "workforce.allocate-half-days"
GAP = 0.001
"""Part of the points between answer and bound at which the computation is good enough."""


def _record(name: str, kept: HalfDayAllocation, by: Actor, at: datetime, **details: Any) -> None:
    specialty = SPECIALTIES.get(kept.specialty, kept.specialty)
    record(
        name,
        by=by,
        at=at,
        subject_kind="allocation",
        subject_key=str(kept.pk),
        subject_name=f"Demi-journées, {specialty}",
        **details,
    )


def _lock(pk: int, by: Actor) -> HalfDayAllocation:
    """One act at a time on a question. Raises :class:`NotFound` when the actor may not read it."""
    kept = HalfDayAllocation.objects.select_for_update(of=("self",)).get(pk=pk)
    check_may_read(kept, by)
    return kept


@transaction.atomic
def prepare_allocation(
    *, specialty: str, sites: Sequence[Site], starts_on: date, by: Actor, at: datetime
) -> tuple[HalfDayAllocation, int]:
    """A question as posts and weeks of a day ask it, and how many people were left out of it since
    the actor may not read their week.

    Raises :class:`NotAllowed` unless the actor shares half-days of one of the sites' hospitals;
    :class:`Invalid` with a day that is over, too few sites, or nobody.
    """
    ALLOCATE.check(by, [site.organization.slug for site in sites])
    if starts_on < local_day(at):
        message = "Ce jour est passé."
        raise Invalid("workforce.allocation-day", message, [Problem(message, field="starts_on")])
    question, left_out = make_question(specialty=specialty, sites=sites, on=starts_on, actor=by)
    kept = HalfDayAllocation.objects.create(
        specialty=specialty,
        starts_on=starts_on,
        question=write_question(question),
        made_at=at,
        made_by=by.name,
    )
    _record("workforce.prepare-allocation", kept, by, at, sites=len(sites))
    return kept, left_out


@transaction.atomic
def copy_allocation(*, allocation: HalfDayAllocation, by: Actor, at: datetime) -> HalfDayAllocation:
    """The same question, to be corrected and computed again: the first one keeps its answer. What
    people do today, and what sites hold, is read again. Raises :class:`NotFound`."""
    check_may_read(allocation, by)
    old = read_question(allocation.question)
    sites = Site.objects.select_related("organization").filter(
        finess__in=[site.finess for site in old.sites]
    )
    starts_on = max(allocation.starts_on, local_day(at))
    fresh, _ = make_question(
        specialty=allocation.specialty, sites=list(sites), on=starts_on, actor=by
    )
    asked = {site.finess: site for site in old.sites}
    question = replace(
        fresh,
        sites=tuple(
            replace(
                site,
                wanted=asked[site.finess].wanted,
                least=asked[site.finess].least,
                rooms=asked[site.finess].rooms,
            )
            for site in fresh.sites
        ),
        people=tuple(_as_before(one, old.person(one.slug)) for one in fresh.people),
    )
    kept = HalfDayAllocation.objects.create(
        specialty=allocation.specialty,
        starts_on=starts_on,
        question=write_question(question),
        copied_from=allocation,
        made_at=at,
        made_by=by.name,
    )
    _record("workforce.prepare-allocation", kept, by, at, sites=len(question.sites))
    return kept


def _as_before(one: AskedPerson, before: AskedPerson | None) -> AskedPerson:
    """What was corrected by hand of somebody, over what the records say now."""
    if before is None:
        return one
    return replace(
        one,
        owed=before.owed,
        accepted=before.accepted,
        fixed=before.fixed,
        refused=tuple(sorted({*before.refused, *one.refused} - set(before.fixed))),
    )


@transaction.atomic
def set_sites(
    *, allocation: HalfDayAllocation, sites: Sequence[AskedSite], by: Actor, at: datetime
) -> HalfDayAllocation:
    """Correct what sites ask for. Raises :class:`Refusal` once computed; :class:`Invalid`."""
    kept = _lock(allocation.pk, by)
    check_is_draft(kept.state)
    check_sites(sites)
    question = read_question(kept.question)
    numbers = {site.finess: site for site in sites}
    kept.question = write_question(
        replace(question, sites=tuple(numbers.get(one.finess, one) for one in question.sites))
    )
    kept.save(update_fields=["question"])
    _record("workforce.correct-allocation", kept, by, at)
    return kept


@transaction.atomic
def set_person(
    *, allocation: HalfDayAllocation, person: AskedPerson, by: Actor, at: datetime
) -> HalfDayAllocation:
    """Correct what somebody owes, accepts, refuses, and what stays. Raises :class:`Refusal` once it
    was computed; :class:`Invalid` when that does not hold together."""
    kept = _lock(allocation.pk, by)
    check_is_draft(kept.state)
    question = with_person(read_question(kept.question), person)
    alone = make_demand_of(replace(question, people=(person,)))
    rostering.check_demand(alone)
    kept.question = write_question(question)
    kept.save(update_fields=["question"])
    _record("workforce.correct-allocation", kept, by, at)
    return kept


@transaction.atomic
def leave_person_out(
    *, allocation: HalfDayAllocation, slug: str, by: Actor, at: datetime
) -> HalfDayAllocation:
    """Take somebody out of the question. Raises :class:`Refusal` once it was computed, or when
    nobody would be left."""
    kept = _lock(allocation.pk, by)
    check_is_draft(kept.state)
    question = read_question(kept.question)
    left = tuple(one for one in question.people if one.slug != slug)
    if not left:
        raise Refusal("workforce.allocation-nobody", "Il faut au moins un praticien.")
    kept.question = write_question(replace(question, people=left))
    kept.save(update_fields=["question"])
    _record("workforce.correct-allocation", kept, by, at)
    return kept


@transaction.atomic
def start_computing(
    *, allocation: HalfDayAllocation, seconds: int, by: Actor, at: datetime
) -> HalfDayAllocation:
    """Freeze the question and have it computed in the background for so many seconds.

    Raises :class:`Invalid` for a wrong time, or when what stays cannot stand together;
    :class:`Refusal` when it was computed already.
    """
    check_seconds(seconds)
    kept = _lock(allocation.pk, by)
    check_is_draft(kept.state)
    rostering.check_demand(make_demand_of(read_question(kept.question)))
    job = jobs.start(
        COMPUTE_JOB,
        key=str(kept.pk),
        arguments={"allocation": kept.pk},
        label=f"Répartition : {SPECIALTIES.get(kept.specialty, kept.specialty)}",
        link=reverse("workforce:allocation", args=[kept.pk]),
        by=by,
        at=at,
    )
    kept.state, kept.seconds, kept.job = AllocationState.RUNNING, seconds, str(job.pk)
    kept.save(update_fields=["state", "seconds", "job"])
    _record("workforce.compute-allocation", kept, by, at, seconds=seconds)
    return kept


def compute_allocation(
    *,
    allocation: HalfDayAllocation,
    report: Report = lambda done, total, message: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Allocation:
    """Compute a question that is under way, keeping each better answer as it comes. The last one is
    judged by the checker. Raises nothing of its own: an engine's error is the job's."""
    demand = make_demand_of(read_question(allocation.question))

    pulse = Pulse(
        report, should_stop, seconds=allocation.seconds, words="Recherche d'une première réponse."
    )

    def on_better(found: Allocation) -> None:
        _keep_answer(allocation, found)
        pulse.say(f"{len(found.placed)} demi-journées placées.")

    found = rostering.allocate_half_days(
        demand,
        seconds=allocation.seconds,
        gap=GAP,
        seed=allocation.pk,
        on_better=on_better,
        should_stop=pulse.look,
    )
    faults = rostering.check_allocation(demand, found.placed)
    if faults:
        raise AssertionError(f"{len(faults)} rules broken by allocation {allocation.pk}")
    _keep_answer(allocation, found)
    return found


def _keep_answer(allocation: HalfDayAllocation, found: Allocation) -> None:
    bound = int(found.bound) if math.isfinite(found.bound) else None
    history = [*allocation.answer.get("history", []), [found.seconds, found.points, bound]]
    allocation.answer = {
        "placed": sorted([who, half, site] for who, half, site in found.placed),
        "points": found.points,
        "bound": bound,
        "seconds": found.seconds,
        "history": history[-60:],
    }
    allocation.save(update_fields=["answer"])


def end_computing(*, allocation: HalfDayAllocation, state: AllocationState, at: datetime) -> None:
    """Note how a computation that is under way ended."""
    HalfDayAllocation.objects.filter(pk=allocation.pk, state=AllocationState.RUNNING).update(
        state=state, ended_at=at
    )


def stop_computing(*, allocation: HalfDayAllocation, by: Actor, at: datetime) -> None:
    """End a computation now; the best answer so far is its proposal. Raises :class:`NotAllowed`
    unless the actor asked for it or manages jobs; :class:`Refusal` when it is over."""
    check_may_read(allocation, by)
    job = Job.objects.filter(pk=int(allocation.job or 0)).first()
    if job is None or allocation.state != AllocationState.RUNNING:
        raise Refusal("workforce.allocation-over", "Ce calcul est terminé.")
    stopped = jobs.ask_to_stop(job=job, by=by, at=at)
    if stopped.finished_at is not None:  # it was still waiting: nothing was found
        HalfDayAllocation.objects.filter(pk=allocation.pk, state=AllocationState.RUNNING).update(
            state=AllocationState.DRAFT, job=""
        )


@transaction.atomic
def drop_allocation(
    *, allocation: HalfDayAllocation, by: Actor, at: datetime
) -> HalfDayAllocation | None:
    """Put an answer aside: it can still be read. A question never computed is deleted (None).
    Raises :class:`Refusal` while it is computed, or once it was kept."""
    kept = _lock(allocation.pk, by)
    if kept.state in (AllocationState.RUNNING, AllocationState.KEPT):
        raise Refusal(
            "workforce.allocation-alive",
            "Une répartition en cours de calcul ou retenue ne s'écarte pas.",
        )
    _record("workforce.drop-allocation", kept, by, at)
    if kept.state == AllocationState.DRAFT:
        kept.delete()
        return None
    kept.state = AllocationState.DROPPED
    kept.save(update_fields=["state"])
    return kept


@transaction.atomic
def keep_allocation(
    *,
    allocation: HalfDayAllocation,
    people: Collection[str],
    consents: Collection[str],
    activity: str,
    starts_on: date,
    by: Actor,
    at: datetime,
) -> dict[str, dict[str, str]]:
    """Write the weeks of these people (slugs) from a day on, each for itself: what a rule of
    shared time forbids to one is said beside that one, and does not stop the others. ``consents``:
    those who agreed to their new sites in another hospital. ``activity``: of half-days that are
    new. Gives back what became of each.

    Raises :class:`Invalid` without anybody, or for a day that is over; :class:`Refusal` when there
    is no answer to keep.
    """
    kept = _lock(allocation.pk, by)
    check_is_found(kept.state)
    question = read_question(kept.question)
    writer = _Writer(kept, question, activity, starts_on, by, at)
    moved = [one for one in question.people if one.slug in people and writer.changes(one)]
    if not moved:
        message = "Cochez au moins un praticien dont la semaine change."
        raise Invalid("workforce.allocation-nobody", message, [Problem(message, field="people")])
    if starts_on < local_day(at):
        message = "Ce jour est passé."
        raise Invalid("workforce.allocation-day", message, [Problem(message, field="starts_on")])
    outcome = dict(kept.outcome)
    for one in moved:
        if outcome.get(one.slug, {}).get("state") == "written":
            continue
        try:
            with transaction.atomic():
                count = writer.write(one, has_agreed=one.slug in consents)
        except (Refusal, NotAllowed, Invalid) as error:
            outcome[one.slug] = {"state": "refused", "message": _sentence(error)}
        else:
            words = f"{count} changement{'s' if count > 1 else ''} dans sa semaine."
            outcome[one.slug] = {"state": "written", "message": words}
    kept.outcome = outcome
    if any(one["state"] == "written" for one in outcome.values()):
        kept.state, kept.kept_at, kept.kept_by = AllocationState.KEPT, at, by.name
    kept.save(update_fields=["outcome", "state", "kept_at", "kept_by"])
    written = sum(outcome[one.slug]["state"] == "written" for one in moved)
    _record("workforce.keep-allocation", kept, by, at, count=written)
    return outcome


def _sentence(error: MaillageError) -> str:
    problems = getattr(error, "problems", ()) or ()
    return " ".join([error.message, *(problem.message for problem in problems)])


class _Writer:
    """Writes weeks of an answer, person by person, by the acts of weeks."""

    def __init__(
        self,
        kept: HalfDayAllocation,
        question: Question,
        activity: str,
        starts_on: date,
        by: Actor,
        at: datetime,
    ) -> None:
        self.question, self.activity, self.starts_on = question, activity, starts_on
        self.by, self.at = by, at
        self.halves: dict[str, list[str]] = {one.slug: [""] * 20 for one in question.people}
        for who, half, site in kept.answer["placed"]:
            self.halves[who][half] = site
        self.practitioners = list_practitioners(self.halves)
        self.sites = {
            site.finess: site
            for site in Site.objects.select_related("organization").filter(
                finess__in=[one.finess for one in question.sites]
            )
        }
        self.weeks = weeks_on([one.pk for one in self.practitioners.values()], starts_on)
        self.carriers = load_carriers()
        self.agreements = {
            one.slug: one for one in Agreement.objects.filter(slug__in=self.carriers)
        }

    def changes(self, one: AskedPerson) -> list[int]:
        """Squares of the week that change."""
        return sorted({move.square for move in moves_of(one.today, self.halves[one.slug])})

    def write(self, one: AskedPerson, *, has_agreed: bool) -> int:
        """Write what changes in a week; how many changes there were. Raises :class:`Refusal`,
        :class:`NotAllowed`, :class:`Invalid`."""
        practitioner = self.practitioners.get(one.slug)
        if practitioner is None:
            raise Refusal("workforce.allocation-gone", "Ce praticien n'est plus dans l'annuaire.")
        rows = self.weeks.get(practitioner.pk, [])
        if today_of(rows, self.sites) != dict(one.today):
            raise Refusal(
                "workforce.allocation-stale",
                "Sa semaine a changé depuis ce calcul : reprenez-le.",
            )
        halves = self.halves[one.slug]
        new = {
            site
            for site in set(halves) - {""} - set(one.today.values())
            if self.sites[site].organization.slug != one.employer
        }
        if new and not has_agreed:
            names = ", ".join(sorted(self.sites[site].name for site in new))
            raise Refusal(
                "workforce.no-consent",
                f"Son accord n'est pas noté pour {names} : nul n'est affecté dans un autre "
                "établissement sans l'avoir accepté (Code de la santé publique, art. R6152-4).",
            )
        squares = self.changes(one)
        for square in squares:
            weekday, half = SQUARES[square]
            if any((row.weekday, row.half) == (weekday, half) for row in rows):
                free_half_day(
                    practitioner=practitioner,
                    weekday=weekday,
                    half=half,
                    on=self.starts_on,
                    by=self.by,
                    at=self.at,
                )
        for square in squares:
            for weeks, site in cells_of(halves, square):
                cell = self._cell(one, rows, square, weeks, site)
                set_half_day(practitioner=practitioner, cell=cell, by=self.by, at=self.at)
        return len(list(moves_of(one.today, halves)))

    def _cell(
        self,
        one: AskedPerson,
        rows: Sequence[WeeklyHalfDay],
        square: int,
        weeks: str,
        finess: str,
    ) -> Cell:
        """A half-day to write. What they did there at that hour goes on; else it is of the activity
        chosen."""
        weekday, half = SQUARES[square]
        site = self.sites[finess]
        here = [row for row in rows if row.site.finess == finess]
        same = [row for row in here if (row.weekday, row.half) == (weekday, half)]
        return Cell(
            weekday=weekday,
            half=half,
            weeks=weeks,
            site=site,
            service=same[0].service if same else None,
            activity=same[0].activity if same else self.activity,
            agreement=self._agreement(one.employer, site, here),
            starts_on=self.starts_on,
        )

    def _agreement(
        self, employer: str, site: Site, rows: Sequence[WeeklyHalfDay]
    ) -> Agreement | None:
        """The agreement that carries it, the one that does already first; None where none is
        needed, and where none does: the act of weeks refuses that."""
        host = site.organization.slug
        if host == employer:
            return None
        used = [row.agreement.slug for row in rows if row.agreement]
        found: Carrier | None = find_carrier(
            self.carriers, employer, host, self.starts_on, first=used
        )
        return self.agreements[found.slug] if found else None
