"""The page of one request: everything that both sides see, in words, by a fixed number of
queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, Count, OuterRef, Q, QuerySet, Subquery, Sum

from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService
from maillage.patients.models import Patient
from maillage.patients.queries import find_ground
from maillage.patients.rules.access import Ground, check_found
from maillage.patients.rules.constants import AFTER_REQUEST, BASIS_TEXTS
from maillage.patients.rules.identity import age_in_words, full_name, ins_label
from maillage.referrals.enums import Act, Clock, Deviation, Kind, Level, Side, State
from maillage.referrals.models import (
    Document,
    Escalation,
    Event,
    Letter,
    MeetingSession,
    Message,
    Referral,
)
from maillage.referrals.permissions import ANSWER
from maillage.referrals.queries.as_sent import Told, tell
from maillage.referrals.queries.documents import list_documents
from maillage.referrals.queries.inbox import RequestRow, for_list, holder_of, left_of, row_of
from maillage.referrals.queries.letters import list_letters
from maillage.referrals.queries.reading import as_parts, check_reads, reads_letter
from maillage.referrals.queries.requests import sides_for
from maillage.referrals.rules.history import details_of, reason_of, words_of
from maillage.referrals.rules.reading import find_readable
from maillage.referrals.rules.transitions import ENDED, MOVED, find_transition, possible_acts
from maillage.referrals.rules.waiting import TimeLeft, is_mine, waited_for
from maillage.vocabulary.calendar import french_instant, local_day
from maillage.vocabulary.errors import NotFound

MOST_LEFT_OUT = 12
MOST_SESSIONS = 20


@dataclass(frozen=True)
class Choice:
    """An act that this person may do, or that their side may and they may not: ``refused``."""

    act: Act
    label: str
    refused: str = ""


@dataclass(frozen=True)
class Band:
    """Who the patient is: read only once the reading is recorded."""

    key: str
    name: str
    birth: str
    age: str
    sex: str
    ins: str
    commune: str
    phone: str
    attending_doctor: str
    is_deceased: bool
    basis: str
    text: str


@dataclass(frozen=True)
class HistoryLine:
    """One act, one call or one message of the system."""

    at: datetime
    words: str
    who: str
    details: list[tuple[str, str]]
    reason: str = ""
    text: str = ""
    is_call: bool = False


@dataclass(frozen=True)
class FollowUp:
    """A request that may follow this one without re-typing."""

    kind: Kind
    label: str


@dataclass(frozen=True)
class Other:
    """Another request of the same case; ``opens``: the reader may open it."""

    row: RequestRow
    opens: bool


@dataclass(frozen=True)
class RouteView:
    """The proposal that the doctor chose from, as it was shown."""

    origin: str
    asked_at: datetime | None
    chosen: Mapping[str, Any]
    duty_until: datetime | None
    is_first: bool
    others: list[dict[str, Any]]
    left_out: list[dict[str, Any]]


@dataclass(frozen=True)
class RequestPage:
    """What the page of one request shows."""

    referral: Referral
    row: RequestRow
    sides: frozenset[Side]
    choices: list[Choice]
    band: Band
    told: Told
    completed_by: Other | None
    history: list[HistoryLine]
    messages: list[Message]
    documents: list[Document]
    letters: list[Letter]
    others: list[Other]
    followings: list[FollowUp]
    deviation: str
    route: RouteView
    may_write: bool
    asked: Event | None
    given: Event | None


def find_request(key: str) -> Referral:
    """One request with all that its page names, by key. Raises :class:`NotFound`. One query."""
    found = (
        Referral.objects.select_related(
            "case",
            "patient__commune",
            "patient__organization",
            "patient__merged_into__commune",
            "patient__merged_into__organization",
            "pathway",
            "from_organization",
            "from_service__site",
            "to_organization",
            "to_service__site",
            "proposed_service__site",
            "clause",
            "agreement",
            "session",
            "previous",
        )
        .filter(key=key)
        .first()
    )
    if found is None:
        raise NotFound("referrals.unknown", "Cette demande n'existe pas.")
    return found


@dataclass(frozen=True)
class Ball:
    """Who holds the ball, what is waited for and how long is left; nothing of the patient."""

    holder: str
    taken_by: str
    is_mine: bool
    waits_for: str
    left: TimeLeft | None
    level: str
    calls: int


def get_clock(referral: Referral, *, sides: frozenset[Side], at: datetime) -> Ball:
    """The clock of a request, as these sides read it."""
    left = left_of(referral, at)
    return Ball(
        holder=holder_of(referral),
        taken_by=referral.taken_by_name if referral.owner == Side.TARGET else "",
        is_mine=is_mine(referral.owner, sides),
        waits_for=waited_for(referral.clock),
        left=left,
        level=left.level if left else "ended",
        calls=referral.calls,
    )


def stamp_of(referral: Referral) -> str:
    """What changes when the page of a request does. One query, of four counts that indexes give."""
    of_request, of_case = OuterRef("pk"), OuterRef("case_id")
    kept = Document.objects.filter(case=of_case, removed_at__isnull=True)
    found = Referral.objects.filter(pk=referral.pk).annotate(
        said_messages=_number(Message.objects.filter(referral=of_request), "referral"),
        said_calls=_number(Escalation.objects.filter(referral=of_request), "referral"),
        said_documents=_number(kept, "case"),
        said_letters=_number(Letter.objects.filter(case=of_case), "case", Sum("version")),
    )
    counts = found.values_list(
        "version", "case__version", "said_messages", "said_calls", "said_documents", "said_letters"
    )
    return "-".join(str(one or 0) for one in counts.get())


def _number(rows: QuerySet[Any], group: str, number: Aggregate | None = None) -> Subquery:
    """How many rows there are (or another sum of them), as part of a larger query."""
    counted = rows.order_by().values(group).annotate(number=number or Count("pk"))
    return Subquery(counted.values("number"))


def get_page(
    referral: Referral,
    *,
    sides: frozenset[Side],
    ground: Ground,
    by: Actor,
    at: datetime,
) -> RequestPage:
    """The page, once the reading of the patient's record has been recorded (``ground``). Four
    queries more than :func:`find_request`."""
    case = referral.case
    events = list(referral.events.all())
    of_case = _requests_of_case(referral)
    others = _others(referral, of_case, ground, by=by, at=at)
    told = tell(referral, events=events, others=of_case)
    asked, given = _details(referral, events)
    return RequestPage(
        referral=referral,
        row=row_of(referral, sides=sides, now=at),
        sides=sides,
        choices=_choices(referral, sides=sides, by=by),
        band=_band(referral.patient, ground, at=at),
        told=told,
        completed_by=_completed_by(told, others),
        history=_history(referral, events),
        messages=list(referral.messages.all()),
        documents=[one for one in list_documents(case) if one.removed_at is None],
        letters=[one for one in list_letters(case) if reads_letter(one, by)],
        others=others,
        followings=_followings(referral, sides=sides),
        deviation=Deviation(referral.deviation).label if referral.deviation else "",
        route=_route(referral),
        may_write=_may_write(referral, sides, at=at),
        asked=asked,
        given=given,
    )


def _choices(referral: Referral, *, sides: frozenset[Side], by: Actor) -> list[Choice]:
    """Acts of the actor's sides, in the order of the table; one already done, or that asks for a
    doctor, stays and says why."""
    lines = possible_acts(Kind(referral.kind), State(referral.state), sides)
    acts = list(dict.fromkeys(line.act for line in lines if line.act is not Act.SEE))
    return [Choice(act, act.label, _refused(referral, act, by)) for act in acts]


def _refused(referral: Referral, act: Act, by: Actor) -> str:
    if act is Act.ACCEPT_MEDICALLY and referral.medical_at is not None:
        return f"Déjà donné par {referral.medical_by}."
    if act is Act.ACCEPT_BED and referral.bed_at is not None:
        return f"Déjà confirmé par {referral.bed_by}."
    line = find_transition(Kind(referral.kind), State(referral.state), act)
    if line is not None and not line.by & sides_for(referral, act, by):
        return "Réservé aux médecins de l'équipe sollicitée."
    return ""


def _band(patient: Patient, ground: Ground, *, at: datetime) -> Band:
    read = patient.kept
    born = read.birth_date
    return Band(
        key=read.key,
        name=full_name(read),
        birth=f"{born.day:02d}/{born.month:02d}/{born.year}" if born else "inconnue",
        age=age_in_words(born, local_day(at)) if born else "âge inconnu",
        sex=read.get_sex_display(),
        ins=ins_label(read),
        commune=read.commune.name if read.commune else "",
        phone=read.phone,
        attending_doctor=read.attending_doctor,
        is_deceased=read.deceased_on is not None,
        basis=ground.basis.label,
        text=BASIS_TEXTS[ground.basis],
    )


def _details(referral: Referral, events: list[Event]) -> tuple[Event | None, Event | None]:
    """The last demand for details and its answer, once given; nothing once the request ended."""
    if referral.state in ENDED:
        return None, None
    places = [place for place, one in enumerate(events) if one.act == Act.ASK_INFO]
    if not places:
        return None, None
    later = events[places[-1] + 1 :]
    given = [one for one in later if one.act == Act.GIVE_INFO]
    return events[places[-1]], given[-1] if given else None


def _history(referral: Referral, events: list[Event]) -> list[HistoryLine]:
    kind = Kind(referral.kind)
    lines = [_line(kind, event) for event in events]
    for call in referral.escalations.all():
        names = ", ".join(_name(person) for person in call.called)
        said = f"Échéance dépassée ({Clock(call.clock).label}) : {Level(call.level).label.lower()}"
        who = f"appelé : {names}" if names else "personne à appeler à ce niveau"
        lines.append(HistoryLine(call.at, said, who, [], is_call=True))
    return sorted(lines, key=lambda line: line.at)


def _name(person: Any) -> str:
    """The name of somebody called, as the call kept it."""
    return str(person.get("name", "")) if isinstance(person, Mapping) else str(person)


def _line(kind: Kind, event: Event) -> HistoryLine:
    side = Side(event.side)
    who = (
        event.name
        if side is Side.SYSTEM
        else f"{event.name}, {side.label[:1].lower()}{side.label[1:]}"
    )
    return HistoryLine(
        at=event.at,
        words=words_of(kind, Act(event.act), event.from_state),
        who=who,
        details=details_of(event.data),
        reason=reason_of(event.reason),
        text=event.text,
    )


def _requests_of_case(referral: Referral) -> list[Referral]:
    of_case = Referral.objects.filter(case=referral.case_id)
    return list(for_list(of_case, "case", "previous", "created_at").order_by("created_at", "id"))


def _others(
    referral: Referral, rows: list[Referral], ground: Ground, *, by: Actor, at: datetime
) -> list[Other]:
    """The other requests of the case, oldest first: what came before, sisters, what followed. A
    draft is told to those who write it; what may be opened is said by ``rules.reading``."""
    parts = as_parts(rows, by)
    readable = find_readable(parts, ground.basis)
    return [
        Other(row_of(one, sides=part.sides, now=at), one.pk in readable)
        for one, part in zip(rows, parts, strict=True)
        if one.pk != referral.pk and (part.sides or not part.is_draft)
    ]


def _completed_by(told: Told, others: list[Other]) -> Other | None:
    """The last request that completed the case, among those that the reader opens if any."""
    rows = [one for one in others if one.row.key in told.completed_by]
    return next((one for one in reversed(rows) if one.opens), rows[-1] if rows else None)


def _may_write(referral: Referral, sides: frozenset[Side], *, at: datetime) -> bool:
    """True while both sides may still write to each other: a week after the end."""
    ended = referral.closed_at
    still_open = ended is None or at <= ended + AFTER_REQUEST
    return bool(sides) and referral.state != State.DRAFT and still_open


def _followings(referral: Referral, *, sides: frozenset[Side]) -> list[FollowUp]:
    """What the requester may ask next from what is known; the hospital that took a patient over
    asks for the return."""
    kind, state = Kind(referral.kind), State(referral.state)
    if state is State.DRAFT:
        return []
    found = []
    if Side.REQUESTER in sides and kind not in MOVED:
        if kind is not Kind.CONSULTATION:
            found.append(FollowUp(Kind.CONSULTATION, "Demander un rendez-vous"))
        found.append(FollowUp(Kind.TRANSFER, "Demander un transfert"))
    if Side.REQUESTER in sides and state in (State.REFUSED, State.REDIRECTED, State.EXPIRED):
        found.insert(0, FollowUp(kind, "Adresser à une autre équipe"))
    arrived = state in (State.ARRIVED, State.CLOSED) and referral.arrived_at is not None
    if Side.TARGET in sides and kind is Kind.TRANSFER and arrived:
        found.append(FollowUp(Kind.RETURN, "Demander le retour"))
    return found


def _route(referral: Referral) -> RouteView:
    """The proposal as it was shown to the doctor who asked: what was chosen, and the others."""
    route = referral.route if isinstance(referral.route, dict) else {}
    slug = referral.to_service.slug
    reached = _lines(route, "lines")
    listed = [*reached, *_lines(route, "waiting"), *_lines(route, "outside")]
    left_out = _lines(route, "left_out")
    chosen = next((one for one in (*listed, *left_out) if one.get("service") == slug), {})
    at = _moment(route.get("at"))
    return RouteView(
        origin=str(route.get("origin", "")),
        asked_at=at,
        chosen=chosen,
        duty_until=_moment(chosen.get("duty_until")),
        is_first=bool(reached) and reached[0].get("service") == slug,
        others=[one for one in listed if one.get("service") != slug][:MOST_LEFT_OUT],
        left_out=[one for one in left_out if one.get("service") != slug][:MOST_LEFT_OUT],
    )


def _lines(route: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The teams of one list of a proposal, as it was kept, with the hour of reopening read."""
    return [
        {
            **one,
            "said": str(one.get("reason_words") or one.get("words") or ""),
            "minutes": one.get("minutes"),
            "is_outside_agreement": bool(one.get("is_outside_agreement")),
            "reopens_at": _moment(one.get("reachable_at")),
        }
        for one in route.get(name) or []
        if isinstance(one, dict)
    ]


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def list_possible_teams(referral: Referral) -> list[tuple[str, list[tuple[str, str]]]]:
    """Teams that may be proposed in the place of this one: those that give the same care, then the
    others of the same hospital. One query."""
    services = (
        HealthcareService.objects.filter(
            Q(care_type=referral.care_type) | Q(site__organization=referral.to_organization_id)
        )
        .exclude(pk=referral.to_service_id)
        .order_by("search_name")
        .values_list("slug", "name", "care_type")
    )
    same = [(slug, name) for slug, name, care in services if care == referral.care_type]
    here = [(slug, name) for slug, name, care in services if care != referral.care_type]
    groups = [("Même type de soin", same), ("Autres équipes de l'établissement", here)]
    return [(label, rows) for label, rows in groups if rows]


def list_coming_sessions(referral: Referral, *, at: datetime) -> list[tuple[str, str]]:
    """Sessions of the team asked that are still to come: identifier, and name with its hour. One
    query."""
    rows = MeetingSession.objects.filter(
        service=referral.to_service_id, starts_at__gt=at, held_at__isnull=True
    ).order_by("starts_at")[:MOST_SESSIONS]
    return [(str(one.pk), f"{one.name}, {french_instant(one.starts_at)}") for one in rows]


def check_follows(referral: Referral, sides: frozenset[Side], *, by: Actor, at: datetime) -> None:
    """Raise :class:`NotAllowed` to who stands on no side of a request and may not read it: not
    even its clock is theirs to follow."""
    if not sides:
        ground = check_found(find_ground(referral.patient, by=by, at=at))
        check_reads(referral, ground, by)


def marks_seen(referral: Referral, *, sides: frozenset[Side], by: Actor) -> bool:
    """True when opening this page means that the team has seen the request: a doctor of the
    hospital asked opens it. A coordinator who looks for a bed does not stop the clock."""
    return (
        referral.state == State.SENT
        and Side.TARGET in sides
        and ANSWER.allows(by, [referral.to_organization.slug])
    )
