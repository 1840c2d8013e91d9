"""Pages of the on-call room: lines under ``astreintes/``, people and rosters under ``gardes/``."""

from django.urls import include, path

from maillage.oncall import views

app_name = "oncall"

lines = [
    path("", views.lines, name="lines"),
    path("offres/<slug:slug>", views.service_lines, name="service-lines"),
    path("creneaux/<int:pk>/affecter", views.assign, name="assign"),
    path("creneaux/<int:pk>/liberer", views.release, name="release"),
    path("demandes", views.roster_requests, name="requests"),
    path("demandes/<int:pk>/reponse", views.answer, name="answer"),
    path("<slug:slug>", views.line, name="line"),
    path("<slug:slug>/demander", views.ask, name="ask"),
]

urlpatterns = [
    path("astreintes/", include(lines)),
]
