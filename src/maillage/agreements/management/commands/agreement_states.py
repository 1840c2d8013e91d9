"""``maillage agreement_states``: the page of the documentation on states, on standard output."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from maillage.agreements.rules.state_page import state_page


class Command(BaseCommand):
    """Print docs/reference/agreement-states.md from the transition table."""

    help = "Écrit la page des états des conventions (docs/reference/agreement-states.md)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(state_page(), ending="")
