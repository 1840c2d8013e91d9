"""The tables of a proof in French: the head of each column of a CSV, what each file is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maillage.coverage.rules.measures import MEASURES, NBSP, REASON_MEASURES

COMMUNE_NAME = "commune"
"""Head of the column that stands after the code of a commune: its name."""

UNITS: Mapping[str, str] = {
    "steps": "heures_habitants",
    "communes": "heures",
    "moments": "habitants",
}
"""What the categories of each table are counted in: the beginning of their heads."""

_HEADS: Mapping[str, str] = {
    "pathway": "filiere",
    "step": "etape",
    "care_type": "soin",
    "level": "niveau",
    "target_minutes": "delai_vise_minutes",
    "residents": "habitants_concernes",
    "hours_due": "heures_dues",
    "person_hours_due": "heures_habitants_dues",
    "age_min": "age_min",
    "age_max": "age_max_exclu",
    "commune": "code",
    "starts_at": "debut",
    "ends_at": "fin_exclue",
    "mean_minutes": "minutes_moyennes",
    "worst_minutes": "minutes_maximales",
    "kind": "nature",
    "element": "element",
    "hours": "heures",
    "person_hours": "heures_habitants",
}

KINDS: Mapping[str, str] = {"service": "service", "clause": "clause", "holder": "titulaire"}
"""French words of the kinds of fragile points."""


def _measured() -> dict[str, str]:
    """Each category that a measure has for itself, and the fragile share, by the word that the map
    has for it in its addresses."""
    return {
        measure.categories[0]: column_word(measure.slug)
        for measure in (*MEASURES, *REASON_MEASURES)
        if len(measure.categories) == 1
    }


def column_word(slug: str) -> str:
    """A word of an address as the head of a column: « non-couvert » reads « non_couvert »."""
    return slug.replace("-", "_")


def csv_head(table: str, column: str) -> str:
    """The head of a column of a table in its CSV: « on_target » of ``communes`` reads
    « heures_delai ». A column that is not known keeps its name."""
    measured = _measured()
    if column in measured and table in UNITS:
        return f"{UNITS[table]}_{measured[column]}"
    return _HEADS.get(column, column)


def file_size(octets: int) -> str:
    """« 812 octets », « 34 ko », « 1,2 Mo »: in powers of ten."""
    if octets < 1_000:
        return f"{octets}{NBSP}octets"
    if octets < 1_000_000:
        return f"{max(1, round(octets / 1_000))}{NBSP}ko"
    return f"{octets / 1_000_000:.1f}{NBSP}Mo".replace(".", ",")


@dataclass(frozen=True)
class FileWords:
    """What a file of a proof holds: a title and a sentence."""

    title: str
    sentence: str


FILES: Mapping[str, FileWords] = {
    "steps": FileWords(
        "Totaux par étape",
        "Une ligne par filière et étape : heures-habitants dues, dans le délai, à la limite, hors "
        "délai, non couvertes par raison.",
    ),
    "communes": FileWords(
        "Commune par commune",
        "Une ligne par étape, tranche d'âge et commune : heures dues et leur répartition, délai "
        "moyen et délai le plus long.",
    ),
    "moments": FileWords(
        "Heure par heure",
        "Une ligne par étape et intervalle où rien ne change : combien d'habitants sont dans le "
        "délai, hors délai ou non couverts.",
    ),
    "exposures": FileWords(
        "Points fragiles",
        "Une ligne par étape et service, clause ou titulaire dont le retrait laisserait un trou : "
        "heures et heures-habitants qui en dépendent.",
    ),
    "network.json.gz": FileWords(
        "Le réseau",
        "Le territoire dont la preuve est calculée, avec quoi la refaire sans le site ; son "
        "empreinte est celle de la preuve. Il nomme chaque titulaire de garde : réservé aux rôles "
        "qui construisent des scénarios.",
    ),
    "manifest.json": FileWords(
        "Le manifeste",
        "Horizon, empreinte du réseau, version du moteur, date du calcul et filières reprises "
        "d'une preuve antérieure.",
    ),
}
"""What each table and file of a proof is, by its name."""
