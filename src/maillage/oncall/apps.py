"""Registration of the oncall room."""

from django.apps import AppConfig

ACTS = {
    "oncall.generate-slots": "Création du tour de garde",
    "oncall.assign-slot": "Attribution d'un créneau de garde",
    "oncall.release-slot": "Libération d'un créneau de garde",
    "oncall.ask-for-roster": "Demande de garde",
    "oncall.answer-request": "Réponse à une demande de garde",
    "oncall.ask-away": "Demande de congé ou souhait de garde",
    "oncall.answer-away": "Réponse à un congé ou un souhait",
    "oncall.withdraw-away": "Retrait d'un congé ou d'un souhait",
    "oncall.exempt": "Exemption de garde",
    "oncall.end-exemption": "Fin d'une exemption de garde",
    "oncall.withdraw-exemption": "Retrait d'une exemption de garde saisie par erreur",
    "oncall.add-member": "Participation à une ligne",
    "oncall.end-member": "Fin de participation à une ligne",
    "oncall.invent-absences": "Congés et souhaits de l'exemple",
    "oncall.record-duty": "Enregistrement d'une garde réalisée",
    "oncall.propose-swap": "Proposition d'échange de gardes",
    "oncall.answer-swap": "Réponse à un échange de gardes",
    "oncall.withdraw-swap": "Retrait d'un échange de gardes",
    "oncall.approve-swap": "Validation d'un échange de gardes",
    "oncall.refuse-swap": "Refus d'un échange de gardes",
    "oncall.read-news": "Prise de connaissance des changements de ses gardes",
    "oncall.make-calendar": "Création d'une adresse d'agenda",
    "oncall.revoke-calendar": "Révocation d'une adresse d'agenda",
    "oncall.make-line-slots": "Création des créneaux d'une ligne",
    "oncall.make-roster": "Création d'un tableau de service",
    "oncall.amend-roster": "Modification d'un tableau de service",
    "oncall.submit-roster": "Tableau de service soumis à avis",
    "oncall.take-back-roster": "Tableau de service repris en brouillon",
    "oncall.abandon-roster": "Abandon d'une version d'un tableau de service",
    "oncall.give-opinion": "Avis sur un tableau de service",
    "oncall.publish-roster": "Publication d'un tableau de service",
    "oncall.replace-duty": "Garde retirée à son titulaire par une publication",
    "oncall.plan-duty": "Garde prévue dans un brouillon",
    "oncall.pin-duty": "Garde figée ou libérée dans un brouillon",
    "oncall.clear-roster": "Brouillon vidé",
    "oncall.add-duty": "Garde ajoutée à un brouillon",
    "oncall.remove-duty": "Garde retirée d'un brouillon",
    "oncall.compute-roster": "Calcul d'un tableau de service",
    "oncall.keep-proposal": "Proposition retenue dans un brouillon",
    "oncall.drop-proposal": "Proposition écartée",
    "oncall.change-hands": "Changement de titulaire d'une garde",
    "oncall.note-absence": "Absence notée par ceux qui font les tableaux",
}
"""French names of the acts of this room in the trail."""

DETAILS = {
    "answer": "réponse",
    "answer_state": "état",
    "changed": "gardes modifiées",
    "duties": "gardes",
    "faults": "règles non respectées",
    "lapsed": "échanges sans objet",
    "opinion": "avis",
    "pinned": "figée",
    "previous_name": "titulaire précédent",
    "version": "version",
    "calls": "déplacements",
    "created": "créneaux créés",
    "ends_at": "au",
    "first_day": "premier jour",
    "given_by": "donnée par",
    "holes": "trous",
    "last_day": "dernier jour",
    "left": "créneaux laissés, déjà couverts",
    "lines": "lignes de garde",
    "practitioner_name": "praticien",
    "reason": "motif",
    "recorded_at": "inscrite le",
    "recorded_by": "inscrite par",
    "return_starts_at": "en retour, du",
    "taken_by": "prise par",
    "until": "jusqu'à",
    "worked_minutes": "minutes de travail",
    "scope": "portée",
    "source": "d'après",
    "seconds": "durée demandée (s)",
    "service": "offre",
    "starts_at": "du",
    "state": "état",
}
"""French names of what they keep."""


class OncallConfig(AppConfig):
    """The oncall room."""

    name = "maillage.oncall"
    label = "oncall"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the acts of this room, and register its lists."""
        from maillage.accounts.acts import name_acts, name_details
        from maillage.exchange.tables import register
        from maillage.oncall import tasks  # noqa: F401
        from maillage.oncall.imports import TABLES

        register(*TABLES)
        name_acts(ACTS)
        name_details(
            "oncall",
            DETAILS,
            hidden=["practitioner", "previous"],
        )
