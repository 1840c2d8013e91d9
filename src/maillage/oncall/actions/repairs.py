"""Duties in force that change hands together: a replacement, a chain, the repair of an absence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.models import Practitioner
from maillage.oncall.actions.news import tell
from maillage.oncall.enums import AnswerState, UnavailabilityKind
from maillage.oncall.imports.following import follow_duties
from maillage.oncall.models import DutyAssignment, DutySlot, Unavailability
from maillage.oncall.permissions import ANSWER_LEAVE, ASSIGN
from maillage.oncall.queries.candidates import may_hold_line
from maillage.oncall.queries.repairs import places_of
from maillage.oncall.queries.rosters import keepers_on, load_lines, owners_of_line
from maillage.oncall.queries.standing import new_faults
from maillage.oncall.rules.duties import check_still_held
from maillage.oncall.rules.moves import SlotMove
from maillage.oncall.rules.versions import check_reason
from maillage.vocabulary.calendar import french_instant, local_day
from maillage.vocabulary.errors import Invalid, Problem, Refusal


def change_hands(
    *, moves: Sequence[SlotMove], reason: str, by: Actor, at: datetime
) -> list[DutySlot]:
    """Give slots in force to others, all together or not at all.

    Raises :class:`NotAllowed` unless the actor assigns for every line concerned, or for the
    establishment that carries its published roster; :class:`Refusal`
    for a slot that has begun, that is no longer in the hands said, or whose new holder takes no
    part in the line or is on another line then; :class:`Invalid` when a rule is newly broken and
    no reason is given.
    """
    with changing_territory():
        slots = _lock(moves)
        days = [local_day(slot.starts_at) for slot in slots.values()]
        lines = load_lines({slot.line.slug for slot in slots.values()})
        owners = keepers_on(lines, min(days), max(days))
        for move in moves:
            slot = slots[move.slot]
            ASSIGN.check(by, owners[slot.line.slug])
            _check_to_come(slot, at)
            holder = getattr(slot, "assignment", None)
            check_still_held(move.loses, holder.practitioner.slug if holder else None)
        people = _people(moves)
        faults = new_faults(list(slots.values()), moves, at=at)
        impossible = next(
            (one for one in faults if one.why.code in ("overlap", "other_duty")), None
        )
        if impossible is not None:
            raise Refusal("oncall.held-elsewhere", f"{impossible.name} {impossible.why.sentence}.")
        check_reason(reason, broken=len(faults))
        _hand_over(moves, slots, people, by=by, at=at)
        for move in moves:
            _record(slots[move.slot], move, people, reason, by=by, at=at)
        tell((name for move in moves for name in (move.loses, move.gains)), by=by, at=at)
    return [slots[move.slot] for move in moves]


def _lock(moves: Sequence[SlotMove]) -> dict[int, DutySlot]:
    wanted = [move.slot for move in moves]
    found = {
        slot.pk: slot
        for slot in DutySlot.objects.select_for_update(of=("self",))
        .select_related("line__organization", "service", "assignment__practitioner")
        .filter(pk__in=wanted)
    }
    if len(found) < len(set(wanted)):
        raise Refusal("oncall.duty-gone", "Une de ces gardes n'existe plus.")
    return found


def _check_to_come(slot: DutySlot, at: datetime) -> None:
    if slot.starts_at <= at:
        raise Refusal(
            "oncall.begun", f"La garde du {french_instant(slot.starts_at)} a déjà commencé."
        )


def _people(moves: Sequence[SlotMove]) -> dict[str, Practitioner]:
    slugs = {name for move in moves for name in (move.loses, move.gains) if name}
    found = {one.slug: one for one in Practitioner.objects.filter(slug__in=slugs)}
    if found.keys() != slugs:
        raise Refusal("oncall.unknown-practitioner", "Ce praticien n'existe pas.")
    return found


def _hand_over(
    moves: Sequence[SlotMove],
    slots: dict[int, DutySlot],
    people: dict[str, Practitioner],
    *,
    by: Actor,
    at: datetime,
) -> None:
    for move in moves:
        slot = slots[move.slot]
        if move.gains and not may_hold_line(people[move.gains], slot.line, slot.starts_at):
            raise Refusal(
                "oncall.not-of-the-line",
                f"{people[move.gains]} ne participe pas ce jour-là à la ligne « {slot.line} ».",
            )
    DutyAssignment.objects.filter(slot__in=slots).delete()
    DutyAssignment.objects.bulk_create(
        DutyAssignment(
            slot=slots[move.slot],
            practitioner=people[move.gains],
            assigned_at=at,
            assigned_by=by.name,
        )
        for move in moves
        if move.gains
    )
    starts = [slot.starts_at for slot in slots.values()]
    follow_duties(
        lines={slot.line_id for slot in slots.values()},
        starts_at=min(starts),
        ends_at=max(starts),
        at=at,
    )


def _record(
    slot: DutySlot,
    move: SlotMove,
    people: dict[str, Practitioner],
    reason: str,
    *,
    by: Actor,
    at: datetime,
) -> None:
    record(
        "oncall.change-hands",
        by=by,
        at=at,
        subject_kind="duty-line",
        subject_key=slot.line.slug,
        subject_name=slot.line.name,
        organization=slot.line.organization.slug,
        changes_territory=True,
        service=slot.service.slug,
        starts_at=slot.starts_at.isoformat(),
        ends_at=slot.ends_at.isoformat(),
        practitioner=move.gains,
        practitioner_name=str(people.get(move.gains, "personne")),
        previous=move.loses,
        previous_name=str(people.get(move.loses, "personne")),
        reason=reason.strip()[:400],
    )


@transaction.atomic
def note_absence(
    *,
    practitioner: Practitioner,
    kind: UnavailabilityKind,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    at: datetime,
    also: Collection[str] = (),
) -> Unavailability:
    """Write that somebody is away, as granted: from then on nobody plans them. A period already
    written is left as it is.

    Raises :class:`NotAllowed` unless the actor answers leave where the practitioner works, or for
    a line on which they hold a duty then (``also``: establishments of such lines, whose duties
    were just handed over); :class:`Invalid` on a wrong period.
    """
    ANSWER_LEAVE.check(by, places_of(practitioner, starts_at, ends_at, at=at).union(also))
    if ends_at <= starts_at:
        message = "La fin doit venir après le début."
        raise Invalid("oncall.away", message, [Problem(message, field="ends_at")])
    away, is_new = Unavailability.objects.get_or_create(
        practitioner=practitioner,
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        state=AnswerState.GRANTED,
        defaults={
            "asked_at": at,
            "asked_by": by.name,
            "answered_at": at,
            "answered_by": by.name,
        },
    )
    if is_new:
        record(
            "oncall.note-absence",
            by=by,
            at=at,
            subject_kind="practitioner",
            subject_key=practitioner.slug,
            subject_name=str(practitioner),
            starts_at=starts_at.isoformat(),
            ends_at=ends_at.isoformat(),
        )
    return away


def repair_absence(
    *,
    practitioner: Practitioner,
    kind: UnavailabilityKind,
    starts_at: datetime,
    ends_at: datetime,
    moves: Sequence[SlotMove],
    by: Actor,
    at: datetime,
) -> list[DutySlot]:
    """Hand the duties of an absence over, as was shown, and write it. Raises what
    :func:`note_absence` and :func:`change_hands` raise; nothing is written then."""
    with changing_territory():
        moved = []
        if moves:
            reason = f"Absence de {practitioner}, réparation du tableau."
            moved = change_hands(moves=moves, reason=reason, by=by, at=at)
        left = {move.slot for move in moves if move.loses == practitioner.slug}
        lines = load_lines({slot.line.slug for slot in moved if slot.pk in left})
        note_absence(
            practitioner=practitioner,
            kind=kind,
            starts_at=starts_at,
            ends_at=ends_at,
            by=by,
            at=at,
            also=frozenset[str]().union(*(owners_of_line(line) for line in lines)),
        )
    return moved
