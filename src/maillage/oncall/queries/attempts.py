"""Computations of a draft: what they found, beside the draft as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from maillage.accounts.permissions import Actor
from maillage.jobs.models import Job
from maillage.oncall.enums import AttemptState
from maillage.oncall.models import Roster, RosterAttempt, RosterVersion
from maillage.oncall.queries.problem import Board, board_of_version, rebuilt
from maillage.oncall.queries.roster_pages import ChangeRow, change_rows
from maillage.oncall.queries.rosters import check_may_plan, get_roster_of, get_version
from maillage.oncall.queries.standing import Fault, faults_of
from maillage.oncall.rules.duties import compare_duties
from maillage.vocabulary.errors import NotFound


def held_of(attempt: RosterAttempt) -> list[tuple[str, str]]:
    """What an attempt proposes, as pairs (person, duty)."""
    return [(person, slot) for slot, person in attempt.held]


def get_attempt(roster: Roster, pk: int) -> RosterAttempt:
    """Raises :class:`NotFound`."""
    found = (
        RosterAttempt.objects.select_related("version__roster")
        .filter(pk=pk, version__roster=roster)
        .first()
    )
    if found is None:
        raise NotFound("oncall.unknown-attempt", "Ce calcul n'existe pas.")
    return found


@dataclass(frozen=True)
class AttemptPage:
    """A computation: how far it is, or what it proposes, duty by duty."""

    roster: Roster
    version: RosterVersion
    attempt: RosterAttempt
    others: tuple[RosterAttempt, ...]
    job: Job | None
    rows: tuple[ChangeRow, ...]
    faults: tuple[Fault, ...]
    is_stale: bool

    @property
    def is_running(self) -> bool:
        return self.attempt.state == AttemptState.RUNNING

    @property
    def is_found(self) -> bool:
        return self.attempt.state == AttemptState.FOUND

    @property
    def is_least(self) -> bool:
        """True when fewer empty duties are proven impossible."""
        holes = self.attempt.holes
        return holes is not None and holes == self.attempt.least_holes


def get_attempt_page(slug: str, pk: int, by: Actor, *, at: datetime) -> AttemptPage:
    """What a computation proposes. Raises :class:`NotFound`, :class:`NotAllowed`."""
    roster = get_roster_of(slug)
    check_may_plan(roster, by)
    attempt = get_attempt(roster, pk)
    version = next(one for one in roster.versions.all() if one.pk == attempt.version_id)
    version.roster = roster
    board = board_of_version(version, at=at)
    proposed = _proposed(board, attempt)
    lines = {line.slug: line.name for line in roster.lines.all()}
    others = RosterAttempt.objects.filter(version=version).exclude(pk=attempt.pk)[:5]
    return AttemptPage(
        roster=roster,
        version=version,
        attempt=attempt,
        others=tuple(others),
        job=Job.objects.filter(pk=int(attempt.job or 0)).first(),
        rows=tuple(change_rows(compare_duties(board.duties, proposed.duties), lines)),
        faults=tuple(faults_of(proposed, at=at)) if attempt.held else (),
        is_stale=attempt.stamp != version.stamp,
    )


def _proposed(board: Board, attempt: RosterAttempt) -> Board:
    """The draft as the attempt would make it; the draft itself while nothing was found."""
    if not attempt.held:
        return board
    wanted = {slot: person for person, slot in held_of(attempt)}
    return rebuilt(
        board,
        [
            duty if duty.pinned else replace(duty, holder=wanted.get(duty.id))
            for duty in board.duties
        ],
    )


def find_running(slug: str) -> RosterAttempt | None:
    """The computation of a roster that is under way, if there is one."""
    version = get_version(get_roster_of(slug))
    return RosterAttempt.objects.filter(version=version, state=AttemptState.RUNNING).first()
