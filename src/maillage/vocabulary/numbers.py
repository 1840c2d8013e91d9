"""Numbers as French people read them, with as many decimals as they need."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

THIN = "\u202f"
"""Between groups of three digits."""

NBSP = "\u00a0"
"""Before a unit, and around « to »."""

NOT_TOLD = "n.c."
"""What stands for a figure that is not communicated."""

SIGNIFICANT = 3
"""Digits that a rate or a ratio is worth: the third one already moves by chance."""


def french(value: float, decimals: int = 0) -> str:
    """« 12 000 », « 3,50 »: halves rounded up, a true minus sign, never « −0 »."""
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if rounded.is_zero():
        rounded = abs(rounded)
    return f"{rounded:,f}".replace(",", THIN).replace(".", ",").replace("-", "\u2212")


def decimals_of(value: float) -> int:
    """Decimals that give :data:`SIGNIFICANT` digits: 0 from 100, 1 from 10, at most 2 below."""
    size = abs(value)
    if size >= 10 ** (SIGNIFICANT - 1):
        return 0
    return 1 if size >= 10 else 2


def common_decimals(values: Iterable[float]) -> int:
    """The decimals of a column: those of its largest value, so that all compare at a glance."""
    return decimals_of(max((abs(value) for value in values), default=0.0))


def between(low: float, high: float, decimals: int) -> str:
    """« 1,05 à 1,42 », on one line."""
    return f"{french(low, decimals)}{NBSP}à{NBSP}{french(high, decimals)}"
