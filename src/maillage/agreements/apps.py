"""Registration of the agreements room."""

from typing import Any

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
                "agreements.add-delay": "Ajout d'un délai",
                "agreements.change-delay": "Changement d'un délai",
                "agreements.remove-delay": "Retrait d'un délai",
                "agreements.set-terms": "Retour et prix d'une clause",
                "agreements.attach-document": "Document joint",
                "agreements.record-opinion": "Avis d'une instance",
                "agreements.sign": "Signature d'une partie",
                "agreements.change-state": "Étape d'une convention",
                "agreements.renew": "Reconduction d'une convention",
                "agreements.amend": "Ouverture d'un avenant",
                "agreements.close-amendment": "Clôture d'un avenant",
            }
        )
        _name_details()


def _name_details() -> None:
    """What the acts of this room keep, in French."""
    from maillage.accounts.acts import name_details

    name_details("agreements", _detail_names(), values=_detail_values())


def _detail_names() -> dict[str, str]:
    return {
        "after": "après",
        "before": "avant",
        "body": "instance",
        "care_types": "soins",
        "changed": "changements",
        "clause": "clause",
        "clock": "étape",
        "commitment": "engagement",
        "date_precision": "précision des dates",
        "delay": "délai",
        "holds_authorisation": "porte une autorisation",
        "kind": "nature",
        "legal_basis": "base juridique",
        "medical_project_on": "projet médical du",
        "missions": "missions",
        "notice_months": "préavis en mois",
        "number": "avenant n°",
        "on": "date",
        "opinions_set_aside": "avis écartés",
        "parent": "convention dont elle est l'annexe",
        "party": "partie",
        "practitioner": "praticien",
        "price": "prix",
        "priority": "priorité",
        "renewal": "reconduction",
        "result": "avis",
        "return_within_hours": "retour sous (heures)",
        "role": "qualité",
        "scope": "périmètre",
        "short_title": "titre court",
        "signatures_set_aside": "signatures écartées",
        "size": "taille en octets",
        "summary": "objet",
        "title": "titre",
        "type": "format",
        "until": "nouveau terme",
        "version": "version",
    }


def _detail_values() -> dict[str, Any]:
    from maillage.agreements import enums
    from maillage.agreements.rules.documents import ACCEPTED
    from maillage.vocabulary.care import CareType

    states = enums.AgreementState.choices
    return {
        "after": states,
        "before": states,
        "body": enums.OpinionBody.choices,
        "care_types": CareType.choices(),
        "clock": enums.DelayClock.choices,
        "date_precision": (("day", "au jour"), ("month", "au mois"), ("year", "à l'année")),
        "holds_authorisation": (("True", "oui"), ("False", "non")),
        "kind": enums.AgreementKind.choices,
        "missions": enums.MissionKind.choices,
        "priority": enums.DelayPriority.choices,
        "renewal": enums.Renewal.choices,
        "result": enums.OpinionResult.choices,
        "role": enums.PartyRole.choices,
        "type": ((kind.content_type, kind.extension.upper()) for kind in ACCEPTED),
    }
