"""One request: found, read under a lock, and who is on which side of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from maillage.accounts.permissions import EVERYWHERE, SYSTEM, Actor, Permission
from maillage.patients.models import Patient
from maillage.patients.queries import family_ids
from maillage.referrals.enums import Act, Kind, Side, State
from maillage.referrals.models import Event, Referral
from maillage.referrals.permissions import ANSWER, ASK, GIVE_BED, REGULATE
from maillage.referrals.rules.acts import Done
from maillage.referrals.rules.history import words_of
from maillage.referrals.rules.transitions import (
    BY_DOCTORS,
    ENDED,
    Transition,
    possible_acts,
    standing,
)
from maillage.vocabulary.errors import NotFound

AROUND = (
    "case",
    "patient__merged_into",
    "pathway",
    "step",
    "from_organization",
    "from_service",
    "to_organization",
    "to_service__site",
    "clause__agreement",
    "agreement",
    "session",
    "previous__proposed_service",
)


def get_referral(key: str) -> Referral:
    """The request of this key, with what it names. Raises :class:`NotFound`. One query.

    It shows nothing by itself: the page that does reads the patient's record first
    (``patients.actions.read_record``).
    """
    return _one(Referral.objects.all(), key)


def hold_referral(key: str, *, whole_person: bool = False) -> Referral:
    """As :func:`get_referral`, locked until the end of the transaction. ``whole_person`` first
    locks every record of the patient, always before the request: what concerns several requests of
    one person is then done one after the other, and no two acts wait for each other."""
    if whole_person:
        hold_person(get_referral(key).patient)
    # The rows that point here (events, messages) may be written meanwhile: their key stays.
    return _one(Referral.objects.select_for_update(of=("self",), no_key=True), key)


def hold_person(patient: Patient) -> list[int]:
    """Lock the records of one person, merged ones included; their identifiers, that of the record
    which is read first."""
    rows = Patient.objects.filter(pk__in=family_ids(patient)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    return family_ids(patient)


def _one(rows: QuerySet[Referral], key: str) -> Referral:
    found = rows.select_related(*AROUND).filter(key=key).first()
    if found is None:
        raise NotFound("referrals.unknown", "Cette demande n'existe pas.")
    return found


def sides_of(referral: Referral, by: Actor) -> frozenset[Side]:
    """The sides on which this actor stands: REQUESTER where they ask for the hospital that asks,
    TARGET where they answer or give beds for the one asked, REGULATOR on a transfer, SYSTEM for
    the product itself. A role held everywhere stands on no hospital's side: care is given
    somewhere. A draft belongs to those who write it. No query when the organizations are loaded.
    """
    if by.username == SYSTEM.username:
        return frozenset({Side.SYSTEM})
    sides = set()
    if _holds(ASK, by, referral.from_organization.slug):
        sides.add(Side.REQUESTER)
    if referral.state != State.DRAFT:
        target = referral.to_organization.slug
        if _holds(ANSWER, by, target) or _holds(GIVE_BED, by, target):
            sides.add(Side.TARGET)
        if referral.kind == Kind.TRANSFER and REGULATE.allows(by):
            sides.add(Side.REGULATOR)
    return frozenset(sides)


def _holds(permission: Permission, by: Actor, organization: str) -> bool:
    return organization in permission.places(by) - {EVERYWHERE}


def sides_for(referral: Referral, act: Act, by: Actor) -> frozenset[Side]:
    """The sides on which this actor may do this act: as :func:`sides_of`, the side of the team
    left to its doctors where the act is theirs (``rules.transitions.BY_DOCTORS``)."""
    sides = sides_of(referral, by)
    if act in BY_DOCTORS and not _holds(ANSWER, by, referral.to_organization.slug):
        return sides - {Side.TARGET}
    return sides


def acts_of(referral: Referral, by: Actor) -> list[Transition]:
    """What this actor may do now, in the order of the table: the buttons of a page."""
    kind, state = Kind(referral.kind), State(referral.state)
    lines = possible_acts(kind, state, sides_of(referral, by))
    return [line for line in lines if line.by & sides_for(referral, line.act, by)]


def side_of_act(referral: Referral, line: Transition, sides: frozenset[Side]) -> Side:
    """The one side under which an act is written down, for somebody on several: that which holds
    the ball, else the first in the order of the list."""
    may = line.by & sides
    current = standing(Kind(referral.kind), State(referral.state))
    if current is not None and current.owner in may:
        return current.owner
    return next(side for side in Side if side in may)


def acts_since(referral: Referral, version: int) -> list[Done]:
    """The acts done after a version of a request, oldest first."""
    kind = Kind(referral.kind)
    events = Event.objects.filter(referral=referral, version__gt=version).order_by("version")
    return [
        Done(
            act=Act(one.act),
            username=one.username,
            name=one.name,
            at=one.at,
            version=one.version,
            words=words_of(kind, Act(one.act), one.from_state),
            text=one.text,
            data=one.data,
        )
        for one in events
    ]


def list_sisters(referral: Referral, family: Sequence[int]) -> list[Referral]:
    """The other open transfers of the same person and pathway, locked, oldest first."""
    rows = (
        Referral.objects.select_for_update(of=("self",), no_key=True)
        .select_related(*AROUND)
        .filter(patient__in=family, pathway=referral.pathway_id, kind=Kind.TRANSFER)
        .exclude(pk=referral.pk)
        .exclude(state__in=ENDED)
        .order_by("pk")
    )
    return list(rows)
