"""Whose calendar is whose, and who may read it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.vocabulary.errors import NotFound
from maillage.workforce.models import StaffRecord
from maillage.workforce.permissions import READ_RECORDS
from maillage.workforce.rules.staffing import SMALLEST_GROUP


def get_practitioner(slug: str) -> Practitioner:
    """Raises :class:`NotFound`."""
    found = Practitioner.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("workforce.unknown-practitioner", "Ce praticien n'existe pas.")
    return found


def find_own(actor: Actor) -> Practitioner | None:
    """The practitioner who logs in with this actor's account, if any."""
    return Practitioner.objects.filter(
        pk__in=PractitionerAccount.objects.filter(user__username=actor.username).values(
            "practitioner"
        )
    ).first()


def is_own(actor: Actor, practitioner: int) -> bool:
    """True when this actor's account is that of the practitioner (by primary key)."""
    return PractitionerAccount.objects.filter(
        user__username=actor.username, practitioner_id=practitioner
    ).exists()


def may_read_week(actor: Actor, practitioner: int, organizations: Iterable[str]) -> bool:
    """True for the practitioner, and for medical affairs of the employer or of a host."""
    return READ_RECORDS.allows(actor, organizations) or is_own(actor, practitioner)


def may_read_record(actor: Actor, practitioner: int, employer: str) -> bool:
    """True for the practitioner, and for medical affairs of the employer (its slug, or nothing when
    none is known): a host hospital reads the week, not the record."""
    return READ_RECORDS.allows(actor, [employer]) or is_own(actor, practitioner)


def may_read_ages(actor: Actor, records: Collection[StaffRecord]) -> bool:
    """True when what follows from the ages of these records (with their employer) names nobody, or
    the actor may read each of them. People without a record do not count: they hide nobody."""
    if len(records) >= SMALLEST_GROUP:
        return True
    employers = {record.employer.slug for record in records}
    return all(READ_RECORDS.allows(actor, [slug]) for slug in employers)
