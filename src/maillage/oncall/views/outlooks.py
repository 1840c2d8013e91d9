"""Which line fails, and when."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.oncall.queries.outlooks import Futures, get_future, list_futures
from maillage.vocabulary.numbers import french
from maillage.vocabulary.spreadsheets import write_csv
from maillage.workforce.permissions import READ

HEADS = (
    "ligne", "type_soin", "etablissement", "personnes", "necessaires", "avenir", "risque_des",
    "probable_des", "presque_sur_des", "probabilite_de_manquer_dans_dix_ans",
)  # fmt: skip


def _asked(request: Request) -> Futures:
    return list_futures(
        actor=request.actor,
        at=request.now,
        specialty=request.GET.get("specialite", ""),
        organization=request.GET.get("etablissement", ""),
    )


@require_safe
@requires(READ)
def outlooks(request: Request) -> HttpResponse:
    """Every line, the first to fail first; as a fragment, those that fail of a selection."""
    context = {
        "found": _asked(request),
        "specialty": request.GET.get("specialite", ""),
        "organization": request.GET.get("etablissement", ""),
    }
    name = "failing" if request.htmx else "list"
    return render(request, f"oncall/outlooks/{name}.html", context)


@require_safe
@requires(READ)
def outlooks_csv(request: Request) -> StreamingHttpResponse:
    """The same lines as a file."""
    rows = (
        [
            row.line.slug,
            row.care,
            row.line.organization.slug,
            str(len(row.able)),
            str(row.need.people) if row.need else "",
            row.future.words,
            *(
                str(year or "")
                for year in (
                    (row.outlook.at_risk_on, row.outlook.fails_on, row.outlook.sure_on)
                    if row.outlook
                    else ("", "", "")
                )
            ),
            french(100 * row.outlook.years[-1].lacking) if row.outlook else "",
        ]
        for row in _asked(request).rows
    )
    content = write_csv(HEADS, rows, with_mark=True)
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="avenir-des-lignes.csv"'
    return response


@require_safe
@requires(READ)
def line_outlook(request: Request, slug: str) -> HttpResponse:
    """The years of one line: a fragment of its page, or a page of its own."""
    card = get_future(slug, actor=request.actor, at=request.now)
    name = "line_fragment" if request.htmx else "line"
    return render(request, f"oncall/outlooks/{name}.html", {"card": card})
