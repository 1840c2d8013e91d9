"""What is done and at which level: care types and levels, each bound to the national codes.

Codes come from the national health nomenclatures (NOS) of the Agence du numérique en santé:
TRE_R211 operational activity, TRE_R38 medical specialty, TRE_R213 care mode, and the value set
JDV_J227 (version 20251222) for the level of expertise. A care type that has no code of its own in
these lists is bound to the nearest broader one and says so (``exact=False``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from maillage.vocabulary.search import fold


@dataclass(frozen=True)
class NationalCode:
    """One code of a national list."""

    system: str
    code: str
    label: str
    exact: bool = True


def _r211(code: str, label: str, *, exact: bool = True) -> NationalCode:
    return NationalCode("TRE_R211", code, label, exact)


def _r213(code: str, label: str, *, exact: bool = True) -> NationalCode:
    return NationalCode("TRE_R213", code, label, exact)


def _r38(code: str, label: str, *, exact: bool = True) -> NationalCode:
    return NationalCode("TRE_R38", code, label, exact)


class CareType(Enum):
    """A kind of care: French label and national code on the same line."""

    def __init__(self, label: str, code: NationalCode) -> None:
        self.label = label
        self.code = code

    # fmt: off
    EMERGENCY = "Urgences", _r213("33", "Accueil des urgences")
    SMUR = "SMUR", _r38("SM59", "Médecine d'urgence", exact=False)
    GENERAL_MEDICINE = "Médecine générale", _r38("SM54", "Médecine générale")
    STROKE_UNIT = "Unité neurovasculaire", _r211("098", "Neurologie vasculaire")
    THROMBECTOMY = "Thrombectomie", _r211("098", "Neurologie vasculaire", exact=False)
    NEUROSURGERY = "Neurochirurgie", _r211("096", "Neurochirurgie")
    THORACIC_SURGERY = "Chirurgie thoracique", _r211("030", "Chirurgie thoracique et pulmonaire")
    PNEUMOLOGY = "Pneumologie", _r213("32", "Consultation (CS)", exact=False)
    BURNS = "Brûlés", _r211("012", "Brûlés")
    VASCULAR_MEDICINE = "Médecine vasculaire", _r38("SM61", "Médecine vasculaire")
    VASCULAR_SURGERY = "Chirurgie vasculaire", _r211("032", "Chirurgie vasculaire et endovasculaire")
    CARDIOLOGY = "Cardiologie", _r211("013", "Cardiologie générale")
    CARDIAC_ICU = "Soins intensifs de cardiologie", _r213("22", "Unité de soins intensifs (USI)", exact=False)
    INTERVENTIONAL_CARDIOLOGY = "Cardiologie interventionnelle", _r211("014", "Cardiologie interventionnelle")
    RHYTHMOLOGY = "Rythmologie", _r211("014", "Cardiologie interventionnelle", exact=False)
    CARDIAC_SURGERY = "Chirurgie cardiaque", _r211("018", "Chirurgie cardiaque et gros vaisseaux (cardio-vasculaire)")
    ADDICTION = "Addictologie", _r211("002", "Addictologie sans précision")
    BREAST_SCREENING = "Imagerie du sein", _r211("066", "Imagerie médicale (Radiologie)", exact=False)
    BREAST_SURGERY = "Chirurgie du sein", _r211("102", "Oncologie-cancérologie", exact=False)
    ONCOLOGY = "Oncologie", _r211("102", "Oncologie-cancérologie")
    GERIATRICS = "Gériatrie", _r211("050", "Gériatrie, Gérontologie")
    GERIATRIC_MOBILE_TEAM = "Équipe mobile de gériatrie", _r213("53", "Equipe mobile extra et intra-hospitalière", exact=False)
    MEMORY_CENTRE = "Consultation mémoire de recours", _r211("050", "Gériatrie, Gérontologie", exact=False)
    DIABETOLOGY = "Diabétologie", _r211("039", "Diabétologie")
    DIABETIC_FOOT = "Pied diabétique", _r211("039", "Diabétologie", exact=False)
    ENDOCRINE_SURGERY = "Chirurgie endocrinienne", _r211("020", "Chirurgie endocrinienne")
    MAXILLOFACIAL_SURGERY = "Chirurgie maxillo-faciale", _r211("024", "Chirurgie maxillo-faciale et stomatologie")
    STOMATOLOGY = "Stomatologie", _r38("SM50", "Stomatologie")
    ORTHOPAEDICS = "Orthopédie et traumatologie", _r211("026", "Chirurgie orthopédique et traumatologie")
    PAEDIATRIC_ORTHOPAEDICS = "Orthopédie pédiatrique", _r211("027", "Chirurgie pédiatrique", exact=False)
    PAEDIATRIC_SURGERY = "Chirurgie pédiatrique", _r211("027", "Chirurgie pédiatrique")
    PAEDIATRICS = "Pédiatrie", _r38("SM40", "Pédiatrie")
    NEONATOLOGY = "Néonatologie", _r211("094", "Néonatologie")
    OBSTETRICS = "Maternité", _r211("100", "Obstétrique")
    GYNAECOLOGY = "Gynécologie", _r211("054", "Gynécologie-obstétrique", exact=False)
    WOMENS_IMAGING = "Imagerie de la femme", _r211("066", "Imagerie médicale (Radiologie)", exact=False)
    TELE_EXPERTISE = "Télé-expertise", _r213("35", "Téléexpertise")
    GASTROENTEROLOGY = "Gastro-entérologie", _r211("047", "Gastro-entérologie et Hépatologie")
    VISCERAL_SURGERY = "Chirurgie viscérale", _r38("SM14", "Chirurgie viscérale et digestive")
    ANAESTHESIA = "Anesthésie", _r38("SM02", "Anesthésie-réanimation")
    INTENSIVE_CARE = "Réanimation", _r38("SM46", "Médecine intensive-réanimation")
    INFECTIOUS_DISEASES = "Maladies infectieuses", _r211("077", "Maladies infectieuses, parasitaires et tropicales")
    RARE_DISEASES = "Maladies rares", _r38("SM17", "Génétique médicale", exact=False)
    IMAGING = "Imagerie médicale", _r211("066", "Imagerie médicale (Radiologie)")
    REHABILITATION = "Soins médicaux et de réadaptation", _r213("28", "Hospitalisation complète (HC)", exact=False)
    # fmt: on

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Stored value (the English name) and French label, by label."""
        return sorted(
            ((member.name, member.label) for member in cls), key=lambda pair: fold(pair[1])
        )


