"""Duty lines by JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from ninja import Query, Router, Schema

from maillage.accounts.http import Request
from maillage.oncall import queries
from maillage.oncall.permissions import READ
from maillage.oncall.queries.now import list_on_duty
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid

router = Router(tags=["Gardes et astreintes"])

Text = Annotated[str, Query(max_length=80)]


class SlotOut(Schema):
    """One slot: from ``starts_at`` (in) to ``ends_at`` (out). ``holder`` is null for a hole."""

    id: int
    service: str
    site: str
    starts_at: datetime
    ends_at: datetime
    holder: str | None
    holder_name: str | None
    response_minutes: int


class LineOut(Schema):
    """A line now. ``next_hole`` is the first slot without holder in the coming month."""

    slug: str
    name: str
    kind: str
    care_type: str
    organization: str
    services: list[str]
    response_minutes: int
    pdses_class: str
    phone: str
    current: list[SlotOut]
    next_hole: datetime | None
    source: str
    source_on: date | None
    illustrative: bool


class RosterOut(Schema):
    """The slots of a line that start on the days ``first_day <= day < last_day``."""

    line: LineOut
    first_day: date
    last_day: date
    holes: int
    slots: list[SlotOut]


class ProblemOut(Schema):
    """Why there is no answer (RFC 9457)."""

    type: str
    title: str
    status: int


def _allow(request: Request) -> None:
    READ.check(request.actor, request.actor.organizations())


def _slot(row: queries.SlotRow) -> dict[str, object]:
    return {
        "id": row.pk,
        "service": row.service.slug,
        "site": row.service.site.finess,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "holder": row.holder.slug if row.holder else None,
        "holder_name": str(row.holder) if row.holder else None,
        "response_minutes": row.response_minutes,
    }


def _line(now: queries.LineNow) -> dict[str, object]:
    one = now.line
    return {
        "slug": one.slug,
        "name": one.name,
        "kind": one.kind,
        "care_type": one.care_type,
        "organization": one.organization.slug,
        "services": [service.slug for service in now.services],
        "response_minutes": one.response_minutes,
        "pdses_class": one.pdses_class,
        "phone": one.phone,
        "current": [_slot(row) for row in now.current],
        "next_hole": now.next_hole,
        "source": one.source,
        "source_on": one.source_on,
        "illustrative": one.illustrative,
    }


@router.get("/lignes", response=list[LineOut], summary="Les lignes, et qui les tient maintenant")
def list_lines(
    request: Request, care_type: Text = "", organization: Text = ""
) -> list[dict[str, object]]:
    """Every line, narrowed by care type and by establishment."""
    _allow(request)
    found = queries.list_lines_now(request.now, care_type=care_type, organization=organization)
    return [_line(one) for one in found]


class OnDutyOut(Schema):
    """One slot under way. ``holder`` is null for a hole; ``phone`` is that of the line, else of the
    service that receives."""

    line: str
    line_name: str
    kind: str
    care_type: str
    service: str
    service_name: str
    site: str
    site_name: str
    starts_at: datetime
    ends_at: datetime
    holder: str | None
    holder_name: str | None
    response_minutes: int
    phone: str


@router.get("/maintenant", response=list[OnDutyOut], summary="Qui est de garde, à un instant")
def list_now(
    request: Request, care_type: Text = "", organization: Text = "", le: datetime | None = None
) -> list[dict[str, object]]:
    """The slots under way now, or at the instant ``le``: one query."""
    _allow(request)
    at = le or request.now
    if at.tzinfo is None:
        raise Invalid("api.instant", "Le décalage horaire de cet instant manque (+01:00).")
    found = list_on_duty(at, care_type=care_type, organization=organization)
    return [
        {
            "line": one.line.slug,
            "line_name": one.line.name,
            "kind": one.line.kind,
            "care_type": one.line.care_type,
            "service": one.service.slug,
            "service_name": one.service.name,
            "site": one.service.site.finess,
            "site_name": one.service.site.name,
            "starts_at": one.slot.starts_at,
            "ends_at": one.slot.ends_at,
            "holder": one.holder.slug if one.holder else None,
            "holder_name": str(one.holder) if one.holder else None,
            "response_minutes": one.response_minutes,
            "phone": one.phone,
        }
        for one in found
    ]


@router.get(
    "/lignes/{slug}",
    response={200: RosterOut, 404: ProblemOut},
    summary="Le tableau d'une ligne, quatorze jours",
)
def get_line(request: Request, slug: str, du: date | None = None) -> dict[str, object]:
    """A line and its slots from a day (today by default)."""
    _allow(request)
    roster = queries.get_roster(slug, at=request.now, first_day=du or local_day(request.now))
    return {
        "line": _line(roster.now),
        "first_day": roster.first_day,
        "last_day": roster.last_day,
        "holes": roster.holes,
        "slots": [_slot(row) for _, _, rows in roster.days for row in rows],
    }
