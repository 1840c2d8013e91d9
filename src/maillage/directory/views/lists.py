"""Lists of the directory, and its map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.directory import queries
from maillage.directory.forms import (
    DayForm,
    OrganizationFilterForm,
    PractitionerFilterForm,
    ServiceFilterForm,
)
from maillage.directory.imports import ORGANIZATIONS, PRACTITIONERS, SERVICES
from maillage.directory.imports.care import write_services
from maillage.directory.imports.people import write_practitioners
from maillage.directory.imports.places import write_organizations
from maillage.directory.models import HealthcareService, Organization, Practitioner
from maillage.directory.permissions import IMPORT, READ
from maillage.exchange.rules import write_rows
from maillage.exchange.tables import Table
from maillage.vocabulary.calendar import local_day

PAGE_ROWS = 50


def _csv(table: Table, rows: Iterable[Mapping[str, Any]]) -> HttpResponse:
    content = write_rows(table.columns, rows, with_mark=True)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table.key}.csv"'
    return response


def _organizations(
    request: Request,
) -> tuple[OrganizationFilterForm, QuerySet[Organization]]:
    form = OrganizationFilterForm(request.GET)
    return form, queries.list_organizations(
        on=local_day(request.now),
        text=form.wanted("q"),
        kind=form.wanted("nature"),
        sort=request.GET.get("tri", ""),
    )


@require_safe
@requires(READ)
def organizations(request: Request) -> HttpResponse:
    """The list of establishments."""
    form, found = _organizations(request)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "may_import": IMPORT.allows(request.actor)}
    return render(request, "directory/organizations.html", context)


@require_safe
@requires(READ)
def organization_suggestions(request: Request) -> HttpResponse:
    """Options of a type-ahead, as a fragment."""
    found = queries.suggest_organizations(request.GET.get("q", "")[:80])
    return render(request, "directory/suggestions.html", {"organizations": found})


@require_safe
@requires(READ)
def organizations_csv(request: Request) -> HttpResponse:
    """The same establishments as a file, in the form of their import."""
    return _csv(ORGANIZATIONS, write_organizations(_organizations(request)[1]))


def _services(request: Request) -> tuple[ServiceFilterForm, QuerySet[HealthcareService]]:
    form = ServiceFilterForm(request.GET)
    return form, queries.list_services(form.filters(), sort=request.GET.get("tri", ""))


@require_safe
@requires(READ)
def services(request: Request) -> HttpResponse:
    """The list of services, at an instant (now by default)."""
    form, found = _services(request)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    at = form.filters().open_at or request.now
    context = {"form": form, "page": page, "rows": queries.service_rows(page, at), "at": at}
    return render(request, "directory/services.html", context)


@require_safe
@requires(READ)
def services_csv(request: Request) -> HttpResponse:
    """The same services as a file, in the form of their import."""
    return _csv(SERVICES, write_services(_services(request)[1]))


def _practitioners(
    request: Request,
) -> tuple[PractitionerFilterForm, QuerySet[Practitioner]]:
    form = PractitionerFilterForm(request.GET)
    return form, queries.list_practitioners(
        on=local_day(request.now),
        text=form.wanted("q"),
        specialty=form.wanted("specialite"),
        place=form.wanted("lieu"),
        sort=request.GET.get("tri", ""),
    )


@require_safe
@requires(READ)
def practitioners(request: Request) -> HttpResponse:
    """The list of practitioners, with where they work today."""
    form, found = _practitioners(request)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "rows": queries.practitioner_rows(page)}
    return render(request, "directory/practitioners.html", context)


@require_safe
@requires(READ)
def practitioners_csv(request: Request) -> HttpResponse:
    """The same practitioners as a file, in the form of their import."""
    return _csv(PRACTITIONERS, write_practitioners(_practitioners(request)[1]))


@require_safe
@requires(READ)
def groups(request: Request) -> HttpResponse:
    """The groups of organizations on a day."""
    form = DayForm.of(request.GET, today=local_day(request.now))
    day = form.day()
    context = {"form": form, "day": day, "rows": queries.list_groups(day)}
    return render(request, "directory/groups.html", context)


@require_safe
@requires(READ)
def directory_map(request: Request) -> HttpResponse:
    """Sites by hospital group on a day, on a map and as a table."""
    form = DayForm.of(request.GET, today=local_day(request.now))
    day = form.day()
    shown = queries.get_directory_map(day, group=request.GET.get("groupe", "")[:80])
    return render(request, "directory/map.html", {"form": form, "shown": shown})
