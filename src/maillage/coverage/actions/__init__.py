"""Acts of the coverage room: have a proof computed, keep the one of the coming year current."""

from maillage.coverage.actions.asking import (
    ask_again,
    ask_for_proof,
    cancel_proof,
    follow_jobs,
    refresh_current_proof,
)
from maillage.coverage.actions.proving import note_stopped, prove_coverage

__all__ = [
    "ask_again",
    "ask_for_proof",
    "cancel_proof",
    "follow_jobs",
    "note_stopped",
    "prove_coverage",
    "refresh_current_proof",
]
