"""The commands of the rooms and of Django: ``python -m maillage.config.manage makemigrations``."""

import os
import signal
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
    # « ... | head » ends the command quietly, as it does any other.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    execute_from_command_line(sys.argv)
