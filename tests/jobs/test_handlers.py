"""What becomes of a job, whatever its handler does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import OperationalError

from maillage.accounts.models import AuditEvent
from maillage.jobs import execution, leases, registry, rules
from maillage.jobs.context import EVERY_S, JobCancelled, JobContext
from maillage.jobs.enums import JobState
from maillage.jobs.models import Job
from maillage.jobs.worker import run_waiting
from maillage.vocabulary.errors import Invalid, Problem, Refusal
from tests.jobs.conftest import Diary

pytestmark = pytest.mark.django_db


def does(error: BaseException) -> Callable[[JobContext], None]:
    def act(context: JobContext) -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (Refusal("essai.non", "La règle dit non."), "essai.non", "La règle dit non."),
        (
            Invalid("essai.faux", "Fichier refusé.", [Problem("vide", row=3)]),
            "essai.faux",
            "Fichier refusé.\n- ligne 3 : vide",
        ),
        (
            ValueError("secret 1 84 12 59"),
            "jobs.unexpected",
            "Erreur inattendue (ValueError). Le détail est au journal du serveur.",
        ),
        (
            SystemExit(3),
            "jobs.unexpected",
            "Erreur inattendue (SystemExit). Le détail est au journal du serveur.",
        ),
    ],
)
def test_a_failure_says_what_may_be_said(
    ask: Callable[..., Job],
    diary: Diary,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
    error: BaseException,
    code: str,
    words: str,
) -> None:
    job = ask()
    diary.act = does(error)
    run_waiting(at=now)
    job.refresh_from_db()
    assert (job.state, job.error_code, job.error) == (JobState.FAILED, code, words)
    assert AuditEvent.objects.filter(action="jobs.fail").count() == 1
    assert ("Traceback" in caplog.text) == (code == "jobs.unexpected")


def test_a_job_without_program_fails(
    ask: Callable[..., Job], kinds: dict[str, registry.Kind], now: datetime
) -> None:
    job = ask()
    kinds.clear()
    run_waiting(at=now)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "jobs.no-handler")


def test_a_busy_database_is_tried_again_then_given_up(
    ask: Callable[..., Job], diary: Diary, now: datetime
) -> None:
    job = ask()
    diary.act = does(OperationalError("database is locked"))
    at = now
    for attempt in range(1, rules.MOST_ATTEMPTS + 1):
        job.refresh_from_db()
        assert (job.state, job.attempts) == (JobState.WAITING, attempt - 1)
        assert run_waiting(at=at) == 1
        if attempt < rules.MOST_ATTEMPTS:
            assert run_waiting(at=at) == 0, "not at once"
        at += rules.RETRY_DELAY
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "jobs.abandoned")


def test_a_worker_that_ends_puts_the_job_back(
    ask: Callable[..., Job], diary: Diary, now: datetime
) -> None:
    job = ask()

    def act(context: JobContext) -> None:
        context.check()

    diary.act = act
    taken = leases.take("mine", at=now)
    assert taken is not None
    outcome = execution.run(taken, at=now, out_of_time=lambda: True)
    assert outcome(now)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.worker) == (JobState.WAITING, 0, "")
    diary.act = lambda context: None
    assert run_waiting(at=now) == 1


def test_any_exception_after_the_wish_to_stop_ends_the_job(
    ask: Callable[..., Job], diary: Diary, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    job = ask()

    def act(context: JobContext) -> None:
        Job.objects.filter(pk=job.pk).update(cancel_asked_at=now, cancel_asked_by="X")
        assert context.is_cancelled()
        raise ValueError("stopped")

    diary.act = act
    with caplog.at_level(logging.WARNING):
        run_waiting(at=now)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert "Traceback" not in caplog.text


def test_progress_is_written_twice_a_second_and_at_the_end(
    ask: Callable[..., Job], diary: Diary, now: datetime
) -> None:
    job = ask()
    written: list[tuple[int, int, str]] = []

    def act(context: JobContext) -> None:
        clock = [100.0]
        context._clock = lambda: clock[0]
        for done in range(11):
            context.report(done, 10, f"filière {done}")
            job.refresh_from_db()
            written.append((job.done, job.total, job.message))
            clock[0] += EVERY_S / 4

    diary.act = act
    run_waiting(at=now)
    assert [done for done, _, _ in written] == [0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8]
    job.refresh_from_db()
    assert (job.done, job.total, job.message, job.percent) == (10, 10, "filière 10", 100)


def test_a_handler_that_lost_its_job_stops_and_changes_nothing(
    ask: Callable[..., Job], diary: Diary, now: datetime
) -> None:
    job = ask()
    seen: list[bool] = []

    def act(context: JobContext) -> None:
        seen.append(context.is_cancelled())
        context._looked = float("-inf")
        assert leases.bury([context.job.worker], at=now) == 1
        assert leases.take("another", at=now) == job
        context.report(3, 4, "revenant")
        seen.append(context.is_cancelled())
        raise JobCancelled

    diary.act = act
    taken = leases.take("mine", at=now)
    assert taken is not None
    assert execution.run(taken, at=now)(now) is False
    job.refresh_from_db()
    assert seen == [False, True]
    assert (job.state, job.worker, job.attempts, job.done) == (JobState.RUNNING, "another", 2, 0)
