"""Pages of the coverage room."""

from django.urls import path

from maillage.coverage import views

app_name = "coverage"
urlpatterns = [
    path("qui", views.who, name="who"),
    path("avant-apres", views.compare, name="compare"),
]
