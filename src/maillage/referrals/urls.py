"""Addresses of the referrals room. They hold keys only: never a name, a birth date or a number."""

from django.urls import URLPattern, path

from maillage.referrals.views import following, pieces

app_name = "referrals"
urlpatterns: list[URLPattern] = [
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
]
