"""Registration of the jobs room."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The jobs room."""

    name = "maillage.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room, and declare its own regular work."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.jobs import permissions, tasks  # noqa: F401

        name_acts(
            {
                "jobs.start": "Demande d'un travail",
                "jobs.cancel": "Arrêt d'un travail",
                "jobs.fail": "Échec d'un travail",
            }
        )
        name_details("jobs", {"kind": "nature", "error": "motif", "running": "déjà commencé"})
