"""One person, one calendar: the recurring half-days of a week, what cannot stand together, and the
dates on which each is held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from maillage.vocabulary.calendar import WEEKDAYS, french_day
from maillage.vocabulary.periods import Period
from maillage.workforce.enums import Half, Weeks

MIDDAY_MINUTES = 60
"""Time between the end of a morning and the start of an afternoon, minutes: a journey that takes
longer cannot be made between both. A choice of this product."""

FULL_WEEK = 10
"""Half-days of a full-time week (Code de la santé publique, art. R6152-26)."""

SHARES: Mapping[str, Fraction] = {
    Weeks.EVERY: Fraction(1),
    Weeks.ODD: Fraction(1, 2),
    Weeks.EVEN: Fraction(1, 2),
}
"""Mean weekly half-days of one cell of the grid."""


@dataclass(frozen=True, slots=True)
class HalfDay:
    """One cell of a grid. ``site`` is a FINESS number, ``organization`` the hospital of the site,
    ``carried`` the days on which its agreement holds (None: it needs none, or names none)."""

    weekday: int
    half: str
    weeks: str
    site: str
    organization: str
    starts_on: date
    ends_on: date | None = None
    agreement: str = ""
    carried: tuple[Period[date], ...] | None = None
    key: int | None = None
    site_name: str = ""

    @property
    def period(self) -> Period[date]:
        return Period(self.starts_on, self.ends_on)

    @property
    def words(self) -> str:
        """« mardi matin »."""
        return f"{WEEKDAYS[self.weekday - 1]} {Half(self.half).label.lower()}"

    def recurs_with(self, other: HalfDay) -> bool:
        """True when both fall in some same week."""
        same = Weeks.EVERY in (self.weeks, other.weeks) or self.weeks == other.weeks
        return same and self.period.intersection(other.period) is not None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why cells cannot stand. ``code`` is stable; ``is_refusal``: the rule forbids, it is not only
    said."""

    code: str
    message: str
    keys: tuple[int | None, ...]
    is_refusal: bool = True


def find_conflicts(
    cells: Sequence[HalfDay],
    *,
    employer: str,
    quota: int,
    travel: Mapping[tuple[str, str], float],
    most_sites: int,
) -> tuple[Conflict, ...]:
    """Everything wrong in the calendar of one person. ``travel``: minutes between sites (FINESS);
    ``quota``: half-days of the person's assignments; ``most_sites``: of a shared practice.

    Refused: two cells at once, a journey longer than the midday break, more than ten half-days a
    week, another hospital's site without an agreement that holds. Said: more half-days than the
    assignments, more sites than usual.
    """
    found = [*_doubles(cells), *_journeys(cells, travel), *_without_agreement(cells, employer)]
    found += _too_many(cells, quota, most_sites)
    return tuple(found)


def _pairs(cells: Sequence[HalfDay]) -> Iterator[tuple[HalfDay, HalfDay]]:
    days: dict[int, list[HalfDay]] = defaultdict(list)
    for cell in cells:
        days[cell.weekday].append(cell)
    for several in days.values():
        for rank, one in enumerate(several):
            for other in several[rank + 1 :]:
                if one.recurs_with(other):
                    yield one, other


def _doubles(cells: Sequence[HalfDay]) -> Iterator[Conflict]:
    for one, other in _pairs(cells):
        if one.half == other.half:
            yield Conflict(
                "week.double",
                f"{one.words.capitalize()} : à {one.site_name} et à {other.site_name} à la fois.",
                (one.key, other.key),
            )


def _journeys(
    cells: Sequence[HalfDay], travel: Mapping[tuple[str, str], float]
) -> Iterator[Conflict]:
    for one, other in _pairs(cells):
        if one.half == other.half or one.site == other.site:
            continue
        first, second = (one, other) if one.half == Half.MORNING else (other, one)
        minutes = travel.get((first.site, second.site))
        if minutes is None or minutes > MIDDAY_MINUTES:
            took = "trajet inconnu" if minutes is None else f"{minutes:.0f} min de route"
            yield Conflict(
                "week.journey",
                f"{WEEKDAYS[one.weekday - 1].capitalize()} : de {first.site_name} à "
                f"{second.site_name} entre midi, {took} pour {MIDDAY_MINUTES} min.",
                (first.key, second.key),
            )


