"""Sessions of the invented multidisciplinary meetings (RCP), week after week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random

from maillage.referrals.actions.invented.ground import Ground
from maillage.referrals.models import MeetingSession, Referral
from maillage.referrals.rules.meetings import STANDARD_QUORUM
from maillage.vocabulary.calendar import local_day, paris_instant

MEETINGS: tuple[tuple[str, str, str, int, time, tuple[str, ...]], ...] = (
    ("oncologie-sein-chu-lille", "RCP sein, recours", "recours", 2, time(14), STANDARD_QUORUM),
    ("chirurgie-sein-valenciennes", "RCP sein", "standard", 4, time(17, 30), STANDARD_QUORUM),
    (
        "chirurgie-thoracique-chu-lille",
        "RCP thoracique, recours",
        "recours",
        3,
        time(16),
        (*STANDARD_QUORUM, "Pneumologie"),
    ),
    (
        "chirurgie-thoracique-valenciennes",
        "RCP thoracique",
        "standard",
        1,
        time(17),
        (*STANDARD_QUORUM, "Pneumologie"),
    ),
)
"""Team that runs it, name, type, day of the week (1 is Monday), hour, specialties that must sit."""

NAMES = (
    "Dr Ancolie-Exemple",
    "Dr Bourrache-Exemple",
    "Dr Campanule-Exemple",
    "Dr Gentiane-Exemple",
)
BEFORE, AFTER = timedelta(days=372), timedelta(days=63)
REGISTERED_BEFORE = timedelta(hours=30)
"""How long before a session its list closes."""


class Sessions:
    """The sessions, by the team that runs them, in order."""

    def __init__(self, rows: Sequence[MeetingSession]) -> None:
        self._by_team: dict[int, list[MeetingSession]] = defaultdict(list)
        for row in sorted(rows, key=lambda one: one.starts_at):
            self._by_team[row.service_id].append(row)

    def has(self, team: int) -> bool:
        """True when this team runs a meeting."""
        return team in self._by_team

    def next_for(self, referral: Referral, *, at: datetime) -> MeetingSession:
        """The first session that a request may still be put on: not held, its list not closed."""
        rows = [one for one in self._by_team[referral.to_service_id] if one.held_at is None]
        return next(one for one in rows if one.starts_at > at + REGISTERED_BEFORE)

    def hold(self, rng: Random, *, until: datetime) -> list[MeetingSession]:
        """Hold every session that is over by an instant, with its quorum."""
        held = []
        for one in (row for rows in self._by_team.values() for row in rows):
            over = one.starts_at + timedelta(minutes=rng.randint(70, 130))
            if one.held_at is None and over <= until:
                one.held_at, one.held_by = over, NAMES[0]
                one.attendees = [
                    {"name": name, "specialty": specialty}
                    for name, specialty in zip(NAMES, one.quorum, strict=False)
                ]
                held.append(one)
        return held


def plan_sessions(ground: Ground) -> list[MeetingSession]:
    """A year of weekly sessions and those of the coming weeks, not written."""
    first, last = local_day(ground.at - BEFORE), local_day(ground.at + AFTER)
    rows = []
    for team, name, kind, weekday, hour, quorum in MEETINGS:
        service = ground.teams.get(team)
        if service is None:
            continue
        day = first + timedelta(days=(weekday - first.isoweekday()) % 7)
        while day <= last:
            rows.append(
                MeetingSession(
                    service=service,
                    name=name,
                    kind=kind,
                    starts_at=paris_instant(day, hour),
                    quorum=list(quorum),
                )
            )
            day += timedelta(days=7)
    return rows
