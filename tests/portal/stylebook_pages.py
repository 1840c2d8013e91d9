"""Addresses that serve the style book to its tests; the product does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import path
from django.utils.html import format_html, format_html_join

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
RAIL = {
    "Orienter": ["Qui prend en charge ?"],
    "Organiser": ["Gardes et astreintes"],
    "S'accorder": ["Conventions", "Filières"],
    "Connaître": ["Carte du territoire"],
    "Prévenir": ["Programmes"],
    "Former et chercher": ["Essais"],
    "Annuaire": ["Établissements", "Praticiens"],
}
ROWS = [
    ("Aubois", 12400, 8, "ok"), ("Breuil-le-Grand", 3120, 18, "ok"), ("Clairval", 890, 58, "limit"),
    ("Dornes", 45210, 95, "late"), ("Eraucourt", 610, None, "hole"), ("Fresnoy", 77, None, "none"),
]  # fmt: skip


class SampleForm(forms.Form):
    moment = forms.CharField(label="Date et heure", help_text="Par exemple 24/12/2026 3h.")
    age = forms.IntegerField(label="Âge", error_messages={"required": "Écrivez l'âge, en années."})
    urgency = forms.ChoiceField(
        label="Urgence", choices=[("a", "Immédiate"), ("b", "Semaine")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="Précision", required=False, widget=forms.Textarea)
    warn = forms.BooleanField(label="Prévenir l'équipe", required=False)


@login_not_required
def stylebook(request: HttpRequest) -> HttpResponse:
    context = {
        "navigation": [
            {
                "label": label,
                "items": [{"label": t, "url": "#", "current": t == "Conventions"} for t in titles],
            }
            for label, titles in RAIL.items()
        ],
        "actor": Actor("exemple", "Camille Exemple", (Grant(Role.DOCTOR), Grant(Role.ON_CALL))),
        "territory_name": "Territoire d'exemple",
        "who_url": "/qui",
        "search_url": "/recherche",
        "logout_url": "/deconnexion",
        "now": NOW,
        "later": NOW + timedelta(hours=4, minutes=30),
        "today": NOW.date(),
        "past": date(2017, 7, 3),
        "future": date(2027, 1, 6),
        "form": SampleForm({"moment": "24/12"}) if "erreurs" in request.GET else SampleForm(),
        "page": Paginator(range(500), 25).get_page(request.GET.get("page", 4)),
        "rows": [
            {"name": name, "residents": residents, "minutes": minutes, "level": level}
            for name, residents, minutes, level in ROWS
        ],
    }
    return render(request, "portal/stylebook.html", context)


@login_not_required
def proposals(request: HttpRequest) -> HttpResponse:
    typed = request.GET["q"]
    options = format_html_join(
        "",
        '<li role="option" data-value="9900{}" data-label="{}-{} (99)">{}-{}</li>',
        ((n, typed, n, typed, n) for n in range(3)),
    )
    return HttpResponse(format_html("{}", options))


@login_not_required
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/errors/404.html")


TYPED = """{% extends "portal/base.html" %}{% block content %}
<form class="form" hx-post="/saisie?statut={{ request.GET.statut }}" hx-swap="outerHTML">
<label for="mot">Mot</label><input id="mot" name="mot"><button>Envoyer</button></form>
{% endblock %}"""
SENT_BACK = """<form class="form">
<div class="error-summary" role="alert" tabindex="-1">À corriger</div>
<label for="mot">Mot</label><input id="mot" name="mot" value="{{ request.POST.mot }}"></form>"""


@login_not_required
def typed(request: HttpRequest) -> HttpResponse:
    source = SENT_BACK if request.method == "POST" else TYPED
    page = engines["django"].from_string(source).render({}, request)
    return HttpResponse(
        page, status=int(request.GET["statut"]) if request.method == "POST" else 200
    )


urlpatterns = [
    path("saisie", typed),
    path("", stylebook),
    path("propositions", proposals),
    path("qui", landing),
    path("recherche", landing),
]
