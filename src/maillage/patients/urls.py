"""Addresses of the patients room. They hold keys only: never a name, a birth date or a number."""

from django.urls import path

from maillage.patients.views import duplicates, emergency, finding, record, watching

app_name = "patients"
urlpatterns = [
    path("", finding.search, name="search"),
    path("nouveau", finding.new, name="new"),
    path("rejoindre", finding.join, name="join"),
    path("personnes", finding.persons, name="persons"),
    path("urgence", emergency.emergency_find, name="emergency-find"),
    path("ouvertures", watching.openings, name="openings"),
    path("ouvertures/<int:pk>", watching.opening, name="opening"),
    path("ouvertures/<int:pk>/courrier", watching.letter, name="letter"),
    path("ouvertures/<int:pk>/information", watching.notice, name="notice"),
    path("ouvertures/<int:pk>/avis", watching.review, name="review"),
    path("doublons", duplicates.duplicates, name="duplicates"),
    path("doublons/<int:pk>", duplicates.pair, name="pair"),
    path("doublons/<int:pk>/fusionner", duplicates.merge, name="merge"),
    path("doublons/<int:pk>/distinguer", duplicates.dismiss, name="dismiss"),
    path("fusions", duplicates.mergers, name="mergers"),
    path("fusions/<int:pk>/defaire", duplicates.undo_merger, name="undo-merger"),
    path("<slug:key>", record.record, name="record"),
    path("<slug:key>/identite", record.edit, name="edit"),
    path("<slug:key>/identite/etat", record.identity_state, name="identity-state"),
    path("<slug:key>/venues", record.open_stay, name="open-stay"),
    path("<slug:key>/venues/<int:pk>/fin", record.end_stay, name="end-stay"),
    path("<slug:key>/cercle", record.add_member, name="add-member"),
    path("<slug:key>/cercle/<int:pk>/fin", record.end_member, name="end-member"),
    path("<slug:key>/consentements", record.add_consent, name="add-consent"),
    path(
        "<slug:key>/consentements/<int:pk>/retrait",
        record.withdraw_consent,
        name="withdraw-consent",
    ),
    path("<slug:key>/acces", watching.accesses, name="accesses"),
    path("<slug:key>/acces.csv", watching.accesses_csv, name="accesses-csv"),
    path("<slug:key>/urgence", emergency.emergency, name="emergency"),
    path("<slug:key>/urgence/reste", emergency.emergency_left, name="emergency-left"),
    path("<slug:key>/urgence/fermer", emergency.emergency_close, name="emergency-close"),
    path("<slug:key>/export", watching.export, name="export"),
    path("<slug:key>/effacement", watching.erase, name="erase"),
]
