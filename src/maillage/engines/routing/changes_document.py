"""The changes of a scenario as JSON: types only, the meaning is checked when they are applied.

A list of objects, each with its kind in ``change``. Instants that bound a period (``from`` and
``to``, ``starts_at`` and ``ends_at``) must be written, ``null`` being open: a bound forgotten must
not staff a line for ever. Other keys that have a default may be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from maillage.engines.routing.changes import (
    REINFORCEMENT,
    AddClause,
    AuthoriseService,
    Change,
    CloseService,
    EndAgreement,
    EndAuthorisation,
    EndClause,
    HolderLeaves,
    MoveHalfDay,
    OpenService,
    SetTarget,
    StaffSlots,
    UnstaffSlots,
)
from maillage.engines.routing.checks import BROKEN, has_control
from maillage.engines.routing.enums import HolidayRule
from maillage.engines.routing.shape import NetworkShape, Row, parse_json
from maillage.vocabulary.errors import Invalid, Problem

_RENAMED: dict[type, dict[str, str]] = {
    StaffSlots: {"starts_at": "from", "ends_at": "to"},
    UnstaffSlots: {"starts_at": "from", "ends_at": "to"},
    OpenService: {"from_minute": "from", "to_minute": "to"},
    MoveHalfDay: {"from_minute": "from", "to_minute": "to"},
    AddClause: {"from_organization": "from", "to_organization": "to"},
}
"""Fields whose JSON key is not their name."""

_CLOCKS = ("from_minute", "to_minute")


def read_changes(source: str | bytes | list[Any]) -> tuple[Change, ...]:
    """The changes of a JSON list, given as text (UTF-8) or already parsed.

    Raises :class:`Invalid`, code ``changes.invalid``, with the JSON path (``$[2].service``) of
    every value of a wrong type, of every key that is missing, unknown or given twice.
    """
    shape = ChangesShape()
    data = source if isinstance(source, list) else parse_json(source, shape, wanted=list)
    found = [] if data is None else [shape.change(f"$[{i}]", row) for i, row in enumerate(data)]
    if shape.problems:
        raise refused_changes(shape.problems)
    return tuple(found)


def write_changes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The changes as JSON values: every key written, in the order of the fields."""
    return [_written(change) for change in changes]


def refused_changes(problems: list[Problem]) -> Invalid:
    """The refusal of a scenario with all its defects."""
    count = len(problems)
    defects = "un défaut" if count == 1 else f"{count} défauts"
    return Invalid("changes.invalid", f"Le scénario est refusé : {defects}.", problems)


def key_of(kind: type, field: str) -> str:
    """The JSON key of a field of a change."""
    return _RENAMED.get(kind, {}).get(field, field)


def _written(change: Change) -> dict[str, Any]:
    kind = type(change)
    return {
        "change": kind.kind,
        **{key_of(kind, f.name): _value(f.name, getattr(change, f.name)) for f in fields(kind)},
    }


def _value(name: str, value: Any) -> Any:
    if name in _CLOCKS:
        return f"{value // 60:02d}:{value % 60:02d}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


