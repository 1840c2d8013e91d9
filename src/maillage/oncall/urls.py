"""Pages of the on-call room: lines under ``astreintes/``, people and rosters under ``gardes/``."""

from django.urls import include, path

from maillage.oncall import views
from maillage.oncall.views import (
    attempts,
    away,
    duties,
    holes,
    line_slots,
    mine,
    outlooks,
    plan,
    rosters,
    swaps,
)

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
    path("mes-gardes/lu", mine.read_news, name="read-news"),
    path("mes-gardes/agenda", mine.make_calendar, name="make-calendar"),
    path("agenda/<str:secret>.ics", mine.calendar, name="calendar"),
    path("echanges", swaps.swaps, name="swaps"),
    path("echanges/<int:pk>", swaps.swap, name="swap"),
    path("echanges/<int:pk>/<slug:act>", swaps.act_on_swap, name="act-on-swap"),
    path("creneaux/<int:pk>/echange", swaps.propose, name="propose-swap"),
    path("conges", away.away, name="away"),
    path("conges/demande", away.ask_away, name="ask-away"),
    path("conges/<int:pk>/reponse", away.answer_away, name="answer-away"),
    path("conges/<int:pk>/retrait", away.withdraw_away, name="withdraw-away"),
    path("exemptions", away.exemptions, name="exemptions"),
    path("exemptions/<int:pk>/fin", away.end_exemption, name="end-exemption"),
    path("exemptions/<int:pk>/retrait", away.withdraw_exemption, name="withdraw-exemption"),
    path("lignes/<slug:slug>/participants", away.members, name="members"),
    path("participants/<int:pk>/fin", away.end_member, name="end-member"),
    path("maintenant", duties.on_duty, name="on-duty"),
    path("lignes/<slug:slug>/realise", duties.done, name="done"),
    path("creneaux/<int:pk>/realise", duties.record_duty, name="record-duty"),
    path("schema-regional", plan.plan, name="plan"),
    path("avenir", outlooks.outlooks, name="outlooks"),
    path("avenir.csv", outlooks.outlooks_csv, name="outlooks-csv"),
    path("lignes/<slug:slug>/avenir", outlooks.line_outlook, name="line-outlook"),
    path("lignes/<slug:slug>/mois", duties.line_month, name="line-month"),
    path("lignes/<slug:slug>/mois.pdf", duties.line_month_pdf, name="line-month-pdf"),
    path("agendas/<int:pk>/revocation", mine.revoke_calendar, name="revoke-calendar"),
    path("lignes/<slug:slug>/agenda", mine.line_calendar, name="line-calendar"),
]

tableaux = [
    path("", rosters.rosters, name="list"),
    path("nouveau", rosters.new, name="new"),
    path("creneaux", line_slots.line_slots, name="slots"),
    path("<slug:slug>", rosters.month, name="month"),
    path("<slug:slug>/gardes/ajouter", rosters.add, name="add"),
    path("<slug:slug>/gardes/<int:pk>", rosters.duty, name="duty"),
    path("<slug:slug>/gardes/<int:pk>/figer", rosters.pin, name="pin"),
    path("<slug:slug>/gardes/<int:pk>/retirer", rosters.remove, name="remove"),
    path("<slug:slug>/publier", rosters.publish, name="publish"),
    path("<slug:slug>/preuve", holes.roster_proof, name="proof"),
    path("<slug:slug>/equite", attempts.fairness, name="fairness"),
    path("<slug:slug>/calculs", attempts.start, name="compute"),
    path("<slug:slug>/calculs/<int:pk>", attempts.attempt, name="attempt"),
    path("<slug:slug>/calculs/<int:pk>/arreter", attempts.stop, name="stop"),
    path("<slug:slug>/calculs/<int:pk>/retenir", attempts.keep, name="keep"),
    path("<slug:slug>/calculs/<int:pk>/ecarter", attempts.drop, name="drop"),
    path("<slug:slug>/modifier", rosters.amend, name="amend"),
    path("<slug:slug>/vider", rosters.clear, name="clear"),
    path("<slug:slug>/avis", rosters.opinion, name="opinion"),
    path("<slug:slug>/soumettre", rosters.move, {"state": "FOR_OPINION"}, name="submit"),
    path("<slug:slug>/reprendre", rosters.move, {"state": "DRAFT"}, name="take-back"),
    path("<slug:slug>/abandonner", rosters.move, {"state": "ABANDONED"}, name="abandon"),
]

holes_pages = [
    path("trous", holes.holes, name="holes"),
    path("absence", holes.repair, name="repair"),
    path("absence/reparer", holes.do_repair, name="do-repair"),
    path("creneaux/<int:pk>", holes.slot, name="slot"),
    path("creneaux/<int:pk>/changer", holes.change, name="change"),
    path("creneaux/<int:pk>/preuve", holes.proof, name="proof"),
]

urlpatterns = [
    path("gardes/", include(holes_pages)),
    path("gardes/tableaux/", include((tableaux, "rosters"))),
    path("astreintes/", include(lines)),
    path("gardes/", include(people)),
]
