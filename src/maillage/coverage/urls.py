"""Pages of the coverage room."""

from django.urls import path, re_path

from maillage.coverage.views import asking, reports

app_name = "coverage"
urlpatterns = [
    path("qui", asking.who, name="who"),
    path("avant-apres", asking.compare, name="compare"),
    path("preuves/<int:pk>/rapport.pdf", reports.report, name="proof-report"),
    path("preuves/<int:pk>/<slug:table>.csv", reports.table_csv, name="proof-csv"),
    re_path(
        r"^preuves/(?P<pk>[0-9]{1,9})/(?P<name>[a-z]+\.(?:parquet|json|json\.gz))$",
        reports.file,
        name="proof-file",
    ),
]
