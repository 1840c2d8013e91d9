"""Kinds of jobs that tests declare and take away again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant
from maillage.jobs import registry
from maillage.jobs.actions import start
from maillage.jobs.context import JobContext
from maillage.jobs.models import Job

CAMILLE = Actor("camille", "Camille Martin", (Grant(Role.DIRECTOR),))
OTHER = Actor("dominique", "Dominique Petit", (Grant(Role.DIRECTOR),))
ADMIN = Actor("noa", "Noa Durand", (Grant(Role.ADMINISTRATOR),))


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, registry.Kind]:
    """The registry, empty; what a test declares goes with it."""
    alone: dict[str, registry.Kind] = {}
    monkeypatch.setattr(registry, "_kinds", alone)
    return alone


class Diary:
    """What the handlers of a test were given, in order, and what they do next."""

    def __init__(self) -> None:
        self.entries: list[dict[str, object]] = []
        self.contexts: list[JobContext] = []
        self.act: Callable[[JobContext], None] = lambda context: None


@pytest.fixture
def diary(kinds: dict[str, registry.Kind]) -> Diary:
    """A kind ``essai.noter`` whose handler writes its arguments down, then does ``act``."""
    made = Diary()

    @registry.job("essai.noter", label="Noter")
    def note(context: JobContext, **arguments: object) -> None:
        made.entries.append(arguments)
        made.contexts.append(context)
        made.act(context)

    return made


@pytest.fixture
def ask(db: None, diary: Diary, now: datetime) -> Callable[..., Job]:
    """Ask for a job of that kind: ``ask("a", by=OTHER)``."""

    def make(key: str = "a", *, by: Actor = CAMILLE, **more: object) -> Job:
        return start("essai.noter", key=key, by=by, at=now, **more)

    return make
