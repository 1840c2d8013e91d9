"""Registration of the population room."""

from django.apps import AppConfig


class PopulationConfig(AppConfig):
    """The population room."""

    name = "maillage.population"
    label = "population"
    default_auto_field = "django.db.models.BigAutoField"
