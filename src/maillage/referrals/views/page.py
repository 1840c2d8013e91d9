"""The page of one request: read, acted upon, talked about."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from maillage.accounts.forms import add_problems
from maillage.accounts.http import Request, requires
from maillage.patients.actions import read_record
from maillage.patients.queries import get_patient
from maillage.patients.rules.identity import full_name
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.messages import post_message
from maillage.referrals.actions.reading import read_request
from maillage.referrals.enums import Act, Kind, State
from maillage.referrals.forms.acts import (
    DANGEROUS,
    FORMS,
    LAST,
    QUESTIONS,
    ActForm,
    Button,
    MessageForm,
    form_of,
    prefilled,
)
from maillage.referrals.models import Referral
from maillage.referrals.permissions import ASK, READ
from maillage.referrals.queries import page as queries
from maillage.referrals.queries.home import list_of_patient
from maillage.referrals.queries.requests import sides_of
from maillage.referrals.rules.history import words_of
from maillage.referrals.rules.transitions import check_transition
from maillage.referrals.views import live
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, Refusal

UNPROCESSABLE = 422
BOARDS = {"transferts": "referrals:transfers", "retours": "referrals:returns"}


@dataclass(frozen=True)
class Tried:
    """An act that was refused: its form with what was typed, and why."""

    act: Act
    form: ActForm
    error: MaillageError | None = None

    @property
    def text(self) -> str:
        """What was written, shown again when the act can no longer be done."""
        return str(self.form.data.get("text", "")).strip()


@require_safe
@requires(READ)
def page(request: Request, key: str) -> HttpResponse:
    """One request. Opening it is an audited reading of the patient's record; opened by a doctor of
    the hospital asked, it is seen."""
    referral = queries.find_request(key)
    sides = sides_of(referral, request.actor)
    stamp = queries.stamp_of(referral)
    if live.is_poll(request) and request.GET.get(live.SEEN) == stamp:
        return HttpResponse(status=204)
    ground = _read(request, referral)
    if not live.is_poll(request) and queries.marks_seen(referral, sides=sides, by=request.actor):
        referral = _see(request, referral)
    return _draw(request, referral, ground=ground)


@require_safe
@requires(READ)
def clock(request: Request, key: str) -> HttpResponse:
    """Who holds the ball and how long is left, asked again twice a minute: nothing of the
    patient."""
    referral = queries.find_request(key)
    sides = sides_of(referral, request.actor)
    queries.check_follows(referral, sides, by=request.actor, at=request.now)
    context = queries.get_clock(referral, sides=sides, at=request.now)
    return render(request, "referrals/_ball.html", {"ball": context, "key": key})


@require_safe
@requires(READ)
def act_form(request: Request, key: str, act: str) -> HttpResponse:
    """The form of one act, for a card of a board that asks for it; the page of the request
    without script. Nothing of the patient's identity, but the basis is checked."""
    chosen = _read_act(act.upper())
    if not live.is_part(request):
        return redirect("referrals:page", key)
    referral = queries.find_request(key)
    queries.check_follows(referral, frozenset(), by=request.actor, at=request.now)
    sides = sides_of(referral, request.actor)
    check_transition(Kind(referral.kind), State(referral.state), chosen, sides)
    button = Button(chosen, chosen.label, _form(chosen, referral, request), opened=True)
    context = {"button": button, "key": key, "back": request.GET.get("retour", "")}
    return render(request, "referrals/_act.html", context)


@require_POST
@requires(READ)
def act(request: Request, key: str) -> HttpResponse:
    """Do one act. A refusal comes back to the page with what was typed."""
    chosen = _read_act(request.POST.get("acte", ""))
    referral = queries.find_request(key)
    form = _form(chosen, referral, request, data=request.POST)
    if not form.is_valid():
        return _draw(request, referral, tried=Tried(chosen, form), status=UNPROCESSABLE)
    try:
        done = act_on(
            referral_key=key,
            act=chosen,
            version=form.cleaned_data["version"],
            by=request.actor,
            at=request.now,
            values=form.values(),
        )
    except Invalid as error:
        add_problems(form, error)
        return _draw(request, referral, tried=Tried(chosen, form), status=error.status)
    except (Refusal, NotAllowed) as error:
        referral = queries.find_request(key)
        tried = Tried(chosen, _again(form, referral), error)
        return _draw(request, referral, tried=tried, status=error.status)
    messages.success(request, f"{words_of(Kind(done.kind), chosen, referral.state)}.")
    return redirect(_way_back(request, key))


@require_POST
@requires(READ)
def message(request: Request, key: str) -> HttpResponse:
    """Write to the other side. The same post twice exists once."""
    form = MessageForm(request.POST, auto_id="message-%s")
    referral = queries.find_request(key)
    if form.is_valid() and _posted(request, form, key):
        if not live.is_part(request):
            return redirect(f"{reverse('referrals:page', args=[key])}#conversation")
        form = _message_form()
    status = UNPROCESSABLE if form.errors else 200
    if not live.is_part(request):
        return _draw(request, referral, message_form=form, status=status)
    shown = queries.get_page(
        referral,
        sides=sides_of(referral, request.actor),
        ground=_read(request, referral),
        by=request.actor,
        at=request.now,
    )
    context = {"page": shown, "message_form": form}
    return render(request, "referrals/_talk.html", context, status=status)


