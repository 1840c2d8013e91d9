"""Reads of the portal: what each role must do or know now, and the search over every room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import F, Q
from django.urls import reverse

from maillage.accounts.acts import act_name
from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.agreements.enums import AgreementState
from maillage.agreements.models import Agreement
from maillage.agreements.queries.lists import list_lapsing, search_agreements
from maillage.agreements.rules.clocks import Clock
from maillage.coverage.forms import DemandForm
from maillage.coverage.permissions import ASK
from maillage.coverage.permissions import READ as READ_COVERAGE
from maillage.coverage.queries import Question, list_current_alerts
from maillage.coverage.queries.finding import search_scenarios
from maillage.directory.models import Authorisation
from maillage.directory.queries.search import search_directory
from maillage.exchange.models import ImportRun
from maillage.oncall.models import DutySlot
from maillage.oncall.queries.mine import list_next_duties
from maillage.oncall.queries.news import list_news
from maillage.oncall.queries.swaps import list_waiting_swaps
from maillage.pathways.enums import VersionState
from maillage.pathways.models import PathwayVersion
from maillage.pathways.queries import list_pathways
from maillage.population.queries.home import list_data_tasks
from maillage.referrals.permissions import ASK as REFER
from maillage.referrals.permissions import GIVE_BED
from maillage.referrals.queries.home import list_late_teams, list_mine, list_regulated
from maillage.referrals.queries.inbox import RequestRow
from maillage.territory.queries import search_communes
from maillage.vocabulary.calendar import french_day, french_instant, local_day
from maillage.vocabulary.search import fold, search_words

HOLES_AHEAD = timedelta(days=14)
AUTHORISATIONS_AHEAD = timedelta(days=180)
REVIEWS_AHEAD = timedelta(days=90)
MOST_ROWS = 6
MOST_DUTIES = 3
MOST_HITS = 8

IN_PROGRESS = (
    AgreementState.IDENTIFIED,
    AgreementState.DRAFT,
    AgreementState.OPINIONS,
    AgreementState.ADOPTED,
    AgreementState.SIGNED,
    AgreementState.SUBMITTED,
)


@dataclass(frozen=True)
class Line:
    """One thing to do or to know: a sign with its word, a link, a detail."""

    level: str
    word: str
    label: str
    url: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Block:
    """A group of lines of the home page. ``empty`` says that there is nothing to do. ``leads``:
    patients wait behind these lines, which come before everything else when there are any."""

    key: str
    title: str
    rows: Sequence[Line]
    empty: str
    more_url: str = ""
    more_label: str = ""
    leads: bool = False


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
        f"Équipes{_where(actor)} en retard sur leurs demandes",
        rows,
        f"Aucune équipe{_where(actor)} n'est en retard.",
        reverse("referrals:figures"),
        "Délais des demandes",
    )


def _my_swaps(now: datetime, actor: Actor) -> Block | None:
    """Exchanges of duties that wait for this person's answer or approval; nothing when none
    does."""
    rows = [
        Line(
            "limit",
            "À valider" if row.may_approve else "À répondre",
            f"{row.swap.given_by} donne une garde à {row.swap.taken_by}"
            if row.may_approve
            else f"{row.swap.given_by} vous propose un échange",
            reverse("oncall:swap", args=[row.swap.pk]),
            french_instant(row.swap.starts_at),
        )
        for row in list_waiting_swaps(actor)[:MOST_ROWS]
    ]
    if not rows:
        return None
    return Block(
        "echanges",
        "Échanges de gardes qui vous attendent",
        rows,
        "",
        reverse("oncall:swaps"),
        "Tous les échanges",
    )


def _my_news(now: datetime, actor: Actor) -> Block | None:
    """What others did with the duties, the exchanges and the leave of this practitioner, unread."""
    rows = [
        Line(one.level, one.word, one.sentence, one.address, french_instant(one.at, weekday=False))
        for one in list_news(actor, at=now)
        if not one.waits
    ]
    if not rows:
        return None
    return Block(
        "nouveau",
        "Du nouveau sur vos gardes",
        rows[:MOST_ROWS],
        "",
        reverse("oncall:mine"),
        "Lire sur « Mes gardes »",
    )


def _my_duties(now: datetime, actor: Actor) -> Block | None:
    """The next duties of this practitioner; nothing for who holds none."""
    rows = [
        Line(
            "info",
            "En ce moment" if slot.starts_at <= now else "À venir",
            slot.line.name,
            reverse("oncall:mine"),
            f"{french_instant(slot.starts_at)}, reçoit à {slot.service.site.name}",
        )
        for slot in list_next_duties(actor.username, at=now, most=MOST_DUTIES)
    ]
    if not rows:
        return None
    return Block("gardes", "Vos prochaines gardes", rows, "", reverse("oncall:mine"), "Mes gardes")


def _holes(now: datetime, actor: Actor) -> Block:
    slots = (
        DutySlot.objects.filter(
            _of_interest(actor),
            assignment__isnull=True,
            ends_at__gt=now,
            starts_at__lt=now + HOLES_AHEAD,
        )
        .select_related("line", "service__site")
        .order_by("starts_at")[:MOST_ROWS]
    )
    rows = [
        Line(
            "hole",
            "Sans titulaire",
            f"{slot.line.name}, {slot.service.site.name}",
            reverse("oncall:line", args=[slot.line.slug]),
            french_instant(slot.starts_at),
        )
        for slot in slots
    ]
    where = _where(actor)
    return Block(
        "trous",
        f"Gardes sans titulaire{where}, 14 jours",
        rows,
        f"Toutes les gardes{where} ont un titulaire pour les 14 prochains jours.",
        reverse("oncall:lines"),
        "Toutes les lignes",
    )


def _sees_everywhere(actor: Actor) -> bool:
    """True for a regulator, and for somebody whose role holds everywhere."""
    return EVERYWHERE in actor.organizations() or Role.REGULATOR in actor.roles


def _where(actor: Actor) -> str:
    """« de votre établissement » where only its slots are listed; empty for the whole territory."""
    if _sees_everywhere(actor):
        return ""
    several = len(actor.organizations()) > 1
    return " de vos établissements" if several else " de votre établissement"


def _of_interest(actor: Actor) -> Q:
    """Slots that concern this person: those of the establishments where they work; all of them for
    those who see everywhere."""
    places = actor.organizations()
    if _sees_everywhere(actor):
        return Q()
    return Q(line__organization__slug__in=places) | Q(service__site__organization__slug__in=places)


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
    (ON_DUTY | {Role.DIRECTOR}, _my_swaps),
    (ON_DUTY, _my_news),
    (ON_DUTY, _my_duties),
    (frozenset({Role.DIRECTOR}), _late_requests),
    (
        frozenset({Role.DIRECTOR, Role.DOCTOR, Role.ON_CALL, Role.REGULATOR}),
        _holes,
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


@dataclass(frozen=True)
class Found:
    """One answer of the search."""

    label: str
    detail: str
    url: str


@dataclass(frozen=True)
class FoundGroup:
    """Answers of one kind."""

    label: str
    hits: Sequence[Found]


PLURALS = {
    "Praticien": "Praticiens",
    "Offre de soins": "Offres de soins",
    "Site": "Sites",
    "Établissement": "Établissements",
    "Groupement": "Groupements",
    "Équipe": "Équipes",
}


PAGES: tuple[tuple[str, str, str], ...] = (
    ("Carte de la couverture", "coverage:map", "carte trous habitants sans prise en charge"),
    ("Calendrier des trous", "coverage:calendar", "couverture trous de garde horaires"),
    ("Points fragiles", "coverage:fragile", "couverture fragilité appuis"),
    ("Communes les moins bien desservies", "coverage:communes", "couverture déserts classement"),
    ("Preuves de couverture", "coverage:proofs", "preuve rapport empreinte calcul"),
    ("Échéances qui touchent la couverture", "coverage:alerts", "alertes termes conventions"),
    ("Scénarios", "coverage:scenarios", "et si simulation hypothèse couverture"),
)
"""Pages of coverage that the search knows: title, address, and words that also name them."""


def _search_coverage(text: str, actor: Actor) -> dict[str, list[Found]]:
    """Pages of coverage, and scenarios by name, for those who may read them."""
    if not READ_COVERAGE.allows(actor, actor.organizations()):
        return {}
    wanted = search_words(text)
    pages = [
        Found(title, "couverture", reverse(name))
        for title, name, words in PAGES
        if all(word in f" {fold(f'{title} {words}')}" for word in (f" {one}" for one in wanted))
    ]
    scenarios = [
        Found(one.name, one.author_name, reverse("coverage:scenario", args=[one.token]))
        for one in search_scenarios(text, MOST_HITS)
    ]
    return {"Pages": pages, "Scénarios": scenarios}


def search(text: str, *, actor: Actor, today: date) -> list[FoundGroup]:
    """Communes, pathways, agreements, people, services and places that a text names, by kind; then
    the pages and scenarios of coverage. Shorter than two letters, nothing."""
    if len(text.strip()) < 2:
        return []
    groups: dict[str, list[Found]] = {}
    for pathway in list_pathways(text)[:MOST_HITS]:
        url = reverse("pathways:detail", args=[pathway.slug])
        groups.setdefault("Filières", []).append(Found(pathway.name, pathway.need, url))
    for hit in search_directory(text, MOST_HITS):
        url = reverse(hit.url_name, args=hit.args)
        groups.setdefault(PLURALS.get(hit.kind, hit.kind), []).append(
            Found(hit.label, hit.detail, url)
        )
    for one in search_agreements(text, MOST_HITS, today=today):
        url = reverse("agreements:detail", args=[one.slug])
        groups.setdefault("Conventions", []).append(Found(one.label, one.detail, url))
    for commune in search_communes(text, MOST_HITS):
        url = reverse("territory:commune", args=[commune.code])
        groups.setdefault("Communes", []).append(
            Found(commune.name, f"département {commune.department}", url)
        )
    groups |= _search_coverage(text, actor)
    return [FoundGroup(label, hits) for label, hits in groups.items() if hits]


def get_last_loading(fingerprint: str) -> datetime | None:
    """When the folder of this fingerprint was last loaded; None when something else was since."""
    last = AuditEvent.objects.filter(action="portal.load-territory").first()
    return last.at if last and last.subject_key == fingerprint else None
