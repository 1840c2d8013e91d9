"""Strata of the risk pyramid and the reasons of each, in French words: never a score."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec

PYRAMID = "maillage.engines.indicators.pyramid"
STRATA: Mapping[int, str] = {
    0: "Population générale",
    1: "À risque",
    2: "Maladie équilibrée",
    3: "Maladie déséquilibrée ou suivi incomplet",
    4: "Situation complexe",
}


def reason_words(code: str) -> str:
    """What a reason says. A code that the engine does not name is shown as it is."""
    return _reasons().get(code, code)


@cache
def _reasons() -> Mapping[str, str]:
    """The words of the module that draws the strata."""
    if find_spec(PYRAMID) is None:
        return {}
    found: Mapping[str, str] = getattr(import_module(PYRAMID), "REASONS", {})
    return found
