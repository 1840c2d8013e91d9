"""``maillage demo_accounts``: one demonstration account per role, the supplements that the example
territory places, and the practitioners that some of them are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from maillage.accounts.actions import create_demo_accounts
from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.accounts.rules import DEMO_PASSWORD, DEMO_PREFIX
from maillage.directory.actions import link_account
from maillage.directory.queries import find_account, find_practitioner, practitioner_of
from maillage.vocabulary.errors import MaillageError, NotFound

MANIFEST = "territoire.json"


class Command(BaseCommand):
    """Makes the accounts that lack and prints all of them. The manifest of the example says in
    which organization each role is held (``accounts``). Refused unless the demonstration is on."""

    help = "Ouvre et montre les comptes de démonstration du territoire d'exemple."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            places, supplements = _read_places(settings.EXAMPLE_TERRITORY / MANIFEST)
            users = create_demo_accounts(
                organizations=places,
                supplements=supplements,
                by=SYSTEM,
                at=timezone.now(),
            )
            _link_practitioners(settings.EXAMPLE_TERRITORY / MANIFEST)
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        for user in users:
            held = [
                f"{grant.get_role_display()} ({grant.organization or 'tout le territoire'})"
                for grant in user.grants.all()
            ]
            self.stdout.write(f"  {user.username:<20} {', '.join(held)}")
        self.stdout.write(f"  mot de passe de tous : {DEMO_PASSWORD}")


def _link_practitioners(manifest: Path) -> None:
    """Give their account to the practitioners that the manifest names and the territory holds."""
    named = json.loads(manifest.read_text(encoding="utf-8")).get("practitioners", {})
    for username, slug in sorted(named.items()):
        if practitioner_of(username) is not None:
            continue
        try:
            person = find_practitioner(str(slug))
        except NotFound:
            continue  # another territory is loaded, or none
        if find_account(person) is None:
            link_account(practitioner=person, username=username, by=SYSTEM, at=timezone.now())


def _read_places(manifest: Path) -> tuple[dict[Role, str], dict[str, str]]:
    """Organization of each role, and of each supplement by its account name. Roles that the
    manifest leaves out are held everywhere; supplements that it leaves out are not made."""
    try:
        accounts = json.loads(manifest.read_text(encoding="utf-8")).get("accounts", {})
        named = {key for key in accounts if key.startswith(DEMO_PREFIX)}
        return (
            {Role(key): str(place) for key, place in accounts.items() if key not in named},
            {key: str(accounts[key]) for key in sorted(named)},
        )
    except (OSError, ValueError) as error:
        raise CommandError(f"{manifest.name} : {error}", returncode=2) from error
