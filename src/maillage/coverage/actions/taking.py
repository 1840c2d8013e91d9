"""Taking away a network: the one file that names every holder of a duty slot."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.coverage.actions.trail import record_proof
from maillage.coverage.models import Proof
from maillage.coverage.permissions import PLAN
from maillage.coverage.queries.exports import NETWORK_REFUSED, get_proof_file
from maillage.coverage.queries.replay import get_network_document
from maillage.coverage.queries.tables import EVIDENCE
from maillage.vocabulary.calendar import to_paris
from maillage.vocabulary.errors import NotAllowed


def take_evidence(proof: Proof, *, by: Actor, at: datetime) -> tuple[bytes, str]:
    """The network that a proof was computed from, and its media type.

    The rule for every network that leaves the site: it goes to the roles that may plan (``PLAN``),
    whole, and the trail says who took it. Pages show who holds a slot, one by one, to whoever may
    read rosters; the whole of them in one file is something else, and without their names the
    network would have another hash than the proof. Raises :class:`NotAllowed`, :class:`NotFound`.
    """
    found = get_proof_file(proof, EVIDENCE, with_names=PLAN.allows(by))
    with transaction.atomic():
        record_proof("coverage.take-network", proof, by=by, at=at, network=proof.network_hash)
    return found


def take_network(*, instant: datetime, expected: str, by: Actor, at: datetime) -> tuple[str, str]:
    """The network that answers at an instant, as its document, and its file name: under the rule of
    :func:`take_evidence`. Raises :class:`NotAllowed`, and :class:`Refusal` when it is no longer the
    one whose hash begins with ``expected``."""
    if not PLAN.allows(by):
        raise NotAllowed("coverage.network-names", NETWORK_REFUSED)
    found = get_network_document(instant, expected=expected)
    with transaction.atomic():
        record(
            "coverage.take-network",
            by=by,
            at=at,
            subject_kind="network",
            subject_key=to_paris(instant).isoformat(timespec="minutes"),
            subject_name=f"Réseau du {to_paris(instant):%d/%m/%Y à %H h %M}",
        )
    return found
