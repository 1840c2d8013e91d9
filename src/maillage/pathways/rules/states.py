"""The life of a version: one transition table, what each passage asks, and the yes/no forms.

Draft, review, opinion of the medical commission of the group (CMG), adopted, in force, superseded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from maillage.pathways.enums import Severity, VersionState
from maillage.pathways.rules.defects import Defect
from maillage.vocabulary.calendar import french_day
from maillage.vocabulary.errors import Refusal
from maillage.vocabulary.periods import Period

S = VersionState

TRANSITIONS: Mapping[VersionState, tuple[VersionState, ...]] = {
    S.DRAFT: (S.REVIEW,),
    S.REVIEW: (S.OPINION, S.DRAFT),
    S.OPINION: (S.ADOPTED, S.DRAFT),
    S.ADOPTED: (S.IN_FORCE, S.SUPERSEDED),
    S.IN_FORCE: (S.SUPERSEDED,),
    S.SUPERSEDED: (),
}
"""Which states follow which, the usual one first. Docs and buttons are made from it."""

EDITABLE = frozenset({S.DRAFT, S.REVIEW})
"""States in which the text may change. From the opinion on, bodies have spoken of this text."""

FROZEN = frozenset({S.ADOPTED, S.IN_FORCE, S.SUPERSEDED})
"""States of a text that never changes again."""

CARRYING = frozenset({S.IN_FORCE, S.SUPERSEDED})
"""States of a version that is, will be or was in force on the days of its period."""


KEYS: Mapping[VersionState, str] = {
    S.DRAFT: "brouillon",
    S.REVIEW: "relecture",
    S.OPINION: "avis",
    S.ADOPTED: "adoption",
    S.IN_FORCE: "mise-en-vigueur",
    S.SUPERSEDED: "fin",
}
"""The word of each state in addresses."""


@dataclass(frozen=True)
class Act:
    """A passage that a person may make: its verb on screen, what it asks, and what it does.

    ``day``: the French name of the day that it asks, empty for none. ``comment`` likewise.
    """

    to: VersionState
    label: str
    explanation: str
    day: str = ""
    comment: str = ""
    comment_required: bool = False
    decides: bool = False

    @property
    def key(self) -> str:
        """Its place in addresses."""
        return KEYS[self.to]


_ACTS: dict[tuple[VersionState, VersionState], Act] = {
    (S.DRAFT, S.REVIEW): Act(
        S.REVIEW,
        "Soumettre à relecture",
        "Le texte reste modifiable pendant la relecture.",
        comment="Message aux relecteurs",
    ),
    (S.REVIEW, S.OPINION): Act(
        S.OPINION,
        "Demander l'avis de la commission",
        "Le texte ne change plus pendant que la commission médicale de groupement l'examine.",
        comment="Message à la commission",
    ),
    (S.REVIEW, S.DRAFT): Act(
        S.DRAFT,
        "Renvoyer au brouillon",
        "Les rédacteurs reprennent le texte.",
        comment="Ce qui est à reprendre",
        comment_required=True,
    ),
    (S.OPINION, S.ADOPTED): Act(
        S.ADOPTED,
        "Adopter",
        "Le texte adopté ne change plus jamais : une correction fera une nouvelle version.",
        day="Adoptée le",
        comment="Avis de la commission",
        comment_required=True,
        decides=True,
    ),
    (S.OPINION, S.DRAFT): Act(
        S.DRAFT,
        "Reprendre le brouillon",
        "L'avis demandé est abandonné ; il faudra le redemander.",
        comment="Ce que la commission demande",
        comment_required=True,
        decides=True,
    ),
    (S.ADOPTED, S.IN_FORCE): Act(
        S.IN_FORCE,
        "Mettre en vigueur",
        "La version en vigueur jusque-là prend fin ce jour-là. Les réponses changent aussitôt.",
        day="En vigueur à partir du",
        decides=True,
    ),
    (S.ADOPTED, S.SUPERSEDED): Act(
        S.SUPERSEDED,
        "Écarter",
        "Cette version n'entrera jamais en vigueur.",
        comment="Motif",
        comment_required=True,
        decides=True,
    ),
    (S.IN_FORCE, S.SUPERSEDED): Act(
        S.SUPERSEDED,
        "Mettre fin sans remplacer",
        "À partir de ce jour, la filière n'a plus de version en vigueur : plus personne n'est "
        "désigné pour ce besoin.",
        day="Prend fin le",
        comment="Motif",
        comment_required=True,
        decides=True,
    ),
}


def list_acts(state: VersionState) -> list[Act]:
    """The passages that the table allows from a state, in its order."""
    return [_ACTS[(state, to)] for to in TRANSITIONS[state]]


def get_act(state: VersionState, to: VersionState) -> Act:
    """The passage between two states. Raises ``pathway.illegal-step``."""
    if to not in TRANSITIONS[state]:
        raise Refusal(
            "pathway.illegal-step",
            f"Une version « {state.label} » ne peut pas devenir « {to.label} ».",
            state=state.value,
            to=to.value,
        )
    return _ACTS[(state, to)]


def get_act_by_key(state: VersionState, key: str) -> Act:
    """The passage of this address. Raises ``pathway.illegal-step``, also for an unknown word."""
    for act in list_acts(state):
        if act.key == key:
            return act
    raise Refusal(
        "pathway.illegal-step",
        f"Cet acte n'est pas possible pour une version « {state.label} ».",
        state=state.value,
    )


@dataclass(frozen=True)
class Neighbour:
    """Another version of the same pathway, as a passage must see it."""

    number: int
    state: VersionState
    starts_on: date | None = None
    ends_on: date | None = None


def check_can_change_state(
    state: VersionState,
    to: VersionState,
    *,
    defects: Iterable[Defect] = (),
    on: date | None,
    today: date,
    starts_on: date | None = None,
    others: Sequence[Neighbour] = (),
    comment: str | None = None,
) -> None:
    """Raise :class:`Refusal` unless a version may pass from ``state`` to ``to`` on the day ``on``.

    ``defects`` are those of today; a blocking one stops every passage forward. ``starts_on`` is the
    start of this version when it is in force. ``on`` and ``comment`` are None when they are not
    asked yet (a button): what they decide is judged later. Codes: ``pathway.illegal-step``,
    ``pathway.blocking-defects``, ``pathway.needs-comment``, ``pathway.future-adoption``,
    ``pathway.in-the-past``, ``pathway.before-its-predecessor``, ``pathway.before-its-start``.
    """
    act = get_act(state, to)
    if to in (S.REVIEW, S.OPINION, S.ADOPTED, S.IN_FORCE):
        _check_defects(defects)
    if act.comment_required and comment is not None and not comment.strip():
        raise Refusal("pathway.needs-comment", f"« {act.comment} » est à remplir.")
    if on is None:
        return
    if to is S.ADOPTED and on > today:
        raise Refusal("pathway.future-adoption", "Le jour de l'adoption est à venir.")
    if to is S.IN_FORCE:
        check_can_start(on, today=today, others=others)
    if state is S.IN_FORCE:
        _check_can_end(on, starts_on=starts_on, today=today)


def _check_defects(defects: Iterable[Defect]) -> None:
    blocking = [defect for defect in defects if defect.severity is Severity.BLOCKING]
    if blocking:
        more = f" (et {len(blocking) - 1} autres)" if len(blocking) > 1 else ""
        raise Refusal(
            "pathway.blocking-defects",
            f"À corriger d'abord : {blocking[0].sentence}{more}",
            defects=[defect.code for defect in blocking],
        )


def check_can_start(on: date, *, today: date, others: Sequence[Neighbour]) -> None:
    """A version enters into force today or later, after the versions that came before it.

    Never in the past: the answers already given must stay those of their day.
    """
    if on < today:
        raise Refusal(
            "pathway.in-the-past",
            "Une version n'entre pas en vigueur dans le passé : les réponses déjà données "
            "resteraient sans fondement.",
        )
    for other in others:
        if other.starts_on is None or other.state not in CARRYING:
            continue
        if on <= other.starts_on:
            raise Refusal(
                "pathway.before-its-predecessor",
                f"La version {other.number} entre en vigueur le {french_day(other.starts_on)} : "
                "il faut un jour plus tardif.",
            )


def _check_can_end(on: date, *, starts_on: date | None, today: date) -> None:
    if on < today:
        raise Refusal("pathway.in-the-past", "Une version ne prend pas fin dans le passé.")
    if starts_on is not None and on <= starts_on:
        raise Refusal(
            "pathway.before-its-start",
            f"Cette version entre en vigueur le {french_day(starts_on)} : elle ne peut finir "
            "qu'après.",
        )


def versions_to_close(on: date, others: Iterable[Neighbour]) -> list[int]:
    """Numbers of the versions that a new one, in force from ``on``, brings to an end that day."""
    return [
        other.number
        for other in others
        if other.state in CARRYING
        and other.starts_on is not None
        and other.starts_on < on
        and (other.ends_on is None or other.ends_on > on)
    ]


def check_can_edit(state: VersionState) -> None:
    """The text may change while it is drafted or reviewed. Code ``pathway.text-is-frozen``."""
    if state in EDITABLE:
        return
    if state is S.OPINION:
        raise Refusal(
            "pathway.text-is-frozen",
            "La commission examine ce texte : reprenez d'abord le brouillon.",
        )
    raise Refusal(
        "pathway.text-is-frozen",
        "Un texte adopté ne change plus : créez une nouvelle version.",
    )


def can_edit(state: VersionState) -> bool:
    """Yes/no form of :func:`check_can_edit`."""
    return state in EDITABLE


def check_can_create_version(states: Iterable[VersionState]) -> None:
    """One version at a time is being written. Code ``pathway.already-drafting``."""
    if any(state in (S.DRAFT, S.REVIEW, S.OPINION) for state in states):
        raise Refusal(
            "pathway.already-drafting",
            "Une version est déjà en préparation : terminez-la d'abord.",
        )


def why_not(check: Callable[[], None]) -> str:
    """The sentence of the refusal that a check raises, empty when it passes."""
    try:
        check()
    except Refusal as refusal:
        return refusal.message
    return ""


def is_in_force(
    state: VersionState, starts_on: date | None, ends_on: date | None, day: date
) -> bool:
    """True when a version answers on this day: its period contains it, whether or not its end is
    already known (then it reads as superseded)."""
    return state in CARRYING and starts_on is not None and Period(starts_on, ends_on).contains(day)


def overlapping(versions: Sequence[Neighbour]) -> list[tuple[Neighbour, Neighbour]]:
    """Pairs of versions that would be in force on the same day."""
    dated = sorted(
        (v for v in versions if v.state in CARRYING and v.starts_on is not None),
        key=lambda v: (v.starts_on or date.min, v.number),
    )
    return [
        (a, b)
        for i, a in enumerate(dated)
        for b in dated[i + 1 :]
        if Period(a.starts_on, a.ends_on).overlaps(Period(b.starts_on, b.ends_on))
    ]


@dataclass(frozen=True)
class Standing:
    """How a version stands on a day: a sentence for the badge and its colour."""

    label: str
    level: str


def standing(
    state: VersionState, starts_on: date | None, ends_on: date | None, today: date
) -> Standing:
    """What to show for a version: its state, read against today."""
    if state not in CARRYING:
        level = {S.ADOPTED: "ok", S.OPINION: "info", S.REVIEW: "info"}.get(state, "neutral")
        return Standing(state.label, level)
    if starts_on is None:
        return Standing("Écartée", "none")
    if today < starts_on:
        return Standing(f"En vigueur à partir du {french_day(starts_on)}", "info")
    if ends_on is None:
        return Standing("En vigueur", "ok")
    if today < ends_on:
        return Standing(f"En vigueur jusqu'au {french_day(ends_on)}", "limit")
    return Standing("Remplacée", "none")
