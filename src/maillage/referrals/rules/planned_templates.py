"""Templates of pathways whose requests are mostly planned, the default one, that of a return.
See ``rules.templates``."""

from __future__ import annotations

from maillage.referrals.rules.questions import (
    YES_NO,
    Question,
    Template,
    choice,
    choices,
    instant,
    number,
)
from maillage.referrals.rules.shared_questions import (
    ANTICOAGULANT,
    ANTIPLATELET,
    AUTONOMY,
    CONTEXT,
    CREATININE,
    CT_SCAN,
    HAEMOGLOBIN,
    HEART_RATE,
    IMAGING_RESULT,
    ISOLATION,
    LIMITS,
    OXYGEN,
    SYSTOLIC,
    TEMPERATURE,
    WEIGHT,
)

BREAST = Template(
    "Cancer du sein : fiche de réunion de concertation",
    (
        choice(
            "cote",
            "Côté",
            (("droit", "Droit"), ("gauche", "Gauche"), ("bilateral", "Bilatéral")),
            required=True,
        ),
        choice(
            "acr",
            "Classification ACR de l'imagerie",
            tuple((f"ACR{n}", f"ACR {n}") for n in range(7)),
        ),
        number("taille", "Taille de la lésion", "mm", between=(0, 300)),
        Question("histologie", "Histologie et grade", help="Type, grade SBR, date de la biopsie."),
        choice(
            "t",
            "T",
            (
                ("Tx", "Tx"),
                ("Tis", "Tis"),
                ("T0", "T0"),
                ("T1", "T1"),
                ("T2", "T2"),
                ("T3", "T3"),
                ("T4", "T4"),
            ),
            help="Classification TNM, clinique ou pathologique.",
        ),
        choice("n", "N", (("Nx", "Nx"), ("N0", "N0"), ("N1", "N1"), ("N2", "N2"), ("N3", "N3"))),
        choice("m", "M", (("Mx", "Mx"), ("M0", "M0"), ("M1", "M1"))),
        number("re", "Récepteurs aux œstrogènes", "%", between=(0, 100)),
        number("rp", "Récepteurs à la progestérone", "%", between=(0, 100)),
        choice(
            "her2",
            "HER2",
            (
                ("0", "0"),
                ("1+", "1+"),
                ("2+_fish-", "2+, hybridation négative"),
                ("2+_fish+", "2+, hybridation positive"),
                ("3+", "3+"),
                ("attente", "En attente"),
            ),
        ),
        number("ki67", "Ki-67", "%", between=(0, 100)),
        choice("menopause", "Ménopause", YES_NO),
        Question("antecedents_familiaux", "Antécédents familiaux, oncogénétique"),
        choice(
            "performance",
            "État général (OMS)",
            tuple((str(n), f"OMS {n}") for n in range(5)),
        ),
        number("g8", "Score G8 (à partir de 75 ans)", between=(0, 17), decimals=True),
        Question(
            "souhait",
            "Souhait de la patiente",
            help="Ce qu'elle a dit de l'annonce et du traitement.",
        ),
        IMAGING_RESULT,
    ),
    "Lésion ACR 5, biopsie positive : stratégie ?",
)

ONCOLOGY = Template(
    "Oncologie : ce que l'équipe demande",
    (
        *BREAST.questions,
        Question("traitements_recus", "Traitements déjà reçus", help="Lignes, dates, tolérance."),
        Question("question_essai", "Essai clinique envisagé"),
    ),
    "Rechute, inclusion possible dans un essai ?",
)

