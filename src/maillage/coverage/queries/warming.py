"""What a server process reads before anybody waits for it, and again when the territory changes.

The first question of a process would pay for the machine code of the engine, the network of the
month, the tables of the current proof, its evidence, compiled, and the territory of scenarios:
several seconds in all. A thread of the server reads them, one after the other, with pauses in
which requests go first. It looks every few seconds whether there is something new: a proof that a
worker has finished, an act that changed the territory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import DatabaseError, connections

from maillage.accounts.queries import get_revision
from maillage.coverage.queries.network import load_network
from maillage.coverage.queries.proofs import get_current_proof
from maillage.coverage.queries.scenarios import default_horizon
from maillage.coverage.queries.tables import load_evidence, load_tables
from maillage.coverage.queries.what_if import get_ground
from maillage.engines.routing import Network, snapshot, warm_up
from maillage.territory.queries.maps import get_base_map
from maillage.vocabulary.calendar import day_bounds, local_day

log = logging.getLogger(__name__)

BREATH_S = 0.3
"""Pause after each reading: requests that wait go first."""

LOOK_S = 5.0
"""How often a process looks whether there is something new to read."""

Key = tuple[object, ...]
Task = tuple[Key, Callable[[], object]]
TaskList = Callable[[datetime], Sequence[Task]]
"""What another room has read ahead, at an instant."""


def list_tasks(*, at: datetime) -> list[Task]:
    """What this process should have read at an instant, what is asked most first; each under a key
    that changes when it has to be read again. Three queries."""
    day, revision, proof = local_day(at), get_revision(), get_current_proof()
    tasks: list[Task] = [
        (("network", revision, day.replace(day=1)), lambda: load_network(at)),
        (("map", revision), get_base_map),
    ]
    if proof is None:
        return [(("kernels",), warm_up), *tasks]
    name = (proof.pk, proof.network_hash, proof.finished_at)
    instant = day_bounds(proof.first_day)[0]
    horizon = default_horizon(day)
    return [
        *tasks,
        (("tables", *name), lambda: load_tables(proof)),
        (("kernels",), warm_up),
        (("evidence", *name), lambda: _ask(load_evidence(proof), instant)),
        (("ground", revision, *horizon), lambda: get_ground(*horizon)),
    ]


def _ask(network: Network, at: datetime) -> None:
    """One map of one instant: what compiles a network."""
    if network.pathways:
        snapshot(network, network.pathways[0].id, at)


class Warming:
    """The readings of one process, those of this room and then of ``others``. ``done`` holds the
    keys of what is read."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        pause: Callable[[float], object] = time.sleep,
        others: Sequence[TaskList] = (),
    ) -> None:
        self._clock = clock
        self._pause = pause
        self._others = others
        self.done: set[Key] = set()

    def round(self) -> int:
        """Read what is not read yet; how many readings that took. What fails is told to the log
        and not tried again until it changes: the request that needs it will say why."""
        at = self._clock()
        tasks = [*list_tasks(at=at), *(task for more in self._others for task in more(at))]
        self.done &= {key for key, _ in tasks}
        missing = [(key, read) for key, read in tasks if key not in self.done]
        for key, read in missing:
            try:
                read()
            except Exception:
                log.warning("What is read ahead could not be: %s", key[0], exc_info=True)
            self.done.add(key)
            self._pause(BREATH_S)
        return len(missing)

    def run(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Rounds without end, one every few seconds. A database that is away or not made yet is
        tried again at the next."""
        while goes_on():
            try:
                self.round()
            except DatabaseError:
                log.debug("Nothing is read ahead: the database does not answer", exc_info=True)
            finally:
                connections.close_all()
            self._pause(LOOK_S)


def start_warming(
    *, clock: Callable[[], datetime], others: Sequence[TaskList] = ()
) -> threading.Thread:
    """Read ahead in a thread of this process, which ends with it; ``others`` are the lists of rooms
    above. For servers only: a command or a test reads what it needs."""
    warming = Warming(clock=clock, others=others)
    thread = threading.Thread(target=warming.run, name="read-ahead", daemon=True)
    thread.start()
    return thread
