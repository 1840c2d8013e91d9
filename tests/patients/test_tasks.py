"""The nightly look for duplicates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from types import SimpleNamespace

from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Organization
from maillage.jobs.registry import get_kind
from maillage.jobs.rules import EveryDay
from maillage.patients.models import DuplicatePair
from maillage.patients.permissions import IDENTIFY
from tests.patients.conftest import make


def test_duplicates_are_looked_for_each_night_and_twice_changes_nothing(
    place: Callable[[str], Organization], doctor: Actor, now: datetime
) -> None:
    kind = get_kind("patients.detect-duplicates")
    assert kind.schedule == EveryDay(time(2, 30))
    assert kind.readers == IDENTIFY
    make(place, doctor, now)
    make(place, doctor, now)
    for _ in range(2):
        kind.run(SimpleNamespace(actor=SYSTEM, at=now))
        assert DuplicatePair.objects.count() == 1
