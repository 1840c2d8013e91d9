"""Registration of the coverage room."""

from django.apps import AppConfig


class CoverageConfig(AppConfig):
    """The coverage room."""

    name = "maillage.coverage"
    label = "coverage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the background work of this room, and name its acts."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.coverage import tasks  # noqa: F401

        name_acts(
            {
                "coverage.create-scenario": "Création d'un scénario",
                "coverage.change-scenario": "Modification d'un scénario",
                "coverage.delete-scenario": "Suppression d'un scénario",
                "coverage.ask-proof": "Demande d'une preuve de couverture",
                "coverage.take-network": "Téléchargement d'un réseau nominatif",
                "coverage.prove": "Calcul d'une preuve de couverture",
                "coverage.forget-proofs": "Suppression de preuves remplacées",
            }
        )
        name_details(
            "coverage",
            {
                "added": "changement ajouté",
                "alerts": "échéances",
                "changes": "changements",
                "copy_of": "copie de",
                "first_day": "du",
                "kept_current": "tenue à jour",
                "last_day": "au (exclu)",
                "network": "empreinte du réseau",
                "numbers": "numéros",
                "pathways": "filières",
                "proofs": "preuves",
                "removed": "changement retiré",
                "reused": "filières reprises",
                "revision": "révision",
            },
        )
