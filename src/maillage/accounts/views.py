"""Pages of the accounts room."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts import actions, queries, rules, sessions
from maillage.accounts.acts import act_name
from maillage.accounts.forms import (
    GrantForm,
    KeyForm,
    LogInForm,
    PasswordForm,
    TrailFilterForm,
    UserFilterForm,
    UserForm,
    add_problems,
)
from maillage.accounts.http import Request, for_any_account, requires
from maillage.accounts.models import User
from maillage.accounts.names import name_key
from maillage.accounts.organizations import list_names
from maillage.accounts.permissions import MANAGE_USERS, READ_AUDIT, manages
from maillage.vocabulary.errors import Invalid, Refusal

PAGE_SIZE = 50


def _person(request: Request) -> User:
    return cast(User, request.user)


# Log-in


def _way_on(request: Request) -> str:
    """Where to go after the log-in: the page that was asked for, only on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def log_in(request: Request) -> HttpResponse:
    """The log-in page."""
    if request.user.is_authenticated:
        return redirect(_way_on(request))
    form = LogInForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if form.is_valid() and form.user is not None:
            sessions.open_session(request, form.user, at=request.now)
            return redirect(_way_on(request))
        if getattr(request, "password_was_tried", False):
            actions.failed_log_in_line(
                username=form.cleaned_data.get("username", ""), at=request.now
            )
    demo = []
    places: dict[str, str] = {}
    names: dict[str, str] = {}
    if settings.DEMO_ACCOUNTS_ALLOWED:
        demo = [(username, role) for role, (username, _) in rules.DEMO_PEOPLE.items()]
        demo += queries.list_demo_supplements()
        places, names = queries.demo_places(), list_names()
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next") or "",
        "demo": [
            (one, role.label, names.get(place := places.get(one, ""), place)) for one, role in demo
        ],
        "demo_password": rules.DEMO_PASSWORD if demo else "",
    }
    return render(request, "accounts/login.html", context, status=422 if form.errors else 200)


