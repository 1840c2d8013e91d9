"""Addresses of the referrals room. They hold keys only: never a name, a birth date or a number."""

from django.urls import URLPattern, path

from maillage.referrals.views import (
    boards,
    figures,
    following,
    inbox,
    meetings,
    page,
    pieces,
    request,
)

app_name = "referrals"
urlpatterns: list[URLPattern] = [
    path("", inbox.received, name="inbox"),
    path("nouveau", request.new, name="new"),
    path("envoyees", inbox.sent, name="outbox"),
    path("transferts", boards.transfers, name="transfers"),
    path("retours", boards.returns, name="returns"),
    path("rcp", meetings.sessions, name="meetings"),
    path("rcp/nouvelle", meetings.create, name="meeting-new"),
    path("rcp/<int:pk>", meetings.meeting, name="meeting"),
    path("rcp/<int:pk>/tenue", meetings.hold, name="meeting-hold"),
    path("delais", figures.figures, name="figures"),
    path("delais/liste.csv", figures.figures_csv, name="figures-csv"),
    path("delais/jour", figures.day, name="day"),
    path("delais/conventions/<slug:slug>", figures.agreement, name="agreement-figures"),
    path("equipes", following.teams, name="teams"),
    path("equipes/<slug:slug>", following.follow, name="follow"),
    path("documents/<slug:key>", pieces.document, name="document"),
    path("documents/<slug:key>/retirer", pieces.remove, name="remove-document"),
    path("lettres/<slug:key>", pieces.letter, name="letter"),
    path("lettres/<slug:key>.pdf", pieces.letter_pdf, name="letter-pdf"),
    path("<slug:key>/pieces", pieces.pieces, name="pieces"),
    path("<slug:key>/lettres/<slug:kind>", pieces.begin, name="begin-letter"),
    path("<slug:key>/demande.pdf", pieces.request_pdf, name="request-pdf"),
    path("<slug:key>/reponse.pdf", pieces.answer_pdf, name="answer-pdf"),
    path("<slug:key>/modifier", request.edit, name="edit"),
    path("patients/<slug:key>", page.patient, name="patient"),
    path("<slug:key>/horloge", page.clock, name="clock"),
    path("<slug:key>/faire/<slug:act>", page.act_form, name="act-form"),
    path("<slug:key>/faire", page.act, name="act"),
    path("<slug:key>/messages", page.message, name="message"),
    path("<slug:key>", page.page, name="page"),
]
