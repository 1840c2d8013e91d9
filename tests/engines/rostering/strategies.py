"""Random problems and rosters, small enough to be judged by hand and full of edges.

Hours are few and the same everywhere, and duties cross midnight, so that overlaps, rests and
windows meet their bounds exactly.
"""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from maillage.engines.rostering.problem import (
    DAY_MINUTES,
    Absence,
    Limit,
    Person,
    Problem,
    Rest,
    Rhythm,
    Roster,
    Share,
    Slot,
    Succession,
    Term,
)

LINES = ("cardio", "chir", "rea")
SITES = ("arras", "lens")
COUNTERS = ("duties", "nights", "half_days")
TERRITORY = ((Term.UNDER,), (Term.SHARES,), (Term.WISHES, Term.CHANGES))
ONE_LEVEL = ((Term.UNDER, Term.OVER, Term.WISHES),)


@st.composite
def slots(draw: st.DrawFn, name: str, day: int, *, many: bool = False) -> Slot:
    """A duty that starts on that day and lasts 4 to 26 hours."""
    starts = day * DAY_MINUTES + 60 * draw(st.sampled_from([0, 4, 8, 12, 18, 20]))
    counts = draw(st.dictionaries(st.sampled_from(COUNTERS), st.integers(0, 2), max_size=3))
    return Slot(
        id=name,
        line=draw(st.sampled_from(LINES)),
        day=day,
        starts=starts,
        ends=starts + 60 * draw(st.sampled_from([4, 8, 12, 13, 14, 24, 26])),
        required=draw(st.integers(0, 2)) if many else 1,
        under=draw(st.integers(1, 3)),
        over=draw(st.sampled_from([None, 0, 5])) if many else None,
        site=draw(st.sampled_from(SITES)),
        counts=counts,
    )


@st.composite
def absences(draw: st.DrawFn, days: int) -> Absence:
    """Leave, of any minutes, none included."""
    starts = 60 * 4 * draw(st.integers(-6, days * 6))
    return Absence(
        starts,
        starts + 60 * 4 * draw(st.integers(0, 12)),
        draw(st.sampled_from(["leave", "exempt", "elsewhere"])),
        draw(st.frozensets(st.sampled_from(LINES), max_size=2)),
        draw(st.booleans()),
    )


@st.composite
def limits(draw: st.DrawFn, days: int, *, minima: bool = True) -> Limit:
    """Limits inside the horizon, before it and beyond it, rolling or not."""
    first = draw(st.integers(-3, days))
    return Limit(
        counter=draw(st.sampled_from(COUNTERS)),
        rule=draw(st.sampled_from(["five", "hours", "half_days"])),
        first_day=first,
        last_day=first + draw(st.integers(1, days + 3)),
        maximum=draw(st.none() | st.integers(0, 4)),
        minimum=draw(st.none() | st.integers(0, 3)) if minima else None,
        rolling=draw(st.none() | st.integers(1, days + 1)),
        carried=draw(st.integers(0, 2)),
        negotiable=draw(st.booleans()),
    )


@st.composite
def people(
    draw: st.DrawFn, name: str, days: int, slot_ids: list[str], *, minima: bool = True
) -> Person:
    """Somebody with a few rules of each kind."""
    some_slots = st.frozensets(st.sampled_from([*slot_ids, "gone"]), max_size=2)
    points = st.dictionaries(st.sampled_from([*slot_ids, "gone"]), st.integers(-3, 3), max_size=3)
    few = st.none() | st.integers(1, 3)
    before = [draw(slots(f"{name}-before", -1))] if draw(st.booleans()) else []
    return Person(
        id=name,
        lines=draw(st.frozensets(st.sampled_from(LINES), min_size=1)),
        absences=tuple(draw(st.lists(absences(days), max_size=2))),
        limits=tuple(draw(st.lists(limits(days, minima=minima), max_size=2))),
        rhythm=Rhythm(
            draw(few),
            draw(few) if minima else None,
            draw(few) if minima else None,
            draw(st.none() | st.integers(0, 2)),
        ),
        shares=tuple(draw(st.lists(shares(), max_size=2))),
        costs=draw(points),
        asked=draw(points),
        held_before=draw(some_slots),
        pinned=draw(some_slots) if minima else frozenset(),
        before=tuple(before),
    )


