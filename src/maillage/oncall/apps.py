"""Registration of the oncall room."""

from django.apps import AppConfig


class OncallConfig(AppConfig):
    """The oncall room."""

    name = "maillage.oncall"
    label = "oncall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from maillage.exchange.tables import register
        from maillage.oncall.imports import TABLES

        register(*TABLES)
