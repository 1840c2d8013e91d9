"""The mail server, from one address: ``smtp://user:password@host:587`` (STARTTLS),
``smtps://...:465`` (TLS from the start), or nothing: messages are then kept as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 20
"""A mail server that does not answer must not hold up the worker."""


class BadMailAddress(Exception):
    """An address that says no mail server; the message does not repeat it (it holds a password)."""


def mail_settings(address: str, *, folder: Path) -> dict[str, Any]:
    """Django's settings of outgoing mail. Raises :class:`BadMailAddress`."""
    if not address:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(folder),
        }
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadMailAddress("l'adresse est mal écrite") from error
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise BadMailAddress("attendu : smtp://compte:motdepasse@serveur:587 ou smtps://…:465")
    tls = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or (465 if tls else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": tls,
        # A relay on the same machine needs neither account nor encryption.
        "EMAIL_USE_TLS": not tls and host not in ("127.0.0.1", "localhost", "::1"),
        "EMAIL_TIMEOUT": TIMEOUT_S,
    }
