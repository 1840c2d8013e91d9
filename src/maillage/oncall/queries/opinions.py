"""Rosters that wait for opinions, what was said of them, and those published for several hospitals:
as news of those whom they concern.

Nothing is kept for it: the state of the versions, their opinions and the trail say it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, prefetch_related_objects
from django.urls import reverse

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.models import HealthcareService
from maillage.directory.queries import practitioner_of
from maillage.oncall.enums import Opinion, VersionState
from maillage.oncall.models import DutyLine, Roster, RosterOpinion, RosterVersion
from maillage.oncall.permissions import PLAN, READ_DRAFTS
from maillage.oncall.queries.candidates import load_crew
from maillage.oncall.queries.rosters import owners_of_line
from maillage.oncall.rules.news import News, words_of_opinions
from maillage.vocabulary.calendar import local_day

TOLD = timedelta(days=14)
"""How long a publication is told to the other hospitals of its lines."""


def last_opinions(opinions: Iterable[RosterOpinion]) -> tuple[RosterOpinion, ...]:
    """The last opinion of each account, in the order in which they first spoke. ``opinions`` come
    in order of time."""
    return tuple({one.by_username: one for one in opinions}.values())


def list_roster_news(actor: Actor, *, at: datetime) -> list[News]:
    """What rosters under way ask of this account, or tell it, the newest first.

    An opinion is asked of those who take part in a line of a submitted roster, and of the teams
    that plan for another hospital of it. Those who plan for the one that carries it read what was
    said. The others are told for 14 days that it was published. One query where there is nothing,
    eight at most.
    """
    if not READ_DRAFTS.allows(actor):
        return []
    submitted = Q(state=VersionState.FOR_OPINION, roster__ends_on__gt=local_day(at))
    wanted = submitted | _published_elsewhere(PLAN.places(actor), at)
    versions = list(RosterVersion.objects.filter(wanted).select_related("roster__organization"))
    waiting = [one for one in versions if one.state == VersionState.FOR_OPINION]
    found = [
        _published(one, one.published_at)
        for one in versions
        if one.published_at is not None and one.published_by != actor.name
    ]
    found += _submitted(actor, waiting) if waiting else ()
    return sorted(found, key=lambda one: one.at, reverse=True)


def _submitted(actor: Actor, versions: list[RosterVersion]) -> Iterator[News]:
    """What was said of those that an actor plans, and those that wait for their opinion. Seven
    queries at most."""
    services = HealthcareService.objects.select_related("site__organization")
    lines = DutyLine.objects.select_related("organization")
    prefetch_related_objects(
        versions,
        Prefetch("roster__lines", lines.prefetch_related(Prefetch("services", services))),
        Prefetch("opinions", RosterOpinion.objects.order_by("given_at", "pk")),
    )
    concerned = _rosters_of(actor, versions)
    asked_at = _asked_at(versions)
    for version in versions:
        roster = version.roster
        moment, author = asked_at.get(roster.slug, (version.made_at, ""))
        said = last_opinions(version.opinions.all())
        carries = PLAN.allows(actor, {roster.organization.slug})
        if carries:
            counts = Counter(Opinion(one.opinion) for one in said)
            when = max((one.given_at for one in said), default=moment)
            yield News(when, *words_of_opinions(roster.name, counts), _address(version))
        owners = frozenset[str]().union(*(owners_of_line(line) for line in roster.lines.all()))
        plans_too = not carries and PLAN.allows(actor, owners)
        silent = actor.username not in {author, *(one.by_username for one in said)}
        if silent and (plans_too or version.pk in concerned):
            sentence = f"Tableau soumis à votre avis : {roster.name}"
            yield News(moment, "limit", "Avis demandé", sentence, _address(version), waits=True)


def _address(version: RosterVersion) -> str:
    return reverse("oncall:rosters:month", args=[version.roster.slug])


def _published_elsewhere(places: frozenset[str], at: datetime) -> Q:
    """Versions published of late for lines of these establishments by another one."""
    if not places or EVERYWHERE in places:
        return Q(pk__in=())
    theirs = DutyLine.objects.filter(
        Q(organization__slug__in=places) | Q(services__site__organization__slug__in=places)
    )
    shared = Roster.objects.filter(lines__in=theirs).exclude(organization__slug__in=places)
    return Q(
        state=VersionState.PUBLISHED,
        published_at__gt=at - TOLD,
        roster__in=shared.order_by().values("pk"),
    )


def _published(version: RosterVersion, when: datetime) -> News:
    word = "Tableau modifié" if version.number > 1 else "Tableau publié"
    carrier = version.roster.organization.short_name
    sentence = f"{version.roster.name}, par {version.published_by} (porté par {carrier})"
    return News(when, "info", word, sentence, _address(version))


def _rosters_of(actor: Actor, versions: list[RosterVersion]) -> frozenset[int]:
    """Those of these versions that have a line in which the practitioner of an account takes part
    on one of its days."""
    me = practitioner_of(actor.username)
    if me is None:
        return frozenset()
    lines = {line.pk: line for one in versions for line in one.roster.lines.all()}
    first = min(one.roster.starts_on for one in versions)
    last = max(one.roster.ends_on for one in versions)
    stays = load_crew(lines.values(), first, last).stays
    return frozenset(
        one.pk
        for one in versions
        for line in one.roster.lines.all()
        for stay in stays.get(line.slug, ())
        if stay.person == me.slug
        and stay.starts_on < one.roster.ends_on
        and (stay.ends_on is None or stay.ends_on > one.roster.starts_on)
    )


def _asked_at(versions: list[RosterVersion]) -> dict[str, tuple[datetime, str]]:
    """When each of these was submitted, and by which account, by the slug of its roster."""
    rows = AuditEvent.objects.filter(
        action="oncall.submit-roster", subject_key__in=[one.roster.slug for one in versions]
    ).order_by("id")
    return {slug: (when, who) for slug, when, who in rows.values_list("subject_key", "at", "actor")}
