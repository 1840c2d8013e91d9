"""Pages of the workforce room."""

from django.urls import path

from maillage.workforce.views import allocations, demography, posts, recruiting, weeks

app_name = "workforce"
urlpatterns = [
    path("", posts.posts, name="posts"),
    path("postes.csv", posts.posts_csv, name="posts-csv"),
    path("postes/ouvrir", posts.open_position, name="open-position"),
    path("postes/<slug:slug>", posts.post, name="post"),
    path("postes/<slug:slug>/fermer", posts.close_position, name="close-position"),
    path("postes/<slug:slug>/affecter", posts.assign, name="assign"),
    path("postes/<slug:slug>/candidatures", recruiting.candidates, name="candidates"),
    path("postes/<slug:slug>/candidatures/noter", recruiting.add_candidate, name="add-candidate"),
    path("affectations/<int:pk>/finir", posts.end_assignment, name="end-assignment"),
    path("ma-semaine", weeks.my_week, name="my-week"),
    path("praticiens/<slug:slug>/semaine", weeks.week, name="week"),
    path("praticiens/<slug:slug>/dossier", weeks.record, name="record"),
    path(
        "praticiens/<slug:slug>/semaine/<int:weekday>/<str:half>",
        weeks.half_day,
        name="half-day",
    ),
    path(
        "praticiens/<slug:slug>/semaine/<int:weekday>/<str:half>/liberer",
        weeks.free_half_day,
        name="free-half-day",
    ),
    path("temps-partage", weeks.shared_time, name="shared"),
    path("repartition", allocations.allocations, name="allocations"),
    path("repartition/nouvelle", allocations.new, name="new-allocation"),
    path("repartition/<int:pk>", allocations.allocation, name="allocation"),
    path("repartition/<int:pk>/sites", allocations.sites, name="allocation-sites"),
    path(
        "repartition/<int:pk>/praticiens/<slug:slug>", allocations.person, name="allocation-person"
    ),
    path(
        "repartition/<int:pk>/praticiens/<slug:slug>/retirer",
        allocations.leave_out,
        name="leave-out",
    ),
    path("repartition/<int:pk>/calculer", allocations.start, name="compute-allocation"),
    path("repartition/<int:pk>/arreter", allocations.stop, name="stop-allocation"),
    path("repartition/<int:pk>/reprendre", allocations.again, name="copy-allocation"),
    path("repartition/<int:pk>/ecarter", allocations.drop, name="drop-allocation"),
    path("repartition/<int:pk>/retenir", allocations.keep, name="keep-allocation"),
    path("repartition/<int:pk>.csv", allocations.allocation_csv, name="allocation-csv"),
    path("demographie", demography.demography, name="demography"),
    path("demographie.csv", demography.demography_csv, name="demography-csv"),
    path("recrutement", recruiting.recruiting, name="recruiting"),
    path("candidatures/<str:key>/corriger", recruiting.correct_candidate, name="correct-candidate"),
    path("candidatures/<str:key>/suivre", recruiting.follow_candidate, name="follow-candidate"),
    path("appuis/proposer", recruiting.add_support, name="add-support"),
    path("appuis/<slug:slug>", recruiting.support, name="support"),
    path("appuis/<slug:slug>/suivre", recruiting.follow_support, name="follow-support"),
]
