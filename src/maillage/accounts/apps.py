"""Registration of the accounts room."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The accounts room."""

    name = "maillage.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room; teach SQLite the French order of names."""
        from django.core.checks import Tags, register
        from django.db.backends.signals import connection_created

        from maillage.accounts.acts import name_acts
        from maillage.accounts.checks import check_encoding
        from maillage.accounts.names import teach_sqlite

        register(check_encoding, Tags.database)
        connection_created.connect(teach_sqlite, dispatch_uid="maillage.accounts.names")
        name_acts(
            {
                "accounts.log-in": "Connexion",
                "accounts.log-out": "Déconnexion",
                "accounts.log-in-failed": "Mot de passe refusé",
                "accounts.create-user": "Ouverture d'un compte",
                "accounts.close-account": "Fermeture d'un compte",
                "accounts.reopen-account": "Réouverture d'un compte",
                "accounts.reset-password": "Nouveau premier mot de passe",
                "accounts.change-password": "Changement de mot de passe",
                "accounts.grant-role": "Attribution d'un rôle",
                "accounts.revoke-role": "Retrait d'un rôle",
                "accounts.create-key": "Création d'une clé d'accès",
                "accounts.revoke-key": "Révocation d'une clé d'accès",
                "accounts.export-trail": "Export du journal",
            }
        )
