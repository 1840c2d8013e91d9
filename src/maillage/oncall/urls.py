"""Pages of the on-call room."""

from django.urls import path

from maillage.oncall import views

app_name = "oncall"
urlpatterns = [
    path("", views.lines, name="lines"),
    path("offres/<slug:slug>", views.service_lines, name="service-lines"),
    path("creneaux/<int:pk>/affecter", views.assign, name="assign"),
    path("creneaux/<int:pk>/liberer", views.release, name="release"),
    path("<slug:slug>", views.line, name="line"),
]
