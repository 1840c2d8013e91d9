"""A roster to make, as values: the duties to hold, the people, and the rules that bind them.

One form for every use: gardes and astreintes of several hospitals, and the shift rosters of public
benchmarks. A duty (:class:`Slot`) is an interval of time that asks for one or several people; a
person may hold those of their lines; each rule is a value that carries its own code, so that a
violation, a bound or a refusal can name it.

Time is in whole minutes from the origin of the horizon, counted in UTC, so that a night of thirteen
hours is one of thirteen hours when clocks change. ``day`` is the local day of the horizon, from 0:
who compiles rules from dates does it once, outside. Weights are whole numbers; a total of one
level of the objective stays far below 2**53.

What is not here: dates, names, French words, sources of the rules. The rooms above hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DAY_MINUTES = 24 * 60


class Term(StrEnum):
    """What an objective counts, in whole weighted points. Less is better."""

    UNDER = "under"
    """People missing on duties, times the weight of the duty."""
    OVER = "over"
    """People in excess on duties, times the weight of the duty."""
    WISHES = "wishes"
    """Costs of what each person holds, and of what they asked for and do not hold."""
    SHARES = "shares"
    """How far counters are from each person's share (fairness)."""
    CHANGES = "changes"
    """What differs from the roster that was there before."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One duty: ``required`` people of those who may hold ``line``, from ``starts`` to ``ends``.

    ``day`` is the local day on which it starts. ``over`` is the weight of one person too many;
    None forbids it (a garde is held by one). ``counts`` is what holding it adds to each counter
    of the person, such as ``{"duties": 1, "nights": 1, "minutes": 840, "half_days": 2}``.
    """

    id: str
    line: str
    day: int
    starts: int
    ends: int
    required: int = 1
    under: int = 1
    over: int | None = None
    site: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absence:
    """A person may hold nothing that meets the minutes ``starts <= t < ends``.

    ``rule`` says why (leave, day work elsewhere, exemption ...) and goes back in explanations.
    ``lines``: only duties of these lines; empty, all. ``negotiable``: somebody could lift it.
    """

    starts: int
    ends: int
    rule: str
    lines: frozenset[str] = frozenset()
    negotiable: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """Bounds on the sum of one counter over what a person holds on some days. Hard.

    On every window ``first_day <= day < last_day``; with ``rolling``, on every run of that many
    consecutive days inside it. ``carried``: what the counter already holds by duties that are not
    slots of the problem, before, during or after it (added to windows that begin at ``first_day``).
    Bounds are included; None is no bound. ``minimum`` speaks of whole windows only, never of
    rolling ones.
    """

    counter: str
    rule: str
    first_day: int
    last_day: int
    maximum: int | None = None
    minimum: int | None = None
    rolling: int | None = None
    carried: int = 0
    negotiable: bool = False


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Consecutive days, worked when some duty of the person starts on them. Hard.

    Before and after the horizon any rhythm may be: minima do not bind a run that touches an edge,
    maxima do not count the days before. A weekend is worked when its Saturday or its Sunday is;
    ``weekends`` on the problem lists the days of each. None is no rule.
    """

    max_worked: int | None = None
    min_worked: int | None = None
    min_off: int | None = None
    max_weekends: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What a person should hold of a counter over the horizon, and what straying costs.

    ``target`` and ``carried`` are in units of the counter times ``scale`` (targets are prorated
    and seldom whole). The cost of a total T is ``weight`` x |T x scale + carried - target| / scale
    to the power ``power`` (1 or 2), rounded half up to a whole number.
    """

    counter: str
    target: int
    scale: int = 1
    carried: int = 0
    weight: int = 1
    power: int = 2


@dataclass(frozen=True, slots=True)
class Rest:
    """Minutes free of duty between two duties of one person, whatever their sites. Hard.

    Applies after a duty of one of the lines ``after`` and before one of ``before`` (empty: all).
    ``minutes`` after the end of the first; with ``as_long``, at least as long as the first lasted
    (derogation of 24 h: equal rest). The minutes of travel between sites of the problem add up.
    """

    rule: str
    minutes: int
    after: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    as_long: bool = False


@dataclass(frozen=True, slots=True)
class Succession:
    """A duty of ``after`` may not be followed, on the next day, by one of ``before``. Hard."""

    rule: str
    after: str
    before: frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may hold duties.

    ``costs``: points for holding a slot, negative when it is wished for. ``asked``: points for
    NOT holding a slot (a shift-on request of the public instances). ``held_before``: what the
    person held in the roster that is being repaired. ``pinned``: slots that the person holds
    whatever happens. ``before``: ends of the last duties held before the horizon, as slots with
    negative times, for rests.
    """

    id: str
    lines: frozenset[str]
    absences: tuple[Absence, ...] = ()
    limits: tuple[Limit, ...] = ()
    rhythm: Rhythm = Rhythm()
    shares: tuple[Share, ...] = ()
    costs: Mapping[str, int] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)
    held_before: frozenset[str] = frozenset()
    pinned: frozenset[str] = frozenset()
    before: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that a roster depends on.

    ``levels``: the objective, most important first; each level is the sum of its terms, and a
    lower level never costs a point of a higher one. The public instances are one level of three
    terms; a territory is ``((UNDER,), (SHARES,), (WISHES, CHANGES))`` and never has OVER.
    ``one_a_day``: a person starts at most one duty on a day. ``travel``: minutes between two sites
    (both orders given); a pair that is not there takes none. ``change``: points for a duty that
    changes hands, counted once for each person who loses or gains one.
    """

    days: int
    slots: tuple[Slot, ...]
    people: tuple[Person, ...]
    rests: tuple[Rest, ...] = ()
    successions: tuple[Succession, ...] = ()
    weekends: tuple[tuple[int, ...], ...] = ()
    one_a_day: bool = True
    travel: Mapping[tuple[str, str], int] = field(default_factory=dict)
    levels: tuple[tuple[Term, ...], ...] = ((Term.UNDER,), (Term.SHARES,), (Term.WISHES,))
    change: int = 1


@dataclass(frozen=True, slots=True)
class Roster:
    """Who holds what: pairs (person, slot)."""

    held: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Violation:
    """A hard rule that a roster breaks: whose, at which slots, by how much.

    ``rule`` is the code carried by the rule, or one of ``not_of_line``, ``overlap``,
    ``one_a_day``, ``too_many``, ``not_pinned``, ``max_worked``, ``min_worked``, ``min_off``,
    ``max_weekends``, ``unknown``. ``slots`` are in order of time. ``excess``: how much above
    or below the bound (minutes missing of a rest, units of a counter, days of a rhythm).

    One for each duty that meets an absence, pair of duties too close, day of too many, run of days
    out of rhythm, and set of duties that some window of a limit counts in excess (consecutive
    windows that count the same duties speak once, by the largest excess; so do the limits of one
    rule on one counter). ``too_many`` is nobody's: ``person`` is empty.
    """

    rule: str
    person: str
    slots: tuple[str, ...] = ()
    excess: int = 0
    negotiable: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker says of a roster: violations (none when it is lawful) and its cost."""

    violations: tuple[Violation, ...]
    terms: Mapping[Term, int]
    levels: tuple[int, ...]
    holes: Mapping[str, int]
    """People missing, by slot that misses some."""

    @property
    def is_lawful(self) -> bool:
        """True when no hard rule is broken."""
        return not self.violations
