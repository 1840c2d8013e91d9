"""Vacancies, candidates and support between hospitals."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.vocabulary.calendar import french_day, local_day
from maillage.workforce.actions import recruiting as actions
from maillage.workforce.enums import CandidateState
from maillage.workforce.forms import (
    CandidateForm,
    FollowCandidateForm,
    FollowSupportForm,
    PostFilterForm,
    SupportForm,
)
from maillage.workforce.models import Candidate
from maillage.workforce.permissions import READ, RECRUIT, SUPPORT
from maillage.workforce.queries import choices
from maillage.workforce.queries import recruiting as queries
from maillage.workforce.queries.posts import get_own_position, get_position
from maillage.workforce.rules.states import CANDIDATE_CHANGES
from maillage.workforce.views.answers import answer

PAGE_ROWS = 25


@require_safe
@requires(READ)
def recruiting(request: Request) -> HttpResponse:
    """Vacant posts and support actions."""
    form = PostFilterForm(request.GET, organizations=queries.list_recruiting_hospitals())
    today = local_day(request.now)
    organization = form.wanted("etablissement")
    vacancies = queries.list_vacancies(
        actor=request.actor,
        on=today,
        organization=organization,
        specialty=form.wanted("specialite"),
    )
    context = {
        "form": form,
        "vacancies": Paginator(vacancies, PAGE_ROWS).get_page(request.GET.get("page")),
        "supports": queries.list_supports(actor=request.actor, on=today, organization=organization),
        "may_support": SUPPORT.allows(request.actor, request.actor.organizations()),
        "today": today,
    }
    return render(request, "workforce/recruiting.html", context)


@require_safe
@requires(READ)
def support(request: Request, slug: str) -> HttpResponse:
    """A support action and its follow-up."""
    row = queries.get_support(slug, actor=request.actor, on=local_day(request.now))
    return render(request, "workforce/support.html", {"row": row, "today": local_day(request.now)})


def _crumbs() -> list[tuple[str, str]]:
    return [("Recrutement et appuis", reverse("workforce:recruiting"))]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(SUPPORT)
def add_support(request: Request) -> HttpResponse:
    """Enter a support action."""
    form = SupportForm(
        request.POST or None,
        hospitals=choices.list_hospitals(),
        agreements=choices.list_agreements(),
        commitments=choices.list_commitments(),
    )
    return answer(
        request,
        form,
        lambda: actions.add_support(wanted=form.support(), by=request.actor, at=request.now),
        title="Proposer un appui",
        button="Proposer l'appui",
        done="L'appui est proposé.",
        back=reverse("workforce:recruiting"),
        crumbs=_crumbs(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(SUPPORT)
def follow_support(request: Request, slug: str) -> HttpResponse:
    """Change the state of a support action, or note its follow-up."""
    row = queries.get_support(slug, actor=request.actor, on=local_day(request.now))
    action = row.action
    SUPPORT.check(request.actor, [action.from_organization.slug, action.to_organization.slug])
    form = FollowSupportForm(
        request.POST or None,
        states=queries.support_choices(action.state),
        initial={"le": local_day(request.now), "etat": action.state},
    )
    return answer(
        request,
        form,
        lambda: actions.follow_support(
            action=action, by=request.actor, at=request.now, **form.values()
        ),
        title="Suivre cet appui",
        button="Enregistrer",
        done="Le suivi est enregistré.",
        back=reverse("workforce:support", args=[slug]),
        crumbs=[*_crumbs(), (action.title, reverse("workforce:support", args=[slug]))],
    )


@require_safe
@requires(RECRUIT)
def candidates(request: Request, slug: str) -> HttpResponse:
    """Applications for a post: each reading leaves a line."""
    position = get_position(slug)
    found = actions.read_candidates(position=position, by=request.actor, at=request.now)
    context = {
        "position": position,
        "rows": queries.candidate_rows(found),
        "today": local_day(request.now),
    }
    return render(request, "workforce/candidates.html", context)


def _post_crumbs(slug: str, title: str) -> list[tuple[str, str]]:
    return [*_crumbs(), (title, reverse("workforce:candidates", args=[slug]))]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(RECRUIT)
def add_candidate(request: Request, slug: str) -> HttpResponse:
    """Enter an application."""
    position = get_own_position(slug, RECRUIT, request.actor)
    form = CandidateForm(request.POST or None, initial={"recue": local_day(request.now)})
    return answer(
        request,
        form,
        lambda: actions.add_candidate(
            position=position, by=request.actor, at=request.now, **form.values()
        ),
        title="Noter une candidature",
        button="Enregistrer",
        done="La candidature est enregistrée.",
        back=reverse("workforce:candidates", args=[slug]),
        crumbs=_post_crumbs(slug, position.title),
        lead="Elle s'efface trois mois après la réponse, un an après sa dernière étape sinon.",
    )


def _open_candidate(request: Request, key: str) -> Candidate:
    """The application that a page is about, for who recruits there; being shown is a reading."""
    candidate = queries.get_candidate(key, on=local_day(request.now))
    RECRUIT.check(request.actor, [candidate.position.organization.slug])
    if request.method != "POST":
        actions.read_candidates(position=candidate.position, by=request.actor, at=request.now)
    return candidate


@require_http_methods(["GET", "HEAD", "POST"])
@requires(RECRUIT)
def follow_candidate(request: Request, key: str) -> HttpResponse:
    """Move an application on."""
    candidate = _open_candidate(request, key)
    position = candidate.position
    form = FollowCandidateForm(
        request.POST or None,
        states=CANDIDATE_CHANGES[CandidateState(candidate.state)],
        initial={"le": local_day(request.now)},
    )
    return answer(
        request,
        form,
        lambda: actions.follow_candidate(
            key=key, by=request.actor, at=request.now, **form.values()
        ),
        title=f"Candidature de {candidate.name}",
        button="Enregistrer",
        done="La candidature a avancé.",
        back=reverse("workforce:candidates", args=[position.slug]),
        crumbs=_post_crumbs(position.slug, position.title),
        lead=(
            f"{candidate.get_state_display()}, le {french_day(candidate.state_on)}. Après une "
            "réponse, elle s'efface au bout de trois mois ; sinon, un an après sa dernière étape."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(RECRUIT)
def correct_candidate(request: Request, key: str) -> HttpResponse:
    """Write again what was mistyped of an application."""
    candidate = _open_candidate(request, key)
    position = candidate.position
    form = CandidateForm(request.POST or None, initial=CandidateForm.initial_of(candidate))
    return answer(
        request,
        form,
        lambda: actions.correct_candidate(
            key=key, by=request.actor, at=request.now, **form.values()
        ),
        title="Corriger une candidature",
        button="Enregistrer",
        done="La candidature est corrigée.",
        back=reverse("workforce:candidates", args=[position.slug]),
        crumbs=_post_crumbs(position.slug, position.title),
        lead=(
            f"{candidate.get_state_display()}, le {french_day(candidate.state_on)}. Corriger ne "
            "change ni son étape ni le jour où elle s'efface."
        ),
    )
