"""The filters that set rows aside, each with the French sentence that a report prints."""

from __future__ import annotations

RULES: dict[str, str] = {
    "EMPTY": "Ligne vide.",
    "DUPLICATE": (
        "La même ligne est donnée plusieurs fois (fichiers cumulés) : la dernière est retenue."
    ),
    "UNCHAINED": "Séjour ou passage dont aucun fichier ne dit le patient : non chaîné.",
    "CHAIN_CONFLICT": "Un séjour que le chaînage donne à deux patients différents.",
    "CHAIN_ERROR": "Un code retour du chaînage n'est pas à zéro.",
    "GHM90": "Erreur de groupage (GHM commençant par 90).",
    "SEJ_TYP": "Prestation inter-établissement du côté prestataire (type de séjour B).",
    "FINESS_TWICE": "Numéro FINESS géographique en double (APHP, APHM, HCL, jusqu'en 2018).",
    "DPN_QLF": "Soin déjà compté dans le PMSI ou pour information (qualificatif 71 ou 72).",
    "ETE_IND_TAA": "Activité d'un établissement public financée par la T2A, comptée dans le PMSI.",
    "IMB_ETM_NAT": "Exonération qui n'est pas une affection de longue durée (41, 43, 45).",
    "PARENT": "Ligne d'un séjour ou d'une prestation qui est mis de côté.",
    "CANCELLED": "Délivrance annulée par une régularisation.",
    "NOT_VALUED": "Séjour non valorisé (VALO à 0 ou absent) : il n'a pas de montant.",
    "CURRENCY": "Montant dans une autre monnaie que l'euro.",
    "UNUSED": "Prestation dont le modèle d'événements n'a pas l'usage.",
    "NO_ATC": "Médicament sans classe ATC connue.",
    "NOT_FINAL": "Ressource annulée, saisie par erreur ou non réalisée.",
    "NOT_OBSERVED": "Événement qui n'est ni un séjour, ni une visite du modèle d'événements.",
}


def used(codes: set[str]) -> dict[str, str]:
    """The sentences of these rules."""
    return {code: RULES[code] for code in sorted(codes)}
