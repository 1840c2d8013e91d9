"""What may be given with each act, and the words in which an act is refused. Values in hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from maillage.referrals.enums import (
    Act,
    HubCareLevel,
    HubDelay,
    Kind,
    Priority,
    Reason,
    Side,
    State,
    Transport,
)
from maillage.referrals.rules.transitions import Transition
from maillage.vocabulary.calendar import french_clock, french_instant, local_day
from maillage.vocabulary.errors import Invalid, NotAllowed, Problem, Refusal

LONGEST: dict[str, int] = {
    "text": 4000,
    "conclusion": 4000,
    "report": 20_000,
    "bed": 80,
    "scheduled_place": 120,
    "transport_risk": 240,
    "samu_reference": 40,
    "vehicle": 80,
}
"""Most letters of what is written with an act."""

LONGEST_REASON = 400
"""Most letters of the detail of a reason: it stands on lists."""

CHOICES: dict[str, Callable[[Any], Any]] = {
    "reason": Reason,
    "transport": Transport,
    "hub_care_level": HubCareLevel,
    "hub_delay": HubDelay,
    "priority": Priority,
}

INSTANTS = frozenset({"scheduled_at", "leaves_at", "arrives_at", "happened_at"})
TO_COME = frozenset({"scheduled_at", "arrives_at"})
"""Instants that cannot be past when they are announced."""

RECORDS = frozenset({"proposed_service", "session"})
"""Values that name a record: a key, or the record itself. The action finds it."""

VALUES: dict[Act, frozenset[str]] = {
    Act.ANSWER: frozenset({"conclusion", "report"}),
    Act.ACCEPT: frozenset({"bed"}),
    Act.ACCEPT_BED: frozenset({"bed"}),
    Act.REFUSE: frozenset({"reason"}),
    Act.REDIRECT: frozenset({"reason", "proposed_service"}),
    Act.SCHEDULE: frozenset({"scheduled_at", "scheduled_place", "session"}),
    Act.ORDER_TRANSPORT: frozenset(
        {"transport", "transport_risk", "hub_care_level", "hub_delay", "samu_reference"}
        | {"leaves_at"}
    ),
    Act.DECLINE_TRANSPORT: frozenset({"reason"}),
    Act.ENGAGE: frozenset({"arrives_at", "leaves_at", "vehicle", "samu_reference", "transport"}),
    Act.DEPART: frozenset({"arrives_at", "vehicle", "happened_at"}),
    Act.ARRIVE: frozenset({"happened_at"}),
    Act.TAKE_OVER: frozenset({"happened_at"}),
    Act.CANCEL: frozenset({"reason"}),
    Act.REPRIORITISE: frozenset({"priority"}),
    Act.CLOSE_SISTER: frozenset({"sister"}),
}
"""What an act may be given besides ``text``, which goes with every one."""

NEEDED: dict[str, str] = {
    "text": "quelques mots attendus",
    "conclusion": "conclusion attendue",
    "scheduled_at": "date et heure attendues",
    "session": "séance attendue",
    "bed": "lit attendu",
    "reason": "motif attendu",
    "proposed_service": "équipe attendue",
    "transport": "accompagnement attendu",
    "arrives_at": "heure d'arrivée attendue",
    "priority": "priorité attendue",
}

SAME_INSTANT = timedelta(minutes=2)
"""Two posts of « dans 45 min » by a double click say instants this close."""


def clean_values(act: Act, values: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """The values of an act in their types, empty ones left out. Raises :class:`Invalid` naming
    each defect: a name that the act does not know, a text too long, an unknown choice, an instant
    without a zone or already past."""
    allowed = VALUES.get(act, frozenset()) | {"text"}
    cleaned: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        if value is None or value == "":
            continue
        try:
            kept = _clean(name, value, at=at) if name in allowed else _unknown(name)
        except ValueError as error:
            problems.append(Problem(str(error), field=name))
            continue
        if kept != "":
            cleaned[name] = kept
    if "reason" in cleaned and len(cleaned.get("text", "")) > LONGEST_REASON:
        problems.append(Problem(f"{LONGEST_REASON} signes au plus", field="text"))
    if problems:
        raise Invalid("referrals.values", "Ces renseignements ne conviennent pas.", problems)
    return cleaned


def _unknown(name: str) -> Any:
    raise ValueError("renseignement inconnu de cet acte")


def _clean(name: str, value: Any, *, at: datetime) -> Any:
    if name in RECORDS:
        return value
    if name in CHOICES:
        try:
            return CHOICES[name](value)
        except ValueError:
            raise ValueError("choix inconnu") from None
    if name in INSTANTS:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise ValueError("date et heure attendues")
        if name in TO_COME and value < at:
            raise ValueError("cette heure est passée")
        if name == "happened_at" and value > at:
            raise ValueError("cette heure n'est pas encore passée")
        return value
    text = str(value).strip()
    if len(text) > LONGEST.get(name, 40):
        raise ValueError(f"{LONGEST.get(name, 40)} signes au plus")
    return text


def check_needs(line: Transition, given: Mapping[str, Any]) -> None:
    """Raise :class:`Invalid` naming what the line of the table asks for and was not given."""
    missing = [Problem(NEEDED[name], field=name) for name in line.needs if not given.get(name)]
    if missing:
        words = f"« {line.act.label} » : il manque un renseignement."
        raise Invalid("referrals.needs", words, missing)


def check_priority(before: Priority, after: Priority, sides: frozenset[Side]) -> None:
    """Raise :class:`Refusal` when nothing changes, :class:`NotAllowed` when somebody else than who
    asks would make the patient wait longer. P0 is the most urgent."""
    if before is after:
        raise Refusal("referrals.same-priority", f"La priorité est déjà « {after.label} ».")
    if after.value > before.value and Side.REQUESTER not in sides:
        raise NotAllowed(
            "referrals.lower-priority",
            "Seul le demandeur peut rendre sa demande moins urgente ; vous pouvez la rendre plus "
            "urgente.",
        )


@dataclass(frozen=True)
class Done:
    """An act that was done, as the history keeps it."""

    act: Act
    username: str
    name: str
    at: datetime
    version: int
    words: str
    text: str = ""
    data: Mapping[str, Any] | None = None


def is_replay(
    done: Sequence[Done],
    *,
    act: Act,
    version: int,
    username: str,
    data: Mapping[str, Any],
    text: str,
) -> bool:
    """True when the first act after this version is this very one, by the same person, with the
    same values: the second post of a double click or of a program that tries again."""
    first = next((one for one in done if one.version == version + 1), None)
    if first is None or first.act is not act or first.username != username or first.text != text:
        return False
    kept = first.data or {}
    return all(_same(kept.get(name), value) for name, value in data.items())


def _same(kept: Any, given: Any) -> bool:
    if kept == given:
        return True
    try:
        apart = datetime.fromisoformat(str(kept)) - datetime.fromisoformat(str(given))
    except (ValueError, TypeError):
        return False
    return abs(apart) <= SAME_INSTANT


NEVER_IN_THE_WAY = frozenset({Act.SEE})
BESIDE: dict[Act, frozenset[Act]] = {
    Act.ACCEPT_BED: frozenset({Act.ACCEPT_MEDICALLY}),
    Act.ACCEPT_MEDICALLY: frozenset({Act.ACCEPT_BED}),
}
"""Acts that do not make a page stale for another one: both acceptances of a transfer are given by
two people, in any order."""


def check_fresh(act: Act, done: Sequence[Done], *, version: int, now_at: int, at: datetime) -> None:
    """Raise :class:`Refusal` ``referrals.stale`` when something was done after the version that
    the page showed, saying who did what and when. ``done``: the acts since, oldest first."""
    if version == now_at:
        return
    beside = NEVER_IN_THE_WAY | BESIDE.get(act, frozenset())
    since = [one for one in done if one.version > version]
    if since and all(one.act in beside for one in since) and since[-1].version == now_at:
        return
    newest = next((one for one in reversed(since) if one.act not in beside), None)
    said = (
        f"{newest.name} a agi {hour_of(newest.at, at)} : « {newest.words} »"
        if newest
        else "Elle a été modifiée"
    )
    raise Refusal(
        "referrals.stale",
        f"La demande a changé depuis l'affichage de cette page. {said}. Relisez-la avant d'agir.",
        version=now_at,
        act=newest.act.value if newest else "",
        by=newest.name if newest else "",
        at=newest.at.isoformat() if newest else "",
    )


def hour_of(moment: datetime, at: datetime) -> str:
    """« à 3 h 12 », « le 22 novembre 2026 à 3 h 12 » on another day."""
    if local_day(moment) == local_day(at):
        return f"à {french_clock(moment)}"
    return f"le {french_instant(moment, weekday=False)}"


def already(kind: Kind, act: Act, *, name: str, moment: datetime, at: datetime) -> Refusal:
    """The refusal of an acceptance that was given before."""
    what = {
        Act.ACCEPT_MEDICALLY: "L'accord médical a déjà été donné",
        Act.ACCEPT_BED: "Le lit a déjà été confirmé",
    }.get(act, f"{kind.label} : déjà accepté")
    return Refusal(
        "referrals.already",
        f"{what} par {name} {hour_of(moment, at)}.",
        by=name,
        at=moment.isoformat(),
    )


def already_elsewhere(*, name: str, place: str, moment: datetime, at: datetime) -> Refusal:
    """The refusal of a transfer that another team has accepted."""
    return Refusal(
        "referrals.already-elsewhere",
        f"Ce transfert a déjà été accepté par {name} ({place}) {hour_of(moment, at)}.",
        by=name,
        at=moment.isoformat(),
    )


def outside(state: State) -> NotAllowed:
    """The refusal of somebody who takes no part in a request."""
    return NotAllowed(
        "referrals.side",
        "Votre établissement ne prend pas part à cette demande.",
        state=state.value,
    )
