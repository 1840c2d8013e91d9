"""``maillage create_admin``: the first account of a real installation."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from maillage.accounts.actions import create_administrator
from maillage.accounts.permissions import SYSTEM
from maillage.vocabulary.errors import MaillageError


class Command(BaseCommand):
    """Asks for the password on the terminal, twice: never an argument, never a variable."""

    help = "Ouvre un compte d'administration de la plateforme."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("identifiant", help="par exemple : camille.martin")
        parser.add_argument("nom", help="le nom affiché, entre guillemets")
        parser.add_argument("--courriel", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Le mot de passe se tape sur un terminal.", returncode=2)
        password = getpass.getpass("Mot de passe (12 signes au moins) : ")
        if getpass.getpass("Encore une fois : ") != password:
            raise CommandError("Les deux saisies diffèrent.", returncode=2)
        try:
            user = create_administrator(
                username=options["identifiant"],
                full_name=options["nom"],
                email=options["courriel"],
                password=password,
                by=SYSTEM,
                at=timezone.now(),
            )
        except MaillageError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        self.stdout.write(f"Compte d'administration « {user.username} » ouvert.")
