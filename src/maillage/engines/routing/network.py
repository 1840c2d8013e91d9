"""The territory as values: everything that coverage depends on, and nothing else.

A :class:`Network` is frozen. It is read from its JSON document (``document.py``) or built from
rows in hand with :func:`build_network`; both make the same checks (``checks.py``). All identifiers
are text. Periods include their start and exclude their end; ``None`` is open. Ages are whole years,
``age_min <= age < age_max``. Instants are aware datetimes; dates are local days of the network's
time zone. Minutes are decimal numbers of minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from maillage.engines.routing.enums import Entry, ExceptionState, HolidayRule, TravelSource

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class ResidentBand:
    """Residents of one sex in one age band; a band that is open above ends at 100."""

    age_min: int
    age_max: int | None
    sex: str
    count: float


@dataclass(frozen=True, slots=True)
class Commune:
    """A place where people live, as one point."""

    code: str
    name: str
    lat: float
    lon: float
    residents: tuple[ResidentBand, ...] = ()


@dataclass(frozen=True, slots=True)
class Organization:
    """A legal entity. Sites of one organization send patients to each other freely."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Membership:
    """An organization belongs to a hospital group over these days."""

    organization: str
    group: str
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A place where care is given."""

    id: str
    organization: str
    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class DayPeriod:
    """Local days ``starts_on <= day < ends_on``: an authorisation."""

    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A weekly window of wall-clock time. ``weekdays``: 1 = Monday ... 7 = Sunday.

    ``from_minute`` and ``to_minute`` count minutes of the local clock since midnight,
    ``0 <= from_minute < to_minute <= 1440``; :meth:`between` takes them as ``"08:00"``.
    """

    weekdays: tuple[int, ...]
    from_minute: int
    to_minute: int
    holidays: HolidayRule = HolidayRule.OPEN

    @classmethod
    def between(
        cls,
        weekdays: tuple[int, ...],
        starts: str,
        ends: str,
        holidays: HolidayRule = HolidayRule.OPEN,
    ) -> Opening:
        """The window between two local times written ``HH:MM``; the end may be ``24:00``."""
        return cls(weekdays, _minute_of(starts), _minute_of(ends), holidays)


def _minute_of(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


@dataclass(frozen=True, slots=True)
class ServiceException:
    """A period when a service is open, or closed even to its duty line, against its hours."""

    starts_at: datetime | None
    ends_at: datetime | None
    state: ExceptionState


@dataclass(frozen=True, slots=True)
class Service:
    """One care type at one site, at one level, for an age range: a healthcare service."""

    id: str
    site: str
    care_type: str
    level: str
    age_min: int = 0
    age_max: int | None = None
    authorisations: tuple[DayPeriod, ...] = ()
    opening: tuple[Opening, ...] = ()
    exceptions: tuple[ServiceException, ...] = ()


@dataclass(frozen=True, slots=True)
class DutySlot:
    """One interval of a duty line, and the service that it keeps reachable.

    ``holder`` is the person who holds it, ``None`` a hole in the roster. ``response_minutes``
    is the time for the holder to be at work: 0 on site, more when on call from home.
    """

    id: str
    line: str
    service: str
    starts_at: datetime | None
    ends_at: datetime | None
    holder: str | None = None
    response_minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Clause:
    """``from_organization`` sends patients of these care types to ``to_organization``.

    ``priority``: the smaller, the sooner it is chosen between equal ways.
    """

    id: str
    agreement: str
    from_organization: str
    to_organization: str
    care_types: tuple[str, ...]
    priority: int = 1
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One graded step of a pathway. ``hours`` is ``None`` when it is required at all times."""

    order: int
    care_type: str
    level: str
    entry: Entry
    target_minutes: float | None = None
    hours: tuple[Opening, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pathway:
    """An ordered list of steps. Its ages bound the residents whom a proof counts, not an answer."""

    id: str
    name: str
    steps: tuple[Step, ...]
    age_min: int = 0
    age_max: int | None = None


@dataclass(frozen=True, slots=True)
class Travel:
    """Where travel times come from, and their margin in minutes.

    With ``MATRIX``, a pair that is not listed cannot be travelled; pairs go one way, from the first
    place to the second. With ``ESTIMATE``, minutes follow from the points
    (``vocabulary.geo.estimated_minutes``) and both tables are empty. A move within one site
    always takes 0 minutes.
    """

    source: TravelSource
    margin_minutes: float
    commune_site: tuple[tuple[str, str, float], ...] = ()
    site_site: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Network:
    """A whole territory. Build it with :func:`build_network` or read it with ``read_network``:
    the constructor alone checks nothing. Two networks are the same when their hashes are."""

    timezone: str
    public_holidays: tuple[date, ...]
    communes: tuple[Commune, ...]
    organizations: tuple[Organization, ...]
    memberships: tuple[Membership, ...]
    sites: tuple[Site, ...]
    services: tuple[Service, ...]
    duty_slots: tuple[DutySlot, ...]
    clauses: tuple[Clause, ...]
    pathways: tuple[Pathway, ...]
    travel: Travel


@dataclass(frozen=True, slots=True)
class Demand:
    """A resident of ``commune``, aged ``age``, needs ``pathway`` at the instant ``at``."""

    commune: str
    pathway: str
    age: int
    at: datetime
