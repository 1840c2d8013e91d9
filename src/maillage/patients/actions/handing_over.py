"""A person's rights on their data: what is handed over, what is erased."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.patients.actions.links import end_link
from maillage.patients.actions.trail import record_on
from maillage.patients.enums import IdentityState, LinkKind, Sex
from maillage.patients.models import (
    BreakGlass,
    CareLink,
    CareTeamMember,
    Consent,
    DuplicatePair,
    Merger,
    Patient,
)
from maillage.patients.permissions import HAND_OVER
from maillage.patients.queries.exports import export_own_tables
from maillage.patients.queries.records import family_ids
from maillage.patients.rules.identity import IDENTITY_FIELDS, letters_of
from maillage.patients.rules.retention import kept_until
from maillage.patients.sections import list_sections
from maillage.vocabulary.calendar import french_day, local_day
from maillage.vocabulary.errors import Invalid, Problem, Refusal


@transaction.atomic
def export_person(*, patient: Patient, by: Actor, at: datetime) -> dict[str, Any]:
    """All that is kept of a person (RGPD, article 15), by sections with French labels: this room's
    own, what upper rooms registered, and every access. JSON values. Raises :class:`NotAllowed`."""
    HAND_OVER.check(by)
    patient = patient.kept
    record_on(patient, "patients.export-person", by=by, at=at)
    ids = family_ids(patient)
    return {
        **export_own_tables(ids),
        **{section.label: section.export(ids) for section in list_sections()},
    }


@transaction.atomic
def erase_person(*, patient: Patient, reason: str, by: Actor, at: datetime) -> Patient:
    """Erase what names a person or tells their care, in the merged records too; keys, dates and the
    audit trail, which hold no trait, stay. ``reason`` goes to the trail: it may not name the
    person. Raises :class:`NotAllowed`, :class:`Invalid`, :class:`Refusal` before the end of the
    retention, unless the record is that of an invented person or holds nothing but its opening."""
    HAND_OVER.check(by)
    patient = patient.kept
    ids = family_ids(patient)
    records = list(Patient.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    patient = next(one for one in records if one.pk == patient.pk)
    if patient.erased_at is not None:
        raise Refusal("patients.erased", "Ce dossier est déjà effacé.")
    reason = _check_reason(reason, records)
    basis = _why_erasable(patient, ids, on=local_day(at))
    for link in CareLink.objects.select_related("patient", "organization").filter(
        patient__in=ids, ends_at__isnull=True
    ):
        end_link(link=link, by=by, at=at)
    for section in list_sections():
        section.erase(ids)
    _blank_tables(ids)
    for one in records:
        _blank_traits(one)
        one.erased_at, one.erased_by, one.changed_at = at, by.name, at
        one.version += 1
        one.save()
        record_on(one, "patients.erase", by=by, at=at, reason=reason, why=basis)
    return patient


def _check_reason(reason: str, records: Iterable[Patient]) -> str:
    reason = " ".join(reason.split())
    if not reason or len(reason) > 240:
        problem = Problem("motif attendu, 240 signes au plus", field="reason")
        raise Invalid("patients.erase-reason", "Dites pourquoi ces données s'effacent.", [problem])
    if names_person(reason, records):
        problem = Problem("sans nommer la personne", field="reason")
        raise Invalid("patients.erase-reason", "Ce motif nomme la personne.", [problem])
    return reason


def names_person(text: str, records: Iterable[Patient]) -> bool:
    """True when a text holds a name or the number of one of these records. Particles and names of
    two letters are also plain words: they are let through."""
    words = {letters_of(word) for word in text.replace("'", " ").split()}
    traits = {
        letters_of(word)
        for one in records
        for name in (one.birth_name, one.birth_given_names, one.used_name, one.used_given_name)
        for word in name.split()
    }
    named = {word for word in words & traits if len(word) > 2 and word not in ("des", "les")}
    compact = text.replace(" ", "").upper()
    return bool(named) or any(one.ins_number in compact for one in records if one.ins_number)


def _why_erasable(patient: Patient, ids: list[int], *, on: date) -> str:
    """``synthetic``, ``empty`` or ``retention``. Raises :class:`Refusal`."""
    if patient.is_synthetic:
        return "synthetic"
    if _is_empty(ids):
        return "empty"
    stays = CareLink.objects.filter(patient__in=ids).values_list("starts_at", "ends_at", "kind")
    rows = list(stays)
    if any(end is None and kind == LinkKind.STAY for _, end, kind in rows):
        raise Refusal("patients.kept", "Ce patient est pris en charge : ses données se gardent.")
    visits = [local_day(end or start) for start, end, _ in rows]
    until = kept_until(
        last_visit=max(visits, default=local_day(patient.created_at)),
        birth_date=patient.birth_date,
        deceased_on=patient.deceased_on,
    )
    if on < until:
        raise Refusal(
            "patients.kept",
            f"La loi fait garder ce dossier jusqu'au {french_day(until)} (Code de la santé "
            "publique, R.1112-7).",
            until=until.isoformat(),
        )
    return "retention"


def _is_empty(ids: list[int]) -> bool:
    """True when a record holds nothing but the stay that opened it."""
    links = list(CareLink.objects.filter(patient__in=ids).values_list("kind", flat=True)[:2])
    return (
        len(ids) == 1
        and links in ([], [LinkKind.STAY])
        and not BreakGlass.objects.filter(patient__in=ids).exists()
        and not CareTeamMember.objects.filter(patient__in=ids).exists()
        and not Consent.objects.filter(patient__in=ids).exists()
        and not any(section.export(ids) for section in list_sections())
    )


def _blank_tables(ids: list[int]) -> None:
    CareLink.objects.filter(patient__in=ids).update(number="")
    CareTeamMember.objects.filter(patient__in=ids).update(name="", tie="", phone="", username="")
    Consent.objects.filter(patient__in=ids).update(comment="")
    BreakGlass.objects.filter(patient__in=ids).update(reason="", review_comment="")
    Merger.objects.filter(kept__in=ids).update(reason="")
    DuplicatePair.objects.filter(first__in=ids).delete()
    DuplicatePair.objects.filter(second__in=ids).delete()


def _blank_traits(patient: Patient) -> None:
    for name in IDENTITY_FIELDS:
        if name not in ("birth_date", "deceased_on", "commune", "sex"):
            setattr(patient, name, "")
    patient.birth_date = patient.deceased_on = patient.identity_checked_on = None
    patient.commune = None
    patient.sex = Sex.UNKNOWN
    patient.identity_document = ""
    patient.identity_state = IdentityState.PROVISIONAL
