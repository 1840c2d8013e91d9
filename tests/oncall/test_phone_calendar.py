"""What a telephone holds after each refresh, read by another parser than the library that writes:
unfolding and splitting by hand (RFC 5545, sections 3.1 and 3.2), zones by dateutil."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import pytest
from dateutil.tz import tzical  # type: ignore[import-untyped]

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Practitioner
from maillage.oncall.actions import calendars, release_slot
from maillage.oncall.actions import swaps as swap_acts
from maillage.oncall.actions.publishing import publish_version
from maillage.oncall.actions.rosters import amend_roster
from maillage.oncall.models import DutySlot, PlannedDuty, RosterVersion
from maillage.oncall.queries.rosters import pending_changes
from maillage.oncall.rules.calendars import Entry, write_calendar
from maillage.oncall.rules.duties import fingerprint
from maillage.vocabulary.calendar import PARIS, paris_instant
from tests.oncall import december
from tests.oncall.people_in_small import actor_of

Property = tuple[str, dict[str, str], str]


def properties(content: bytes) -> list[Property]:
    """The lines of a file, unfolded: name, parameters, value."""
    assert content.endswith(b"\r\n")
    folded = content.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in folded), "at most 75 octets (section 3.1)"
    assert not any(b"\n" in line or b"\r" in line for line in folded)
    whole: list[bytes] = []
    for line in folded:
        line.decode()  # a fold never cuts a character
        if line.startswith(b" "):
            whole[-1] += line[1:]
        else:
            whole.append(line)
    found = []
    for text in (line.decode() for line in whole):
        head, _, value = text.partition(":")
        name, *parameters = head.split(";")
        found.append((name, dict(one.split("=", 1) for one in parameters), value))
    return found


def components(found: list[Property], kind: str) -> list[dict[str, tuple[dict[str, str], str]]]:
    """The components of a kind, by name of property."""
    made: list[dict[str, tuple[dict[str, str], str]]] = []
    inside = False
    for name, parameters, value in found:
        if (name, value) == ("BEGIN", kind):
            inside = True
            made.append({})
        elif (name, value) == ("END", kind):
            inside = False
        elif inside:
            assert name not in made[-1], f"{name} twice"
            made[-1][name] = parameters, value
    return made


def zone_of(content: bytes) -> tzinfo:
    text = content.decode().replace("\r\n ", "")
    start, end = text.index("BEGIN:VTIMEZONE"), text.index("END:VTIMEZONE") + len("END:VTIMEZONE")
    zone = tzical(io.StringIO(text[start:end])).get("Europe/Paris")
    assert zone is not None
    return zone


def instant(content: bytes, parameters: dict[str, str], value: str) -> datetime:
    if value.endswith("Z"):
        assert not parameters
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert parameters == {"TZID": "Europe/Paris"}
    wall = datetime.strptime(f"{value}Z", "%Y%m%dT%H%M%SZ").replace(tzinfo=zone_of(content))
    return wall.astimezone(UTC)


@dataclass
class Telephone:
    """Keeps, by UID, what was last told; as a subscribed calendar does, never goes back to an older
    SEQUENCE, and shows no cancelled entry."""

    kept: dict[str, tuple[int, str, datetime, datetime]]

    def refresh(self, content: bytes) -> set[datetime]:
        found = components(properties(content), "VEVENT")
        names = [event["UID"][1] for event in found]
        assert len(set(names)) == len(names)
        assert set(self.kept) <= set(names), "nothing is forgotten: it is cancelled"
        for event in found:
            told = (
                int(event["SEQUENCE"][1]),
                event["STATUS"][1],
                instant(content, *event["DTSTART"]),
                instant(content, *event["DTEND"]),
            )
            before = self.kept.get(event["UID"][1])
            if before is not None and before != told:
                assert told[0] > before[0], "what changes has a greater SEQUENCE"
            self.kept[event["UID"][1]] = told
        return {start for _, status, start, _ in self.kept.values() if status == "CONFIRMED"}


def publish(version: RosterVersion, at: datetime) -> None:
    shown = fingerprint(pending_changes(version, at=at).changes)
    publish_version(version=version, shown=shown, reason="essai", by=SYSTEM, at=at)


def plan(version: RosterVersion, day: int, name: str | None) -> datetime:
    duty = december.night(version, day)
    duty.practitioner = Practitioner.objects.get(slug=name) if name else None
    duty.save()
    return duty.starts_at


@pytest.mark.django_db
def test_publish_amend_swap_cancel(
    lines: None, now: datetime, make_actor: Callable[..., Actor]
) -> None:
    december.add_crew()
    december.add_nights()
    read = {name: reader(name, now) for name in ("ada", "ben")}
    version = december.make(now)
    fifth, fifteenth = plan(version, 5, "ada"), plan(version, 15, "ada")
    twentieth = plan(version, 20, "ben")
    assert (read["ada"](now), read["ben"](now)) == (set(), set()), "a draft is not told"

    publish(version, now)
    assert read["ada"](now) == {fifth, fifteenth}
    assert read["ben"](now) == {twentieth}

    at = now + timedelta(hours=1)
    second = amend_roster(roster=version.roster, reason="essai", by=SYSTEM, at=at)
    plan(second, 15, "ben")
    assert read["ada"](at) == {fifth, fifteenth}, "an amendment in preparation is not told"
    publish(second, at)
    assert read["ada"](at) == {fifth}
    assert read["ben"](at) == {fifteenth, twentieth}

    at = now + timedelta(hours=2)
    slots = {slot.starts_at: slot for slot in DutySlot.objects.all()}
    swap = swap_acts.propose_swap(
        slot=slots[fifth], taken_by=december.who("ben"), in_return=slots[twentieth],
        by=actor_of("ada", at), at=at,
    )  # fmt: skip
    swap_acts.answer_swap(swap=swap, accept=True, by=actor_of("ben", at), at=at)
    assert read["ada"](at) == {fifth}, "an exchange under way is not told"
    keeper = make_actor(Role.DIRECTOR, at="ch-maubeuge")
    swap_acts.approve_swap(swap=swap, by=keeper, at=at)
    assert read["ada"](at) == {twentieth}
    assert read["ben"](at) == {fifth, fifteenth}

    at = now + timedelta(hours=3)
    for starts_at in (fifth, twentieth):
        slot = DutySlot.objects.select_related("line__organization", "service").get(
            starts_at=starts_at
        )
        release_slot(slot=slot, by=SYSTEM, at=at)
    assert read["ada"](at) == set()
    assert read["ben"](at) == {fifteenth}
    assert PlannedDuty.objects.exists()


def reader(name: str, now: datetime) -> Callable[[datetime], set[datetime]]:
    """A telephone of somebody, that reads their secret address."""
    _, secret = calendars.make_own_link(
        practitioner=december.who(name), by=actor_of(name, now), at=now
    )
    telephone = Telephone({})

    def read(at: datetime) -> set[datetime]:
        reading = calendars.read_calendar(
            secret=secret, machine="10.0.0.1", address="https://exemple.fr", at=at
        )
        return telephone.refresh(reading.content)

    return read


# The file


def entry(starts_at: datetime, ends_at: datetime) -> Entry:
    return Entry(
        uid="a", title="Astreinte é" * 20, place="Hôpital ; Lens, étage", details="Un\nDeux, trois",
        url="https://exemple.fr/astreintes/a", starts_at=starts_at, ends_at=ends_at, sequence=2,
        is_cancelled=False, changed_at=starts_at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "in_utc"),
    [
        (paris_instant(date(2026, 10, 24), time(20)), paris_instant(date(2026, 10, 25), time(8)),
         False),
        (paris_instant(date(2027, 3, 27), time(20)), paris_instant(date(2027, 3, 28), time(8)),
         False),
        (paris_instant(date(2026, 10, 24), time(20)),
         paris_instant(date(2026, 10, 25), time(2, 30)), True),
        (paris_instant(date(2026, 10, 25), time(2, 30), fold=1),
         paris_instant(date(2026, 10, 25), time(8)), True),
        (paris_instant(date(2026, 7, 1), time(18)), paris_instant(date(2026, 7, 2), time(8)),
         False),
    ],
)  # fmt: skip
def test_instants_are_right_on_both_nights_when_clocks_change(
    starts_at: datetime, ends_at: datetime, in_utc: bool
) -> None:
    content = write_calendar("Mes gardes", [entry(starts_at, ends_at)])
    (event,) = components(properties(content), "VEVENT")
    assert instant(content, *event["DTSTART"]) == starts_at
    assert instant(content, *event["DTEND"]) == ends_at
    forms = {event[name][1].endswith("Z") for name in ("DTSTART", "DTEND")}
    assert forms == {in_utc}


def test_the_zone_is_that_of_paris_hour_by_hour() -> None:
    content = write_calendar("Mes gardes", [])
    zone = zone_of(content)
    for first in (date(2026, 3, 28), date(2026, 10, 24), date(2031, 3, 29), date(2031, 10, 25)):
        for hours in range(72):
            moment = paris_instant(first, time(0)) + timedelta(hours=hours)
            wall = moment.astimezone(PARIS)
            if wall.fold or wall.replace(fold=1).utcoffset() != wall.utcoffset():
                continue
            assert wall.replace(tzinfo=zone).astimezone(UTC) == moment


def test_what_a_calendar_says_of_itself() -> None:
    moment = paris_instant(date(2026, 12, 24), time(20))
    found = properties(write_calendar("Gardes de Dr Œ", [entry(moment, moment + timedelta(1))]))
    said = {name: (parameters, value) for name, parameters, value in found}
    assert said["X-WR-CALNAME"][1] == "Gardes de Dr Œ"
    assert said["X-WR-TIMEZONE"][1] == "Europe/Paris"
    assert said["REFRESH-INTERVAL"] == ({"VALUE": "DURATION"}, "PT1H")
    assert said["X-PUBLISHED-TTL"][1] == "PT1H"
    assert said["METHOD"][1] == "PUBLISH"
    assert said["SUMMARY"][1] == "Astreinte é" * 20
    assert said["LOCATION"][1] == r"Hôpital \; Lens\, étage"
    assert said["DESCRIPTION"][1] == r"Un\nDeux\, trois"
    assert said["DTSTAMP"][1].endswith("Z")
