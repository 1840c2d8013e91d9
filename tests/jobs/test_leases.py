"""Who holds which job, and what becomes of those of the dead."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from maillage.accounts.models import AuditEvent
from maillage.jobs import actions, leases, registry, rules
from maillage.jobs.context import JobContext
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job, JobWorker
from maillage.jobs.processes import Process, get_process, machine
from maillage.jobs.worker import Watch, Worker, run_waiting
from tests.jobs.conftest import CAMILLE

pytestmark = pytest.mark.django_db

HERE = get_process(os.getpid())


def take(worker: str, at: datetime) -> Job:
    job = leases.take(worker, at=at)
    assert job is not None
    return job


def line(job: Job) -> DBTaskResult:
    return DBTaskResult.objects.get(id=Job.objects.get(pk=job.pk).task_id)


def test_jobs_are_taken_once_and_in_order(ask: Callable[..., Job], now: datetime) -> None:
    first, second = ask("a"), ask("b")
    assert leases.has_ready(now)
    assert [take("one", now), take("two", now)] == [first, second]
    assert leases.take("three", at=now) is None
    assert not leases.has_ready(now)
    assert not leases.is_all_done(now)


def test_the_job_of_a_dead_worker_is_done_by_another(
    ask: Callable[..., Job], now: datetime
) -> None:
    job = ask()
    take("dead", now)
    assert leases.bury(["dead"], at=now) == 1
    job.refresh_from_db()
    assert (job.state, job.worker, job.attempts, job.started_at) == (JobState.WAITING, "", 1, None)
    assert line(job).status == TaskResultStatus.READY
    assert run_waiting(at=now) == 1
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert line(job).status == TaskResultStatus.SUCCESSFUL


def test_after_five_deaths_it_is_given_up(ask: Callable[..., Job], now: datetime) -> None:
    job = ask()
    for number in range(1, 6):
        assert take(f"dead-{number}", now).attempts == number
        leases.bury([f"dead-{number}"], at=now)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "jobs.abandoned")
    assert job.error.startswith("Abandonné après 5 arrêts")
    assert line(job).status == TaskResultStatus.FAILED
    assert AuditEvent.objects.filter(action="jobs.fail").count() == 1
    assert leases.take("next", at=now) is None


def test_worker_that_leaves_in_order_costs_no_attempt(
    ask: Callable[..., Job], now: datetime
) -> None:
    job = ask()
    for _ in range(2 * rules.MOST_ATTEMPTS):
        leases.sign("leaving", HERE, at=now)
        take("leaving", now)
        leases.leave("leaving", at=now)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.WAITING, 0)
    assert not JobWorker.objects.exists()


def test_a_job_asked_to_stop_does_not_start_again(ask: Callable[..., Job], now: datetime) -> None:
    job = ask()
    take("dead", now)
    actions.ask_to_stop(job=job, by=CAMILLE, at=now)
    leases.bury(["dead"], at=now)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_clock_that_is_behind_still_buries(ask: Callable[..., Job], now: datetime) -> None:
    job = ask()
    for number in range(5):
        take(f"dead-{number}", now + timedelta(hours=1))
        leases.bury([f"dead-{number}"], at=now)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.finished_at == job.started_at


def test_a_lost_line_is_written_again(ask: Callable[..., Job], now: datetime) -> None:
    taken_away, failed, good = ask("a"), ask("b"), ask("c")
    DBTaskResult.objects.filter(id=taken_away.task_id).delete()
    DBTaskResult.objects.filter(id=failed.task_id).update(status=TaskResultStatus.FAILED)
    assert leases.mend_line(at=now) == 2
    assert leases.mend_line(at=now) == 0
    assert run_waiting(at=now) == 3
    assert {job.state for job in Job.objects.all()} == {JobState.DONE}
    assert Job.objects.get(pk=good.pk).task_id == good.task_id


def test_a_worker_without_a_row_is_a_stranger(ask: Callable[..., Job], now: datetime) -> None:
    ask("a")
    ask("b")
    leases.sign("known", HERE, at=now)
    take("known", now)
    take("stranger", now)
    assert leases.list_strangers() == ["stranger"]


# Signs of life


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def row(name: str, process: Process, at: datetime) -> JobWorker:
    leases.sign(name, process, at=at)
    return JobWorker.objects.get(pk=name)


def test_a_worker_elsewhere_is_dead_once_it_is_silent(now: datetime) -> None:
    """Whatever its clock says: only that its sign changes."""
    clock = Clock()
    watch = Watch(clock)
    years_ago = now - timedelta(days=700)
    elsewhere = Process("another machine", 1)
    assert watch.list_dead([row("far", elsewhere, years_ago)]) == []
    clock.now = 9
    assert watch.list_dead([row("far", elsewhere, years_ago + timedelta(seconds=9))]) == []
    clock.now = 18
    assert watch.list_dead([row("far", elsewhere, years_ago + timedelta(seconds=9))]) == []
    clock.now = 19.5
    assert watch.list_dead([JobWorker.objects.get(pk="far")]) == ["far"]


def test_a_process_that_ended_here_is_dead_at_once(now: datetime) -> None:
    watch = Watch(Clock())
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1
    ) as other:
        process = get_process(other.pid)
        assert watch.list_dead([row("child", process, now), row("me", HERE, now)]) == []
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert process.is_alive() is False, "ended, though its parent has not taken notice"
    rows = list(JobWorker.objects.all())
    assert watch.list_dead(rows) == ["child"]


def test_a_number_that_came_back_is_another_process() -> None:
    assert HERE.is_alive() is True
    assert Process(HERE.machine, HERE.pid, "1").is_alive() is False
    assert Process("another machine", HERE.pid, HERE.birth).is_alive() is None
    assert machine() == HERE.machine


def test_a_worker_buries_the_others(ask: Callable[..., Job], now: datetime) -> None:
    job = ask()
    leases.sign("gone", Process(machine(), HERE.pid, "1"), at=now)
    take("gone", now)
    Worker(now=lambda: now)._look()
    job.refresh_from_db()
    assert job.state == JobState.WAITING
    assert not JobWorker.objects.exists()


def test_a_row_that_was_taken_away_comes_back(now: datetime) -> None:
    worker = Worker(now=lambda: now)
    worker._sign()
    JobWorker.objects.all().delete()
    worker._sign()
    assert JobWorker.objects.get().pk == worker.id


def test_long_jobs_are_left_to_others_by_a_worker_of_short_ones(
    ask: Callable[..., Job], now: datetime
) -> None:
    @registry.job("essai.calculer", label="Calculer", is_long=True)
    def compute(context: JobContext) -> None: ...

    long = actions.start("essai.calculer", key="a", by=CAMILLE, at=now)
    short = ask()
    assert leases.take("quick", at=now, short_only=True) == short
    assert not leases.has_ready(now, short_only=True)
    assert leases.take("quick", at=now, short_only=True) is None
    taken = take("all", now)
    assert taken == long
    # Given back, it stands among the long ones again.
    assert leases.give_back(taken, at=now, counts=True)
    DBTaskResult.objects.filter(id=Job.objects.get(pk=long.pk).task_id).delete()
    assert leases.mend_line(at=now) == 1
    assert not leases.has_ready(now, short_only=True)
    assert leases.has_ready(now)
