"""What is new for somebody in their duties, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from maillage.oncall.enums import Opinion, SwapState
from maillage.vocabulary.calendar import french_instant

SWAP_WORDS: Mapping[SwapState, tuple[str, str, str]] = {
    SwapState.PROPOSED: ("limit", "À répondre", "{giver} vous propose sa garde du {day}"),
    SwapState.ACCEPTED: ("limit", "À valider", "{taker} accepte la garde du {day}"),
    SwapState.APPROVED: ("ok", "Validé", "{taker} tient désormais la garde du {day}{back}"),
    SwapState.DECLINED: ("none", "Décliné", "{taker} ne prend pas la garde du {day}"),
    SwapState.REFUSED: ("hole", "Refusé", "L'échange de la garde du {day} est refusé"),
    SwapState.WITHDRAWN: ("none", "Retiré", "La garde du {day} ne vous est plus proposée"),
    SwapState.LAPSED: ("none", "Sans objet", "L'échange de la garde du {day} est sans objet"),
}
"""Sign, word and sentence of an exchange in each state."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new. ``waits``: an answer is expected, so reading does not take it away."""

    at: datetime
    level: str
    word: str
    sentence: str
    address: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Turned:
    """A duty that somebody gained or lost: its line and its start, and the roster whose version
    did it (empty: a single act)."""

    gained: bool
    line: str
    starts_at: datetime
    roster: str = ""
    number: int = 1


def words_of_swap(
    state: str, *, giver: str, taker: str, starts_at: datetime, back: datetime | None
) -> tuple[str, str, str]:
    """Sign, word and sentence of an exchange. ``back`` is the start of the duty in return."""
    level, word, sentence = SWAP_WORDS[SwapState(state)]
    returned = f", {giver} celle du {french_instant(back)}" if back is not None else ""
    told = sentence.format(giver=giver, taker=taker, day=french_instant(starts_at), back=returned)
    return level, word, told


def words_of_turned(duties: Iterable[Turned]) -> tuple[str, str, str]:
    """The same of duties that changed hands by one act."""
    several = sorted(duties, key=lambda one: one.starts_at)
    first = several[0]
    gained = sum(one.gained for one in several)
    lost = len(several) - gained
    word = "Garde retirée" if not gained else "Nouvelle garde"
    if first.roster:
        word = "Tableau modifié" if first.number > 1 else "Tableau publié"
    if len(several) == 1:
        act = "ajoutée" if gained else "retirée"
        said = f"garde du {french_instant(first.starts_at)} {act}"
        said = said if first.roster else f"{first.line} : {said}"
    else:
        said = ", ".join(
            part for part in (_count(gained, "ajoutée"), _count(lost, "retirée")) if part
        )
    if first.roster:
        said = f"{first.roster} : {said}"
    return ("limit" if lost else "info"), word, said


def words_of_opinions(roster: str, counts: Mapping[Opinion, int]) -> tuple[str, str, str]:
    """Sign, word and sentence of what was said of a submitted roster, for those who made it."""
    total = sum(counts.values())
    if not total:
        return "info", "Soumis à avis", f"{roster} : aucun avis reçu pour l'instant"
    against, reserved = counts.get(Opinion.AGAINST, 0), counts.get(Opinion.RESERVED, 0)
    kinds = ((reserved, "réservé"), (against, "défavorable"))
    parts = [f"{number} {word}{'s' if number > 1 else ''}" for number, word in kinds if number]
    level = "hole" if against else "limit" if reserved else "ok"
    said = "1 avis reçu" if total == 1 else f"{total} avis reçus"
    more = f", dont {', '.join(parts)}" if parts else ""
    return level, "Avis reçus", f"{roster} : {said}{more}"


def _count(number: int, act: str) -> str:
    if not number:
        return ""
    return f"1 garde {act}" if number == 1 else f"{number} gardes {act}s"
