"""The demography of a selection, as a page and as a file."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.numbers import french
from maillage.vocabulary.spreadsheets import write_csv
from maillage.workforce.forms import DemographyForm
from maillage.workforce.permissions import READ_DEMOGRAPHY
from maillage.workforce.queries.demography import DemographyPage, Selection, get_demography
from maillage.workforce.queries.posts import list_hospitals_with_posts
from maillage.workforce.rules.forecast import SOURCES


def _page(request: Request) -> tuple[DemographyForm, DemographyPage]:
    form = DemographyForm(request.GET, organizations=list_hospitals_with_posts())
    selection = Selection(
        specialty=form.wanted("specialite"), organization=form.wanted("etablissement")
    )
    page = get_demography(
        selection, actor=request.actor, on=local_day(request.now), wanted=form.hypotheses()
    )
    return form, page


@require_safe
@requires(READ_DEMOGRAPHY)
def demography(request: Request) -> HttpResponse:
    """Ages, full-time equivalents, density, retention and forecast."""
    form, page = _page(request)
    context = {
        "form": form,
        "page": page,
        "sources": SOURCES,
        "today": local_day(request.now),
    }
    return render(request, "workforce/demography.html", context)


@require_safe
@requires(READ_DEMOGRAPHY)
def demography_csv(request: Request) -> StreamingHttpResponse:
    """Full-time equivalents, vacancies and densities by specialty as a file."""
    _, page = _page(request)
    heads = ["specialite", "postes", "etp_ouverts", "etp_pourvus", "etp_vacants", "part_vacante"]
    rows = (
        [
            one.row.name,
            str(one.row.posts),
            french(one.row.full_time_open, 1),
            french(one.row.full_time_held, 1),
            french(one.row.full_time_vacant, 1),
            french(one.row.vacant_share, 1),
            "" if one.density is None else french(one.density, 2),
            "oui" if one.row.in_tension else "",
        ]
        for one in page.rows
    )
    content = write_csv([*heads, "densite_100000", "en_tension"], rows, with_mark=True)
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="demographie.csv"'
    return response
