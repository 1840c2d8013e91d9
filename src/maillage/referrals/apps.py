"""Registration of the referrals room."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    """The referrals room."""

    name = "maillage.referrals"
    label = "referrals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what this room keeps of a patient, declare its background work, name its acts."""
        from maillage.accounts.acts import name_acts
        from maillage.patients.sections import register
        from maillage.referrals import tasks  # noqa: F401
        from maillage.referrals.actions.person import SECTION
        from maillage.referrals.enums import Act

        register(SECTION)
        name_acts(
            {f"referrals.{act.value.lower().replace('_', '-')}": _NAMES[act] for act in Act}
            | _OTHER_NAMES
        )
        _name_details()


def _name_details() -> None:
    """What the acts of this room keep, in French."""
    from maillage.accounts.acts import name_details
    from maillage.referrals import enums

    name_details(
        "referrals",
        {
            "by_mail": "par courriel",
            "clock": "attente",
            "document": "document",
            "has_quorum": "quorum",
            "kind": "nature",
            "letter": "lettre",
            "level": "appelé",
            "mailboxes": "boîtes de messagerie",
            "patients": "patients",
            "requests": "demandes",
            "rank": "rang de l'appel",
            "scan": "antivirus",
            "size": "taille en octets",
            "state": "état",
        },
        values={
            "clock": enums.Clock.choices,
            "kind": [
                *enums.Kind.choices,
                *enums.DocumentKind.choices,
                *enums.LetterKind.choices,
            ],
            "level": enums.Level.choices,
            "scan": enums.ScanState.choices,
            "state": enums.State.choices,
        },
    )


_NAMES = {
    "SEND": "Envoi d'une demande",
    "SEE": "Ouverture d'une demande reçue",
    "ASK_INFO": "Précisions demandées sur une demande",
    "GIVE_INFO": "Précisions apportées à une demande",
    "ANSWER": "Réponse à une demande",
    "ACCEPT": "Retour accepté",
    "ACCEPT_MEDICALLY": "Accord médical pour un transfert",
    "ACCEPT_BED": "Lit confirmé pour un transfert",
    "REFUSE": "Refus d'une demande",
    "REDIRECT": "Autre équipe proposée",
    "SCHEDULE": "Rendez-vous fixé",
    "ORDER_TRANSPORT": "Transport demandé",
    "DECLINE_TRANSPORT": "Transport refusé par la régulation",
    "ENGAGE": "Transport engagé",
    "DEPART": "Départ d'un patient",
    "ARRIVE": "Arrivée d'un patient",
    "TAKE_OVER": "Prise en charge d'un patient transféré",
    "REROUTE": "Demande adressée à une autre équipe",
    "REPRIORITISE": "Priorité d'une demande changée",
    "CLOSE": "Clôture d'une demande",
    "CANCEL": "Annulation d'une demande",
    "EXPIRE": "Demande restée sans réponse, rendue au demandeur",
    "CLOSE_SISTER": "Demande close, une autre équipe ayant accepté",
}

_OTHER_NAMES = {
    "referrals.write": "Rédaction d'une demande",
    "referrals.change-draft": "Modification d'un brouillon de demande",
    "referrals.change-case": "Modification d'un dossier d'adressage",
    "referrals.message": "Message sous une demande",
    "referrals.call": "Appel d'une demande en retard",
    "referrals.follow": "Abonnement à une équipe",
    "referrals.unfollow": "Fin d'abonnement à une équipe",
    "referrals.attach-document": "Document joint à un dossier d'adressage",
    "referrals.remove-document": "Document retiré d'un dossier d'adressage",
    "referrals.scan-document": "Analyse antivirus d'un document",
    "referrals.create-session": "Création d'une séance de RCP",
    "referrals.hold-session": "Séance de RCP tenue",
    "referrals.begin-letter": "Lettre commencée",
    "referrals.write-letter": "Lettre rédigée",
    "referrals.sign-letter": "Lettre signée",
    "referrals.send-letter": "Lettre envoyée",
    "referrals.invent-year": "Cas inventés de l'exemple",
}
