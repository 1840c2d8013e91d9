"""What is new for a practitioner in their duties since they last said that they had read it.

Nothing is kept for it: swaps, leave, assignments and the trail say what was done and when. That
somebody took note is a line of the trail too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.accounts.queries import list_addresses
from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.directory.queries import practitioner_of
from maillage.oncall.enums import AnswerState, SwapState
from maillage.oncall.models import DutyAssignment, DutyLine, RosterVersion, Swap, Unavailability
from maillage.oncall.rules.news import News, Turned, words_of_swap, words_of_turned
from maillage.vocabulary.calendar import french_day, local_day

READ_NEWS = "oncall.read-news"
KEPT = timedelta(days=30)
"""What is older than that is no news, read or not."""

MOST_NEWS = 30
LOST = ("oncall.replace-duty", "oncall.change-hands")


def list_news(actor: Actor, *, at: datetime) -> list[News]:
    """What is new for the practitioner of an account; what waits for an answer first, then the
    newest. Eight queries at most; one for who is no practitioner."""
    me = practitioner_of(actor.username)
    if me is None:
        return []
    since = max(read_until(actor.username) or at - KEPT, at - KEPT)
    found = [
        *_of_swaps(me, actor.name, since),
        *_of_away(me, actor.name, since),
        *_of_duties(me, actor.name, since, at),
    ]
    found.sort(key=lambda one: one.at, reverse=True)
    return sorted(found, key=lambda one: not one.waits)[:MOST_NEWS]


def read_until(username: str) -> datetime | None:
    """Up to when the news were last read by an account. One query."""
    told = (
        AuditEvent.objects.filter(actor=username, action=READ_NEWS)
        .order_by("-id")
        .values_list("details", flat=True)
        .first()
    )
    return datetime.fromisoformat(told["until"]) if told else None


def _of_swaps(me: Practitioner, name: str, since: datetime) -> Iterator[News]:
    """Proposals that wait for me; of the others, the last thing that somebody else did. One
    query."""
    waits = Q(taken_by=me, state=SwapState.PROPOSED)
    answered = Q(given_by=me, answered_at__gt=since) & ~Q(answered_by=name)
    closed = (Q(given_by=me) | Q(taken_by=me)) & Q(closed_at__gt=since) & ~Q(closed_by=name)
    rows = Swap.objects.filter(waits | answered | closed).select_related("given_by", "taken_by")
    for swap in rows.order_by("-proposed_at", "-pk")[:MOST_NEWS]:
        if swap.state == SwapState.WITHDRAWN and swap.given_by_id == me.pk:
            continue
        level, word, sentence = words_of_swap(
            swap.state,
            giver=str(swap.given_by),
            taker=str(swap.taken_by),
            starts_at=swap.starts_at,
            back=swap.return_starts_at,
        )
        yield News(
            swap.closed_at or swap.answered_at or swap.proposed_at,
            level,
            word,
            sentence,
            reverse("oncall:swap", args=[swap.pk]),
            waits=swap.state == SwapState.PROPOSED,
        )


def _of_away(me: Practitioner, name: str, since: datetime) -> Iterator[News]:
    """Answers of others to what I asked. The kind is left out: a home page is read over a
    shoulder. One query."""
    rows = Unavailability.objects.filter(
        practitioner=me,
        answered_at__gt=since,
        state__in=(AnswerState.GRANTED, AnswerState.DECLINED),
    ).exclude(answered_by=name)
    for one in rows.order_by("-answered_at", "-pk")[:MOST_NEWS]:
        granted = one.state == AnswerState.GRANTED
        day = french_day(local_day(one.starts_at))
        yield News(
            one.answered_at or one.asked_at,
            "ok" if granted else "hole",
            "Accordée" if granted else "Refusée",
            f"Votre demande à partir du {day}",
            reverse("oncall:away"),
        )


def _of_duties(me: Practitioner, name: str, since: datetime, at: datetime) -> Iterator[News]:
    """Duties to come that others gave me or took from me, one line for each act. At most five
    queries."""
    moves = [*_gained(me, name, since, at), *_lost(me, name, since, at)]
    if not moves:
        return
    rosters = _published({moment for moment, *_ in moves})
    known = DutyLine.objects.filter(slug__in={line for _, _, line, _ in moves})
    names = dict(known.values_list("slug", "name"))
    acts: dict[tuple[datetime, str], list[Turned]] = defaultdict(list)
    for moment, gained, line, starts_at in moves:
        day = local_day(starts_at)
        roster, number = next(
            (
                (version.roster.name, version.number)
                for version, lines in rosters.get(moment, ())
                if line in lines and version.roster.starts_on <= day < version.roster.ends_on
            ),
            ("", 1),
        )
        one = Turned(gained, names.get(line, line), starts_at, roster, number)
        acts[(moment, roster)].append(one)
    for (moment, _), several in acts.items():
        level, word, sentence = words_of_turned(several)
        month = local_day(min(one.starts_at for one in several))
        yield News(
            moment, level, word, sentence, f"{reverse('oncall:mine')}?mois={month:%Y-%m}#s-mois"
        )


Move = tuple[datetime, bool, str, datetime]
"""When it was done, whether the duty was gained, the slug of its line, when it starts."""


def _gained(me: Practitioner, name: str, since: datetime, at: datetime) -> list[Move]:
    """What swaps gave is told with the swap."""
    swapped = Swap.objects.filter(
        Q(given_by=me) | Q(taken_by=me), state=SwapState.APPROVED, closed_at__gt=since
    )
    rows = (
        DutyAssignment.objects.filter(practitioner=me, assigned_at__gt=since, slot__ends_at__gt=at)
        .exclude(assigned_by=name)
        .exclude(assigned_at__in=swapped.values("closed_at"))
        .order_by()
        .values_list("assigned_at", "slot__line__slug", "slot__starts_at")
    )
    return [(moment, True, line, starts_at) for moment, line, starts_at in rows]


def _lost(me: Practitioner, name: str, since: datetime, at: datetime) -> list[Move]:
    """From the trail: what is no longer held stands nowhere else."""
    rows = AuditEvent.objects.filter(
        Q(action__in=LOST, details__previous=me.slug)
        | Q(action="oncall.release-slot", details__practitioner=me.slug),
        at__gt=since,
    ).exclude(actor_name=name)
    found = []
    for moment, subject, details in rows.values_list("at", "subject_key", "details"):
        starts_at = datetime.fromisoformat(details["starts_at"])
        if starts_at > at:
            found.append((moment, False, details.get("line", subject), starts_at))
    return found


def _published(
    moments: Collection[datetime],
) -> dict[datetime | None, list[tuple[RosterVersion, frozenset[str]]]]:
    """The versions published at these instants, each with the slugs of its lines. Two queries."""
    found: dict[datetime | None, list[tuple[RosterVersion, frozenset[str]]]] = defaultdict(list)
    versions = RosterVersion.objects.filter(published_at__in=moments).select_related("roster")
    for version in versions.prefetch_related("roster__lines"):
        lines = frozenset(line.slug for line in version.roster.lines.all())
        found[version.published_at].append((version, lines))
    return found


def addresses_of(people: Collection[str], *, but: str) -> list[str]:
    """E-mail addresses of the accounts of these practitioners (slugs) that are open, ``but`` that
    user name, in a fixed order. Two queries."""
    linked = PractitionerAccount.objects.filter(practitioner__slug__in=people)
    names = linked.exclude(user__username=but).values_list("user__username", flat=True)
    return sorted({address for _, address in list_addresses(usernames=names) if address})
