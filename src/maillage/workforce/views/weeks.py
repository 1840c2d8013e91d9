"""Weeks: one practitioner's, cell by cell; what the employer knows; time shared."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.vocabulary.calendar import WEEKDAYS, local_day, parse_day
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound
from maillage.workforce.actions import weeks as actions
from maillage.workforce.enums import Half
from maillage.workforce.forms import FreeForm, HalfDayForm, SharedFilterForm
from maillage.workforce.permissions import READ, READ_OWN, WRITE
from maillage.workforce.queries import choices, people, shared
from maillage.workforce.queries import weeks as queries
from maillage.workforce.queries.posts import list_assignments
from maillage.workforce.rules.staffing import age_in
from maillage.workforce.views.answers import answer

HALVES = {word: Half(half) for half, word in queries.ADDRESSES.items()}


@require_safe
@requires(READ_OWN)
def my_week(request: Request) -> HttpResponse:
    """The week of whoever asks."""
    own = people.find_own(request.actor)
    if own is None:
        return render(request, "workforce/no_week.html", {})
    return redirect("workforce:week", own.slug)


def _day(request: Request) -> date:
    text = request.GET.get("le", "")
    try:
        found = parse_day(text[:20]) if text else local_day(request.now)
    except Invalid:
        return local_day(request.now)
    return found if 2000 <= found.year < 2100 else local_day(request.now)


@require_safe
@requires(READ_OWN)
def week(request: Request, slug: str) -> HttpResponse:
    """The shared week of a practitioner on a day."""
    practitioner = people.get_practitioner(slug)
    page = queries.get_week(practitioner, on=_day(request))
    if not people.may_read_week(request.actor, practitioner.pk, page.owners):
        raise NotAllowed(
            "workforce.not-your-week",
            "Cette semaine se lit par le praticien et par les affaires médicales de ses "
            "établissements.",
        )
    context = {
        "page": page,
        "may_write": WRITE.allows(request.actor, page.owners),
        "may_open_record": people.may_read_record(
            request.actor, practitioner.pk, page.record.employer.slug if page.record else ""
        ),
        "today": local_day(request.now),
    }
    return render(request, "workforce/week.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(WRITE)
def half_day(request: Request, slug: str, weekday: int, half: str) -> HttpResponse:
    """Write one square of a week."""
    if half not in HALVES or weekday not in queries.SHOWN_DAYS:
        raise NotFound("workforce.unknown-half-day", "Cette demi-journée n'existe pas.")
    practitioner = people.get_practitioner(slug)
    page = queries.get_week(practitioner, on=local_day(request.now))
    WRITE.check(request.actor, page.owners or request.actor.organizations())
    employer = page.record.employer.slug if page.record else ""
    today = local_day(request.now)
    monday = today + timedelta(days=(-today.weekday()) % 7 or 7)
    here = [
        one
        for _, squares in page.rows
        for square in squares
        for one in square.cells
        if square.weekday == weekday and square.half == HALVES[half]
    ]
    first = here[0] if here else None
    form = HalfDayForm(
        request.POST or None,
        sites=choices.list_sites(),
        agreements=choices.list_carrying(employer),
        initial={
            "site": first.site.finess
            if first
            else (page.record.main_site.finess if page.record else ""),
            "activite": first.activity if first else "",
            "semaines": first.weeks if first else "EVERY",
            "convention": first.agreement.slug if first and first.agreement else "",
            "du": monday,
        },
    )
    return answer(
        request,
        form,
        lambda: actions.set_half_day(
            practitioner=practitioner,
            cell=form.cell(weekday, HALVES[half]),
            by=request.actor,
            at=request.now,
        ),
        title=f"{WEEKDAYS[weekday - 1].capitalize()} {HALVES[half].label.lower()}",
        button="Enregistrer",
        done="La semaine est modifiée.",
        back=reverse("workforce:week", args=[slug]),
        crumbs=[(f"Semaine de {practitioner}", reverse("workforce:week", args=[slug]))],
        lead="Ce qui s'y faisait finit le jour où la nouvelle demi-journée commence.",
        free_at=reverse("workforce:free-half-day", args=[slug, weekday, half]) if here else "",
    )


@require_POST
@requires(WRITE)
def free_half_day(request: Request, slug: str, weekday: int, half: str) -> HttpResponse:
    """Free one square of a week from a day on."""
    if half not in HALVES or weekday not in queries.SHOWN_DAYS:
        raise NotFound("workforce.unknown-half-day", "Cette demi-journée n'existe pas.")
    practitioner = people.get_practitioner(slug)
    form = FreeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Indiquez le jour à partir duquel la demi-journée est libre.")
        return redirect("workforce:week", slug)
    ended = actions.free_half_day(
        practitioner=practitioner,
        weekday=weekday,
        half=HALVES[half],
        on=form.cleaned_data["libre_du"],
        by=request.actor,
        at=request.now,
    )
    words = "La demi-journée est libre." if ended else "Il n'y avait rien à libérer."
    messages.success(request, words)
    return redirect("workforce:week", slug)


@require_safe
@requires(READ_OWN)
def record(request: Request, slug: str) -> HttpResponse:
    """What the employer knows of a practitioner: each reading leaves a line."""
    practitioner = people.get_practitioner(slug)
    found = actions.read_record(practitioner=practitioner, by=request.actor, at=request.now)
    context = {
        "practitioner": practitioner,
        "record": found,
        "age": age_in(found.birth_year, local_day(request.now).year) if found else None,
        "assignments": list_assignments(practitioner.pk),
        "today": local_day(request.now),
    }
    return render(request, "workforce/record.html", context)


@require_safe
@requires(READ)
def shared_time(request: Request) -> HttpResponse:
    """Who shares time between hospitals, and what hospitals gave each other over a period."""
    today = local_day(request.now)
    form = SharedFilterForm.of(request.GET, today=today)
    first, last = form.period(today)
    problem = ""
    try:
        page = shared.get_shared(
            actor=request.actor,
            on=today,
            first=first,
            last=last,
            organization=form.wanted("etablissement"),
        )
    except Invalid as error:
        problem = error.message
        page = shared.get_shared(
            actor=request.actor,
            on=today,
            first=date(today.year, 1, 1),
            last=date(today.year + 1, 1, 1),
            organization=form.wanted("etablissement"),
        )
    form.offer(page.organizations)
    context = {"form": form, "page": page, "problem": problem, "today": today}
    return render(request, "workforce/shared.html", context)
