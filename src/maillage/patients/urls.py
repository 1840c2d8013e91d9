"""Addresses of the patients room. They hold keys only: never a name, a birth date or a number."""

from django.urls import URLPattern

app_name = "patients"
urlpatterns: list[URLPattern] = []
