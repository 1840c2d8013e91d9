"""Where an exchange of duties may go, and what is asked before it is proposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from maillage.engines.rostering.problem import Violation
from maillage.oncall.enums import SwapState
from maillage.vocabulary.errors import Refusal

MAY_BECOME: Mapping[SwapState, frozenset[SwapState]] = {
    SwapState.PROPOSED: frozenset(
        {SwapState.ACCEPTED, SwapState.DECLINED, SwapState.WITHDRAWN, SwapState.LAPSED}
    ),
    SwapState.ACCEPTED: frozenset(
        {SwapState.APPROVED, SwapState.REFUSED, SwapState.WITHDRAWN, SwapState.LAPSED}
    ),
    SwapState.APPROVED: frozenset(),
    SwapState.DECLINED: frozenset(),
    SwapState.REFUSED: frozenset(),
    SwapState.WITHDRAWN: frozenset(),
    SwapState.LAPSED: frozenset(),
}
"""The changes of state that are allowed: all others are refused."""

LEVELS: Mapping[str, str] = {
    "PROPOSED": "limit",
    "ACCEPTED": "limit",
    "APPROVED": "ok",
    "DECLINED": "none",
    "REFUSED": "hole",
    "WITHDRAWN": "none",
    "LAPSED": "none",
}
"""How each state is shown."""


@dataclass(frozen=True, slots=True)
class Stake:
    """A duty that changes hands: when it starts, and who holds it now (a slug; None, nobody)."""

    starts_at: datetime
    holder: str | None


def check_can_become(state: str, to: SwapState) -> None:
    """Raise :class:`Refusal` unless a swap in ``state`` may go to ``to``."""
    kept = SwapState(state)
    if to not in MAY_BECOME[kept]:
        raise Refusal(
            "oncall.swap-state",
            f"Cet échange est « {kept.label} » : il ne peut plus changer ainsi.",
        )


def can_become(state: str, to: SwapState) -> bool:
    """The same rule, as an answer."""
    return to in MAY_BECOME[SwapState(state)]


def check_stakes(
    given: Stake, giver: str, taker: str, in_return: Stake | None, *, at: datetime
) -> None:
    """Raise :class:`Refusal` unless these duties are in these hands and have not begun."""
    if giver == taker:
        raise Refusal("oncall.swap-oneself", "Un échange se fait avec un confrère.")
    if given.holder != giver:
        raise Refusal("oncall.swap-not-held", "Cette garde n'est plus à qui la proposait.")
    if in_return is not None and in_return.holder != taker:
        raise Refusal("oncall.swap-not-held", "La garde en retour n'est plus à votre confrère.")
    if any(one.starts_at <= at for one in (given, in_return) if one is not None):
        raise Refusal("oncall.swap-begun", "Une garde déjà commencée ne s'échange plus.")


def new_violations(before: Iterable[Violation], after: Sequence[Violation]) -> list[Violation]:
    """Violations that an exchange makes, or makes worse: those that stood before are not its
    doing."""
    worst: dict[tuple[str, str, tuple[str, ...]], int] = {}
    for one in before:
        key = (one.rule, one.person, one.slots)
        worst[key] = max(one.excess, worst.get(key, 0))
    return [one for one in after if one.excess > worst.get((one.rule, one.person, one.slots), -1)]
