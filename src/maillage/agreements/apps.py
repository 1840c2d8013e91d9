"""Registration of the agreements room."""

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """The agreements room."""

    name = "maillage.agreements"
    label = "agreements"
    default_auto_field = "django.db.models.BigAutoField"
