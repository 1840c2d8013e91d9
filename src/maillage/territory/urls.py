"""Pages of the territory room."""

from django.urls import path

from maillage.territory import views

app_name = "territory"
urlpatterns = [
    path("carte", views.territory_map, name="map"),
    path("communes", views.communes, name="communes"),
    path("communes.csv", views.communes_csv, name="communes-csv"),
    path("communes/suggestions", views.suggestions, name="commune-suggestions"),
    path("communes/<str:code>", views.commune, name="commune"),
    path("intercommunalites/<str:code>", views.epci, name="epci"),
    path("sources", views.sources, name="sources"),
]
