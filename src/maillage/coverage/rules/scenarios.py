"""The changes of a scenario in French sentences, and who may write what."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from maillage.coverage.rules.answers import Names
from maillage.coverage.rules.organization_words import to_it
from maillage.engines.routing import (
    REINFORCEMENT,
    AddClause,
    AuthoriseService,
    Change,
    CloseService,
    EndAgreement,
    EndAuthorisation,
    EndClause,
    HolderLeaves,
    HolidayRule,
    MoveHalfDay,
    NoteKind,
    OpenService,
    SetTarget,
    StaffSlots,
    UnstaffSlots,
)
from maillage.vocabulary.calendar import WEEKDAYS, french_day, french_instant, to_paris
from maillage.vocabulary.errors import Invalid, Problem, Refusal

MOST_CHANGES = 40
"""A scenario is a short list: beyond, nobody can tell what does what."""

LONGEST_NAME = 120


@dataclass(frozen=True)
class ScenarioNames:
    """What the identifiers of a scenario are called: those of a network, its pathways, its
    agreements."""

    names: Names
    pathways: Mapping[str, str] = field(default_factory=dict)
    agreements: Mapping[str, str] = field(default_factory=dict)
    with_people: bool = True
    """False for those who do not organize care: whose departure is weighed is not their affair."""

    def service(self, key: str) -> str:
        card = self.names.services.get(key)
        return f"{card.name} ({card.site})" if card else key

    def organization(self, key: str) -> str:
        found = self.names.organizations.get(key)
        return found[1] if found else key

    def line(self, key: str) -> str:
        card = self.names.lines.get(key)
        return card.name if card else key

    def person(self, key: str) -> str:
        if not self.with_people:
            return "un praticien"
        card = self.names.people.get(key)
        return card.name if card else key

    def clause(self, key: str) -> str:
        card = self.names.clauses.get(key)
        if card is None:
            starts = f"{key}@"
            card = next((c for k, c in self.names.clauses.items() if k.startswith(starts)), None)
        if card is None:
            return f"« {key} »"
        return f"{card.article or card.slug} de « {card.agreement} »"

    def care(self, keys: Sequence[str]) -> str:
        labels = [f"« {self.names.care_types.get(key, key)} »" for key in keys]
        return enumeration(labels)

    def pathway(self, key: str) -> str:
        return self.pathways.get(key, key)

    def step(self, pathway: str, order: int) -> str:
        name = self.names.steps.get((pathway, order), "")
        return f"étape {order} ({name})" if name else f"étape {order}"


def enumeration(words: Sequence[str]) -> str:
    """« a, b et c »."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} et {words[-1]}"


def sentence(change: Change, names: ScenarioNames) -> str:
    """One French sentence that says a change to those who would live with it."""
    text = _SENTENCES[type(change)](change, names)
    for plain, kept in _KEPT:
        text = text.replace(plain, kept)
    return text


_KEPT = (("« ", "«\u00a0"), (" »", "\u00a0»"), (" : ", "\u00a0: "))
"""A sign stays on the line of the word that it goes with."""


def _between(starts: datetime | None, ends: datetime | None) -> str:
    """« du … au … », either bound open; whole days without their midnights, the last included."""
    start = "" if starts is None else _start(starts)
    end = "" if ends is None else _end(ends)
    if start and end:
        return f"du {start} au {end}"
    if start:
        return f"à partir du {start}"
    return f"jusqu'au {end}" if end else "sans limite de date"


def _start(at: datetime) -> str:
    whole = to_paris(at).time() == time(0)
    return french_day(to_paris(at).date()) if whole else french_instant(at, weekday=False)


def _end(at: datetime) -> str:
    if to_paris(at).time() == time(0):
        return f"{french_day(to_paris(at).date() - timedelta(days=1))} inclus"
    return french_instant(at, weekday=False)


