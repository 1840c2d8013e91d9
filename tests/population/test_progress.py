"""One bar for a job of several parts: it never goes back, and says what is being done."""

from __future__ import annotations

import pytest

from maillage.population.rules.progress import EXAMPLE, SCALE, Whole

Told = list[tuple[int, int, str]]


def listening() -> tuple[Told, Whole]:
    told: Told = []
    return told, Whole(lambda *said: told.append(said), {"a": 60, "b": 30, "c": 10})


def test_parts_follow_each_other_on_one_bar() -> None:
    told, whole = listening()
    first, second, last = (whole.part(name) for name in "abc")
    assert first is not None
    assert second is not None
    assert last is not None
    first(0, 4, "Lecture")
    first(2, 4, "Lecture")
    second(0, 200, "Calcul")
    second(100, 200, "Calcul")
    last(1, 1, "Fin")
    assert [done for done, _, _ in told] == [0, 300, 600, 750, SCALE]
    assert {total for _, total, _ in told} == {SCALE}
    assert told[-1][2] == "Fin"


def test_a_part_that_grows_or_does_not_know_draws_nothing_back() -> None:
    told, whole = listening()
    first, second = whole.part("a"), whole.part("b")
    assert first is not None
    assert second is not None
    first(9, 10, "Lecture")
    first(9, 20, "Lecture")  # there was more to do than it knew
    first(0, 0, "Lecture")  # it does not know
    second(0, 0, "Contrôles")
    second(12, 10, "Contrôles")  # more than all
    done = [one for one, _, _ in told]
    assert done == sorted(done)
    assert done[-1] == 900


def test_whole_bars_are_parts_of_another() -> None:
    told: Told = []
    outer = Whole(lambda *said: told.append(said), EXAMPLE)
    for name in EXAMPLE:
        inner = Whole(outer.part(name), {"a": 1, "b": 1})
        for part in "ab":
            report = inner.part(part)
            assert report is not None
            for done in range(11):
                report(done, 10, part)
    seen = [done for done, _, _ in told]
    assert seen == sorted(seen)
    assert seen[-1] == SCALE


def test_nobody_listens_and_nothing_is_told() -> None:
    assert Whole(None, {"a": 1}).part("a") is None
    with pytest.raises(ValueError, match="b"):
        Whole(print, {"a": 1}).part("b")
