"""How facts are written in French: days, hours, numbers, minutes, ages, phone numbers.

Pure functions, registered as filters by :mod:`maillage.portal.templatetags.maillage_ui`. None of
them reads the clock: what depends on today takes ``today``.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from maillage.vocabulary.calendar import local_day

NBSP = "\u00a0"
"""Between a number and its unit."""

THIN = "\u202f"
"""Between groups of three digits (Imprimerie nationale: espace fine insécable)."""

DAYS_PER_MONTH = 30.44
"""Mean length of a month in days, for ages said in months."""


def as_day(value: date | datetime) -> date:
    """The day of a date, or the day that it is in Paris at an instant."""
    return local_day(value) if isinstance(value, datetime) else value


def keep_together(text: str) -> str:
    """The same text with no place where a line may break."""
    return text.replace(" ", NBSP)


def keep_hours(text: str) -> str:
    """The same text with no break inside « 9 h 43 »."""
    return _HOURS.sub(lambda found: keep_together(found[0]), text)


_HOURS = re.compile(r"\d{1,2} h(?: \d\d)?\b")


def french_number(value: object, decimals: int = 0) -> str:
    """« 12 000 », « 3,5 »: a fine space by thousands, a comma before decimals, halves rounded up.

    Returns the text itself when ``value`` is not a number, and "" for None.
    """
    if value is None or value == "":
        return ""
    try:
        number = Decimal(str(value))
        if not number.is_finite():
            return str(value)
        number = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    except (InvalidOperation, ValueError):
        return str(value)
    if number.is_zero():
        number = abs(number)
    written = f"{number:,f}".replace(",", THIN).replace(".", ",")
    return written.replace("-", "\u2212")


def french_minutes(value: float | None) -> str:
    """A length of time in minutes: « 26 min », « 1 h 05 », « 6 j 1 h »; rounded to the nearest
    minute, to the nearest hour from two days on."""
    if value is None:
        return ""
    total = int(Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP))
    if abs(total) < 60:
        return f"{total}{NBSP}min"
    sign = "\u2212" if total < 0 else ""
    hours, minutes = divmod(abs(total), 60)
    if hours >= 48:
        days, hours = divmod(hours + (minutes >= 30), 24)
        return f"{sign}{days}{NBSP}j" + (f"{NBSP}{hours}{NBSP}h" if hours else "")
    return f"{sign}{hours}{NBSP}h" + (f"{NBSP}{minutes:02d}" if minutes else "")


def french_age(value: date | datetime | None, today: date | datetime | None) -> str:
    """How old a fact is on ``today``: « il y a 3 ans », « hier », « dans 2 jours ».

    Under 60 days in days, under 24 months in months, then in whole years passed. "" when either
    day is unknown.
    """
    if not value or not today:
        return ""
    day, now = as_day(value), as_day(today)
    distance = (now - day).days
    near = {0: "aujourd'hui", 1: "hier", -1: "demain"}
    if distance in near:
        return near[distance]
    early, late = min(day, now), max(day, now)
    months = (late.year - early.year) * 12 + late.month - early.month - (late.day < early.day)
    if abs(distance) < 60:
        length = f"{abs(distance)} jours"
    elif months < 24:
        length = f"{months or round(abs(distance) / DAYS_PER_MONTH)} mois"
    else:
        length = f"{months // 12} ans"
    return keep_together(f"il y a {length}" if distance > 0 else f"dans {length}")


def french_wait(moment: datetime, now: datetime) -> str:
    """How long until ``moment``: « dans 25 min », « dans 3 jours », « il y a 10 min ». Under a
    day in hours and minutes, then in days of the calendar of Paris."""
    minutes = (moment - now).total_seconds() / 60
    if abs(minutes) < 1:
        return "maintenant"
    if abs(minutes) < 24 * 60:
        words = french_minutes(abs(minutes))
        return f"dans{NBSP}{words}" if minutes > 0 else f"il{NBSP}y{NBSP}a{NBSP}{words}"
    return french_age(moment, now)


def phone_digits(value: str) -> str:
    """The digits of a French phone number, national form (0327143333) when it has one."""
    cleaned = re.sub(r"[^\d+]", "", str(value))
    return re.sub(r"^(?:\+|00)33\(?0?\)?(?=\d{9}$)", "0", cleaned)


def french_phone(value: str | None) -> str:
    """« 03 27 14 33 33 »: pairs for ten digits; short numbers (15, 112, 116 117) and numbers of
    another form stay as they are typed."""
    if not value:
        return ""
    digits = phone_digits(value)
    if re.fullmatch(r"0\d{9}", digits):
        return NBSP.join(digits[i : i + 2] for i in range(0, 10, 2))
    return keep_together(str(value).strip())


def phone_uri(value: str) -> str:
    """The ``tel:`` address (RFC 3966) of a number, global form when it is a French one; "" when
    ``value`` holds no digit."""
    digits = phone_digits(value)
    if re.fullmatch(r"0\d{9}", digits):
        return f"tel:+33{digits[1:]}"
    return f"tel:{digits}" if re.search(r"\d", digits) else ""
