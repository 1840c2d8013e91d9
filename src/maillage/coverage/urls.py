"""Pages of the coverage room."""

from django.urls import path

from maillage.coverage.views import asking

app_name = "coverage"
urlpatterns = [
    path("qui", asking.who, name="who"),
    path("avant-apres", asking.compare, name="compare"),
]