class ChangesShape(NetworkShape):
    """Reads the changes of one scenario. ``problems`` tells what had a wrong type."""

    def change(self, path: str, value: Any) -> Any:
        """One change, or ``BROKEN``; with ``BROKEN`` in place of fields that make no sense."""
        row = self.as_object(path, value)
        if row is BROKEN:
            return BROKEN
        kind = self.string(path, row, "change")
        if kind is BROKEN:
            return BROKEN
        if kind not in _READERS:
            self.add(
                f"{path}.change",
                f"« {kind[:40]} » n'est pas un changement (attendu : {', '.join(_READERS)}).",
            )
            return BROKEN
        wanted, read = _READERS[kind]
        self.keys(path, row, ["change", *(key_of(wanted, f.name) for f in fields(wanted))])
        return read(self, path, row)

    def staff(self, path: str, row: Row) -> StaffSlots:
        return StaffSlots(
            starts_at=self.bound(path, row, "from"),
            ends_at=self.bound(path, row, "to"),
            line=self.optional(path, row, "line", self.as_string),
            service=self.optional(path, row, "service", self.as_string),
            holder=self.required(path, row, "holder", self.as_string, REINFORCEMENT),
            response_minutes=self.optional(path, row, "response_minutes", self.as_decimal),
            create=self.required(path, row, "create", self.as_truth, default=False),
        )

    def unstaff(self, path: str, row: Row) -> UnstaffSlots:
        return UnstaffSlots(
            starts_at=self.bound(path, row, "from"),
            ends_at=self.bound(path, row, "to"),
            line=self.optional(path, row, "line", self.as_string),
            service=self.optional(path, row, "service", self.as_string),
        )

    def open(self, path: str, row: Row) -> OpenService:
        return OpenService(
            service=self.string(path, row, "service"),
            weekdays=self.items(path, row, "weekdays", self.as_whole),
            from_minute=self.clock(path, row, "from"),
            to_minute=self.clock(path, row, "to"),
            holidays=self.choice_of(path, row, "holidays", HolidayRule),
        )

    def close(self, path: str, row: Row) -> CloseService:
        return CloseService(
            service=self.string(path, row, "service"),
            starts_at=self.bound(path, row, "starts_at"),
            ends_at=self.bound(path, row, "ends_at"),
        )

    def authorise(self, path: str, row: Row) -> AuthoriseService:
        return AuthoriseService(self.string(path, row, "service"), *self.days_of(path, row))

    def end_authorisation(self, path: str, row: Row) -> EndAuthorisation:
        return EndAuthorisation(
            self.string(path, row, "service"), self.required(path, row, "ends_on", self.as_day)
        )

    def add_clause(self, path: str, row: Row) -> AddClause:
        starts_on, ends_on = self.days_of(path, row)
        return AddClause(
            from_organization=self.string(path, row, "from"),
            to_organization=self.string(path, row, "to"),
            care_types=self.items(path, row, "care_types", self.as_string),
            priority=self.required(path, row, "priority", self.as_whole, 1),
            starts_on=starts_on,
            ends_on=ends_on,
            id=self.optional(path, row, "id", self.as_string),
            agreement=self.optional(path, row, "agreement", self.as_string),
        )

    def end_clause(self, path: str, row: Row) -> EndClause:
        return EndClause(
            self.string(path, row, "clause"), self.required(path, row, "ends_on", self.as_day)
        )

    def end_agreement(self, path: str, row: Row) -> EndAgreement:
        return EndAgreement(
            self.string(path, row, "agreement"), self.required(path, row, "ends_on", self.as_day)
        )

    def leave(self, path: str, row: Row) -> HolderLeaves:
        return HolderLeaves(
            self.string(path, row, "holder"), self.required(path, row, "from_date", self.as_day)
        )

    def move_half_day(self, path: str, row: Row) -> MoveHalfDay:
        return MoveHalfDay(
            from_service=self.string(path, row, "from_service"),
            to_service=self.string(path, row, "to_service"),
            weekday=self.required(path, row, "weekday", self.as_whole),
            from_minute=self.clock(path, row, "from"),
            to_minute=self.clock(path, row, "to"),
        )

    def target(self, path: str, row: Row) -> SetTarget:
        return SetTarget(
            pathway=self.string(path, row, "pathway"),
            step=self.required(path, row, "step", self.as_whole),
            minutes=self.required(path, row, "minutes", _or_none(self.as_decimal)),
        )

    def bound(self, path: str, row: Row, key: str) -> datetime | None:
        """An instant that must be written, ``null`` being open."""
        return self.required(path, row, key, _or_none(self.as_instant))

    def as_string(self, path: str, value: Any) -> str:
        """A text that every database keeps: scenarios are stored as they are read."""
        text = super().as_string(path, value)
        if isinstance(text, str) and has_control(text):
            self.add(path, "le texte contient un caractère de contrôle.")
            return BROKEN
        return text

    def as_truth(self, path: str, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        self.add(path, "true ou false est attendu.")
        return BROKEN


def _or_none(read: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda path, value: None if value is None else read(path, value)


_READERS: dict[str, tuple[type, Callable[[ChangesShape, str, Row], Change]]] = {
    StaffSlots.kind: (StaffSlots, ChangesShape.staff),
    UnstaffSlots.kind: (UnstaffSlots, ChangesShape.unstaff),
    OpenService.kind: (OpenService, ChangesShape.open),
    CloseService.kind: (CloseService, ChangesShape.close),
    AuthoriseService.kind: (AuthoriseService, ChangesShape.authorise),
    EndAuthorisation.kind: (EndAuthorisation, ChangesShape.end_authorisation),
    AddClause.kind: (AddClause, ChangesShape.add_clause),
    EndClause.kind: (EndClause, ChangesShape.end_clause),
    EndAgreement.kind: (EndAgreement, ChangesShape.end_agreement),
    HolderLeaves.kind: (HolderLeaves, ChangesShape.leave),
    MoveHalfDay.kind: (MoveHalfDay, ChangesShape.move_half_day),
    SetTarget.kind: (SetTarget, ChangesShape.target),
}
