"""Publishing a version of a roster: what it plans becomes what is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.models import HealthcareService, Practitioner
from maillage.oncall.actions.news import tell
from maillage.oncall.actions.rosters import lock_version, record_on_roster
from maillage.oncall.enums import VersionState
from maillage.oncall.imports.following import follow_duties
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot, RosterVersion
from maillage.oncall.queries.rosters import Pending, check_may_plan, names_of, pending_changes
from maillage.oncall.queries.standing import Fault, faults_of_version, taken_elsewhere
from maillage.oncall.rules.duties import DutyChange, fingerprint
from maillage.oncall.rules.versions import check_can_become, check_reason
from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Refusal

BATCH = 500


@dataclass(frozen=True)
class Publication:
    """What a publication did: ``changed`` duties in force, ``kept`` ones that had begun and stay
    as they were, ``holes`` duties that nobody holds, ``lapsed`` swaps that lost their object."""

    version: RosterVersion
    changed: int
    kept: int
    holes: int
    lapsed: int


def publish_version(
    *, version: RosterVersion, shown: str, reason: str = "", by: Actor, at: datetime
) -> Publication:
    """Write the duties of a version as the slots in force of its days, in one transaction.

    Slots that have begun stay as they are. ``shown`` is the :func:`fingerprint` of the changes that
    the actor was shown: when something changed since, nothing is written. ``reason`` is asked when
    the roster breaks rules. The version that was published before is superseded.

    Raises :class:`NotAllowed`; :class:`Invalid` without a reason for broken rules; :class:`Refusal`
    when the version is closed, when what was shown is no longer true, or when somebody would be on
    two lines at once.
    """
    with changing_territory():
        kept = lock_version(version.pk)
        check_may_plan(kept.roster, by)
        check_can_become(kept.state, VersionState.PUBLISHED)
        pending = pending_changes(kept, at=at)
        if fingerprint(pending.changes) != shown:
            raise Refusal(
                "oncall.publish-stale",
                "Ce qui est en vigueur, ou ce tableau, vient de changer : relisez ce que la "
                "publication modifiera.",
            )
        _check_nobody_is_twice(pending)
        faults = faults_of_version(kept, at=at)
        check_reason(reason, broken=len(faults))
        lapsed = _write(kept, pending.changes, by=by, at=at)
        done = Publication(
            version=kept,
            changed=len(pending.changes),
            kept=len(pending.begun),
            holes=sum(duty.holder is None for duty in pending.planned if duty.starts_at > at),
            lapsed=lapsed,
        )
        _close(kept, done, faults, reason.strip(), by=by, at=at)
        sides = [side for one in pending.changes for side in (one.before, one.after) if side]
        tell((side.holder for side in sides), by=by, at=at)
    return done


def _check_nobody_is_twice(pending: Pending) -> None:
    for duty, line_name, ends_at in taken_elsewhere(pending.planned, pending.changes):
        raise Refusal(
            "oncall.held-elsewhere",
            f"La personne prévue le {french_instant(duty.starts_at)} tient déjà la ligne "
            f"« {line_name} » jusqu'au {french_instant(ends_at)}.",
        )


def _close(
    version: RosterVersion,
    done: Publication,
    faults: Sequence[Fault],
    reason: str,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Turn the states of the versions, and write the act."""
    RosterVersion.objects.filter(roster=version.roster, state=VersionState.PUBLISHED).update(
        state=VersionState.SUPERSEDED
    )
    version.state = VersionState.PUBLISHED
    version.published_at, version.published_by = at, by.name
    version.published_despite = reason if faults else ""
    version.save(update_fields=["state", "published_at", "published_by", "published_despite"])
    record_on_roster(
        "oncall.publish-roster",
        version,
        by=by,
        at=at,
        changes_territory=True,
        changed=done.changed,
        holes=done.holes,
        faults=len(faults),
        reason=version.published_despite,
        lapsed=done.lapsed,
    )


def _write(
    version: RosterVersion, changes: Sequence[DutyChange], *, by: Actor, at: datetime
) -> int:
    """Slots and assignments as these changes say; how many swaps lost their object."""
    if not changes:
        return 0
    slots = _make_slots([one for one in changes if one.before is None])
    touched = {int(one.before.id[1:]): one for one in changes if one.before is not None}
    gone = [pk for pk, one in touched.items() if one.after is None]
    rehold = {
        pk: one
        for pk, one in touched.items()
        if one.after and one.before and one.after.holder != one.before.holder
    }
    _record_losses(version, changes, by=by, at=at)
    DutyAssignment.objects.filter(slot__in=[*gone, *rehold]).delete()
    DutySlot.objects.filter(pk__in=gone).delete()
    for pk, one in touched.items():
        if one.after and one.before and one.after.ends_at != one.before.ends_at:
            DutySlot.objects.filter(pk=pk).update(ends_at=one.after.ends_at)
    _hold({**slots, **rehold}, by=by, at=at)
    starts = [one.duty.starts_at for one in changes]
    return follow_duties(
        lines=set(version.roster.lines.values_list("pk", flat=True)),
        starts_at=min(starts),
        ends_at=max(starts),
        at=at,
    )


def _record_losses(
    version: RosterVersion, changes: Sequence[DutyChange], *, by: Actor, at: datetime
) -> None:
    """One line of the trail for each duty that somebody loses: the versions of the roster keep who
    was planned, not who held it by a swap or a single act since."""
    names = names_of({side.holder for one in changes for side in (one.before, one.after)
                      if side and side.holder})  # fmt: skip
    for one in changes:
        before, after = one.before, one.after
        if before is None or before.holder is None or (after and after.holder == before.holder):
            continue
        record_on_roster(
            "oncall.replace-duty",
            version,
            by=by,
            at=at,
            line=before.line,
            service=before.service,
            starts_at=before.starts_at.isoformat(),
            previous=before.holder,
            previous_name=names.get(before.holder, before.holder),
            practitioner_name=names.get(after.holder or "", "personne") if after else "supprimée",
        )


def _make_slots(new: Sequence[DutyChange]) -> dict[int, DutyChange]:
    """Slots that were not there, by primary key."""
    lines = dict(
        DutyLine.objects.filter(slug__in={one.duty.line for one in new}).values_list("slug", "pk")
    )
    services = dict(
        HealthcareService.objects.filter(slug__in={one.duty.service for one in new}).values_list(
            "slug", "pk"
        )
    )
    made = DutySlot.objects.bulk_create(
        (
            DutySlot(
                line_id=lines[one.duty.line],
                service_id=services[one.duty.service],
                starts_at=one.duty.starts_at,
                ends_at=one.duty.ends_at,
            )
            for one in new
        ),
        batch_size=BATCH,
    )
    return {slot.pk: one for slot, one in zip(made, new, strict=True)}


def _hold(slots: dict[int, DutyChange], *, by: Actor, at: datetime) -> None:
    """Who holds these slots from now on."""
    holders = {one.after.holder for one in slots.values() if one.after and one.after.holder}
    people = dict(Practitioner.objects.filter(slug__in=holders).values_list("slug", "pk"))
    DutyAssignment.objects.bulk_create(
        (
            DutyAssignment(
                slot_id=pk,
                practitioner_id=people[one.after.holder],
                assigned_at=at,
                assigned_by=by.name,
            )
            for pk, one in slots.items()
            if one.after is not None and one.after.holder is not None
        ),
        batch_size=BATCH,
    )
