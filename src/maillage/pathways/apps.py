"""Registration of the pathways room."""

from django.apps import AppConfig


class PathwaysConfig(AppConfig):
    """The pathways room."""

    name = "maillage.pathways"
    label = "pathways"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from maillage.exchange.tables import register
        from maillage.pathways.imports import TABLES

        register(*TABLES)
