"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
application = get_wsgi_application()


def _read_ahead() -> None:
    """Have each process of the server make the folders it needs and read what its first visitors
    would wait for. Only this module starts it: commands, workers and tests never import it."""
    from django.conf import settings
    from django.urls import get_resolver
    from django.utils import timezone

    # Every address, with the views behind it: the first request would import them, for seconds.
    _ = get_resolver().url_patterns
    from maillage.population.imports import prepare_deposit

    prepare_deposit()
    if settings.READ_AHEAD:
        from maillage.coverage.queries.warming import start_warming
        from maillage.population.queries.warming import list_tasks

        start_warming(clock=timezone.now, others=[list_tasks])


_read_ahead()
