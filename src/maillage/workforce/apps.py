"""Registration of the workforce room."""

from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    """The workforce room."""

    name = "maillage.workforce"
    label = "workforce"
    default_auto_field = "django.db.models.BigAutoField"
