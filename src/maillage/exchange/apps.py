"""Registration of the exchange room."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The exchange room."""

    name = "maillage.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"
