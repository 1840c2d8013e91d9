"""Settings of the tests: quick password hashes, plain static files, a database in memory, or
the PostgreSQL server of ``MAILLAGE_TEST_DATABASE``. Never the database of ``MAILLAGE_DATABASE``."""

import os

from maillage.config.database import BadAddress, postgresql_settings, sqlite_settings
from maillage.config.settings import *  # noqa: F403
from maillage.config.settings import DATA, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA / "test-documents", "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
TEST_DATABASE = os.environ.get("MAILLAGE_TEST_DATABASE", "").strip()
try:
    DATABASES = {
        # Without a pool: each test's database is dropped at the end, nothing may stay open in it.
        "default": postgresql_settings(TEST_DATABASE, pool=False)
        if TEST_DATABASE
        else sqlite_settings(DATA / "maillage.sqlite3")
    }
except BadAddress as refusal:
    raise SystemExit(f"MAILLAGE_TEST_DATABASE : {refusal}") from None
DATABASES["default"]["TEST"] = {"NAME": None}
ALLOWED_HOSTS = ["*"]
WHITENOISE_AUTOREFRESH = True
READ_AHEAD = False
EXAMPLE_POPULATION_SHARE = 0.0
