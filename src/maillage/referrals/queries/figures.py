"""The figures of the requests: how many, how long, how they ended; small counts protected.

Everything that is shown, on the page, on that of an agreement and in the file, is a part of one
:class:`Figures`, protected as a whole: the same reader always gets the same numbers hidden.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from maillage.referrals.enums import Act, Deviation, Kind, LetterKind, Priority, Reason, State
from maillage.referrals.models import Event, Letter, Referral
from maillage.referrals.queries.durations import NO_QUANTILES, Quantiles, load_quantiles
from maillage.referrals.queries.kept import STAMP, Stamp, keep
from maillage.referrals.queries.scopes import Scope
from maillage.referrals.rules.figures import (
    Line,
    Partition,
    ProtectedShares,
    ProtectedVolumes,
    Tally,
    protect_list,
    protect_shares,
    protect_volumes,
)
from maillage.referrals.rules.measures import (
    DELAY_MEASURES,
    LETTERS,
    SHARE_MEASURES,
    DelayMeasure,
    ShareMeasure,
)
from maillage.referrals.rules.quarters import Quarter, closed_quarters
from maillage.vocabulary.calendar import PARIS
from maillage.vocabulary.disclosure import ALL, Rate

OUTSIDE, INSIDE = "hors-convention", "sans-convention"
"""Rows of the requests without an agreement: outside any, or within a hospital or a group."""


@dataclass(frozen=True)
class View:
    """A way to part the requests into rows. ``key`` and ``name`` are columns of ``Referral``;
    ``above`` those of the row above, when rows nest."""

    code: str
    label: str
    rows: str
    key: str
    name: str
    above: tuple[str, str] | None = None

    @property
    def columns(self) -> list[str]:
        return [self.key, self.name, *(self.above or ()), *self.extra]

    @property
    def extra(self) -> tuple[str, ...]:
        return ("is_outside_agreement",) if self.code == "conventions" else ()


VIEWS: tuple[View, ...] = (
    View(
        "equipes",
        "Équipes sollicitées",
        "Établissement, équipe",
        "to_service__slug",
        "to_service__name",
        ("to_organization__slug", "to_organization__short_name"),
    ),
    View(
        "demandeurs",
        "Établissements demandeurs",
        "Établissement",
        "from_organization__slug",
        "from_organization__short_name",
    ),
    View("conventions", "Conventions", "Convention", "agreement__slug", "agreement__short_title"),
)


def get_view(code: str) -> View:
    """The view of this code; the first one for an unknown code."""
    return next((view for view in VIEWS if view.code == code), VIEWS[0])


@dataclass(frozen=True)
class FigureRow:
    """One row as it is shown. Missing numbers are hidden. ``level``: 0 for the whole, 1, 2."""

    key: str
    label: str
    level: int
    volume: int | None
    kinds: tuple[tuple[str, int | None], ...] = ()
    shares: tuple[tuple[ShareMeasure, Rate], ...] = ()
    delays: tuple[tuple[DelayMeasure, Quantiles], ...] = ()


@dataclass(frozen=True)
class ReasonRow:
    """How often a reason was given; None: hidden."""

    label: str
    count: int | None


@dataclass(frozen=True)
class Figures:
    """The figures of a quarter for one reader. ``is_small``: fewer requests than may be shown."""

    view: View
    quarter: Quarter
    is_empty: bool
    is_small: bool
    kinds: tuple[str, ...] = ()
    rows: tuple[FigureRow, ...] = ()
    priorities: tuple[FigureRow, ...] = ()
    refusals: tuple[ReasonRow, ...] = ()
    deviations: tuple[ReasonRow, ...] = ()

    @property
    def whole(self) -> FigureRow | None:
        """The row of all the requests."""
        return self.rows[0] if self.rows else None

    @property
    def hidden_labels(self) -> list[str]:
        """The names of the rows that are hidden whole."""
        return [row.label for row in self.rows if row.volume is None]

    @property
    def shown_count(self) -> int:
        """How many rows are shown."""
        return len(self.rows) - len(self.hidden_labels)

    def row(self, key: str) -> FigureRow | None:
        """The row of this key, if there is one."""
        return next((row for row in self.rows if row.key == key and row.level), None)


@dataclass
class _Read:
    """What the database counts, before anything is hidden."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    lines: dict[str, Line] = field(default_factory=dict)
    stamps: list[tuple[Hashable, ...]] = field(default_factory=list)

    def stamp(self) -> Stamp:
        """The stamp of the requests counted, line by line and kind by kind."""
        return tuple(sorted(self.stamps, key=repr))


