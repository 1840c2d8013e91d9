"""The home page: what each role must do or know now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import F
from django.urls import reverse

from maillage.accounts.acts import act_name
from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.agreements.enums import AgreementState
from maillage.agreements.models import Agreement
from maillage.agreements.queries.lists import list_lapsing
from maillage.agreements.rules.clocks import Clock
from maillage.coverage.forms import DemandForm
from maillage.coverage.permissions import ASK
from maillage.coverage.queries import Question, list_current_alerts
from maillage.directory.models import Authorisation
from maillage.exchange.models import ImportRun
from maillage.pathways.enums import VersionState
from maillage.pathways.models import PathwayVersion
from maillage.population.queries.home import list_data_tasks
from maillage.portal.queries import duties, leave
from maillage.portal.queries.blocks import MOST_ROWS, Block, Line, words_of_places
from maillage.referrals.permissions import ASK as REFER
from maillage.referrals.permissions import GIVE_BED
from maillage.referrals.queries.home import list_late_teams, list_mine, list_regulated
from maillage.referrals.queries.inbox import RequestRow
from maillage.vocabulary.calendar import french_day, french_instant, local_day

AUTHORISATIONS_AHEAD = timedelta(days=180)
REVIEWS_AHEAD = timedelta(days=90)

IN_PROGRESS = (
    AgreementState.IDENTIFIED,
    AgreementState.DRAFT,
    AgreementState.OPINIONS,
    AgreementState.ADOPTED,
    AgreementState.SIGNED,
    AgreementState.SUBMITTED,
)


@dataclass
class Home:
    """The home page of a person. ``refers``: they may send a patient to another hospital."""

    asks: bool
    refers: bool = False
    blocks: list[Block] = field(default_factory=list)
    form: DemandForm = field(default_factory=DemandForm)
    question: Question = field(default_factory=Question)


def get_home(*, actor: Actor, now: datetime) -> Home:
    """What this person must do or know now, by role. At most one query per block; two for health
    data."""
    wanted: list[Callable[[datetime, Actor], Block | None]] = []
    for roles, block in BLOCKS:
        if actor.roles & roles:
            wanted.append(block)
    return Home(
        asks=ASK.allows(actor),
        refers=bool(REFER.places(actor) - {EVERYWHERE}),
        blocks=[found for block in wanted if (found := block(now, actor)) is not None],
    )


def _request_lines(rows: Sequence[RequestRow]) -> list[Line]:
    """Requests that wait: what is left, what is asked, of whom; the patient abbreviated."""
    return [
        Line(
            row.left.level if row.left and row.left.level != "ok" else "info",
            row.waits_for.capitalize(),
            f"{row.kind} {row.priority}, {row.patient}",
            reverse("referrals:page", args=[row.key]),
            row.left.words if row.left else "",
        )
        for row in rows
    ]


def _requests(now: datetime, actor: Actor) -> Block:
    receives = GIVE_BED.allows(actor, actor.organizations())
    rows = _request_lines(list_mine(actor, at=now, most=MOST_ROWS))
    return Block(
        "demandes",
        "Demandes qui vous attendent",
        rows,
        "Aucune demande n'attend vos équipes.",
        reverse("referrals:inbox" if receives else "referrals:outbox"),
        "Toutes les demandes reçues" if receives else "Toutes les demandes envoyées",
        leads=bool(rows),
    )


def _transfers(now: datetime, actor: Actor) -> Block:
    rows = _request_lines(list_regulated(actor, at=now, most=MOST_ROWS))
    return Block(
        "transferts",
        "Transferts qui attendent la régulation",
        rows,
        "Aucun transfert n'attend la régulation.",
        reverse("referrals:transfers"),
        "Tous les transferts",
        leads=bool(rows),
    )


def _late_requests(now: datetime, actor: Actor) -> Block:
    """Teams beyond their hour; nothing of the patients."""
    rows = [
        Line(
            "late",
            f"{team.late} en retard",
            team.service,
            reverse("referrals:day"),
            f"{team.waiting} à traiter en tout",
        )
        for team in list_late_teams(actor, at=now, most=MOST_ROWS)
    ]
    return Block(
        "retards",
        f"Équipes{words_of_places(actor)} en retard sur leurs demandes",
        rows,
        f"Aucune équipe{words_of_places(actor)} n'est en retard.",
        reverse("referrals:figures"),
        "Délais des demandes",
    )


def _term_word(clock: Clock) -> str:
    """« 40 jours », « Terme passé »; a term that no text states is only to be checked."""
    if clock.days_left >= 0:
        return f"{clock.days_left} jours"
    return "À vérifier" if clock.presumed else "Terme passé"


def _agreements_ending(now: datetime, actor: Actor) -> Block:
    rows = [
        Line(
            "late" if clock.days_left < 0 else "limit",
            _term_word(clock),
            agreement.short_title,
            reverse("agreements:detail", args=[agreement.slug]),
            f"terme {'présumé ' if clock.presumed else ''}le {french_day(clock.due_on)}",
        )
        for agreement, clock in list_lapsing(today=local_day(now))[:MOST_ROWS]
    ]
    return Block(
        "echeances",
        "Conventions dont le terme approche",
        rows,
        "Aucune convention n'arrive à son terme dans les 180 prochains jours.",
        reverse("agreements:list"),
        "Toutes les conventions",
    )


def _agreements_in_progress(now: datetime, actor: Actor) -> Block:
    found = Agreement.objects.filter(state__in=IN_PROGRESS).order_by(
        F("state_on").asc(nulls_first=True), "slug"
    )[:MOST_ROWS]
    rows = [
        Line(
            "info",
            agreement.get_state_display(),
            agreement.short_title,
            reverse("agreements:detail", args=[agreement.slug]),
            f"depuis le {french_day(agreement.state_on)}" if agreement.state_on else "",
        )
        for agreement in found
    ]
    return Block(
        "en-cours",
        "Conventions à faire avancer",
        rows,
        "Aucune convention n'attend de suite.",
        reverse("agreements:list"),
        "Toutes les conventions",
    )


def _alerts(now: datetime, actor: Actor) -> Block:
    """What would leave residents without an answer first, then what would make it late."""
    felt = [row for row in list_current_alerts(at=now) if not row.is_harmless]
    rows = [
        Line(row.mark, row.when, row.subject_name, row.url, row.short)
        for row in sorted(felt, key=lambda row: not row.person_hours)
    ]
    return Block(
        "echeances-couverture",
        "Échéances qui touchent la couverture, 180 jours",
        rows[:MOST_ROWS],
        "Aucune échéance connue des 180 prochains jours ne change la réponse d'un habitant.",
        reverse("coverage:alerts"),
        "Toutes les échéances",
    )


def _coverage(now: datetime, actor: Actor) -> Block:
    """Ways into the pages of coverage."""
    rows = [
        Line("neutral", word, title, reverse(name))
        for word, title, name in (
            ("Où", "Carte de la couverture", "coverage:map"),
            ("Quand", "Calendrier des trous", "coverage:calendar"),
            ("Pourquoi", "Points fragiles", "coverage:fragile"),
            ("Et si", "Scénarios", "coverage:scenarios"),
        )
    ]
    return Block(
        "couverture",
        "La couverture de l'année à venir",
        rows,
        "",
        reverse("coverage:proofs"),
        "Les preuves, et leur rapport imprimable",
    )


def _authorisations_ending(now: datetime, actor: Actor) -> Block:
    today = local_day(now)
    ending = (
        Authorisation.objects.filter(ends_on__gt=today, ends_on__lte=today + AUTHORISATIONS_AHEAD)
        .select_related("service__site")
        .order_by("ends_on", "service__slug")[:MOST_ROWS]
    )
    rows = [
        Line(
            "limit",
            f"{((row.ends_on or today) - today).days} jours",
            f"{row.service.name}, {row.service.site.name}",
            reverse("directory:service", args=[row.service.slug]),
            f"autorisation jusqu'au {french_day((row.ends_on or today) - timedelta(days=1))}",
        )
        for row in ending
    ]
    return Block(
        "autorisations",
        "Autorisations qui prennent fin, 180 jours",
        rows,
        "Aucune autorisation ne prend fin dans les 180 prochains jours.",
    )


def _reviews(now: datetime, actor: Actor) -> Block:
    today: date = local_day(now)
    found = (
        PathwayVersion.objects.filter(
            state=VersionState.IN_FORCE, review_on__lte=today + REVIEWS_AHEAD
        )
        .select_related("pathway")
        .order_by("review_on", "pathway__slug")[:MOST_ROWS]
    )
    rows = [
        Line(
            "late" if (version.review_on or today) < today else "limit",
            "En retard" if (version.review_on or today) < today else "À revoir",
            version.pathway.name,
            reverse("pathways:detail", args=[version.pathway.slug]),
            f"revue prévue le {french_day(version.review_on or today)}",
        )
        for version in found
    ]
    return Block(
        "revues",
        "Filières à revoir, 90 jours",
        rows,
        "Aucune filière n'est à revoir dans les 90 prochains jours.",
        reverse("pathways:list"),
        "Toutes les filières",
    )


def _health_data(now: datetime, actor: Actor) -> Block:
    """Reports to read, and computations that failed or ended."""
    rows = [
        Line(task.level, task.word, task.label, task.url, task.detail)
        for task in list_data_tasks(actor, at=now)[:MOST_ROWS]
    ]
    return Block(
        "donnees",
        "Données de santé",
        rows,
        "Aucun rapport de qualité n'attend, aucun calcul n'est en cours.",
        reverse("population:datasets"),
        "Toutes les données de santé",
    )


def _imports(now: datetime, actor: Actor) -> Block:
    rows = [
        Line(
            "info",
            run.get_state_display(),
            run.filename,
            reverse("exchange:run", args=[run.pk]),
            f"{run.planned_by_name}, {french_instant(run.planned_at)}",
        )
        for run in ImportRun.objects.order_by("-planned_at")[:MOST_ROWS]
    ]
    return Block(
        "imports",
        "Derniers imports",
        rows,
        "Aucun fichier n'a été importé depuis les pages.",
        reverse("exchange:tables"),
        "Toutes les listes",
    )


def _trail(now: datetime, actor: Actor) -> Block:
    rows = [
        Line(
            "neutral",
            act_name(event.action),
            event.subject_name or event.subject_key or event.actor_name,
            "",
            f"{event.actor_name}, {french_instant(event.at)}",
        )
        for event in AuditEvent.objects.all()[:MOST_ROWS]
    ]
    return Block(
        "journal",
        "Derniers actes",
        rows,
        "Le journal est vide.",
        reverse("accounts:audit"),
        "Tout le journal",
    )


ON_DUTY = frozenset({Role.DOCTOR, Role.ON_CALL, Role.REGULATOR, Role.DIM})

BLOCKS: tuple[tuple[frozenset[Role], Callable[[datetime, Actor], Block | None]], ...] = (
    (frozenset({Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR, Role.CITY}), _requests),
    (frozenset({Role.REGULATOR}), _transfers),
    (ON_DUTY | {Role.DIRECTOR}, duties.my_swaps),
    (frozenset({Role.DIRECTOR, Role.ON_CALL}), leave.waiting_leave),
    (ON_DUTY | {Role.DIRECTOR}, duties.rosters),
    (ON_DUTY, duties.my_news),
    (ON_DUTY, duties.my_duties),
    (frozenset({Role.DIRECTOR}), _late_requests),
    (
        frozenset({Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.REGULATOR}),
        duties.holes,
    ),
    (frozenset({Role.DIRECTOR, Role.REGULATOR}), _alerts),
    (frozenset({Role.DIRECTOR}), _coverage),
    (frozenset({Role.DIRECTOR}), _agreements_ending),
    (frozenset({Role.DIRECTOR}), _agreements_in_progress),
    (frozenset({Role.DIM}), _health_data),
    (frozenset({Role.DIRECTOR, Role.DIM}), _authorisations_ending),
    (frozenset({Role.DIRECTOR, Role.DIM, Role.COORDINATOR}), _reviews),
    (frozenset({Role.ADMINISTRATOR}), _imports),
    (frozenset({Role.ADMINISTRATOR, Role.AUDITOR}), _trail),
)
"""Blocks of the home page in order, with the roles that see each."""
