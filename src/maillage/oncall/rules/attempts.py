"""What may be done with a computation of a draft."""

from __future__ import annotations

from maillage.oncall.enums import AttemptState
from maillage.vocabulary.errors import Invalid, Problem, Refusal

SECONDS = (10, 30, 60, 180, 600)
"""Times that may be asked for."""


def check_seconds(seconds: int) -> None:
    """Raise :class:`Invalid` for a time that is not proposed."""
    if seconds not in SECONDS:
        message = "Choisissez une des durées proposées."
        raise Invalid("oncall.attempt-seconds", message, [Problem(message, field="seconds")])


def check_is_found(state: str) -> None:
    """Raise :class:`Refusal` unless the attempt proposes a roster that nobody answered yet."""
    kept = AttemptState(state)
    if kept is AttemptState.RUNNING:
        raise Refusal("oncall.attempt-running", "Le calcul n'est pas terminé : arrêtez-le d'abord.")
    if kept is not AttemptState.FOUND:
        raise Refusal("oncall.attempt-over", f"Ce calcul est déjà clos ({kept.label}).")


def check_fresh(stamp: int, now: int) -> None:
    """Raise :class:`Refusal` when the draft changed since the computation began."""
    if stamp != now:
        raise Refusal(
            "oncall.attempt-stale",
            "Le brouillon a changé depuis ce calcul : relancez-le, ses gardes figées seront "
            "respectées.",
        )