def _without_agreement(cells: Sequence[HalfDay], employer: str) -> Iterator[Conflict]:
    for cell in cells:
        if cell.organization == employer:
            continue
        if cell.carried is None:
            yield Conflict(
                "week.no-agreement",
                f"{cell.words.capitalize()}, {cell.site_name} : aucune convention ne porte cette "
                "demi-journée hors de l'établissement employeur.",
                (cell.key,),
            )
            continue
        gap = _first_day_outside(cell.period, cell.carried)
        if gap is not None:
            yield Conflict(
                "week.agreement-ends",
                f"{cell.words.capitalize()}, {cell.site_name} : sa convention ne la porte plus "
                f"le {french_day(gap)}."
                if gap > cell.starts_on
                else f"{cell.words.capitalize()}, {cell.site_name} : sa convention ne la porte "
                f"pas encore le {french_day(gap)}, ou n'est pas en vigueur.",
                (cell.key,),
                is_refusal=gap == cell.starts_on,
            )


def _first_day_outside(period: Period[date], carried: Iterable[Period[date]]) -> date | None:
    """The first day of a period that none of these ordered periods holds."""
    day = period.starts
    for one in carried:
        if day is None or (one.starts is not None and one.starts > day):
            break
        if one.contains(day):
            if one.ends is None:
                return None
            day = one.ends
    return day if day is not None and period.contains(day) else None


def _too_many(cells: Sequence[HalfDay], quota: int, most_sites: int) -> Iterator[Conflict]:
    """Counted on the first day of each cell: the week can only grow there."""
    said: set[str] = set()
    for day in sorted({cell.starts_on for cell in cells}):
        now = [cell for cell in cells if cell.period.contains(day)]
        total = weekly_half_days(now)
        keys = tuple(cell.key for cell in now)
        if total > FULL_WEEK and "full" not in said:
            said.add("full")
            yield Conflict(
                "week.too-many",
                f"{french_number(total)} demi-journées par semaine : un temps plein en compte "
                f"{FULL_WEEK}.",
                keys,
            )
        elif total > quota and "quota" not in said:
            said.add("quota")
            yield Conflict(
                "week.over-quota",
                f"{french_number(total)} demi-journées par semaine pour {quota} affectées.",
                keys,
                is_refusal=False,
            )
        if len({cell.site for cell in now}) > most_sites and "sites" not in said:
            said.add("sites")
            yield Conflict(
                "week.many-sites",
                f"Plus de {most_sites} sites : le partage devient difficile à tenir.",
                keys,
                is_refusal=False,
            )


def weekly_half_days(cells: Iterable[HalfDay]) -> Fraction:
    """Mean half-days of a week over these cells."""
    return sum((SHARES[cell.weeks] for cell in cells), Fraction(0))


def french_number(value: Fraction) -> str:
    """« 3 », « 3,5 »: halves are the finest share."""
    return f"{float(value):g}".replace(".", ",")


def recurs_in(weeks: str, day: date) -> bool:
    """True when a cell of these weeks recurs in the ISO week of a day. A year of 53 weeks is
    followed by week 1: two odd weeks in a row, as everywhere where weeks are counted this way."""
    if weeks == Weeks.EVERY:
        return True
    return (day.isocalendar().week % 2 == 1) == (weeks == Weeks.ODD)


def next_two_odd_weeks(day: date) -> date | None:
    """The Monday of the week 1 that follows a week 53, when one of the two is to come within a
    year of a day: that week is odd, like the one before it. None otherwise."""
    monday = day - timedelta(days=day.weekday())
    for number in range(54):
        later = monday + timedelta(days=7 * number)
        before = later - timedelta(days=7)
        if later.isocalendar().week == 1 and before.isocalendar().week == 53:
            return later
    return None


def dates_of(cell: HalfDay, first: date, last: date) -> Iterator[date]:
    """The days ``first <= day < last`` on which a cell recurs."""
    start = max(first, cell.starts_on)
    end = last if cell.ends_on is None else min(last, cell.ends_on)
    day = start + timedelta(days=(cell.weekday - start.isoweekday()) % 7)
    while day < end:
        if recurs_in(cell.weeks, day):
            yield day
        day += timedelta(days=7)
