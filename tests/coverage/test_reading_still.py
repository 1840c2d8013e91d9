"""A network is read at one revision of the territory, or read again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from maillage.agreements.models import Clause
from maillage.coverage.queries import network as module
from maillage.vocabulary.errors import Refusal
from tests.coverage.conftest import Tiny

AT = datetime(2021, 3, 4, 10, tzinfo=UTC)


@pytest.fixture
def meddling(tiny: Tiny, mark_change: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> list:
    """An act is committed during each of the first readings, after the clauses were read; the
    list says what is left to do."""
    left: list[str] = []
    usual = module.load_names

    def load_names(network: object) -> object:
        if left:
            Clause.objects.filter(pk=tiny.clause.pk).update(slug=left.pop())
            mark_change()
        return usual(network)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "load_names", load_names)
    return left


def test_what_moved_meanwhile_is_read_again(meddling: list) -> None:
    meddling += ["last-2017", "next-2017"]
    loaded = module.load_network(AT)
    assert not meddling
    assert {clause.id.partition("@")[0] for clause in loaded.network.clauses} == {"last-2017"}
    assert loaded.revision == module.get_revision()


def test_a_territory_that_never_stands_still_is_told(meddling: list) -> None:
    meddling += [f"clause-{number}" for number in range(module.MOST_READINGS)]
    with pytest.raises(Refusal, match="en train de changer"):
        module.load_network(AT)


def test_a_whole_network_is_read_at_one_revision_too(
    tiny: Tiny, mark_change: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    left, usual = [1], module.get_travel_source

    def get_travel_source() -> object:
        if left:
            left.pop()
            Clause.objects.filter(pk=tiny.clause.pk).update(slug="moved-2017")
            mark_change()
        return usual()

    monkeypatch.setattr(module, "get_travel_source", get_travel_source)
    whole = module.load_full_network(date(2021, 1, 1), date(2021, 2, 1))
    assert {clause.id.partition("@")[0] for clause in whole.clauses} == {"moved-2017"}
