"""Pages of the accounts room."""

from django.urls import path

from maillage.accounts import views

app_name = "accounts"
urlpatterns = [
    path("connexion", views.log_in, name="login"),
    path("deconnexion", views.log_out, name="logout"),
    path("compte", views.account, name="account"),
    path("compte/mot-de-passe", views.change_password, name="change-password"),
    path("compte/cles", views.create_key, name="create-key"),
    path("compte/cles/<int:pk>/revoquer", views.revoke_key, name="revoke-key"),
    path("utilisateurs", views.users, name="users"),
    path("utilisateurs/nouveau", views.new_user, name="new-user"),
    path("utilisateurs/<str:username>", views.user, name="user"),
    path("utilisateurs/<str:username>/roles", views.grant_role, name="grant-role"),
    path("utilisateurs/<str:username>/roles/<int:pk>", views.revoke_role, name="revoke-role"),
    path("utilisateurs/<str:username>/fermer", views.close_account, name="close-account"),
    path("utilisateurs/<str:username>/rouvrir", views.reopen_account, name="reopen-account"),
    path("utilisateurs/<str:username>/mot-de-passe", views.reset_password, name="reset-password"),
    path("journal", views.audit, name="audit"),
    path("journal.csv", views.audit_csv, name="audit-csv"),
]
