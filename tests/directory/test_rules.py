"""Hours, memberships, authorisations: decisions on values in hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.directory.enums import AuthorisationState
from maillage.directory.rules.hours import (
    Exceptional,
    Window,
    hours_in_short,
    hours_in_words,
    is_open,
    next_change,
    soon_in_words,
    week_table,
    windows_clash,
)
from maillage.directory.rules.periods import (
    Stay,
    ages_in_words,
    authorisation_on,
    in_words,
    membership_clashes,
    overlapping,
)
from maillage.vocabulary.calendar import PARIS, parse_instant, public_holidays

WEEK = [Window(day, 480, 1110, "closed") for day in range(1, 6)]


@pytest.mark.parametrize(
    ("windows", "words", "short"),
    [
        ([], [], []),
        (
            WEEK,
            ["Du lundi au vendredi, de 8 h à 18 h 30, sauf jours fériés."],
            ["lun–ven 8 h–18 h 30 (sauf fériés)"],
        ),
        (
            [Window(day, 0, 1440, "open") for day in range(1, 8)],
            ["Tous les jours, 24 h sur 24, jours fériés compris."],
            ["24 h/24, 7 j/7"],
        ),
        (
            [
                Window(1, 480, 720, "open"),
                Window(1, 840, 1080, "open"),
                Window(3, 480, 720, "open"),
            ],
            [
                "Le lundi, de 8 h à 12 h et de 14 h à 18 h, jours fériés compris.",
                "Le mercredi, de 8 h à 12 h, jours fériés compris.",
            ],
            ["lun 8 h–12 h, 14 h–18 h", "mer 8 h–12 h"],
        ),
        (
            [*WEEK, *(Window(day, 540, 720, "only") for day in range(1, 8))],
            [
                "Du lundi au vendredi, de 8 h à 18 h 30, sauf jours fériés.",
                "Les jours fériés, de 9 h à 12 h.",
            ],
            ["lun–ven 8 h–18 h 30 (sauf fériés)", "fériés 9 h–12 h"],
        ),
        (
            [Window(1, 480, 720, "closed"), Window(1, 720, 1080, "closed")],
            ["Le lundi, de 8 h à 18 h, sauf jours fériés."],
            ["lun 8 h–18 h (sauf fériés)"],
        ),
    ],
)
def test_hours_in_words(windows: list[Window], words: list[str], short: list[str]) -> None:
    assert hours_in_words(windows) == words
    assert [line.replace("\u00a0", " ") for line in hours_in_short(windows)] == short


def test_the_table_of_a_week_tells_holidays_apart() -> None:
    rows = {day: (ordinary, holiday) for day, ordinary, holiday in week_table(WEEK)}
    assert rows["Lundi"] == ("De 8 h à 18 h 30", "Fermé")
    assert rows["Dimanche"] == ("Fermé", "Fermé")


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (Window(1, 480, 720, "open"), Window(1, 720, 800, "open"), False),
        (Window(1, 480, 720, "open"), Window(1, 719, 800, "open"), True),
        (Window(1, 480, 720, "open"), Window(2, 480, 720, "open"), False),
        (Window(1, 480, 720, "closed"), Window(1, 480, 720, "only"), False),
        (Window(1, 480, 720, "open"), Window(1, 480, 720, "only"), True),
        (Window(1, 480, 720, "closed"), Window(1, 500, 600, "open"), True),
    ],
)
def test_windows_that_count_on_the_same_minute(one: Window, other: Window, clash: bool) -> None:
    assert windows_clash(one, other) is clash
    assert windows_clash(other, one) is clash


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T08:00", True),
        ("2026-11-23T07:59", False),
        ("2026-11-23T18:29", True),
        ("2026-11-23T18:30", False),
        ("2026-11-22T10:00", False),
        ("2026-07-14T10:00", False),
    ],
)
def test_open_by_the_week(at: str, expected: bool) -> None:
    assert is_open(WEEK, [], parse_instant(at)) is expected


def test_a_closure_prevails_over_an_opening_which_prevails_over_the_week() -> None:
    at = parse_instant("2026-11-23T10:00")
    around = at - timedelta(hours=1), at + timedelta(hours=1)
    assert not is_open(WEEK, [Exceptional("closed", *around)], at)
    assert is_open([], [Exceptional("open", *around)], at)
    assert not is_open([], [Exceptional("open", *around), Exceptional("closed", *around)], at)
    assert is_open(WEEK, [Exceptional("closed", around[0], at)], at)  # its end is out


def test_both_passes_of_the_repeated_hour_count() -> None:
    """Sunday 25 October 2026: 02:00 to 03:00 comes twice."""
    night = [Window(7, 0, 150, "open")]
    first = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    assert is_open(night, [], first)
    assert next_change(night, [], first) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    between = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
    assert not is_open(night, [], between)
    assert next_change(night, [], between) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert is_open(night, [], datetime(2026, 10, 25, 1, 10, tzinfo=UTC))


def test_a_window_over_the_skipped_hour_closes_when_the_clock_jumps() -> None:
    """Sunday 29 March 2026: 02:00 does not exist."""
    night = [Window(7, 0, 150, "open")]
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert next_change(night, [], before) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def naive_is_open(windows: list[Window], exceptions: list[Exceptional], at: datetime) -> bool:
    """The same question, minute by minute, written another way."""
    running = [one.state for one in exceptions if one.starts_at <= at < one.ends_at]
    if running:
        return "closed" not in running
    local = at.astimezone(PARIS)
    for window in windows:
        if local.isoweekday() != window.weekday:
            continue
        if window.opens <= local.hour * 60 + local.minute < window.closes:
            holiday = local.date() in public_holidays(local.year)
            if window.holidays == "open" or (window.holidays == "only") == holiday:
                return True
    return False


some_windows = st.lists(
    st.tuples(
        st.integers(1, 7),
        st.integers(0, 47),
        st.integers(1, 48),
        st.sampled_from(["open", "closed", "only"]),
    )
    .filter(lambda one: one[1] < one[2])
    .map(lambda one: Window(one[0], one[1] * 30, one[2] * 30, one[3])),
    max_size=5,
)
starts = st.sampled_from(
    [
        datetime(2026, 3, 28, 20, 0, tzinfo=UTC),
        datetime(2026, 10, 24, 20, 0, tzinfo=UTC),
        datetime(2026, 5, 1, 0, 0, tzinfo=UTC),
        datetime(2026, 12, 24, 12, 0, tzinfo=UTC),
    ]
)
some_exceptions = st.lists(
    st.tuples(
        st.sampled_from(["open", "closed"]), st.integers(0, 100), st.integers(1, 60), starts
    ).map(
        lambda one: Exceptional(
            one[0],
            one[3] + timedelta(minutes=30 * one[1]),
            one[3] + timedelta(minutes=30 * (one[1] + one[2])),
        )
    ),
    max_size=3,
)


@given(some_windows, some_exceptions, starts)
def test_next_change_is_the_first_minute_that_differs(
    windows: list[Window], exceptions: list[Exceptional], start: datetime
) -> None:
    now = naive_is_open(windows, exceptions, start)
    assert is_open(windows, exceptions, start) is now
    step = timedelta(minutes=30)  # everything here starts and ends on a half-hour
    moments = (start + step * rank for rank in range(1, 2 * 24 * 9))
    expected = next((m for m in moments if naive_is_open(windows, exceptions, m) != now), None)
    found = next_change(windows, exceptions, start)
    if expected is None:
        assert found is None or found >= start + timedelta(days=8)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-22T08:00", "8 h"),
        ("2026-11-23T08:30", "demain 8 h 30"),
        ("2026-11-24T08:00", "mardi 8 h"),
        ("2026-11-29T08:00", "29 novembre 8 h"),
        ("2027-01-01T08:00", "1er janvier 2027 8 h"),
    ],
)
def test_an_instant_near_another(moment: str, words: str) -> None:
    assert soon_in_words(parse_instant(moment), parse_instant("2026-11-22T03:00")) == words


DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))
STAYS = st.lists(
    st.tuples(st.sampled_from("ab"), DAYS, st.integers(1, 30), st.booleans()).map(
        lambda one: Stay(one[0], one[1], None if one[3] else one[1] + timedelta(days=one[2]))
    ),
    max_size=6,
)


@given(STAYS)
def test_overlaps_are_found_exactly_when_two_periods_share_a_day(stays: list[Stay]) -> None:
    expected = any(
        one.owner == other.owner and one.period.overlaps(other.period)
        for place, one in enumerate(stays)
        for other in stays[:place]
    )
    found = list(overlapping(stays))
    assert bool(found) is expected
    assert all(one.period.overlaps(other.period) for one, other in found)


def test_an_establishment_is_party_to_one_ght_at_a_time() -> None:
    """CSP, art. L6132-1."""
    kinds = {"g1": "GHT", "g2": "GHT", "cpts": "CPTS"}
    stays = {
        ("g1", "ch", date(2016, 7, 1)): (date(2022, 11, 14), "PARTY", 2),
        ("g2", "ch", date(2022, 11, 14)): (None, "PARTY", 3),
        ("cpts", "ch", date(2020, 1, 1)): (None, "PARTY", 4),
    }
    assert list(membership_clashes(stays, kinds)) == []
    stays["g2", "ch", date(2022, 11, 14)] = (None, "PARTY", None)
    stays["g1", "ch", date(2016, 7, 1)] = (None, "PARTY", 2)
    (clash,) = membership_clashes(stays, kinds)
    assert clash.row == 2
    assert "g2" in clash.message
    stays["g1", "ch", date(2016, 7, 1)] = (None, "ASSOCIATE", 2)
    assert list(membership_clashes(stays, kinds)) == []


@pytest.mark.parametrize(
    ("periods", "state", "until"),
    [
        ([], AuthorisationState.NONE, None),
        ([(date(2020, 1, 1), None)], AuthorisationState.IN_FORCE, None),
        ([(date(2020, 1, 1), date(2027, 1, 1))], AuthorisationState.ENDING, date(2027, 1, 1)),
        ([(date(2020, 1, 1), date(2030, 1, 1))], AuthorisationState.IN_FORCE, date(2030, 1, 1)),
        (
            [(date(2020, 1, 1), date(2027, 1, 1)), (date(2027, 1, 1), None)],
            AuthorisationState.IN_FORCE,
            None,
        ),
        (
            [(date(2020, 1, 1), date(2027, 1, 1)), (date(2027, 1, 2), None)],
            AuthorisationState.ENDING,
            date(2027, 1, 1),
        ),
        ([(date(2020, 1, 1), date(2026, 11, 22))], AuthorisationState.ENDED, date(2026, 11, 22)),
        ([(date(2026, 11, 23), None)], AuthorisationState.FUTURE, None),
    ],
)
def test_what_authorisations_say_of_a_day(
    periods: list[tuple[date, date | None]], state: AuthorisationState, until: date | None
) -> None:
    fact = authorisation_on(periods, date(2026, 11, 22))
    assert (fact.state, fact.until) == (state, until)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, None, "Tous âges"),
        (15, None, "À partir de 15 ans"),
        (0, 15, "Moins de 15 ans"),
        (0, 1, "Moins de 1 an"),
        (15, 75, "De 15 à 74 ans"),
    ],
)
def test_ages_in_words(low: int, high: int | None, words: str) -> None:
    assert ages_in_words(low, high) == words


def test_periods_in_words() -> None:
    assert in_words(Stay("x", date(2016, 7, 1), None)) == "depuis le 1er juillet 2016"
    stay = Stay("x", date(2016, 7, 1), date(2022, 11, 14))
    assert in_words(stay) == "du 1er juillet 2016 au 14 novembre 2022"
