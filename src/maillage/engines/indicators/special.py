"""Incomplete gamma and beta functions and their inverses, over arrays.

What exact intervals of counts need, and no more: the tests hold them to published tables and to the
sums that they stand for. Methods: series and continued fractions for small shapes (Abramowitz and
Stegun 6.5.29, 6.5.31, 26.5.8; modified Lentz), Gauss and Legendre's quadrature for large ones
(Press and others, Numerical Recipes, 6.2), inverses by Newton inside a bracket.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_TINY = 1e-300
_EPS = 1e-16
_STEPS = 20_000
"""Steps of a series before giving up; it takes some times the square root of the shape."""

_LARGE = 30.0
"""Shapes from which a quadrature is quicker than a series, and as exact."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)

_log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])


def log_gamma(x: npt.ArrayLike) -> Floats:
    """Logarithm of the gamma function of positive numbers."""
    values = np.asarray(x, np.float64)
    found: Floats = _log_gamma(values) if values.size else values
    return found


def _stirling(a: Floats) -> Floats:
    """``log gamma(a) - ((a - 1/2) log a - a + log(2 pi) / 2)`` for a >= 10."""
    square = a * a
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / a


def _gamma_front(a: Floats, x: Floats) -> Floats:
    """``x^a e^-x / gamma(a + 1)``, for x > 0."""
    large = a >= 10
    wide = np.where(large, a, 10.0)
    away = (np.where(large, x, wide) - wide) / wide
    far = wide * (np.log1p(away) - away) - _stirling(wide) - 0.5 * np.log(2 * math.pi * wide)
    few = np.where(large, 1.0, a)
    near = few * np.log(x) - x - log_gamma(few + 1)
    front: Floats = np.exp(np.where(large, far, near))
    return front


def gamma_below(a: npt.ArrayLike, x: npt.ArrayLike) -> Floats:
    """P(a, x): the chance that a gamma variable of shape ``a`` > 0 is under ``x`` >= 0. For a whole
    ``a``, the chance that a Poisson count of mean ``x`` is ``a`` or more."""
    return _gamma(a, x)[0]


def gamma_above(a: npt.ArrayLike, x: npt.ArrayLike) -> Floats:
    """Q(a, x) = 1 - P(a, x), without loss when it is small. For a whole ``a``, the chance that a
    Poisson count of mean ``x`` is under ``a``."""
    return _gamma(a, x)[1]


def _gamma(a: npt.ArrayLike, x: npt.ArrayLike) -> tuple[Floats, Floats]:
    shape, point = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    below, above = np.zeros(shape.shape), np.ones(shape.shape)
    positive = point > 0
    large = positive & (shape >= _LARGE)
    below[large], above[large] = _gamma_quadrature(shape[large], point[large])
    series = positive & ~large & (point < shape + 1)
    below[series] = _gamma_series(shape[series], point[series])
    above[series] = 1 - below[series]
    fraction = positive & ~large & ~series
    above[fraction] = _gamma_fraction(shape[fraction], point[fraction])
    below[fraction] = 1 - above[fraction]
    return below, above


def _gamma_quadrature(a: Floats, x: Floats) -> tuple[Floats, Floats]:
    """From the point to where nothing is left of the bell, on its own side."""
    top = a - 1
    width = np.sqrt(top)
    is_right = x > top
    far = np.where(
        is_right,
        np.maximum(top + 11.5 * width, x + 6 * width),
        np.maximum(0.0, np.minimum(top - 7.5 * width, x - 5 * width)),
    )
    half = (far - x)[:, None] / 2
    away = ((far + x)[:, None] / 2 + half * _NODES - top[:, None]) / top[:, None]
    bell = np.exp(top[:, None] * (np.log1p(np.maximum(away, -1 + 1e-15)) - away))
    # gamma(a) is top^top e^-top sqrt(2 pi top) e^stirling(top).
    part = np.abs((half * bell) @ _WEIGHTS)
    part = np.minimum(part / (np.sqrt(2 * math.pi * top) * np.exp(_stirling(top))), 1.0)
    return np.where(is_right, 1 - part, part), np.where(is_right, part, 1 - part)


def _gamma_series(a: Floats, x: Floats) -> Floats:
    if not a.size:
        return a
    term = np.ones(a.shape)
    total = term.copy()
    below = a.copy()
    for _ in range(_STEPS):
        below += 1
        term *= x / below
        total += term
        if bool((term <= total * _EPS).all()):
            return np.minimum(_gamma_front(a, x) * total, 1.0)
    raise ArithmeticError("the series of the incomplete gamma function did not converge")