def list_quarters(scope: Scope, *, at: datetime) -> list[Quarter]:
    """The quarters that a reader may choose, the latest first. One query."""
    first = Referral.objects.filter(scope.requests()).aggregate(first=Min("sent_at"))["first"]
    return closed_quarters(at, since=first)


def sent_requests(scope: Scope, starts: datetime, ends: datetime) -> QuerySet[Referral]:
    """The requests that figures count: sent from an instant to another (excluded), mistakes
    aside."""
    return (
        Referral.objects.filter(scope.requests(), sent_at__gte=starts, sent_at__lt=ends)
        .exclude(state=State.CANCELLED, reason=Reason.MISTAKE)
        .order_by()
    )


@dataclass(frozen=True)
class AgreementFigures:
    """The row of one agreement among those that the reader may see. ``row`` is None when it has no
    request, or too few: the table of all agreements decides what is hidden."""

    quarter: Quarter
    row: FigureRow | None


def load_agreement_figures(scope: Scope, slug: str, *, quarter: Quarter) -> AgreementFigures:
    """The figures of one agreement for a reader."""
    figures = load_figures(scope, view=get_view("conventions"), quarter=quarter, with_reasons=False)
    row = figures.row(slug)
    return AgreementFigures(quarter, row if row is not None and row.volume is not None else None)


def load_figures(
    scope: Scope, *, view: View, quarter: Quarter, with_reasons: bool = True
) -> Figures:
    """The figures of a quarter for a reader. Its number of queries does not depend on the number
    of rows (nine at most), and nothing but sums and quantiles leaves the database. Delays are
    computed again only when a request of the quarter has changed."""
    requests = sent_requests(scope, *quarter.bounds())
    read = _read(requests, view)
    total = sum(tally.sent for tally in read.tallies.values())
    partition = Partition(read.lines, read.tallies)
    volumes = protect_volumes(partition, [(kind.value, kind.label) for kind in Kind])
    if not total or volumes.is_small:
        return Figures(view, quarter, is_empty=not total, is_small=volumes.is_small)
    shares = [(one, protect_shares(partition, volumes, one.key)) for one in SHARE_MEASURES]
    letters = _letters(scope, view, quarter)
    shares.append((LETTERS, protect_shares(letters, volumes, LETTERS.key, own_whole=True)))
    delays = keep(
        "delays", scope, (view.code, quarter.code), read.stamp(), lambda: _delays(requests, view)
    )
    return Figures(
        view=view,
        quarter=quarter,
        is_empty=False,
        is_small=False,
        kinds=volumes.labels,
        rows=tuple(_rows(partition, volumes, shares, delays)),
        priorities=tuple(_priority_rows(delays)),
        refusals=_refusals(scope, quarter) if with_reasons else (),
        deviations=_deviations(requests) if with_reasons else (),
    )


def _place(view: View, row: Mapping[str, object]) -> Line:
    """The row of the table that a group of requests stands in."""
    key, name = row[view.key], row[view.name]
    if key is None:
        outside = bool(row["is_outside_agreement"])
        return Line(
            OUTSIDE if outside else INSIDE,
            "Hors convention" if outside else "Sans convention (même établissement ou groupement)",
        )
    if view.above is None:
        return Line(str(key), str(name))
    above, above_name = (str(row[column]) for column in view.above)
    return Line(f"{above}/{key}", str(name), above, above_name)


def _read(requests: QuerySet[Referral], view: View) -> _Read:
    rows = requests.values(*view.columns, "kind").annotate(
        sent=Count("id"),
        delai=Count("id", filter=Q(was_late=False)),
        refus=Count("id", filter=Q(refused_at__isnull=False)),
        hors=Count("id", filter=Q(is_outside_agreement=True)),
        ecart=Count("id", filter=~Q(deviation="")),
        **STAMP,
    )
    read = _Read()
    for row in rows:
        line = _place(view, row)
        read.lines[line.key] = line
        read.stamps.append((line.key, row["kind"], *(row[name] for name in STAMP)))
        tally = read.tallies[line.key]
        tally.sent += row["sent"]
        tally.kinds[row["kind"]] += row["sent"]
        for measure in SHARE_MEASURES:
            tally.parts[measure.key] += row[measure.key]
    return read


