"""Multidisciplinary meetings (RCP): their types, who must sit, and what a session is worth.

Without its quorum a meeting is a « staff »: its opinion does not count as that of an RCP (Code de
la santé publique, R.6123-91-1; INCa, référentiel of September 2023, quorum of December 2023).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

KINDS: tuple[tuple[str, str], ...] = (
    ("standard", "Standard"),
    ("recours", "Recours"),
    ("cancers-rares", "Cancers rares"),
    ("pediatrique", "Pédiatrique"),
)
"""Types of RCP (INCa)."""

STANDARD_QUORUM: tuple[str, ...] = ("Chirurgie", "Oncologie médicale", "Radiothérapie")
"""Outside haematology: a surgeon, an oncologist and a radiotherapist (INCa, December 2023)."""

MOST_SPECIALTIES = 12
MOST_ATTENDEES = 60


def read_lines(text: str) -> list[str]:
    """The lines of a text, trimmed, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def missing_specialties(quorum: Iterable[str], attendees: Sequence[Mapping[str, str]]) -> list[str]:
    """Specialties of the quorum that nobody sat for, in the order of the quorum."""
    present = {_plain(one.get("specialty", "")) for one in attendees if one.get("name")}
    return [specialty for specialty in quorum if _plain(specialty) not in present]


def worth_of(quorum: Iterable[str], attendees: Sequence[Mapping[str, str]]) -> str:
    """What the session counts as, in one sentence."""
    missing = missing_specialties(quorum, attendees)
    if not missing:
        return "Quorum atteint : les avis comptent comme avis de RCP."
    return (
        f"Sans quorum ({', '.join(missing)}) : la séance vaut comme staff et ne rend pas d'avis "
        "de RCP. Inscrivez ces demandes à une autre séance."
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
