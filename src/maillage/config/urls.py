"""Where each room's pages stand."""

from django.urls import include, path

urlpatterns = [
    path("", include("maillage.portal.urls")),
    path("", include("maillage.accounts.urls")),
    path("", include("maillage.jobs.urls")),
    path("echanges/", include("maillage.exchange.urls")),
    path("", include("maillage.territory.urls")),
    path("", include("maillage.directory.urls")),
    path("conventions/", include("maillage.agreements.urls")),
    path("filieres/", include("maillage.pathways.urls")),
    path("effectifs/", include("maillage.workforce.urls")),
    path("", include("maillage.oncall.urls")),
    path("couverture/", include("maillage.coverage.urls")),
    path("population/", include("maillage.population.urls")),
    path("patients/", include("maillage.patients.urls")),
    path("adressages/", include("maillage.referrals.urls")),
    path("api/", include("maillage.config.api")),
]

handler400 = "maillage.portal.errors.bad_request"
handler403 = "maillage.portal.errors.forbidden"
handler404 = "maillage.portal.errors.not_found"
handler500 = "maillage.portal.errors.server_error"
