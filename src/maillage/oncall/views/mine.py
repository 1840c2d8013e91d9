"""One's own duties, and the calendar of one's telephone."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.directory.queries import practitioner_of
from maillage.oncall.actions import calendars
from maillage.oncall.actions import news as acts
from maillage.oncall.forms.people import read_month
from maillage.oncall.permissions import LINE_CALENDAR, OWN_DUTIES, READ
from maillage.oncall.queries.calendars import get_link, live_links
from maillage.oncall.queries.mine import get_my_duties
from maillage.oncall.queries.news import list_news
from maillage.oncall.queries.opinions import list_roster_news
from maillage.oncall.queries.requests import find_line
from maillage.vocabulary.calendar import local_day, parse_instant
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal


@require_safe
@requires(OWN_DUTIES)
def mine(request: Request) -> HttpResponse:
    """My next duty, my month, my counters, my calendar."""
    me = practitioner_of(request.actor.username)
    if me is None:
        return render(request, "oncall/mine_unknown.html")
    month = read_month(request.GET, today=local_day(request.now))
    page = get_my_duties(me, at=request.now, month=month)
    asked = [one for one in list_roster_news(request.actor, at=request.now) if one.waits]
    news = [*asked, *list_news(request.actor, at=request.now)]
    context = {"page": page, "news": news, "unread": any(not one.waits for one in news)}
    return render(request, "oncall/mine.html", context)


@require_POST
@requires(OWN_DUTIES)
def read_news(request: Request) -> HttpResponse:
    """Take note of what was new, as the page showed it."""
    try:
        until = parse_instant(request.POST.get("vu", ""))
    except Invalid:
        until = request.now
    acts.read_news(until=until, by=request.actor, at=request.now)
    return redirect("oncall:mine")


@require_POST
@requires(OWN_DUTIES)
def make_calendar(request: Request) -> HttpResponse:
    """Make the secret address of one's own duties; shown this one time."""
    me = practitioner_of(request.actor.username)
    if me is None:
        raise NotAllowed("oncall.own-calendar", "Votre compte n'est pas celui d'un praticien.")
    try:
        _, secret = calendars.make_own_link(practitioner=me, by=request.actor, at=request.now)
    except Refusal as error:
        messages.error(request, error.message)
        return redirect("oncall:mine")
    return _show(request, secret, title="Mes gardes", back=reverse("oncall:mine"))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(LINE_CALENDAR)
def line_calendar(request: Request, slug: str) -> HttpResponse:
    """The addresses of a line's calendar; a new one is shown this one time."""
    line = find_line(slug)
    if request.method == "POST":
        try:
            _, secret = calendars.make_line_link(line=line, by=request.actor, at=request.now)
        except Refusal as error:
            messages.error(request, error.message)
        else:
            back = reverse("oncall:line-calendar", args=[slug])
            return _show(request, secret, title=line.name, back=back)
    links = [(link, calendars.may_revoke(link, request.actor)) for link in live_links(line=line)]
    return render(request, "oncall/line_calendar.html", {"line": line, "links": links})


def _show(request: Request, secret: str, *, title: str, back: str) -> HttpResponse:
    address = settings.PUBLIC_ADDRESS + reverse("oncall:calendar", args=[secret])
    context = {
        "address": address,
        "subscribe": "webcal:" + address.partition(":")[2],
        "title": title,
        "back": back,
    }
    response = render(request, "oncall/calendar_made.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_POST
@requires(READ)
def revoke_calendar(request: Request, pk: int) -> HttpResponse:
    """Stop an address."""
    link = get_link(pk)
    calendars.revoke_link(link=link, by=request.actor, at=request.now)
    messages.success(request, "Cette adresse ne répond plus. Retirez l'agenda du téléphone.")
    if link.line is not None:
        return redirect("oncall:line-calendar", link.line.slug)
    return redirect("oncall:mine")


@require_safe
@login_not_required
def calendar(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The calendar behind a secret address: read by telephones, which do not log in."""
    try:
        reading = calendars.read_calendar(
            secret=secret,
            machine=str(request.META.get("REMOTE_ADDR", "")),
            address=settings.PUBLIC_ADDRESS,
            at=timezone.now(),
        )
    except NotFound as error:
        return _plain(error.message, status=404)
    if reading.is_too_often:
        response = _plain("Cet agenda est lu trop souvent : revenez dans une heure.", status=429)
        response["Retry-After"] = "3600"
        return response
    response = HttpResponse(reading.content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="gardes.ics"'
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    if reading.changed_at is not None:
        response["Last-Modified"] = http_date(reading.changed_at.timestamp())
    # Only the tag answers 304: a date in seconds would hide a second change, or a new number.
    response["ETag"] = f'"{hashlib.sha256(reading.content).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
