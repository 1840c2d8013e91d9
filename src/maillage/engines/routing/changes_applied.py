"""A scenario laid over a network: the changes in order, the original untouched.

Rows that do not change stay the same objects, and so do whole lists, so that a compiled network can
derive that of the result (``CompiledNetwork.derive``). Only what changes is checked, by the rules
of ``checks.py``: the result is as sound as the network was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import pairwise
from operator import is_
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from maillage.engines.routing.changes import (
    MEMBER_MARK,
    NEW_AGREEMENT,
    REINFORCEMENT,
    AddClause,
    Applied,
    AuthoriseService,
    Change,
    CloseService,
    EndAgreement,
    EndAuthorisation,
    EndClause,
    HolderLeaves,
    MoveHalfDay,
    Note,
    NoteKind,
    OpenService,
    SetTarget,
    StaffSlots,
    UnstaffSlots,
)
from maillage.engines.routing.changes_document import key_of, refused_changes
from maillage.engines.routing.checks import (
    LONGEST_MINUTES,
    Findings,
    check_clause,
    check_opening,
)
from maillage.engines.routing.clock import LocalClock, to_tick
from maillage.engines.routing.cutting import ended, gaps, is_covered, is_within, take_out
from maillage.engines.routing.enums import ExceptionState
from maillage.engines.routing.intervals import HIGH, LOW, Intervals
from maillage.engines.routing.network import (
    Clause,
    DayPeriod,
    DutySlot,
    Network,
    Opening,
    Pathway,
    Service,
    ServiceException,
)


def apply_changes(network: Network, changes: Iterable[Change]) -> Network:
    """The network as it would be with these changes, applied in order.

    The same object when they change nothing. Raises :class:`Invalid`, code ``changes.invalid``,
    with every defect at its JSON path (``$[2].service``): an identifier that names nothing, an
    empty period, an impossible window.
    """
    return apply_with_notes(network, changes).network


def apply_with_notes(network: Network, changes: Iterable[Change]) -> Applied:
    """As :func:`apply_changes`, and what deserves to be said: changes that found nothing to do."""
    draft = _Draft(network)
    for index, change in enumerate(changes):
        draft.apply(index, change)
    if draft.found.problems:
        raise refused_changes(draft.found.problems)
    return Applied(draft.network(), tuple(draft.notes))


class _Window(NamedTuple):
    """A period in ticks, and its bounds as they were given."""

    start: int
    end: int
    starts_at: datetime | None
    ends_at: datetime | None


class _Draft:
    """A network while it is being changed."""

    def __init__(self, network: Network) -> None:
        self.origin = network
        self.found = Findings()
        self.notes: list[Note] = []
        self.index = 0
        self.path = "$"
        self.services = {row.id: row for row in network.services}
        self.pathways = {row.id: row for row in network.pathways}
        self.slots: Sequence[DutySlot] = network.duty_slots
        self.clauses: Sequence[Clause] = network.clauses
        self.given_up: list[Clause] = []
        """Clauses that an earlier change took away before they began: their names still mean
        something to a later one."""

    def apply(self, index: int, change: Change) -> None:
        self.index, self.path = index, f"$[{index}]"
        _METHODS[type(change)](self, change)

    def network(self) -> Network:
        """The result; the origin itself when nothing changed."""
        origin = self.origin
        after: dict[str, Any] = {
            "services": tuple(self.services.values()),
            "pathways": tuple(self.pathways.values()),
            "duty_slots": tuple(self.slots),
            "clauses": tuple(self.clauses),
        }
        changed = {
            name: rows for name, rows in after.items() if not _are_same(rows, getattr(origin, name))
        }
        return replace(origin, **changed) if changed else origin

    # What a change may name

    @cached_property
    def clock(self) -> LocalClock:
        return LocalClock(ZoneInfo(self.origin.timezone), self.origin.public_holidays)

    @cached_property
    def lines(self) -> set[str]:
        return {slot.line for slot in self.origin.duty_slots}

    @cached_property
    def holders(self) -> set[str]:
        return {slot.holder for slot in self.origin.duty_slots if slot.holder is not None}

    @cached_property
    def slot_ids(self) -> set[str]:
        return {slot.id for slot in self.origin.duty_slots}

    def note(self, kind: NoteKind, element: str) -> None:
        self.notes.append(Note(self.index, kind, element))

    def checked(self, check: Callable[..., object], *arguments: Any) -> bool:
        """Run a check that adds problems; true when it added none."""
        before = len(self.found.problems)
        check(*arguments)
        return len(self.found.problems) == before

    def service(self, key: str, name: str) -> Service | None:
        path = f"{self.path}.{key}"
        if self.checked(self.found.reference, path, name, self.services, "aucun service"):
            return self.services[name]
        return None

    def day(self, key: str, day: date) -> bool:
        """True when the day on which something ends is one."""
        if day is None:
            self.found.add(f"{self.path}.{key}", "une date est attendue.")
            return False
        # The checks know days by the names of a period.
        probe = Findings()
        probe.days("", None, day)
        for problem in probe.problems:
            self.found.add(f"{self.path}.{key}", problem.message)
        return not probe.problems

    def window(self, change: StaffSlots | UnstaffSlots | CloseService) -> _Window | None:
        keys = [key_of(type(change), name) for name in ("starts_at", "ends_at")]
        bounds = (change.starts_at, change.ends_at)
        fine = [
            self.found.instant(f"{self.path}.{key}", moment)
            for key, moment in zip(keys, bounds, strict=True)
        ]
        if not all(fine):
            return None
        window = _Window(_tick(bounds[0], LOW), _tick(bounds[1], HIGH), *bounds)
        if window.end <= window.start:
            self.found.add(f"{self.path}.{keys[1]}", "la fin doit venir après le début.")
            return None
        return window

    # Duty slots

    def staff(self, change: StaffSlots) -> None:
        window = self.window(change)
        fine = self.checked(self._check_slots_named, change, change.create)
        fine &= self.checked(self.found.text, f"{self.path}.holder", change.holder)
        response = change.response_minutes
        if response is not None:
            path = f"{self.path}.response_minutes"
            fine &= self.found.number(path, response, 0, LONGEST_MINUTES, "minutes")
        if change.create and change.service is None:
            self.found.add(f"{self.path}.service", "pour créer un créneau, il faut le service.")
            return
        if window is None or not fine:
            return
        edits: dict[str, Any] = {"holder": change.holder}
        if response is not None:
            edits["response_minutes"] = response
        chosen = self._slots_of(change)
        added = self._uncovered(change, chosen, window) if change.create else []
        empty = [index for index in chosen if self.slots[index].holder is None]
        if not self._hand_over(empty, window, edits) and not added:
            self.note(NoteKind.NO_SLOT, change.line or change.service or "")
            return
        self.holders.add(change.holder)
        if added:
            self.lines.add(added[0].line)
            self.slots = [*self.slots, *added]

    def unstaff(self, change: UnstaffSlots) -> None:
        window = self.window(change)
        if not self.checked(self._check_slots_named, change, False) or window is None:
            return
        held = [i for i in self._slots_of(change) if self.slots[i].holder is not None]
        if not self._hand_over(held, window, {"holder": None}):
            self.note(NoteKind.NO_SLOT, change.line or change.service or "")

    def leave(self, change: HolderLeaves) -> None:
        path = f"{self.path}.holder"
        fine = self.checked(
            self.found.reference, path, change.holder, self.holders, "aucune personne de garde"
        )
        if not self.day("from_date", change.from_date) or not fine:
            return
        start = self.clock.day_start(change.from_date.toordinal())
        window = _Window(start, HIGH, self.clock.local(start), None)
        held = [i for i, slot in enumerate(self.slots) if slot.holder == change.holder]
        if not self._hand_over(held, window, {"holder": None}):
            self.note(NoteKind.NO_SLOT, change.holder)

    def _check_slots_named(self, change: StaffSlots | UnstaffSlots, creates: bool) -> None:
        if change.line is None and change.service is None:
            self.found.add(f"{self.path}.line", "il faut une ligne de garde, un service, ou les 2.")
        if change.line is not None and creates:
            self.found.text(f"{self.path}.line", change.line)
        elif change.line is not None:
            path = f"{self.path}.line"
            self.found.reference(path, change.line, self.lines, "aucune ligne de garde")
        if change.service is not None:
            self.service("service", change.service)

    def _slots_of(self, change: StaffSlots | UnstaffSlots) -> list[int]:
        """The places in the list of the slots of a line, of a service, or of both."""
        line, service = change.line, change.service
        return [
            index
            for index, slot in enumerate(self.slots)
            if (line is None or slot.line == line) and (service is None or slot.service == service)
        ]

    def _hand_over(self, chosen: list[int], window: _Window, edits: dict[str, Any]) -> bool:
        """Change the parts of slots that are inside a period. False when there is none."""
        changed = {
            index: self._cut(slot, window, edits)
            for index in chosen
            if _overlaps(slot := self.slots[index], window)
        }
        if not changed:
            return False
        rows: list[DutySlot] = []
        done = 0
        for index, parts in changed.items():
            rows += self.slots[done:index]
            rows += parts
            done = index + 1
        rows += self.slots[done:]
        self.slots = rows
        return True

    def _cut(self, slot: DutySlot, window: _Window, edits: dict[str, Any]) -> list[DutySlot]:
        """A slot in up to three parts, the one inside the period changed. The first part keeps the
        identifier; the others add the instant at which they start."""
        bounds = [slot.starts_at, slot.ends_at]
        inside = 0
        if _tick(slot.starts_at, LOW) < window.start:
            bounds.insert(1, window.starts_at)
            inside = 1
        if window.end < _tick(slot.ends_at, HIGH):
            bounds.insert(-1, window.ends_at)
        parts = []
        for part, (starts_at, ends_at) in enumerate(pairwise(bounds)):
            name = slot.id if part == 0 else self._new_id(f"{slot.id}~{_stamp(starts_at)}")
            values = edits if part == inside else {}
            parts.append(replace(slot, id=name, starts_at=starts_at, ends_at=ends_at, **values))
        return parts

    def _uncovered(self, change: StaffSlots, chosen: list[int], window: _Window) -> list[DutySlot]:
        """New slots over the parts of a period that no slot of the line and service covers."""
        line, service = change.line or REINFORCEMENT, change.service or ""
        slots = [self.slots[index] for index in chosen]
        covered = Intervals((_tick(s.starts_at, LOW), _tick(s.ends_at, HIGH)) for s in slots)
        added = []
        for start, end in gaps(covered, window.start, window.end):
            starts_at = window.starts_at if start == window.start else self.clock.local(start)
            ends_at = window.ends_at if end == window.end else self.clock.local(end)
            added.append(
                DutySlot(
                    id=self._new_id(f"{line}.{service}.{_stamp(starts_at)}"),
                    line=line,
                    service=service,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    holder=change.holder,
                    response_minutes=change.response_minutes or 0,
                )
            )
        return added

    def _new_id(self, name: str) -> str:
        found = _free(name, self.slot_ids)
        self.slot_ids.add(found)
        return found

    # Services

    def open(self, change: OpenService) -> None:
        row = Opening(tuple(change.weekdays), change.from_minute, change.to_minute, change.holidays)
        service = self.service("service", change.service)
        if not self.checked(check_opening, self.found, self.path, row) or service is None:
            return
        if is_within(row, service.opening):
            self.note(NoteKind.ALREADY_SO, service.id)
        else:
            self.services[service.id] = replace(service, opening=(*service.opening, row))

    def close(self, change: CloseService) -> None:
        service = self.service("service", change.service)
        window = self.window(change)
        if service is None or window is None:
            return
        closed = Intervals(
            (_tick(row.starts_at, LOW), _tick(row.ends_at, HIGH))
            for row in service.exceptions
            if row.state == ExceptionState.CLOSED
        )
        if is_covered(closed, window.start, window.end):
            self.note(NoteKind.ALREADY_SO, service.id)
            return
        row = ServiceException(change.starts_at, change.ends_at, ExceptionState.CLOSED)
        self.services[service.id] = replace(service, exceptions=(*service.exceptions, row))

    def authorise(self, change: AuthoriseService) -> None:
        service = self.service("service", change.service)
        days = (change.starts_on, change.ends_on)
        if not self.checked(self.found.days, self.path, *days) or service is None:
            return
        known = Intervals(_days(row.starts_on, row.ends_on) for row in service.authorisations)
        if is_covered(known, *_days(*days)):
            self.note(NoteKind.ALREADY_SO, service.id)
            return
        periods = (*service.authorisations, DayPeriod(*days))
        self.services[service.id] = replace(service, authorisations=periods)

    def end_authorisation(self, change: EndAuthorisation) -> None:
        service = self.service("service", change.service)
        if not self.day("ends_on", change.ends_on) or service is None:
            return
        periods = tuple(ended(row, change.ends_on) for row in service.authorisations)
        if _are_same(periods, service.authorisations):
            self.note(NoteKind.ALREADY_OVER, service.id)
            return
        kept = tuple(row for row in periods if row is not None)
        self.services[service.id] = replace(service, authorisations=kept)

    def move_half_day(self, change: MoveHalfDay) -> None:
        giver = self.service("from_service", change.from_service)
        taker = self.service("to_service", change.to_service)
        fine = self.found.whole(f"{self.path}.weekday", change.weekday, 1, 7, "(1 = lundi)")
        row = Opening((change.weekday,), change.from_minute, change.to_minute)
        # The weekday is checked apart, under its own name.
        probe = replace(row, weekdays=(1,))
        fine &= self.checked(check_opening, self.found, self.path, probe)
        if giver is None or taker is None or not fine:
            return
        if giver.id == taker.id:
            self.found.add(f"{self.path}.to_service", "les deux services sont le même.")
            return
        kept, moved = take_out(giver.opening, row)
        if not moved:
            self.found.add(f"{self.path}.from", "le service n'est pas ouvert dans cette plage.")
            return
        opening = taker.opening
        for window in moved:
            if not is_within(window, opening):
                opening = (*opening, window)
        self.services[giver.id] = replace(giver, opening=kept)
        if opening is taker.opening:
            self.note(NoteKind.ALREADY_SO, taker.id)
        else:
            self.services[taker.id] = replace(taker, opening=opening)

    # Clauses

    def add_clause(self, change: AddClause) -> None:
        row = Clause(
            id="",
            agreement=NEW_AGREEMENT if change.agreement is None else change.agreement,
            from_organization=change.from_organization,
            to_organization=change.to_organization,
            care_types=tuple(change.care_types),
            priority=change.priority,
            starts_on=change.starts_on,
            ends_on=change.ends_on,
        )
        organizations = {organization.id for organization in self.origin.organizations}
        fine = self.checked(check_clause, self.found, self.path, row, organizations)
        known = {clause.id for clause in (*self.clauses, *self.given_up)}
        path, name = f"{self.path}.id", change.id
        if name is not None:
            fine &= self.checked(self.found.text, path, name)
            if fine and name in known:
                self.found.add(path, f"« {name[:60]} » est déjà une clause de ce réseau.")
                return
        if not fine:
            return
        if name is None:
            cares = "+".join(sorted(set(row.care_types)))
            name = _free(f"new:{row.from_organization}>{row.to_organization}:{cares}", known)
        self.clauses = [*self.clauses, replace(row, id=name)]

    def end_clause(self, change: EndClause) -> None:
        def is_meant(clause: Clause) -> bool:
            # A clause named in full, or all those of the members that it speaks for.
            name = change.clause
            return clause.id == name or clause.id.startswith(f"{name}{MEMBER_MARK}")

        self._end(change, "clause", is_meant, "aucune clause")

    def end_agreement(self, change: EndAgreement) -> None:
        def is_meant(clause: Clause) -> bool:
            return clause.agreement == change.agreement

        self._end(change, "agreement", is_meant, "aucune convention")

    def _end(
        self,
        change: EndClause | EndAgreement,
        key: str,
        is_meant: Callable[[Clause], bool],
        no_such: str,
    ) -> None:
        path, name = f"{self.path}.{key}", getattr(change, key)
        fine = self.checked(self.found.text, path, name)
        fine &= self.day("ends_on", change.ends_on)
        if not fine:
            return
        meant = [index for index, clause in enumerate(self.clauses) if is_meant(clause)]
        gone = [clause for clause in self.given_up if is_meant(clause)]
        if not meant and not gone:
            self.found.add(path, f"« {name[:60]} » ne désigne {no_such} de ce réseau.")
        for clause in gone:
            self.note(NoteKind.ALREADY_OVER, clause.id)
        rows: list[Clause | None] = list(self.clauses)
        for index in meant:
            clause = self.clauses[index]
            after = rows[index] = ended(clause, change.ends_on)
            if after is clause:
                self.note(NoteKind.ALREADY_OVER, clause.id)
            elif after is None:
                self.given_up.append(clause)
        self.clauses = [row for row in rows if row is not None]

    # Pathways

    def target(self, change: SetTarget) -> None:
        path = f"{self.path}.pathway"
        known: Pathway | None = None
        if self.checked(
            self.found.reference, path, change.pathway, self.pathways, "aucun parcours"
        ):
            known = self.pathways[change.pathway]
        last = len(known.steps) if known is not None else LONGEST_MINUTES
        fine = self.found.whole(f"{self.path}.step", change.step, 1, last, "(rang de l'étape)")
        minutes = change.minutes
        if minutes is not None:
            where = f"{self.path}.minutes"
            fine &= self.found.number(where, minutes, 0, LONGEST_MINUTES, "minutes")
        if known is None or not fine:
            return
        steps = tuple(
            replace(step, target_minutes=minutes)
            if step.order == change.step and step.target_minutes != minutes
            else step
            for step in known.steps
        )
        if _are_same(steps, known.steps):
            self.note(NoteKind.ALREADY_SO, known.id)
        else:
            self.pathways[known.id] = replace(known, steps=steps)


_METHODS: dict[type, Callable[[_Draft, Any], None]] = {
    StaffSlots: _Draft.staff,
    UnstaffSlots: _Draft.unstaff,
    OpenService: _Draft.open,
    CloseService: _Draft.close,
    AuthoriseService: _Draft.authorise,
    EndAuthorisation: _Draft.end_authorisation,
    AddClause: _Draft.add_clause,
    EndClause: _Draft.end_clause,
    EndAgreement: _Draft.end_agreement,
    HolderLeaves: _Draft.leave,
    MoveHalfDay: _Draft.move_half_day,
    SetTarget: _Draft.target,
}


def _are_same(rows: Sequence[Any], others: Sequence[Any]) -> bool:
    return rows is others or (len(rows) == len(others) and all(map(is_, rows, others)))


def _tick(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else to_tick(moment)


def _days(starts_on: date | None, ends_on: date | None) -> tuple[int, int]:
    return (
        LOW if starts_on is None else starts_on.toordinal(),
        HIGH if ends_on is None else ends_on.toordinal(),
    )


def _overlaps(slot: DutySlot, window: _Window) -> bool:
    return _tick(slot.starts_at, LOW) < window.end and window.start < _tick(slot.ends_at, HIGH)


def _stamp(moment: datetime | None) -> str:
    """An instant as part of an identifier."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _free(name: str, taken: set[str]) -> str:
    """A name, or the first of ``name.2``, ``name.3``... that is not taken."""
    found, rank = name, 1
    while found in taken:
        rank += 1
        found = f"{name}.{rank}"
    return found
