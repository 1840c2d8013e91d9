"""Addresses of the referrals room. They hold keys only: never a name, a birth date or a number."""

from django.urls import URLPattern, path

from maillage.referrals.views import following

app_name = "referrals"
urlpatterns: list[URLPattern] = [
    path("equipes", following.teams, name="teams"),
    path("equipes/<slug:slug>", following.follow, name="follow"),
]
