"""Leave, wishes and exemptions, and who takes part in a line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from maillage.accounts.permissions import EVERYWHERE, Actor, Permission
from maillage.directory.models import Practitioner, PractitionerAccount, PractitionerRole
from maillage.directory.queries import practitioner_of
from maillage.oncall.enums import AnswerState, UnavailabilityKind
from maillage.oncall.models import DutyLine, DutySlot, Exemption, LineMember, Unavailability
from maillage.oncall.permissions import ANSWER_LEAVE, EXEMPT
from maillage.oncall.rules.away import BINDING, LEVELS, can_become
from maillage.vocabulary.calendar import day_bounds, local_day
from maillage.vocabulary.errors import NotFound

MOST_ROWS = 200


@dataclass(frozen=True)
class AwayRow:
    """A request on screen. ``held``: duties already held over the period, which granting it does
    not take away."""

    asked: Unavailability
    may_answer: bool
    may_withdraw: bool
    held: int = 0
    may_know: bool = False

    @property
    def nature(self) -> str:
        """What is asked, in words, as this reader may know it."""
        return nature_of(self.asked, may_know=self.may_know)

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day, both included, of a request of whole days."""
        first, last = local_day(self.asked.starts_at), local_day(self.asked.ends_at)
        if (day_bounds(first)[0], day_bounds(last)[0]) != (
            self.asked.starts_at,
            self.asked.ends_at,
        ):
            return None
        return first, last - timedelta(days=1)

    @property
    def level(self) -> str:
        return LEVELS[self.asked.state]

    @property
    def is_wish(self) -> bool:
        return self.asked.kind not in BINDING

    @property
    def state_word(self) -> str:
        """A wish is not granted: it is taken into account."""
        if self.is_wish and self.asked.state == AnswerState.GRANTED:
            return "prise en compte"
        return self.asked.get_state_display()


def nature_of(asked: Unavailability, *, may_know: bool) -> str:
    """What somebody asks, in words. That it is for their health is for themself and for medical
    affairs; others read that they are not available."""
    if asked.kind == UnavailabilityKind.SICK and not may_know:
        return str(UnavailabilityKind.OTHER.label)
    return asked.get_kind_display()


def staff_of(actor: Actor, permission: Permission, day: date) -> QuerySet[Practitioner]:
    """Practitioners who work, on a day or later, where this actor holds a permission; by name."""
    places = permission.places(actor)
    roles = PractitionerRole.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    if EVERYWHERE not in places:
        roles = roles.filter(organization__slug__in=places)
    return Practitioner.objects.filter(pk__in=roles.values("practitioner")).order_by(
        "search_name", "slug"
    )


def get_away(pk: int) -> Unavailability:
    """A request with whose it is. Raises :class:`NotFound`."""
    found = Unavailability.objects.select_related("practitioner").filter(pk=pk).first()
    if found is None:
        raise NotFound("oncall.unknown-away", "Cette demande n'existe pas.")
    return found


def get_exemption(pk: int) -> Exemption:
    """An exemption with whose it is. Raises :class:`NotFound`."""
    found = Exemption.objects.select_related("practitioner").filter(pk=pk).first()
    if found is None:
        raise NotFound("oncall.unknown-exemption", "Cette exemption n'existe pas.")
    return found


def list_away(
    actor: Actor, *, at: datetime, mine_only: bool = False, state: str = ""
) -> list[AwayRow]:
    """Requests that are not over: one's own, and those of the people for whom this actor answers.
    Those that wait first, then by date. Six queries whatever their number."""
    me = practitioner_of(actor.username)
    concerned = Q(practitioner=me) if me is not None else Q(pk__in=[])
    answers: set[int] = set()
    if not mine_only and ANSWER_LEAVE.places(actor):
        answers = set(staff_of(actor, ANSWER_LEAVE, local_day(at)).values_list("pk", flat=True))
        concerned |= Q(practitioner__in=answers)
    rows = Unavailability.objects.filter(concerned, ends_at__gt=at)
    if state in AnswerState.values:
        rows = rows.filter(state=state)
    found = list(
        rows.select_related("practitioner")
        .prefetch_related("lines")
        .order_by("starts_at", "practitioner", "pk")[:MOST_ROWS]
    )
    held = _held_over(found)
    knows: set[int] = set()
    if answers and EXEMPT.places(actor):
        knows = set(staff_of(actor, EXEMPT, local_day(at)).values_list("pk", flat=True))
    cards = [_row(one, me, answers, held.get(one.pk, 0), knows) for one in found]
    return sorted(cards, key=lambda card: card.asked.state != AnswerState.ASKED)