OLDER = Template(
    "Personne âgée : ce que l'équipe de gériatrie demande",
    (
        choices(
            "changements",
            "Ce qui a changé",
            (
                ("chute", "Chute"),
                ("confusion", "Confusion"),
                ("perte_autonomie", "Perte d'autonomie"),
                ("denutrition", "Perte de poids, dénutrition"),
                ("comportement", "Troubles du comportement"),
                ("medicaments", "Iatrogénie possible"),
                ("maintien", "Maintien à domicile impossible"),
            ),
            required=True,
        ),
        number("adl", "Score ADL avant l'épisode", between=(0, 6), decimals=True, help="De 0 à 6."),
        number("adl_actuel", "Score ADL aujourd'hui", between=(0, 6), decimals=True),
        number("mmse", "MMSE connu", between=(0, 30)),
        CONTEXT,
        Question("aides", "Aides en place", help="Infirmière, aide à domicile, EHPAD, APA."),
        Question("aidant", "Aidant et personne de confiance"),
        HAEMOGLOBIN,
        CREATININE,
        number("albumine", "Albumine", "g/L", between=(5, 70)),
        WEIGHT,
        ISOLATION,
        LIMITS,
    ),
    "Chutes répétées et confusion, place en court séjour ?",
)

MEMORY = Template(
    "Consultation mémoire : ce que l'équipe demande",
    (
        choice(
            "debut_troubles",
            "Début des troubles",
            (
                ("moins_6_mois", "Moins de 6 mois"),
                ("6_24_mois", "6 à 24 mois"),
                ("plus_2_ans", "Plus de 2 ans"),
            ),
            required=True,
        ),
        number("mmse", "MMSE", between=(0, 30), required=True, help="De 0 à 30."),
        Question("plainte", "Plainte, et ce que disent les proches"),
        choice(
            "scolarite",
            "Niveau d'études",
            (("primaire", "Primaire"), ("secondaire", "Secondaire"), ("superieur", "Supérieur")),
        ),
        CONTEXT,
        Question("conduite", "Conduite automobile, armes, gestion d'argent"),
        Question("biologie", "Bilan fait", help="TSH, B12, folates, ionogramme, sérologies."),
        CT_SCAN,
        IMAGING_RESULT,
    ),
    "Trouble neurocognitif atypique, bilan de recours ?",
)

ADDICTION = Template(
    "Addictologie : ce que l'équipe demande",
    (
        choices(
            "produits",
            "Produits",
            (
                ("alcool", "Alcool"),
                ("opioides", "Opioïdes"),
                ("benzodiazepines", "Benzodiazépines"),
                ("cannabis", "Cannabis"),
                ("cocaine", "Cocaïne, crack"),
                ("tabac", "Tabac"),
                ("sans_produit", "Jeu, écrans"),
                ("autre", "Autre"),
            ),
            required=True,
        ),
        Question("quantite", "Quantités et durée", help="Verres par jour, doses, depuis quand."),
        instant("derniere_prise_produit", "Dernière prise"),
        choice(
            "demande",
            "Demande du patient",
            (
                ("sevrage", "Sevrage"),
                ("reduction", "Réduction"),
                ("substitution", "Substitution"),
                ("pas_de_demande", "Pas encore de demande"),
            ),
        ),
        choices(
            "sevrage_complique",
            "Sevrages passés",
            (
                ("convulsions", "Convulsions"),
                ("delirium", "Delirium tremens"),
                ("echecs", "Échecs ambulatoires"),
            ),
        ),
        number("cushman", "Score de Cushman", between=(0, 21)),
        choice(
            "risque_suicidaire",
            "Risque suicidaire",
            (
                ("aucun", "Aucun repéré"),
                ("faible", "Faible"),
                ("eleve", "Élevé"),
                ("non_evalue", "Non évalué"),
            ),
            required=True,
        ),
        choice("grossesse", "Grossesse en cours"),
        Question("comorbidites", "Comorbidités somatiques et psychiatriques"),
        CONTEXT,
    ),
    "Sevrage d'alcool compliqué, admission ?",
)

