"""Who reads which requests of a case, once a legal basis opens the patient's record.

A basis opens a person; it does not open what other hospitals wrote to each other. A case groups
requests to several teams, and each reads what the care it gives needs (CSP, L.1110-4: « strictement
nécessaires ») : the request in which it takes part and those that led to it. Those who have the
patient in care, whom the patient recognised, or who opened the record in a vital emergency read
every request that was sent. A draft is read by those who write it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from maillage.patients.enums import Basis
from maillage.referrals.enums import Side, State
from maillage.vocabulary.errors import NotAllowed

WHOLE = frozenset({Basis.SAME_ESTABLISHMENT, Basis.RECOGNISED_TEAM, Basis.BREAK_GLASS})
"""Bases of those who answer for the whole of the patient's care, or of his life."""

BEFORE_TRANSPORT = frozenset(
    {State.SENT, State.SEEN, State.INFO_ASKED, State.PARTLY_ACCEPTED, State.ACCEPTED}
)
"""States of a transfer that the regulation has nothing to do with yet."""


@dataclass(frozen=True)
class Part:
    """One request of a case: ``sides`` are those of the reader in it (none in a draft that others
    write)."""

    pk: int
    previous: int | None
    is_draft: bool
    sides: frozenset[Side]


def find_readable(parts: Iterable[Part], basis: Basis) -> frozenset[int]:
    """The requests of a case that somebody reads who has this basis for its patient."""
    known = {part.pk: part for part in parts}
    found: set[int] = set()
    for part in known.values():
        if part.sides or (basis in WHOLE and not part.is_draft):
            found.add(part.pk)
        if part.sides and not part.is_draft:
            found |= _before(part, known)
    return frozenset(found)


def takes_part(parts: Iterable[Part], basis: Basis) -> bool:
    """True for whoever reads what belongs to a case as a whole: its documents, its letters. A team
    that is only named in a draft does not."""
    return basis in WHOLE or any(part.sides for part in parts)


def _before(part: Part, known: dict[int, Part]) -> set[int]:
    """The requests of the case that led to this one."""
    met: set[int] = set()
    before = known.get(part.previous or 0)
    while before is not None and before.pk not in met:
        if not before.is_draft:
            met.add(before.pk)
        before = known.get(before.previous or 0)
    return met


def elsewhere() -> NotAllowed:
    """The refusal of somebody who knows the patient and takes no part in the request."""
    return NotAllowed(
        "referrals.no-part",
        "Cette demande se lit dans les équipes qui y prennent part. Le dossier du patient vous est "
        "ouvert, pas ce que d'autres équipes se sont écrit.",
    )


def before_transport() -> NotAllowed:
    """The refusal of a regulator who opens a transfer whose transport is not asked for yet."""
    return NotAllowed(
        "referrals.before-transport",
        "Le transport de ce transfert n'est pas encore demandé : la demande et le dossier "
        "s'ouvriront à la régulation dès qu'il le sera.",
    )
