"""A year of invented cases, told then written: the one entry of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.patients.actions import detect_duplicates
from maillage.patients.models import Patient
from maillage.referrals.actions.invented import aside
from maillage.referrals.actions.invented.ground import Ground, read_ground
from maillage.referrals.actions.invented.papers import Papers
from maillage.referrals.actions.invented.putting_away import MARK, put_away
from maillage.referrals.actions.invented.requests import Writer
from maillage.referrals.actions.invented.sessions import Sessions, plan_sessions
from maillage.referrals.actions.invented.stories import URGENT, Story, Teller, Wish
from maillage.referrals.actions.invented.walking import Told, Walker
from maillage.referrals.actions.invented.writing import write
from maillage.referrals.enums import Kind
from maillage.referrals.models import MeetingSession
from maillage.referrals.rules.invented.course import draw_opening
from maillage.referrals.rules.invented.now import FROM_CITY, IN_CITY, NOW, PLACES, Scheduled
from maillage.referrals.rules.invented.scenes import Scene
from maillage.referrals.rules.transitions import ENDED

ACTION = "referrals.invent-year"
YEAR = timedelta(days=365)
NEWEST = timedelta(minutes=25)
SEED = 20170703
"""The day of the agreement that the example is built around."""

PATIENTS, REQUESTS = 1500, 2500
TOPPED_UP_AFTER = timedelta(hours=12)
"""A loaded example whose newest requests are older gets new ones."""

KEPT_OUTSIDE = 0.2
"""Share of the cases kept where the first team that may be asked is outside any agreement: most of
such patients go elsewhere."""

COMES_BACK = 0.16
"""Share of the cases of somebody who had one before."""


@dataclass(frozen=True)
class Invented:
    """How many rows were written; all zero when nothing had to be."""

    patients: int = 0
    requests: int = 0
    events: int = 0


@transaction.atomic
def invent_year(
    *,
    accounts: Mapping[str, str],
    by: Actor,
    at: datetime,
    patients: int = PATIENTS,
    requests: int = REQUESTS,
    seed: int = SEED,
) -> Invented:
    """Fill an example territory with a year of invented cases, and what is under way at ``at``.

    Done once: a marker in the trail says so. Loaded again later, what was under way is put away
    and only that is told anew (:data:`TOPPED_UP_AFTER`). ``accounts``: where the demonstration
    accounts work, by role or by name. Every person is invented and marked so
    (``Patient.is_synthetic``).
    """
    previous = AuditEvent.objects.filter(action=ACTION).order_by("-id").first()
    if previous is not None and at - previous.at < TOPPED_UP_AFTER:
        return Invented()
    is_first = previous is None
    if previous is not None:
        put_away(since=previous.at, at=at)
    ground = read_ground(accounts=accounts, at=at)
    if not ground.scenes:
        return Invented()
    chance = Random(seed if is_first else f"{seed} {at:%Y%m%d%H}")  # noqa: S311 - no secret
    year = Year(ground, chance, at)
    if is_first:
        year.tell(requests=requests, patients=patients)
    year.tell_now()
    if is_first:
        year.tell_aside(patients)
    write(year.told)
    year.hold_sessions()
    if is_first:
        detect_duplicates(by=by, at=at)
    told = year.told
    record(
        ACTION,
        by=by,
        at=at,
        subject_kind="territory",
        patients=len(told.patients),
        requests=len(told.referrals),
    )
    return Invented(len(told.patients), len(told.referrals), len(told.events))


@dataclass
class _Known:
    """Somebody who may come back: for other pathways, once their last case is over."""

    patient: Patient
    pathways: set[str]
    free_from: datetime


class Year:
    """The cases of a year, told one after the other."""

    def __init__(self, ground: Ground, rng: Random, at: datetime, mark: str = MARK) -> None:
        self.ground, self.rng, self.at = ground, rng, at
        self.told = Told()
        self.sessions = _find_sessions(ground)
        self.writer = Writer(ground, rng, self.told, f"{mark}-{at:%Y%m%d%H%M}")
        walker = Walker(ground, rng, self.told, self.sessions)
        papers = Papers(self.writer, rng)
        self.teller = Teller(ground, rng, self.writer, walker, papers)
        self.places = [place for place, _ in PLACES if place in ground.organizations]
        self._known: list[_Known] = []

    def tell(self, *, requests: int, patients: int) -> None:
        """Cases until there are this many requests."""
        first, last = self.at - YEAR, self.at - NEWEST
        while len(self.told.referrals) < requests:
            wish = self._draw(first, last)
            if wish is None:
                continue
            wants_new = len(self.told.patients) < patients
            known = self._comes_back(wish, often=COMES_BACK if wants_new else 1.0)
            story = self.teller.tell(wish, known.patient if known else None)
            self._remember(story, known)

    def tell_now(self) -> None:
        """What is under way as the example loads."""
        for one in NOW:
            wish = self._wish_of(one)
            if wish is not None:
                self.teller.tell(wish)

    def tell_aside(self, patients: int) -> None:
        """People without any request, records typed twice, openings in an emergency."""
        missing = patients - len(self.told.patients) - aside.DOUBLES
        for _ in range(max(0, missing)):
            scene, _, _ = self.rng.choice(self.ground.scenes)
            place = self.ground.organizations[self.rng.choice(self.places)]
            moment = draw_opening(self.rng, self.at - YEAR, self.at, urgent=False)
            patient = self.writer.patient(scene, place, at=moment)
            stay = self.writer.stay(patient, place, at=moment)
            over = moment + timedelta(hours=self.rng.randint(3, 200))
            stay.ends_at = over if over < self.at else None
        aside.type_twice(self.ground, self.rng, self.writer, self.places)
        aside.open_in_emergency(self.ground, self.rng, self.writer, [*self.places, "chu-lille"])

    def hold_sessions(self) -> None:
        """Note the sessions that are over."""
        held = self.sessions.hold(self.rng, until=self.at)
        MeetingSession.objects.bulk_update(held, ["held_at", "held_by", "attendees"])

    def _draw(self, first: datetime, last: datetime) -> Wish | None:
        scenes = self.ground.scenes
        scene, _, _ = self.rng.choices(scenes, [one[0].weight for one in scenes])[0]
        weights = [weight for place, weight in PLACES if place in self.ground.organizations]
        place = self.rng.choices(self.places, weights)[0]
        kinds = dict(scene.kinds)
        if place in IN_CITY:
            kinds = {kind: share for kind, share in kinds.items() if kind in FROM_CITY}
        if not kinds:
            return None
        kind = self.rng.choices(list(kinds), list(kinds.values()))[0]
        priorities = scene.priorities[kind]
        priority = self.rng.choices(list(priorities), list(priorities.values()))[0]
        at = draw_opening(self.rng, first, last, urgent=priority in URGENT)
        lane = self.ground.lane(place, scene, when=at)
        if lane is None or (lane.choices[0].is_outside and self.rng.random() > KEPT_OUTSIDE):
            return None
        if kind is Kind.MEETING and not self.sessions.has(lane.choices[0].service.pk):
            return None
        return Wish(place, scene, at, kind, priority, lane)

    def _wish_of(self, one: Scheduled) -> Wish | None:
        scene = self._scene(one)
        if scene is None or one.place not in self.ground.organizations:
            return None
        at = self.at - timedelta(minutes=one.minutes)
        lane = self.ground.live_lane(one.place, scene, when=at)
        if lane is None:
            return None
        if one.kind is Kind.MEETING and not self.sessions.has(lane.choices[0].service.pk):
            return None
        back_at = self.at - timedelta(minutes=one.back_minutes) if one.back_minutes else None
        return Wish(
            one.place,
            scene,
            at,
            one.kind,
            one.priority,
            lane,
            one.halt,
            one.pace,
            one.back,
            back_at,
        )

    def _scene(self, one: Scheduled) -> Scene | None:
        return next(
            (
                scene
                for scene, _, _ in self.ground.scenes
                if (scene.pathway, scene.step) == (one.pathway, one.step)
            ),
            None,
        )

    def _comes_back(self, wish: Wish, *, often: float) -> _Known | None:
        if not self._known or self.rng.random() > often:
            return None
        for _ in range(12):
            known = self.rng.choice(self._known)
            fits = wish.scene.pathway not in known.pathways and known.free_from < wish.at
            if fits and _may_have(known.patient, wish.scene):
                return known
        return None

    def _remember(self, story: Story, known: _Known | None) -> None:
        rows = self.told.referrals[-story.count :]
        if any(one.state not in ENDED for one in rows):
            if known is not None:
                self._known.remove(known)
            return
        over = max(one.closed_at or self.at for one in rows) + timedelta(days=4)
        pathway = story.wish.scene.pathway
        if known is None:
            self._known.append(_Known(story.patient, {pathway}, over))
            return
        known.free_from = max(known.free_from, over)
        known.pathways.add(pathway)


def _may_have(patient: Patient, scene: Scene) -> bool:
    return not scene.mostly or patient.sex == scene.mostly


def _find_sessions(ground: Ground) -> Sessions:
    """The sessions of the example, those of the coming weeks added."""
    planned = plan_sessions(ground)
    MeetingSession.objects.bulk_create(planned, ignore_conflicts=True)
    teams = {one.service_id for one in planned}
    return Sessions(list(MeetingSession.objects.filter(service__in=teams)))
