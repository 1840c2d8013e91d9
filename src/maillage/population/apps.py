"""Registration of the population room."""

from django.apps import AppConfig


class PopulationConfig(AppConfig):
    """The population room."""

    name = "maillage.population"
    label = "population"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the background work of this room and name its acts."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.population import tasks  # noqa: F401
        from maillage.population.enums import LegalBasis, SourceKind

        name_acts(
            {
                "population.create-data-set": "Création d'un jeu de données de santé",
                "population.delete-data-set": "Suppression d'un jeu de données de santé",
                "population.load-version": "Chargement de données de santé demandé",
                "population.loaded-version": "Données de santé chargées",
                "population.accept-version": "Acceptation de données de santé",
                "population.refuse-version": "Refus de données de santé",
                "population.use-version": "Remise en usage de données de santé",
                "population.retire-version": "Retrait de données de santé",
                "population.delete-version": "Suppression de données de santé",
                "population.take-rejects": "Téléchargement de lignes rejetées",
                "population.ask-computation": "Calcul d'indicateurs demandé",
                "population.compute": "Calcul d'indicateurs",
                "population.show-computation": "Choix du calcul montré",
                "population.delete-computation": "Suppression d'un calcul",
                "population.save-definition": "Écriture d'une cohorte",
                "population.preview-definition": "Décompte d'essai d'une cohorte",
                "population.publish-definition": "Publication d'une cohorte",
                "population.retire-definition": "Retrait d'une cohorte",
                "population.export": "Export d'indicateurs",
                "population.open-list": "Ouverture d'une liste de personnes",
                "population.read-list": "Lecture d'une liste de personnes",
                "population.take-list": "Téléchargement d'une liste de personnes",
                "population.close-list": "Fermeture d'une liste de personnes",
            }
        )
        name_details(
            "population",
            {
                "computation": "calcul",
                "computations": "calculs",
                "definitions": "empreinte des définitions",
                "fingerprint": "empreinte",
                "instead": "à la place de",
                "is_nominative": "identifiants gardés",
                "kind": "format",
                "legal_basis": "base légale",
                "origin": "origine",
                "purpose": "finalité",
                "version": "version",
                "years": "années",
            },
            values={"kind": SourceKind.choices, "legal_basis": LegalBasis.choices},
        )