def _days(starts: date | None, ends: date | None) -> str:
    """« du … au … » with the last day included, as people say it."""
    last = french_day(ends - timedelta(days=1)) if ends else ""
    if starts and ends:
        return f" du {french_day(starts)} au {last}"
    if starts:
        return f" à partir du {french_day(starts)}"
    return f" jusqu'au {last}" if ends else ""


def _clock(minute: int) -> str:
    hour, rest = divmod(minute, 60)
    return f"{hour} h {rest:02d}" if rest else f"{hour} h"


def _what(line: str | None, service: str | None, names: ScenarioNames) -> str:
    parts = []
    if line:
        parts.append(f"la garde « {names.line(line)} »")
    if service:
        parts.append(f"{'pour' if line else 'la garde pour'} {names.service(service)}")
    return " ".join(parts)


def _staff(change: StaffSlots, names: ScenarioNames) -> str:
    who = "" if change.holder == REINFORCEMENT else f" par {names.person(change.holder)}"
    made = ", en créant les créneaux qui manquent" if change.create else ""
    minutes = ""
    if change.response_minutes is not None:
        minutes = f", sur place en {change.response_minutes:g} min"
    what = _what(change.line, change.service, names)
    period = _between(change.starts_at, change.ends_at)
    return f"{what[:1].upper()}{what[1:]} est pourvue{who} {period}{minutes}{made}."


def _unstaff(change: UnstaffSlots, names: ScenarioNames) -> str:
    what = _what(change.line, change.service, names)
    return f"Plus personne ne tient {what} {_between(change.starts_at, change.ends_at)}."


_HOLIDAYS = {
    HolidayRule.OPEN: ", jours fériés compris",
    HolidayRule.CLOSED: ", sauf les jours fériés",
    HolidayRule.ONLY: ", seulement les jours fériés",
}


def _open(change: OpenService, names: ScenarioNames) -> str:
    if len(change.weekdays) == len(WEEKDAYS):
        days = "tous les jours"
    else:
        days = enumeration([f"le {WEEKDAYS[day - 1]}" for day in sorted(change.weekdays)])
    hours = f"de {_clock(change.from_minute)} à {_clock(change.to_minute)}"
    return f"{names.service(change.service)} ouvre {days} {hours}{_HOLIDAYS[change.holidays]}."


def _close(change: CloseService, names: ScenarioNames) -> str:
    period = _between(change.starts_at, change.ends_at)
    return f"{names.service(change.service)} ferme {period}, astreinte comprise."


def _authorise(change: AuthoriseService, names: ScenarioNames) -> str:
    period = _days(change.starts_on, change.ends_on) or " sans limite de date"
    return f"{names.service(change.service)} a une autorisation{period}."


def _end_authorisation(change: EndAuthorisation, names: ScenarioNames) -> str:
    service = names.service(change.service)
    return f"{service} n'a plus d'autorisation à partir du {french_day(change.ends_on)}."


def _add_clause(change: AddClause, names: ScenarioNames) -> str:
    sender, receiver = (
        names.organization(change.from_organization),
        names.organization(change.to_organization),
    )
    period = _days(change.starts_on, change.ends_on)
    return (
        f"Une clause permet {to_it(sender)} d'adresser ses patients {to_it(receiver)} pour "
        f"{names.care(change.care_types)}{period}."
    )


def _end_clause(change: EndClause, names: ScenarioNames) -> str:
    return f"La clause {names.clause(change.clause)} s'éteint le {french_day(change.ends_on)}."


def _end_agreement(change: EndAgreement, names: ScenarioNames) -> str:
    title = names.agreements.get(change.agreement, change.agreement)
    return f"La convention « {title} » s'éteint le {french_day(change.ends_on)}."


def _leave(change: HolderLeaves, names: ScenarioNames) -> str:
    day = french_day(change.from_date)
    who = names.person(change.holder)
    return f"{who[:1].upper()}{who[1:]} part : plus aucune garde à partir du {day}."


