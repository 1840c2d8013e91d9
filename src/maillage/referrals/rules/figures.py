"""How the counts of requests are protected before they are shown (ADR 0016).

Three layers, each of which takes what the one above shows as known to the reader:

1. The numbers of the whole by kind: kinds too rare are gathered under « autres natures ».
2. The table of rows by kind, with all margins: :func:`maillage.vocabulary.disclosure.protect`. The
   numbers of the whole are those that every way to part the requests shows, so they are known.
3. For each share, the table of rows by yes and no, whose row totals are those of layer 2. The rows
   that layer 2 hides stand together in one row, whose total a reader can compute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from maillage.vocabulary.disclosure import (
    ALL,
    HIDDEN_RATE,
    Cell,
    Counts,
    Protected,
    Rate,
    Zeros,
    is_small,
    merge_small,
    protect,
    rate,
)

REST = "autres"
REST_LABEL = "Autres natures"
HIDDEN_ROWS = "*"
YES, NO = "oui", "non"


@dataclass(frozen=True)
class Line:
    """A row without children: its key, its name, and those of the row above, if any."""

    key: str
    label: str
    above: str = ALL
    above_label: str = ""


@dataclass
class Tally:
    """The requests of a line: how many, by kind, and how many of them by share."""

    sent: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Partition:
    """Every request of a period in exactly one line."""

    lines: Mapping[str, Line]
    tallies: Mapping[str, Tally]

    def parents(self) -> dict[str, str]:
        """The row above each line that has one."""
        return {key: line.above for key, line in self.lines.items() if line.above != ALL}

    def listed(self) -> list[tuple[str, str, int]]:
        """Key, name and level of every row, in the order of the page: the whole, then rows by size
        of what stands above, names in order."""
        rows = [(ALL, "Ensemble", 0)]
        above = {line.above: line.above_label for line in self.lines.values()}
        for key, label in sorted(above.items(), key=lambda pair: pair[1]):
            if key != ALL:
                rows.append((key, label, 1))
            inside = (line for line in self.lines.values() if line.above == key)
            rows += [
                (line.key, line.label, 1 if key == ALL else 2)
                for line in sorted(inside, key=lambda line: (line.label, line.key))
            ]
        return rows


@dataclass(frozen=True)
class ProtectedVolumes:
    """The table of rows by kind as it may be shown."""

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    under: Mapping[str, str]
    table: Protected
    parents: Mapping[str, str]
    is_small: bool

    def total(self, row: str) -> int | None:
        """The requests of a row; None: hidden."""
        if self.table.exposed and row != ALL:
            return None
        return self.table.value(row, ALL)

    def by_kind(self, row: str) -> tuple[int | None, ...]:
        """Those of each column."""
        return tuple(self.table.value(row, column) for column in self.columns)

    def shows(self, row: str, kinds: Collection[str]) -> bool:
        """True when the numbers of these kinds are shown in a row. A quantile says that there are
        enough requests: it would tell which of the hidden numbers are small. All kinds together
        are the total of the row."""
        if set(kinds) >= set(self.under):
            return self.total(row) is not None
        return all(self.table.value(row, self.under[kind]) is not None for kind in kinds)

    def is_open(self, row: str) -> bool:
        """True when the total of a row is shown, and those of all rows above it."""
        while row != ALL:
            if self.total(row) is None:
                return False
            row = self.parents.get(row, ALL)
        return True


def protect_volumes(partition: Partition, kinds: Sequence[tuple[str, str]]) -> ProtectedVolumes:
    """Layers 1 and 2. ``kinds``: stored values and labels, in the order of the page."""
    sizes = {key: sum(t.kinds[key] for t in partition.tallies.values()) for key, _ in kinds}
    under = merge_small(sizes, rest=REST)
    cells: Counter[tuple[str, str]] = Counter()
    for row, tally in partition.tallies.items():
        for kind, count in tally.kinds.items():
            cells[row, under[kind]] += count
    labels = {key: label for key, label in kinds if under[key] == key and sizes[key]}
    if REST in under.values():
        labels[REST] = REST_LABEL
    table = protect(
        Counts(list(labels), cells, partition.parents()),
        known=[(ALL, column) for column in [ALL, *labels]],
    )
    return ProtectedVolumes(
        columns=tuple(labels),
        labels=tuple(labels.values()),
        under=under,
        table=table,
        parents=partition.parents(),
        is_small=is_small(sum(sizes.values())),
    )


@dataclass(frozen=True)
class ProtectedShares:
    """A share by row as it may be shown. ``with_bounds``: small parts are told by a bound."""

    table: Protected
    volumes: ProtectedVolumes
    with_bounds: bool

    def rate(self, row: str) -> Rate:
        """The share of a row."""
        if not self.volumes.is_open(row) or (row, ALL) not in self.table.totals:
            return HIDDEN_RATE
        if self.table.exposed and row != ALL:
            return HIDDEN_RATE
        yes = self.table.totals[row, YES]
        hidden = {(row, YES), (row, NO), (row, ALL)} & self.table.hidden
        found = rate(yes, self.table.totals[row, ALL], is_hidden=bool(hidden))
        return found if self.with_bounds or found.percent is not None else HIDDEN_RATE


def protect_shares(
    partition: Partition, volumes: ProtectedVolumes, measure: str, *, own_whole: bool = False
) -> ProtectedShares:
    """Layer 3, for one share: with bounds for small parts if nothing is exposed by them, else
    without, else for the upper rows alone; for the whole only, when all that is too much.
    ``own_whole``: the wholes of the share are not the requests of layer 2, and are not shown."""
    attempts = [(False, True), (False, False), (True, True), (True, False)]
    for upper_rows_only, with_bounds in attempts:
        counts = _share_counts(partition, volumes, measure, upper_rows_only=upper_rows_only)
        known = [(ALL, column) for column in (ALL, YES, NO)]
        if not own_whole:
            known += [(row, ALL) for row, _ in counts.totals()]
        told = _told(counts) if with_bounds else set()
        found = ProtectedShares(
            protect(counts, zeros=Zeros.HIDDEN, known=known, told=told), volumes, with_bounds
        )
        if not found.table.exposed:
            break
    return found


def _share_counts(
    partition: Partition, volumes: ProtectedVolumes, measure: str, *, upper_rows_only: bool
) -> Counts:
    cells: Counter[tuple[str, str]] = Counter()
    parents: dict[str, str] = {}
    for key, tally in partition.tallies.items():
        row, above = _shown_row(key, volumes)
        if upper_rows_only and above != ALL:
            row = above
        elif above != ALL:
            parents[row] = above
        cells[row, YES] += tally.parts[measure]
        cells[row, NO] += tally.sent - tally.parts[measure]
    return Counts([YES, NO], cells, parents)


def _told(counts: Counts) -> set[Cell]:
    """The small cells that a bound tells (:func:`maillage.vocabulary.disclosure.rate`)."""
    totals, told = counts.totals(), set()
    for row in {row for row, _ in totals}:
        said = rate(totals[row, YES], totals[row, ALL])
        if said.under is not None:
            told.add((row, YES))
        if said.over is not None:
            told.add((row, NO))
    return told


def _shown_row(line: str, volumes: ProtectedVolumes) -> tuple[str, str]:
    """The row that a line is counted in, and the one above: itself, or the hidden ones together
    under the nearest row that is shown."""
    above = volumes.parents.get(line, ALL)
    if volumes.is_open(line):
        return line, above
    if above != ALL and volumes.is_open(above):
        return f"{above}/{HIDDEN_ROWS}", above
    return HIDDEN_ROWS, ALL


def protect_list(counts: Mapping[str, int]) -> dict[str, int | None]:
    """A plain list of counts, the sum of which is taken as known: each as it may be shown. Empty
    when they are too few together."""
    total = sum(counts.values())
    if is_small(total) or not total:
        return {}
    cells = {(key, "n"): count for key, count in counts.items()}
    table = protect(Counts(["n"], cells), known=[(ALL, "n"), (ALL, ALL)])
    if table.exposed:
        return {}
    return {key: table.value(key, "n") for key in counts}