def list_waiting_away(actor: Actor, *, at: datetime, most: int) -> list[Unavailability]:
    """Requests of leave that wait for this actor's answer, the soonest first; never one's own. One
    query, none for who answers nobody."""
    if not ANSWER_LEAVE.places(actor):
        return []
    mine = PractitionerAccount.objects.filter(user__username=actor.username).values("practitioner")
    staff = staff_of(actor, ANSWER_LEAVE, local_day(at)).order_by()
    waiting = Unavailability.objects.filter(
        practitioner__in=staff, state=AnswerState.ASKED, kind__in=BINDING, ends_at__gt=at
    )
    found = waiting.exclude(practitioner__in=mine).select_related("practitioner")
    return list(found.order_by("starts_at", "practitioner", "pk")[:most])


def _row(
    asked: Unavailability,
    me: Practitioner | None,
    answers: Collection[int],
    held: int,
    knows: Collection[int],
) -> AwayRow:
    is_mine = me is not None and asked.practitioner_id == me.pk
    answers_for = asked.practitioner_id in answers and not is_mine
    return AwayRow(
        asked,
        may_answer=answers_for and asked.state == AnswerState.ASKED,
        may_withdraw=(is_mine or answers_for) and can_become(asked.state, AnswerState.WITHDRAWN),
        held=held,
        may_know=is_mine or asked.practitioner_id in knows,
    )


def to_answer(asked: Unavailability, *, may_know: bool) -> AwayRow:
    """A request as who answers it reads it: its days, the duties already held. Two queries."""
    held = _held_over([asked]).get(asked.pk, 0)
    return AwayRow(asked, may_answer=True, may_withdraw=True, held=held, may_know=may_know)


def _held_over(found: Collection[Unavailability]) -> dict[int, int]:
    """Duties that people hold over what they ask, by request. One query."""
    binding = [one for one in found if one.kind in BINDING]
    if not binding:
        return {}
    slots = DutySlot.objects.filter(
        assignment__practitioner__in={one.practitioner_id for one in binding},
        starts_at__lt=max(one.ends_at for one in binding),
        ends_at__gt=min(one.starts_at for one in binding),
    ).values_list("assignment__practitioner", "line", "starts_at", "ends_at")
    held = list(slots)
    return {
        one.pk: sum(
            person == one.practitioner_id
            and starts_at < one.ends_at
            and ends_at > one.starts_at
            and (not one.lines.all() or line in {row.pk for row in one.lines.all()})
            for person, line, starts_at, ends_at in held
        )
        for one in binding
    }


def list_exemptions(actor: Actor, *, at: datetime) -> list[Exemption]:
    """Exemptions in force or to come of the people that this actor may exempt. One query."""
    day = local_day(at)
    return list(
        Exemption.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=day),
            practitioner__in=staff_of(actor, EXEMPT, day).order_by(),
        )
        .select_related("practitioner")
        .order_by("practitioner__search_name", "starts_on")
    )


def list_members(line: DutyLine, day: date) -> list[LineMember]:
    """Those who take part in a line on a day or later, by name. One query."""
    return list(
        LineMember.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day), line=line)
        .select_related("practitioner")
        .order_by("practitioner__search_name", "starts_on")
    )


def get_member(pk: int) -> LineMember:
    """Somebody's part in a line. Raises :class:`NotFound`."""
    found = (
        LineMember.objects.select_related("line__organization", "practitioner")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("oncall.unknown-member", "Cette participation n'existe pas.")
    return found


def lines_of(practitioner: Practitioner, day: date) -> list[DutyLine]:
    """Lines in which somebody takes part on a day: as a member, or, where a line has none, by
    working in one of its services. One query."""
    in_force = Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    member = LineMember.objects.filter(in_force, practitioner=practitioner).values("line")
    works = PractitionerRole.objects.filter(
        in_force, practitioner=practitioner, service__isnull=False
    ).values("service")
    open_lines = Q(services__in=works) & ~Q(pk__in=LineMember.objects.values("line"))
    return list(
        DutyLine.objects.filter(Q(pk__in=member) | open_lines).distinct().order_by("name", "slug")
    )
