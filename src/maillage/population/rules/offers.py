"""How far care is in reach: the bands of the score, and what they say of themselves."""

from __future__ import annotations

from maillage.engines.indicators.access import Band

BANDS = (Band(15.0, 1.0), Band(30.0, 0.6), Band(60.0, 0.2))
"""Minutes, for hospital services. Judgement of this software: the national indicator has bands for
general practice only."""

REACH_MINUTES = BANDS[-1].limit
BAND_WORDS = " ; ".join(
    f"{band.limit:.0f}\u00a0min, poids {str(band.weight).replace('.', ',')}" for band in BANDS
)
