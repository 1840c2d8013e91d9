"""Numbers and names of the population, as French people read them in little room."""

from __future__ import annotations

from maillage.vocabulary.numbers import (
    NBSP,
    NOT_TOLD,
    between,
    common_decimals,
    french,
)

__all__ = [
    "NBSP",
    "NOTHING",
    "NOT_TOLD",
    "between",
    "common_decimals",
    "french",
    "short_label",
]

NOTHING = "–"
"""What stands where there is nothing to compute from."""

_SHORT = (
    ("Communauté d'agglomération ", "CA "),
    ("Communauté de communes ", "CC "),
    ("Communauté urbaine ", "CU "),
    ("Secteur de la ", "La "),
    ("Secteur de l'", "L'"),
    ("Secteur de ", ""),
    ("Secteur d'", ""),
    ("Secteur du ", "Le "),
    ("Secteur des ", "Les "),
)


def short_label(label: str, *, keeps_sector: bool = False) -> str:
    """The name of a place in little room: « CA de Cambrai », and « Fourmies » for its sector unless
    ``keeps_sector`` (« Secteur de Fourmies », where communes stand beside)."""
    for long, short in _SHORT:
        if label.startswith(long) and not (keeps_sector and long.startswith("Secteur")):
            return f"{short}{label.removeprefix(long)}"
    return label
