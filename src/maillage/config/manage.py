"""The commands of the rooms and of Django: ``python -m maillage.config.manage makemigrations``."""

import os
import signal
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
    # « ... | head » ends the command quietly, as it does any other.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        # PostgreSQL says why (no server there, wrong password, no such database) without the
        # password; an error of a statement has a code and is a bug.
        if not os.environ.get("MAILLAGE_DATABASE") or getattr(error.__cause__, "sqlstate", None):
            raise
        raise SystemExit(f"La base de MAILLAGE_DATABASE ne répond pas : {error}") from None
