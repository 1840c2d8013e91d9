"""Registration of the territory room."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    """The territory room."""

    name = "maillage.territory"
    label = "territory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the lists of the room known to the exchange, and its acts to the trail."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.exchange.tables import register
        from maillage.territory.imports import TABLES

        name_acts({"territory.load_communes": "Chargement des communes"})
        name_details(
            "territory",
            {
                "package": "source",
                "partial": "contours partiels",
                "repaired": "contours réparés",
            },
        )
        register(*TABLES)
