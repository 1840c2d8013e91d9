"""Who is on duty now, and what was done of the duties that are over."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.directory.queries import practitioner_of
from maillage.oncall.actions import records as acts
from maillage.oncall.forms.people import read_month
from maillage.oncall.forms.records import NowForm, RecordForm
from maillage.oncall.permissions import READ, READ_PEOPLE, RECORD_DUTY
from maillage.oncall.queries import get_slot, list_candidates
from maillage.oncall.queries.now import list_hospitals_of_lines, list_on_duty, near_first
from maillage.oncall.queries.printed import get_printed_month, print_month
from maillage.oncall.queries.records import get_month_done
from maillage.oncall.queries.requests import find_line, line_owners
from maillage.oncall.rules.counting import next_month
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, Refusal

UNPROCESSABLE = 422


@require_safe
@requires(READ)
def on_duty(request: Request) -> HttpResponse:
    """Who is on duty, now or at another instant, and how to reach them."""
    form = NowForm(request.GET, organizations=list_hospitals_of_lines())
    at = form.instant(request.now)
    rows = list_on_duty(
        at, care_type=form.wanted("type"), organization=form.wanted("etablissement")
    )
    context = {
        "form": form,
        "groups": near_first(rows, request.actor),
        "found": bool(rows),
        "at": at,
        "is_now": at == request.now,
        "narrowed": bool(request.GET),
        "holes": sum(row.holder is None for row in rows),
    }
    return render(request, "oncall/on_duty.html", context)


@require_safe
@requires(READ)
def line_month(request: Request, slug: str) -> HttpResponse:
    """A month of a line, to print."""
    month = read_month(request.GET, today=local_day(request.now))
    context = {
        "page": get_printed_month(slug, month=month, at=request.now),
        "month_before": (month - timedelta(days=1)).replace(day=1),
        "month_after": next_month(month),
    }
    return render(request, "oncall/line_month.html", context)


@require_safe
@requires(READ)
def line_month_pdf(request: Request, slug: str) -> HttpResponse:
    """The same as PDF."""
    month = read_month(request.GET, today=local_day(request.now))
    page = get_printed_month(slug, month=month, at=request.now)
    response = HttpResponse(print_month(page, at=request.now), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{slug}-{month:%Y-%m}.pdf"'
    return response


@require_safe
@requires(READ_PEOPLE)
def done(request: Request, slug: str) -> HttpResponse:
    """A month of a line: planned and done, and the sums of each."""
    line = find_line(slug)
    month = read_month(request.GET, today=local_day(request.now))
    page = get_month_done(line, month=month, at=request.now)
    me = practitioner_of(request.actor.username)
    context = {
        "page": page,
        "me": me,
        "may_record": RECORD_DUTY.allows(request.actor, line_owners(line)),
        "month_before": (month - timedelta(days=1)).replace(day=1),
        "month_after": next_month(month),
    }
    return render(request, "oncall/done.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(READ)
def record_duty(request: Request, pk: int) -> HttpResponse:
    """Record what was done of a duty."""
    slot = get_slot(pk)
    assignment = getattr(slot, "assignment", None)
    planned = assignment.practitioner if assignment else None
    keeps = RECORD_DUTY.allows(request.actor, line_owners(slot.line))
    if not keeps:
        acts.check_records(slot, planned, request.actor)
    people = [planned] if planned is not None else []
    if keeps:
        people += [one for one in list_candidates(slot) if one != planned]
    form = RecordForm(request.POST or None, people=people, kind=slot.line.kind)
    if form.is_valid():
        try:
            acts.record_duty(slot=slot, by=request.actor, at=request.now, **form.values())
        except (Invalid, Refusal) as error:
            form.say(error)
        else:
            messages.success(request, "La garde est enregistrée.")
            month = f"{local_day(slot.starts_at):%Y-%m}"
            return redirect(f"{reverse('oncall:done', args=[slot.line.slug])}?mois={month}")
    status = UNPROCESSABLE if form.errors else 200
    context = {"form": form, "slot": slot, "planned": planned}
    return render(request, "oncall/record.html", context, status=status)
