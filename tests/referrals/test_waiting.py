"""How long is left, in words, on fixed instants; the acts' hours as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from maillage.referrals.enums import State
from maillage.referrals.forms.acts import read_instant
from maillage.referrals.rules.meetings import missing_specialties, read_lines
from maillage.referrals.rules.waiting import STATE_LEVELS, time_left
from maillage.vocabulary.errors import Invalid

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
"""Sunday, half past three in Paris."""


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (12, "il reste 12 min, avant 3 h 42"),
        (0.5, "il reste moins d'une minute, avant 3 h 30"),
        (65, "il reste 1 h 05, avant 4 h 35"),
        (-8, "en retard de 8 min, attendu à 3 h 22"),
        (24 * 60, "il reste 24 h, avant demain 3 h 30"),
        (-5 * 60, "en retard de 5 h, attendu hier 22 h 30"),
        (3 * 24 * 60, "il reste 3 jours, avant le mercredi 25 novembre à 3 h 30"),
        (-3 * 24 * 60, "en retard de 3 jours, attendu le jeudi 19 novembre à 3 h 30"),
        (60 * 24 * 60, "il reste 60 jours, avant le jeudi 21 janvier 2027 à 3 h 30"),
    ],
)
def test_what_is_left(minutes: float, words: str) -> None:
    left = time_left(NOW + timedelta(minutes=minutes), NOW)
    assert left.words.replace("\xa0", " ") == words
    assert left.is_late == (minutes < 0)


@pytest.mark.parametrize(("left", "level"), [(16, "ok"), (15, "limit"), (0, "limit"), (-1, "late")])
def test_the_last_quarter_is_the_limit(left: int, level: str) -> None:
    due = NOW + timedelta(minutes=left)
    assert time_left(due, NOW, started_at=due - timedelta(minutes=60)).level == level


def test_every_state_has_its_colour() -> None:
    assert set(STATE_LEVELS) == set(State)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        ("dans 45 min", 45),
        ("45 min", 45),
        ("dans 1 h 30", 90),
        ("dans 2 heures", 120),
        ("4h15", 45),
        ("demain 3h30", 24 * 60),
    ],
)
def test_hours_as_people_type_them(typed: str, minutes: int) -> None:
    assert read_instant(typed, NOW) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize("typed", ["bientôt", "dans longtemps", "25h", "x" * 200])
def test_what_is_no_hour(typed: str) -> None:
    with pytest.raises(Invalid):
        read_instant(typed, NOW)


def test_a_quorum_ignores_case_and_spaces() -> None:
    present = [{"name": "Dr Un", "specialty": " chirurgie "}, {"name": "", "specialty": "Onco"}]
    assert missing_specialties(["Chirurgie", "Onco"], present) == ["Onco"]
    assert read_lines(" a \n\nb\na") == ["a", "b"]
