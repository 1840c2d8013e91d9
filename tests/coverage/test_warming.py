"""What a server process reads ahead, in which order, and when it reads again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from maillage.accounts.permissions import SYSTEM
from maillage.coverage import actions
from maillage.coverage.models import Proof
from maillage.coverage.queries import tables, warming
from tests.coverage.conftest import Tiny
from tests.coverage.proving import NEXT_YEAR, NOW, TODAY, build_inhabited, change


@pytest.fixture
def place(db: None) -> Tiny:
    tables.forget_proofs()
    return build_inhabited()


def proved(at: Any = NOW) -> Proof:
    asked = actions.ask_for_proof(
        first_day=TODAY, last_day=NEXT_YEAR, kept_current=True, by=SYSTEM, at=at
    )
    return actions.prove_coverage(proof=asked, at=at)


def kinds(found: warming.Warming) -> list[str]:
    return sorted(str(key[0]) for key in found.done)


def warmed(pauses: list[float] | None = None) -> warming.Warming:
    kept = pauses if pauses is not None else []
    return warming.Warming(clock=lambda: NOW, pause=kept.append)


def test_one_round_reads_everything_and_the_next_nothing(
    place: Tiny, django_assert_num_queries: Callable[..., Any]
) -> None:
    proof = proved()
    pauses: list[float] = []
    process = warmed(pauses)
    assert process.round() == 6
    assert kinds(process) == ["evidence", "ground", "kernels", "map", "network", "tables"]
    assert pauses == [warming.BREATH_S] * 6
    # What pages ask for is there: no query any more, and the evidence is compiled.
    with django_assert_num_queries(0):
        tables.load_tables(proof)
        tables.load_evidence(proof)
    assert process.round() == 0


def test_a_new_proof_and_a_changed_territory_are_read_at_the_next_round(place: Tiny) -> None:
    proved()
    process = warmed()
    process.round()
    change(NOW + timedelta(minutes=1))
    before = set(process.done)
    assert process.round() == 3
    assert {key[0] for key in process.done - before} == {"network", "map", "ground"}
    newer = proved(NOW + timedelta(minutes=2))
    before = set(process.done)
    assert process.round() == 2
    assert {key[:2] for key in process.done - before} == {
        ("tables", newer.pk), ("evidence", newer.pk)
    }  # fmt: skip


def test_without_a_proof_the_questions_are_made_ready_all_the_same(place: Tiny) -> None:
    process = warmed()
    process.round()
    assert kinds(process) == ["kernels", "map", "network"]


def test_what_fails_is_told_and_does_not_stop_the_rest(
    place: Tiny, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    proved()

    def damaged(proof: Proof) -> None:
        raise ValueError("damaged")

    monkeypatch.setattr(warming, "load_tables", damaged)
    process = warmed()
    assert process.round() == 6
    assert "could not be: tables" in caplog.text
    assert process.round() == 0


def test_a_database_that_is_away_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def away(*, at: Any) -> list[Any]:
        tried.append(1)
        raise OperationalError("away")

    monkeypatch.setattr(warming, "list_tasks", away)
    monkeypatch.setattr(warming.connections, "close_all", lambda: None)
    warmed().run(goes_on=lambda: len(tried) < 3)
    assert len(tried) == 3


def test_two_who_ask_for_the_same_proof_at_once_read_it_once() -> None:
    kept: tables._Kept[str] = tables._Kept(2)
    made: list[int] = []
    begun, go_on = threading.Event(), threading.Event()
    proof = Proof(pk=1)

    def make() -> str:
        made.append(1)
        begun.set()
        assert go_on.wait(10)
        return "read"

    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(kept.get(proof, make))) for _ in range(2)
    ]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert found == ["read", "read"]
    assert len(made) == 1


def test_neither_tests_nor_commands_read_ahead() -> None:
    from django.conf import settings

    assert settings.READ_AHEAD is False
    assert not [t for t in threading.enumerate() if t.name == "read-ahead"]
