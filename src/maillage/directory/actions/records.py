"""Acts of the directory: entering and leaving a group, closing a service, authorisations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.enums import ExceptionState, MemberRole
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    Organization,
    OrganizationGroup,
    ServiceException,
)
from maillage.directory.permissions import EDIT, EDIT_GROUPS
from maillage.directory.queries.lists import in_force
from maillage.directory.rules.periods import (
    Stay,
    in_words,
    membership_clashes,
    overlapping,
)
from maillage.vocabulary.calendar import french_day, local_day
from maillage.vocabulary.errors import Refusal

NEW = 0
"""Line number that marks the record that an act is about to write, among those that stand."""


def group_stewards(group: OrganizationGroup, organization: Organization, on: date) -> set[str]:
    """Slugs of the organizations whose direction may change a membership: the organization itself,
    and the support establishments of the group on that day."""
    support = group.memberships.filter(in_force(on), role=MemberRole.SUPPORT)
    return {organization.slug, *support.values_list("organization__slug", flat=True)}


def can_edit_group(
    group: OrganizationGroup, organization: Organization, by: Actor, on: date
) -> bool:
    """True when this actor may enter this organization in the group, or take it out."""
    return EDIT_GROUPS.allows(by, group_stewards(group, organization, on))


def join_group(
    *,
    group: OrganizationGroup,
    organization: Organization,
    role: str,
    starts_on: date,
    source: str,
    by: Actor,
    at: datetime,
) -> GroupMembership:
    """Enter an organization in a group from a day, without an end.

    Raises :class:`NotAllowed`; :class:`Refusal` when it is already a member then or later, or is
    party to another GHT (CSP, art. L6132-1).
    """
    EDIT_GROUPS.check(by, group_stewards(group, organization, local_day(at)))
    with changing_territory():
        kinds = dict(OrganizationGroup.objects.values_list("slug", "kind"))
        stays: dict[tuple[str, str, date], tuple[date | None, str, int | None]] = {
            (one.group.slug, organization.slug, one.starts_on): (one.ends_on, one.role, None)
            for one in organization.memberships.select_related("group")
        }
        key = (group.slug, organization.slug, starts_on)
        if key in stays:
            raise Refusal(
                "directory.membership",
                f"{organization} est déjà membre depuis le {french_day(starts_on)}.",
            )
        stays[key] = (None, role, NEW)
        for clash in membership_clashes(stays, kinds):
            raise Refusal(
                "directory.membership", f"{clash.message[:1].upper()}{clash.message[1:]}."
            )
        membership = GroupMembership.objects.create(
            group=group,
            organization=organization,
            role=role,
            starts_on=starts_on,
            source=source,
            source_on=local_day(at),
        )
        _record(
            "directory.join-group", group, organization, by=by, at=at,
            role=role, starts_on=starts_on.isoformat(),
        )  # fmt: skip
    return membership


def leave_group(
    *, membership: GroupMembership, ends_on: date, source: str, by: Actor, at: datetime
) -> None:
    """Take an organization out of a group: ``ends_on`` is its first day outside.

    Raises :class:`NotAllowed`; :class:`Refusal` when it has left already or the day is not after
    its entry.
    """
    group, organization = membership.group, membership.organization
    EDIT_GROUPS.check(by, group_stewards(group, organization, local_day(at)))
    with changing_territory():
        kept = GroupMembership.objects.select_for_update().get(pk=membership.pk)
        if kept.ends_on is not None:
            raise Refusal(
                "directory.left-already",
                f"{organization} est déjà sorti le {french_day(kept.ends_on)}.",
            )
        if ends_on <= kept.starts_on:
            raise Refusal(
                "directory.leaves-before-joining",
                f"La sortie doit venir après l'entrée, le {french_day(kept.starts_on)}.",
            )
        kept.ends_on, kept.source, kept.source_on = ends_on, source, local_day(at)
        kept.save()
        _record(
            "directory.leave-group", group, organization, by=by, at=at,
            ends_on=ends_on.isoformat(),
        )  # fmt: skip


def close_service(
    *,
    service: HealthcareService,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Actor,
    at: datetime,
) -> ServiceException:
    """Close a service between two instants: nobody reaches it then, not even by its duty lines.

    Raises :class:`NotAllowed`; :class:`Refusal` when the end is not after the start, when the whole
    closure is past, or when the service is closed then already.
    """
    EDIT.check(by, {service.site.organization.slug})
    if ends_at <= starts_at:
        raise Refusal("directory.closure-period", "La réouverture doit venir après la fermeture.")
    if ends_at <= at:
        raise Refusal("directory.closure-past", "Cette fermeture est entièrement passée.")
    with changing_territory():
        met = service.exceptions.filter(
            state=ExceptionState.CLOSED, starts_at__lt=ends_at, ends_at__gt=starts_at
        )
        if met.exists():
            raise Refusal(
                "directory.closed-already", "Une fermeture existe déjà sur une partie de ce temps."
            )
        closure = ServiceException.objects.create(
            service=service,
            state=ExceptionState.CLOSED,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
            source=f"Saisi par {by.name}",
            source_on=local_day(at),
        )
        _record_service(
            "directory.close-service", service, by=by, at=at,
            starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat(), reason=reason,
        )  # fmt: skip
    return closure


def reopen_service(*, closure: ServiceException, by: Actor, at: datetime) -> None:
    """End a closure now, or call it off when it has not started.

    Raises :class:`NotAllowed`; :class:`Refusal` when it is over, or is not a closure.
    """
    service = closure.service
    EDIT.check(by, {service.site.organization.slug})
    with changing_territory():
        kept = ServiceException.objects.select_for_update().get(pk=closure.pk)
        if kept.state != ExceptionState.CLOSED or kept.ends_at <= at:
            raise Refusal("directory.not-closed", "Cette fermeture est terminée.")
        called_off = kept.starts_at >= at
        if called_off:
            kept.delete()
        else:
            kept.ends_at = at
            kept.save()
        _record_service("directory.reopen-service", service, by=by, at=at, called_off=called_off)


def add_authorisation(
    *,
    service: HealthcareService,
    starts_on: date,
    ends_on: date | None,
    reference: str,
    source: str,
    by: Actor,
    at: datetime,
) -> Authorisation:
    """Enter an authorisation of a service, its end excluded (None: without an end).

    Raises :class:`NotAllowed`; :class:`Refusal` when it overlaps another one or ends too soon.
    """
    EDIT.check(by, {service.site.organization.slug})
    if ends_on is not None and ends_on <= starts_on:
        raise Refusal("directory.authorisation-period", "La fin doit venir après le début.")
    with changing_territory():
        stays = [
            Stay(service.pk, one.starts_on, one.ends_on) for one in service.authorisations.all()
        ]
        stays.append(Stay(service.pk, starts_on, ends_on, NEW))
        for first, second in overlapping(stays):
            other = first if second.row == NEW else second
            raise Refusal(
                "directory.authorisation-overlap",
                f"L'offre a déjà une autorisation {in_words(other)}.",
            )
        authorisation = Authorisation.objects.create(
            service=service,
            starts_on=starts_on,
            ends_on=ends_on,
            reference=reference,
            source=source,
            source_on=local_day(at),
        )
        _record_service(
            "directory.add-authorisation", service, by=by, at=at,
            starts_on=starts_on.isoformat(), ends_on=ends_on.isoformat() if ends_on else None,
        )  # fmt: skip
    return authorisation


def end_authorisation(
    *, authorisation: Authorisation, ends_on: date, source: str, by: Actor, at: datetime
) -> None:
    """Bring the end of an authorisation forward: ``ends_on`` is the first day without it.

    Raises :class:`NotAllowed`; :class:`Refusal` when the day is not inside the authorisation.
    """
    service = authorisation.service
    EDIT.check(by, {service.site.organization.slug})
    with changing_territory():
        kept = Authorisation.objects.select_for_update().get(pk=authorisation.pk)
        if ends_on <= kept.starts_on or (kept.ends_on is not None and ends_on >= kept.ends_on):
            raise Refusal(
                "directory.authorisation-end",
                "La fin doit venir après le début, et avant la fin déjà connue.",
            )
        kept.ends_on, kept.source, kept.source_on = ends_on, source, local_day(at)
        kept.save()
        _record_service(
            "directory.end-authorisation", service, by=by, at=at, ends_on=ends_on.isoformat()
        )


def _record(
    action: str,
    group: OrganizationGroup,
    organization: Organization,
    *,
    by: Actor,
    at: datetime,
    **details: Any,
) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="group",
        subject_key=group.slug,
        subject_name=group.short_name,
        organization=organization.slug,
        changes_territory=True,
        member=organization.slug,
        member_name=organization.short_name,
        **details,
    )


def _record_service(
    action: str, service: HealthcareService, *, by: Actor, at: datetime, **details: Any
) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="service",
        subject_key=service.slug,
        subject_name=service.name,
        organization=service.site.organization.slug,
        changes_territory=True,
        **details,
    )
