"""Pages of the jobs room."""

from django.urls import path

from maillage.jobs import views

app_name = "jobs"
urlpatterns = [
    path("travaux", views.jobs, name="list"),
    path("travaux/<int:pk>", views.job, name="job"),
    path("travaux/<int:pk>/avancement", views.progress, name="progress"),
    path("travaux/<int:pk>/arreter", views.stop, name="stop"),
]
