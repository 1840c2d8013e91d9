"""Pages of the exchange room."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.exchange import actions, queries
from maillage.exchange.forms import ImportForm
from maillage.exchange.permissions import READ
from maillage.exchange.rules import FileForm, read_bounded
from maillage.vocabulary.errors import Invalid, Refusal

RUNS_PER_PAGE = 20


@require_safe
@requires(READ)
def tables(request: Request) -> HttpResponse:
    """Every list that this person may read, with its size and its last import."""
    readable = queries.list_readable_tables(request.actor)
    counts, runs = queries.count_rows(readable), queries.list_last_imports()
    rows = [
        {
            "table": table,
            "count": counts.get(table.key),
            "run": runs.get(table.key),
            "may_write": table.writes.allows(request.actor),
        }
        for table in readable
    ]
    return render(request, "exchange/tables.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(READ)
def table(request: Request, key: str) -> HttpResponse:
    """One list: its columns, the import of a file, the history of imports."""
    found = queries.get_readable_table(key, request.actor)
    form = ImportForm()
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                run = actions.plan_import(
                    table=found,
                    content=read_bounded(upload),
                    filename=upload.name,
                    by=request.actor,
                    at=request.now,
                )
                return redirect("exchange:run", run.pk)
            except Invalid as error:
                form.add_error("file", error.message)
    may_write = found.writes.allows(request.actor)
    context = {
        "table": found,
        "count": queries.count_rows([found]).get(found.key),
        "columns": [(column, column.name in found.key_columns) for column in found.columns],
        "form": form,
        "may_write": may_write,
        "page": Paginator(queries.list_runs(found), RUNS_PER_PAGE).get_page(
            request.GET.get("page")
        ),
    }
    return render(request, "exchange/table.html", context, status=422 if form.errors else 200)


@require_safe
@requires(READ)
def export(request: Request, key: str, form: FileForm) -> HttpResponse:
    """The list as a file that spreadsheets open and that the import takes back."""
    found = queries.get_readable_table(key, request.actor)
    response = HttpResponse(
        queries.get_export(found, form=form, with_mark=True), content_type=form.content_type
    )
    response["Content-Disposition"] = f'attachment; filename="{found.key}.{form}"'
    return response


@require_safe
@requires(READ)
def run(request: Request, pk: int) -> HttpResponse:
    """The report of one import: what changes, what is wrong, and the confirmation."""
    found = queries.get_run(pk, request.actor)
    context = {
        "run": found,
        "report": found.report,
        "table": queries.get_readable_table(found.table_key, request.actor),
    }
    return render(request, "exchange/run.html", context)


@require_POST
@requires(READ)
def apply(request: Request, pk: int) -> HttpResponse:
    """Carry out what the report announced."""
    found = queries.get_run(pk, request.actor)
    try:
        actions.apply_import(run=found, by=request.actor, at=request.now)
    except (Refusal, Invalid) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "L'import est fait.")
    return redirect("exchange:run", pk)


@require_POST
@requires(READ)
def abandon(request: Request, pk: int) -> HttpResponse:
    """Give the import up."""
    found = queries.get_run(pk, request.actor)
    actions.abandon_import(run=found, by=request.actor, at=request.now)
    messages.success(request, "L'import est abandonné ; rien n'a été modifié.")
    return redirect("exchange:table", found.table_key)
