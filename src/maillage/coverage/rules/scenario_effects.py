"""What a scenario does: the difference of two proofs of one horizon.

Only the pathways whose fingerprint changed are looked at: the others are the same by construction.
Everything is in person-hours, gained (positive) or lost (negative).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from maillage.coverage.enums import CATEGORIES, COVERED, HOLES
from maillage.coverage.rules.communes_view import CommuneFigures, sum_by_commune
from maillage.coverage.rules.measures import large
from maillage.coverage.rules.proofs import StepDifference, StepRow, read_steps
from maillage.engines.routing import PathwayProof, Proof

if TYPE_CHECKING:
    import pyarrow as pa

NOISE = 1e-6
"""Person-hours under which a difference is only the rounding of sums of decimals."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CommuneChange:
    """What changes for one commune, over all steps, in person-hours; ``residents`` are those whom
    the changed steps concern."""

    code: str
    name: str
    residents: float
    covered: float
    late: float
    uncovered: float

    @property
    def size(self) -> float:
        """How much changes, whatever the sense: the largest of the three moves."""
        return max(abs(self.covered), abs(self.late), abs(self.uncovered))


@dataclass(frozen=True, slots=True)
class HoleInterval:
    """An interval over which more (positive) or fewer residents have nobody."""

    starts_at: datetime
    ends_at: datetime
    residents: float

    @property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 3600

    @property
    def person_hours(self) -> float:
        return self.residents * self.hours


@dataclass(frozen=True)
class HoleChange:
    """The holes of one step that close, or that open, with their intervals in order of time."""

    pathway: str
    pathway_name: str
    step: int
    step_name: str
    opens: bool
    intervals: tuple[HoleInterval, ...]

    @property
    def hours(self) -> float:
        return sum(one.hours for one in self.intervals)

    @property
    def person_hours(self) -> float:
        """Without sign: ``opens`` says the sense."""
        return abs(sum(one.person_hours for one in self.intervals))

    @property
    def most_residents(self) -> float:
        return max(abs(one.residents) for one in self.intervals)


@dataclass(frozen=True, slots=True)
class ExposureChange:
    """Person-hours that hang on one element, before and after, over all steps."""

    kind: str
    element: str
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True)
class Effect:
    """The whole difference. ``steps`` are those of the pathways that were computed anew."""

    pathways: tuple[str, ...]
    steps: tuple[StepDifference, ...]
    communes: tuple[CommuneChange, ...]
    holes: tuple[HoleChange, ...]
    exposures: tuple[ExposureChange, ...]

    @property
    def covered(self) -> float:
        return sum(row.covered_change for row in self.steps)

    @property
    def late(self) -> float:
        return sum(row.change("late") for row in self.steps)

    @property
    def uncovered(self) -> float:
        return sum(row.uncovered_change for row in self.steps)

    @property
    def fragile(self) -> float:
        return sum(fragile_change(row) for row in self.steps)

    @property
    def changed_steps(self) -> tuple[StepDifference, ...]:
        """The steps where something moves, the largest move first."""
        return tuple(sorted(filter(is_changed, self.steps), key=lambda row: -_size(row)))

    @property
    def is_nothing(self) -> bool:
        return not self.changed_steps

    @property
    def gaining(self) -> int:
        """Communes with more person-hours in time, or fewer without anybody."""
        return sum(_balance(one) > 0 for one in self.communes)

    @property
    def losing(self) -> int:
        return sum(_balance(one) < 0 for one in self.communes)

    def reason_changes(self) -> list[tuple[str, str, float]]:
        """(level, label, person-hours) of every category that moves, in the order of the
        categories."""
        rows = []
        for name, wording in CATEGORIES.items():
            moved = sum(row.change(name) for row in self.steps)
            if abs(moved) > NOISE:
                rows.append((wording.level, wording.label, moved))
        return rows


def _balance(one: CommuneChange) -> float:
    if abs(one.covered) > NOISE:
        return one.covered
    return -one.uncovered if abs(one.uncovered) > NOISE else 0.0


def fragile_change(row: StepDifference) -> float:
    """Fragile person-hours more or fewer on a step."""
    return (row.after.fragile if row.after else 0.0) - (row.before.fragile if row.before else 0.0)


def minutes_change(row: StepDifference) -> float | None:
    """Minutes of the mean journey more (or fewer); None when a side has no chain at all."""
    if not row.before or not row.after:
        return None
    if row.before.mean_minutes is None or row.after.mean_minutes is None:
        return None
    moved = row.after.mean_minutes - row.before.mean_minutes
    return moved if abs(moved) > NOISE else 0.0


