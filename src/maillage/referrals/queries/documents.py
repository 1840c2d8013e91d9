"""Reads of the documents of a case."""

from __future__ import annotations

from django.db.models import Q

from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.models import Organization
from maillage.referrals.enums import Outcome, State
from maillage.referrals.models import Case, Document, Referral
from maillage.referrals.permissions import ANSWER, ASK
from maillage.referrals.rules.transitions import ENDED
from maillage.vocabulary.errors import NotAllowed, NotFound


def get_document(key: str, *, lock: bool = False) -> Document:
    """A document by its key. Raises :class:`NotFound`."""
    found = Document.objects.select_related("case__patient", "organization")
    if lock:
        found = found.select_for_update(of=("self",))
    document = found.filter(key=key).first()
    if document is None:
        raise NotFound("referrals.document", "Ce document n'existe pas.")
    return document


def list_documents(case: Case) -> list[Document]:
    """The documents of a case, oldest first, those taken out included: the page says so."""
    return list(case.documents.select_related("organization"))


def check_takes_part(case: Case, actor: Actor) -> Organization:
    """The establishment for which the actor takes part in a case: the one that opened it, or one
    that asks or is asked by an open request that was sent, or that took the patient over (the
    letter of the stay is theirs to write, whatever comes after). A role held everywhere takes part
    in none. Raises :class:`NotAllowed`."""
    open_requests = Referral.objects.filter(case=case).exclude(state__in=ENDED)
    asking = Organization.objects.filter(
        Q(pk=case.organization_id) | Q(pk__in=open_requests.values("from_organization"))
    )
    sent = open_requests.exclude(state=State.DRAFT)
    taken = Referral.objects.filter(case=case, outcome=Outcome.TAKEN_OVER)
    asked = Organization.objects.filter(
        Q(pk__in=sent.values("to_organization")) | Q(pk__in=taken.values("to_organization"))
    )
    for permission, organizations in ((ASK, asking), (ANSWER, asked)):
        places = permission.places(actor) - {EVERYWHERE}
        for organization in organizations:
            if organization.slug in places:
                return organization
    raise NotAllowed(
        "referrals.no-part", "Votre établissement ne prend pas part à ce dossier d'adressage."
    )
