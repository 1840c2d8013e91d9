"""Registration of the pathways room."""

from django.apps import AppConfig


class PathwaysConfig(AppConfig):
    """The pathways room."""

    name = "maillage.pathways"
    label = "pathways"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room, and register its lists."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.exchange.tables import register
        from maillage.pathways.enums import VersionState
        from maillage.pathways.imports import TABLES

        register(*TABLES)
        name_acts(
            {
                "pathways.create": "Création d'une filière",
                "pathways.edit": "Modification de la fiche d'une filière",
                "pathways.create-version": "Nouvelle version d'une filière",
                "pathways.edit-version": "Modification d'une filière",
                "pathways.change-state": "Étape d'une version de filière",
                "pathways.add-step": "Ajout d'une étape de filière",
                "pathways.edit-step": "Modification d'une étape de filière",
                "pathways.move-step": "Déplacement d'une étape de filière",
                "pathways.remove-step": "Retrait d'une étape de filière",
            }
        )
        name_details(
            "pathways",
            {
                "from_state": "avant",
                "on": "date",
                "step": "étape",
                "to_state": "après",
                "version": "version",
            },
            values={"from_state": VersionState.choices, "to_state": VersionState.choices},
        )
