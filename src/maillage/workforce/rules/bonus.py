"""The territorial bonus (prime d'exercice territorial), with its evidence.

Amounts, steps and the least distance are those of the dated rules of the rostering engine: this
module only counts half-days and distances.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from maillage.engines.rostering.regulations import Regulations
from maillage.workforce.rules.weeks import SHARES, HalfDay, french_number

ROAD_OVER_CROW = 1.3
"""Kilometres of road for one as the crow flies: the mean of French roads, used where no road
distance is known. A distance within a fifth of the limit is said to be checked."""

UNSURE = 0.2


@dataclass(frozen=True, slots=True)
class OtherSite:
    """What a person does away from the main site. ``km`` by road; None when it is not known."""

    site: str
    name: str
    half_days: Fraction
    km: float | None
    counts: bool
    is_unsure: bool

    @property
    def half_days_words(self) -> str:
        return french_number(self.half_days)


@dataclass(frozen=True, slots=True)
class Bonus:
    """``euros`` gross a month for ``half_days`` mean weekly half-days on ``sites`` other sites far
    enough (``least_km``), and what it stands on."""

    euros: int
    half_days: Fraction
    sites: int
    least_km: int
    evidence: tuple[OtherSite, ...]
    source: str
    note: str

    @property
    def half_days_words(self) -> str:
        return french_number(self.half_days)

    @property
    def is_unsure(self) -> bool:
        """True when a distance is too near the limit for an estimate."""
        return any(one.is_unsure for one in self.evidence)


def road_km(crow_km: float) -> float:
    """Estimated kilometres of road."""
    return crow_km * ROAD_OVER_CROW


def compute_bonus(
    cells: Iterable[HalfDay],
    *,
    main_site: str,
    km: Mapping[str, float],
    regulations: Regulations,
) -> Bonus:
    """The bonus of the cells of one person on one day. ``km``: road from the main site to each
    other (FINESS). Half-days on sites nearer than the limit do not count."""
    least = regulations.whole("shared.bonus_km")
    away: dict[str, Fraction] = defaultdict(Fraction)
    names: dict[str, str] = {}
    for cell in cells:
        if cell.site != main_site:
            away[cell.site] += SHARES[cell.weeks]
            names[cell.site] = cell.site_name
    evidence = tuple(
        _other_site(site, names[site], share, km.get(site), least)
        for site, share in sorted(away.items())
    )
    counted = [one for one in evidence if one.counts]
    total = sum((one.half_days for one in counted), Fraction(0))
    mean = Decimal(total.numerator) / Decimal(total.denominator)
    rule = regulations["shared.bonus"]
    return Bonus(
        euros=regulations.bonus(mean, len(counted)),
        half_days=total,
        sites=len(counted),
        least_km=least,
        evidence=evidence,
        source=rule.source,
        note=regulations["shared.bonus_km"].note,
    )


def _other_site(
    site: str, name: str, half_days: Fraction, km: float | None, least: int
) -> OtherSite:
    return OtherSite(
        site=site,
        name=name,
        half_days=half_days,
        km=km,
        counts=km is not None and km >= least,
        is_unsure=km is None or abs(km - least) <= UNSURE * least,
    )
