"""The worker: takes jobs one by one, and lets nobody's work be lost.

The main thread runs the jobs. A second one, the keeper, signs each second that the worker lives,
gives the jobs of dead workers back, puts regular work in line, watches the parent process, and
ends a worker whose time is over while a handler does not let go.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from types import FrameType

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, connections
from django.utils import timezone

from maillage.jobs import actions, execution, leases, rules
from maillage.jobs.models import Job, JobWorker
from maillage.jobs.processes import Process, get_process

logger = logging.getLogger("maillage.jobs")

SHORTEST_WAIT_S = 0.5
LONGEST_WAIT_S = 1.0
"""An idle worker looks for a job this often: a read of one index, which holds up no page."""

SIGN_EVERY_S = 1.0
LOOK_EVERY_S = 2.0
CALENDAR_EVERY_S = 10.0
MEND_EVERY_S = 30.0

GRACE_S = 10.0
"""How long the running job may go on once the worker is asked to end."""

ORPHAN_GRACE_S = 2.0
"""The same when the server that started the worker is gone."""

LET_GO_S = 1.0
"""How long a handler has, after that, to notice that it must stop."""

WRITE_TRIES = 5


class Watch:
    """Which workers are dead, as one observer sees it by its own clock: a sign counts when it
    changes, not by the hour that it bears."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[datetime, float]] = {}

    def list_dead(self, workers: list[JobWorker]) -> list[str]:
        """Those of these workers that are to be held for dead."""
        now = self._clock()
        seen, dead = {}, []
        for worker in workers:
            sign, since = self._seen.get(worker.pk, (None, now))
            if sign != worker.seen_at:
                since = now
            seen[worker.pk] = (worker.seen_at, since)
            alive = Process(worker.machine, worker.pid, worker.birth).is_alive()
            if rules.is_dead(alive=alive, silent_s=now - since):
                dead.append(worker.pk)
        self._seen = seen
        return dead


