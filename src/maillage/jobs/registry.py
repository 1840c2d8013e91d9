"""The kinds of jobs, declared by the rooms that do the work.

A room writes its handlers in its ``tasks`` drawer and imports that module in ``AppConfig.ready``::

    @every_day("05:00")                       # optional: regular work, above @job
    @job("coverage.warn", label="Alertes de la nuit", readers=permissions.READ)
    def warn(context: JobContext) -> None: ...

Lower drawers start a kind by its name (``jobs.actions.start``) and so import no handler.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time
from typing import Any, TypeVar

from maillage.accounts.permissions import Permission
from maillage.jobs.rules import EveryDay, EveryMinutes, Schedule

Handler = TypeVar("Handler", bound=Callable[..., Any])

NAME = re.compile(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Kind:
    """One kind of job. ``readers`` is the permission that lets others than who asked follow its
    jobs; without it, they and the administrators only. ``is_long``: minutes of work, in a line of
    its own, so that what must be done each minute never waits behind it."""

    name: str
    label: str
    run: Callable[..., Any]
    readers: Permission | None = None
    schedule: Schedule | None = None
    is_long: bool = False


_kinds: dict[str, Kind] = {}


def job(
    name: str, *, label: str, readers: Permission | None = None, is_long: bool = False
) -> Callable[[Handler], Handler]:
    """Declare a handler: a function of a :class:`~maillage.jobs.context.JobContext` and of the
    job's arguments by name. ``name`` is ``room.verb``; ``label`` says in French what is done;
    ``is_long`` as in :class:`Kind`.

    The handler must be idempotent: it runs again when its worker dies. Raises ``ValueError`` for
    a name of another form or already taken."""

    def declare(run: Handler) -> Handler:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a room and a verb")
        if name in _kinds and _path(_kinds[name].run) != _path(run):
            raise ValueError(f"two handlers are called {name}")
        _kinds[name] = Kind(name, label, run, readers, is_long=is_long)
        return run

    return declare


def every_day(clock: str) -> Callable[[Handler], Handler]:
    """Do a kind without arguments each day at ``clock`` (``"05:00"``, Paris), once whatever the
    number of workers. Stands above ``@job``."""
    return _on(EveryDay(time.fromisoformat(clock)))


def every(*, minutes: int) -> Callable[[Handler], Handler]:
    """Do a kind without arguments every so many minutes, once whatever the number of workers; a
    turn is left out while the one before still runs. Stands above ``@job``."""
    if minutes < 1:
        raise ValueError("at least one minute")
    return _on(EveryMinutes(minutes))


def _on(schedule: Schedule) -> Callable[[Handler], Handler]:
    def declare(run: Handler) -> Handler:
        declared = [kind for kind in _kinds.values() if kind.run is run]
        if not declared:
            raise ValueError("regular work is declared above @job")
        for kind in declared:
            _kinds[kind.name] = replace(kind, schedule=schedule)
        return run

    return declare


def _path(run: Callable[..., Any]) -> str:
    return f"{run.__module__}.{run.__qualname__}"


def find_kind(name: str) -> Kind | None:
    """The kind of this name, or None."""
    return _kinds.get(name)


def get_kind(name: str) -> Kind:
    """The kind of this name. Raises ``LookupError``: to ask for an unknown kind is a bug."""
    kind = _kinds.get(name)
    if kind is None:
        raise LookupError(f"no handler is declared for {name}")
    return kind


def list_scheduled() -> list[tuple[Kind, Schedule]]:
    """Regular work, by name of the kind."""
    kinds = (_kinds[name] for name in sorted(_kinds))
    return [(kind, kind.schedule) for kind in kinds if kind.schedule is not None]
