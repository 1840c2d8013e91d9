"""Addresses of the referrals room. They hold keys only: never a name, a birth date or a number."""

from django.urls import URLPattern

app_name = "referrals"
urlpatterns: list[URLPattern] = []
