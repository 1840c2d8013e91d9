"""How many people a line needs, by the rules of its day, and the words of its years to come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from maillage.engines.rostering.duty_limits import ROLLING_RULES, counts_of
from maillage.engines.rostering.duty_values import DutyKind, DutyLineSpec, measure_duty
from maillage.engines.rostering.regulations import regulations_on
from maillage.oncall.enums import ExemptionScope, LineKind
from maillage.vocabulary.numbers import NBSP
from maillage.workforce.rules.forecast import YEARS, LineOutlook, people_needed

AGREED_DAYS = 28
"""Days over which a ceiling agreed with a member is counted."""

YEAR_DAYS = 364
"""Thirteen times twenty-eight days: slots and ceilings are counted over the same year."""

LEAST_DAYS = 28
"""Fewer days of slots than this say nothing of a year."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a line asks for in :data:`YEAR_DAYS` days by the rule that binds most: so many duties,
    of which one person holds so many at most; ``people`` then, the least that is enough."""

    people: int
    slots_per_year: float
    most_per_person: float
    rule: str
    source: str


@lru_cache(maxsize=20_000)
def _counts(kind: str, starts_at: datetime, ends_at: datetime, year: date) -> dict[str, int]:
    """What a duty counts for; lines share their hours, so that few are measured."""
    spec = _spec(kind)
    return counts_of(measure_duty(spec, starts_at, ends_at, regulations_on(year)), spec)


def _spec(kind: str) -> DutyLineSpec:
    on_site = kind == LineKind.ON_SITE
    return DutyLineSpec("", DutyKind.GARDE if on_site else DutyKind.ASTREINTE)


def need_of(
    kind: str,
    slots: Iterable[tuple[datetime, datetime]],
    ceilings: Sequence[int | None],
    *,
    days: int,
    on: date,
) -> Need | None:
    """What a line of this kind (:class:`LineKind`) needs whose slots of ``days`` days these are;
    ``ceilings`` are the duties in 28 days agreed with each of its people (None: the rule alone).
    None for a line without slots of :data:`LEAST_DAYS` days. Rules of a volunteer, who may hold
    more, and those of academics are left out: a line that lives on them is fragile already."""
    total: Counter[str] = Counter()
    for starts_at, ends_at in slots:
        total.update(_counts(kind, starts_at, ends_at, on))
    if days < LEAST_DAYS:
        return None
    regulations = regulations_on(on)
    found = []
    for rule in ROLLING_RULES:
        asked = total[rule.counter] * YEAR_DAYS / days
        if not asked or rule.academic is not None or _spec(kind).kind not in rule.kinds:
            continue
        regulation = regulations[rule.key]
        most = regulations.whole(rule.key) * YEAR_DAYS / rule.days
        agreed = [
            most if one is None else min(most, one * YEAR_DAYS / AGREED_DAYS) for one in ceilings
        ]
        each = sum(agreed) / len(agreed) if agreed else most
        if each > 0:
            found.append(
                Need(
                    people_needed(asked, each),
                    asked,
                    each,
                    f"{regulation.label}{NBSP}: {regulation.value}",
                    regulation.source,
                )
            )
    return max(found, key=lambda one: one.slots_per_year / one.most_per_person, default=None)


def frees(scope: str, kind: str) -> bool:
    """True when an exemption of this scope takes somebody away from a line of this kind. Nights
    count for both: a line that has none is no line of permanence."""
    return scope != ExemptionScope.ON_SITE or kind == LineKind.ON_SITE


@dataclass(frozen=True, slots=True)
class Future:
    """How the years of a line are said: a level of ``state`` with its label, a sentence, and a rank
    by which the first line to fail comes first."""

    level: str
    label: str
    words: str
    rank: tuple[int, float]


def future_of(
    need: Need | None, able: int, outlook: LineOutlook | None, *, too_few: bool
) -> Future:
    """The years of a line in a sentence. That it lacks people already needs no age to be said."""
    if need is None:
        return Future("none", "Inconnu", "pas assez de créneaux pour le dire", (5, 0))
    missing = need.people - able
    if missing > 0:
        one = missing == 1
        words = f"il manque déjà {missing} personne{'' if one else 's'}"
        return Future("hole", "Trop peu", words, (0, able / need.people))
    if too_few:
        return Future("none", "Non montré", "effectif trop petit pour être montré", (4, 0))
    if outlook is None:
        return Future("none", "Inconnu", "âges inconnus", (4, 1))
    if outlook.fails_on is not None:
        return Future("late", "Va manquer", _failing(outlook), (1, _order(outlook)))
    if outlook.at_risk_on is not None:
        words = f"tient sans doute dix ans, incertain dès {outlook.at_risk_on}"
        return Future("limit", "Incertain", words, (2, _order(outlook)))
    return Future("ok", "Tient", "tient dix ans", (3, _order(outlook)))


def _order(outlook: LineOutlook) -> float:
    """The year that counts, then how likely the line is to lack people over the years."""
    year = outlook.fails_on or outlook.at_risk_on or 0
    return year - sum(one.lacking for one in outlook.years) / (YEARS + 1)


def _failing(outlook: LineOutlook) -> str:
    low, middle, high = outlook.at_risk_on, outlook.fails_on, outlook.sure_on
    if high is None:
        between = f"{low} au plus tôt" if low != middle else "peut-être plus tard"
    elif low == high:
        return f"dès {middle}, presque sûrement"
    else:
        between = f"entre {low} et {high}"
    return f"probablement dès {middle} ({between})"
