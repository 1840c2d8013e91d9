"""What upper rooms keep of a patient, registered so that this room can hand it over, erase it and
ask before two records are read as one. Upper rooms register in their ``AppConfig.ready``::

    register(Section("adressages", "Demandes et dossiers", export, erase, check_merge))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """What one room keeps. Each call is given the identifiers of the records of one person.

    ``export`` gives JSON values with French labels, empty when nothing is kept; ``erase`` blanks
    what says anything of the person and leaves counts and keys; ``check_merge``, given the records
    that would be read as one, gives a French sentence against it, empty when nothing is in the way.
    """

    name: str
    label: str
    export: Callable[[Sequence[int]], Any]
    erase: Callable[[Sequence[int]], None]
    check_merge: Callable[[Sequence[int]], str]


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    """Add a section, or replace the one of this name."""
    _sections[section.name] = section


def list_sections() -> list[Section]:
    """The sections in the order of their names."""
    return [_sections[name] for name in sorted(_sections)]
