"""What the invented cases are about, by pathway: short texts in the words of the wards.

Written for the example: plausible, never taken from a patient, of no clinical authority.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maillage.patients.enums import Sex
from maillage.referrals.enums import Kind, Priority, Transport

P0, P1, P2, P3 = Priority.P0, Priority.P1, Priority.P2, Priority.P3


@dataclass(frozen=True)
class Scene:
    """What is asked of one step of a pathway. ``weight`` is how often; ``ages`` the youngest, the
    usual and the oldest; ``stories`` pairs of a question and a summary; ``transports`` who goes
    with the patient, the most usual first."""

    pathway: str
    step: int
    weight: float
    ages: tuple[int, int, int]
    kinds: Mapping[Kind, float]
    priorities: Mapping[Kind, Mapping[Priority, float]]
    stories: tuple[tuple[str, str], ...]
    conclusions: tuple[str, ...]
    treatments: tuple[str, ...] = ("Aucun traitement au long cours.",)
    transports: tuple[Transport, ...] = (Transport.AMBULANCE,)
    mostly: str = ""


ALLERGIES = ("Aucune connue", "Aucune connue", "Aucune connue", "Pénicilline", "Iode", "")

_AT_ONCE = {
    Kind.OPINION: {P0: 15, P1: 60, P2: 25},
    Kind.TRANSFER: {P0: 35, P1: 60, P2: 5},
}
_SOON = {
    Kind.OPINION: {P1: 25, P2: 65, P3: 10},
    Kind.TRANSFER: {P1: 55, P2: 45},
    Kind.CONSULTATION: {P2: 25, P3: 75},
    Kind.MEETING: {P2: 15, P3: 85},
}

_STROKE = (
    ("Déficit brutal : indication de thrombolyse ?",
     "Déficit moteur et trouble du langage de début brutal, vu bien auparavant. Scanner fait."),
    ("AVC du réveil, conduite à tenir ?",
     "Découvert au réveil avec une hémiparésie. Heure de début inconnue, IRM demandée."),
    ("Accident transitoire, bilan et orientation ?",
     "Déficit régressif en vingt minutes, score ABCD2 élevé, examen normal maintenant."),
)  # fmt: skip
_STROKE_TREATED = (
    "Antihypertenseur et statine.",
    "Apixaban pour fibrillation atriale.",
    "Kardégic 75 mg, bisoprolol.",
)
_HEART_TREATED = (
    "Bisoprolol, furosémide 80 mg, ramipril, spironolactone.",
    "Sacubitril-valsartan, dapagliflozine, furosémide.",
)

SCENES: tuple[Scene, ...] = (
    Scene(
        "avc", 2, 13, (38, 72, 94), {Kind.OPINION: 45, Kind.TRANSFER: 55}, _AT_ONCE, _STROKE,
        ("Thrombolyse indiquée, débuter sur place puis transférer.",
         "Pas d'indication de thrombolyse. Aspirine, surveillance, transfert en unité "
         "neurovasculaire.",
         "Garder sur place : bilan en hospitalisation, IRM demain, rappeler si récidive."),
        _STROKE_TREATED, (Transport.SMUR, Transport.AMBULANCE),
    ),
    Scene(
        "avc", 3, 17, (35, 70, 90), {Kind.OPINION: 40, Kind.TRANSFER: 60}, _AT_ONCE,
        (("Occlusion proximale : indication de thrombectomie ?",
          "Occlusion M1 à l'angioscanner, thrombolyse en cours, déficit sévère."),
         ("Occlusion basilaire, thrombectomie possible ?",
          "Troubles de vigilance, occlusion du tronc basilaire, patient protégé."),
         ("Occlusion M2, déficit modéré : avis",
          "Occlusion M2 gauche, aphasie isolée, ASPECTS conservé.")),
        ("Thrombectomie indiquée, transfert immédiat.",
         "Pas de thrombectomie : territoire constitué. Poursuivre en unité neurovasculaire.",
         "Occlusion distale : traitement médical, contrôle d'imagerie demain."),
        _STROKE_TREATED, (Transport.SMUR, Transport.HELICOPTER),
    ),
    Scene(
        "insuffisance-cardiaque", 2, 7, (45, 76, 95), {Kind.OPINION: 50, Kind.TRANSFER: 50},
        {Kind.OPINION: {P1: 45, P2: 55}, Kind.TRANSFER: {P0: 10, P1: 70, P2: 20}},
        (("Décompensation malgré les diurétiques, avis pour la suite ?",
          "Dyspnée de repos, œdèmes, prise de 6 kg. Réponse insuffisante au furosémide."),
         ("Œdème aigu du poumon, place en soins intensifs ?",
          "Œdème aigu du poumon hypertensif sous ventilation non invasive.")),
        ("Majorer le furosémide, ajouter un thiazidique, recontacter demain.",
         "Transfert en soins intensifs souhaitable.",
         "Optimiser le traitement oral, consultation sous quinze jours."),
        _HEART_TREATED, (Transport.NURSE, Transport.SMUR, Transport.AMBULANCE),
    ),
    Scene(
        "insuffisance-cardiaque", 3, 7, (38, 63, 82), {Kind.OPINION: 55, Kind.TRANSFER: 45},
        {Kind.OPINION: {P0: 5, P1: 55, P2: 40}, Kind.TRANSFER: {P0: 25, P1: 65, P2: 10}},
        (("Choc réfractaire, discussion d'assistance ?",
          "Choc cardiogénique sous dobutamine, lactate en hausse, fonction rénale qui se dégrade."),
         ("Valvulopathie sévère symptomatique, stratégie ?",
          "Rétrécissement aortique serré, syncope d'effort, fraction d'éjection conservée.")),
        ("Transfert pour assistance, équipe mobile prévenue.",
         "Discussion en réunion médico-chirurgicale ; optimiser en attendant.",
         "Pas d'indication chirurgicale, prise en charge médicale."),
        _HEART_TREATED, (Transport.SMUR, Transport.HELICOPTER),
    ),
    Scene(
        "neurochirurgie", 3, 13, (18, 58, 92), {Kind.OPINION: 65, Kind.TRANSFER: 35}, _AT_ONCE,
        (("Hématome sous-dural, indication opératoire ?",
          "Chute il y a trois semaines, confusion progressive, hématome sous-dural chronique."),
         ("Traumatisme crânien, hématome extradural : bloc ?",
          "Perte de connaissance puis intervalle libre, hématome extradural temporal."),
         ("Hémorragie méningée, admission ?",
          "Céphalée brutale, hémorragie méningée Fisher 3, Glasgow conservé."),
         ("Compression médullaire, délai du geste ?",
          "Métastase rachidienne, déficit des membres inférieurs depuis douze heures.")),
        ("Indication opératoire, transfert au bloc.",
         "Pas d'indication opératoire ; scanner de contrôle à 24 h, rappeler si aggravation.",
         "Surveillance sur place, arrêt des anticoagulants, contrôle demain."),
        ("Anticoagulant oral direct.", "Aucun traitement au long cours.", "Kardégic 75 mg."),
        (Transport.SMUR, Transport.NURSE),
    ),
    Scene(
        "vasculaire", 2, 7, (45, 71, 92), {Kind.OPINION: 50, Kind.TRANSFER: 50}, _AT_ONCE,
        (("Membre froid et douloureux, revascularisation ?",
          "Douleur brutale du mollet, pouls abolis, déficit sensitif des orteils."),
         ("Ischémie critique, plaie du pied : avis",
          "Artérite connue, plaie talonnière nécrotique, douleur de décubitus.")),
        ("Revascularisation urgente, transfert.",
         "Héparine, antalgiques, artériographie programmée cette semaine.",
         "Pas de geste urgent, consultation rapprochée."),
        ("Clopidogrel, statine.", "Metformine, insuline, aspirine."),
        (Transport.AMBULANCE, Transport.SMUR),
    ),
    Scene(
        "vasculaire", 3, 8, (50, 72, 90),
        {Kind.OPINION: 55, Kind.TRANSFER: 30, Kind.CONSULTATION: 15}, _SOON,
        (("Anévrisme thoraco-abdominal, faisabilité endovasculaire ?",
          "Anévrisme de 62 mm en croissance, asymptomatique, fonction rénale altérée."),
         ("Échec de revascularisation, recours ?",
          "Thrombose précoce d'un pontage, membre menacé.")),
        ("Endoprothèse fenêtrée possible, angioscanner fin à compléter.",
         "Transfert pour reprise.",
         "Traitement médical, risque opératoire trop élevé."),
        ("Clopidogrel, statine, ramipril.",), (Transport.AMBULANCE, Transport.NURSE),
    ),
    Scene(
        "chirurgie-thoracique", 2, 4, (40, 66, 85),
        {Kind.OPINION: 55, Kind.MEETING: 30, Kind.CONSULTATION: 15}, _SOON,
        (("Nodule suspect, stratégie diagnostique ?",
          "Nodule de 18 mm hypermétabolique, tabagisme, fonction respiratoire moyenne."),),
        ("Ponction sous scanner puis réunion de concertation.",
         "Résection d'emblée, bilan préopératoire à compléter."),
        ("Bronchodilatateurs.",),
    ),
    Scene(
        "chirurgie-thoracique", 3, 6, (40, 66, 84),
        {Kind.OPINION: 45, Kind.MEETING: 40, Kind.CONSULTATION: 15}, _SOON,
        (("Cancer bronchique localement avancé, opérabilité ?",
          "Cancer du lobe supérieur envahissant la paroi, N1, état général conservé."),
         ("Échec de pleurodèse, recours chirurgical ?",
          "Pleurésie récidivante malgré deux talcages.")),
        ("Lobectomie élargie après chimiothérapie d'induction.",
         "Non opérable, radio-chimiothérapie.",
         "Pleuroscopie au CHU, date proposée."),
        ("Bronchodilatateurs, aspirine.",),
    ),
    Scene(
        "permanence-thoracique", 3, 6, (18, 45, 85), {Kind.OPINION: 45, Kind.TRANSFER: 55},
        _AT_ONCE,
        (("Pneumothorax récidivant drainé, indication opératoire ?",
          "Deuxième épisode, bullage persistant au cinquième jour de drain."),
         ("Hémothorax après chute, transfert ?",
          "Fractures de côtes, hémothorax de 800 mL drainé, hémoglobine en baisse.")),
        ("Chirurgie indiquée, transfert.",
         "Poursuivre le drainage 48 h, rappeler si fuite persistante."),
        ("Aucun traitement au long cours.",), (Transport.NURSE, Transport.SMUR),
    ),
    Scene(
        "brules-graves", 3, 5, (16, 44, 82), {Kind.OPINION: 60, Kind.TRANSFER: 40}, _AT_ONCE,
        (("Brûlure étendue, admission ?",
          "Brûlures de deuxième degré profond du tronc et d'un membre, flamme."),
         ("Brûlure des mains et du visage, avis",
          "Brûlures superficielles à profondes par liquide chaud, pas d'inhalation.")),
        ("Admission au centre, remplissage selon la formule transmise.",
         "Pansements sur place, consultation externe à 48 h."),
        ("Aucun traitement au long cours.",), (Transport.SMUR, Transport.HELICOPTER),
    ),
    Scene(
        "cancer-du-sein", 2, 5, (34, 61, 86), {Kind.MEETING: 55, Kind.CONSULTATION: 45}, _SOON,
        (("Lésion ACR 5, biopsie positive : stratégie ?",
          "Lésion de 22 mm du quadrant supéro-externe, biopsie en faveur d'un carcinome."),),
        ("Tumorectomie et ganglion sentinelle, radiothérapie.",
         "Chimiothérapie néoadjuvante, marquage de la lésion."),
        ("Aucun traitement au long cours.", "Lévothyroxine."), (Transport.SEATED,), Sex.FEMALE,
    ),
    Scene(
        "cancer-du-sein", 3, 7, (34, 58, 84),
        {Kind.MEETING: 50, Kind.OPINION: 30, Kind.CONSULTATION: 20}, _SOON,
        (("Rechute, inclusion possible dans un essai ?",
          "Rechute ganglionnaire à trois ans, récepteurs positifs, bon état général."),
         ("Situation rare : carcinome métaplasique, traitement ?",
          "Carcinome métaplasique de 35 mm, triple négatif.")),
        ("Essai ouvert au CHU, consultation d'inclusion proposée.",
         "Protocole standard, réalisable à proximité.",
         "Compléter par un TEP-scanner avant décision."),
        ("Inhibiteur de l'aromatase.",), (Transport.SEATED,), Sex.FEMALE,
    ),
    Scene(
        "diabete-type-2", 2, 4, (42, 66, 88), {Kind.OPINION: 45, Kind.CONSULTATION: 55}, _SOON,
        (("Plaie profonde du pied, prise en charge ?",
          "Mal perforant infecté, contact osseux douteux, diabète déséquilibré."),),
        ("Hôpital de jour sous 48 h, décharge stricte.",
         "Antibiothérapie orale dix jours, revoir avec les prélèvements."),
        ("Metformine, insuline glargine.",), (Transport.SEATED, Transport.AMBULANCE),
    ),
    Scene(
        "diabete-type-2", 3, 5, (42, 65, 85),
        {Kind.OPINION: 45, Kind.CONSULTATION: 40, Kind.TRANSFER: 15}, _SOON,
        (("Pied de Charcot aigu, avis de recours",
          "Pied chaud sans plaie, radiographie évocatrice, décharge débutée."),
         ("Sauvetage de membre après échec de cicatrisation ?",
          "Plaie de quatre mois, ischémie revascularisée, ostéite prouvée.")),
        ("Botte plâtrée, IRM, consultation au CHU sous une semaine.",
         "Geste chirurgical limité proposé, transfert programmé."),
        ("Insuline, metformine, statine.",), (Transport.SEATED, Transport.AMBULANCE),
    ),
    Scene(
        "addictologie", 2, 4, (20, 46, 70), {Kind.OPINION: 40, Kind.CONSULTATION: 60}, _SOON,
        (("Sevrage d'alcool compliqué, admission ?",
          "Deux sevrages compliqués de convulsions, demande du patient, entourage présent."),),
        ("Sevrage hospitalier programmé, date proposée.",
         "Préparer en ambulatoire, équipe de liaison prévenue."),
        ("Oxazépam, vitamines B1 et B6.",), (Transport.SEATED,),
    ),
    Scene(
        "addictologie", 3, 4, (22, 42, 65), {Kind.OPINION: 55, Kind.CONSULTATION: 45}, _SOON,
        (("Polyaddiction sévère, recours régional ?",
          "Échec de trois prises en charge, opioïdes et cocaïne, comorbidité psychiatrique."),),
        ("Consultation de recours, passage à la buprénorphine retard discuté.",
         "Poursuivre localement avec télé-expertise mensuelle."),
        ("Méthadone 60 mg.",), (Transport.SEATED,),
    ),
    Scene(
        "personnes-agees", 2, 6, (76, 86, 98), {Kind.OPINION: 55, Kind.TRANSFER: 45},
        {Kind.OPINION: {P2: 90, P3: 10}, Kind.TRANSFER: {P1: 25, P2: 75}},
        (("Chutes répétées et confusion, place en court séjour ?",
          "Trois chutes en dix jours, confusion, polymédication, domicile impossible."),
         ("Perte d'autonomie rapide, avis gériatrique",
          "Perte d'autonomie en un mois, dénutrition, aidant épuisé.")),
        ("Admission directe demain matin.",
         "Arrêter les sédatifs, bilan de confusion, équipe mobile jeudi.",
         "Réadaptation à proximité, consultation à un mois."),
        ("Ramipril, zopiclone, tramadol.", "Huit médicaments : liste jointe."),
        (Transport.AMBULANCE,),
    ),
    Scene(
        "personnes-agees", 3, 5, (52, 72, 88), {Kind.OPINION: 45, Kind.CONSULTATION: 55}, _SOON,
        (("Trouble neurocognitif atypique, bilan de recours ?",
          "Troubles du langage et du comportement à 62 ans, imagerie peu contributive."),),
        ("Consultation mémoire de recours, ponction lombaire à prévoir.",
         "Bilan neuropsychologique à compléter d'abord à proximité."),
        ("Sertraline.",), (Transport.SEATED,),
    ),
    Scene(
        "maladies-rares", 3, 5, (18, 41, 75), {Kind.OPINION: 60, Kind.CONSULTATION: 40}, _SOON,
        (("Errance depuis deux ans, avis du centre ?",
          "Poussées fébriles et douleurs, bilan auto-immun négatif, frère atteint."),),
        ("Panel génétique proposé, consultation au centre.",
         "Critères non remplis, suivi en centre de compétence."),
        ("Colchicine.",), (Transport.SEATED,),
    ),
)  # fmt: skip
"""Weights are compared with each other: their sum means nothing."""

INFO_ASKED = (
    "Pouvez-vous préciser l'heure de début et les anticoagulants ?",
    "Les images ne sont pas passées : les renvoyer, avec la créatinine.",
    "Quel était l'état antérieur, et l'avis des proches ?",
)
INFO_GIVEN = (
    "Début confirmé par la famille, pas d'anticoagulant.",
    "Images renvoyées. Créatinine à 96 µmol/L.",
    "Autonome avant l'épisode, famille d'accord avec la prise en charge.",
)
FROM_REQUESTER = (
    "Images transmises à l'instant.",
    "Tension stable, pas d'aggravation depuis l'envoi.",
    "Famille prévenue, elle vous appellera demain.",
    "Biologie complète ajoutée au dossier.",
)
FROM_TARGET = (
    "Bien reçu, nous relisons les images.",
    "Merci de laisser à jeun.",
    "Pouvez-vous rappeler si l'état change ?",
    "Le lit se libère en fin de matinée.",
)
STAY_DONE = (
    "Geste réalisé sans complication, évolution favorable.",
    "Surveillance simple, pas de geste nécessaire, traitement adapté.",
    "Artère rouverte, récupération partielle, bilan terminé.",
)
BEDS = ("Lit 12", "Chambre 204", "Box 3", "Soins continus, lit 5", "Chambre 118", "Lit porte 2")
