"""Care types and levels: each bound to a code that the national lists really hold."""

from __future__ import annotations

import unicodedata

import pytest

from maillage.vocabulary.care import (
    FINER_LEVELS,
    SPECIALTIES,
    CareLevel,
    CareType,
    NationalCode,
    level_code,
)

# Typed from the national health nomenclatures (ANS): terminology, code, label.
NATIONAL = {
    ("TRE_R38", "SM02"): "Anesthésie-réanimation",
    ("TRE_R38", "SM14"): "Chirurgie viscérale et digestive",
    ("TRE_R38", "SM17"): "Génétique médicale",
    ("TRE_R38", "SM40"): "Pédiatrie",
    ("TRE_R38", "SM46"): "Médecine intensive-réanimation",
    ("TRE_R38", "SM50"): "Stomatologie",
    ("TRE_R38", "SM54"): "Médecine générale",
    ("TRE_R38", "SM59"): "Médecine d'urgence",
    ("TRE_R38", "SM61"): "Médecine vasculaire",
    ("TRE_R211", "002"): "Addictologie sans précision",
    ("TRE_R211", "012"): "Brûlés",
    ("TRE_R211", "013"): "Cardiologie générale",
    ("TRE_R211", "014"): "Cardiologie interventionnelle",
    ("TRE_R211", "018"): "Chirurgie cardiaque et gros vaisseaux (cardio-vasculaire)",
    ("TRE_R211", "020"): "Chirurgie endocrinienne",
    ("TRE_R211", "024"): "Chirurgie maxillo-faciale et stomatologie",
    ("TRE_R211", "026"): "Chirurgie orthopédique et traumatologie",
    ("TRE_R211", "027"): "Chirurgie pédiatrique",
    ("TRE_R211", "030"): "Chirurgie thoracique et pulmonaire",
    ("TRE_R211", "032"): "Chirurgie vasculaire et endovasculaire",
    ("TRE_R211", "039"): "Diabétologie",
    ("TRE_R211", "047"): "Gastro-entérologie et Hépatologie",
    ("TRE_R211", "050"): "Gériatrie, Gérontologie",
    ("TRE_R211", "054"): "Gynécologie-obstétrique",
    ("TRE_R211", "066"): "Imagerie médicale (Radiologie)",
    ("TRE_R211", "077"): "Maladies infectieuses, parasitaires et tropicales",
    ("TRE_R211", "094"): "Néonatologie",
    ("TRE_R211", "096"): "Neurochirurgie",
    ("TRE_R211", "098"): "Neurologie vasculaire",
    ("TRE_R211", "100"): "Obstétrique",
    ("TRE_R211", "102"): "Oncologie-cancérologie",
    ("TRE_R213", "22"): "Unité de soins intensifs (USI)",
    ("TRE_R213", "28"): "Hospitalisation complète (HC)",
    ("TRE_R213", "32"): "Consultation (CS)",
    ("TRE_R213", "33"): "Accueil des urgences",
    ("TRE_R213", "35"): "Téléexpertise",
    ("TRE_R213", "53"): "Equipe mobile extra et intra-hospitalière",
}

EXACT = {
    "EMERGENCY": ("TRE_R213", "33"),
    "STROKE_UNIT": ("TRE_R211", "098"),
    "NEUROSURGERY": ("TRE_R211", "096"),
    "THORACIC_SURGERY": ("TRE_R211", "030"),
    "BURNS": ("TRE_R211", "012"),
    "VASCULAR_SURGERY": ("TRE_R211", "032"),
    "CARDIOLOGY": ("TRE_R211", "013"),
    "CARDIAC_SURGERY": ("TRE_R211", "018"),
    "ADDICTION": ("TRE_R211", "002"),
    "ONCOLOGY": ("TRE_R211", "102"),
    "GERIATRICS": ("TRE_R211", "050"),
    "DIABETOLOGY": ("TRE_R211", "039"),
    "ENDOCRINE_SURGERY": ("TRE_R211", "020"),
    "MAXILLOFACIAL_SURGERY": ("TRE_R211", "024"),
    "STOMATOLOGY": ("TRE_R38", "SM50"),
    "ORTHOPAEDICS": ("TRE_R211", "026"),
    "PAEDIATRIC_SURGERY": ("TRE_R211", "027"),
    "PAEDIATRICS": ("TRE_R38", "SM40"),
    "OBSTETRICS": ("TRE_R211", "100"),
    "GASTROENTEROLOGY": ("TRE_R211", "047"),
    "TELE_EXPERTISE": ("TRE_R213", "35"),
    "ANAESTHESIA": ("TRE_R38", "SM02"),
    "INTENSIVE_CARE": ("TRE_R38", "SM46"),
    "INFECTIOUS_DISEASES": ("TRE_R211", "077"),
}

