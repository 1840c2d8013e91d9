"""Points on the ground, and the no-network estimate of a journey.

The estimate was fitted on journeys of the Nord department: 105 communes to their nearest
emergency department against the INSEE Metric-OSRM 2025 distances (mean absolute error 1.4 min),
and 63 free-flow journeys of 12 to 52 km to Lille (3.8 min). It holds for flat country and free
traffic; it must not be used in mountains, and at peak hours towards Lille it is 20 min too short.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth, km (IUGG)."""

ESTIMATE_START_MINUTES = 2.7
ESTIMATE_NEAR_MINUTES_PER_KM = 1.35
ESTIMATE_FAR_MINUTES_PER_KM = 0.80
ESTIMATE_NEAR_KM = 15.0
"""Coefficients of the estimate: 2.7 + 1.35 per crow-fly km up to 15 km, then 0.80 per km."""

ESTIMATE_MARGIN_MINUTES = 4.0
"""Margin of the estimate, minutes: with it, no commune of the sample was wrongly called covered
at thresholds of 10, 15, 20 and 25 minutes."""

ESTIMATE_FAR_WARNING_KM = 20.0
"""Beyond this crow-fly distance the error of the estimate may exceed its margin (12.7 min seen)."""


def crow_fly_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in km between two points given in degrees (haversine)."""
    phi1, phi2 = radians(lat1), radians(lat2)
    half_dphi = (phi2 - phi1) / 2
    half_dlambda = radians(lon2 - lon1) / 2
    h = sin(half_dphi) ** 2 + cos(phi1) * cos(phi2) * sin(half_dlambda) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))


def estimated_minutes(km: float) -> float:
    """Estimated driving minutes for a crow-fly distance in km, rounded to a tenth of a minute."""
    near = min(km, ESTIMATE_NEAR_KM)
    far = max(km - ESTIMATE_NEAR_KM, 0.0)
    return round(
        ESTIMATE_START_MINUTES
        + ESTIMATE_NEAR_MINUTES_PER_KM * near
        + ESTIMATE_FAR_MINUTES_PER_KM * far,
        1,
    )
