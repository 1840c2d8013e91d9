"""Questions that several templates share: one name each, so that an answer serves them all."""

from __future__ import annotations

from maillage.referrals.rules.questions import YES_NO, Question, choice, choices, instant, number

GLASGOW = number("glasgow", "Score de Glasgow", between=(3, 15), help="De 3 à 15.")
SYSTOLIC = number("pas", "Pression artérielle systolique", "mmHg", between=(20, 320))
DIASTOLIC = number("pad", "Pression artérielle diastolique", "mmHg", between=(10, 220))
HEART_RATE = number("fc", "Fréquence cardiaque", "/min", between=(10, 320))
OXYGEN = number("spo2", "Saturation en oxygène", "%", between=(30, 100))
OXYGEN_NEED = number("o2", "Oxygène donné", "L/min", between=(0, 80), decimals=True)
TEMPERATURE = number("temperature", "Température", "°C", between=(20, 45), decimals=True)
WEIGHT = number("poids", "Poids", "kg", between=(0.3, 350), decimals=True)
CREATININE = number("creatinine", "Créatinine", "µmol/L", between=(5, 3000))
HAEMOGLOBIN = number("hemoglobine", "Hémoglobine", "g/dL", between=(1, 25), decimals=True)
ANTICOAGULANT = choice(
    "anticoagulant",
    "Anticoagulant",
    (
        ("aucun", "Aucun"),
        ("avk", "AVK"),
        ("aod", "Anticoagulant oral direct"),
        ("heparine", "Héparine"),
        ("inconnu", "Non connu"),
    ),
)
LAST_ANTICOAGULANT = instant(
    "derniere_prise", "Dernière prise de l'anticoagulant", help="Comme vous l'écrivez : hier 20h."
)
INR = number("inr", "INR", between=(0.5, 20), decimals=True)
ANTIPLATELET = choice("antiagregant", "Antiagrégant plaquettaire")
AUTONOMY = choice(
    "autonomie",
    "Autonomie avant l'épisode",
    (
        ("rankin_0_1", "Sans limitation (Rankin 0 ou 1)"),
        ("rankin_2", "Autonome, gêne légère (Rankin 2)"),
        ("rankin_3", "Aide pour certaines activités, marche seul (Rankin 3)"),
        ("rankin_4_5", "Dépendant (Rankin 4 ou 5)"),
        ("inconnu", "Non connue"),
    ),
)
ISOLATION = choices(
    "bmr",
    "Précautions particulières",
    (
        ("bmr", "Bactérie multirésistante connue"),
        ("bhre", "Contact avec une bactérie hautement résistante"),
        ("respiratoire", "Isolement respiratoire"),
        ("contact", "Isolement contact"),
    ),
)
LIMITS = choice(
    "limites",
    "Limitation ou arrêt de traitement décidé",
    (*YES_NO, ("discussion", "En discussion")),
)
LIFE_SUPPORT = choices(
    "suppleances",
    "Suppléances en cours",
    (
        ("intubation", "Ventilation invasive"),
        ("vni", "Ventilation non invasive ou haut débit"),
        ("amines", "Catécholamines"),
        ("sedation", "Sédation"),
        ("epuration", "Épuration extra-rénale"),
    ),
)
CT_SCAN = choice(
    "scanner",
    "Imagerie",
    (
        ("non_faite", "Pas encore faite"),
        ("faite", "Faite, images transmissibles"),
        ("faite_sur_place", "Faite, images non transmissibles"),
    ),
)
IMAGING_RESULT = Question(
    "resultat_imagerie",
    "Résultat de l'imagerie, et où elle a été faite",
    help="Date, lieu, conclusion.",
)
MOUTH = instant("dernier_repas", "Dernier repas ou boisson")
CONTEXT = Question("lieu_de_vie", "Lieu de vie et entourage")