@require_POST
@login_not_required
def log_out(request: Request) -> HttpResponse:
    """End the session."""
    if request.user.is_authenticated:
        sessions.close_session(request, by=request.actor, at=request.now)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def locked_out(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """Too many wrong passwords: called by the rate limit in place of the log-in page."""
    response = render(request, "portal/errors/429.html", status=429)
    response["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME * 3600))
    return response


# One's own account


def _account_page(
    request: Request, password: PasswordForm, key: KeyForm, status: int = 200
) -> HttpResponse:
    user = _person(request)
    context = {
        "user": user,
        "grants": queries.list_grants(user),
        "names": list_names(),
        "keys": queries.list_keys(user),
        "password_form": password,
        "key_form": key,
    }
    return render(request, "accounts/account.html", context, status=status)


@require_safe
@for_any_account
def account(request: Request) -> HttpResponse:
    """One's own account: roles, password, access keys."""
    return _account_page(request, PasswordForm(request), _key_form(request))


def _key_form(request: Request, *typed: Any) -> KeyForm:
    held = [(grant.role, grant.organization) for grant in request.actor.grants]
    return KeyForm(*typed, places=rules.key_places(held), names=list_names())


@sensitive_post_parameters("old", "new", "again")
@require_POST
@for_any_account
def change_password(request: Request) -> HttpResponse:
    """Change one's own password."""
    form = PasswordForm(request, request.POST)
    if form.is_valid():
        try:
            sessions.change_own_password(
                request,
                user=_person(request),
                password=form.cleaned_data["new"],
                by=request.actor,
                at=request.now,
            )
        except (Invalid, Refusal) as error:
            add_problems(form, error)
        else:
            messages.success(request, "Votre mot de passe est changé.")
            return redirect("accounts:account")
    return _account_page(request, form, _key_form(request), status=422)


@require_POST
@for_any_account
def create_key(request: Request) -> HttpResponse:
    """Make an access key, shown this one time."""
    form = _key_form(request, request.POST)
    if not form.is_valid():
        return _account_page(request, PasswordForm(request), form, status=422)
    key, text = actions.create_key(
        user=_person(request), by=request.actor, at=request.now, **form.cleaned_data
    )
    context = {"key": key, "text": text, "names": list_names()}
    return render(request, "accounts/key_created.html", context)


@require_POST
@for_any_account
def revoke_key(request: Request, pk: int) -> HttpResponse:
    """Stop one of one's own keys."""
    key = queries.get_key(_person(request), pk)
    actions.revoke_key(key=key, by=request.actor, at=request.now)
    messages.success(request, f"La clé « {key.name} » ne fonctionne plus.")
    return redirect("accounts:account")


# Accounts of the platform


@require_safe
@requires(MANAGE_USERS)
def users(request: Request) -> HttpResponse:
    """Accounts, by name."""
    form = UserFilterForm(request.GET)
    form.is_valid()
    wanted = form.cleaned_data
    found = queries.list_users(
        text=wanted.get("nom", ""), role=wanted.get("role", ""), state=wanted.get("etat", "")
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request, "accounts/users.html", {"form": form, "page": page, "names": list_names()}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE_USERS)
def new_user(request: Request) -> HttpResponse:
    """Open an account; its first password is shown this one time."""
    form = UserForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = actions.invite_user(
                by=request.actor, at=request.now, **form.cleaned_data
            )
        except Invalid as error:
            add_problems(form, error)
        else:
            context = {"user": user, "password": password, "is_new": True}
            return render(request, "accounts/first_password.html", context)
    return render(
        request, "accounts/user_new.html", {"form": form}, status=422 if form.errors else 200
    )


def _user_page(request: Request, user: User, form: GrantForm, status: int = 200) -> HttpResponse:
    grants = list(queries.list_grants(user))
    context = {
        "user": user,
        "grants": [(grant, manages(request.actor, [grant.organization])) for grant in grants],
        "may_manage": manages(request.actor, {grant.organization for grant in grants}),
        "is_self": user.username == request.actor.username,
        "form": form,
        "names": form.names,
        "events": queries.list_events(queries.TrailFilter(subject=user.username))[:10],
    }
    return render(request, "accounts/user.html", context, status=status)


@require_safe
@requires(MANAGE_USERS)
def user(request: Request, username: str) -> HttpResponse:
    """One account: its roles, its state, its latest lines in the trail."""
    return _user_page(request, queries.get_user(username), GrantForm())


@require_POST
@requires(MANAGE_USERS)
def grant_role(request: Request, username: str) -> HttpResponse:
    """Give a role."""
    person = queries.get_user(username)
    form = GrantForm(request.POST)
    if form.is_valid():
        try:
            actions.grant_role(user=person, by=request.actor, at=request.now, **form.cleaned_data)
        except Invalid as error:
            add_problems(form, error)
        else:
            messages.success(request, "Le rôle est attribué.")
            return redirect("accounts:user", username)
    return _user_page(request, person, form, status=422)


@require_POST
@requires(MANAGE_USERS)
def revoke_role(request: Request, username: str, pk: int) -> HttpResponse:
    """Take a role back."""
    grant = queries.get_grant(queries.get_user(username), pk)
    actions.revoke_role(grant=grant, by=request.actor, at=request.now)
    messages.success(request, "Le rôle est retiré.")
    return redirect("accounts:user", username)


@require_POST
@requires(MANAGE_USERS)
def close_account(request: Request, username: str) -> HttpResponse:
    """Close an account."""
    actions.close_account(user=queries.get_user(username), by=request.actor, at=request.now)
    messages.success(request, "Le compte est fermé : ses sessions et ses clés sont arrêtées.")
    return redirect("accounts:user", username)


@require_POST
@requires(MANAGE_USERS)
def reopen_account(request: Request, username: str) -> HttpResponse:
    """Open a closed account again."""
    actions.reopen_account(user=queries.get_user(username), by=request.actor, at=request.now)
    messages.success(request, "Le compte est rouvert, avec les rôles qu'il avait.")
    return redirect("accounts:user", username)


@require_POST
@requires(MANAGE_USERS)
def reset_password(request: Request, username: str) -> HttpResponse:
    """Replace a lost password; the first one is shown this one time."""
    person = queries.get_user(username)
    password = actions.reset_password(user=person, by=request.actor, at=request.now)
    context = {"user": person, "password": password, "is_new": False}
    return render(request, "accounts/first_password.html", context)


# The trail


def _trail_form(request: Request) -> TrailFilterForm:
    known = [(action, act_name(action)) for action in queries.list_actions()]
    return TrailFilterForm(request.GET, actions=sorted(known, key=lambda pair: name_key(pair[1])))


@require_safe
@requires(READ_AUDIT)
def audit(request: Request) -> HttpResponse:
    """The trail of acts, newest first."""
    form = _trail_form(request)
    page = Paginator(queries.list_events(form.as_filter()), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    return render(request, "accounts/audit.html", {"form": form, "page": page})


@require_safe
@requires(READ_AUDIT)
def audit_csv(request: Request) -> StreamingHttpResponse:
    """The same lines as a file; making one leaves a line of its own."""
    events = queries.list_events(_trail_form(request).as_filter())
    rows = min(events.count(), queries.CSV_ROWS)
    filters = {name: str(text) for name, text in request.GET.items() if text and name != "page"}
    actions.export_events_line(by=request.actor, at=request.now, rows=rows, filters=filters)
    response = StreamingHttpResponse(
        queries.write_events(events[:rows].iterator()), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="journal.csv"'
    return response
