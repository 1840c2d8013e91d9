"""Sessions of multidisciplinary meetings (RCP)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.forms import add_problems
from maillage.accounts.http import Request, requires
from maillage.directory.queries import find_service
from maillage.referrals.actions import meetings as actions
from maillage.referrals.enums import Act
from maillage.referrals.forms.acts import FORMS, ActForm, Button, RegisterHereForm
from maillage.referrals.forms.meetings import HoldForm, SessionForm
from maillage.referrals.permissions import ANSWER, READ
from maillage.referrals.queries import meetings as queries
from maillage.referrals.views import live
from maillage.vocabulary.errors import Invalid, Refusal

UNPROCESSABLE = 422
form_methods = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Discussed:
    """A request of a session, with the form of its conclusion or of its registration."""

    one: queries.Registered
    button: Button | None


@require_safe
@requires(READ)
def sessions(request: Request) -> HttpResponse:
    """Sessions to come, then those held."""
    rows = queries.list_sessions(request.actor, at=request.now)
    context = {
        "coming": [row for row in rows if row.held_at is None],
        "held": [row for row in reversed(rows) if row.held_at is not None],
        "may_create": bool(ANSWER.places(request.actor)),
    }
    return render(request, "referrals/sessions.html", context)


@form_methods
@requires(ANSWER)
def create(request: Request) -> HttpResponse:
    """Open a session."""
    services = queries.list_running_teams(request.actor)
    form = SessionForm(request.POST or None, services=services, now=request.now)
    if form.is_valid():
        found = form.values()
        try:
            session = actions.create_session(
                **{**found, "service": find_service(found["service"])},
                by=request.actor,
                at=request.now,
            )
            messages.success(request, "La séance est créée.")
            return redirect("referrals:meeting", session.pk)
        except (Invalid, Refusal) as error:
            add_problems(form, error)
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "referrals/session_form.html", {"form": form}, status=status)


@require_safe
@requires(READ)
def meeting(request: Request, pk: int) -> HttpResponse:
    """One session: who must sit, what is discussed."""
    session = queries.get_session(pk, request.actor)

    def drawn() -> dict[str, Any]:
        shown = queries.get_session_page(session, by=request.actor, at=request.now)
        held = session.held_at is not None
        concludes = held and not shown.missing
        return {
            "page": shown,
            "registered": [
                _discussed(request, one, Act.ANSWER if concludes and one.may_conclude else None)
                for one in shown.registered
            ],
            "waiting": [_registering(request, one, session.pk) for one in shown.waiting],
            "retour": f"rcp-{session.pk}",
            "may_hold": shown.runs and not held and session.starts_at <= request.now,
        }

    return live.answer(
        request,
        facts=queries.stamp_of(session),
        whole="referrals/session.html",
        part="referrals/_session.html",
        context=drawn,
    )


@form_methods
@requires(ANSWER)
def hold(request: Request, pk: int) -> HttpResponse:
    """Say that the session was held, and who sat."""
    session = queries.get_session(pk, request.actor)
    form = HoldForm(request.POST or None, quorum=session.quorum)
    if form.is_valid():
        try:
            held = actions.hold_session(
                session=session, attendees=form.attendees(), by=request.actor, at=request.now
            )
            messages.success(request, "La séance est notée comme tenue : rendez les conclusions.")
            return redirect("referrals:meeting", held.pk)
        except (Invalid, Refusal) as error:
            add_problems(form, error)
    context = {"form": form, "session": session}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "referrals/session_hold.html", context, status=status)


def _discussed(request: Request, one: queries.Registered, act: Act | None) -> Discussed:
    if act is None:
        return Discussed(one, None)
    form: ActForm = FORMS[act](
        now=request.now, initial={"version": one.version}, auto_id=f"{one.row.key}-%s"
    )
    return Discussed(one, Button(act, "Rendre la conclusion", form))


def _registering(request: Request, one: queries.Registered, session: int) -> Discussed:
    form = RegisterHereForm(
        now=request.now,
        initial={"version": one.version, "session": str(session)},
        auto_id=f"{one.row.key}-%s",
    )
    return Discussed(one, Button(Act.SCHEDULE, "Inscrire à cette séance", form))
