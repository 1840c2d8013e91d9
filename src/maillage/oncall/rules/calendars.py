"""What a telephone's calendar is told: which entries are new, move, or are cancelled; and the file.

RFC 5545 asks for one UID per duty for ever and a SEQUENCE that grows with each change. Times are
those of Paris with their VTIMEZONE; in the hour that clocks show twice, which a local time cannot
tell apart, they are in UTC: a night of thirteen hours is one of thirteen hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, Timezone

from maillage.vocabulary.calendar import is_repeated, local_day, to_paris

PRODUCT = "-//Maillage//Gardes et astreintes//FR"
READ_AGAIN = timedelta(hours=1)
"""How often a calendar is asked to read its address again; telephones do as they please."""

PARIS_ZONE = Timezone.from_ical(
    """BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:DAYLIGHT
TZNAME:CEST
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:CET
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""
)
"""Summer time of the European Union (directive 2000/84/CE), as it has been since 1996."""


@dataclass(frozen=True, slots=True)
class HeldDuty:
    """A duty as it stands: primary keys of who holds it, of its line and of the service that
    receives, and when."""

    practitioner: int
    line: int
    service: int
    starts_at: datetime
    ends_at: datetime

    @property
    def key(self) -> tuple[int, int, int, datetime]:
        return self.practitioner, self.line, self.service, self.starts_at

    @property
    def kin(self) -> tuple[int, int, date]:
        """Two duties of one person, on one line and one day, are the same one moved."""
        return self.practitioner, self.line, local_day(self.starts_at)


@dataclass(frozen=True, slots=True)
class ToldDuty:
    """A duty as calendars were told: the primary key of its entry, and whether it was cancelled."""

    pk: int
    duty: HeldDuty
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """What calendars must be told: ``new`` duties; for entries by primary key, how they
    ``changed`` (moved, or back after having been cancelled); entries to ``cancel``."""

    new: tuple[HeldDuty, ...]
    changed: tuple[tuple[int, HeldDuty], ...]
    cancel: tuple[int, ...]


def tell(held: Iterable[HeldDuty], told: Iterable[ToldDuty]) -> Telling:
    """What to tell calendars that know ``told``, of the duties ``held`` now.

    A duty that goes while the same person gains one of the same line on the same day has moved: it
    keeps its entry. Everything else that goes is cancelled, and comes back under its own entry.
    """
    now = {duty.key: duty for duty in held}
    known = {one.duty.key: one for one in told}
    changed = [
        (one.pk, now[key])
        for key, one in known.items()
        if key in now and (one.is_cancelled or one.duty.ends_at != now[key].ends_at)
    ]
    gone = [one for key, one in known.items() if key not in now and not one.is_cancelled]
    places: dict[tuple[int, int, date], list[HeldDuty]] = defaultdict(list)
    for key, duty in sorted(now.items(), key=lambda pair: pair[1].starts_at, reverse=True):
        if key not in known:
            places[duty.kin].append(duty)
    cancel = []
    for one in sorted(gone, key=lambda one: one.duty.starts_at):
        if places[one.duty.kin]:
            changed.append((one.pk, places[one.duty.kin].pop()))
        else:
            cancel.append(one.pk)
    new = sorted(
        (duty for rest in places.values() for duty in rest),
        key=lambda duty: (duty.starts_at, duty.line, duty.service, duty.practitioner),
    )
    return Telling(tuple(new), tuple(changed), tuple(cancel))


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a calendar file, in words. ``url`` is a page that asks for a log-in."""

    uid: str
    title: str
    place: str
    details: str
    url: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    is_cancelled: bool
    changed_at: datetime


def write_calendar(name: str, entries: Iterable[Entry]) -> bytes:
    """The iCalendar file (RFC 5545) of these entries: the same entries give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/Paris")
    calendar.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add_component(PARIS_ZONE)
    for one in entries:
        starts_at, ends_at = _told(one.starts_at, one.ends_at)
        event = Event()
        event.add("uid", one.uid)
        event.add("summary", f"Annulée : {one.title}" if one.is_cancelled else one.title)
        event.add("dtstart", starts_at)
        event.add("dtend", ends_at)
        event.add("dtstamp", one.changed_at.astimezone(UTC).replace(microsecond=0))
        event.add("last-modified", one.changed_at.astimezone(UTC).replace(microsecond=0))
        event.add("sequence", one.sequence)
        event.add("status", "CANCELLED" if one.is_cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if one.is_cancelled else "OPAQUE")
        event.add("location", one.place)
        event.add("description", one.details)
        event.add("url", one.url)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _told(starts_at: datetime, ends_at: datetime) -> tuple[datetime, datetime]:
    """Both in Paris time; both in UTC when one is in the hour that clocks show twice."""
    zoned = to_paris(starts_at), to_paris(ends_at)
    if any(is_repeated(moment) for moment in zoned):
        return starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    return zoned
