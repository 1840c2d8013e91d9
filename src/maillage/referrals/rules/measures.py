"""What the figures measure: each measure with its formula and the columns of ``Referral`` that it
reads. The page prints this list, so that every number opens its definition."""

from __future__ import annotations

from dataclasses import dataclass

from maillage.referrals.enums import Kind
from maillage.referrals.rules.transitions import MOVED

ALL = frozenset(Kind)
REMOTE = frozenset({Kind.OPINION, Kind.MEETING})
"""Kinds whose product is a written answer, given without the patient."""


@dataclass(frozen=True)
class DelayMeasure:
    """A length of time: from ``start`` to ``end``, columns of ``Referral``."""

    key: str
    label: str
    start: str
    end: str
    kinds: frozenset[Kind]
    words: str

    @property
    def formula(self) -> str:
        kinds = "" if self.kinds == ALL else f" ; nature : {', '.join(_names(self.kinds))}"
        return f"{self.end} − {self.start}{kinds}"


@dataclass(frozen=True)
class ShareMeasure:
    """A share of the requests sent: those for which a condition holds."""

    key: str
    label: str
    formula: str
    words: str


def _names(kinds: frozenset[Kind]) -> list[str]:
    return [kind.label for kind in Kind if kind in kinds]


DELAY_MEASURES: tuple[DelayMeasure, ...] = (
    DelayMeasure(
        "vue", "Vue", "sent_at", "seen_at", ALL,
        "De l'envoi à la première ouverture par l'équipe sollicitée.",
    ),
    DelayMeasure(
        "reponse", "Réponse", "sent_at", "answered_at", REMOTE,
        "De l'envoi à la conclusion rendue, pour les avis et les RCP.",
    ),
    DelayMeasure(
        "accord", "Acceptation", "sent_at", "accepted_at", MOVED,
        "De l'envoi à l'accord complet : pour un transfert, le médecin et le lit.",
    ),
    DelayMeasure(
        "arrivee", "Arrivée", "sent_at", "arrived_at", frozenset({Kind.TRANSFER}),
        "De l'envoi de la demande de transfert à l'arrivée du patient.",
    ),
    DelayMeasure(
        "retour", "Retour", "sent_at", "arrived_at", frozenset({Kind.RETURN}),
        "De l'envoi de la demande de retour à l'arrivée dans l'établissement d'origine.",
    ),
)  # fmt: skip

SHARE_MEASURES: tuple[ShareMeasure, ...] = (
    ShareMeasure(
        "delai", "Dans les délais", "was_late = faux",
        "Demandes dont aucune attente n'a dépassé son échéance : celle de la clause, sinon celle "
        "par défaut.",
    ),
    ShareMeasure(
        "refus", "Refusées", "refused_at renseigné",
        "Demandes que l'équipe sollicitée a refusées, même si elles ont repris ensuite.",
    ),
    ShareMeasure(
        "hors", "Hors convention", "is_outside_agreement = vrai",
        "Demandes adressées sans convention, ni même établissement, ni même groupement.",
    ),
    ShareMeasure(
        "ecart", "Autre équipe choisie", "deviation renseigné",
        "Demandes adressées à une autre équipe que la première proposée ; le motif est demandé.",
    ),
)  # fmt: skip

LETTERS = ShareMeasure(
    "lettre", "Lettre le jour même", "Letter.sent_at, jour de Paris = Letter.left_on",
    "Lettres de liaison envoyées le jour de la sortie (CSP, R1112-1-2), parmi les sorties du "
    "trimestre qui ont une lettre rattachée à une demande.",
)  # fmt: skip

POPULATION = (
    "Demandes envoyées dans le trimestre (sent_at, heure de Paris), brouillons et erreurs de "
    "saisie exclus. Un délai court jour et nuit, en temps réel."
)
MEDIAN = (
    "Médiane : la moitié des demandes ont attendu ce temps au plus. 9 sur 10 : quatre-vingt-dix "
    "pour cent ont attendu ce temps au plus (rang supérieur, sans interpolation). Les demandes qui "
    "attendent encore n'ont pas de délai. Onze demandes au moins."
)
CONFIDENTIALITY = (
    "n.c. : non communiqué. Moins de onze demandes, ou un nombre qui permettrait d'en retrouver un "
    "par différence. « plus de » et « moins de » disent une part sans dire combien de demandes."
)


def get_delay_measure(key: str) -> DelayMeasure:
    """The measure of this key; the first one for an unknown key."""
    return next((one for one in DELAY_MEASURES if one.key == key), DELAY_MEASURES[0])
