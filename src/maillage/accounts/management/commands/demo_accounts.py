"""``maillage demo_accounts``: prints the demonstration accounts that exist here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from maillage.accounts.queries import list_demo_users
from maillage.accounts.rules import DEMO_PASSWORD


class Command(BaseCommand):
    """The example loader makes these accounts; this only shows them."""

    help = "Montre les comptes de démonstration."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_ACCOUNTS_ALLOWED:
            raise CommandError("Les comptes de démonstration ne sont pas permis ici.", returncode=3)
        users = list(list_demo_users())
        if not users:
            raise CommandError("Aucun compte : chargez d'abord le territoire d'exemple.")
        for user in users:
            roles = ", ".join(str(grant.get_role_display()) for grant in user.grants.all())
            self.stdout.write(f"  {user.username:<18} {roles}")
        self.stdout.write(f"  mot de passe de tous : {DEMO_PASSWORD}")
