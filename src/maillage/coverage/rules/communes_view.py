"""A commune's figures, summed from the table ``communes`` of a proof, and their ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maillage.coverage.enums import CATEGORIES, HOLES
from maillage.coverage.rules.measures import FRAGILE, Measure, shared_places

if TYPE_CHECKING:
    import pyarrow as pa

WITH_CHAIN = ("on_target", "at_limit", "late")
"""Categories in which a chain exists: minutes are means over them."""


@dataclass(frozen=True, slots=True)
class CommuneFigures:
    """Person-hours of one commune over one step, or over several together. ``residents``: those
    whom the step concerns (of several steps: the most). ``mean_minutes`` is None when no chain
    exists at any hour."""

    code: str
    residents: float
    person_hours: Mapping[str, float]
    fragile: float
    mean_minutes: float | None
    worst_minutes: float | None
    due: float = field(default=0.0)

    @property
    def uncovered(self) -> float:
        return sum(self.person_hours[name] for name in HOLES)

    @property
    def unserved(self) -> float:
        """Person-hours late or not covered."""
        return self.uncovered + self.person_hours["late"]

    @property
    def unserved_share(self) -> float:
        """Share (0 to 1) of the person-hours due that is late or not covered."""
        return self.unserved / self.due if self.due else 0.0

    @property
    def unserved_per_resident(self) -> float:
        """Hours late or not covered, for a mean resident concerned."""
        return self.unserved / self.residents if self.residents else 0.0

    def share(self, measure: Measure) -> float | None:
        """Share (0 to 1) of the person-hours due; None when none is due."""
        if not self.due:
            return None
        return self.value(measure) / self.due

    def value(self, measure: Measure) -> float:
        """Person-hours of a measure."""
        return sum(
            self.fragile if name == FRAGILE else self.person_hours[name]
            for name in measure.categories
        )

    @property
    def fragile_share(self) -> float:
        return self.fragile / self.due if self.due else 0.0


def select_rows(
    communes: pa.Table, *, pathway: str = "", step: int | None = None, code: str = ""
) -> pa.Table:
    """The rows of one pathway, of one of its steps, of one commune: all without a choice."""
    import pyarrow.compute as pc

    wanted = {"pathway": pathway or None, "step": step, "commune": code or None}
    keep = None
    for name, value in wanted.items():
        if value is None:
            continue
        test = pc.equal(communes[name], value)
        keep = test if keep is None else pc.and_(keep, test)
    return communes if keep is None else communes.filter(keep)


def sum_by_commune(rows: pa.Table) -> dict[str, CommuneFigures]:
    """Figures of each commune over these rows of the table ``communes``, whose categories are in
    hours: residents times hours, summed over ages and steps."""
    encoded = rows["commune"].combine_chunks().dictionary_encode()
    return dict(_sum(rows, encoded.indices.to_numpy(), encoded.dictionary.to_pylist()))


def sum_by_step(rows: pa.Table) -> dict[tuple[str, int], CommuneFigures]:
    """The same by pathway and step: the sheet of one commune, when ``rows`` are its own."""
    keys = list(zip(rows["pathway"].to_pylist(), rows["step"].to_pylist(), strict=True))
    known = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    import numpy as np

    where = np.array([known[key] for key in keys], dtype=np.int64)
    return dict(_sum(rows, where, list(known)))


def _sum(rows: pa.Table, where: Any, keys: list[Any]) -> Iterable[tuple[Any, CommuneFigures]]:
    """Sums over the rows of each group: ``where`` is the place in ``keys`` of each row."""
    import numpy as np

    size = len(keys)
    residents = rows["residents"].to_numpy()
    columns = {
        name: np.bincount(where, rows[name].to_numpy() * residents, size)
        for name in (*CATEGORIES, FRAGILE)
    }
    due = np.sum([columns[name] for name in CATEGORIES], axis=0)
    means, worst = _minutes(rows, where, size, residents)
    people = _concerned(rows, where, size, residents)
    lists = {name: values.tolist() for name, values in columns.items()}
    for index, key in enumerate(keys):
        yield (
            key,
            CommuneFigures(
                code=key if isinstance(key, str) else "",
                residents=float(people[index]),
                person_hours={name: lists[name][index] for name in CATEGORIES},
                fragile=lists[FRAGILE][index],
                mean_minutes=_number(means[index]),
                worst_minutes=_number(worst[index]),
                due=float(due[index]),
            ),
        )


def _minutes(rows: pa.Table, where: Any, size: int, residents: Any) -> tuple[Any, Any]:
    """Mean minutes over the person-hours that have a chain, and the worst; NaN without any."""
    import numpy as np

    means = rows["mean_minutes"].to_numpy(zero_copy_only=False).astype(float)
    worst = rows["worst_minutes"].to_numpy(zero_copy_only=False).astype(float)
    weights = sum(rows[name].to_numpy() for name in WITH_CHAIN) * residents
    known = ~np.isnan(means)
    sums = np.bincount(where[known], (means * weights)[known], size)
    bases = np.bincount(where[known], weights[known], size)
    mean = np.divide(sums, bases, out=np.full(size, np.nan), where=bases > 0)
    most = np.full(size, -np.inf)
    counts = ~np.isnan(worst) & (residents > 0)
    np.maximum.at(most, where[counts], worst[counts])
    return mean, np.where(np.isneginf(most), np.nan, most)


def _concerned(rows: pa.Table, where: Any, size: int, residents: Any) -> Any:
    """Residents of each group, ages summed; over several steps, those of the largest step."""
    import numpy as np

    people = np.zeros(size)
    steps = rows["step"].to_numpy().astype(np.int64)
    pathways = rows["pathway"].combine_chunks().dictionary_encode().indices.to_numpy()
    marks = pathways.astype(np.int64) * 1000 + steps
    for mark in np.unique(marks):
        chosen = marks == mark
        np.maximum(people, np.bincount(where[chosen], residents[chosen], size), out=people)
    return people


def _number(value: Any) -> float | None:
    return None if value != value else float(value)


def most_uncovered_age(rows: pa.Table, pathway: str, step: int | None) -> int:
    """An age of the class whose residents go most without cover at a step; the middle of the
    class. 0 when the rows hold no such step."""
    found = select_rows(rows, pathway=pathway, step=step).to_pylist()
    if not found:
        return 0
    worst = max(
        found,
        key=lambda row: (row["residents"] * sum(row[name] for name in HOLES), -row["age_min"]),
    )
    return int(worst["age_min"] + worst["age_max"]) // 2


ORDERS = ("heures", "delai", "fragile")
"""Orders of the ranking: what is late or not covered, mean minutes, fragile share. The first goes
by the share of what is due: at one step, that is the order of the hours per resident; over several
steps, hours of one resident would be counted once by step."""


_RANKED_BY: dict[str, Callable[[CommuneFigures], float]] = {
    "heures": lambda one: one.unserved_share,
    "delai": lambda one: -1.0 if one.mean_minutes is None else one.mean_minutes,
    "fragile": lambda one: one.fragile_share,
}


def _ranked_by(order: str) -> Callable[[CommuneFigures], float]:
    return _RANKED_BY.get(order.removeprefix("-"), _RANKED_BY["heures"])


def places(ranked: Iterable[CommuneFigures], order: str) -> list[tuple[int, bool]]:
    """The place of each of these ranked communes, and whether others share it: equal figures have
    the same place."""
    key = _ranked_by(order)
    return shared_places(key(one) for one in ranked)


def rank(figures: Iterable[CommuneFigures], order: str) -> list[CommuneFigures]:
    """Communes with residents, the worst served first. « -heures » is the same order backwards."""
    key = _ranked_by(order)
    rows = sorted(
        (one for one in figures if one.residents > 0), key=lambda one: (-key(one), one.code)
    )
    return rows[::-1] if order.startswith("-") else rows
