"""Answers to the questions of a template, as a doctor in a hurry gives them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from maillage.referrals.rules.questions import Answer, Question, Template
from maillage.vocabulary.calendar import to_paris

NUMBERS: Mapping[str, tuple[float, float]] = {
    "adl": (3, 6), "adl_actuel": (1, 4), "albumine": (24, 40), "aspects": (6, 10),
    "bnp": (900, 14000), "creatinine": (55, 190), "crp": (4, 210), "cushman": (2, 14),
    "diametre": (48, 82), "diurese": (20, 90), "dlco": (45, 90), "fc": (58, 128),
    "fevg": (20, 50), "g8": (9, 16), "glasgow": (8, 15), "glycemie": (0.8, 2.4),
    "hba1c": (7, 11.5), "hbco": (1, 18), "hemoglobine": (8.5, 15), "inr": (1, 3.4),
    "ips": (0.3, 0.9), "kaliemie": (3.2, 5.6), "ki67": (5, 60), "lactate": (0.8, 5.5),
    "mmse": (14, 27), "nihss": (4, 22), "o2": (0, 9), "pad": (55, 105), "pas": (92, 195),
    "plaquettes": (95, 340), "poids": (48, 104), "re": (0, 100), "remplissage": (500, 4000),
    "rp": (0, 100), "spo2": (86, 99), "surface": (12, 45), "surface_3": (0, 20),
    "tabac": (0, 60), "taille": (8, 45), "temperature": (36.2, 39.2), "vems": (40, 95),
}  # fmt: skip
"""Between which values the answers of each question fall, by its key."""

TEXTS: Mapping[str, tuple[str, ...]] = {
    "aidant": ("Fille, présente chaque jour", "Conjoint, épuisé", "Voisine ; pas de famille"),
    "aides": ("Infirmière matin et soir, aide ménagère", "Aucune aide", "APA, repas portés"),
    "antibiotiques": ("Amoxicilline-acide clavulanique depuis 48 h, prélèvement fait", "Aucun"),
    "attente": ("Confirmer le diagnostic, protocole de soins", "Avis sur le traitement"),
    "bilan": ("Biologie standard et IRM faites, génétique en attente",),
    "biologie": ("TSH, B12, folates, ionogramme normaux",),
    "comorbidites": ("Hypertension, anxiété", "Cirrhose débutante", "Aucune connue"),
    "conduite": ("Ne conduit plus depuis six mois", "Conduit encore"),
    "contact": ("Médecin de garde du service, ligne directe du dossier",),
    "cote_et_taille": ("Lobe supérieur droit, 24 mm", "Gauche, décollement complet"),
    "defaillance": ("Respiratoire depuis 6 h, pneumopathie probable", "Neurologique brutale"),
    "deficit": ("Hémiparésie droite et aphasie", "Hémiplégie gauche, négligence", "Aucun"),
    "ecg": ("Rythme sinusal, QRS fins", "Fibrillation atriale rapide", "Bloc de branche gauche"),
    "examens_faits": ("Biologie et radiographie du thorax",),
    "fait": ("Geste réalisé sans complication, surveillance simple", "Bilan terminé, stable"),
    "histologie": ("Carcinome canalaire infiltrant, grade 2", "Carcinome lobulaire, grade 2"),
    "insuline": ("Metformine, gliclazide, insuline glargine 22 UI",),
    "lesions_associees": ("Aucune", "Fracture de la clavicule"),
    "lieu_de_vie": ("Domicile, vit seul", "Domicile avec conjoint", "EHPAD"),
    "maladie": ("Suspicion de vascularite", "Neuropathie héréditaire possible"),
    "membre": ("Membre inférieur gauche, pouls abolis sous le pli", "Droit, pouls poplité absent"),
    "plainte": ("Oublis, désorientation ; les proches confirment",),
    "plaie": ("Mal perforant sous M1 gauche, 2 cm, trois semaines", "Talon droit, 3 cm, un mois"),
    "premiers_signes": ("Vers 30 ans, par poussées",),
    "quantite": ("Dix verres par jour depuis cinq ans", "Héroïne 1 g par jour"),
    "radio": ("Pas d'ostéite visible", "Ostéolyse de la tête de M1"),
    "resultat_imagerie": ("Faite sur place ce jour, images transmises", "Voir compte rendu joint"),
    "risque": ("Insuffisance rénale modérée", "Diabète, artérite"),
    "souhait": ("Informée, souhaite un traitement conservateur si possible",),
    "suite": ("Poursuivre les traitements de la lettre, contrôle à un mois",),
    "traitements_recus": ("Chirurgie puis chimiothérapie, bonne tolérance",),
    "troponine": ("Négative à deux reprises", "120 ng/L, en hausse"),
}
"""What is written where a sentence is asked, by the key of the question."""

INSTANTS: Mapping[str, tuple[int, int]] = {
    "debut": (40, 300),
    "dernier_repas": (120, 600),
    "derniere_prise": (240, 1200),
    "derniere_prise_produit": (180, 2000),
    "thrombolyse_a": (10, 60),
    "pret_depuis": (60, 900),
}
"""How long before the request, in minutes."""

OFTEN = 0.7
"""How often a question that is not required is answered."""

NEEDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "inr": ("anticoagulant", ("avk",)),
    "derniere_prise": ("anticoagulant", ("avk", "aod", "heparine")),
    "thrombolyse_a": ("thrombolyse", ("en_cours", "faite")),
    "resultat_imagerie": ("scanner", ("faite", "faite_sur_place")),
}
"""Questions that only another answer makes sense of."""


def answer_template(rng: Random, template: Template, *, at: datetime) -> dict[str, str | list[str]]:
    """Answers to a template at an instant: all that is required, most of the rest."""
    given: dict[str, str | list[str]] = {}
    for question in template.questions:
        if not question.required and not _makes_sense(question, given):
            continue
        if question.required or rng.random() < OFTEN:
            answer = _answer(rng, question, at)
            if answer:
                given[question.key] = answer
    return given


def _makes_sense(question: Question, given: Mapping[str, str | list[str]]) -> bool:
    needed = NEEDS.get(question.key)
    return needed is None or given.get(needed[0]) in needed[1]


def _answer(rng: Random, question: Question, at: datetime) -> str | list[str]:
    values = [value for value, _ in question.choices]
    if question.kind is Answer.CHOICE:
        return rng.choice(values)
    if question.kind is Answer.CHOICES:
        most = 2 if question.required else 1
        return rng.sample(values, rng.randint(1 if question.required else 0, most))
    if question.kind is Answer.NUMBER:
        return _number(rng, question)
    if question.kind is Answer.INSTANT:
        before = rng.randint(*INSTANTS.get(question.key, (60, 600)))
        return to_paris(at - timedelta(minutes=before)).isoformat(timespec="minutes")
    known = TEXTS.get(question.key)
    if known:
        return rng.choice(known)
    return "Voir le résumé" if question.required else ""


def _number(rng: Random, question: Question) -> str:
    low, high = NUMBERS.get(question.key, (question.low or 0, question.high or 0))
    value = rng.uniform(low, high)
    kept = round(value, 1) if question.decimals else round(value)
    return f"{kept:g}".replace(".", ",")
