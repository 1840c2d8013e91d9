"""Registration of the pathways room."""

from django.apps import AppConfig


class PathwaysConfig(AppConfig):
    """The pathways room."""

    name = "maillage.pathways"
    label = "pathways"
    default_auto_field = "django.db.models.BigAutoField"
