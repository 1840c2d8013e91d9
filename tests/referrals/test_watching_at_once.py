"""Several workers, and one that dies: each call is made once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from maillage.accounts.models import AuditEvent
from maillage.referrals.actions import notices
from maillage.referrals.actions.watching import call_overdue
from maillage.referrals.models import Escalation, Notice
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import NOW

WORKERS = 4


def at_once(act: Callable[[], int]) -> list[int]:
    """The same act by several workers, each with its own connection, begun together."""
    ready = Barrier(WORKERS)

    def work(_: int) -> int:
        try:
            ready.wait(timeout=20)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, range(WORKERS)))


def give_mailbox() -> None:
    """Somebody answers for the team: the calls of a chain are made one after the other."""
    team = scene.service("unv-valenciennes")
    team.secure_mail = "unv@mssante.example.invalid"
    team.save()


@pytest.mark.usefixtures("shared_database")
def test_workers_that_look_together_call_once(django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        give_mailbox()
        requests = [scene.sent(scene.admit()) for _ in range(6)]
        late = NOW + timedelta(minutes=16)
        made = at_once(lambda: call_overdue(at=late))
        assert sum(made) == len(requests)
        assert Escalation.objects.count() == len(requests)
        assert AuditEvent.objects.filter(action="referrals.call").count() == len(requests)
        assert Notice.objects.filter(token__startswith="call:").count() == len(requests)


@pytest.mark.usefixtures("shared_database")
def test_a_worker_that_dies_in_a_call_leaves_it_to_be_made(
    django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the moment of its death, the call is whole or not there."""

    class Killed(BaseException):
        pass

    def dies(**given: object) -> int:
        raise Killed

    with django_db_blocker.unblock():
        give_mailbox()
        request = scene.sent(scene.admit())
        late = NOW + timedelta(minutes=16)
        with monkeypatch.context() as patched:
            patched.setattr(notices, "call", dies)
            with pytest.raises(Killed):
                call_overdue(at=late)
        request.refresh_from_db()
        assert request.calls == 0
        assert not Escalation.objects.filter(referral=request).exists()
        call_overdue(at=late)
        request.refresh_from_db()
        assert request.calls == 1
        assert Escalation.objects.filter(referral=request).count() == 1
