"""Registration of the patients room."""

from django.apps import AppConfig

ACTS = {
    "patients.create": "Ouverture d'un dossier patient",
    "patients.join": "Venue d'un patient connu",
    "patients.read": "Lecture d'un dossier patient",
    "patients.search": "Recherche de patients",
    "patients.open-link": "Entrée dans une prise en charge",
    "patients.close-link": "Fin d'une prise en charge",
    "patients.change-identity": "Correction d'une identité",
    "patients.change-identity-state": "État d'une identité",
    "patients.record-consent": "Consentement ou opposition noté",
    "patients.withdraw-consent": "Consentement ou opposition retiré",
    "patients.add-member": "Entrée dans le cercle de soins",
    "patients.end-member": "Sortie du cercle de soins",
    "patients.break-glass": "Bris de glace",
    "patients.close-opening": "Fin d'un bris de glace",
    "patients.note-notice": "Information du patient après un bris de glace",
    "patients.review-opening": "Examen d'un bris de glace",
    "patients.detect-duplicates": "Recherche des doublons",
    "patients.compare": "Comparaison de deux dossiers",
    "patients.merge": "Fusion de dossiers",
    "patients.undo-merger": "Fusion de dossiers défaite",
    "patients.dismiss-pair": "Doublon écarté",
    "patients.read-accesses": "Lecture de l'historique des accès",
    "patients.find-person": "Recherche d'une personne qui demande ses données",
    "patients.read-notice": "Courrier d'information d'un bris de glace",
    "patients.find-in-emergency": "Recherche d'un patient en urgence vitale",
    "patients.export-person": "Export des données d'une personne",
    "patients.erase": "Effacement des données d'une personne",
}
DETAILS = {
    "about": "envers",
    "account": "compte",
    "basis": "base légale",
    "fields": "champs",
    "found": "trouvés",
    "kept": "gardé",
    "kind": "nature",
    "means": "moyen",
    "opening": "ouverture",
    "other": "autre dossier",
    "others": "hors prise en charge",
    "reference": "référence",
    "state": "état",
    "until": "jusqu'au",
    "verdict": "avis",
    "way": "par",
    "what": "objet",
    "why": "fondement",
}
FIELDS = {
    "birth_name": "nom de naissance",
    "first_given_name": "premier prénom",
    "birth_date": "date de naissance",
    "sex": "sexe",
    "birthplace": "lieu de naissance",
    "birth_given_names": "prénoms de naissance",
    "used_name": "nom utilisé",
    "used_given_name": "prénom utilisé",
    "ins_number": "matricule INS",
    "ins_oid": "OID du matricule",
    "phone": "téléphone",
    "commune": "commune",
    "attending_doctor": "médecin traitant",
    "attending_mail": "boîte du médecin traitant",
    "deceased_on": "décès",
}
WAYS = {
    "ins": "matricule INS",
    "number": "numéro local",
    "birth": "date de naissance",
    "exact": "traits exacts",
}
WHATS = {
    "record": "dossier",
    "accesses": "historique des accès",
    "identity": "identité",
    "request": "demande",
    "request-form": "nouvelle demande",
    "referral": "demande",
    "document": "document",
    "documents": "documents",
    "letter": "lettre",
    "case": "dossier d'adressage",
}
WHYS = {
    "synthetic": "personne inventée",
    "empty": "dossier vide",
    "retention": "durée de conservation échue",
}


class PatientsConfig(AppConfig):
    """The patients room."""

    name = "maillage.patients"
    label = "patients"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the background work of this room, and name its acts."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.patients import enums, tasks  # noqa: F401

        name_acts(ACTS)
        kinds = [*enums.LinkKind.choices, *enums.ConsentKind.choices, *enums.MemberKind.choices]
        name_details(
            "patients",
            DETAILS,
            values={
                "basis": enums.Basis.choices,
                "fields": FIELDS.items(),
                "kind": kinds,
                "means": enums.ConsentMeans.choices,
                "state": enums.IdentityState.choices,
                "verdict": enums.ReviewState.choices,
                "way": WAYS.items(),
                "what": WHATS.items(),
                "why": WHYS.items(),
            },
        )
