"""Edits of an ordered list of steps: orders stay contiguous, ways back follow their step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maillage.pathways.rules.facts import StepFacts
from maillage.vocabulary.errors import Refusal

MOST_STEPS = 20


def with_step(steps: Sequence[StepFacts], new: StepFacts) -> list[StepFacts]:
    """The steps with ``new`` put in at ``new.order`` (at the end when there is none so high).

    ``new.return_to`` names a step by its order before the change. Raises
    ``pathway.too-many-steps``.
    """
    if len(steps) >= MOST_STEPS:
        raise Refusal("pathway.too-many-steps", f"Une filière a {MOST_STEPS} étapes au plus.")
    ordered = sorted(steps, key=lambda step: step.order)
    place = min(max(new.order, 1), len(ordered) + 1) - 1
    return _renumbered([*ordered[:place], replace(new, order=0), *ordered[place:]])


def replaced(steps: Sequence[StepFacts], order: int, new: StepFacts) -> list[StepFacts]:
    """The steps with the one of this order replaced. Raises ``pathway.unknown-step``."""
    _check_known(steps, order)
    ordered = sorted(steps, key=lambda step: step.order)
    return _renumbered([replace(new, order=order) if s.order == order else s for s in ordered])


def without_step(steps: Sequence[StepFacts], order: int) -> list[StepFacts]:
    """The steps without the one of this order; ways back to it are dropped."""
    _check_known(steps, order)
    ordered = sorted(steps, key=lambda step: step.order)
    return _renumbered([step for step in ordered if step.order != order])


def moved(steps: Sequence[StepFacts], order: int, *, to: int) -> list[StepFacts]:
    """The steps with one moved to another place. A way back that would then lead forward is
    dropped. Raises ``pathway.unknown-step``."""
    _check_known(steps, order)
    ordered = sorted(steps, key=lambda step: step.order)
    mover = next(step for step in ordered if step.order == order)
    rest = [step for step in ordered if step is not mover]
    place = min(max(to, 1), len(ordered)) - 1
    return _renumbered([*rest[:place], mover, *rest[place:]])


def _check_known(steps: Sequence[StepFacts], order: int) -> None:
    if order not in {step.order for step in steps}:
        raise Refusal("pathway.unknown-step", f"Il n'y a pas d'étape {order}.")


def _renumbered(steps: Sequence[StepFacts]) -> list[StepFacts]:
    new_orders = {step.order: rank for rank, step in enumerate(steps, 1) if step.order}
    kept = []
    for rank, step in enumerate(steps, 1):
        back = new_orders.get(step.return_to) if step.return_to is not None else None
        kept.append(replace(step, order=rank, return_to=back if back and back < rank else None))
    return kept