def is_changed(row: StepDifference) -> bool:
    """True when a category, what is fragile or the mean journey moves."""
    return _size(row) > NOISE or bool(minutes_change(row))


def _size(row: StepDifference) -> float:
    moves = [abs(row.change(name)) for name in CATEGORIES]
    return max(*moves, abs(fragile_change(row)))


def compare_runs(
    before: Proof,
    after: Proof,
    *,
    pathway_names: Mapping[str, str],
    step_names: Mapping[tuple[str, int], str],
    commune_names: Mapping[str, str],
) -> Effect:
    """The difference of two proofs of the same horizon, pathway by pathway."""
    olds = {row.pathway: row for row in before.pathways}
    news = {row.pathway: row for row in after.pathways}
    changed = [
        key for key in news if key in olds and olds[key].fingerprint != news[key].fingerprint
    ]
    steps: list[StepDifference] = []
    holes: list[HoleChange] = []
    for key in changed:
        name = pathway_names.get(key, key)
        old, new = (step_rows(run[key], name, step_names) for run in (olds, news))
        for order in sorted(old.keys() | new.keys()):
            known = new.get(order) or old[order]
            steps.append(
                StepDifference(key, name, order, known.step_name, old.get(order), new.get(order))
            )
        holes += _holes(olds[key], news[key], name, step_names)
    pairs = [(olds[key], news[key]) for key in changed]
    return Effect(
        pathways=tuple(changed),
        steps=tuple(steps),
        communes=_communes(pairs, commune_names),
        holes=tuple(sorted(holes, key=lambda hole: -hole.person_hours)),
        exposures=_exposures(pairs),
    )


def step_rows(
    proof: PathwayProof, pathway_name: str, step_names: Mapping[tuple[str, int], str]
) -> dict[int, StepRow]:
    """The totals of the steps of one pathway, by order."""
    table = proof.tables["steps"].to_pylist()
    rows = read_steps(table, {proof.pathway: pathway_name}, step_names)
    return {row.step: row for row in rows}


def _communes(
    pairs: Iterable[tuple[PathwayProof, PathwayProof]], names: Mapping[str, str]
) -> tuple[CommuneChange, ...]:
    """Communes where something moves: those that gain or lose most in time, then the others by
    their largest move."""
    import pyarrow as pa

    rows = list(pairs)
    if not rows:
        return ()
    old = sum_by_commune(pa.concat_tables([pair[0].tables["communes"] for pair in rows]))
    new = sum_by_commune(pa.concat_tables([pair[1].tables["communes"] for pair in rows]))
    found = [
        _commune_change(code, names.get(code, code), old[code], new[code])
        for code in new
        if code in old
    ]
    moved = [one for one in found if one.size > NOISE]
    return tuple(sorted(moved, key=lambda one: (-abs(one.covered), -one.size, one.code)))


def _commune_change(
    code: str, name: str, old: CommuneFigures, new: CommuneFigures
) -> CommuneChange:
    def change(*categories: str) -> float:
        moved = sum(new.person_hours[c] - old.person_hours[c] for c in categories)
        return moved if abs(moved) > NOISE else 0.0

    return CommuneChange(
        code, name, new.residents, change(*COVERED), change("late"), change(*HOLES)
    )


def _holes(
    old: PathwayProof, new: PathwayProof, name: str, step_names: Mapping[tuple[str, int], str]
) -> list[HoleChange]:
    before, after = old.tables["moments"], new.tables["moments"]
    orders = sorted({*before["step"].to_pylist(), *after["step"].to_pylist()})
    found = []
    for order in orders:
        moves = hole_intervals(before, after, order)
        for opens in (False, True):
            intervals = tuple(one for one in moves if (one.residents > 0) == opens)
            if intervals:
                step_name = step_names.get((new.pathway, order), f"étape {order}")
                found.append(HoleChange(new.pathway, name, order, step_name, opens, intervals))
    return found