class CareLevel(Enum):
    """Level of the graded offer (Code de la santé publique, L6111-3-1), bound to JDV_J227."""

    def __init__(self, label: str, code: NationalCode, rank: int) -> None:
        self.label = label
        self.code = code
        self.rank = rank

    # fmt: off
    PROXIMITY = "Proximité", NationalCode("JDV_J227", "27", "Premier niveau de recours"), 1
    RECOURSE = "Recours", NationalCode("JDV_J227", "28", "Deuxième niveau de recours"), 2
    REFERENCE = "Référence", NationalCode("JDV_J227", "29", "Troisième niveau de recours"), 3
    # fmt: on

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Stored value (the English name) and French label, by rank."""
        return [(member.name, member.label) for member in cls]


FINER_LEVELS: dict[tuple[CareType, CareLevel], NationalCode] = {
    (CareType.STROKE_UNIT, CareLevel.RECOURSE): NationalCode(
        "JDV_J227", "37", "Unité neurovasculaire de territoire"
    ),
    (CareType.STROKE_UNIT, CareLevel.REFERENCE): NationalCode(
        "JDV_J227", "38", "Unité neurovasculaire de recours"
    ),
    (CareType.RARE_DISEASES, CareLevel.REFERENCE): NationalCode(
        "JDV_J227", "10", "Centre de référence"
    ),
    (CareType.RARE_DISEASES, CareLevel.RECOURSE): NationalCode(
        "JDV_J227", "11", "Centre de compétence"
    ),
}
"""Care types for which the national list of levels has a code of its own."""


def level_code(care_type: CareType, level: CareLevel) -> NationalCode:
    """The national code of a level, the finer one where the care type has it."""
    return FINER_LEVELS.get((care_type, level), level.code)


SPECIALTIES: dict[str, str] = {
    "SM02": "Anesthésie-réanimation",
    "SM04": "Cardiologie et maladies vasculaires",
    "SM06": "Chirurgie maxillo-faciale",
    "SM08": "Chirurgie orthopédique et traumatologie",
    "SM09": "Chirurgie infantile",
    "SM11": "Chirurgie thoracique et cardio-vasculaire",
    "SM13": "Chirurgie vasculaire",
    "SM14": "Chirurgie viscérale et digestive",
    "SM17": "Génétique médicale",
    "SM18": "Gériatrie",
    "SM20": "Gynécologie-obstétrique",
    "SM24": "Gastro-entérologie et hépatologie",
    "SM31": "Neurochirurgie",
    "SM32": "Neurologie",
    "SM36": "Oncologie médicale",
    "SM40": "Pédiatrie",
    "SM41": "Pneumologie",
    "SM44": "Radiodiagnostic",
    "SM46": "Médecine intensive-réanimation",
    "SM50": "Stomatologie",
    "SM54": "Médecine générale",
    "SM58": "Maladies infectieuses et tropicales",
    "SM59": "Médecine d'urgence",
    "SM61": "Médecine vasculaire",
    "SM62": "Endocrinologie, diabétologie, nutrition",
}
"""Medical specialties (TRE_R38) used by the example territory: code, French label."""
