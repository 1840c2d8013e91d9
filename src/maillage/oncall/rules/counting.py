"""What duties count for: numbers, nights, weekends, hours and half-days; the counters of a year.

Half-days are those of the regulations (CSP, art. R6152-27): a night on site is two, a morning or an
afternoon one. An astreinte is no half-day: its call-outs count, when they are recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime

from maillage.engines.rostering.duty_values import DutyKind, DutyLineSpec, measure_duty
from maillage.engines.rostering.regulations import Regulations, Status, regulations_on
from maillage.oncall.enums import LineKind
from maillage.vocabulary.calendar import local_day

QUARTER_MONTHS = 4
"""Working time is settled every four months: January, May, September."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Sums over some duties. ``on_site_minutes`` are work from end to end; ``at_home_minutes`` are
    within reach, work only while called. ``half_days`` those of duties on site."""

    duties: int = 0
    nights: int = 0
    weekends: int = 0
    holidays: int = 0
    on_site_minutes: int = 0
    at_home_minutes: int = 0
    half_days: int = 0

    @property
    def on_site_hours(self) -> float:
        return self.on_site_minutes / 60

    @property
    def at_home_hours(self) -> float:
        return self.at_home_minutes / 60

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            *(getattr(self, one.name) + getattr(other, one.name) for one in fields(Counted))
        )


def count_duty(
    kind: str, starts_at: datetime, ends_at: datetime, regulations: Regulations | None = None
) -> Counted:
    """What one duty of a line of this kind (:class:`LineKind`) counts for, by the regulations of
    its day unless others are given."""
    on_site = kind == LineKind.ON_SITE
    rules = regulations or regulations_on(local_day(starts_at))
    spec = DutyLineSpec("", DutyKind.GARDE if on_site else DutyKind.ASTREINTE)
    one = measure_duty(spec, starts_at, ends_at, rules)
    lasts = int((ends_at - starts_at).total_seconds() // 60)
    return Counted(
        duties=1,
        nights=int(one.night),
        weekends=int(one.weekend),
        holidays=int(one.holiday),
        on_site_minutes=lasts if on_site else 0,
        at_home_minutes=0 if on_site else lasts,
        half_days=one.half_days,
    )


def duty_kind(kind: str, is_half: bool) -> DutyKind:
    """What the engine calls the duties of a line."""
    if kind == LineKind.ON_CALL:
        return DutyKind.ASTREINTE
    return DutyKind.HALF_NIGHT if is_half else DutyKind.GARDE


@dataclass(frozen=True, slots=True)
class Worth:
    """What the regulations give for one night of a line: half-days of service (CSP, art. R6152-27;
    none at home) and pay in words, with its source (arrêté du 30 avril 2003, art. 13 and 14).
    ``is_read``: the amount was read in its source, not only recalled."""

    half_days: int
    pay: str
    source: str
    is_read: bool


def worth_of_night(kind: str, is_half: bool, regulations: Regulations) -> Worth:
    """What one night of a line of this kind (:class:`LineKind`) gives, or the half of one that a
    line of halves keeps. At home each hospital fixes its sum between two bounds, for a night or two
    half-days."""
    if kind == LineKind.ON_CALL:
        least, most = (regulations[f"pay.astreinte_{end}"] for end in ("least", "most"))
        of = "deux demi-journées" if is_half else "une nuit"
        is_read = least.status is most.status is Status.READ
        return Worth(0, f"de {least.written} à {most.written} pour {of}", least.source, is_read)
    night = regulations.whole("work.night_half_days")
    pay = regulations["pay.half_garde" if is_half else "pay.garde"]
    half_days = night // 2 if is_half else night
    return Worth(half_days, pay.written, pay.source, pay.status is Status.READ)


@dataclass(frozen=True, slots=True)
class Span:
    """Some days with their name: ``first_day <= day < last_day``."""

    name: str
    first_day: date
    last_day: date

    def holds(self, moment: datetime) -> bool:
        return self.first_day <= local_day(moment) < self.last_day


def next_month(day: date) -> date:
    """The first day of the month after."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def quarter_of(day: date) -> Span:
    """The four months of a day."""
    first = (day.month - 1) // QUARTER_MONTHS * QUARTER_MONTHS + 1
    last = first + QUARTER_MONTHS
    end = date(day.year + 1, 1, 1) if last > 12 else date(day.year, last, 1)
    return Span("Quatre mois", date(day.year, first, 1), end)


def spans_of(day: date) -> tuple[Span, Span, Span]:
    """The month, the four months and the year of a day."""
    month = Span("Ce mois", day.replace(day=1), next_month(day))
    year = Span("Cette année", date(day.year, 1, 1), date(day.year + 1, 1, 1))
    return month, quarter_of(day), year


def count_spans(
    duties: Iterable[tuple[str, datetime, datetime]], spans: Iterable[Span]
) -> list[tuple[Span, Counted]]:
    """The counters of each span, of duties given by kind of line, start and end."""
    found = [(starts, count_duty(kind, starts, ends)) for kind, starts, ends in duties]
    return [
        (span, sum((one for starts, one in found if span.holds(starts)), Counted()))
        for span in spans
    ]
