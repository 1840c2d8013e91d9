"""Pages of the exchange room."""

from django.urls import path

from maillage.exchange import views
from maillage.exchange.rules import FileForm

app_name = "exchange"
urlpatterns = [
    path("", views.tables, name="tables"),
    path("imports/<int:pk>", views.run, name="run"),
    path("imports/<int:pk>/confirmer", views.apply, name="apply"),
    path("imports/<int:pk>/abandonner", views.abandon, name="abandon"),
    path("<slug:key>.csv", views.export, {"form": FileForm.CSV}, name="export"),
    path("<slug:key>.xlsx", views.export, {"form": FileForm.XLSX}, name="export-xlsx"),
    path("<slug:key>", views.table, name="table"),
]
