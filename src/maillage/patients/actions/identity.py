"""Corrections of identities, and how far they are trusted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.patients.actions.admission import (
    check_ins_is_free,
    read_identity,
    save_with_ins,
    write_identity,
)
from maillage.patients.actions.trail import record_on
from maillage.patients.enums import Basis, IdentityState
from maillage.patients.models import Patient
from maillage.patients.permissions import ADMIT, IDENTIFY
from maillage.patients.queries.grounds import find_ground
from maillage.patients.rules.identity import Identity, check_identity, differences
from maillage.patients.rules.identity_states import (
    NEEDS_DOCUMENT,
    check_state_change,
    state_after_change,
)
from maillage.vocabulary.calendar import french_instant, local_day
from maillage.vocabulary.errors import NotAllowed, NotFound, Refusal


@transaction.atomic
def change_identity(
    *, patient: Patient, identity: Identity, version: int, by: Actor, at: datetime
) -> Patient:
    """Correct the identity of a record. ``version`` is that of the page it was read on. A strict
    trait that changes takes the identity back to provisional, the INS number to what the document
    alone supports. The audit line holds names of fields and the state. Raises :class:`NotAllowed`,
    :class:`Invalid`, :class:`Refusal` ``patients.stale`` or ``patients.ins-taken``."""
    patient = _lock(patient, version)
    organization = _check_may_identify(patient, by, at)
    tidied = check_identity(identity, today=local_day(at), is_synthetic=patient.is_synthetic)
    changed = differences(read_identity(patient), tidied)
    if not changed:
        return patient
    if "ins_number" in changed:
        check_ins_is_free(tidied.ins_number, besides=patient)
    state = state_after_change(IdentityState(patient.identity_state), changed)
    if state not in NEEDS_DOCUMENT:
        patient.identity_document, patient.identity_checked_on = "", None
    patient.identity_state = state
    write_identity(patient, tidied)
    _save(patient, at)
    record_on(
        patient,
        "patients.change-identity",
        by=by,
        at=at,
        organization=organization,
        fields=changed,
        state=state.value,
    )
    return patient


@transaction.atomic
def change_identity_state(
    *,
    patient: Patient,
    to: IdentityState,
    version: int,
    by: Actor,
    at: datetime,
    document: str = "",
) -> Patient:
    """Say how far the identity is trusted from now on. ``document`` is the nature of the identity
    document seen; empty keeps the one noted before. Raises :class:`NotAllowed`, :class:`Invalid`,
    :class:`Refusal` (``patients.stale``, ``patients.identity-step``, ``patients.identity-traits``,
    ``patients.identity-ins``)."""
    patient = _lock(patient, version)
    organization = _check_may_identify(patient, by, at)
    before = IdentityState(patient.identity_state)
    seen = " ".join(document.split())[:60] or patient.identity_document
    check_state_change(before, to, identity=read_identity(patient), document=seen)
    if to in NEEDS_DOCUMENT:
        if document.strip() or patient.identity_checked_on is None:
            patient.identity_checked_on = local_day(at)
        patient.identity_document = seen
    else:
        patient.identity_document, patient.identity_checked_on = "", None
    patient.identity_state = to
    _save(patient, at)
    record_on(
        patient,
        "patients.change-identity-state",
        by=by,
        at=at,
        organization=organization,
        state=[before.value, to.value],
    )
    return patient


def _check_may_identify(patient: Patient, by: Actor, at: datetime) -> str:
    """The organization in whose name the identity is written: where the patient is received, or
    none for identity vigilance. Raises :class:`NotAllowed`."""
    if IDENTIFY.allows(by):
        return ""
    ground = find_ground(patient, by=by, at=at)
    if ground is None or ground.basis is not Basis.SAME_ESTABLISHMENT:
        raise NotAllowed(
            "patients.identity-elsewhere",
            "L'identité se corrige dans l'établissement qui prend le patient en charge, ou par "
            "l'identitovigilance.",
        )
    ADMIT.check(by, [ground.organization])
    return ground.organization


def _lock(patient: Patient, version: int) -> Patient:
    """The record as it is now, locked until the act ends. Raises :class:`Refusal` when it changed
    since the page was read or was merged, :class:`NotFound` when it was erased."""
    now = Patient.objects.select_for_update().get(pk=patient.pk)
    if now.erased_at is not None:
        raise NotFound("patients.erased", "Ce dossier a été effacé.")
    if now.merged_into_id is not None:
        raise Refusal("patients.merged", "Ce dossier a été fusionné avec un autre entre-temps.")
    if now.version != version:
        raise Refusal(
            "patients.stale",
            f"Ce dossier a été modifié le {french_instant(now.changed_at)}, depuis que vous avez "
            "ouvert cette page : relisez-le avant de le corriger.",
            version=now.version,
        )
    return now


def _save(patient: Patient, at: datetime) -> None:
    patient.version += 1
    patient.changed_at = at
    save_with_ins(patient)
