"""Asking for a job, stopping it, regular work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django_tasks_db.models import DBTaskResult

from maillage.accounts.models import AuditEvent
from maillage.jobs import actions, leases, registry
from maillage.jobs.context import JobContext
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job
from maillage.jobs.worker import run_waiting
from maillage.vocabulary.errors import NotAllowed, Refusal
from tests.jobs.conftest import ADMIN, CAMILLE, OTHER, Diary

pytestmark = pytest.mark.django_db


@pytest.fixture
def soon() -> datetime:
    """A little after anything that a test asks for."""
    return datetime(2026, 11, 22, 2, 1, tzinfo=UTC)


def trail() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


# Starting


def test_a_job_runs_with_its_arguments(
    ask: Callable[..., Job], diary: Diary, now: datetime, soon: datetime
) -> None:
    job = ask(arguments={"proof": 3}, label="Preuve 3", link="/preuves/3")
    assert (job.state, job.label, job.link) == (JobState.WAITING, "Preuve 3", "/preuves/3")
    assert (job.asked_by, job.asked_by_name, job.asked_at) == ("camille", "Camille Martin", now)
    assert run_waiting(at=soon) == 1
    job.refresh_from_db()
    assert diary.entries == [{"proof": 3}]
    assert (job.state, job.attempts, job.worker) == (JobState.DONE, 1, "")
    assert (job.started_at, job.finished_at) == (soon, soon)
    assert diary.contexts[0].at == soon
    assert diary.contexts[0].actor.username == "system"
    assert diary.contexts[0].actor.name == "Maillage, pour Camille Martin"
    assert trail() == ["jobs.start"]
    assert run_waiting(at=soon) == 0


def test_the_label_is_that_of_the_kind_by_default(ask: Callable[..., Job]) -> None:
    assert ask().label == "Noter"


def test_a_live_job_is_given_back(ask: Callable[..., Job], diary: Diary, soon: datetime) -> None:
    first = ask("a", arguments={"n": 1})
    assert ask("a", arguments={"n": 2}, by=OTHER) == first
    other = ask("b")
    assert other != first
    taken = leases.take("somebody", at=soon)
    assert taken == first
    assert ask("a") == first, "running is alive too"
    assert Job.objects.count() == DBTaskResult.objects.count() == 2
    assert trail() == ["jobs.start", "jobs.start"]


def test_a_finished_job_makes_room_for_another(ask: Callable[..., Job], soon: datetime) -> None:
    first = ask()
    run_waiting(at=soon)
    assert ask() != first


def test_the_table_itself_refuses_a_second_live_job(ask: Callable[..., Job], now: datetime) -> None:
    job = ask()
    with pytest.raises(IntegrityError), transaction.atomic():
        actions._add(registry.get_kind("essai.noter"), key=job.key, by=CAMILLE, at=now, label="x")
    assert DBTaskResult.objects.count() == 1, "the line goes with the job"


def test_a_caller_that_was_too_late_asks_again(
    ask: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL another transaction may put the same job in line and end it in between."""
    add, refusals = actions._add, [IntegrityError("jobs_one_alive")] * 2

    def late(*given: object, **more: object) -> Job:
        if refusals:
            raise refusals.pop()
        return add(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "_add", late)
    assert ask().state == JobState.WAITING
    refusals.extend([IntegrityError("another constraint")] * actions.TRIES)
    with pytest.raises(IntegrityError):
        ask("b")


def test_nothing_runs_when_the_caller_rolls_back(
    ask: Callable[..., Job], diary: Diary, soon: datetime
) -> None:
    with transaction.atomic():
        ask()
        transaction.set_rollback(True)
    assert run_waiting(at=soon) == 0
    assert diary.entries == []
    assert not Job.objects.exists()
    assert not DBTaskResult.objects.exists()
    assert trail() == []


def test_a_job_waits_for_its_hour(ask: Callable[..., Job], now: datetime) -> None:
    later = now + timedelta(hours=1)
    job = ask(run_after=later)
    assert run_waiting(at=now) == 0
    assert leases.is_all_done(now)
    assert not leases.is_all_done(later)
    assert ask(run_after=later + timedelta(hours=1)) == job
    job.refresh_from_db()
    assert job.run_after == later, "asked for later: stays"
    assert run_waiting(at=later) == 1


