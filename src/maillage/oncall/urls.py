"""Pages of the on-call room: lines under ``astreintes/``, people and rosters under ``gardes/``."""

from django.urls import include, path

from maillage.oncall import views
from maillage.oncall.views import mine, rosters, swaps

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

people = [
    path("mes-gardes", mine.mine, name="mine"),
    path("mes-gardes/agenda", mine.make_calendar, name="make-calendar"),
    path("agenda/<str:secret>.ics", mine.calendar, name="calendar"),
    path("echanges", swaps.swaps, name="swaps"),
    path("echanges/<int:pk>", swaps.swap, name="swap"),
    path("echanges/<int:pk>/<slug:act>", swaps.act_on_swap, name="act-on-swap"),
    path("creneaux/<int:pk>/echange", swaps.propose, name="propose-swap"),
    path("agendas/<int:pk>/revocation", mine.revoke_calendar, name="revoke-calendar"),
    path("lignes/<slug:slug>/agenda", mine.line_calendar, name="line-calendar"),
]

tableaux = [
    path("", rosters.rosters, name="list"),
    path("nouveau", rosters.new, name="new"),
    path("<slug:slug>", rosters.month, name="month"),
    path("<slug:slug>/gardes/ajouter", rosters.add, name="add"),
    path("<slug:slug>/gardes/<int:pk>", rosters.duty, name="duty"),
    path("<slug:slug>/gardes/<int:pk>/figer", rosters.pin, name="pin"),
    path("<slug:slug>/gardes/<int:pk>/retirer", rosters.remove, name="remove"),
    path("<slug:slug>/publier", rosters.publish, name="publish"),
    path("<slug:slug>/modifier", rosters.amend, name="amend"),
    path("<slug:slug>/vider", rosters.clear, name="clear"),
    path("<slug:slug>/avis", rosters.opinion, name="opinion"),
    path("<slug:slug>/soumettre", rosters.move, {"state": "FOR_OPINION"}, name="submit"),
    path("<slug:slug>/reprendre", rosters.move, {"state": "DRAFT"}, name="take-back"),
    path("<slug:slug>/abandonner", rosters.move, {"state": "ABANDONED"}, name="abandon"),
]

urlpatterns = [
    path("gardes/tableaux/", include((tableaux, "rosters"))),
    path("astreintes/", include(lines)),
    path("gardes/", include(people)),
]
