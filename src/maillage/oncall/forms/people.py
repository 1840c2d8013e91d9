"""Forms of practitioners: their month, leave and wishes, swaps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def read_month(address: Mapping[str, Any], *, today: date) -> date:
    """The first day of the month of an address (``mois=2026-12``); the present one when it is no
    month of this century."""
    found = MONTH.fullmatch(str(address.get("mois", "")))
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
