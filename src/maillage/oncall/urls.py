"""Pages of the on-call room."""

from django.urls import path

from maillage.oncall import views

app_name = "oncall"
urlpatterns = [
    path("", views.lines, name="lines"),
    path("offres/<slug:slug>", views.service_lines, name="service-lines"),
    path("creneaux/<int:pk>/affecter", views.assign, name="assign"),
    path("creneaux/<int:pk>/liberer", views.release, name="release"),
    path("demandes", views.roster_requests, name="requests"),
    path("demandes/<int:pk>/reponse", views.answer, name="answer"),
    path("<slug:slug>", views.line, name="line"),
    path("<slug:slug>/demander", views.ask, name="ask"),
]