@require_safe
@requires(READ)
def patient(request: Request, key: str) -> HttpResponse:
    """The requests for one patient: a part of the patient's record, or a page of its own. An
    audited reading, refused without a basis."""
    found = get_patient(key)
    ground = read_record(patient=found, what="requests", by=request.actor, at=request.now)
    rows = list_of_patient(found, request.actor, ground=ground, at=request.now)
    whole = not live.is_part(request)
    name = "referrals/patient.html" if whole else "referrals/_patient_requests.html"
    context = {
        "rows": rows,
        "patient_key": found.key,
        "patient_name": full_name(found) if whole else "",
        "may_ask": bool(ASK.places(request.actor)),
    }
    return render(request, name, context)


def _posted(request: Request, form: MessageForm, key: str) -> bool:
    """True once the message is posted; a refusal is said in the form, which keeps the text."""
    try:
        post_message(
            referral_key=key,
            text=form.cleaned_data["texte"],
            token=form.cleaned_data["jeton"],
            by=request.actor,
            at=request.now,
        )
    except (Refusal, Invalid) as error:
        form.add_error(None, error.message)
        return False
    return True


def _read(request: Request, referral: Referral) -> Any:
    return read_request(referral=referral, what="referral", by=request.actor, at=request.now)


def _see(request: Request, referral: Referral) -> Referral:
    """Mark as seen; somebody else may have just done it, which is as good."""
    with contextlib.suppress(Refusal):
        act_on(
            referral_key=referral.key,
            act=Act.SEE,
            version=referral.version,
            by=request.actor,
            at=request.now,
        )
    return queries.find_request(referral.key)


def _again(form: ActForm, referral: Referral) -> ActForm:
    """The same form with what was typed, for the request as it is now: once the reader has seen
    what changed, the act may be done again."""
    form.data = {**form.data.dict(), "version": str(referral.version)}  # type: ignore[attr-defined]
    return form


def _read_act(value: str) -> Act:
    if value not in Act.values or Act(value) not in FORMS:
        raise Invalid("referrals.act", "Cet acte n'existe pas.")
    return Act(value)


def _form(act: Act, referral: Referral, request: Request, *, data: Any = None) -> ActForm:
    form_class = form_of(act, Kind(referral.kind), State(referral.state))
    fields = form_class.base_fields
    services = queries.list_possible_teams(referral) if "proposed_service" in fields else ()
    sessions = queries.list_coming_sessions(referral, at=request.now) if "session" in fields else ()
    known = {name: getattr(referral, name, None) for name in fields}
    return form_class(
        data,
        now=request.now,
        services=services,
        sessions=sessions,
        initial={**prefilled(form_class, known), "version": referral.version},
        auto_id=f"{act.value.lower()}-%s",
    )


def _message_form() -> MessageForm:
    return MessageForm(initial={"jeton": secrets.token_hex(16)}, auto_id="message-%s")


def _draw(
    request: Request,
    referral: Referral,
    *,
    ground: Any = None,
    tried: Tried | None = None,
    message_form: MessageForm | None = None,
    status: int = 200,
) -> HttpResponse:
    sides = sides_of(referral, request.actor)
    shown = queries.get_page(
        referral,
        sides=sides,
        ground=ground or _read(request, referral),
        by=request.actor,
        at=request.now,
    )
    stamp = queries.stamp_of(referral)
    possible = {one.act for one in shown.choices if not one.refused}
    context = {
        "page": shown,
        "reroutes": _reroutes(shown.choices),
        "may_redo": tried is not None and tried.act in possible,
        "ball": queries.get_clock(referral, sides=sides, at=request.now),
        "key": referral.key,
        "buttons": _buttons(request, referral, shown.choices, tried),
        "tried": tried,
        "message_form": message_form or _message_form(),
        "live": live.Live(f"{reverse('referrals:page', args=[referral.key])}?{live.SEEN}={stamp}"),
    }
    name = "referrals/_page.html" if live.is_poll(request) else "referrals/page.html"
    return render(request, name, context, status=status)


def _buttons(
    request: Request, referral: Referral, choices: list[queries.Choice], tried: Tried | None
) -> list[Button]:
    """Acts in the order of the table, those that lead away last; the first one is the main one.
    Asking another team is the link to the request that follows, which closes this one once sent:
    a button that only closed it would leave the patient without a team."""
    reroutes = _reroutes(choices)
    choices = [one for one in choices if one.act is not Act.REROUTE]
    ordered = sorted(choices, key=lambda one: LAST.index(one.act) + 1 if one.act in LAST else 0)
    main = next((one.act for one in ordered if not one.refused and one.act not in LAST), None)
    main = None if reroutes else main
    found = []
    for one in ordered:
        mine = tried is not None and tried.act is one.act
        form = tried.form if tried is not None and mine else _form(one.act, referral, request)
        kind = "danger" if one.act in DANGEROUS else "primary" if one.act is main else ""
        question = QUESTIONS.get(one.act, "")
        found.append(
            Button(
                one.act,
                one.label,
                form,
                refused=one.refused,
                kind=kind,
                question=question,
                opened=mine,
            )
        )
    return found


def _reroutes(choices: list[queries.Choice]) -> bool:
    """True when the request waits to be sent to another team."""
    return any(one.act is Act.REROUTE for one in choices)


def _way_back(request: Request, key: str) -> str:
    """Where the act was done from: a board, a session, or the page."""
    back = request.POST.get("retour", "")
    if back in BOARDS:
        return reverse(BOARDS[back])
    if back.startswith("rcp-") and back[4:].isdigit():
        return reverse("referrals:meeting", args=[int(back[4:])])
    return reverse("referrals:page", args=[key])
