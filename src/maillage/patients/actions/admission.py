"""Records are opened by who receives the patient; an existing one is joined, never doubled."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions.links import add_link
from maillage.patients.actions.trail import record_on
from maillage.patients.enums import LinkKind
from maillage.patients.models import Patient
from maillage.patients.permissions import ADMIT
from maillage.patients.rules.identity import (
    IDENTITY_FIELDS,
    Identity,
    check_identity,
    same_strict_traits,
    tidy_identity,
)
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.codes import Ins
from maillage.vocabulary.errors import Invalid, NotFound, Problem, Refusal


@transaction.atomic
def create_patient(
    *,
    identity: Identity,
    organization: Organization,
    by: Actor,
    at: datetime,
    number: str = "",
    is_synthetic: bool = False,
) -> Patient:
    """Open a record, provisional, and the stay of the patient in this organization (``number``:
    its local number). Raises :class:`NotAllowed`, :class:`Invalid`, and :class:`Refusal`
    ``patients.ins-taken`` when a record holds the INS number: it is joined instead
    (:func:`join_patient`)."""
    ADMIT.check(by, [organization.slug])
    tidied = check_identity(identity, today=local_day(at), is_synthetic=is_synthetic)
    check_ins_is_free(tidied.ins_number)
    patient = Patient(
        organization=organization,
        is_synthetic=is_synthetic,
        created_at=at,
        created_by=by.name,
        changed_at=at,
    )
    write_identity(patient, tidied)
    save_with_ins(patient)
    record_on(patient, "patients.create", by=by, at=at, organization=organization.slug)
    add_link(
        patient=patient,
        kind=LinkKind.STAY,
        organization=organization,
        number=number.strip(),
        by=by,
        at=at,
    )
    return patient


@transaction.atomic
def join_patient(
    *,
    identity: Identity,
    organization: Organization,
    by: Actor,
    at: datetime,
    number: str = "",
) -> Patient:
    """Open the stay of a patient whose record exists: the whole INS number, or the five strict
    traits exactly. Raises :class:`NotAllowed`, :class:`Invalid` when too little is given,
    :class:`NotFound` when nothing matches, :class:`Refusal` when several do."""
    ADMIT.check(by, [organization.slug])
    patient = _find_exactly(tidy_identity(identity))
    add_link(
        patient=patient,
        kind=LinkKind.STAY,
        organization=organization,
        number=number.strip(),
        by=by,
        at=at,
    )
    record_on(patient, "patients.join", by=by, at=at, organization=organization.slug)
    return patient


def _find_exactly(typed: Identity) -> Patient:
    if typed.ins_number:
        if not Ins.is_valid(typed.ins_number):
            problem = Problem("15 caractères attendus, clé juste", field="ins_number")
            raise Invalid("patients.join", "Ce matricule INS est incomplet ou faux.", [problem])
        rows = list(Patient.objects.filter(ins_number=typed.ins_number))
    elif not same_strict_traits(typed, typed):
        raise Invalid(
            "patients.join",
            "Donnez le matricule INS, ou les cinq traits : nom de naissance, premier prénom, date "
            "de naissance, sexe et lieu de naissance.",
            [Problem("matricule INS ou cinq traits attendus", field="ins_number")],
        )
    else:
        near = Patient.objects.filter(birth_date=typed.birth_date, birth_name=typed.birth_name)
        rows = [one for one in near if same_strict_traits(typed, read_identity(one))]
    kept = {one.merged_into_id or one.pk for one in rows if one.erased_at is None}
    if not kept:
        raise NotFound("patients.no-match", "Aucun dossier n'a exactement cette identité.")
    if len(kept) > 1:
        raise Refusal(
            "patients.several",
            "Plusieurs dossiers ont exactement cette identité : le service d'identitovigilance "
            "doit d'abord les rapprocher.",
        )
    return Patient.objects.select_related("organization", "commune").get(pk=kept.pop())


def check_ins_is_free(number: str, *, besides: Patient | None = None) -> None:
    """Raise :class:`Refusal` when another record holds this INS number."""
    if not number:
        return
    others = Patient.objects.filter(Q(ins_number=number), merged_into__isnull=True)
    if besides is not None:
        others = others.exclude(pk=besides.pk)
    if others.exists():
        raise _taken()


def _taken() -> Refusal:
    return Refusal(
        "patients.ins-taken",
        "Un dossier porte déjà ce matricule INS : rejoignez-le au lieu d'en créer un autre.",
    )


def save_with_ins(patient: Patient) -> None:
    """Write a record; the table refuses the second of two writers of one INS number at the same
    instant, said as :func:`check_ins_is_free` does."""
    try:
        with transaction.atomic():
            patient.save()
    except IntegrityError as error:
        if "patients_one_ins" in str(error) or ".ins_number" in str(error):
            raise _taken() from None
        raise


def write_identity(patient: Patient, identity: Identity) -> None:
    """Put a checked identity on a record, not saved. Raises :class:`Invalid` for an unknown
    commune of residence."""
    for name in IDENTITY_FIELDS:
        if name != "commune":
            setattr(patient, name, getattr(identity, name))
    if identity.commune and not Commune.objects.filter(pk=identity.commune).exists():
        problem = Problem("commune inconnue", field="commune")
        raise Invalid("patients.identity", "Cette commune n'est pas connue.", [problem])
    patient.commune_id = identity.commune or None


def read_identity(patient: Patient) -> Identity:
    """The identity that a record holds, as it would be typed."""
    values = {name: getattr(patient, name) for name in IDENTITY_FIELDS if name != "commune"}
    return Identity(**values, commune=patient.commune_id or "")
