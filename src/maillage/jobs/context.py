"""What a handler is given: who asks, since when, how to say how far it is and when to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.db import DatabaseError, OperationalError, connection

from maillage.accounts.permissions import SYSTEM, Actor
from maillage.jobs import leases
from maillage.jobs.models import Job

EVERY_S = 0.5
"""At most two writes of progress, and two looks at the wish to stop, a second."""


class JobCancelled(Exception):
    """Raised by a handler that stops because it was asked to."""


class JobContext:
    """Handed to every handler.

    ``job`` is the job as it was when it began; ``at`` is the instant at which it began, to be used
    as the time of all that the handler writes; ``actor`` is the system, acting for who asked.
    """

    def __init__(
        self,
        job: Job,
        *,
        at: datetime,
        out_of_time: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.job = job
        self.at = at
        self.actor = act_for(job)
        self.progress = (job.done, job.total, job.message)
        self.was_told_to_stop = False
        self._out_of_time = out_of_time
        self._clock = clock
        self._written = self._looked = float("-inf")

    def report(self, done: int, total: int, message: str = "") -> None:
        """Say how far the job is: ``done`` units of ``total``, and a few French words. Written at
        most twice a second, the last one in any case when the job ends. Inside a transaction of
        the handler, nobody sees it before that one ends."""
        self.progress = (max(0, done), max(0, total), message[:200])
        now = self._clock()
        if now - self._written < EVERY_S:
            return
        self._written = now
        try:
            leases.write_progress(self.job, *self.progress)
        except OperationalError:
            # Somebody else writes for long: progress is not worth a failure. Inside a transaction
            # the handler must hear of it: its own writes are lost.
            if connection.in_atomic_block:
                raise

    def is_cancelled(self) -> bool:
        """True when the handler must stop: somebody asked for it, the worker ends, or the job is
        no longer this worker's. To be asked often; looks at the database at most twice a second.
        Once true, it stays so. Answer by raising :class:`JobCancelled` (see :meth:`check`)."""
        if self.was_told_to_stop or self._out_of_time():
            self.was_told_to_stop = True
            return True
        now = self._clock()
        if now - self._looked >= EVERY_S:
            self._looked = now
            try:
                self.was_told_to_stop = not leases.may_go_on(self.job)
            except DatabaseError:
                if connection.in_atomic_block:
                    raise
        return self.was_told_to_stop

    def job_was_cancelled(self) -> bool:
        """Whether somebody asked the job to stop, as opposed to the worker that ends."""
        return leases.was_cancelled(self.job)

    def check(self) -> None:
        """Raise :class:`JobCancelled` when :meth:`is_cancelled`."""
        if self.is_cancelled():
            raise JobCancelled


def act_for(job: Job) -> Actor:
    """The system, named in the trail with the person for whom it acts."""
    if job.asked_by == SYSTEM.username:
        return SYSTEM
    return replace(SYSTEM, name=f"{SYSTEM.name}, pour {job.asked_by_name}"[:120])
