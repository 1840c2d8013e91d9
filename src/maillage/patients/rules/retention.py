"""How long a record is kept before a person's data may be erased (CSP, R.1112-7)."""

from __future__ import annotations

from datetime import date

from maillage.patients.rules.constants import (
    KEPT_AFTER_DEATH_YEARS,
    KEPT_AFTER_LAST_VISIT_YEARS,
    KEPT_UNTIL_AGE,
)


def years_later(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def kept_until(
    *, last_visit: date, birth_date: date | None = None, deceased_on: date | None = None
) -> date:
    """The first day on which a record may be erased: twenty years after the last visit, not before
    the 28th birthday; after a death within ten years of the last visit, ten years after it."""
    if deceased_on is not None and deceased_on < years_later(last_visit, KEPT_AFTER_DEATH_YEARS):
        return years_later(deceased_on, KEPT_AFTER_DEATH_YEARS)
    end = years_later(last_visit, KEPT_AFTER_LAST_VISIT_YEARS)
    if birth_date is not None:
        end = max(end, years_later(birth_date, KEPT_UNTIL_AGE))
    return end
