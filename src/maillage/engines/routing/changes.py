"""The changes of a scenario, as values: what would happen if ...

A scenario is a short list of changes, laid over a network in order (:func:`apply_changes`, in
``changes_applied.py``) and exchanged as JSON (:func:`read_changes` and :func:`write_changes`, in
``changes_document.py``; the file is described in ``docs/reference/scenario-file.md``).

As everywhere in the engine, periods include their start and exclude their end, and ``None`` is
open. Days (``_on``) are local days of the network's time zone: what ends on a day is not in force
on that day. Instants (``_at``) are aware datetimes. Weekly hours are minutes of the wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from maillage.engines.routing.enums import HolidayRule
from maillage.engines.routing.network import Network

REINFORCEMENT = "renfort"
"""Who holds the slots that a scenario staffs, and the line of those that it adds, when it does not
say. One name is one person: what hangs on it hangs on all its slots together."""

NEW_AGREEMENT = "scenario"
"""The agreement of an added clause that does not name one."""

MEMBER_MARK = "@"
"""Parts the identifier of a clause given by a group from the member that it speaks for:
``clause@member``. ``clause`` alone then means the clauses of all its members."""


@dataclass(frozen=True, slots=True)
class StaffSlots:
    """Somebody holds the slots that nobody held, over a period.

    The slots are those of ``line``, of ``service``, or of both when both are given (at least one
    is). A slot that goes past the period is cut: only its part inside the period is held, the rest
    stays as it was. ``response_minutes`` of ``None`` keeps that of each slot.

    With ``create``, which needs ``service``, slots of ``line`` (:data:`REINFORCEMENT` when it is
    not given; it may be a new line) are added over the parts of the period that no such slot
    covers, with 0 response minutes unless given.
    """

    kind: ClassVar[str] = "staff"
    starts_at: datetime | None
    ends_at: datetime | None
    line: str | None = None
    service: str | None = None
    holder: str = REINFORCEMENT
    response_minutes: float | None = None
    create: bool = False


@dataclass(frozen=True, slots=True)
class UnstaffSlots:
    """Nobody holds the slots of a line, or of a service, or of both, over a period; cut as with
    :class:`StaffSlots`."""

    kind: ClassVar[str] = "unstaff"
    starts_at: datetime | None
    ends_at: datetime | None
    line: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class OpenService:
    """A service gets one more weekly opening window. A closure still wins over it."""

    kind: ClassVar[str] = "open"
    service: str
    weekdays: tuple[int, ...]
    from_minute: int
    to_minute: int
    holidays: HolidayRule = HolidayRule.OPEN


@dataclass(frozen=True, slots=True)
class CloseService:
    """A service is closed over a period, even to its duty lines (an exception ``closed``)."""

    kind: ClassVar[str] = "close"
    service: str
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuthoriseService:
    """A service is authorised over these days too."""

    kind: ClassVar[str] = "authorise"
    service: str
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class EndAuthorisation:
    """A service is no longer authorised from the day ``ends_on`` on: its authorisations are cut
    on that day, those that would start later are given up."""

    kind: ClassVar[str] = "end_authorisation"
    service: str
    ends_on: date


@dataclass(frozen=True, slots=True)
class AddClause:
    """One organization sends patients of these care types to another.

    Without ``id``, the clause is called after its content (``new:FROM>TO:CARE+CARE``). A clause
    that says what another one says already is still added: two agreements hang on neither.
    """

    kind: ClassVar[str] = "add_clause"
    from_organization: str
    to_organization: str
    care_types: tuple[str, ...]
    priority: int = 1
    starts_on: date | None = None
    ends_on: date | None = None
    id: str | None = None
    agreement: str | None = None


@dataclass(frozen=True, slots=True)
class EndClause:
    """A clause is no longer in force from the day ``ends_on`` on; one that would start later is
    given up. ``clause`` is its identifier, or that before :data:`MEMBER_MARK`, which means the
    clauses of all the members of the group. A clause that is over by that day stays as it is."""

    kind: ClassVar[str] = "end_clause"
    clause: str
    ends_on: date


@dataclass(frozen=True, slots=True)
class EndAgreement:
    """Every clause of an agreement ends, as with :class:`EndClause`."""

    kind: ClassVar[str] = "end_agreement"
    agreement: str
    ends_on: date


@dataclass(frozen=True, slots=True)
class HolderLeaves:
    """From the first instant of the local day ``from_date`` on, a person holds no slot any more.

    A slot in progress at that instant is cut there: held before, a hole in the roster after.
    """

    kind: ClassVar[str] = "leave"
    holder: str
    from_date: date


@dataclass(frozen=True, slots=True)
class MoveHalfDay:
    """A weekly window passes from one service to another: the half-day of a practitioner who
    shares time.

    What moves is exactly what the first service has of the window on that weekday, each part with
    its rule for public holidays: no hour of work is made or lost. A service that has none of it
    has nothing to give, which is refused.
    """

    kind: ClassVar[str] = "move_half_day"
    from_service: str
    to_service: str
    weekday: int
    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class SetTarget:
    """A step of a pathway gets another target in minutes, or none. ``step`` is its ``order``."""

    kind: ClassVar[str] = "target"
    pathway: str
    step: int
    minutes: float | None


Change = (
    StaffSlots
    | UnstaffSlots
    | OpenService
    | CloseService
    | AuthoriseService
    | EndAuthorisation
    | AddClause
    | EndClause
    | EndAgreement
    | HolderLeaves
    | MoveHalfDay
    | SetTarget
)


class NoteKind(StrEnum):
    """What deserves to be said of a change that was applied."""

    ALREADY_OVER = "ALREADY_OVER"
    """The clause, the agreement's clause or the authorisation is over by that day already."""

    NO_SLOT = "NO_SLOT"
    """No slot of the period was there to be staffed, unstaffed or left."""

    ALREADY_SO = "ALREADY_SO"
    """The network says so already: opened, closed, authorised, or same target."""


@dataclass(frozen=True, slots=True)
class Note:
    """``element`` (a clause, a service, a line, a holder, a pathway) was left as it was by the
    change of rank ``index`` (0 = first)."""

    index: int
    kind: NoteKind
    element: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A network with a scenario laid over it, and what deserves to be said of it."""

    network: Network
    notes: tuple[Note, ...]
