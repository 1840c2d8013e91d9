"""Settings of the tests: quick password hashes, plain static files, a database in memory."""

from maillage.config.settings import *  # noqa: F403
from maillage.config.settings import DATA, DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA / "test-documents", "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATABASES["default"]["TEST"] = {"NAME": None}
ALLOWED_HOSTS = ["*"]
WHITENOISE_AUTOREFRESH = True
