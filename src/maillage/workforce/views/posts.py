"""Posts: the list, one post, and its acts."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.exchange.rules import write_rows
from maillage.vocabulary.calendar import local_day
from maillage.workforce.actions import posts as actions
from maillage.workforce.forms import AssignForm, CloseForm, EndForm, PositionForm, PostFilterForm
from maillage.workforce.imports.posts import POSITIONS, write_positions
from maillage.workforce.permissions import READ, READ_RECORDS, RECRUIT, WRITE
from maillage.workforce.queries import choices
from maillage.workforce.queries import posts as queries
from maillage.workforce.queries.posts import list_hospitals_with_posts
from maillage.workforce.views.answers import answer

PAGE_ROWS = 50


@require_safe
@requires(READ)
def posts(request: Request) -> HttpResponse:
    """Posts and their vacancies, and the totals by specialty."""
    form = PostFilterForm(request.GET, organizations=list_hospitals_with_posts())
    rows, specialties = queries.list_posts(form.filters(), on=local_day(request.now))
    context = {
        "form": form,
        "page": Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page")),
        "half_days": sum(row.position.half_days for row in rows),
        "vacant": sum(row.vacancy.half_days for row in rows),
        "tense": [row for row in specialties if row.in_tension],
        "may_write": WRITE.allows(request.actor, request.actor.organizations()),
        "today": local_day(request.now),
    }
    return render(request, "workforce/posts.html", context)


@require_safe
@requires(READ)
def posts_csv(request: Request) -> HttpResponse:
    """The same posts as a file, in the form of their import."""
    form = PostFilterForm(request.GET, organizations=list_hospitals_with_posts())
    rows, _ = queries.list_posts(form.filters(), on=local_day(request.now))
    content = write_rows(
        POSITIONS.columns, write_positions(row.position for row in rows), with_mark=True
    )
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="postes.csv"'
    return response


@require_safe
@requires(READ)
def post(request: Request, slug: str) -> HttpResponse:
    """A post: who holds it and held it."""
    row = queries.get_post(slug, on=local_day(request.now))
    context = {
        "row": row,
        "today": local_day(request.now),
        "may_write": WRITE.allows(request.actor, [row.owner]),
        "may_recruit": RECRUIT.allows(request.actor, [row.owner]),
        "may_read_records": READ_RECORDS.allows(request.actor, [row.owner]),
    }
    return render(request, "workforce/post.html", context)


def _crumbs(slug: str = "", title: str = "") -> list[tuple[str, str]]:
    found = [("Effectifs", reverse("workforce:posts"))]
    return [*found, (title, reverse("workforce:post", args=[slug]))] if slug else found


@require_http_methods(["GET", "HEAD", "POST"])
@requires(WRITE)
def open_position(request: Request) -> HttpResponse:
    """Open a post in a hospital of the actor."""
    sites = choices.list_sites(request.actor, WRITE)
    form = PositionForm(
        request.POST or None,
        sites=sites,
        services=choices.list_services_of(sites),
        initial={"du": local_day(request.now)},
    )
    return answer(
        request,
        form,
        lambda: actions.open_position(by=request.actor, at=request.now, **form.values()),
        title="Ouvrir un poste",
        button="Ouvrir le poste",
        done="Le poste est ouvert.",
        back=reverse("workforce:posts"),
        crumbs=_crumbs(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(WRITE)
def close_position(request: Request, slug: str) -> HttpResponse:
    """Close a post from a day on."""
    position = queries.get_own_position(slug, WRITE, request.actor)
    form = CloseForm(request.POST or None, initial={"le": local_day(request.now)})
    return answer(
        request,
        form,
        lambda: actions.close_position(
            position=position, by=request.actor, at=request.now, **form.values()
        ),
        title="Fermer ce poste",
        button="Fermer le poste",
        done="Le poste est fermé.",
        back=reverse("workforce:post", args=[slug]),
        crumbs=_crumbs(slug, position.title),
        lead=f"{position.title} : à partir de ce jour, il ne compte plus ni tenu ni vacant.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(WRITE)
def assign(request: Request, slug: str) -> HttpResponse:
    """Put somebody on a post."""
    row = queries.get_post(slug, on=local_day(request.now))
    WRITE.check(request.actor, [row.owner])
    form = AssignForm(
        request.POST or None,
        people=choices.list_assignable(row.position),
        initial={
            "du": local_day(request.now),
            "statut": row.position.wanted_status,
            "demi_journees": row.vacancy.half_days or None,
        },
    )
    return answer(
        request,
        form,
        lambda: actions.assign_staff(
            position=row.position, by=request.actor, at=request.now, **form.values()
        ),
        title="Affecter un praticien",
        button="Affecter",
        done="L'affectation est enregistrée.",
        back=reverse("workforce:post", args=[slug]),
        crumbs=_crumbs(slug, row.position.title),
        lead=f"{row.vacancy.half_days} demi-journées vacantes aujourd'hui.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(WRITE)
def end_assignment(request: Request, pk: int) -> HttpResponse:
    """Say when and why somebody leaves a post."""
    assignment = queries.get_assignment(pk)
    position = assignment.position
    WRITE.check(request.actor, [position.organization.slug])
    form = EndForm(
        request.POST or None,
        initial={"fin": assignment.ends_on, "motif": assignment.end_reason},
    )
    return answer(
        request,
        form,
        lambda: actions.end_assignment(
            assignment=assignment, by=request.actor, at=request.now, **form.values()
        ),
        title=f"Fin de l'affectation de {assignment.practitioner}",
        button="Enregistrer la fin",
        done="La fin de l'affectation est enregistrée.",
        back=reverse("workforce:post", args=[position.slug]),
        crumbs=_crumbs(position.slug, position.title),
    )
