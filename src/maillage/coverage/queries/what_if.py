"""What a scenario would do, computed while somebody waits.

The territory of today is read, compiled and proved once per revision and horizon, then kept in
memory: the *ground*. A scenario is laid over it; only the pathways that it touches are swept again
(``prove(known=...)``; a test shows that a full sweep gives the same).

The ground takes a few seconds in a cold process. Pages do not wait for it: it is made ready by a
thread of its own, and they say how far it is.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from typing import Any

from django.db import connection, connections

from maillage.accounts.queries import get_revision
from maillage.agreements.models import Agreement
from maillage.coverage.queries.names import load_names
from maillage.coverage.queries.network import load_full_network
from maillage.coverage.rules.scenario_effects import Effect, compare_runs
from maillage.coverage.rules.scenarios import NOTES, ScenarioNames
from maillage.engines.routing import (
    CompiledNetwork,
    PathwayProof,
    Proof,
    apply_with_notes,
    compile_network,
    prove,
    read_changes,
)
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import day_bounds

log = logging.getLogger(__name__)

KEPT_GROUNDS = 2
"""Territories kept ready, some tens of megabytes each: that of today, and another horizon."""

KEPT_RESULTS = 24
"""Results kept: each holds the tables of the pathways that it changed."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The territory over a horizon as it is today: compiled, proved, with its names."""

    first_day: date
    last_day: date
    revision: int
    compiled: CompiledNetwork
    proof: Proof
    known: Mapping[str, PathwayProof]
    names: ScenarioNames
    communes: Mapping[str, str]


@dataclass
class Loading:
    """How far a ground is: ``done`` of ``total`` units of the sweep once ``is_proving``."""

    is_proving: bool = False
    done: int = 0
    total: int = 0
    error: str = ""

    @property
    def words(self) -> str:
        """What is being done, in words."""
        if self.error:
            return self.error
        if not self.is_proving:
            return "Lecture du territoire…"
        return f"Calcul de la couverture actuelle : {self.percent} %"

    @property
    def percent(self) -> int:
        """Share of the sweep that is done, 0 to 100."""
        return round(100 * self.done / self.total) if self.total else 0


@dataclass(frozen=True, eq=False)
class WhatIf:
    """A scenario computed over a ground. ``notes`` says, by rank, what changed nothing;
    ``seconds`` is the time of the computation itself."""

    ground: Ground
    proof: Proof
    effect: Effect
    notes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def milliseconds(self) -> int:
        return max(1, round(self.seconds * 1000))


Key = tuple[int, date, date]


