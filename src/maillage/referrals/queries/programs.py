"""Reads that programs need and pages do not."""

from __future__ import annotations

from collections.abc import Iterable

from maillage.accounts.permissions import Actor
from maillage.patients.queries import get_patient
from maillage.referrals.enums import Kind, Side
from maillage.referrals.models import Referral
from maillage.referrals.queries.requests import AROUND, sides_of
from maillage.vocabulary.errors import Refusal


def find_posted(
    *, token: str, patient: str, kind: Kind, pathway: str, team: str, by: Actor
) -> Referral | None:
    """The request that this person wrote under this token, or None. Found before anything else is
    looked at: what was proposed then may not be any more. Raises :class:`Refusal`
    ``referrals.token-used`` when the token wrote another request (of another patient, kind, pathway
    or team: keys and slugs), or one of a hospital that the actor does not ask for."""
    rows = Referral.objects.select_related(*AROUND).filter(requester=by.username, token=token)
    known = rows.first()
    if known is None:
        return None
    same = (known.kind, known.pathway.slug, known.to_service.slug) == (kind, pathway, team)
    if same and patient:
        same = get_patient(known.patient.key).pk == get_patient(patient).pk
    if not same or Side.REQUESTER not in sides_of(known, by):
        raise Refusal(
            "referrals.token-used",
            "Cette clé d'envoi a déjà servi à une autre demande : choisissez-en une nouvelle.",
        )
    return known


def list_slugs(referrals: Iterable[Referral]) -> dict[int, tuple[str, str]]:
    """The keys of the pathway and of the team asked of these requests, by identifier: rows of lists
    hold names, programs read keys. One query."""
    rows = Referral.objects.filter(pk__in=[one.pk for one in referrals])
    found = rows.values_list("pk", "pathway__slug", "to_service__slug")
    return {pk: (pathway, team) for pk, pathway, team in found}
