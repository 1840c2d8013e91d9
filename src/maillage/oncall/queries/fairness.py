"""Who holds how much: this roster, the months before, and each one's fair share.

The fair share of a duty is divided between those who could have held it that day, by their weekly
half-days. What was held above or below it in the months before is carried into the next roster.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maillage.directory.models import Practitioner
from maillage.engines.rostering.duties import SHARE_SCALE, SHARED_COUNTERS
from maillage.oncall.enums import VersionState
from maillage.oncall.models import DutyLine, DutySlot, RosterVersion
from maillage.oncall.queries.problem import (
    Board,
    board_in_force,
    board_of_version,
    load_board,
)
from maillage.oncall.queries.rosters import get_roster_of, get_version
from maillage.vocabulary.calendar import day_bounds

CARRIED_DAYS = 182
"""How far back fairness looks: six months before the roster."""

LABELS: Mapping[str, str] = {
    "gardes": "Gardes",
    "astreintes": "Astreintes",
    "nights": "Nuits",
    "weekends": "Samedis et dimanches",
    "holidays": "Fériés",
}


@dataclass(frozen=True)
class Balance:
    """One counter of one person: held, fair share, and what was carried from before (hundredths
    turned into duties)."""

    held: int
    share: float
    carried: float

    @property
    def gap(self) -> float:
        """Above (positive) or below the fair share, months before included."""
        return round(self.held + self.carried - self.share, 1)

    @property
    def level(self) -> str:
        """How the gap is coloured: within one duty of the share is fair."""
        if abs(self.gap) <= 1:
            return "ok"
        return "late" if self.gap > 0 else "limit"

    @property
    def words(self) -> str:
        """The gap with its sign, as French people write it."""
        text = f"{abs(self.gap):.1f}".replace(".", ",")
        return f"+{text}" if self.gap > 0 else f"−{text}" if self.gap < 0 else "0"


@dataclass(frozen=True)
class FairnessRow:
    """One person. ``half_days`` and ``hours`` are what the duties of the roster count for: two
    counters side by side (instruction of 30 December 2025)."""

    person: Practitioner
    weekly: int
    balances: tuple[Balance, ...]
    half_days: int
    hours: float


@dataclass(frozen=True)
class FairnessPage:
    """The counters of a version, and of the six months before."""

    version: RosterVersion
    counters: tuple[str, ...]
    rows: tuple[FairnessRow, ...]
    since: date | None


def carried_until(
    lines: Sequence[DutyLine], day: date, *, at: datetime
) -> dict[str, dict[str, int]]:
    """What each person held above their fair share on these lines over the six months before a day,
    by counter, in hundredths. Empty when no duty was in force."""
    first = day - timedelta(days=CARRIED_DAYS)
    begun = (
        DutySlot.objects.filter(
            line__in=lines,
            starts_at__gte=day_bounds(first)[0],
            starts_at__lt=day_bounds(day)[0],
        )
        .order_by("starts_at")
        .values_list("starts_at", flat=True)
        .first()
    )
    if begun is None:
        return {}
    board = board_in_force(lines, max(first, begun.date()), day, at=at)
    held = held_counts(board)
    return {
        person.id: {
            share.counter: held[person.id][share.counter] * share.scale - share.target
            for share in person.shares
        }
        for person in board.problem.people
        if person.shares
    }


def held_counts(board: Board) -> Mapping[str, Counter[str]]:
    """What the duties that each person holds add to every counter."""
    counts = {slot.id: slot.counts for slot in board.problem.slots}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for duty in board.duties:
        if duty.holder is not None:
            found[duty.holder].update(counts[duty.id])
    return found


def board_with_carried(version: RosterVersion, *, at: datetime) -> Board:
    """A version of a roster, with what each person carries from the months before."""
    board = board_of_version(version, at=at)
    lines = list(board.lines.values())
    carried = carried_until(lines, board.starts, at=at)
    if not carried:
        return board
    return load_board(lines, board.duties, board.starts, board.ends, carried=carried)


def get_fairness(slug: str, *, at: datetime, drafts: bool) -> FairnessPage:
    """The counters of the version of a roster that its page shows. Raises :class:`NotFound`."""
    roster = get_roster_of(slug)
    version = get_version(roster, drafts=drafts)
    version.roster = roster
    lines = list(roster.lines.all())
    carried = carried_until(lines, roster.starts_on, at=at)
    if version.state == VersionState.PUBLISHED:
        board = board_in_force(lines, roster.starts_on, roster.ends_on, at=at)
    else:
        board = board_of_version(version, at=at)
    held = held_counts(board)
    shares = {(p.id, s.counter): s.target for p in board.problem.people for s in p.shares}
    counters = tuple(one for one in SHARED_COUNTERS if any(key[1] == one for key in shares))
    rows = []
    for slug_of, person in sorted(
        board.crew.people.items(), key=lambda item: (item[1].search_name, item[0])
    ):
        counts = held[slug_of]
        balances = tuple(
            Balance(
                held=counts[counter],
                share=round(shares.get((slug_of, counter), 0) / SHARE_SCALE, 1),
                carried=round(carried.get(slug_of, {}).get(counter, 0) / SHARE_SCALE, 1),
            )
            for counter in counters
        )
        rows.append(
            FairnessRow(
                person,
                board.half_days.get(slug_of, 0),
                balances,
                counts["half_days"],
                round(counts["minutes"] / 60, 1),
            )
        )
    return FairnessPage(
        version,
        tuple(LABELS[counter] for counter in counters),
        tuple(rows),
        roster.starts_on - timedelta(days=CARRIED_DAYS) if carried else None,
    )
