"""Addresses of the population room."""

from __future__ import annotations

from django.urls import path

from maillage.population.views import (
    act,
    computations,
    datasets,
    definitions,
    exports,
    figures,
    flows,
    lived,
    map,
    strata,
    targets,
)

app_name = "population"

# Data in, computations, definitions, what leaves.
_DATA = [
    path("donnees", datasets.data_sets, name="datasets"),
    path("donnees/nouveau", datasets.new_data_set, name="dataset-new"),
    path("donnees/<slug:slug>", datasets.data_set, name="dataset"),
    path("donnees/<slug:slug>/supprimer", datasets.delete_data_set, name="dataset-delete"),
    path("donnees/<slug:slug>/charger", datasets.load, name="load"),
    path("donnees/<slug:slug>/<int:number>", datasets.version, name="version"),
    path("donnees/<slug:slug>/<int:number>/accepter", datasets.accept, name="version-accept"),
    path("donnees/<slug:slug>/<int:number>/refuser", datasets.refuse, name="version-refuse"),
    path("donnees/<slug:slug>/<int:number>/reprendre", datasets.use, name="version-use"),
    path("donnees/<slug:slug>/<int:number>/retirer", datasets.retire, name="version-retire"),
    path("donnees/<slug:slug>/<int:number>/arreter", datasets.stop, name="version-stop"),
    path("donnees/<slug:slug>/<int:number>/supprimer", datasets.delete, name="version-delete"),
    path("donnees/<slug:slug>/<int:number>/rejets/<str:name>", datasets.rejects, name="rejects"),
    path("donnees/<slug:slug>/<int:number>/calculer", computations.compute, name="compute"),
    path("calculs", computations.computations, name="computations"),
    path("calculs/<int:pk>", computations.computation, name="computation"),
    path("calculs/<int:pk>/arreter", computations.stop, name="computation-stop"),
    path("calculs/<int:pk>/montrer", computations.show, name="computation-show"),
    path("calculs/<int:pk>/supprimer", computations.delete, name="computation-delete"),
    path("definitions", definitions.definitions, name="definitions"),
    path("definitions/nouvelle", definitions.new_own, name="definition-new"),
    path("definitions/locale/<int:pk>", definitions.own, name="definition-own"),
    path("definitions/locale/<int:pk>/modifier", definitions.edit_own, name="definition-edit"),
    path("definitions/locale/<int:pk>/compter", definitions.preview, name="definition-preview"),
    path("definitions/locale/<int:pk>/publier", definitions.publish, name="definition-publish"),
    path("definitions/locale/<int:pk>/retirer", definitions.retire, name="definition-retire"),
    path("definitions/<slug:sort>/<slug:key>", definitions.definition, name="definition"),
    path("exports", exports.exports, name="exports"),
    path("listes", targets.targets, name="targets"),
    path("listes/nouvelle", targets.new_target, name="target-new"),
    path("listes/<int:pk>", targets.target, name="target"),
    path("listes/<int:pk>/fichier", targets.target_file, name="target-file"),
    path("listes/<int:pk>/refermer", targets.close, name="target-close"),
]

# Figures: maps, profiles, pyramids, flows, pathways.
_FIGURES = [
    path("", map.population_map, name="map"),
    path("carte/fichier", map.map_export, name="map-export"),
    path("indicateurs/<slug:key>", figures.indicator, name="indicator"),
    path("lieux", figures.areas, name="areas"),
    path("lieux/propositions", figures.suggested_areas, name="areas-suggested"),
    path("lieux/<str:key>", figures.area, name="area"),
    path("lieux/<str:key>/profil", figures.profile, name="profile"),
    path("pyramide", strata.pyramid, name="pyramid"),
    path("pyramide/fichier", strata.pyramid_export, name="pyramid-export"),
    path("flux", flows.flows, name="flows"),
    path("flux/fichier", flows.flows_export, name="flows-export"),
    path("parcours", lived.pathways, name="pathways"),
    path("parcours/fichier", lived.pathways_export, name="pathways-export"),
    path("ou-agir", act.act, name="act"),
    path("ou-agir/fichier", act.act_export, name="act-export"),
]

urlpatterns = [*_FIGURES, *_DATA]
