"""Decisions of the accounts room on values in hand: no query, no clock."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from maillage.accounts.enums import Role
from maillage.vocabulary.errors import Invalid, Problem

USERNAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
ORGANIZATION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RESERVED = frozenset({"nouveau", "system", "systeme", "maillage", "anonymous", "anonyme"})
DEMO_PREFIX = "demo-"

KEY_MARK = "mlg"
"""First letters of every key, so that a leaked one is recognised."""

LONGEST_KEY_LIFE = timedelta(days=366)

GIVEN_SOMEWHERE = frozenset(
    {Role.DOCTOR, Role.ON_CALL, Role.REGULATOR, Role.COORDINATOR, Role.CITY}
)
"""Roles that open the records of the patients of the organization where they are held. Held over
the whole territory they open none; brought down to one organization they would open its own."""

DEMO_PEOPLE: dict[Role, tuple[str, str]] = {
    Role.DOCTOR: ("demo-medecin", "Dr Camille Exemple"),
    Role.REGULATOR: ("demo-regulateur", "Dr Sacha Exemple"),
    Role.DIRECTOR: ("demo-direction", "Dominique Exemple"),
    Role.ON_CALL: ("demo-garde", "Dr Maxime Exemple"),
    Role.DIM: ("demo-dim", "Dr Claude Exemple"),
    Role.COORDINATOR: ("demo-coordination", "Lou Exemple"),
    Role.CITY: ("demo-ville", "Dr Alix Exemple"),
    Role.ADMINISTRATOR: ("demo-admin", "Noa Exemple"),
    Role.AUDITOR: ("demo-audit", "Andrea Exemple"),
}
"""The demonstration account of each role: invented people, one per role."""

DEMO_SUPPLEMENTS: dict[str, tuple[Role, str]] = {
    "demo-chirurgie-bethune": (Role.DOCTOR, "Dr Karine Charmille-Exemple"),
    "demo-chirurgie-lens": (Role.DOCTOR, "Dr Chloé Cerfeuil-Exemple"),
    "demo-direction-chu": (Role.DIRECTOR, "Morgane Exemple"),
    "demo-garde-artois": (Role.ON_CALL, "Dr Ariel Exemple"),
    "demo-garde-maubeuge": (Role.ON_CALL, "Dr Charlie Exemple"),
    "demo-garde-valenciennes": (Role.ON_CALL, "Dr Sasha Exemple"),
}
"""Demonstration accounts beside those: made only where the manifest of the territory places them.
The second director signs an agreement for the other hospital; the on-call teams answer the requests
of the nearest stroke unit and of the recourse hospital of the group; that of Lens plans thoracic
surgery for three hospitals; the surgeons have duties of their own, and exchange them."""

DEMO_PASSWORD = "maillage demo 2026"  # noqa: S105 - public on purpose, useless outside the demo
"""The password of every demonstration account. Such accounts are made by the example loader only,
and cannot log in unless ``DEMO_ACCOUNTS_ALLOWED`` is on."""


def check_username(username: str, *, is_demo: bool = False) -> None:
    """Raise :class:`Invalid` for a name that is malformed, reserved, or looks like a demonstration
    account without being one."""
    problem = ""
    if len(username) > 60 or not USERNAME.fullmatch(username):
        problem = "lettres minuscules sans accent, chiffres, points et tirets ; 60 signes au plus"
    elif username in RESERVED:
        problem = "cet identifiant est réservé"
    elif username.startswith(DEMO_PREFIX) != is_demo:
        problem = f"« {DEMO_PREFIX} » est réservé aux comptes de démonstration"
    if problem:
        raise Invalid(
            "accounts.username",
            f"Cet identifiant ne convient pas : {problem}.",
            [Problem(problem, field="username")],
        )


def check_supplement(username: str, organization: str) -> None:
    """Raise :class:`Invalid` for a supplement that the product does not know, or that would be
    held everywhere."""
    if username not in DEMO_SUPPLEMENTS or not organization:
        raise Invalid(
            "accounts.demo-supplement",
            f"« {username[:60]} » n'est pas un compte de démonstration à placer quelque part.",
            [Problem("compte de démonstration et établissement attendus", field="accounts")],
        )


def check_organization_key(key: str) -> None:
    """Raise :class:`Invalid` for an organization key of a wrong form (empty: everywhere)."""
    if key and (len(key) > 80 or not ORGANIZATION.fullmatch(key)):
        raise Invalid(
            "accounts.organization",
            "L'identifiant d'un établissement s'écrit en minuscules, avec des tirets.",
            [Problem("identifiant d'établissement attendu", field="organization")],
        )


Held = tuple[Role, str]
"""A role and the key of the organization where it is held; empty over the whole territory."""


def narrow(held: Iterable[Held], organization: str) -> list[Held]:
    """The roles that a key carries, of those that its owner holds today. A key never opens more
    than its owner may.

    With an ``organization``: the roles held there, and those held over the whole territory brought
    down to it, but for :data:`GIVEN_SOMEWHERE`. Without: those held over the whole territory.
    """
    carried = dict.fromkeys((role, place) for role, place in held if place == organization)
    if organization:
        carried |= dict.fromkeys(
            (role, organization)
            for role, place in held
            if not place and role not in GIVEN_SOMEWHERE
        )
    return list(carried)


def key_places(held: Iterable[Held]) -> list[str]:
    """The organizations among which a person chooses that of a key; « » (the whole territory) only
    for those who hold roles nowhere else."""
    places = {place for _, place in held}
    return sorted(places - {""}) or [""]


def choose_key_place(held: Collection[Held], wanted: str | None) -> str:
    """The organization of a new key: the one wanted, else the only one that there is. Raises
    :class:`Invalid` when it must be chosen, or when the person holds no role there."""
    places = key_places(held)
    if wanted is None and len(places) == 1:
        return places[0]
    if wanted in places:
        return wanted
    sentence = (
        "Vous exercez dans plusieurs établissements : dites pour lequel est cette clé."
        if not wanted
        else "Vous ne tenez pas de rôle dans cet établissement : une clé n'y servirait à rien."
    )
    raise Invalid("accounts.key-organization", sentence, [Problem(sentence, field="organization")])


def make_key() -> tuple[str, str, str]:
    """A new key: the text to show once, its prefix, the SHA-256 of its secret (256 random bits)."""
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    return f"{KEY_MARK}_{prefix}_{secret}", prefix, hash_secret(secret)


def hash_secret(secret: str) -> str:
    """SHA-256 in hexadecimal. A slow hash adds nothing to 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def split_key(key: str) -> tuple[str, str] | None:
    """The prefix and the secret of a key as it is sent, or None when it has another form."""
    parts = key.strip().split("_", 2)
    if len(parts) != 3 or parts[0] != KEY_MARK or not parts[1] or not parts[2]:
        return None
    if not parts[1].isalnum():
        return None
    return parts[1], parts[2]


def secret_matches(secret: str, expected_sha256: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(hash_secret(secret), expected_sha256)


def make_first_password() -> str:
    """A password to give once by word of mouth, changed at the first log-in: 80 random bits in
    four groups, without letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def session_is_over(
    *, started: datetime, seen: datetime, now: datetime, longest: timedelta, idle: timedelta
) -> str | None:
    """Why a session ends now (``idle`` or ``longest``), or None while it lasts. Both limits are
    included: at exactly the limit the session still lasts."""
    if now - started > longest:
        return "longest"
    if now - seen > idle:
        return "idle"
    return None
