"""Pages of the directory room."""

from django.urls import path

from maillage.directory import views

app_name = "directory"
urlpatterns = [
    path("etablissements", views.organizations, name="organizations"),
    path("etablissements.csv", views.organizations_csv, name="organizations-csv"),
    path(
        "etablissements/propositions",
        views.organization_suggestions,
        name="organization-suggestions",
    ),
    path("etablissements/<slug:slug>", views.organization, name="organization"),
    path("groupes", views.groups, name="groups"),
    path("groupes/<slug:slug>", views.group, name="group"),
    path("groupes/<slug:slug>/entrees", views.join, name="join"),
    path("groupes/<slug:slug>/sorties/<int:pk>", views.leave, name="leave"),
    path("sites/<slug:finess>", views.site, name="site"),
    path("offres", views.services, name="services"),
    path("offres.csv", views.services_csv, name="services-csv"),
    path("offres/<slug:slug>", views.service, name="service"),
    path("offres/<slug:slug>/fermeture", views.close, name="close"),
    path("offres/<slug:slug>/fermetures/<int:pk>/fin", views.reopen, name="reopen"),
    path("praticiens", views.practitioners, name="practitioners"),
    path("praticiens.csv", views.practitioners_csv, name="practitioners-csv"),
    path("praticiens/<slug:slug>", views.practitioner, name="practitioner"),
    path("praticiens/<slug:slug>/compte", views.account, name="account"),
    path("praticiens/<slug:slug>/compte/retrait", views.unlink_account, name="unlink-account"),
    path("equipes/<slug:slug>", views.team, name="team"),
    path("annuaire/carte", views.directory_map, name="map"),
    path("annuaire/finess", views.finess, name="finess"),
]
