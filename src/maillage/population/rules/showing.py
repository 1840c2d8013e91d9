"""What it means for everybody that pages show other figures, said before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ShownData:
    """Data that pages show, or would show: their words, years, and what must be said of them."""

    words: str
    years: tuple[int, ...]
    is_synthetic: bool
    is_exhaustive: bool


def consequences(new: ShownData, before: ShownData | None) -> list[str]:
    """Sentences on what changes when ``new`` is shown instead of ``before`` (None: nothing is)."""
    if before is None:
        said = [f"Les pages ne montrent rien ; elles montreront {_data(new)}."]
    else:
        said = [f"Les pages montrent {_data(before)}. Elles montreront {_data(new)}."]
    said.append(
        "Cela vaut aussitôt, et pour tous ceux qui lisent ces pages : carte, lieux, pyramide, "
        "flux, parcours, où agir, exports."
    )
    if new.is_synthetic and before is not None and not before.is_synthetic:
        said.append("Chaque page dira de nouveau « Données synthétiques ».")
    if before is not None and before.is_synthetic and not new.is_synthetic:
        said.append("Ce ne seront plus des données synthétiques : le bandeau disparaît.")
    if not new.is_exhaustive and (before is None or before.is_exhaustive):
        said.append(
            "Ces données ne contiennent pas tous les soins des habitants : les taux par habitant y "
            "sont des minimums, et la carte se limite aux intercommunalités d'où viennent les "
            "patients."
        )
    if before is not None:
        said.append(
            "Ce qui est montré aujourd'hui est gardé : on y revient de la même façon, depuis la "
            "page de son calcul. Les listes de personnes déjà ouvertes ne changent pas."
        )
    return said


def _data(data: ShownData) -> str:
    return f"« {data.words} » ({_years(data.years)})"


def _years(years: Sequence[int]) -> str:
    if not years:
        return "aucune année"
    return str(years[0]) if len(years) == 1 else f"{years[0]} à {years[-1]}"