DIABETIC_FOOT = Template(
    "Pied diabétique : ce que l'équipe demande",
    (
        Question("plaie", "Plaie", help="Siège, côté, taille, ancienneté.", required=True),
        choice(
            "profondeur",
            "Profondeur",
            (
                ("superficielle", "Superficielle"),
                ("tendon", "Tendon ou capsule"),
                ("os", "Contact osseux"),
                ("charcot", "Pied chaud sans plaie (Charcot ?)"),
            ),
            required=True,
        ),
        choice(
            "infection",
            "Infection",
            (
                ("non", "Non"),
                ("legere", "Légère"),
                ("moderee", "Modérée"),
                ("severe", "Sévère, signes généraux"),
            ),
            required=True,
        ),
        choice(
            "ischemie",
            "Ischémie",
            (
                ("pouls_percus", "Pouls perçus"),
                ("abolis", "Pouls abolis"),
                ("non_evaluee", "Non évaluée"),
            ),
        ),
        number("ips", "Index de pression systolique", between=(0, 2.5), decimals=True),
        TEMPERATURE,
        number("crp", "CRP", "mg/L", between=(0, 700)),
        number("hba1c", "HbA1c", "%", between=(3, 20), decimals=True),
        CREATININE,
        Question("antibiotiques", "Antibiotiques et prélèvements"),
        choice("decharge", "Décharge en place", YES_NO),
        Question("radio", "Radiographie du pied"),
        ISOLATION,
    ),
    "Plaie profonde infectée, sauvetage du membre ?",
)

DIABETES = Template(
    "Diabète : ce que l'équipe de diabétologie demande",
    (
        number("hba1c", "HbA1c", "%", between=(3, 20), decimals=True),
        number("glycemie", "Glycémie", "g/L", between=(0.1, 15), decimals=True),
        Question("insuline", "Traitement du diabète", help="Molécules, doses, pompe, capteur."),
        choices(
            "complications",
            "Complications",
            (
                ("oeil", "Œil"),
                ("rein", "Rein"),
                ("nerf", "Nerf"),
                ("coeur", "Cœur, vaisseaux"),
                ("pied", "Pied"),
            ),
        ),
        CREATININE,
        WEIGHT,
        CONTEXT,
    ),
    "Diabète déséquilibré malgré trois traitements, avis ?",
)

RARE = Template(
    "Maladie rare : ce que le centre demande",
    (
        choice(
            "diagnostic",
            "Diagnostic",
            (("suspect", "Suspecté"), ("prouve", "Prouvé"), ("errance", "Errance diagnostique")),
            required=True,
        ),
        Question("maladie", "Maladie connue ou suspectée", help="Nom, code ORPHA si vous l'avez."),
        Question("premiers_signes", "Premiers signes et âge de début"),
        Question("famille", "Arbre familial, consanguinité"),
        Question("bilan", "Bilan déjà fait", help="Biologie, imagerie, génétique : où et quand."),
        Question("attente", "Ce qui est attendu du centre"),
        CONTEXT,
    ),
    "Errance depuis deux ans, avis du centre ?",
)

DEFAULT = Template(
    "Ce que l'équipe sollicitée demande",
    (
        instant("debut", "Début"),
        Question("examens_faits", "Examens faits", help="Résultats utiles, date et lieu."),
        SYSTOLIC,
        HEART_RATE,
        OXYGEN,
        TEMPERATURE,
        ANTICOAGULANT,
        ANTIPLATELET,
        CREATININE,
        AUTONOMY,
        CONTEXT,
        CT_SCAN,
        IMAGING_RESULT,
        ISOLATION,
        LIMITS,
    ),
)

RETURN = Template(
    "Retour : ce que l'hôpital qui reprend le patient demande",
    (
        Question("fait", "Ce qui a été fait", required=True, help="Diagnostic, gestes, dates."),
        instant("pret_depuis", "Médicalement prêt depuis"),
        Question(
            "suite",
            "Suite à donner",
            required=True,
            help="Traitements, surveillance, rendez-vous pris.",
        ),
        Question(
            "contact",
            "Qui rappeler si l'état s'aggrave",
            required=True,
            help="Nom, service, téléphone direct.",
        ),
        choices(
            "besoins",
            "Besoins à l'arrivée",
            (
                ("oxygene", "Oxygène"),
                ("perfusion", "Perfusion"),
                ("pansement", "Pansements complexes"),
                ("kine", "Rééducation"),
                ("chambre_seule", "Chambre seule"),
                ("lit_adapte", "Lit ou matériel adapté"),
            ),
        ),
        AUTONOMY,
        ISOLATION,
        LIMITS,
        CONTEXT,
    ),
    "Patient stable, retour en proximité",
)
