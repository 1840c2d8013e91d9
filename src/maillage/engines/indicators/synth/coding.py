"""How a stay is written down: codes, group, severity, tariff, acts; and the faults of files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.engines.indicators.events import Entry, Exit
from maillage.engines.indicators.synth.causes import (
    ASSOCIATED,
    CAUSES,
    GENERIC,
    GENERIC_MEAN,
    NAMES,
    NUMBER,
    SEVERITY,
    SEVERITY_TARIFF,
    Shares,
)
from maillage.engines.indicators.synth.chance import Days, one_of
from maillage.engines.indicators.synth.people import People
from maillage.engines.indicators.synth.stays import ENTRIES, EXITS, Stays

WRONG_MAIN = 0.007
"""Share of stays whose main diagnosis is that of another cause."""

NO_RELATED = 0.10
"""Share of related diagnoses that were left out."""

NO_GROUP = 0.002
"""Share of stays in a group of error (90Z00Z)."""

OVERLAP = 0.003
"""Share of stays that another one, elsewhere, overlaps."""

NO_SITE = 0.002
"""Share of stays of an unknown site."""

NO_COST = 0.01
"""Share of stays without a tariff."""

ERROR_GROUP = "90Z00Z"


class Book:
    """Words met so far, each with its number: arrays hold numbers, files hold words."""

    def __init__(self) -> None:
        self.words: list[str] = [""]
        self._numbers = {"": 0}

    def number(self, word: str) -> int:
        if word not in self._numbers:
            self._numbers[word] = len(self.words)
            self.words.append(word)
        return self._numbers[word]

    def numbers(self, words: list[str]) -> np.ndarray:
        return np.array([self.number(word) for word in words], np.int32)

    def draw(self, rng: np.random.Generator, count: int, shares: Shares) -> np.ndarray:
        """Words of ``shares``, by their numbers."""
        numbers = [self.number(word) for word, _ in shares]
        return one_of(rng, count, numbers, [share for _, share in shares])


@dataclass(slots=True)
class Coded:
    """Stays as written down. Words are numbers of the book; ``cost`` is euros, NaN when absent.
    ``stay`` of the other rows is a position among the stays."""

    main: np.ndarray
    related: np.ndarray
    group: np.ndarray
    cost: np.ndarray
    sessions: np.ndarray
    diagnosis_stay: np.ndarray
    diagnosis_code: np.ndarray
    act_stay: np.ndarray
    act_code: np.ndarray
    act_day: Days


def with_noise(rng: np.random.Generator, known: Stays, sites: int, last_day: int) -> Stays:
    """The stays, plus those that overlap another one, minus some sites: faults of real files that
    a reader must stand. No date is impossible."""
    length = known.leaves - known.enters
    rows = np.flatnonzero((length >= 3) & (rng.random(len(known)) < OVERLAP))
    double = known.take(rows)
    double.enters = (double.enters + 1).astype(np.int32)
    late = np.minimum(double.leaves + rng.integers(-1, 2, len(rows)), last_day)
    final = double.exit == EXITS.index(Exit.DEATH)
    double.leaves = np.where(final, double.leaves - 1, late).astype(np.int32)
    double.exit[final] = EXITS.index(Exit.TRANSFER)
    double.urgent[:] = False
    double.site[:] = rng.integers(0, sites, len(rows))
    whole = Stays.join([known, double])
    whole.site[rng.random(len(whole)) < NO_SITE] = -1
    missing = rng.random(len(whole)) < 0.004
    whole.entry[missing & (whole.entry == ENTRIES.index(Entry.HOME))] = ENTRIES.index(Entry.UNKNOWN)
    return whole.sorted()


def code(rng: np.random.Generator, known: Stays, people: People, book: Book) -> Coded:
    """Write stays down, a cause at a time."""
    size = len(known)
    main, related, group = (np.zeros(size, np.int32) for _ in range(3))
    cost, sessions = np.zeros(size), np.zeros(size, np.int16)
    diagnoses: list[tuple[np.ndarray, np.ndarray]] = []
    acts: list[tuple[np.ndarray, np.ndarray]] = []
    for number in np.unique(known.cause):
        one, rows = CAUSES[NAMES[number]], np.flatnonzero(known.cause == number)
        main[rows] = book.draw(rng, len(rows), one.mains)
        related[rows] = book.draw(rng, len(rows), one.related)
        group[rows], cost[rows] = _group(rng, known, rows, one.group, one.tariff, book)
        sessions[rows] = one.sessions
        for word, share in one.beside:
            mine = rows[rng.random(len(rows)) < share]
            diagnoses.append((mine, np.full(len(mine), book.number(word), np.int32)))
        for word, share in one.acts:
            mine = rows[rng.random(len(rows)) < share]
            acts.append((mine, np.full(len(mine), book.number(word), np.int32)))
    _breast(rng, known, people, related, book)
    _noise(rng, known, (main, related, group, cost), book)
    diagnoses.extend(_chronic(rng, known, people, sessions, book))
    act_stay, act_code = _joined(acts)
    length = (known.leaves - known.enters)[act_stay]
    act_day = known.enters[act_stay] + rng.integers(0, np.minimum(length, 2) + 1)
    return Coded(
        main, related, group, cost, sessions, *_unrepeated(_joined(diagnoses), main, related),
        act_stay, act_code, act_day.astype(np.int32),
    )  # fmt: skip


def _group(
    rng: np.random.Generator, known: Stays, rows: np.ndarray, root: str, tariff: float, book: Book
) -> tuple[np.ndarray, np.ndarray]:
    """Group and tariff: six characters are a whole group, five take the severity of the stay
    (short ones have their own), the empty one stays so (rehabilitation)."""
    if len(root) != 5:
        number = book.number(root)
        return np.full(len(rows), number, np.int32), np.full(len(rows), tariff)
    levels = [level for level, _ in SEVERITY]
    length = known.leaves[rows] - known.enters[rows]
    drawn = one_of(rng, len(rows), range(len(levels)), [share for _, share in SEVERITY])
    short = length == 0
    words = [book.number(root + level) for level in levels]
    brief = "J" if root[2] == "C" else "T"
    group = np.where(short, book.number(root + brief), np.array(words)[drawn])
    weight = np.array([SEVERITY_TARIFF[level] for level in levels])[drawn]
    return group.astype(np.int32), tariff * np.where(short, SEVERITY_TARIFF[brief], weight)


def _breast(
    rng: np.random.Generator, known: Stays, people: People, related: np.ndarray, book: Book
) -> None:
    """Chemotherapy names the tumour that it treats: not always the breast."""
    rows = np.flatnonzero(known.cause == NUMBER["chemotherapy"])
    other = ~people.has("breast-cancer", known.enters[rows], known.who[rows])
    related[rows[other]] = book.draw(
        rng,
        int(other.sum()),
        (("C349", 30), ("C189", 28), ("C259", 12), ("C679", 12), ("C859", 18)),
    )


def _noise(
    rng: np.random.Generator, known: Stays, columns: tuple[np.ndarray, ...], book: Book
) -> None:
    main, related, group, cost = columns
    size = len(known)
    ordinary = np.array([not one.sessions for one in CAUSES.values()])[known.cause]
    wrong = np.flatnonzero(ordinary & (rng.random(size) < WRONG_MAIN))
    main[wrong] = main[rng.permutation(size)[: len(wrong)]] if size else main[wrong]
    related[rng.random(size) < NO_RELATED] = 0
    error = ordinary & (rng.random(size) < NO_GROUP) & (group > 0)
    group[error] = book.number(ERROR_GROUP)
    cost[error | (rng.random(size) < NO_COST)] = np.nan


def _chronic(
    rng: np.random.Generator, known: Stays, people: People, sessions: np.ndarray, book: Book
) -> list[tuple[np.ndarray, np.ndarray]]:
    """What people have besides, when the coder writes it."""
    result = []
    whole = sessions == 0
    for condition, word, share in ASSOCIATED:
        has = whole & people.has(condition, known.enters, known.who)
        rows = np.flatnonzero(has & (rng.random(len(known)) < share))
        result.append((rows, np.full(len(rows), book.number(word), np.int32)))
    nights = whole & (known.leaves > known.enters)
    rows = np.repeat(np.arange(len(known)), rng.poisson(GENERIC_MEAN, len(known)) * nights)
    result.append((rows, book.draw(rng, len(rows), GENERIC)))
    return result


def _joined(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int32)
    return np.concatenate([a for a, _ in parts]), np.concatenate([b for _, b in parts])


def _unrepeated(
    rows: tuple[np.ndarray, np.ndarray], main: np.ndarray, related: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each code once by stay, and none that is main or related already."""
    stay, word = rows
    fresh = (word != main[stay]) & (word != related[stay])
    keys = np.unique(stay[fresh].astype(np.int64) * 100_000 + word[fresh])
    return keys // 100_000, (keys % 100_000).astype(np.int32)
