"""Registration of the agreements room."""

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """The agreements room."""

    name = "maillage.agreements"
    label = "agreements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from maillage.agreements.imports import TABLES
        from maillage.exchange.tables import register

        register(*TABLES)