def _letters(scope: Scope, view: View, quarter: Quarter) -> Partition:
    """Discharge letters of the patients who left in the quarter, by the row of their request."""
    prefixed = {f"referral__{column}": column for column in view.columns}
    first, last = quarter.first_day, quarter.shifted(1).first_day
    rows = (
        Letter.objects.filter(
            scope.requests("referral__"),
            kind=LetterKind.DISCHARGE,
            referral__isnull=False,
            left_on__gte=first,
            left_on__lt=last,
        )
        .order_by()
        .values(*prefixed)
        .annotate(
            all=Count("id"),
            same_day=Count("id", filter=Q(left_on=TruncDate("sent_at", tzinfo=PARIS))),
        )
    )
    read = _Read()
    for row in rows:
        line = _place(view, {column: row[name] for name, column in prefixed.items()})
        read.lines[line.key] = line
        read.tallies[line.key].sent += row["all"]
        read.tallies[line.key].parts[LETTERS.key] += row["same_day"]
    return Partition(read.lines, read.tallies)


Delays = dict[str, dict[str, dict[tuple[Hashable, ...], Quantiles]]]
"""By measure, by way to part, by part."""


def _delays(requests: QuerySet[Referral], view: View) -> Delays:
    parts = {"line": [view.key, *view.extra], "whole": [], "priority": ["priority"]}
    if view.above:
        parts["above"] = [view.above[0]]
    return {
        measure.key: load_quantiles(
            requests.filter(kind__in=measure.kinds),
            start=measure.start,
            end=measure.end,
            parts=parts,
        )
        for measure in DELAY_MEASURES
    }


def _parts_of(key: str, partition: Partition) -> tuple[str, tuple[Hashable, ...]]:
    """Which part of the quantiles stands in a row."""
    if key == ALL:
        return "whole", ()
    line = partition.lines.get(key)
    if line is None:
        return "above", (key,)
    if key in (OUTSIDE, INSIDE):
        return "line", (None, key == OUTSIDE)
    return "line", (key.rpartition("/")[2],)


def _rows(
    partition: Partition,
    volumes: ProtectedVolumes,
    shares: Sequence[tuple[ShareMeasure, ProtectedShares]],
    delays: Delays,
) -> Iterable[FigureRow]:
    for key, label, level in partition.listed():
        volume = volumes.total(key)
        if volume is None:
            yield FigureRow(
                key, label, level, None, tuple((label, None) for label in volumes.labels)
            )
            continue
        name, part = _parts_of(key, partition)
        yield FigureRow(
            key=key,
            label=label,
            level=level,
            volume=volume,
            kinds=tuple(zip(volumes.labels, volumes.by_kind(key), strict=True)),
            shares=tuple((measure, share.rate(key)) for measure, share in shares),
            delays=tuple(
                (measure, _find(delays[measure.key][name], part))
                if volumes.shows(key, measure.kinds)
                else (measure, NO_QUANTILES)
                for measure in DELAY_MEASURES
            ),
        )


def _find(known: Mapping[tuple[Hashable, ...], Quantiles], part: tuple[Hashable, ...]) -> Quantiles:
    """The quantiles of a part; agreements carry whether they are outside any (never)."""
    return known.get(part) or known.get((*part, False)) or NO_QUANTILES


def _priority_rows(delays: Delays) -> Iterable[FigureRow]:
    for priority in Priority:
        found = tuple(
            (measure, delays[measure.key]["priority"].get((priority.value,), NO_QUANTILES))
            for measure in DELAY_MEASURES
        )
        if any(one != NO_QUANTILES for _, one in found):
            yield FigureRow(priority.value, priority.label, 1, None, delays=found)


def _refusals(scope: Scope, quarter: Quarter) -> tuple[ReasonRow, ...]:
    """The reasons of the refusals of the requests of the quarter. One query."""
    starts, ends = quarter.bounds()
    rows = (
        Event.objects.filter(
            scope.requests("referral__"),
            act=Act.REFUSE,
            referral__sent_at__gte=starts,
            referral__sent_at__lt=ends,
        )
        .order_by()
        .values_list("reason")
        .annotate(Count("referral", distinct=True))
    )
    return _reason_rows(dict(rows), dict(Reason.choices))


def _deviations(requests: QuerySet[Referral]) -> tuple[ReasonRow, ...]:
    rows = requests.exclude(deviation="").values_list("deviation").annotate(Count("id"))
    return _reason_rows(dict(rows), dict(Deviation.choices))


def _reason_rows(counts: Mapping[str, int], labels: Mapping[str, str]) -> tuple[ReasonRow, ...]:
    shown = protect_list(counts)
    rows = [ReasonRow(labels.get(key, "Sans motif"), value) for key, value in shown.items()]
    return tuple(sorted(rows, key=lambda row: (row.count is None, -(row.count or 0), row.label)))
