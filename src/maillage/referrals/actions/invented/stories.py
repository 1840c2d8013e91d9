"""Invented cases from their first request to the return of the patient, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random

from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.pathways.models import PathwayStep
from maillage.patients.models import CareLink, Patient
from maillage.referrals.actions.invented.ground import Choice, Ground, Lane
from maillage.referrals.actions.invented.papers import Papers
from maillage.referrals.actions.invented.requests import Writer, admitted_before
from maillage.referrals.actions.invented.walking import Course, Walker, shortly
from maillage.referrals.enums import Act, Kind, Outcome, Priority, Reason, Side, State
from maillage.referrals.models import Case, Referral
from maillage.referrals.rules.invented.scenes import Scene
from maillage.referrals.rules.transitions import ENDED
from maillage.vocabulary.calendar import local_day, paris_instant

MOST_IN_CASE = 4
"""Requests after which a case is left as it is."""

LATE_RETURN = 0.16
HOME_DIRECTLY = 0.1
"""Shares of the returns that come after what was agreed, and of the patients who go home from the
recourse hospital."""

URGENT = (Priority.P0, Priority.P1)


@dataclass(frozen=True)
class Wish:
    """What a case is asked to be; empty: drawn. ``halt`` is the state in which its ``last`` request
    is found by whoever opens the example."""

    place: str
    scene: Scene
    at: datetime
    kind: Kind
    priority: Priority
    lane: Lane
    halt: State | None = None
    pace: float = 1.0
    back: State | None = None
    back_at: datetime | None = None


@dataclass
class Story:
    """A case being told."""

    wish: Wish
    patient: Patient
    case: Case
    by: Actor
    stays: dict[int, CareLink] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    count: int = 0


class Teller:
    """Tells cases one after the other."""

    def __init__(
        self, ground: Ground, rng: Random, writer: Writer, walker: Walker, papers: Papers
    ) -> None:
        self.ground, self.rng = ground, rng
        self.writer, self.walker, self.papers = writer, walker, papers

    def tell(self, wish: Wish, patient: Patient | None = None) -> Story:
        """One case, for somebody new or known, as far as the instant of loading."""
        lane = wish.lane
        came = admitted_before(self.rng, wish.at, urgent=wish.priority in URGENT)
        if patient is None:
            patient = self.writer.patient(wish.scene, lane.organization, at=came)
        by = self.ground.somebody(self.rng, wish.place, lane.from_service)
        case = self.writer.case(wish.scene, lane, patient, wish.kind, by, at=wish.at)
        story = Story(wish, patient, case, by)
        self._stay(story, lane.organization, at=came)
        choice = self._first_choice(lane, wish)
        self._ask(story, lane, choice, wish.kind, wish.priority, at=wish.at)
        self._discharge(story)
        return story

    def _first_choice(self, lane: Lane, wish: Wish) -> Choice:
        """The first team proposed; now and then another one."""
        others = lane.choices[1:3]
        if (
            wish.kind is not Kind.MEETING
            and others
            and wish.halt is None
            and self.rng.random() < 0.09
        ):
            return self.rng.choice(others)
        return lane.choices[0]

    def _ask(
        self,
        story: Story,
        lane: Lane,
        choice: Choice,
        kind: Kind,
        priority: Priority,
        *,
        at: datetime,
        previous: Referral | None = None,
    ) -> None:
        """Write a request, send it, and tell what becomes of it."""
        writing = timedelta(0) if previous is not None else shortly(self.rng, 2, 14)
        referral = self.writer.request(
            story.case, lane, choice, kind, priority, story.by, at=at - writing, previous=previous
        )
        story.count += 1
        story.tried.append(choice.service.slug)
        course = self._course(story, lane)
        self._send(referral, course, at=at)
        sister = self._sister(story, lane, referral, at=at)
        self._go_on(story, lane, referral, course)
        if sister is not None:
            self._end_sister(story, lane, sister, referral)

    def _course(self, story: Story, lane: Lane) -> Course:
        others = tuple(one.service for one in lane.choices if one.service.slug not in story.tried)
        return Course(halt=story.wish.halt, pace=story.wish.pace, others=others)

    def _send(self, referral: Referral, course: Course, *, at: datetime) -> None:
        self.walker.perform(
            referral, Act.SEND, course=course, side=Side.REQUESTER, at=at, values={}
        )

    def _go_on(self, story: Story, lane: Lane, referral: Referral, course: Course) -> None:
        left = self.walker.walk(referral, course)
        if left is not None:
            self._leave(story, lane, referral, course, at=left)
        self.papers.after(referral, course)
        if referral.state in ENDED and referral.outcome == Outcome.TAKEN_OVER:
            self._moved(story, referral)

    def _leave(
        self, story: Story, lane: Lane, referral: Referral, course: Course, *, at: datetime
    ) -> None:
        """The requester has read an answer, a refusal or a silence: another request, or none."""
        following = self._following(story, lane, referral, at=at)
        act = Act.CLOSE
        if following is not None:
            act = Act.CLOSE if referral.state == State.ANSWERED else Act.REROUTE
        self.walker.perform(referral, act, course=course, side=Side.REQUESTER, at=at, values={})
        if following is None:
            return
        kind, choice, priority = following
        if kind is Kind.TRANSFER and referral.kind == Kind.OPINION and act is Act.CLOSE:
            referral.outcome = Outcome.REROUTED
        if act is Act.CLOSE:
            story.tried.clear()
        self._ask(story, lane, choice, kind, priority, at=at, previous=referral)

    def _following(
        self, story: Story, lane: Lane, referral: Referral, *, at: datetime
    ) -> tuple[Kind, Choice, Priority] | None:
        if story.count >= MOST_IN_CASE or story.wish.halt is not None:
            return None
        if referral.state != State.ANSWERED:
            if referral.reason == Reason.NOT_INDICATED and self.rng.random() < 0.8:
                return None
            choice = self._other_choice(story, lane, referral)
            return (Kind(referral.kind), choice, Priority(referral.priority)) if choice else None
        choice = next(c for c in lane.choices if c.service.pk == referral.to_service_id)
        wanted = self._asked_by(referral, story.wish.scene)
        if wanted is None or wanted == referral.kind:
            return None
        known = story.wish.scene.priorities.get(wanted, {})
        priority = Priority(referral.priority)
        if known and priority not in known:
            priority = min(known, key=lambda one: abs(int(one.value[1]) - int(priority.value[1])))
        return wanted, choice, priority

    def _asked_by(self, referral: Referral, scene: Scene) -> Kind | None:
        """What an opinion leads to, by its words."""
        words = referral.conclusion.lower()
        if referral.kind != Kind.OPINION or self.rng.random() < 0.12:
            return None
        if any(word in words for word in ("transf", "admission", "bloc")):
            moves = Kind.TRANSFER in scene.kinds and referral.from_service is not None
            return Kind.TRANSFER if moves else None
        if "consultation" in words:
            return Kind.CONSULTATION if Kind.CONSULTATION in scene.kinds else None
        meets = "réunion" in words and self.walker.sessions.has(referral.to_service_id)
        return Kind.MEETING if meets else None

    def _other_choice(self, story: Story, lane: Lane, referral: Referral) -> Choice | None:
        left = [one for one in lane.choices if one.service.slug not in story.tried]
        if referral.kind == Kind.MEETING:
            left = [one for one in left if self.walker.sessions.has(one.service.pk)]
        proposed = referral.proposed_service_id
        for one in left:
            if one.service.pk == proposed:
                return one
        return left[0] if left and self.rng.random() < 0.8 else None

    def _sister(
        self, story: Story, lane: Lane, referral: Referral, *, at: datetime
    ) -> Referral | None:
        """The same transfer asked of a second team at once, now and then."""
        wish = story.wish
        others = [c for c in lane.choices[:3] if c.service.slug not in story.tried]
        if referral.kind != Kind.TRANSFER or wish.halt is not None or not others:
            return None
        if referral.priority not in URGENT or self.rng.random() > 0.2:
            return None
        later = at + shortly(self.rng, 1, 3)
        sister = self.writer.request(
            story.case, lane, others[0], Kind.TRANSFER, wish.priority, story.by, at=later
        )
        sister.deviation = sister.deviation or "NO_CAPACITY"
        story.count += 1
        story.tried.append(others[0].service.slug)
        self._send(sister, Course(), at=later)
        return sister

    def _end_sister(self, story: Story, lane: Lane, sister: Referral, referral: Referral) -> None:
        """The first team that accepts closes the other request; else it goes on by itself."""
        taken, course = referral.medical_at, Course()
        if taken is None:
            if referral.state in ENDED:
                self._go_on(story, lane, sister, course)
            return
        if taken <= (sister.sent_at or taken):
            taken = (sister.sent_at or taken) + timedelta(seconds=30)
        seen = (sister.sent_at or taken) + shortly(self.rng, 1, 9)
        if seen < taken:
            self.walker.perform(sister, Act.SEE, course=course, side=Side.TARGET, at=seen)
        self.walker.call(sister, taken)
        self.walker.perform(
            sister,
            Act.CLOSE_SISTER,
            course=course,
            side=Side.SYSTEM,
            at=taken,
            values={"sister": referral.key},
        )
        self.papers.after(sister, course)

    def _stay(
        self, story: Story, organization: Organization, *, at: datetime, reference: str = ""
    ) -> None:
        if organization.pk not in story.stays:
            story.stays[organization.pk] = self.writer.stay(
                story.patient, organization, at=at, reference=reference
            )

    def _end_stay(self, story: Story, organization: Organization, *, at: datetime) -> None:
        link = story.stays.pop(organization.pk, None)
        if link is not None:
            link.ends_at = max(at, link.starts_at)

    def _moved(self, story: Story, referral: Referral) -> None:
        """The patient is where the request led; a transfer with a return goes on."""
        at = referral.closed_at or self.ground.at
        self._stay(story, referral.to_organization, at=at, reference=referral.key)
        if referral.from_organization_id != referral.to_organization_id:
            self._end_stay(story, referral.from_organization, at=at)
        if referral.kind == Kind.RETURN:
            story.case.return_due_at = None
            return
        hours = referral.return_within_hours
        if hours is None:
            return
        story.case.return_due_at = at + timedelta(hours=hours)
        self._go_back(story, referral, at=at, hours=hours)

    def _go_back(self, story: Story, transfer: Referral, *, at: datetime, hours: int) -> None:
        """The return, in time more often than not; some patients go home instead."""
        wish = story.wish
        if transfer.from_service is None or (wish.back is None and wish.halt is not None):
            return
        share = self.rng.uniform(1.0, 1.6) if self.rng.random() < LATE_RETURN else None
        length = timedelta(hours=hours * (share or self.rng.triangular(0.35, 0.92, 0.7)))
        day = local_day(at + length)
        by_day = paris_instant(day, time(self.rng.randint(8, 15), self.rng.randrange(60)))
        asked = max(wish.back_at or by_day, at + timedelta(hours=3))
        if asked > self.ground.at:
            return
        if wish.back is None and self.rng.random() < HOME_DIRECTLY:
            story.case.return_due_at = None
            self._end_stay(story, transfer.to_organization, at=asked)
            return
        by = self.ground.somebody(self.rng, transfer.to_organization.slug, transfer.to_service)
        priority = Priority.P2 if self.rng.random() < 0.8 else Priority.P3
        step = self._lower_step(transfer)
        back = self.writer.request_back(transfer, step, priority, by, at=asked)
        course = Course(halt=wish.back, pace=0.3 if wish.back else 1.0)
        course.asked_of[Side.REQUESTER] = by
        sent = min(asked + shortly(self.rng, 2, 12), self.ground.at)
        self._send(back, course, at=sent)
        story.count += 1
        left = self.walker.walk(back, course)
        if left is not None:
            self.walker.perform(
                back, Act.CLOSE, course=course, side=Side.REQUESTER, at=left, values={}
            )
        self.papers.after(back, course)
        if back.outcome == Outcome.TAKEN_OVER:
            self._moved(story, back)
        elif back.state in ENDED:
            # Refused or withdrawn: another way home was found.
            story.case.return_due_at = None

    def _lower_step(self, transfer: Referral) -> PathwayStep:
        step = transfer.step
        if step is None:
            raise RuntimeError("an invented transfer has a step")
        steps = sorted(step.version.steps.all(), key=lambda one: one.order)
        lower = [one for one in steps if one.order < step.order]
        return lower[-1] if lower else step

    def _discharge(self, story: Story) -> None:
        """Where nothing is waited for any more, the stays end after some days."""
        if any(one.state not in ENDED for one in self.writer.told.referrals[-story.count :]):
            return
        for link in story.stays.values():
            last = story.case.return_due_at or story.wish.at
            over = max(last, link.starts_at) + timedelta(hours=self.rng.randint(20, 260))
            if over < self.ground.at:
                link.ends_at = over
