"""What the pages of one roster show beside its grid: versions, opinions, what may be done, and what
a publication would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from maillage.accounts.permissions import Actor
from maillage.oncall.enums import AttemptState, VersionState
from maillage.oncall.models import Roster, RosterAttempt, RosterOpinion, RosterVersion
from maillage.oncall.permissions import GIVE_OPINION
from maillage.oncall.queries.month import Month
from maillage.oncall.queries.opinions import last_opinions
from maillage.oncall.queries.problem import Board, board_of_version
from maillage.oncall.queries.rosters import (
    bounds_of,
    check_may_plan,
    duties_in_force,
    get_roster_of,
    get_version,
    names_of,
    owners_of_line,
    pending_changes,
)
from maillage.oncall.queries.standing import Fault, faults_of
from maillage.oncall.rules.duties import ChangeKind, DutyChange, fingerprint
from maillage.oncall.rules.explanations import explain_once, short_hours
from maillage.oncall.rules.versions import OPEN, can_become
from maillage.vocabulary.calendar import local_day


@dataclass(frozen=True)
class RosterCard:
    """What may be done with the version that is shown."""

    is_newest: bool
    versions: tuple[RosterVersion, ...]
    opinions: tuple[RosterOpinion, ...]
    attempts: tuple[RosterAttempt, ...]
    may_submit: bool
    may_take_back: bool
    may_publish: bool
    may_abandon: bool
    may_amend: bool
    may_judge: bool
    level: str
    holes_in_force: int | None
    """Duties in force to come that nobody holds; None where the grid is what is in force."""

    @property
    def running(self) -> RosterAttempt | None:
        """The computation that is under way."""
        return next((one for one in self.attempts if one.state == AttemptState.RUNNING), None)


LEVELS = {
    VersionState.DRAFT: "neutral",
    VersionState.FOR_OPINION: "info",
    VersionState.PUBLISHED: "ok",
    VersionState.SUPERSEDED: "none",
    VersionState.ABANDONED: "none",
}


def get_roster_card(month: Month, by: Actor, *, at: datetime) -> RosterCard:
    """Versions, last opinions and attempts of a roster, and the acts that rules allow. Three
    queries."""
    version, versions = month.version, tuple(month.roster.versions.all())
    state = VersionState(version.state)
    attempts = (
        RosterAttempt.objects.filter(version=version).exclude(state=AttemptState.DROPPED)[:5]
        if month.may_plan
        else ()
    )
    owners = {month.roster.organization.slug}.union(*(owners_of_line(one) for one in month.lines))
    is_open = state in OPEN
    return RosterCard(
        is_newest=version.pk == versions[0].pk,
        versions=versions,
        opinions=_opinions_of(version),
        attempts=tuple(attempts),
        may_submit=month.may_plan and can_become(state, VersionState.FOR_OPINION),
        may_take_back=month.may_plan and can_become(state, VersionState.DRAFT),
        may_publish=month.may_plan and is_open,
        may_abandon=month.may_plan and is_open,
        may_amend=(
            month.may_plan
            and not any(VersionState(one.state) in OPEN for one in versions)
            and month.roster.ends_on > local_day(at)
        ),
        may_judge=state is VersionState.FOR_OPINION and GIVE_OPINION.allows(by, owners),
        level=LEVELS[state],
        holes_in_force=_holes_in_force(month, at) if is_open else None,
    )


def _holes_in_force(month: Month, at: datetime) -> int:
    held = duties_in_force([line.slug for line in month.lines], *bounds_of(month.roster))
    return sum(duty.holder is None and duty.starts_at > at for duty in held)


def _opinions_of(version: RosterVersion) -> tuple[RosterOpinion, ...]:
    return last_opinions(RosterOpinion.objects.filter(version=version).order_by("given_at", "pk"))


@dataclass(frozen=True)
class ChangeRow:
    """One duty that changes, in words."""

    change: DutyChange
    line: str
    hours: str
    before: str
    after: str
    why: str = ""
    """Of who loses it: what keeps them from it, empty when nothing does."""

    @property
    def kind(self) -> ChangeKind:
        return self.change.kind

    @property
    def level(self) -> str:
        """How the word of the change is coloured."""
        holes = (ChangeKind.FREED, ChangeKind.GONE)
        return "hole" if self.kind in holes else "ok" if self.kind is ChangeKind.FILLED else "info"


def change_rows(changes: Sequence[DutyChange], lines: dict[str, str]) -> list[ChangeRow]:
    """Changes with the names of those concerned. One query."""
    names = names_of({person for one in changes for person in one.people})
    return [
        ChangeRow(
            one,
            lines.get(one.duty.line, one.duty.line),
            short_hours(one.duty),
            "—" if one.before is None else names.get(one.before.holder or "", "Personne"),
            "—" if one.after is None else names.get(one.after.holder or "", "Personne"),
        )
        for one in changes
    ]


def _why_freed(board: Board, change: DutyChange) -> str:
    """What keeps who held a duty from it, whatever else they hold."""
    before, after = change.before, change.after
    if before is None or after is None or before.holder is None:
        return ""
    found = board.checker.violations_of(before.holder, [after.id])
    barring = [one for one in found if one.rule != "not_pinned"]
    said = explain_once(barring, board.by_id, board.regulations)
    return ", ".join(one.sentence for one in said)


@dataclass(frozen=True)
class PublicationPage:
    """What the publication of a version would do, before it is done."""

    roster: Roster
    version: RosterVersion
    rows: tuple[ChangeRow, ...]
    freed: tuple[ChangeRow, ...]
    begun: tuple[ChangeRow, ...]
    counts: tuple[tuple[ChangeKind, int], ...]
    faults: tuple[Fault, ...]
    opinions: tuple[RosterOpinion, ...]
    holes: int
    fingerprint: str

    @property
    def away(self) -> tuple[ChangeRow, ...]:
        """The duties freed that their holder could not have held."""
        return tuple(row for row in self.freed if row.why)


def get_publication(slug: str, by: Actor, *, at: datetime) -> PublicationPage:
    """Compare the open version of a roster with what is in force. Raises :class:`NotFound`,
    :class:`NotAllowed`."""
    roster = get_roster_of(slug)
    check_may_plan(roster, by)
    version = get_version(roster)
    version.roster = roster
    pending = pending_changes(version, at=at)
    lines = {line.slug: line.name for line in roster.lines.all()}
    board = board_of_version(version, at=at)
    rows = [
        replace(row, why=_why_freed(board, row.change)) if row.kind is ChangeKind.FREED else row
        for row in change_rows(pending.changes, lines)
    ]
    counts = Counter(row.kind for row in rows)
    return PublicationPage(
        roster=roster,
        version=version,
        rows=tuple(rows),
        begun=tuple(change_rows(pending.begun, lines)),
        freed=tuple(row for row in rows if row.kind is ChangeKind.FREED),
        counts=tuple((kind, counts[kind]) for kind in ChangeKind if counts[kind]),
        faults=tuple(faults_of(board, at=at)),
        opinions=_opinions_of(version),
        holes=sum(one.holder is None and one.starts_at > at for one in pending.planned),
        fingerprint=fingerprint(pending.changes),
    )
