"""Pages of the oncall room."""

from django.urls import URLPattern

app_name = "oncall"
urlpatterns: list[URLPattern] = []
