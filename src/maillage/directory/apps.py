"""Registration of the directory room."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """The directory room."""

    name = "maillage.directory"
    label = "directory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room, and register its lists and names."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.accounts.organizations import register_names
        from maillage.directory.enums import MemberRole
        from maillage.directory.imports import TABLES
        from maillage.directory.queries import list_organization_names
        from maillage.exchange.tables import register

        register(*TABLES)
        name_acts(
            {
                "directory.join-group": "Entrée dans un groupement",
                "directory.leave-group": "Sortie d'un groupement",
                "directory.close-service": "Fermeture d'une offre",
                "directory.reopen-service": "Réouverture d'une offre",
                "directory.add-authorisation": "Ajout d'une autorisation",
                "directory.end-authorisation": "Fin d'une autorisation",
                "directory.link-account": "Compte relié à un praticien",
                "directory.unlink-account": "Compte retiré à un praticien",
            }
        )
        name_details(
            "directory",
            {
                "account": "compte",
                "called_off": "annulée avant son début",
                "ends_at": "au",
                "member_name": "membre",
                "role": "qualité",
                "starts_at": "du",
            },
            values={"role": MemberRole.choices},
            hidden=["member"],
        )
        register_names(lambda: dict(list_organization_names()))
