"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
application = get_wsgi_application()


def _read_ahead() -> None:
    """Have each process of the server read what its first visitors would wait for. Only this
    module starts it: commands, workers and tests never import it."""
    from django.conf import settings
    from django.utils import timezone

    if settings.READ_AHEAD:
        from maillage.coverage.queries.warming import start_warming

        start_warming(clock=timezone.now)


_read_ahead()
