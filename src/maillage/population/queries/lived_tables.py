"""Pathways as lived: what of the steps, and of how they fit, may be shown.

**Steps.** Each rank is a table of its own: from the steps of the rank before to its steps. People
who have no further step go to an end (but from home and death, which nothing follows), so that the
total of each step is that of the rank before: the ranks share these totals and nothing else. Steps
of few people are joined first, until no step of a rank is small: every total is then shown, and
each rank is protected with its totals known.

**Conformity.** For each expected step, people by verdict and zone; whom it is due to is a total of
its own. All steps are of the same people: their totals are taken as known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.path_rules import GradedPathway, StepKind, Verdict, load_pathways
from maillage.engines.indicators.pathways import STEPS_KEPT
from maillage.engines.indicators.publication import publish_table
from maillage.population.queries.results import Results
from maillage.vocabulary.disclosure import ALL, Counts, Protected, is_small, merge_small

END = "END"
REST = "REST"
"""Steps of a rank that are too few to be told apart."""

LAST = (END, StepKind.HOME.value, StepKind.DEATH.value)
"""Steps that nothing follows: everybody knows it, so that they are in no table of what follows."""

DUE = "DUE"
VERDICTS = tuple(one.value for one in Verdict if one is not Verdict.NOT_DUE)
KEPT = 64


@dataclass(frozen=True)
class Rank:
    """A rank of the paths: people by step, all shown, and by (step before, step), None where they
    are hidden. The first rank comes from nowhere."""

    steps: Mapping[str, int]
    moves: Mapping[tuple[str, str], int | None]


class _Key:
    """Results as a key of what is kept: equal when they are of the same folder."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def __hash__(self) -> int:
        return hash(self.results.folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.results.folder == self.results.folder


def list_lived(results: Results) -> dict[str, GradedPathway]:
    """The pathways that a computation has rows of, by key, in the order of their labels."""
    return _known(_Key(results))


@lru_cache(maxsize=4)
def _known(key: _Key) -> dict[str, GradedPathway]:
    import pyarrow.compute as pc

    results = key.results
    found: set[str] = set()
    for table in (results.paths(), results.conformance()):
        found.update(pc.unique(table["condition"]).to_pylist())
    known = load_pathways(results.definitions)
    ordered = sorted(known, key=lambda one: known[one].label)
    return {one: known[one] for one in ordered if one in found}


def get_ranks(results: Results, condition: str, year: int) -> tuple[Rank, ...]:
    """The ranks that may be shown, from the first one; none when the first may not."""
    return _ranks(_Key(results), condition, year)


@lru_cache(maxsize=KEPT)
def _ranks(key: _Key, condition: str, year: int) -> tuple[Rank, ...]:
    raw: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    table = key.results.paths(condition, year)
    for row in table.to_pylist():
        raw[row["rank"]][row["origin"], row["step"]] += row["persons"]
    joined: dict[str, str] = {}
    before: Mapping[str, int] = {}
    found: list[Rank] = []
    for rank in range(STEPS_KEPT):
        counts = _with_ends(raw[rank], joined, before, is_first=rank == 0)
        joining = _joining(counts)
        if joining is None:
            break
        joined = joining
        moves: Counter[tuple[str, str]] = Counter()
        for (origin, step), persons in counts.items():
            moves[origin, joined[step]] += persons
        shown = _protect(moves)
        if shown is None:
            break
        steps: Counter[str] = Counter()
        for (_, step), persons in moves.items():
            steps[step] += persons
        before = steps
        found.append(Rank(dict(steps), shown))
        if set(steps) <= {END}:
            break
    return tuple(found)


def _with_ends(
    raw: Mapping[tuple[str, str], int],
    joined: Mapping[str, str],
    before: Mapping[str, int],
    *,
    is_first: bool,
) -> Counter[tuple[str, str]]:
    """People by step before, as it was joined, and step; those without a further step at END."""
    counts: Counter[tuple[str, str]] = Counter()
    for (origin, step), persons in raw.items():
        counts["" if is_first else joined.get(origin, REST), step] += persons
    if not is_first:
        leaving: Counter[str] = Counter()
        for (origin, _), persons in counts.items():
            leaving[origin] += persons
        for origin, persons in before.items():
            if origin not in LAST and persons > leaving[origin]:
                counts[origin, END] += persons - leaving[origin]
    return counts


def _joining(counts: Mapping[tuple[str, str], int]) -> dict[str, str] | None:
    """How steps are joined so that none of the rank is small; None when nothing is left to show."""
    sizes: Counter[str] = Counter()
    for (_, step), persons in counts.items():
        sizes[step] += persons
    joined = merge_small(sizes, rest=REST)
    totals: Counter[str] = Counter()
    for step, persons in sizes.items():
        totals[joined[step]] += persons
    if not totals or any(is_small(one) for one in totals.values()):
        return None
    return joined


def _protect(moves: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int | None] | None:
    """The moves of a rank with all its totals known; None when these give a small count back."""
    # An empty key is the row of totals: the first rank has one row, whose name is its own.
    named = {(origin or "start", step): persons for (origin, step), persons in moves.items()}
    columns = tuple(sorted({step for _, step in moves}))
    totals = Counts(columns, named).totals()
    known = {cell for cell, value in totals.items() if ALL in cell and not is_small(value)}
    if any(is_small(value) for cell, value in totals.items() if ALL in cell):
        return None
    try:
        shown = publish_table(named, columns, known=known)
    except ValueError:
        return None
    return {(origin, step): shown.value(origin or "start", step) for origin, step in moves}


@dataclass(frozen=True)
class Conformity:
    """What is shown of one expected step: people by verdict (or ``DUE``) and zone (``ALL``)."""

    table: Protected

    def value(self, zone: str, verdict: str) -> int | None:
        return self.table.value(verdict, zone)


def get_conformity(results: Results, condition: str, year: int) -> dict[str, Conformity]:
    """What is shown of each expected step of a pathway, by its key."""
    return _conformity(_Key(results), condition, year)


@lru_cache(maxsize=KEPT)
def _conformity(key: _Key, condition: str, year: int) -> dict[str, Conformity]:
    areas = key.results.areas
    cells: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in key.results.conformance(condition, year).to_pylist():
        own = areas.of_commune(row["commune"])
        if own is not None:
            zone = areas.above(own, Level.ZONE)
            cells[row["step"]][row["verdict"], zone] += row["persons"]
    return {step: Conformity(_protect_verdicts(counts)) for step, counts in cells.items()}


def _protect_verdicts(cells: Mapping[tuple[str, str], int]) -> Protected:
    parents = dict.fromkeys(VERDICTS, DUE)
    zones = tuple(sorted({zone for _, zone in cells}))
    totals = Counts(zones, cells, parents).totals()
    known = {(ALL, zone) for zone in (*zones, ALL) if not is_small(totals.get((ALL, zone), 0))}
    try:
        return publish_table(cells, zones, parents=parents, known=known)
    except ValueError:
        return Protected(totals, frozenset(totals))


STEP_ORDER = (*(one.value for one in StepKind), REST, END)