def hole_intervals(before: pa.Table, after: pa.Table, step: int) -> list[HoleInterval]:
    """The intervals of one step over which the residents without anybody are not as many, in
    order; each as long as that difference stays the same."""
    import numpy as np

    old, new = _uncovered(before, step), _uncovered(after, step)
    edges = np.unique(np.concatenate([old[0], old[1], new[0], new[1]]))
    if len(edges) < 2:
        return []
    moved = _values_at(edges[:-1], *new) - _values_at(edges[:-1], *old)
    starts = np.flatnonzero(np.diff(moved, prepend=np.nan) != 0)
    ends = np.append(starts[1:], len(moved))
    return [
        HoleInterval(_instant(edges[first]), _instant(edges[last]), float(moved[first]))
        for first, last in zip(starts.tolist(), ends.tolist(), strict=True)
        if abs(moved[first]) > NOISE
    ]


def _uncovered(moments: pa.Table, step: int) -> tuple[Any, Any, Any]:
    """Starts, ends (microseconds) and residents without anybody of one step."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = moments.filter(pc.equal(moments["step"], step))
    starts = rows["starts_at"].cast(pa.int64()).to_numpy()
    ends = rows["ends_at"].cast(pa.int64()).to_numpy()
    residents = np.zeros(len(starts))
    for name in HOLES:
        residents = residents + rows[name].to_numpy()
    return starts, ends, residents


def _values_at(at: Any, starts: Any, ends: Any, values: Any) -> Any:
    """The value of a table of intervals at instants; 0 outside every interval."""
    import numpy as np

    if not len(starts):
        return np.zeros(len(at))
    index = np.searchsorted(starts, at, side="right") - 1
    inside = (index >= 0) & (at < ends[np.maximum(index, 0)])
    return np.where(inside, values[np.maximum(index, 0)], 0.0)


def _instant(microseconds: Any) -> datetime:
    return EPOCH + timedelta(microseconds=int(microseconds))


def _exposures(pairs: Iterable[tuple[PathwayProof, PathwayProof]]) -> tuple[ExposureChange, ...]:
    """Elements on which more or fewer person-hours hang, the largest move first."""
    sums: dict[tuple[str, str], list[float]] = {}
    for pair in pairs:
        for side, proof in enumerate(pair):
            for row in proof.tables["exposures"].to_pylist():
                both = sums.setdefault((row["kind"], row["element"]), [0.0, 0.0])
                both[side] += row["person_hours"]
    moved = [
        ExposureChange(kind, element, before, after)
        for (kind, element), (before, after) in sums.items()
        if abs(after - before) > NOISE
    ]
    return tuple(sorted(moved, key=lambda one: (-abs(one.change), one.kind, one.element)))


def headline(effect: Effect) -> str:
    """The effect in one sentence: person-hours in time, too late, without anybody; then the
    communes."""
    if effect.is_nothing:
        return "Ce scénario ne change rien à la couverture."
    parts = []
    if abs(effect.covered) > NOISE:
        parts.append(f"{_amount(effect.covered)} dans le délai ou à la limite")
    if effect.late > NOISE:
        # What gets an answer too late is not covered: it never hides behind what is.
        parts.append(f"{_amount(effect.late, '')} désormais hors délai")
    elif effect.late < -NOISE:
        parts.append(f"{_amount(effect.late)} hors délai")
    if abs(effect.uncovered) > NOISE:
        parts.append(f"{_amount(effect.uncovered)} sans personne")
    if not parts:
        return f"Autant d'heures-habitants couvertes qu'avant : {_other_moves(effect)}."
    places = _places(effect)
    return f"{', '.join(parts)}{places}."


def _other_moves(effect: Effect) -> str:
    """What moves when the cover does not."""
    if abs(effect.fragile) > NOISE:
        return f"{_amount(effect.fragile)} à ne tenir qu'à un appui"
    if effect.reason_changes():
        return "d'autres raisons aux mêmes trous"
    return "d'autres délais moyens"


def _amount(value: float, more: str | None = None) -> str:
    """« 199 millions d'heures-habitants de plus »; ``more`` says it otherwise."""
    if more is None:
        more = " de plus" if value > 0 else " de moins"
    unit = "heure-habitant" if abs(value) < 2 else "heures-habitants"
    size = large(abs(value))
    of = "d'" if size.split("\u00a0")[-1].startswith(("million", "milliard")) else ""
    return f"{size} {of}{unit}{more}"


def _places(effect: Effect) -> str:
    words = []
    for count, one, many in (
        (effect.gaining, "commune y gagne", "communes y gagnent"),
        (effect.losing, "commune y perd", "communes y perdent"),
    ):
        if count:
            words.append(f"{large(count)} {one if count == 1 else many}")
    return f" ; {', '.join(words)}" if words else ""
