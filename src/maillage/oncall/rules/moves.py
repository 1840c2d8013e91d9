"""Moves of duties between people, as one word of a form and as values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maillage.vocabulary.errors import Invalid

LONGEST_WORD = 4000
_MOVE = re.compile(r"(\d{1,18}):([a-z0-9-]{0,80}):([a-z0-9-]{0,80})")


@dataclass(frozen=True, slots=True)
class SlotMove:
    """A slot in force that goes from one to another (slugs; empty: nobody)."""

    slot: int
    loses: str
    gains: str


def read_moves(text: str) -> tuple[SlotMove, ...]:
    """Moves written ``12:ada:ben+14::ada``. Raises :class:`Invalid`."""
    moves = []
    for part in text[:LONGEST_WORD].split("+"):
        found = _MOVE.fullmatch(part)
        if not found or found[2] == found[3]:
            raise Invalid("oncall.moves", "Ces changements de titulaire ne se lisent pas.")
        moves.append(SlotMove(int(found[1]), found[2], found[3]))
    if len({move.slot for move in moves}) < len(moves):
        raise Invalid("oncall.moves", "Une garde change deux fois de titulaire.")
    return tuple(moves)


def write_moves(moves: tuple[SlotMove, ...]) -> str:
    """The same the other way round."""
    return "+".join(f"{move.slot}:{move.loses}:{move.gains}" for move in moves)
