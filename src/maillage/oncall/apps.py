"""Registration of the oncall room."""

from django.apps import AppConfig


class OncallConfig(AppConfig):
    """The oncall room."""

    name = "maillage.oncall"
    label = "oncall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room, and register its lists."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.exchange.tables import register
        from maillage.oncall.imports import TABLES

        register(*TABLES)
        name_acts(
            {
                "oncall.generate-slots": "Création du tour de garde",
                "oncall.assign-slot": "Attribution d'un créneau de garde",
                "oncall.release-slot": "Libération d'un créneau de garde",
                "oncall.ask-for-roster": "Demande de garde",
                "oncall.answer-request": "Réponse à une demande de garde",
            }
        )
        name_details(
            "oncall",
            {
                "answer": "réponse",
                "created": "créneaux créés",
                "ends_at": "au",
                "first_day": "premier jour",
                "holes": "trous",
                "last_day": "dernier jour",
                "lines": "lignes de garde",
                "practitioner_name": "praticien",
                "reason": "motif",
                "service": "offre",
                "starts_at": "du",
                "state": "état",
            },
            hidden=["practitioner"],
        )
