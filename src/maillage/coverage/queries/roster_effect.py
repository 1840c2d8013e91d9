"""What the publication of a roster would do to residents: hours with or without anybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.coverage.queries.scenarios import default_horizon
from maillage.coverage.queries.what_if import Loading, WhatIf, compute_what_if, peek_ground
from maillage.coverage.rules.scenario_effects import headline
from maillage.coverage.rules.scenario_words import HoleWords, Move, hole_in_words, moves_in_words
from maillage.oncall.queries.rosters import (
    check_may_plan,
    get_roster_of,
    get_version,
    pending_changes,
)
from maillage.oncall.rules.duties import ChangeKind, Duty, DutyChange
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid

SHOWN_HOLES = 6
SHOWN_INTERVALS = 4


@dataclass(frozen=True)
class RosterEffect:
    """The effect, or how far the territory of today is from being ready. ``unchanged``: nothing of
    what residents get depends on this publication. ``outside``: it is not of the horizon."""

    loading: Loading | None = None
    outside: bool = False
    unchanged: bool = False
    problem: str = ""
    headline: str = ""
    moves: tuple[Move, ...] = ()
    holes: tuple[HoleWords, ...] = ()
    what_if: WhatIf | None = None


def changes_of(changes: Iterable[DutyChange]) -> list[dict[str, Any]]:
    """The changes of a publication as those of a scenario: duties that gain or lose a holder. A
    duty that only changes hands leaves residents as they were."""
    found: list[dict[str, Any]] = []
    for one in changes:
        before, after = one.before, one.after
        if one.kind is ChangeKind.MOVED and before and after and before.ends_at == after.ends_at:
            continue
        if before is not None and before.holder is not None:
            found.append(_unstaff(before))
        if after is not None and after.holder is not None:
            found.append(_staff(after, is_new=before is None or before.ends_at != after.ends_at))
    return found


def _unstaff(duty: Duty) -> dict[str, Any]:
    return {
        "change": "unstaff",
        "from": duty.starts_at.isoformat(),
        "to": duty.ends_at.isoformat(),
        "line": duty.line,
        "service": duty.service,
    }


def _staff(duty: Duty, *, is_new: bool) -> dict[str, Any]:
    wanted: dict[str, Any] = {**_unstaff(duty), "change": "staff", "holder": duty.holder}
    return {**wanted, "create": True} if is_new else wanted


def get_roster_effect(slug: str, by: Actor, *, at: datetime) -> RosterEffect:
    """What residents would gain or lose if the open version of a roster were published now. The
    territory of today is not waited for: see ``loading``. Raises :class:`NotFound`,
    :class:`NotAllowed`."""
    roster = get_roster_of(slug)
    check_may_plan(roster, by)
    version = get_version(roster)
    version.roster = roster
    changes = changes_of(pending_changes(version, at=at).changes)
    if not changes:
        return RosterEffect(unchanged=True)
    first_day, last_day = default_horizon(local_day(at))
    if roster.ends_on <= first_day or roster.starts_on >= last_day:
        return RosterEffect(outside=True)
    ground = peek_ground(first_day, last_day)
    if isinstance(ground, Loading):
        return RosterEffect(loading=ground)
    try:
        found = compute_what_if(ground, changes)
    except Invalid as error:
        return RosterEffect(problem=error.message)
    effect = found.effect
    return RosterEffect(
        unchanged=effect.is_nothing,
        headline=headline(effect),
        moves=tuple(moves_in_words(effect)),
        holes=tuple(
            hole_in_words(hole, most=SHOWN_INTERVALS) for hole in effect.holes[:SHOWN_HOLES]
        ),
        what_if=found,
    )
