"""Codes of the whole country, from the data package where it is installed."""

from __future__ import annotations

from functools import lru_cache

from maillage.territory.rules.package import NationalCodes, locate_package, read_national_codes
from maillage.vocabulary.errors import Refusal


@lru_cache(maxsize=1)
def get_national_codes() -> NationalCodes | None:
    """Every commune, and the one of each postal code; None without the package. Read once."""
    try:
        return read_national_codes(locate_package())
    except Refusal:
        return None
