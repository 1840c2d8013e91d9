"""From values to places: scales, and the round values that stand on their axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log, log10

LOG_TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
FINE_LOG_TICKS = (0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
FINE_SPAN = 5.0
"""A ratio axis whose end is less than so many times its start has the finer ticks."""

DECADES = tuple(base * 10.0**power for power in range(-2, 7) for base in (1, 2, 5))


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` laid from ``start`` to ``end`` (which may be before it, for
    an axis that goes up). A logarithmic scale has a ``low`` above zero."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """The place of a value; one that the axis leaves out stands at its end."""
        held = min(max(value, self.low), self.high)
        if self.is_log:
            share = log(held / self.low) / log(self.high / self.low)
        else:
            share = (held - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def shows(self, value: float) -> bool:
        """True: the axis reaches this value."""
        return self.low <= value <= self.high


def linear_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """Round values (1, 2 or 5 by powers of ten) from ``low`` to ``high``, about ``count``."""
    if high <= low:
        return (low,)
    rough = (high - low) / max(count, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * 0.999)
    first = ceil(low / step - 1e-9)
    last = floor(high / step + 1e-9)
    return tuple(round(rank * step, 10) for rank in range(first, last + 1))


def linear_scale(
    values: Iterable[float], start: float, end: float, *, from_zero: bool = True
) -> Scale:
    """A scale that holds all values and ends on round ones; from zero unless told otherwise."""
    held = list(values)
    low, high = min(held, default=0.0), max(held, default=0.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high <= low:
        high = low + 1.0
    ticks = linear_ticks(low, high)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else high - low
    return Scale(floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, start, end)


def ratio_scale(values: Iterable[float], start: float, end: float, *, widest: float = 8.0) -> Scale:
    """A logarithmic scale around 1: at least from two thirds to one and a half, at most
    ``widest`` times more or less."""
    held = [value for value in values if value > 0]
    low = max(min(min(held, default=1.0) / 1.05, 2 / 3), 1 / widest)
    high = min(max(max(held, default=1.0) * 1.05, 1.5), widest)
    return Scale(low, high, start, end, is_log=True)


def ticks_of(scale: Scale, count: int = 5) -> tuple[float, ...]:
    """Values to write on the axis of a scale."""
    if not scale.is_log:
        return linear_ticks(scale.low, scale.high, count)
    span = scale.high / scale.low
    chosen: tuple[float, ...] = DECADES
    if scale.low > 0.04 and scale.high < 60:
        chosen = FINE_LOG_TICKS if span < FINE_SPAN else LOG_TICKS
    found = tuple(value for value in chosen if scale.shows(value))
    if len(found) > count + 2:
        kept = tuple(value for value in found if log10(value) % 1 < 1e-9 or value == 1.0)
        return kept if len(kept) > 1 else found[:: len(found) // count + 1]
    return found


def log_scale(values: Iterable[float], start: float, end: float) -> Scale:
    """A logarithmic scale of amounts (expected cases): from the smallest to the largest."""
    held = [value for value in values if value > 0]
    low, high = min(held, default=1.0), max(held, default=10.0)
    return Scale(low / 1.15, max(high * 1.15, low * 2), start, end, is_log=True)