class Worker:
    """One worker process. ``run`` returns when it is asked to end, when its parent is gone or,
    with ``until_empty``, when no job is left to do. With ``short_only``, long jobs are left to
    other workers."""

    def __init__(
        self,
        *,
        parent: int | None = None,
        until_empty: bool = False,
        short_only: bool = False,
        grace_s: float = GRACE_S,
        now: Callable[[], datetime] = timezone.now,
    ) -> None:
        self.id = uuid.uuid4().hex
        self.until_empty = until_empty
        self.short_only = short_only
        self.grace_s = grace_s
        self._now = now
        self._process = get_process(os.getpid())
        self._parent = get_process(parent) if parent is not None else None
        # A plain value: a signal may come while its own thread holds the lock of an event.
        self._stopping = False
        self._ended = threading.Event()
        self._deadline = float("inf")
        self._job: Job | None = None
        self._watch = Watch()

    # Ending

    def listen(self) -> None:
        """End on SIGTERM and SIGINT; at once when asked a second time."""
        signal.signal(signal.SIGTERM, self._asked)
        signal.signal(signal.SIGINT, self._asked)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self.stop(0.0 if self._stopping else self.grace_s)

    def stop(self, grace_s: float) -> None:
        """Take no further job; the running one has this long."""
        self._deadline = min(self._deadline, time.monotonic() + grace_s)
        self._stopping = True

    def is_out_of_time(self) -> bool:
        """Whether the running job must stop now."""
        return time.monotonic() >= self._deadline

    # The main thread

    def run(self) -> None:
        """Run jobs until the end. What a handler raises never ends the worker; a database that
        stays away does, and the jobs that it held are given back by the next worker."""
        self._try_to_write(lambda: leases.sign(self.id, self._process, at=self._now()))
        keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        keeper.start()
        try:
            self._work()
        finally:
            self._ended.set()
            keeper.join()
        self._try_to_write(lambda: leases.leave(self.id, at=self._now()))

    def _work(self) -> None:
        wait = SHORTEST_WAIT_S
        while not self._stopping:
            close_old_connections()
            if self._run_next():
                wait = SHORTEST_WAIT_S
                continue
            if self.until_empty and self._quietly(leases.is_all_done):
                return
            time.sleep(SHORTEST_WAIT_S / 5 if self.until_empty else wait)
            wait = min(wait * 1.2, LONGEST_WAIT_S)

    def _quietly(self, read: Callable[[datetime], bool]) -> bool:
        """A look at the database; no, while it is away or busy."""
        try:
            return read(self._now())
        except (DatabaseError, InterfaceError) as error:
            self._note(error)
            return False

    def _has_ready(self, at: datetime) -> bool:
        return leases.has_ready(at, short_only=self.short_only)

    def _run_next(self) -> bool:
        """Take one job and run it; False when there is none."""
        if not self._quietly(self._has_ready):
            return False
        try:
            job = leases.take(self.id, at=self._now(), short_only=self.short_only)
        except (DatabaseError, InterfaceError) as error:
            self._note(error)
            # Nobody knows whether the job was taken before the connection broke.
            self._try_to_write(lambda: leases.give_back_all(self.id, at=self._now(), counts=False))
            return False
        if job is None:
            return False
        self._job = job
        try:
            outcome = execution.run(job, at=self._now(), out_of_time=self.is_out_of_time)
            self._try_to_write(lambda: outcome(self._now()))
        finally:
            self._job = None
        return True

    def _try_to_write(self, write: Callable[[], object]) -> None:
        """Write, again when the database is away or busy. Raises when it stays so."""
        for attempt in range(1, WRITE_TRIES + 1):
            try:
                write()
            except (DatabaseError, InterfaceError) as error:
                self._note(error)
                if attempt == WRITE_TRIES:
                    raise
                time.sleep(SIGN_EVERY_S)
            else:
                return

    def _note(self, error: Exception) -> None:
        logger.warning("the database does not answer: %s", error)
        if not connection.in_atomic_block:
            with suppress(DatabaseError, InterfaceError):
                connection.close()

    # The keeper

    def _keep(self) -> None:
        """The second thread, with a connection of its own."""
        due = dict.fromkeys((self._look, self._put_regular_work, self._mend), 0.0)
        every = {
            self._look: LOOK_EVERY_S,
            self._put_regular_work: CALENDAR_EVERY_S,
            self._mend: MEND_EVERY_S,
        }
        while not self._ended.wait(SIGN_EVERY_S if due[self._look] else 0):
            self._watch_parent()
            self._end_when_out_of_time()
            self._safely(self._sign)
            for act, last in due.items():
                if time.monotonic() - last >= every[act] or not last:
                    self._safely(act)
                    due[act] = time.monotonic()
        connections.close_all()

    def _safely(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (DatabaseError, InterfaceError) as error:
            self._note(error)
        except Exception:
            logger.exception("the keeper of the worker goes on after a failure")

    def _sign(self) -> None:
        leases.sign(self.id, self._process, at=self._now())

    def _look(self) -> None:
        """Give the jobs of dead workers back."""
        others = list(JobWorker.objects.exclude(pk=self.id))
        dead = self._watch.list_dead(others)
        strangers = [worker for worker in leases.list_strangers() if worker != self.id]
        if dead or strangers:
            count = leases.bury([*dead, *strangers], at=self._now())
            logger.warning("%s dead workers, %s jobs given back", len(dead), count)

    def _put_regular_work(self) -> None:
        if not self.until_empty:
            actions.start_regular_work(at=self._now())

    def _mend(self) -> None:
        leases.mend_line(at=self._now())

    def _watch_parent(self) -> None:
        if self._parent is not None and self._parent.is_alive() is False:
            self.stop(min(ORPHAN_GRACE_S, self.grace_s))

    def _end_when_out_of_time(self) -> None:
        """A handler that does not let go ends with its process; its job is put back first, or, if
        the handler itself holds up the database, by the next worker."""
        job = self._job
        if job is None or time.monotonic() < self._deadline + LET_GO_S:
            return
        if connection.vendor == "sqlite":
            with suppress(DatabaseError):
                connection.cursor().execute("PRAGMA busy_timeout = 2000")
        self._safely(lambda: leases.leave(self.id, at=self._now()))
        logger.warning("job %s (%s) did not let go: its worker ends", job.pk, job.kind)
        logging.shutdown()
        os._exit(0)


def run_waiting(*, at: datetime, most: int = 1000) -> int:
    """Run the jobs that wait, in this very thread and connection; how many ran. For tests that
    need no worker."""
    name = uuid.uuid4().hex
    leases.sign(name, get_process(os.getpid()), at=at)
    ran = 0
    while ran < most and (job := leases.take(name, at=at)) is not None:
        execution.run(job, at=at)(at)
        ran += 1
    leases.leave(name, at=at)
    return ran
