"""An invented population on a real territory: to try, to teach and to test, never to conclude.

People, stays, medicines and visits are drawn; communes and hospital sites are those of the
territory. Everything is decided by a seed: the same seed gives the same files.
"""

from maillage.engines.indicators.synth.generation import YEARS, generate
from maillage.engines.indicators.synth.places import CommunePlace, Places, SiteLevel, SitePlace
from maillage.engines.indicators.synth.space import Structure, structure

__all__ = [
    "YEARS", "CommunePlace", "Places", "SiteLevel", "SitePlace", "Structure", "generate",
    "structure",
]  # fmt: skip
