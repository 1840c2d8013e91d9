"""Registration of the agreements room."""

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """The agreements room."""

    name = "maillage.agreements"
    label = "agreements"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room, and register its lists."""
        from maillage.accounts.acts import name_acts
        from maillage.agreements.imports import TABLES
        from maillage.exchange.tables import register

        register(*TABLES)
        name_acts(
            {
                "agreements.create": "Création d'une convention",
                "agreements.edit": "Modification d'une convention",
                "agreements.add-party": "Ajout d'une partie",
                "agreements.remove-party": "Retrait d'une partie",
                "agreements.set-missions": "Missions d'une convention",
                "agreements.add-scope": "Ajout au périmètre",
                "agreements.add-commitment": "Ajout d'un engagement",
                "agreements.add-clause": "Ajout d'une clause",
                "agreements.end-clause": "Fin d'une clause",
                "agreements.remove-clause": "Retrait d'une clause",
                "agreements.attach-document": "Document joint",
                "agreements.record-opinion": "Avis d'une instance",
                "agreements.sign": "Signature d'une partie",
                "agreements.change-state": "Étape d'une convention",
                "agreements.renew": "Reconduction d'une convention",
                "agreements.amend": "Ouverture d'un avenant",
                "agreements.close-amendment": "Clôture d'un avenant",
            }
        )
