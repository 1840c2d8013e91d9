"""Leave, wishes, exemptions, and who takes part in a line."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.directory.queries import practitioner_of, workplaces
from maillage.oncall.actions import away as acts
from maillage.oncall.actions import members as member_acts
from maillage.oncall.enums import AnswerState
from maillage.oncall.forms.away import AwayAnswerForm, AwayForm, EndForm, ExemptionForm, MemberForm
from maillage.oncall.permissions import (
    ANSWER_LEAVE,
    EXEMPT,
    KEEP_MEMBERS,
    READ,
    READ_PEOPLE,
)
from maillage.oncall.queries.away import (
    get_away,
    get_exemption,
    get_member,
    lines_of,
    list_away,
    list_exemptions,
    list_members,
    staff_of,
    to_answer,
)
from maillage.oncall.queries.requests import find_line, line_owners
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal

UNPROCESSABLE = 422


@require_safe
@requires(READ)
def away(request: Request) -> HttpResponse:
    """One's own requests, and those of the people for whom one answers."""
    state = request.GET.get("etat", "")
    context = {
        "rows": list_away(request.actor, at=request.now, state=state),
        "state": state,
        "states": AnswerState.choices,
        "answers": ANSWER_LEAVE.allows(request.actor, request.actor.organizations()),
        "exempts": EXEMPT.allows(request.actor, request.actor.organizations()),
        "is_practitioner": practitioner_of(request.actor.username) is not None,
    }
    return render(request, "oncall/away.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(READ)
def ask_away(request: Request) -> HttpResponse:
    """Ask to be away, to be spared, or for duties; for others, when one answers for them."""
    me = practitioner_of(request.actor.username)
    today = local_day(request.now)
    people = [me] if me is not None else []
    if ANSWER_LEAVE.places(request.actor):
        people += [p for p in staff_of(request.actor, ANSWER_LEAVE, today) if p != me]
    if not people:
        raise NotAllowed("oncall.away-own", "Votre compte n'est pas celui d'un praticien.")
    lines = lines_of(me, today) if me is not None and len(people) == 1 else []
    form = AwayForm(request.POST or None, people=people, lines=lines)
    if form.is_valid():
        try:
            asked = acts.ask_away(by=request.actor, at=request.now, **form.values())
        except (Invalid, Refusal) as error:
            form.say(error)
        else:
            waits = asked.state == AnswerState.ASKED
            messages.success(
                request, "La demande est transmise." if waits else "C'est pris en compte."
            )
            return redirect("oncall:away")
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/away_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ANSWER_LEAVE)
def answer_away(request: Request, pk: int) -> HttpResponse:
    """Grant or decline a request."""
    asked = get_away(pk)
    acts.check_speaks_for(asked.practitioner, request.actor, at=request.now)
    form = AwayAnswerForm(request.POST or None)
    if form.is_valid():
        try:
            acts.answer_away(
                asked=asked,
                grant=form.cleaned_data["issue"] == "oui",
                answer=form.cleaned_data["reponse"],
                by=request.actor,
                at=request.now,
            )
        except (Invalid, Refusal) as error:
            form.say(error)
        else:
            messages.success(request, "La réponse est enregistrée.")
            return redirect("oncall:away")
    status = UNPROCESSABLE if form.errors else 200
    knows = EXEMPT.allows(request.actor, workplaces(asked.practitioner, local_day(request.now)))
    context = {"form": form, "asked": asked, "row": to_answer(asked, may_know=knows)}
    return render(request, "oncall/away_answer.html", context, status=status)


@require_POST
@requires(READ)
def withdraw_away(request: Request, pk: int) -> HttpResponse:
    """Take a request back."""
    acts.withdraw_away(asked=get_away(pk), by=request.actor, at=request.now)
    messages.success(request, "La demande est retirée.")
    return redirect("oncall:away")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EXEMPT)