SPECIALTY_CODES = {
    "SM02", "SM04", "SM06", "SM08", "SM09", "SM11", "SM13", "SM14", "SM17", "SM18", "SM20", "SM24",
    "SM31", "SM32", "SM36", "SM40", "SM41", "SM44", "SM46", "SM50", "SM54", "SM58", "SM59", "SM61",
    "SM62",
}  # fmt: skip


@pytest.mark.parametrize("care", list(CareType), ids=lambda care: care.name)
def test_every_care_type_is_bound_to_a_national_code(care: CareType) -> None:
    assert care.label.strip() == care.label != ""
    assert NATIONAL[care.code.system, care.code.code] == care.code.label


@pytest.mark.parametrize("name", sorted(EXACT))
def test_care_types_with_a_code_of_their_own_say_so(name: str) -> None:
    code = CareType[name].code
    assert (code.system, code.code) == EXACT[name]
    assert code.exact


def test_two_care_types_never_claim_the_same_exact_code() -> None:
    claimed = [(care.code.system, care.code.code) for care in CareType if care.code.exact]
    assert sorted(claimed) == sorted(set(claimed))


@pytest.mark.parametrize("name", ["THROMBECTOMY", "RARE_DISEASES", "BREAST_SURGERY"])
def test_a_broader_code_is_not_called_exact(name: str) -> None:
    assert not CareType[name].code.exact


def test_every_field_of_the_mission_has_a_care_type() -> None:
    named = {
        "THORACIC_SURGERY", "BURNS", "RARE_DISEASES", "NEUROSURGERY", "ORTHOPAEDICS", "GYNAECOLOGY",
        "OBSTETRICS", "PAEDIATRIC_SURGERY", "VASCULAR_SURGERY", "ANAESTHESIA", "INTENSIVE_CARE",
        "WOMENS_IMAGING", "TELE_EXPERTISE", "PAEDIATRICS", "RHYTHMOLOGY", "GASTROENTEROLOGY",
        "STOMATOLOGY", "MAXILLOFACIAL_SURGERY", "ENDOCRINE_SURGERY", "PAEDIATRIC_ORTHOPAEDICS",
        "EMERGENCY", "CARDIOLOGY", "ONCOLOGY", "INFECTIOUS_DISEASES", "ADDICTION", "GERIATRICS",
    }  # fmt: skip
    assert named <= {care.name for care in CareType}


def test_labels_are_distinct_and_choices_hold_them_all() -> None:
    labels = [care.label for care in CareType]
    assert len(labels) == len(set(labels)) == len(CareType)
    choices = CareType.choices()
    assert dict(choices) == {care.name: care.label for care in CareType}
    assert [label for _, label in choices] == sorted(labels, key=without_accents)


def without_accents(text: str) -> str:
    """French order: « Équipe » stands with « Endocrinienne », not after « Z »."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def test_levels_are_the_three_of_the_graded_offer_in_order() -> None:
    assert [(level.name, level.label, level.code.code) for level in CareLevel] == [
        ("PROXIMITY", "Proximité", "27"),
        ("RECOURSE", "Recours", "28"),
        ("REFERENCE", "Référence", "29"),
    ]
    assert {level.code.system for level in CareLevel} == {"JDV_J227"}
    assert [value for value, _ in CareLevel.choices()] == ["PROXIMITY", "RECOURSE", "REFERENCE"]


def test_a_level_has_a_finer_code_only_where_the_national_list_has_one() -> None:
    stroke, burns = CareType.STROKE_UNIT, CareType.BURNS
    assert level_code(stroke, CareLevel.RECOURSE).code == "37"
    assert level_code(stroke, CareLevel.REFERENCE).code == "38"
    assert level_code(stroke, CareLevel.PROXIMITY) == CareLevel.PROXIMITY.code
    assert level_code(burns, CareLevel.REFERENCE) == CareLevel.REFERENCE.code
    assert all(isinstance(code, NationalCode) for code in FINER_LEVELS.values())
    assert {code.system for code in FINER_LEVELS.values()} == {"JDV_J227"}


def test_specialties_are_codes_of_the_national_list() -> None:
    assert set(SPECIALTIES) <= SPECIALTY_CODES
    assert all(label for label in SPECIALTIES.values())
