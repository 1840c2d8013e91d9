"""Files of a proof: its printed report, its tables, the network that it was computed from."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.coverage import queries
from maillage.coverage.actions import taking
from maillage.coverage.permissions import PLAN, READ
from maillage.coverage.queries import exports
from maillage.coverage.queries.reports import get_report
from maillage.coverage.queries.tables import EVIDENCE


@require_safe
@requires(READ)
def report(request: Request, pk: int) -> HttpResponse:
    """The report of a proof as PDF, for a follow-up committee. It names practitioners only to those
    who organize care."""
    proof = queries.get_proof(pk)
    content = get_report(proof, with_names=PLAN.allows(request.actor))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="preuve-{proof.pk}-couverture.pdf"'
    return response


@require_safe
@requires(READ)
def table_csv(request: Request, pk: int, table: str) -> StreamingHttpResponse:
    """One table of a proof, row after row, for spreadsheets in French."""
    rows = exports.stream_csv(queries.get_proof(pk), table, with_names=PLAN.allows(request.actor))
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="preuve-{pk}-{table}.csv"'
    return response


@require_safe
@requires(READ)
def file(request: Request, pk: int, name: str) -> HttpResponse:
    """One file of a proof as it is kept: tables in Parquet, manifest, network. The network names
    every holder: it goes to those who plan, and the trail says to whom."""
    proof = queries.get_proof(pk)
    if name == EVIDENCE:
        content, kind = taking.take_evidence(proof, by=request.actor, at=request.now)
    else:
        content, kind = exports.get_proof_file(proof, name, with_names=PLAN.allows(request.actor))
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="preuve-{pk}-{name}"'
    return response