class _Memory:
    """Grounds and results by key, with at most one thread making each ground."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.grounds: OrderedDict[Key, Ground] = OrderedDict()
        self.loadings: dict[Key, Loading] = {}
        self.makers: dict[Key, threading.Lock] = {}
        self.results: OrderedDict[tuple[Key, str], WhatIf] = OrderedDict()

    def ground(self, key: Key) -> Ground | None:
        with self.lock:
            found = self.grounds.get(key)
            if found is not None:
                self.grounds.move_to_end(key)
            return found

    def maker(self, key: Key) -> threading.Lock:
        with self.lock:
            return self.makers.setdefault(key, threading.Lock())

    def keep(self, key: Key, ground: Ground) -> None:
        with self.lock:
            self.grounds[key] = ground
            while len(self.grounds) > KEPT_GROUNDS:
                gone, _ = self.grounds.popitem(last=False)
                self.makers.pop(gone, None)
                for known in [one for one in self.results if one[0] == gone]:
                    del self.results[known]

    def clear(self) -> None:
        with self.lock:
            self.grounds.clear()
            self.loadings.clear()
            self.makers.clear()
            self.results.clear()


_memory = _Memory()


def forget_what_ifs() -> None:
    """Empty the memory, for tests that change database."""
    _memory.clear()


def get_ground(first_day: date, last_day: date) -> Ground:
    """The territory of today over a horizon, waiting for it when it is not ready. One query when
    it is."""
    return _get((get_revision(), first_day, last_day), None)


def peek_ground(first_day: date, last_day: date) -> Ground | Loading:
    """The territory if it is ready; else it is being made ready by another thread, and this says
    how far it is. Within a transaction it is waited for: another connection would not see what
    this one wrote."""
    key = (get_revision(), first_day, last_day)
    ready = _memory.ground(key)
    if ready is not None:
        return ready
    if connection.in_atomic_block:
        return _get(key, None)
    with _memory.lock:
        loading = _memory.loadings.get(key)
        if loading is not None and not loading.error:
            return loading
        told = loading
        _memory.loadings[key] = loading = Loading()
    threading.Thread(target=_load_aside, args=(key, loading), daemon=True).start()
    # An attempt that failed is told once; the next one has begun.
    return told or loading


def _load_aside(key: Key, loading: Loading) -> None:
    try:
        _get(key, loading)
    except Exception:
        log.exception("The territory could not be made ready for scenarios")
        loading.error = "Le territoire n'a pas pu être lu ; un nouvel essai est en cours."
        return
    finally:
        connections.close_all()
    with _memory.lock:
        _memory.loadings.pop(key, None)


def _get(key: Key, loading: Loading | None) -> Ground:
    with _memory.maker(key):
        found = _memory.ground(key)
        if found is None:
            found = _make(key, loading)
            _memory.keep(key, found)
        return found


def _make(key: Key, loading: Loading | None) -> Ground:
    revision, first_day, last_day = key

    def progress(done: int, total: int) -> None:
        if loading is not None:
            loading.is_proving, loading.done, loading.total = True, done, total

    network = load_full_network(first_day, last_day)
    names = ScenarioNames(
        names=load_names(network),
        pathways={row.id: row.name for row in network.pathways},
        agreements=dict(Agreement.objects.values_list("slug", "short_title")),
    )
    communes = dict(Commune.objects.values_list("code", "name"))
    compiled = compile_network(network)
    proof = prove(compiled, *_horizon(first_day, last_day), progress=progress)
    known = {row.fingerprint: row for row in proof.pathways}
    return Ground(first_day, last_day, revision, compiled, proof, known, names, communes)


def _horizon(first_day: date, last_day: date) -> tuple[Any, Any]:
    return day_bounds(first_day)[0], day_bounds(last_day)[0]


def compute_what_if(ground: Ground, changes: Sequence[Mapping[str, Any]]) -> WhatIf:
    """What these changes (JSON, in order) would do to the territory of a ground. Kept in memory.
    Raises :class:`Invalid` (``changes.invalid``) when a change speaks of what is not there."""
    key = (ground.revision, ground.first_day, ground.last_day)
    text = json.dumps(list(changes), sort_keys=True)
    with _memory.lock:
        found = _memory.results.get((key, text))
    if found is not None and found.ground is ground:
        return found
    found = _compute(ground, changes)
    with _memory.lock:
        _memory.results[key, text] = found
        while len(_memory.results) > KEPT_RESULTS:
            _memory.results.popitem(last=False)
    return found


def _compute(ground: Ground, changes: Sequence[Mapping[str, Any]]) -> WhatIf:
    began = perf_counter()
    applied = apply_with_notes(ground.compiled.network, read_changes(list(changes)))
    compiled = ground.compiled.derive(applied.network)
    proof = prove(compiled, *_horizon(ground.first_day, ground.last_day), known=ground.known)
    effect = compare_runs(
        ground.proof,
        proof,
        pathway_names=ground.names.pathways,
        step_names=ground.names.names.steps,
        commune_names=ground.communes,
    )
    notes: dict[int, tuple[str, ...]] = {}
    for note in applied.notes:
        words = NOTES[note.kind]
        if words not in notes.get(note.index, ()):
            notes[note.index] = (*notes.get(note.index, ()), words)
    return WhatIf(ground, proof, effect, notes, perf_counter() - began)