def exemptions(request: Request) -> HttpResponse:
    """Exemptions of the people of one's establishments, and a new one."""
    people = staff_of(request.actor, EXEMPT, local_day(request.now))
    form = ExemptionForm(request.POST or None, people=people)
    if form.is_valid():
        try:
            made = acts.exempt(by=request.actor, at=request.now, **form.values())
        except (Invalid, Refusal) as error:
            form.say(error)
        else:
            messages.success(request, f"L'exemption de {made.practitioner} est inscrite.")
            return redirect("oncall:exemptions")
    context = {"form": form, "rows": list_exemptions(request.actor, at=request.now)}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/exemptions.html", context, status=status)


def _ends_soon(starts_on: date, request: Request) -> dict[str, date]:
    """The end that a form proposes: today is the last day, or the first one when it is to come."""
    return {"le": max(local_day(request.now), starts_on) + timedelta(days=1)}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EXEMPT)
def end_exemption(request: Request, pk: int) -> HttpResponse:
    """End an exemption."""
    one = get_exemption(pk)
    acts.check_exempts(one.practitioner, request.actor, at=request.now)
    form = EndForm(request.POST or None, initial=_ends_soon(one.starts_on, request))
    if form.is_valid():
        try:
            acts.end_exemption(
                exemption=one, ends_on=form.cleaned_data["le"], by=request.actor, at=request.now
            )
        except (Invalid, Refusal) as error:
            form.say(error)
        else:
            messages.success(request, "La fin de l'exemption est inscrite.")
            return redirect("oncall:exemptions")
    context = {"form": form, "title": "Fin d'une exemption", "of": one.practitioner}
    context |= {"back": "oncall:exemptions"}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/ending.html", context, status=status)


@require_POST
@requires(EXEMPT)
def withdraw_exemption(request: Request, pk: int) -> HttpResponse:
    """Take away an exemption that was entered by mistake."""
    one = get_exemption(pk)
    acts.withdraw_exemption(exemption=one, by=request.actor, at=request.now)
    messages.success(request, f"L'exemption de {one.practitioner} est retirée.")
    return redirect("oncall:exemptions")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(READ_PEOPLE)
def members(request: Request, slug: str) -> HttpResponse:
    """Who takes part in a line; those who keep it enter somebody."""
    line = find_line(slug)
    today = local_day(request.now)
    may_keep = KEEP_MEMBERS.allows(request.actor, line_owners(line))
    form = None
    if may_keep:
        people = staff_of(request.actor, KEEP_MEMBERS, today)
        form = MemberForm(request.POST or None, people=people, initial={"du": today})
        if form.is_valid():
            try:
                made = member_acts.add_member(
                    line=line, by=request.actor, at=request.now, **form.values()
                )
            except (Invalid, Refusal) as error:
                form.say(error)
            else:
                messages.success(request, f"{made.practitioner} participe à la ligne.")
                return redirect("oncall:members", slug)
    elif request.method == "POST":
        KEEP_MEMBERS.check(request.actor, line_owners(line))
    context = {"line": line, "form": form, "rows": list_members(line, today), "today": today}
    status = UNPROCESSABLE if form is not None and form.errors else 200
    return render(request, "oncall/members.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(KEEP_MEMBERS)
def end_member(request: Request, pk: int) -> HttpResponse:
    """Take somebody out of a line."""
    one = get_member(pk)
    KEEP_MEMBERS.check(request.actor, line_owners(one.line))
    form = EndForm(request.POST or None, initial=_ends_soon(one.starts_on, request))
    if form.is_valid():
        try:
            member_acts.end_member(
                member=one, ends_on=form.cleaned_data["le"], by=request.actor, at=request.now
            )
        except (Invalid, Refusal) as error:
            form.say(error)
        else:
            messages.success(request, "La fin de la participation est inscrite.")
            return redirect("oncall:members", one.line.slug)
    context = {"form": form, "title": "Fin d'une participation", "of": one, "line": one.line}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/ending.html", context, status=status)