def _move_half_day(change: MoveHalfDay, names: ScenarioNames) -> str:
    return (
        f"Le {WEEKDAYS[change.weekday - 1]}, de {_clock(change.from_minute)} à "
        f"{_clock(change.to_minute)}, {names.service(change.from_service)} cède ses heures à "
        f"{names.service(change.to_service)}."
    )


def _target(change: SetTarget, names: ScenarioNames) -> str:
    where = f"« {names.pathway(change.pathway)} », {names.step(change.pathway, change.step)}"
    if change.minutes is None:
        return f"{where} : plus aucun délai visé."
    return f"{where} : le délai visé passe à {change.minutes:g} min."


_SENTENCES: dict[type, Callable[[Any, ScenarioNames], str]] = {
    StaffSlots: _staff,
    UnstaffSlots: _unstaff,
    OpenService: _open,
    CloseService: _close,
    AuthoriseService: _authorise,
    EndAuthorisation: _end_authorisation,
    AddClause: _add_clause,
    EndClause: _end_clause,
    EndAgreement: _end_agreement,
    HolderLeaves: _leave,
    MoveHalfDay: _move_half_day,
    SetTarget: _target,
}

NOTES: dict[NoteKind, str] = {
    NoteKind.ALREADY_OVER: "Rien à changer : c'est déjà terminé à cette date.",
    NoteKind.NO_SLOT: "Rien à changer : aucun créneau de cette période n'est concerné.",
    NoteKind.ALREADY_SO: "Rien à changer : c'est déjà le cas.",
}
"""What is said of a change that found nothing to do."""


_SERVICE = "Offre de soins"
_PERIOD = {"from": "Du", "to": "Au"}
_DAYS = {"starts_on": "À partir du", "ends_on": "Jusqu'au"}

FIELD_LABELS: dict[str, dict[str, str]] = {
    StaffSlots.kind: {
        "line": "Ligne de garde", "service": "Offre qui reçoit", "holder": "Titulaire", **_PERIOD,
    },
    UnstaffSlots.kind: {"line": "Ligne de garde", "service": _SERVICE, **_PERIOD},
    OpenService.kind: {
        "service": _SERVICE, "weekdays": "Jours", "from": "De", "to": "À",
        "holidays": "Jours fériés",
    },
    CloseService.kind: {"service": _SERVICE, "starts_at": "Du", "ends_at": "Au"},
    AuthoriseService.kind: {"service": _SERVICE, **_DAYS},
    EndAuthorisation.kind: {"service": _SERVICE, "ends_on": "À partir du"},
    AddClause.kind: {
        "from": "Établissement qui adresse", "to": "Établissement qui reçoit",
        "care_types": "Types de soin", "priority": "Priorité", **_DAYS,
    },
    EndClause.kind: {"clause": "Clause", "ends_on": "À partir du"},
    EndAgreement.kind: {"agreement": "Convention", "ends_on": "À partir du"},
    HolderLeaves.kind: {"holder": "Praticien", "from_date": "À partir du"},
    MoveHalfDay.kind: {
        "from_service": "Offre qui cède la demi-journée", "to_service": "Offre qui la reçoit",
        "weekday": "Jour", "from": "Demi-journée", "to": "Demi-journée",
    },
    SetTarget.kind: {
        "pathway": "Étape de la filière", "step": "Étape de la filière",
        "minutes": "Délai visé, en minutes",
    },
}  # fmt: skip
"""What the short forms call each field of a change, by kind and JSON key."""

_PATH = re.compile(r"\$\[(\d+)\](?:\.(\w+))?")


def place_of(path: str) -> tuple[int | None, str]:
    """The rank of a change (0 = first) and the JSON key in a path: ``$[2].service``."""
    found = _PATH.match(path)
    return (int(found[1]), found[2] or "") if found else (None, "")