@pytest.mark.parametrize("minutes", [0, 10])
def test_asked_for_sooner_runs_sooner(ask: Callable[..., Job], now: datetime, minutes: int) -> None:
    ask(run_after=now + timedelta(hours=1))
    ask(run_after=now + timedelta(minutes=minutes) if minutes else None)
    assert run_waiting(at=now + timedelta(minutes=minutes)) == 1


def test_an_unknown_kind_is_a_bug(kinds: dict[str, registry.Kind], now: datetime) -> None:
    with pytest.raises(LookupError, match=r"essai\.inconnu"):
        actions.start("essai.inconnu", key="a", by=CAMILLE, at=now)


# Stopping


def test_a_waiting_job_stops_at_once(
    ask: Callable[..., Job], diary: Diary, now: datetime, soon: datetime
) -> None:
    job = actions.ask_to_stop(job=ask(), by=CAMILLE, at=now)
    assert (job.state, job.finished_at, job.cancel_asked_by) == (
        JobState.CANCELLED, now, "Camille Martin",
    )  # fmt: skip
    assert run_waiting(at=soon) == 0
    assert diary.entries == []
    assert trail() == ["jobs.start", "jobs.cancel"]


def test_a_running_job_stops_when_it_looks(
    ask: Callable[..., Job], diary: Diary, now: datetime, soon: datetime
) -> None:
    job = ask()

    def act(context: JobContext) -> None:
        assert not context.is_cancelled()
        context._looked = float("-inf")
        asked = actions.ask_to_stop(job=job, by=ADMIN, at=now)
        assert asked.state == JobState.RUNNING
        context.check()
        raise AssertionError("went on")

    diary.act = act
    run_waiting(at=soon)
    job.refresh_from_db()
    assert (job.state, job.cancel_asked_by, job.error) == (JobState.CANCELLED, "Noa Durand", "")


def test_others_do_not_stop_it(ask: Callable[..., Job], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        actions.ask_to_stop(job=ask(), by=OTHER, at=now)


def test_stopping_twice_or_too_late_is_refused(
    ask: Callable[..., Job], now: datetime, soon: datetime
) -> None:
    over = ask("a")
    run_waiting(at=soon)
    with pytest.raises(Refusal, match="déjà fini"):
        actions.ask_to_stop(job=over, by=CAMILLE, at=soon)
    ask("b")
    running = leases.take("somebody", at=soon)
    assert running is not None
    actions.ask_to_stop(job=running, by=CAMILLE, at=soon)
    with pytest.raises(Refusal, match="déjà demandé"):
        actions.ask_to_stop(job=running, by=CAMILLE, at=soon)


# Regular work


def test_a_turn_is_done_once(kinds: dict[str, registry.Kind], now: datetime) -> None:
    done: list[datetime] = []

    @registry.every_day("05:00")
    @registry.job("essai.chaque-jour", label="Chaque jour")
    def daily(context: JobContext) -> None:
        done.append(context.at)

    def look(at: datetime) -> int:
        found = len(actions.start_regular_work(at=at)) + len(actions.start_regular_work(at=at))
        run_waiting(at=at)
        return found

    assert look(now) == 1, "the turn of the day before, which nobody did"
    assert look(now + timedelta(minutes=59)) == 0
    assert look(now + timedelta(hours=2)) == 1, "05:00 in Paris"
    assert look(now + timedelta(hours=20)) == 0
    assert look(now + timedelta(hours=26)) == 1
    assert len(done) == 3
    assert trail() == [], "the calendar does not fill the trail"


def test_a_turn_waits_until_the_one_before_is_over(
    kinds: dict[str, registry.Kind], now: datetime
) -> None:
    @registry.every(minutes=10)
    @registry.job("essai.souvent", label="Souvent")
    def often(context: JobContext) -> None: ...

    assert actions.start_regular_work(at=now)
    slow = leases.take("slow", at=now)
    assert slow is not None
    late = now + timedelta(minutes=15)
    assert actions.start_regular_work(at=late) == []
    leases.finish(slow, JobState.DONE, at=late, progress=(0, 0, ""))
    assert [job.period for job in actions.start_regular_work(at=late)] == ["2026-11-22T02:10Z"]


def test_old_jobs_go(ask: Callable[..., Job], now: datetime) -> None:
    ask("old")
    run_waiting(at=now)
    waiting = ask("waiting")
    assert actions.forget_old(at=now + timedelta(days=80)) == 0
    assert actions.forget_old(at=now + timedelta(days=91)) == 1
    assert list(Job.objects.all()) == [waiting]
    assert DBTaskResult.objects.count() == 1
