"""Agreements for programs: what they are, whom they bind, which clauses carry patients."""

from __future__ import annotations

from datetime import date

from ninja import Router, Schema

from maillage.accounts.http import Request
from maillage.agreements.permissions import READ
from maillage.agreements.queries import lists, pages
from maillage.vocabulary.calendar import local_day

router = Router(tags=["Conventions"])


class AgreementOut(Schema):
    """One agreement. ``state`` is what it is today, ``ends_on`` is excluded."""

    slug: str
    title: str
    kind: str
    state: str
    state_label: str
    parties: str
    starts_on: date | None
    ends_on: date | None
    date_precision: str


class ClauseOut(Schema):
    """A clause: who sends which care types to whom; one origin is set, ends are excluded."""

    slug: str
    article: str
    from_organization: str | None
    from_group: str | None
    to_organization: str
    care_types: list[str]
    priority: int
    starts_on: date
    ends_on: date | None
    in_force: bool


class ClockOut(Schema):
    """A statutory clock that runs."""

    key: str
    name: str
    due_on: date
    days_left: int


class AgreementDetail(AgreementOut):
    """One agreement with its clauses and clocks, and where it is known from."""

    summary: str
    clauses: list[ClauseOut]
    clocks: list[ClockOut]
    source: str
    source_on: date | None
    illustrative: bool


def _shown(row: lists.AgreementRow) -> dict[str, object]:
    one = row.agreement
    return {
        "slug": one.slug,
        "title": one.title,
        "kind": one.kind,
        "state": row.state.value,
        "state_label": row.state_words,
        "parties": row.parties,
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
        "date_precision": one.date_precision,
    }


@router.get("/", response=list[AgreementOut], summary="Les conventions")
def list_all(
    request: Request,
    kind: str = "",
    state: str = "",
    organization: str = "",
    in_force_on: date | None = None,
    text: str = "",
    page: int = 1,
) -> list[dict[str, object]]:
    """Agreements, fifty by page, the newest first."""
    READ.check(request.actor, request.actor.organizations())
    filters = lists.Filters(kind, state, organization, "", in_force_on, text)
    rows = lists.list_agreements(filters, page=str(page), today=local_day(request.now))
    return [_shown(row) for row in rows]


@router.get("/{slug}", response=AgreementDetail, summary="Une convention")
def detail(request: Request, slug: str) -> dict[str, object]:
    """One agreement with its clauses and clocks."""
    READ.check(request.actor, request.actor.organizations())
    page = pages.get_page(slug, actor=request.actor, today=local_day(request.now))
    one = page.agreement
    clauses = [
        {
            "slug": line.clause.slug,
            "article": line.clause.article,
            "from_organization": getattr(line.clause.from_organization, "slug", None),
            "from_group": getattr(line.clause.from_group, "slug", None),
            "to_organization": line.clause.to_organization.slug,
            "care_types": line.clause.care_types,
            "priority": line.clause.priority,
            "starts_on": line.clause.starts_on,
            "ends_on": line.clause.ends_on,
            "in_force": line.in_force,
        }
        for line in page.clauses
    ]
    clocks = [
        {"key": c.key, "name": c.name, "due_on": c.due_on, "days_left": c.days_left}
        for c in page.clocks
    ]
    return {
        **_shown(page.row),
        "summary": one.summary,
        "clauses": clauses,
        "clocks": clocks,
        "source": one.source,
        "source_on": one.source_on,
        "illustrative": one.illustrative,
    }
