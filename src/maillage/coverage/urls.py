"""Pages of the coverage room."""

from django.urls import path, re_path

from maillage.coverage.views import (
    alerts,
    asking,
    departures,
    proofs,
    replay,
    reports,
    rosters,
    scenarios,
)

app_name = "coverage"
urlpatterns = [
    path("", proofs.coverage_map, name="map"),
    path("carte.csv", proofs.coverage_map_csv, name="map-csv"),
    path("calendrier", proofs.hole_calendar, name="calendar"),
    path("calendrier/<str:day>", proofs.week, name="week"),
    path("heure", proofs.hour, name="hour"),
    path("fragiles", proofs.fragile_points, name="fragile"),
    path("fragiles.csv", proofs.fragile_points_csv, name="fragile-csv"),
    path("communes", proofs.worst_communes, name="communes"),
    path("communes.csv", proofs.worst_communes_csv, name="communes-csv"),
    path("communes/<str:code>", proofs.commune, name="commune"),
    path("preuves", proofs.proofs, name="proofs"),
    path("preuves/nouvelle", proofs.new_proof, name="new-proof"),
    path("preuves/actuelle", proofs.prove_now, name="prove-now"),
    path("preuves/comparer", proofs.compare_proofs, name="compare-proofs"),
    path("preuves/<int:pk>", proofs.proof, name="proof"),
    path("preuves/<int:pk>/relancer", proofs.prove_again, name="prove-again"),
    path("qui", asking.who, name="who"),
    path("avant-apres", asking.compare, name="compare"),
    path("alertes", alerts.alerts, name="alerts"),
    path("alertes/convention/<slug:slug>", alerts.agreement, name="agreement-alerts"),
    path("rejouer", replay.replay, name="replay"),
    path("rejouer/reseau.json", replay.network, name="replay-network"),
    path("preuves/<int:pk>/rapport.pdf", reports.report, name="proof-report"),
    path("preuves/<int:pk>/<slug:table>.csv", reports.table_csv, name="proof-csv"),
    re_path(
        r"^preuves/(?P<pk>[0-9]{1,9})/(?P<name>[a-z]+\.(?:parquet|json|json\.gz))$",
        reports.file,
        name="proof-file",
    ),
    path("tableaux/<slug:slug>/effet", rosters.effect, name="roster-effect"),
    path("departs/<slug:slug>", departures.departure, name="departure"),
    path("scenarios", scenarios.scenarios, name="scenarios"),
    path("scenarios/nouveau", scenarios.new, name="scenario-new"),
    path("scenarios/propositions/<slug:kind>", scenarios.choices, name="scenario-choices"),
    path("scenarios/<slug:token>", scenarios.scenario, name="scenario"),
    path("scenarios/<slug:token>/resultat", scenarios.result, name="scenario-result"),
    path("scenarios/<slug:token>/modifier", scenarios.edit, name="scenario-edit"),
    path("scenarios/<slug:token>/dupliquer", scenarios.copy, name="scenario-copy"),
    path("scenarios/<slug:token>/supprimer", scenarios.delete, name="scenario-delete"),
    path("scenarios/<slug:token>/ajouter/<slug:nature>", scenarios.add, name="scenario-add"),
    path(
        "scenarios/<slug:token>/changements/<int:index>/retirer",
        scenarios.remove,
        name="scenario-remove",
    ),
    path(
        "scenarios/<slug:token>/changements/<int:index>/convention",
        scenarios.to_agreement,
        name="scenario-agreement",
    ),
    path(
        "scenarios/<slug:token>/changements/<int:index>/garde",
        scenarios.to_roster,
        name="scenario-roster",
    ),
]
