"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application

# Its threads share connections to PostgreSQL (settings).
os.environ["MAILLAGE_SERVES"] = "1"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")
application = get_wsgi_application()
