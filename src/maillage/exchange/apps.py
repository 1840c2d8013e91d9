"""Registration of the exchange room."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The exchange room."""

    name = "maillage.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room, and make its permissions known."""
        from maillage.accounts.acts import name_acts
        from maillage.exchange import permissions  # noqa: F401

        name_acts({"exchange.import": "Import d'une liste"})
