"""Pages of the pathways room."""

from django.urls import path

from maillage.pathways.views import reading, writing

VERSION = "<slug:slug>/versions/<int:number>"

app_name = "pathways"
urlpatterns = [
    path("", reading.pathways, name="list"),
    path("propositions", reading.suggestions, name="suggestions"),
    path("nouvelle", writing.create, name="create"),
    path("<slug:slug>", reading.pathway, name="detail"),
    path("<slug:slug>/schema.svg", reading.drawing, name="drawing"),
    path("<slug:slug>/comparer", reading.comparison, name="compare"),
    path("<slug:slug>/modifier", writing.edit, name="edit"),
    path("<slug:slug>/nouvelle-version", writing.new_version, name="new-version"),
    path(f"{VERSION}/modifier", writing.edit_version, name="edit-version"),
    path(f"{VERSION}/etapes/ajouter", writing.add_step, name="add-step"),
    path(f"{VERSION}/etapes/<int:order>", writing.edit_step, name="edit-step"),
    path(f"{VERSION}/etapes/<int:order>/retirer", writing.remove_step, name="remove-step"),
    path(f"{VERSION}/etapes/<int:order>/place/<int:to>", writing.move_step, name="move-step"),
    path(f"{VERSION}/<slug:key>", writing.change_state, name="change-state"),
]
