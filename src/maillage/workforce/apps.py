"""Registration of the workforce room."""

from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    """The workforce room."""

    name = "maillage.workforce"
    label = "workforce"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room, and register its lists."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.exchange.tables import register
        from maillage.workforce import tasks  # noqa: F401
        from maillage.workforce.enums import CandidateState, SupportState
        from maillage.workforce.imports import TABLES

        register(*TABLES)
        name_acts(
            {
                "workforce.read-record": "Lecture du dossier d'un praticien",
                "workforce.open-position": "Ouverture d'un poste",
                "workforce.close-position": "Fermeture d'un poste",
                "workforce.assign": "Affectation sur un poste",
                "workforce.end-assignment": "Fin d'une affectation",
                "workforce.set-half-day": "Modification d'une semaine",
                "workforce.remove-half-day": "Retrait d'une demi-journée",
                "workforce.add-support": "Nouvel appui entre établissements",
                "workforce.follow-support": "Suivi d'un appui",
                "workforce.add-candidate": "Nouvelle candidature",
                "workforce.correct-candidate": "Correction d'une candidature",
                "workforce.follow-candidate": "Suivi d'une candidature",
                "workforce.read-candidates": "Lecture des candidatures d'un poste",
                "workforce.erase-candidates": "Effacement de candidatures",
                "workforce.prepare-allocation": "Répartition de demi-journées préparée",
                "workforce.correct-allocation": "Répartition de demi-journées corrigée",
                "workforce.compute-allocation": "Calcul d'une répartition de demi-journées",
                "workforce.keep-allocation": "Répartition de demi-journées retenue",
                "workforce.drop-allocation": "Répartition de demi-journées écartée",
            }
        )
        name_details(
            "workforce",
            {
                "agreement": "convention",
                "count": "nombre",
                "from_state": "avant",
                "half_days": "demi-journées",
                "place": "lieu",
                "position": "poste",
                "practitioner_name": "praticien",
                "seconds": "durée (s)",
                "sites": "sites",
                "slot": "demi-journée",
                "to_state": "après",
                "what": "motif de lecture",
            },
            values={
                "from_state": [*SupportState.choices, *CandidateState.choices],
                "to_state": [*SupportState.choices, *CandidateState.choices],
            },
            hidden=["candidate", "practitioner"],
        )
