"""Making slots from turns, giving them a holder, freeing them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.models import HealthcareService, Practitioner, PractitionerRole
from maillage.oncall.actions.news import tell
from maillage.oncall.imports.following import follow_duties
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot
from maillage.oncall.permissions import ASSIGN, ASSIGN_PAST, GENERATE
from maillage.oncall.rules.slots import Interval, check_can_hold, has_started
from maillage.oncall.rules.turns import PlannedSlot, RosterHole, Turn, plan_slots
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal

BATCH = 500


@dataclass(frozen=True)
class Generated:
    """What a generation wrote. ``conflicts`` are slots left without holder because theirs already
    holds another line at that hour."""

    created: int
    existing: int
    holes: int
    conflicts: int


def generate_slots(
    rotations: Sequence[Turn],
    holes: Iterable[RosterHole],
    first_day: date,
    last_day: date,
    *,
    by: Actor,
    at: datetime,
) -> Generated:
    """Create the slots of these turns that start on ``first_day <= day < last_day``. A slot that
    exists already (same line, service and start) is left as it is, with whoever holds it: doing it
    again writes nothing. Raises :class:`NotAllowed`; :class:`Invalid` on a wrong
    horizon; :class:`Refusal` when a line, a service or a practitioner of a turn is unknown.
    """
    GENERATE.check(by)
    planned = plan_slots(rotations, holes, first_day, last_day)
    with changing_territory():
        lines, services, people = _known(rotations)
        stored = _stored_keys(planned, lines)
        new = [
            one
            for one in planned
            if (lines[one.line], services[one.service], one.starts_at) not in stored
        ]
        slots = _write_slots(new, lines, services)
        held = _held_elsewhere(new) if stored else {}
        assignments, conflicts = _turn_holders(slots, new, people, held, by=by, at=at)
        DutyAssignment.objects.bulk_create(assignments, batch_size=BATCH)
        done = Generated(
            created=len(new),
            existing=len(planned) - len(new),
            holes=len(new) - len(assignments),
            conflicts=conflicts,
        )
        if new:
            follow_duties(
                lines=set(lines.values()),
                starts_at=planned[0].starts_at,
                ends_at=max(one.starts_at for one in planned),
                at=at,
            )
            record(
                "oncall.generate-slots",
                by=by,
                at=at,
                subject_kind="duty-slots",
                subject_name=f"Créneaux du {first_day} au {last_day}",
                changes_territory=True,
                first_day=first_day.isoformat(),
                last_day=last_day.isoformat(),
                lines=len({turn.line for turn in rotations}),
                created=done.created,
                holes=done.holes,
            )
    return done


def _write_slots(
    new: Sequence[PlannedSlot], lines: dict[str, int], services: dict[str, int]
) -> list[DutySlot]:
    """The slots of these turns, written as they come: without holder."""
    return DutySlot.objects.bulk_create(
        (
            DutySlot(
                line_id=lines[one.line],
                service_id=services[one.service],
                starts_at=one.starts_at,
                ends_at=one.ends_at,
            )
            for one in new
        ),
        batch_size=BATCH,
    )


def _turn_holders(
    slots: Sequence[DutySlot],
    planned: Sequence[PlannedSlot],
    people: dict[str, int],
    held: dict[str, list[Interval]],
    *,
    by: Actor,
    at: datetime,
) -> tuple[list[DutyAssignment], int]:
    """Who holds the new slots, and how many stay free because their holder is on another line."""
    assignments, conflicts = [], 0
    for slot, one in zip(slots, planned, strict=True):
        if one.holder is None:
            continue
        interval = Interval(one.line, one.starts_at, one.ends_at)
        if any(o.line != one.line and o.meets(interval) for o in held.get(one.holder, ())):
            conflicts += 1
            continue
        assignments.append(
            DutyAssignment(
                slot=slot,
                practitioner_id=people[one.holder],
                assigned_at=at,
                assigned_by=by.name,
            )
        )
    return assignments, conflicts


def _known(
    rotations: Sequence[Turn],
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Primary keys of the lines, services and practitioners of the turns. Raises Refusal."""
    lines = dict(DutyLine.objects.values_list("slug", "pk"))
    services = dict(HealthcareService.objects.values_list("slug", "pk"))
    people = dict(Practitioner.objects.values_list("slug", "pk"))
    wanted = (
        ("ligne", {turn.line for turn in rotations}, lines),
        ("offre de soins", {turn.service for turn in rotations}, services),
        ("praticien", {name for turn in rotations for name in turn.holders}, people),
    )
    for what, names, known in wanted:
        unknown = sorted(name for name in names if name not in known)
        if unknown:
            raise Refusal("oncall.unknown", f"{what.capitalize()} « {unknown[0]} » inconnu.")
    return lines, services, people


