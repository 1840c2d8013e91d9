"""Registration of the coverage room."""

from django.apps import AppConfig


class CoverageConfig(AppConfig):
    """The coverage room."""

    name = "maillage.coverage"
    label = "coverage"
    default_auto_field = "django.db.models.BigAutoField"
