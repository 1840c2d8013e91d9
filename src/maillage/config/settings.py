"""Settings of the product. Everything that depends on the place of installation is an environment
variable whose name starts with ``MAILLAGE_``."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from maillage.config.database import BadAddress, database_settings
from maillage.config.mail import BadMailAddress, mail_settings
from maillage.vocabulary.sealing import make_master_key, read_master_key

PACKAGE = Path(__file__).resolve().parent.parent
REPOSITORY = PACKAGE.parent.parent
DATA = Path(os.environ.get("MAILLAGE_DATA", REPOSITORY / "var"))
DATA.mkdir(parents=True, exist_ok=True)
EXAMPLE_TERRITORY = Path(
    os.environ.get("MAILLAGE_EXAMPLE", REPOSITORY / "examples" / "hauts-de-france")
)


def _kept_secret(variable: str, name: str, make: Callable[[], str]) -> str:
    """A secret of this installation: from the environment, or made once and kept in the data
    folder, readable by its owner only."""
    given = os.environ.get(variable)
    if given:
        return given
    kept = DATA / name
    if not kept.exists():
        try:
            with open(os.open(kept, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(make())
        except FileExistsError:
            pass
    return kept.read_text()


SECRET_KEY = _kept_secret("MAILLAGE_SECRET_KEY", "secret-key", lambda: secrets.token_urlsafe(48))
# Documents of patients are sealed with this key: without it they are lost, with it they are open.
try:
    DOCUMENT_KEY = read_master_key(
        _kept_secret("MAILLAGE_DOCUMENT_KEY", "document-key", make_master_key)
    )
except ValueError as refusal:
    raise SystemExit(f"MAILLAGE_DOCUMENT_KEY : {refusal}") from None
# How often the parts of pages that stay true ask again, in seconds (referrals.views.live).
LIVE_SECONDS = int(os.environ.get("MAILLAGE_LIVE_SECONDS", "15"))
# The program that searches documents for viruses, with its options (referrals.scanning).
SCANNER = os.environ.get("MAILLAGE_SCANNER", "")
# Stores and results of health data; the only folder of the server from which data may be loaded.
POPULATION_FOLDER = DATA / "population"
POPULATION_INBOX = Path(os.environ.get("MAILLAGE_POPULATION_INBOX", POPULATION_FOLDER / "depot"))
# Which part of the residents of the example territory are invented when it loads; 0: nobody.
EXAMPLE_POPULATION_SHARE = float(os.environ.get("MAILLAGE_EXAMPLE_POPULATION", "1"))
# Demonstration accounts may log in only where the demo command serves the example.
DEMO_ACCOUNTS_ALLOWED = os.environ.get("MAILLAGE_DEMO") == "1"
DEBUG = os.environ.get("MAILLAGE_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("MAILLAGE_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
HTTPS = os.environ.get("MAILLAGE_HTTPS") == "1"
TERRITORY_NAME = os.environ.get("MAILLAGE_TERRITORY_NAME", "Hauts-de-France")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "ninja",
    "django_tasks",
    "django_tasks_db",
    "maillage.accounts",
    "maillage.jobs",
    "maillage.exchange",
    "maillage.territory",
    "maillage.directory",
    "maillage.agreements",
    "maillage.pathways",
    "maillage.workforce",
    "maillage.oncall",
    "maillage.coverage",
    "maillage.population",
    "maillage.patients",
    "maillage.referrals",
    "maillage.portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "maillage.accounts.middleware.ActorMiddleware",
    "maillage.portal.middleware.RefusalMiddleware",
    "maillage.accounts.middleware.LogInMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "maillage.config.urls"
WSGI_APPLICATION = "maillage.config.wsgi.application"
# Each process of the server reads the current proof and the territory before anybody asks.
READ_AHEAD = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "maillage.portal.navigation.page_context",
            ]
        },
    }
]

try:
    DATABASES: dict[str, dict[str, Any]] = {
        "default": database_settings(
            os.environ.get("MAILLAGE_DATABASE", ""),
            file=DATA / "maillage.sqlite3",
            # A server shares connections between its threads; a command opens one.
            pool="maillage.config.wsgi" in sys.modules,
        )
    }
except BadAddress as refusal:
    # Neither a trace nor the address, which holds a password.
    raise SystemExit(f"MAILLAGE_DATABASE : {refusal}") from None

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "maillage.accounts.backends.PeopleBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "portal:home"
LOGOUT_REDIRECT_URL = "accounts:login"

# Six wrong passwords for one account from one address close it for a quarter of an hour.
AXES_FAILURE_LIMIT = 6
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# Trying the right password too early does not start the quarter of an hour again.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "maillage.accounts.views.locked_out"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

# An unattended screen logs out after 30 minutes without a request, at the latest after 12 hours.
# The server decides (accounts.sessions); it notes a presence once a minute, not at every request.
SESSION_IDLE_MINUTES = 30
SESSION_LONGEST_HOURS = 12
SESSION_COOKIE_AGE = SESSION_LONGEST_HOURS * 3600
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False
SECURE_SSL_REDIRECT = HTTPS
# A proxy in front ends TLS and says so; without it every page would redirect to itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA / "documents", "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
# A longer request is refused before its body is read (lists: 10 MB, scanned agreements: 20 MB).
UPLOAD_MAX_BYTES = 25 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "maillage.exchange.uploads.BoundedUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Background work stands in the database: asked for, and rolled back, with the act that wants it.
TASKS = {
    "default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "long"]},
}

# Messages that something waits, without patient data. Without a mail server they are kept as files.
PUBLIC_ADDRESS = os.environ.get("MAILLAGE_ADDRESS", "http://127.0.0.1:8000").rstrip("/")
MAIL_FROM = os.environ.get("MAILLAGE_MAIL_FROM", "maillage@localhost")
MAIL_DOMAIN = MAIL_FROM.rpartition("@")[2]
try:
    globals().update(mail_settings(os.environ.get("MAILLAGE_MAIL", ""), folder=DATA / "courriels"))
except BadMailAddress as refusal:
    raise SystemExit(f"MAILLAGE_MAIL : {refusal}") from None

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []
NINJA_PAGINATION_PER_PAGE = 100

# The national FINESS extract has some 45 MB; it is read line by line.
FINESS_MAX_BYTES = 120 * 1024 * 1024

# Logs never hold a query string or a body: paths of the product carry no patient data.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": "maillage.config.logs.HideSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"axes": {"level": "ERROR"}},
}
