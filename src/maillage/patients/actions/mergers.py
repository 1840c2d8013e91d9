"""Two records of one person are read as one: a pointer, no row moves, and it can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from maillage.accounts.permissions import Actor
from maillage.patients.actions.admission import check_ins_is_free, save_with_ins
from maillage.patients.actions.trail import record_on
from maillage.patients.enums import IdentityState, PairState
from maillage.patients.models import DuplicatePair, Merger, Patient
from maillage.patients.permissions import IDENTIFY
from maillage.patients.queries.records import family_ids
from maillage.patients.rules.identity_states import strength
from maillage.patients.rules.mergers import find_roots
from maillage.patients.sections import list_sections
from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Invalid, Problem, Refusal


@transaction.atomic
def merge_patients(
    *, kept: Patient, absorbed: Patient, reason: str, by: Actor, at: datetime
) -> Merger:
    """Read ``absorbed`` through ``kept`` from now on. Raises :class:`NotAllowed`,
    :class:`Invalid` without a reason, and :class:`Refusal` when one of them is merged or erased
    already, when both have an INS number and these differ, when the identity of the absorbed one
    is the better established, when somebody decided that they are two people, or when what another
    room keeps stands against it."""
    IDENTIFY.check(by)
    reason = " ".join(reason.split())
    if not reason or len(reason) > 240:
        problem = Problem("motif attendu, 240 signes au plus", field="reason")
        raise Invalid("patients.merge-reason", "Dites pourquoi c'est la même personne.", [problem])
    kept, absorbed = _lock(kept, absorbed)
    _check_merge(kept, absorbed)
    dismissed = _pair_of(kept, absorbed).filter(state=PairState.DISMISSED).first()
    if dismissed is not None:
        raise _decided(dismissed)
    ids = [*family_ids(kept), *family_ids(absorbed)]
    for section in list_sections():
        if objection := section.check_merge(ids):
            raise Refusal("patients.merge-objection", objection, section=section.name)
    merger = Merger.objects.create(
        kept=kept, absorbed=absorbed, reason=reason, merged_at=at, merged_by=by.name
    )
    _point(ids)
    _pair_of(kept, absorbed).update(state=PairState.MERGED, decided_at=at, decided_by=by.name)
    for patient, other in ((kept, absorbed), (absorbed, kept)):
        record_on(patient, "patients.merge", by=by, at=at, other=other.key, kept=kept.key)
    return merger


@transaction.atomic
def undo_merger(*, merger: Merger, by: Actor, at: datetime) -> Merger:
    """Read both records apart again, each with the mergers that it had. The pair is to be decided
    again. Raises :class:`NotAllowed`, :class:`Refusal` when it is undone already, when the person
    was erased since, or when both now hold one INS number."""
    IDENTIFY.check(by)
    # Records are locked before the merger, in the order of every other act.
    ids = family_ids(Patient.objects.get(pk=merger.kept_id))
    _lock_family(ids)
    merger = (
        Merger.objects.select_for_update(of=("self",))
        .select_related("kept", "absorbed")
        .get(pk=merger.pk)
    )
    if merger.undone_at is not None:
        raise Refusal(
            "patients.merger-undone",
            f"{merger.undone_by} a déjà défait cette fusion, {french_instant(merger.undone_at)}.",
        )
    if merger.kept.erased_at is not None:
        raise Refusal("patients.erased", "Ce dossier a été effacé : rien ne reste à séparer.")
    merger.undone_at, merger.undone_by = at, by.name
    merger.save(update_fields=["undone_at", "undone_by"])
    _point(ids)
    _pair_of(merger.kept, merger.absorbed).update(
        state=PairState.OPEN, decided_at=None, decided_by=""
    )
    for patient, other in ((merger.kept, merger.absorbed), (merger.absorbed, merger.kept)):
        record_on(patient, "patients.undo-merger", by=by, at=at, other=other.key)
    return merger


@transaction.atomic
def dismiss_pair(*, pair: DuplicatePair, by: Actor, at: datetime) -> DuplicatePair:
    """Say that both records are two people: they are not shown again. Raises :class:`NotAllowed`,
    :class:`Refusal` when it was decided otherwise meanwhile."""
    IDENTIFY.check(by)
    pair = (
        DuplicatePair.objects.select_for_update(of=("self",))
        .select_related("first", "second")
        .get(pk=pair.pk)
    )
    if pair.state != PairState.OPEN:
        raise _decided(pair)
    pair.state, pair.decided_at, pair.decided_by = PairState.DISMISSED, at, by.name
    pair.save(update_fields=["state", "decided_at", "decided_by"])
    for patient, other in ((pair.first, pair.second), (pair.second, pair.first)):
        record_on(patient, "patients.dismiss-pair", by=by, at=at, other=other.key)
    return pair


def _decided(pair: DuplicatePair) -> Refusal:
    decided = PairState(pair.state).label.lower()
    return Refusal(
        "patients.pair-decided", f"{pair.decided_by} a déjà décidé de ce cas : {decided}."
    )


def _check_merge(kept: Patient, absorbed: Patient) -> None:
    if kept.pk == absorbed.pk:
        raise Refusal("patients.same-record", "C'est le même dossier.")
    for one in (kept, absorbed):
        if one.merged_into_id is not None:
            raise Refusal("patients.merged", "L'un des deux dossiers est déjà fusionné.")
        if one.erased_at is not None:
            raise Refusal("patients.erased", "L'un des deux dossiers a été effacé.")
    if kept.ins_number and absorbed.ins_number and kept.ins_number != absorbed.ins_number:
        raise Refusal(
            "patients.two-ins",
            "Les deux dossiers ont des matricules INS différents : corrigez celui qui est faux "
            "avant de les fusionner.",
        )
    stronger = strength(IdentityState(absorbed.identity_state)) > strength(
        IdentityState(kept.identity_state)
    )
    if stronger or (absorbed.ins_number and not kept.ins_number):
        raise Refusal(
            "patients.keep-the-other",
            "Gardez plutôt l'autre dossier : son identité est mieux établie.",
        )


def _lock(one: Patient, other: Patient) -> tuple[Patient, Patient]:
    """Both records as they are now, locked in one order whoever asks."""
    found = _lock_family({one.pk, other.pk})
    return found[one.pk], found[other.pk]


def _lock_family(ids: Iterable[int]) -> dict[int, Patient]:
    rows = Patient.objects.select_for_update().filter(pk__in=set(ids)).order_by("pk")
    return {row.pk: row for row in rows}


def _point(ids: Iterable[int]) -> None:
    """Make each of these records point to the one finally kept, as the running mergers say."""
    rows = _lock_family(ids)
    mergers = Merger.objects.filter(absorbed__in=rows, undone_at__isnull=True)
    roots = find_roots(rows, dict(mergers.values_list("absorbed_id", "kept_id")))
    # Those that become read through another first: the table holds one INS number once.
    for pk in sorted(rows, key=lambda pk: roots[pk] == pk):
        wanted = None if roots[pk] == pk else roots[pk]
        if rows[pk].merged_into_id == wanted:
            continue
        if wanted is None:
            check_ins_is_free(rows[pk].ins_number, besides=rows[pk])
        rows[pk].merged_into_id = wanted
        save_with_ins(rows[pk])


def _pair_of(one: Patient, other: Patient) -> QuerySet[DuplicatePair]:
    first, second = sorted((one.pk, other.pk))
    return DuplicatePair.objects.filter(first=first, second=second)
