"""Stays: who is admitted when, what follows, where, and how the file says it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.engines.indicators.events import Entry, Exit
from maillage.engines.indicators.synth import space as places_truth
from maillage.engines.indicators.synth.causes import (
    AVOIDABLE,
    CAUSES,
    HEART_FAILURE,
    NAMES,
    NUMBER,
)
from maillage.engines.indicators.synth.chance import (
    NEVER,
    Days,
    happenings,
    latest_before,
    one_of_row,
    season,
)
from maillage.engines.indicators.synth.people import People
from maillage.engines.indicators.synth.reasons import planned_stays, single_stays
from maillage.engines.indicators.synth.space import Need, Structure

NEEDS = tuple(Need)
ENTRIES = tuple(Entry)
EXITS = tuple(Exit)
GENERAL = NEEDS.index(Need.GENERAL)
UNKNOWN_SITE = -1


@dataclass(slots=True)
class Stays:
    """One array by trait, one entry by stay. ``cause`` is a position in ``causes.NAMES``, ``site``
    a position among the sites, ``entry`` and ``exit`` positions in their enumerations."""

    who: np.ndarray
    enters: Days
    leaves: Days
    cause: np.ndarray
    urgent: np.ndarray
    site: np.ndarray
    entry: np.ndarray
    exit: np.ndarray

    def __len__(self) -> int:
        return len(self.who)

    def take(self, rows: np.ndarray) -> Stays:
        """These rows, by position or by truth."""
        return Stays(*(getattr(self, name)[rows] for name in self.__slots__))

    def sorted(self) -> Stays:
        return self.take(np.lexsort((self.leaves, self.enters, self.who)))

    @classmethod
    def join(cls, parts: list[Stays]) -> Stays:
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in cls.__slots__))


def stays(rng: np.random.Generator, people: People, space: Structure) -> Stays:
    """All stays of these people, sorted by person and day, in their sites, without noise."""
    begun = [_admit(rng, who, when, cause) for who, when, cause in _first(rng, people, space)]
    wave = Stays.join(begun)
    parts = [wave]
    for _ in range(2):
        wave = _again(rng, wave, people, space)
        parts.append(wave)
    known = _within(Stays.join(parts), people)
    known = Stays.join([_before_death(known, people), _last_days(rng, people)]).sorted()
    known = _one_at_a_time(known)
    known.site[:] = _sites(rng, known, people, space)
    return _transfers(rng, known, people, space)


def _first(
    rng: np.random.Generator, people: People, space: Structure
) -> list[tuple[np.ndarray, Days, str]]:
    """Stays that no other stay brings about."""
    avoidable = space.factor(space.avoidable, places_truth.AVOIDABLE_FACTOR)[people.home]
    result = []
    for name, rate, since in planned_stays(people):
        one = CAUSES[name]
        factor = avoidable if name in AVOIDABLE else 1.0
        weights = season(one.peak, one.strength) if one.strength else None
        result.append((*happenings(rng, rate * factor, since, people.stops, weights), name))
    result.extend(single_stays(rng, people))
    return result


def _admit(rng: np.random.Generator, who: np.ndarray, when: Days, name: str) -> Stays:
    """Stays of one cause that begin on these days."""
    one, size = CAUSES[name], len(who)
    length = np.zeros(size, np.int32)
    if one.days > 0:
        shape = 1.7
        length = np.minimum(rng.gamma(shape, one.days / shape, size), 120).astype(np.int32)
    return Stays(
        who=who.astype(np.int64),
        enters=when.astype(np.int32),
        leaves=(when + length).astype(np.int32),
        cause=np.full(size, NUMBER[name], np.int16),
        urgent=rng.random(size) < one.urgent,
        site=np.full(size, UNKNOWN_SITE, np.int32),
        entry=np.full(size, ENTRIES.index(Entry.BIRTH if name == "newborn" else Entry.HOME), "i1"),
        exit=np.full(size, EXITS.index(Exit.HOME), np.int8),
    )


_AGAIN = np.array([CAUSES[name].again for name in NAMES])
_IS_HEART = np.array([name in HEART_FAILURE for name in NAMES])
_IS_SESSION = np.array([CAUSES[name].sessions > 0 for name in NAMES])


def _again(rng: np.random.Generator, wave: Stays, people: People, space: Structure) -> Stays:
    """The urgent stays that follow within 30 days, the sooner the likelier."""
    hot = space.factor(space.readmission, places_truth.READMISSION_FACTOR)
    commune = people.commune(wave.who, wave.leaves)
    risk = _AGAIN[wave.cause] * np.where(_IS_HEART[wave.cause], hot[commune], 1.0)
    risk = risk * np.clip(0.6 + 0.4 * people.care[wave.who], 0.5, 1.8)
    rows = np.flatnonzero(rng.random(len(wave)) < risk)
    wait = 1 + np.minimum(rng.exponential(11.0, len(rows)), 29).astype(np.int32)
    when = wave.leaves[rows] + wait
    same = rng.random(len(rows)) < 0.6
    other = np.array([NUMBER[name] for name in ("pneumonia", "urinary", "fall", "kidney")])
    cause = np.where(same, wave.cause[rows], other[rng.integers(0, len(other), len(rows))])
    parts = []
    for number in np.unique(cause):
        mine = cause == number
        name = NAMES[number]
        if name in ("delivery", "newborn", "rehabilitation", "cataract", "endoscopy"):
            name = "urinary"
        stay = _admit(rng, wave.who[rows][mine], when[mine], name)
        stay.urgent[:] = rng.random(len(stay)) < 0.8
        parts.append(stay)
    return Stays.join(parts) if parts else wave.take(np.zeros(0, int))


def _within(known: Stays, people: People) -> Stays:
    """Stays that begin while their person is seen; those still open at the end are not in yet."""
    who = known.who
    seen = (known.enters >= people.starts[who]) & (known.enters < people.stops[who])
    return known.take(seen & (known.leaves < people.period.stops))


def _before_death(known: Stays, people: People) -> Stays:
    """Nobody leaves alive after the day of death: such stays are those of the last days."""
    return known.take(known.leaves < people.died[known.who])


def _last_days(rng: np.random.Generator, people: People) -> Stays:
    """The stays in which people die: a little over half of deaths."""
    dying = (people.died < people.period.stops) & (people.left == NEVER)
    who = np.flatnonzero(dying & (rng.random(len(people)) < 0.54))
    day = people.died[who]
    cause = np.full(len(who), NUMBER["pneumonia"], np.int16)
    u = rng.random(len(who))
    for name, condition, share in (
        ("confusion", "dementia", 0.15),
        ("heart-failure", "heart-failure", 0.22),
        ("stroke", "stroke", 0.30),
        ("copd", "copd", 0.25),
        ("palliative", "other-cancer", 0.75),
    ):
        cause[people.has(condition, day, who) & (u < share)] = NUMBER[name]
        u = rng.random(len(who))
    parts = []
    for number in np.unique(cause):
        mine = who[cause == number]
        stay = _admit(rng, mine, people.died[mine], NAMES[number])
        length = stay.leaves - stay.enters
        stay.leaves[:] = people.died[mine]
        stay.enters[:] = np.maximum(people.died[mine] - length, people.starts[mine])
        stay.urgent[:] = rng.random(len(mine)) < 0.7
        stay.exit[:] = EXITS.index(Exit.DEATH)
        parts.append(stay)
    return Stays.join(parts) if parts else _admit(rng, who, day, "pneumonia")


def _one_at_a_time(known: Stays) -> Stays:
    """A person is in one bed: stays that begin while another is open are left out, except sessions
    and the last days, which win over what they meet."""
    session = _IS_SESSION[known.cause]
    final = known.exit == EXITS.index(Exit.DEATH)
    last_entry = np.full(int(known.who.max(initial=0)) + 1, NEVER, np.int32)
    last_entry[known.who[final]] = known.enters[final]
    kept = final | (known.leaves < last_entry[known.who])
    known, session, final = known.take(kept), session[kept], final[kept]
    for _ in range(3):
        ends = np.where(session, -1, known.leaves)
        free = session | final | (known.enters > latest_before(known.who, ends))
        if free.all():
            break
        known, session, final = known.take(free), session[free], final[free]
    return known


def _sites(rng: np.random.Generator, known: Stays, people: People, space: Structure) -> np.ndarray:
    """A site by distance, size and need; urgent stays go to a site with emergencies."""
    need = np.array([NEEDS.index(CAUSES[name].need) for name in NAMES])[known.cause]
    urgent = known.urgent & (need == GENERAL)
    need = np.where(urgent, NEEDS.index(Need.EMERGENCY), need)
    # One planned stay in twelve is sought far away, at a university hospital.
    far = (need == GENERAL) & (rng.random(len(known)) < 0.08)
    need = np.where(far, NEEDS.index(Need.UNIVERSITY), need)
    commune = people.commune(known.who, known.enters)
    return choose(rng, need, commune, space)


def choose(
    rng: np.random.Generator, need: np.ndarray, commune: np.ndarray, space: Structure
) -> np.ndarray:
    site = np.zeros(len(need), np.int32)
    for number in np.unique(need):
        mine = need == number
        site[mine] = one_of_row(rng, space.choice[NEEDS[number]], commune[mine])
    return site


def _transfers(rng: np.random.Generator, known: Stays, people: People, space: Structure) -> Stays:
    """Stays cut in two or three: moved up on the day or soon, moved back, on to rehabilitation."""
    moves = np.array([CAUSES[name].moves_up for name in NAMES])[known.cause]
    alive = known.exit == EXITS.index(Exit.HOME)
    rows = np.flatnonzero(alive & (rng.random(len(known)) < moves))
    up = np.array([NEEDS.index(CAUSES[name].up) for name in NAMES])[known.cause[rows]]
    commune = people.commune(known.who[rows], known.enters[rows])
    goal = choose(rng, up, commune, space)
    rows, goal = rows[goal != known.site[rows]], goal[goal != known.site[rows]]
    length = known.leaves[rows] - known.enters[rows]
    wait = np.minimum(rng.integers(0, 3, len(rows)), length).astype(np.int32)
    wait[rng.random(len(rows)) < 0.4] = 0
    second = known.take(rows)
    second.enters = (second.enters + wait).astype(np.int32)
    second.site[:], second.urgent[:] = goal, False
    second.entry[:] = ENTRIES.index(Entry.TRANSFER)
    known.leaves[rows] = second.enters
    known.exit[rows] = EXITS.index(Exit.TRANSFER)
    third = _returns(rng, second, known.site[rows])
    whole = Stays.join([known, second, third])
    return Stays.join([whole, _rehabilitation(rng, whole, people, space)]).sorted()


def _returns(rng: np.random.Generator, second: Stays, home_site: np.ndarray) -> Stays:
    """One in four goes back to where it began, after half of the stay above."""
    length = second.leaves - second.enters
    rows = np.flatnonzero((rng.random(len(second)) < 0.25) & (length >= 4))
    third = second.take(rows)
    third.enters = (third.enters + length[rows] // 2).astype(np.int32)
    third.site[:] = home_site[rows]
    second.leaves[rows] = third.enters
    second.exit[rows] = EXITS.index(Exit.TRANSFER)
    return third


def _rehabilitation(
    rng: np.random.Generator, known: Stays, people: People, space: Structure
) -> Stays:
    """Stays that go on, the same day, in a rehabilitation site."""
    share = np.array([CAUSES[name].rehabilitation for name in NAMES])[known.cause]
    home = known.exit == EXITS.index(Exit.HOME)
    rows = np.flatnonzero(home & (rng.random(len(known)) < share))
    after = _admit(rng, known.who[rows], known.leaves[rows], "rehabilitation")
    ordered = known.sorted()
    nexts = _next_entry(ordered, after)
    stops = np.minimum(people.stops[after.who], nexts) - 1
    fits = stops - after.enters > 3
    rows, after, stops = rows[fits], after.take(fits), stops[fits]
    after.leaves = np.minimum(after.leaves, stops).astype(np.int32)
    after.entry[:] = ENTRIES.index(Entry.TRANSFER)
    known.exit[rows] = EXITS.index(Exit.TRANSFER)
    need = np.full(len(rows), NEEDS.index(Need.REHABILITATION))
    after.site[:] = choose(rng, need, people.commune(after.who, after.enters), space)
    return after


def _next_entry(ordered: Stays, after: Stays) -> Days:
    """The next day of entry of the same person after each of these, ``NEVER`` without."""
    span = np.int64(2**31)
    keys = ordered.who * span + ordered.enters
    at = np.searchsorted(keys, after.who * span + after.enters, side="right")
    inside = np.minimum(at, len(keys) - 1)
    same = (at < len(keys)) & (ordered.who[inside] == after.who)
    return np.where(same, ordered.enters[inside], NEVER).astype(np.int32)
