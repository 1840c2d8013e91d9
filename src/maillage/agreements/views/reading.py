"""Reading agreements: the list, its file, the timeline, a page, a document."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.agreements.forms.life import FilterForm
from maillage.agreements.permissions import CREATE, READ, READ_DOCUMENTS
from maillage.agreements.queries import files, lists, pages, records
from maillage.vocabulary.calendar import local_day


@require_safe
@requires(READ)
def list_page(request: Request) -> HttpResponse:
    """The agreements of the territory, filtered by the address."""
    form = FilterForm(request.GET)
    filters = form.filters(sort=request.GET.get("tri", ""))
    today = local_day(request.now)
    context = {
        "form": form,
        "rows": lists.list_agreements(filters, page=request.GET.get("page", "1"), today=today),
        "may_create": CREATE.allows(request.actor, request.actor.organizations()),
    }
    return render(request, "agreements/list.html", context)


@require_safe
@requires(READ)
def list_csv(request: Request) -> HttpResponse:
    """The same rows as a file that can be loaded again."""
    filters = FilterForm(request.GET).filters(sort=request.GET.get("tri", ""))
    content = files.export_agreements(filters, today=local_day(request.now))
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="conventions.csv"'},
    )


@require_safe
@requires(READ)
def timeline(request: Request) -> HttpResponse:
    """The agreements since 2000 on one axis, and the table behind it."""
    context = {"timeline": lists.get_timeline(today=local_day(request.now))}
    return render(request, "agreements/timeline.html", context)


@require_safe
@requires(READ)
def detail(request: Request, slug: str) -> HttpResponse:
    """One agreement, whole."""
    today = local_day(request.now)
    page = pages.get_page(slug, actor=request.actor, today=today)
    return render(request, "agreements/detail.html", {"page": page, "today": today})


@require_safe
@requires(READ_DOCUMENTS)
def document(request: Request, slug: str, document_id: int) -> FileResponse:
    """A document, for the organizations that the agreement binds. Always a download, never shown
    inside our pages."""
    agreement = records.get_agreement(slug)
    bound = records.reader_organizations(agreement, on=local_day(request.now))
    READ_DOCUMENTS.check(request.actor, bound)
    found = files.open_document(agreement, document_id)
    return FileResponse(
        found.content,
        as_attachment=True,
        filename=found.name,
        content_type=found.content_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