def _stored_keys(
    planned: Sequence[PlannedSlot], lines: dict[str, int]
) -> set[tuple[int, int, datetime]]:
    if not planned:
        return set()
    stored = DutySlot.objects.filter(
        starts_at__gte=planned[0].starts_at - timedelta(days=1),
        starts_at__lte=planned[-1].starts_at + timedelta(days=1),
    ).order_by()
    return set(stored.values_list("line_id", "service_id", "starts_at"))


def _held_elsewhere(new: Sequence[PlannedSlot]) -> dict[str, list[Interval]]:
    """Slots that are already held within the span of the new ones, by practitioner."""
    if not new:
        return {}
    rows = DutyAssignment.objects.filter(
        slot__starts_at__lt=max(one.ends_at for one in new),
        slot__ends_at__gt=min(one.starts_at for one in new),
    ).values_list("practitioner__slug", "slot__line__slug", "slot__starts_at", "slot__ends_at")
    held: dict[str, list[Interval]] = defaultdict(list)
    for holder, line, starts_at, ends_at in rows:
        held[holder].append(Interval(line, starts_at, ends_at))
    return held


def _interval(slot: DutySlot) -> Interval:
    return Interval(slot.line.slug, slot.starts_at, slot.ends_at, slot.line.name)


def _check_may_change(slot: DutySlot, *, by: Actor, at: datetime) -> None:
    """Raise :class:`NotAllowed` unless this actor may change who holds the slot now."""
    owners = {slot.line.organization.slug, slot.service.site.organization.slug}
    ASSIGN.check(by, owners)
    if has_started(_interval(slot), at):
        ASSIGN_PAST.check(by, owners)


def _lock(slot_id: int) -> DutySlot:
    return (
        DutySlot.objects.select_for_update(of=("self",))
        .select_related("line__organization", "service__site__organization")
        .get(pk=slot_id)
    )


def assign_slot(
    *, slot: DutySlot, practitioner: Practitioner, by: Actor, at: datetime
) -> DutyAssignment:
    """Give a free slot to a practitioner.

    Raises :class:`NotAllowed`; :class:`Refusal` when the slot has a holder, when the practitioner
    works in no service of the line on that day, or already holds another line at that hour.
    """
    with changing_territory():
        kept = _lock(slot.pk)
        _check_may_change(kept, by=by, at=at)
        holder = DutyAssignment.objects.filter(slot=kept).select_related("practitioner").first()
        if holder is not None:
            raise Refusal(
                "oncall.already-held",
                f"{holder.practitioner} tient déjà ce créneau : libérez-le d'abord.",
            )
        check_can_hold(
            _interval(kept),
            name=str(practitioner),
            held=_held_by(practitioner, kept),
            works_there=_works_on_line(practitioner, kept),
        )
        assignment = DutyAssignment.objects.create(
            slot=kept, practitioner=practitioner, assigned_at=at, assigned_by=by.name
        )
        _follow(kept, at=at)
        _record("oncall.assign-slot", kept, practitioner, by=by, at=at)
        tell([practitioner.slug], by=by, at=at)
    return assignment


def release_slot(*, slot: DutySlot, by: Actor, at: datetime) -> None:
    """Free a slot of its holder: it becomes a hole of the roster.

    Raises :class:`NotAllowed`; :class:`Refusal` when nobody holds it.
    """
    with changing_territory():
        kept = _lock(slot.pk)
        _check_may_change(kept, by=by, at=at)
        holder = DutyAssignment.objects.filter(slot=kept).select_related("practitioner").first()
        if holder is None:
            raise Refusal("oncall.already-free", "Personne ne tient ce créneau.")
        holder.delete()
        _follow(kept, at=at)
        _record("oncall.release-slot", kept, holder.practitioner, by=by, at=at)
        tell([holder.practitioner.slug], by=by, at=at)


def _follow(slot: DutySlot, *, at: datetime) -> None:
    follow_duties(lines={slot.line_id}, starts_at=slot.starts_at, ends_at=slot.starts_at, at=at)


def _held_by(practitioner: Practitioner, slot: DutySlot) -> list[Interval]:
    held = DutySlot.objects.filter(
        assignment__practitioner=practitioner,
        starts_at__lt=slot.ends_at,
        ends_at__gt=slot.starts_at,
    ).select_related("line")
    return [_interval(other) for other in held]


def _works_on_line(practitioner: Practitioner, slot: DutySlot) -> bool:
    day = local_day(slot.starts_at)
    in_force = Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    return PractitionerRole.objects.filter(
        in_force, practitioner=practitioner, service__in=slot.line.services.all()
    ).exists()


def _record(
    action: str, slot: DutySlot, practitioner: Practitioner, *, by: Actor, at: datetime
) -> None:
    record(
        action,
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
        practitioner=practitioner.slug,
        practitioner_name=str(practitioner),
    )
