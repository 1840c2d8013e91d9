"""Rosters and their versions: made, amended, submitted, judged, given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.oncall.enums import AttemptState, Opinion, VersionState
from maillage.oncall.models import (
    DutyLine,
    DutySlot,
    PlannedDuty,
    Roster,
    RosterAttempt,
    RosterOpinion,
    RosterVersion,
)
from maillage.oncall.permissions import GIVE_OPINION, PLAN
from maillage.oncall.queries.rosters import bounds_of, check_may_plan, owners_of_line
from maillage.oncall.rules.versions import OPEN, check_can_become, check_roster
from maillage.vocabulary.errors import Invalid, Problem, Refusal

SLUG_LETTERS = 70


def record_on_roster(
    action: str,
    version: RosterVersion,
    *,
    by: Actor,
    at: datetime,
    changes_territory: bool = False,
    **details: Any,
) -> None:
    """Write the audit line of an act on a version of a roster."""
    roster = version.roster
    record(
        action,
        by=by,
        at=at,
        subject_kind="roster",
        subject_key=roster.slug,
        subject_name=roster.name,
        organization=roster.organization.slug,
        changes_territory=changes_territory,
        version=version.number,
        **details,
    )


def lock_version(pk: int) -> RosterVersion:
    """The version, held until the transaction ends: acts on one version wait for each other."""
    return (
        RosterVersion.objects.select_for_update(of=("self",))
        .select_related("roster__organization")
        .get(pk=pk)
    )


def touch(version: RosterVersion) -> None:
    """Say that the duties of a version changed."""
    version.stamp += 1
    version.save(update_fields=["stamp"])


@transaction.atomic
def make_roster(
    *,
    name: str,
    organization: Organization,
    lines: Sequence[DutyLine],
    starts_on: date,
    ends_on: date,
    by: Actor,
    at: datetime,
    with_holders: bool = False,
    slug: str = "",
) -> RosterVersion:
    """Begin a roster of these lines over the days ``starts_on <= day < ends_on``: a first version,
    as a draft, with a duty for each slot of the lines that starts on these days.

    Duties are free, or keep who holds the slot with ``with_holders``. Raises :class:`NotAllowed`
    unless the actor plans for each line; :class:`Invalid`; :class:`Refusal` when no slot was made
    for these days, or another roster that is not given up has a line of this one on one of them.
    """
    check_roster(name, starts_on, ends_on, len(lines))
    for line in lines:
        PLAN.check(by, owners_of_line(line))
    _check_alone(lines, starts_on, ends_on)
    roster = Roster.objects.create(
        slug=_free_slug(slug or f"{name} {starts_on:%Y-%m}"),
        name=name.strip(),
        organization=organization,
        starts_on=starts_on,
        ends_on=ends_on,
        created_at=at,
        created_by=by.name,
    )
    roster.lines.set(lines)
    version = RosterVersion.objects.create(roster=roster, number=1, made_at=at, made_by=by.name)
    made = _copy_slots(version, with_holders=with_holders)
    if not made:
        raise Refusal(
            "oncall.roster-without-slots",
            "Aucun créneau n'existe ces jours-là pour ces lignes : créez-les d'abord "
            "(« Créer des créneaux »).",
        )
    record_on_roster("oncall.make-roster", version, by=by, at=at, duties=made, lines=len(lines))
    return version


def _check_alone(lines: Sequence[DutyLine], starts_on: date, ends_on: date) -> None:
    other = (
        Roster.objects.filter(lines__in=lines, starts_on__lt=ends_on, ends_on__gt=starts_on)
        .exclude(versions__isnull=True)
        .filter(versions__state__in=[*OPEN, VersionState.PUBLISHED])
        .distinct()
        .first()
    )
    if other is not None:
        raise Refusal(
            "oncall.roster-twice",
            f"« {other.name} » couvre déjà une de ces lignes sur ces jours : modifiez-le.",
            roster=other.slug,
        )


def _free_slug(wanted: str) -> str:
    first = slugify(wanted)[:SLUG_LETTERS].strip("-") or "tableau"
    taken = set(Roster.objects.filter(slug__startswith=first).values_list("slug", flat=True))
    slug, rank = first, 2
    while slug in taken:
        slug, rank = f"{first}-{rank}", rank + 1
    return slug


def _copy_slots(version: RosterVersion, *, with_holders: bool) -> int:
    """Duties of a version from the slots in force of its lines and days; how many."""
    first, last = bounds_of(version.roster)
    slots = (
        DutySlot.objects.filter(
            line__rosters=version.roster, starts_at__gte=first, starts_at__lt=last
        )
        .select_related("assignment")
        .order_by("starts_at", "pk")
    )
    duties = []
    for slot in slots:
        assignment = getattr(slot, "assignment", None) if with_holders else None
        duties.append(
            PlannedDuty(
                version=version,
                line_id=slot.line_id,
                service_id=slot.service_id,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                practitioner_id=assignment.practitioner_id if assignment else None,
            )
        )
    PlannedDuty.objects.bulk_create(duties, batch_size=500)
    return len(duties)


@transaction.atomic
def amend_roster(*, roster: Roster, reason: str, by: Actor, at: datetime) -> RosterVersion:
    """Open a new version, which begins with what is in force: swaps and single acts since the
    publication are in it.

    Raises :class:`NotAllowed`; :class:`Invalid` without a reason; :class:`Refusal` when a version
    is being made already.
    """
    check_may_plan(roster, by)
    if not reason.strip():
        message = "Dites pourquoi le tableau est modifié."
        raise Invalid("oncall.amend-why", message, [Problem(message, field="reason")])
    Roster.objects.select_for_update(of=("self",)).get(pk=roster.pk)
    versions = list(RosterVersion.objects.filter(roster=roster).order_by("-number"))
    if any(VersionState(one.state) in OPEN for one in versions):
        raise Refusal(
            "oncall.version-open",
            "Une version de ce tableau est déjà en préparation : publiez-la ou abandonnez-la.",
        )
    published = next((one for one in versions if one.state == VersionState.PUBLISHED), None)
    version = RosterVersion.objects.create(
        roster=roster,
        number=versions[0].number + 1 if versions else 1,
        based_on=published,
        reason=reason.strip(),
        made_at=at,
        made_by=by.name,
    )
    made = _copy_slots(version, with_holders=True)
    record_on_roster(
        "oncall.amend-roster", version, by=by, at=at, reason=version.reason, duties=made
    )
    return version


def _move(version: RosterVersion, to: VersionState, *, by: Actor, at: datetime) -> RosterVersion:
    kept = lock_version(version.pk)
    check_may_plan(kept.roster, by)
    check_can_become(kept.state, to)
    kept.state = to
    kept.save(update_fields=["state"])
    return kept


@transaction.atomic
def submit_for_opinion(*, version: RosterVersion, by: Actor, at: datetime) -> RosterVersion:
    """Show a draft to those concerned: nobody changes it meanwhile. Raises :class:`NotAllowed`,
    :class:`Refusal`."""
    kept = _move(version, VersionState.FOR_OPINION, by=by, at=at)
    record_on_roster("oncall.submit-roster", kept, by=by, at=at)
    return kept


@transaction.atomic
def take_back(*, version: RosterVersion, by: Actor, at: datetime) -> RosterVersion:
    """Make a submitted version a draft again. Raises :class:`NotAllowed`, :class:`Refusal`."""
    kept = _move(version, VersionState.DRAFT, by=by, at=at)
    record_on_roster("oncall.take-back-roster", kept, by=by, at=at)
    return kept


@transaction.atomic
def abandon_version(*, version: RosterVersion, by: Actor, at: datetime) -> RosterVersion:
    """Give a version up; it stays readable. Raises :class:`NotAllowed`, :class:`Refusal`."""
    kept = _move(version, VersionState.ABANDONED, by=by, at=at)
    RosterAttempt.objects.filter(
        version=kept, state__in=[AttemptState.RUNNING, AttemptState.FOUND]
    ).update(state=AttemptState.DROPPED, ended_at=at)
    record_on_roster("oncall.abandon-roster", kept, by=by, at=at)
    return kept


@transaction.atomic
def give_opinion(
    *, version: RosterVersion, opinion: Opinion, comment: str, by: Actor, at: datetime
) -> RosterOpinion:
    """Say what one thinks of a submitted version; saying it again replaces what one said.

    Raises :class:`NotAllowed` to those of no establishment of the roster; :class:`Refusal` when it
    is not submitted; :class:`Invalid` when an opinion that is not favourable says nothing more.
    """
    kept = lock_version(version.pk)
    owners = frozenset[str]().union(*(owners_of_line(line) for line in kept.roster.lines.all()))
    GIVE_OPINION.check(by, owners | {kept.roster.organization.slug})
    if kept.state != VersionState.FOR_OPINION:
        raise Refusal("oncall.not-for-opinion", "Ce tableau n'est pas soumis à avis.")
    if opinion is not Opinion.FAVOURABLE and not comment.strip():
        message = "Dites ce qui ne va pas."
        raise Invalid("oncall.opinion-why", message, [Problem(message, field="comment")])
    given = RosterOpinion.objects.create(
        version=kept,
        by_username=by.username,
        by_name=by.name,
        opinion=opinion,
        comment=comment.strip(),
        given_at=at,
    )
    record_on_roster("oncall.give-opinion", kept, by=by, at=at, opinion=opinion.value)
    return given
