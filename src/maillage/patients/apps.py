"""Registration of the patients room."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """The patients room."""

    name = "maillage.patients"
    label = "patients"
    default_auto_field = "django.db.models.BigAutoField"
