"""Errors that a user can act on.

Each carries a stable ``code`` for programs, a French ``message`` for people and ``details`` for
both. One middleware turns them into pages or JSON problems; commands turn them into exit codes.
Anything else that is raised is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One defect of an input: where it is and what is wrong, in French.

    ``file``, ``row`` (1 = first line of the file) and ``column`` are empty when they do not apply;
    ``field`` is a form field or a JSON path.
    """

    message: str
    file: str = ""
    row: int | None = None
    column: str = ""
    field: str = ""

    def __str__(self) -> str:
        where = []
        if self.file:
            where.append(self.file)
        if self.row is not None:
            where.append(f"ligne {self.row}")
        if self.column:
            where.append(f"colonne « {self.column} »")
        if self.field:
            where.append(self.field)
        return f"{', '.join(where)} : {self.message}" if where else self.message

    def as_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value not in ("", None)}


class MaillageError(Exception):
    """Base of every refusal that a user may see. Never raised itself."""

    status = 500
    exit_code = 1

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = details


class Refusal(MaillageError):
    """A rule of the field says no (HTTP 409): an illegal state change, a missing signature."""

    status = 409
    exit_code = 3


class NotKnown(MaillageError):
    """Nobody is known behind the request (HTTP 401)."""

    status = 401
    exit_code = 4


class NotAllowed(MaillageError):
    """This user may not do this (HTTP 403)."""

    status = 403
    exit_code = 4


class NotFound(MaillageError):
    """The named thing does not exist, or this user may not know that it does (HTTP 404)."""

    status = 404
    exit_code = 5


class Invalid(MaillageError):
    """The input has a wrong form (HTTP 422). ``problems`` names each defect and its place."""

    status = 422
    exit_code = 2

    def __init__(
        self, code: str, message: str, problems: Sequence[Problem] = (), **details: Any
    ) -> None:
        super().__init__(code, message, **details)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        if not self.problems:
            return self.message
        return self.message + "\n" + "\n".join(f"- {problem}" for problem in self.problems)
