"""Pages of the portal."""

from django.urls import path

from maillage.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("recherche", views.search, name="search"),
]