def _gamma_fraction(a: Floats, x: Floats) -> Floats:
    if not a.size:
        return a
    b = x + 1 - a
    c = np.full(a.shape, 1 / _TINY)
    d = 1 / np.where(np.abs(b) < _TINY, _TINY, b)
    total = d.copy()
    for step in range(1, _STEPS):
        factor = -step * (step - a)
        b += 2
        d = factor * d + b
        d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
        c = b + factor / c
        c = np.where(np.abs(c) < _TINY, _TINY, c)
        change = c * d
        total *= change
        if bool((np.abs(change - 1) <= 20 * _EPS).all()):
            # gamma(a) is gamma(a + 1) / a.
            return np.minimum(_gamma_front(a, x) * a * total, 1.0)
    raise ArithmeticError("the fraction of the incomplete gamma function did not converge")


def normal_quantile(p: float) -> float:
    """The quantile of the normal law (standard library, to the last digits)."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)


def gamma_quantile(p: float, a: npt.ArrayLike) -> Floats:
    """The ``x`` with P(a, x) = p, for 0 < p < 1; 0 where the shape is 0."""
    shape = np.asarray(a, np.float64)
    if not shape.ndim:
        return gamma_quantile(p, shape[None])[0]
    found = np.zeros(shape.shape)
    z = normal_quantile(p)
    positive = shape > 0
    few = shape[positive]
    start = few * np.maximum(1 - 1 / (9 * few) + z / (3 * np.sqrt(few)), 0.0) ** 3
    # Where that is no use, the first term of the series: P(a, x) is about x^a / gamma(a + 1).
    first = np.exp((math.log(p) + log_gamma(few + 1)) / few)
    start = np.where((start < 0.05 * few) | (few < 0.5), np.minimum(first, few + 10), start)
    found[positive] = _gamma_inverse(p, few, start)
    return found


def _gamma_inverse(p: float, a: Floats, start: Floats) -> Floats:
    if not a.size:
        return a
    from_above = p > 0.5

    def miss(x: Floats) -> Floats:
        return (1 - p) - gamma_above(a, x) if from_above else gamma_below(a, x) - p

    def slope(x: Floats) -> Floats:
        return _gamma_front(a, x) * a / x

    high = np.maximum(start, a) * 2 + 60
    return _newton(miss, slope, start, np.zeros(a.shape), high)


def _newton(
    miss: Callable[[Floats], Floats],
    slope: Callable[[Floats], Floats],
    start: Floats,
    low: Floats,
    high: Floats,
) -> Floats:
    """The root of a rising function, by Newton, by halves where Newton leaves the bracket."""
    x = np.clip(start, np.nextafter(low, high), high)
    for _ in range(200):
        away = miss(x)
        low, high = np.where(away < 0, x, low), np.where(away > 0, x, high)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = away / slope(x)
        is_there = np.abs(step) <= 1e-13 * x
        following = x - step
        is_outside = ~is_there & ~((following > low) & (following < high))
        following = np.where(is_outside, (low + high) / 2, following)
        moved = np.abs(following - x)
        x = np.where(away == 0, x, following)
        if bool((is_there | (away == 0) | (moved <= 1e-13 * x)).all()):
            break
    return x


def beta_below(x: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """I_x(a, b): the chance that a beta variable is under ``x``. For whole numbers, the chance that
    a binomial count of ``a + b - 1`` trials of chance ``x`` is ``a`` or more. 1 where ``a`` is 0 or
    less, 0 where ``b`` is."""
    point, first, second = np.broadcast_arrays(
        *(np.asarray(one, np.float64) for one in (x, a, b)), subok=False
    )
    found = np.where(first <= 0, 1.0, 0.0)
    inside = (first > 0) & (second > 0) & (point > 0)
    found[inside & (point >= 1)] = 1.0
    inside &= point < 1
    turned = point > (first + 1) / (first + second + 2)
    straight = inside & ~turned
    found[straight] = _beta_part(point[straight], first[straight], second[straight])
    other = inside & turned
    found[other] = 1 - _beta_part(1 - point[other], second[other], first[other])
    return found


def _beta_part(x: Floats, a: Floats, b: Floats) -> Floats:
    if not x.size:
        return x
    front = np.exp(
        log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * np.log(x) + b * np.log1p(-x)
    )
    c = np.ones(x.shape)
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
    total = d.copy()
    for step in range(1, _STEPS):
        twice = 2 * step
        for factor in (
            step * (b - step) * x / ((a + twice - 1) * (a + twice)),
            -(a + step) * (a + b + step) * x / ((a + twice) * (a + twice + 1)),
        ):
            d = 1 + factor * d
            d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
            c = 1 + factor / c
            c = np.where(np.abs(c) < _TINY, _TINY, c)
            change = c * d
            total *= change
        if bool((np.abs(change - 1) <= 20 * _EPS).all()):
            return np.minimum(front * total / a, 1.0)
    raise ArithmeticError("the fraction of the incomplete beta function did not converge")
