"""Registration of the territory room."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    """The territory room."""

    name = "maillage.territory"
    label = "territory"
    default_auto_field = "django.db.models.BigAutoField"