@st.composite
def shares(draw: st.DrawFn) -> Share:
    """A target that is seldom whole."""
    return Share(
        counter=draw(st.sampled_from(COUNTERS)),
        target=draw(st.integers(-2, 20)),
        scale=draw(st.integers(1, 7)),
        carried=draw(st.integers(-3, 3)),
        weight=draw(st.integers(0, 5)),
        power=draw(st.sampled_from([1, 2])),
    )


@st.composite
def rests(draw: st.DrawFn) -> Rest:
    """A rest after some lines and before some, at times as long as the duty."""
    return Rest(
        rule=draw(st.sampled_from(["rest", "security"])),
        minutes=60 * draw(st.sampled_from([0, 8, 11, 24])),
        after=draw(st.frozensets(st.sampled_from(LINES), max_size=2)),
        before=draw(st.frozensets(st.sampled_from(LINES), max_size=2)),
        as_long=draw(st.booleans()),
    )


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    max_days: int = 9,
    max_slots: int = 8,
    max_people: int = 3,
    many: bool = True,
    minima: bool = True,
) -> Problem:
    """A problem with edges of every kind.

    ``many``: slots may ask for none or two people and admit too many. ``minima``: rules that ask
    to hold more (minima, pins) are drawn too; without them, holding nothing is always lawful.
    """
    days = draw(st.integers(1, max_days))
    names = [f"s{number}" for number in range(draw(st.integers(1, max_slots)))]
    two_sites = st.tuples(st.sampled_from(SITES), st.sampled_from(SITES))
    return Problem(
        days=days,
        slots=tuple(draw(slots(name, draw(st.integers(0, days - 1)), many=many)) for name in names),
        people=tuple(
            draw(people(f"p{number}", days, names, minima=minima))
            for number in range(draw(st.integers(1, max_people)))
        ),
        rests=tuple(draw(st.lists(rests(), max_size=2))),
        successions=tuple(
            draw(
                st.lists(
                    st.builds(
                        Succession,
                        st.just("succession"),
                        st.sampled_from(LINES),
                        st.frozensets(st.sampled_from(LINES), max_size=2),
                    ),
                    max_size=2,
                )
            )
        ),
        weekends=tuple((day, day + 1) for day in range(draw(st.integers(-1, 5)), days + 1, 7)),
        one_a_day=draw(st.booleans()),
        travel=draw(
            st.dictionaries(two_sites, st.sampled_from([20, 45, 240]), min_size=1, max_size=3)
        ),
        levels=draw(st.sampled_from([TERRITORY, ONE_LEVEL])),
        change=draw(st.integers(1, 3)),
    )


@st.composite
def rosters(draw: st.DrawFn, problem: Problem, *, strange: bool = True) -> Roster:
    """Any roster, lawful or not; with ids that the problem does not have when ``strange``."""
    people_ids = [person.id for person in problem.people]
    slot_ids = [slot.id for slot in problem.slots]
    pairs = [(person, slot) for person in people_ids for slot in slot_ids]
    if strange:
        pairs += [("nobody", slot_ids[0]), (people_ids[0], "nowhere"), ("nobody", "nowhere")]
    return Roster(draw(st.frozensets(st.sampled_from(pairs))))


@st.composite
def judged(draw: st.DrawFn) -> tuple[Problem, list[Roster]]:
    """A problem and a dozen rosters of it, from almost empty to almost full.

    A problem takes long to draw; rosters come from one seed.
    """
    problem = draw(problems())
    rng = Random(draw(st.integers(0, 2**32)))
    pairs = [(person.id, slot.id) for person in problem.people for slot in problem.slots]
    made = [Roster(frozenset(p for p in pairs if rng.random() < n / 11)) for n in range(12)]
    return problem, [*made, draw(rosters(problem))]