def problems_in_words(error: Invalid, changes: Sequence[Any]) -> tuple[str, ...]:
    """Each defect once, where a person finds it: « Changement 2, « Offre de soins » : … ». The
    rank is left out when there is one change only."""
    words: dict[str, None] = {}
    for problem in error.problems:
        rank, key = place_of(problem.field)
        where = []
        if rank is not None and len(changes) > 1:
            where.append(f"Changement {rank + 1}")
        if key:
            where.append(f"« {_label(changes, rank, key)} »")
        words[f"{', '.join(where)} : {problem.message}" if where else problem.message] = None
    return tuple(words) or (error.message,)


def _label(changes: Sequence[Any], rank: int | None, key: str) -> str:
    change = changes[rank] if rank is not None and rank < len(changes) else None
    kind = change.get("change") if isinstance(change, Mapping) else None
    labels = FIELD_LABELS.get(kind, {}) if isinstance(kind, str) else {}
    return labels.get(key, key)


def subject_of(change: Change) -> tuple[Any, ...] | None:
    """What a change decides alone: two changes of one subject contradict each other. ``None`` for
    those that add up."""
    match change:
        case SetTarget():
            return (change.kind, change.pathway, change.step)
        case EndAgreement():
            return (change.kind, change.agreement)
        case EndClause():
            return (change.kind, change.clause)
        case EndAuthorisation():
            return (change.kind, change.service)
        case HolderLeaves():
            return (change.kind, change.holder)
        case CloseService():
            return (change.kind, change.service, change.starts_at)
        case StaffSlots() | UnstaffSlots():
            # To staff and to leave empty the same slots is one question.
            period = (change.starts_at, change.ends_at)
            return (StaffSlots.kind, change.line, change.service, *period)
    return None


def replaced_ranks(changes: Sequence[Change], added: Change) -> list[int]:
    """The ranks of the changes that a later one takes the place of: those of its subject."""
    subject = subject_of(added)
    if subject is None:
        return []
    return [rank for rank, change in enumerate(changes) if subject_of(change) == subject]


def check_changes_fit(count: int) -> None:
    """Raise :class:`Refusal` when a scenario would hold too many changes."""
    if count > MOST_CHANGES:
        raise Refusal(
            "coverage.scenario-full",
            f"Un scénario tient en {MOST_CHANGES} changements au plus : dupliquez-le et "
            "poursuivez dans la copie.",
        )


def check_name(name: str) -> str:
    """The name without spaces around it. Raises :class:`Invalid` when it is empty or too long."""
    # Spaces that keep « and » on the line of their word stay.
    kept = re.sub(r"[^\S\u00a0\u202f]+", " ", name).strip()
    if not kept or len(kept) > LONGEST_NAME:
        message = "Donnez un nom au scénario." if not kept else "Ce nom est trop long."
        raise Invalid("coverage.scenario-name", message, [Problem(message, field="name")])
    return kept


def name_of_changes(sentences: Sequence[str]) -> str:
    """A name for a scenario that begins with one change, within the length of a name; empty for
    none or several. ``sentences`` name no person: those who do not organize care read the list of
    scenarios too."""
    text = sentences[0].rstrip(".") if len(sentences) == 1 else ""
    text = text[:1].upper() + text[1:]
    if len(text) <= LONGEST_NAME:
        return text
    return f"{text[: LONGEST_NAME - 1].rsplit(' ', 1)[0]}…"


def check_version(current: int, seen: int) -> None:
    """Raise :class:`Refusal` when the page that asks was made before the last change."""
    if current != seen:
        raise Refusal(
            "coverage.scenario-stale",
            "Ce scénario a changé depuis que cette page est affichée. Revenez-y pour le voir tel "
            "qu'il est, puis recommencez : rien n'a été enregistré.",
        )


def copy_name(name: str) -> str:
    """The name of a copy, within the length of a name."""
    ending = " (copie)"
    return name[: LONGEST_NAME - len(ending)] + ending
