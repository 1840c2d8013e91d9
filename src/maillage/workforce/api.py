"""Posts, shared time and demography by JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from ninja import Query, Router, Schema

from maillage.accounts.http import Request
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import NotAllowed
from maillage.workforce.permissions import READ, READ_DEMOGRAPHY, READ_OWN
from maillage.workforce.queries import demography, people, posts, shared, weeks

router = Router(tags=["Effectifs"])

Text = Annotated[str, Query(max_length=80)]


class PostOut(Schema):
    """A post today. ``vacant_half_days`` is what nobody holds; ``known_departure`` the next day on
    which somebody who holds it leaves."""

    slug: str
    title: str
    organization: str
    site: str
    service: str | None
    specialty: str
    half_days: int
    vacant_half_days: int
    vacant_since: date | None
    known_departure: date | None
    holders: list[str]
    in_tension: bool
    source: str
    source_on: date | None
    illustrative: bool


class HalfDayOut(Schema):
    """A recurring half-day: from ``starts_on`` (in) to ``ends_on`` (out)."""

    weekday: int
    half: str
    weeks: str
    site: str
    activity: str
    agreement: str | None
    starts_on: date
    ends_on: date | None


class ConflictOut(Schema):
    """What is wrong in a week; ``forbidden`` when a rule forbids it."""

    code: str
    message: str
    forbidden: bool


class WeekOut(Schema):
    """The week of a practitioner on a day. ``bonus_euros`` is gross, a month."""

    practitioner: str
    day: date
    assigned_half_days: int
    half_days: list[HalfDayOut]
    conflicts: list[ConflictOut]
    bonus_euros: int | None


class BalanceOut(Schema):
    """Half-days that a hospital gave another over the period."""

    giver: str
    receiver: str
    planned: int
    on_public_holidays: int
    held: int
    promised: float | None
    people: list[str]
    agreements: list[str]


class BalancesOut(Schema):
    """What hospitals gave each other on ``first_day <= day < last_day``."""

    first_day: date
    last_day: date
    balances: list[BalanceOut]


class SpecialtyOut(Schema):
    """A specialty over the posts selected. Full-time equivalents; ``density`` for 100,000."""

    specialty: str
    name: str
    posts: int
    full_time_open: float
    full_time_held: float
    density: float | None
    in_tension: bool


class YearOut(Schema):
    """The end of a year of the forecast: quantiles 10, 50 and 90 %."""

    year: int
    people: list[int]
    full_time: list[float]
    retirements: float
    other_departures: float
    entries: float


class DemographyOut(Schema):
    """``forecast`` is null for a group too small to be shown."""

    people: int
    full_time: float
    residents: int
    specialties: list[SpecialtyOut]
    forecast: list[YearOut] | None
    turnover: float | None
    entries: float | None


class ProblemOut(Schema):
    """Why there is no answer (RFC 9457)."""

    type: str
    title: str
    status: int


@router.get("/postes", response=list[PostOut], summary="Les postes ouverts et ce qui en est vacant")
def list_posts(
    request: Request, organization: Text = "", specialty: Text = "", state: Text = ""
) -> list[dict[str, object]]:
    """Open posts, narrowed by hospital, specialty (TRE_R38) and state (vacants, pourvus,
    tension)."""
    READ.check(request.actor, request.actor.organizations())
    filters = posts.PostFilters(organization=organization, specialty=specialty, state=state)
    rows, _ = posts.list_posts(filters, on=local_day(request.now))
    return [_post(row) for row in rows]


def _post(row: posts.PostRow) -> dict[str, object]:
    one = row.position
    return {
        "slug": one.slug,
        "title": one.title,
        "organization": row.owner,
        "site": one.site.finess,
        "service": one.service.slug if one.service else None,
        "specialty": one.specialty,
        "half_days": one.half_days,
        "vacant_half_days": row.vacancy.half_days,
        "vacant_since": row.vacancy.since,
        "known_departure": row.vacancy.known_end,
        "holders": [held.practitioner.slug for held in row.holders],
        "in_tension": row.in_tension,
        "source": one.source,
        "source_on": one.source_on,
        "illustrative": one.illustrative,
    }


@router.get(
    "/praticiens/{slug}/semaine",
    response={200: WeekOut, 403: ProblemOut, 404: ProblemOut},
    summary="La semaine d'un praticien, tous sites ensemble",
)
def get_week(request: Request, slug: str, le: date | None = None) -> dict[str, object]:
    """The week on a day (today by default), for the practitioner and medical affairs."""
    READ_OWN.check(request.actor, request.actor.organizations())
    practitioner = people.get_practitioner(slug)
    page = weeks.get_week(practitioner, on=le or local_day(request.now))
    if not people.may_read_week(request.actor, practitioner.pk, page.owners):
        raise NotAllowed("workforce.not-your-week", "Cette semaine ne vous est pas ouverte.")
    held = [one for _, squares in page.rows for square in squares for one in square.cells]
    return {
        "practitioner": practitioner.slug,
        "day": page.day,
        "assigned_half_days": page.quota,
        "half_days": [
            {
                "weekday": one.weekday,
                "half": one.half,
                "weeks": one.weeks,
                "site": one.site.finess,
                "activity": one.activity,
                "agreement": one.agreement.slug if one.agreement else None,
                "starts_on": one.starts_on,
                "ends_on": one.ends_on,
            }
            for one in held
        ],
        "conflicts": [
            {"code": one.code, "message": one.message, "forbidden": one.is_refusal}
            for one in page.conflicts
        ],
        "bonus_euros": page.bonus.euros if page.bonus else None,
    }


@router.get(
    "/temps-partage",
    response={200: BalancesOut, 422: ProblemOut},
    summary="Les demi-journées que les établissements se donnent",
)
def get_balances(
    request: Request, du: date, au: date, organization: Text = ""
) -> dict[str, object]:
    """Half-days planned, held and promised between hospitals over a period of two years at
    most."""
    READ.check(request.actor, request.actor.organizations())
    page = shared.get_shared(
        actor=request.actor,
        on=local_day(request.now),
        first=du,
        last=au,
        organization=organization,
    )
    return {
        "first_day": page.first,
        "last_day": page.last,
        "balances": [
            {
                "giver": row.balance.giver,
                "receiver": row.balance.receiver,
                "planned": row.balance.planned,
                "on_public_holidays": row.balance.on_holidays,
                "held": row.balance.held,
                "promised": row.promised,
                "people": list(row.balance.people),
                "agreements": list(row.balance.agreements),
            }
            for row in page.balances
        ],
    }


@router.get("/demographie", response=DemographyOut, summary="La démographie et sa prévision")
def get_demography(
    request: Request, specialty: Text = "", organization: Text = ""
) -> dict[str, object]:
    """Full-time equivalents, densities and the ten years to come, under observed hypotheses."""
    READ_DEMOGRAPHY.check(request.actor, request.actor.organizations())
    page = demography.get_demography(
        demography.Selection(specialty=specialty, organization=organization),
        actor=request.actor,
        on=local_day(request.now),
        wanted={},
    )
    outlook = page.outlook
    return {
        "people": page.people,
        "full_time": page.full_time,
        "residents": page.residents,
        "specialties": [
            {
                "specialty": one.row.code,
                "name": one.row.name,
                "posts": one.row.posts,
                "full_time_open": one.row.full_time_open,
                "full_time_held": one.row.full_time_held,
                "density": one.density,
                "in_tension": one.row.in_tension,
            }
            for one in page.rows
        ],
        "forecast": [
            {
                "year": one.year,
                "people": list(one.people),
                "full_time": list(one.full_time),
                "retirements": one.retirements,
                "other_departures": one.other_departures,
                "entries": one.entries,
            }
            for one in outlook.years
        ]
        if outlook
        else None,
        "turnover": outlook.law.turnover if outlook else None,
        "entries": outlook.law.entries if outlook else None,
    }
