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


MOST_DECIMALS = 4


def between(low: float, high: float, decimals: int, *, beside: float | None = None) -> str:
    """« 1,05 à 1,42 », on one line. An interval that leaves ``beside`` (an average) out never reads
    as if it touched it: 1.003 is « 1,003 » there, not « 1,00 »."""
    if beside is None or low <= beside <= high:
        return f"{french(low, decimals)}{NBSP}à{NBSP}{french(high, decimals)}"
    return f"{_apart(low, beside, decimals)}{NBSP}à{NBSP}{_apart(high, beside, decimals)}"


def _apart(value: float, beside: float, decimals: int) -> str:
    """A value with as many decimals more as it takes to tell it from another."""
    for places in range(decimals, MOST_DECIMALS + 1):
        if french(value, places) != french(beside, places):
            return french(value, places)
    return french(value, decimals)
