"""Strata of the risk pyramid and the reasons of each, in French words: never a score."""

from __future__ import annotations

from collections.abc import Mapping

STRATA: Mapping[int, str] = {
    0: "Population générale",
    1: "À risque",
    2: "Maladie équilibrée",
    3: "Maladie déséquilibrée ou suivi incomplet",
    4: "Situation complexe",
}


def reason_words(code: str) -> str:
    """What a reason says. A code that the engine does not name is shown as it is."""
    from maillage.engines.indicators.pyramid import REASONS

    return REASONS.get(code, code)
