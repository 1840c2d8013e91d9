"""Which database the product speaks to: the address in ``MAILLAGE_DATABASE`` as Django settings.

Pure: it reads a text and gives a dictionary; nothing is opened here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = ("postgresql", "postgres")

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

OPTIONS = frozenset(
    {
        "application_name", "channel_binding", "connect_timeout", "gssencmode", "keepalives",
        "keepalives_count", "keepalives_idle", "keepalives_interval", "passfile", "service",
        "sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert", "target_session_attrs",
        "tcp_user_timeout",
    }
)  # fmt: skip
"""Parameters of a connection that an address may carry, as PostgreSQL names them:
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS"""

POOL = {"min_size": 1, "max_size": 8, "timeout": 10.0}
"""Connections of one process: four threads answer at a time, a page may stream beside them."""

EXAMPLE = "postgresql://utilisateur:mot-de-passe@hote:5432/base?sslmode=require"


class BadAddress(ValueError):
    """An address of a database that cannot be read. Its French message repeats nothing of the
    address: a password stands in it, and a misplaced sign may move it anywhere."""


def sqlite_settings(file: Path) -> dict[str, Any]:
    """The database in one file. Writers wait for each other at the start of their transaction,
    so that none finds the file locked halfway; readers never wait (WAL)."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        },
    }


def postgresql_settings(address: str, *, pool: bool) -> dict[str, Any]:
    """The database at an address ``postgresql://user:password@host:port/name?sslmode=require``;
    a unix socket is ``postgresql://user@/name?host=/folder``. Without host: the local socket.
    ``pool`` shares connections between the threads of a server; a command opens one, and says at
    once when it cannot. Raises :class:`BadAddress`."""
    if any(ord(sign) < 33 or ord(sign) == 127 for sign in address):
        raise BadAddress("une adresse de base ne contient ni espace ni signe invisible.")
    scheme, mark, _ = address.partition("://")
    if not mark or scheme.lower() not in SCHEMES:
        raise BadAddress(f"l'adresse doit commencer par « postgresql:// » (exemple : {EXAMPLE}).")
    try:
        parts = urlsplit(address)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise BadAddress(_unreadable()) from None
    if parts.fragment or "#" in address:
        raise BadAddress("un « # » s'écrit %23 dans une adresse de base.")
    options = dict(query)
    if len(options) != len(query):
        raise BadAddress("une option est donnée deux fois.")
    user, password, host, port = _split_place(parts.netloc)
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in parts.path.removeprefix("/"):
        raise BadAddress(f"le nom de la base manque ou ne se lit pas ; sinon, {_unreadable()}")
    host = options.pop("host", host)
    port = _check_port(options.pop("port", port))
    _check_options(options)
    made: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": 0,
        "OPTIONS": dict(options),
    }
    if pool:
        made["OPTIONS"]["pool"] = dict(POOL)
    return made


def database_settings(address: str, *, file: Path, pool: bool) -> dict[str, Any]:
    """PostgreSQL at the address, or SQLite in the file when there is none. Raises
    :class:`BadAddress`."""
    if not address.strip():
        return sqlite_settings(file)
    return postgresql_settings(address.strip(), pool=pool)


def _unreadable() -> str:
    return (
        "l'adresse ne se lit pas. Un signe particulier du mot de passe s'écrit avec « % » : "
        f"%40 pour @, %2F pour /, %3A pour :, %3F pour ? (exemple : {EXAMPLE})."
    )


def _split_place(place: str) -> tuple[str, str, str, str]:
    """User, password, host and port of what stands between ``//`` and the name."""
    who, _, where = place.rpartition("@")
    if "@" in who:
        raise BadAddress(_unreadable())
    user, _, password = who.partition(":")
    host, _, port = where.rpartition(":") if ":" in where else (where, "", "")
    if where.startswith("["):
        host, closed, port = where[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            raise BadAddress(_unreadable())
        port = port[1:]
    elif ":" in host:
        raise BadAddress(_unreadable())
    return unquote(user), unquote(password), unquote(host), port


def _check_port(port: str) -> str:
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise BadAddress(f"le port n'est pas un nombre de 1 à 65535 ; sinon, {_unreadable()}")
    return port


def _check_options(options: dict[str, str]) -> None:
    if not options.keys() <= OPTIONS:
        raise BadAddress(
            f"option inconnue. Options lues : host, port, {', '.join(sorted(OPTIONS))}. "
            f"Sinon, {_unreadable()}"
        )
    if "sslmode" in options and options["sslmode"] not in SSL_MODES:
        raise BadAddress(f"sslmode : {', '.join(SSL_MODES)}.")
