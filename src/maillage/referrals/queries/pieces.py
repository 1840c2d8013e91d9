"""The documents and letters of a case, as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from maillage.accounts.permissions import Actor
from maillage.referrals.enums import Kind, LetterKind
from maillage.referrals.models import Document, Letter, Referral
from maillage.referrals.queries.documents import check_takes_part, list_documents
from maillage.referrals.queries.letters import list_letters
from maillage.referrals.queries.reading import reads_letter
from maillage.vocabulary.errors import NotAllowed

WANTED: dict[Kind, tuple[LetterKind, ...]] = {
    Kind.TRANSFER: (LetterKind.HANDOVER, LetterKind.ENTRY),
    Kind.RETURN: (LetterKind.DISCHARGE, LetterKind.HANDOVER),
    Kind.CONSULTATION: (LetterKind.ENTRY,),
}
"""The pieces that each kind of request calls for."""


@dataclass(frozen=True)
class Pieces:
    """What is joined and written. ``may_add``: the actor's establishment takes part."""

    referral: Referral
    documents: list[Document]
    letters: list[Letter]
    wanted: tuple[LetterKind, ...]
    may_add: bool
    own: frozenset[str]


def get_pieces(referral: Referral, actor: Actor) -> Pieces:
    """The pieces of the case of a request; the caller has checked the basis of the reading."""
    try:
        check_takes_part(referral.case, actor)
        may_add = True
    except NotAllowed:
        may_add = False
    return Pieces(
        referral=referral,
        documents=list_documents(referral.case),
        letters=[one for one in list_letters(referral.case) if reads_letter(one, actor)],
        wanted=WANTED.get(Kind(referral.kind), ()),
        may_add=may_add,
        own=actor.organizations(),
    )
