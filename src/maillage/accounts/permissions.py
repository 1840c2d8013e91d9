"""Who is acting, and the one way to say who may.

Each room declares its permissions as :class:`Permission` values: a name, a French sentence and the
roles that hold it. ``check`` raises, ``allows`` answers; both read the same table. What no
permission grants is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from maillage.accounts.enums import Role
from maillage.vocabulary.errors import NotAllowed

EVERYWHERE = ""
"""Key of a grant that holds in every organization of the territory."""


@dataclass(frozen=True)
class Grant:
    """A role in one organization (its key), or everywhere (empty key)."""

    role: Role
    organization: str = EVERYWHERE


@dataclass(frozen=True)
class Actor:
    """Who acts: a logged-in person or the system itself, with the roles held today. ``limited_to``
    is the one organization that a key acts for; what the person did in the name of another one
    gives such an actor nothing."""

    username: str
    name: str
    grants: tuple[Grant, ...] = ()
    limited_to: str = EVERYWHERE

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    @property
    def role_labels(self) -> list[str]:
        return [role.label for role in Role if role in self.roles]

    def acts_for(self, organization: str) -> bool:
        """False when a key keeps this actor from acting for an organization (empty: none)."""
        return self.limited_to == EVERYWHERE or organization in (EVERYWHERE, self.limited_to)

    def organizations(self, role: Role | None = None) -> frozenset[str]:
        """Keys of the organizations where this actor holds a role (any role by default)."""
        return frozenset(g.organization for g in self.grants if role is None or g.role == role)


SYSTEM = Actor("system", "Maillage", tuple(Grant(role) for role in Role))
"""Acts of the product itself, from the command line: loading the example, scheduled work."""

NOBODY = Actor("", "", ())
"""A visitor who has not logged in."""

REGISTRY: dict[str, Permission] = {}
"""Every permission of the product, by name. The house rules read it."""


@dataclass(frozen=True)
class Permission:
    """The right to do one act.

    ``scoped`` permissions hold only for the organizations where the actor has the role; others
    hold wherever the role is held.
    """

    name: str
    sentence: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    scoped: bool = False

    def allows(self, actor: Actor, organizations: Iterable[str] = ()) -> bool:
        """True when the actor may do the act, for one of these organizations if it is scoped."""
        held = [grant for grant in actor.grants if grant.role in self.roles]
        if not self.scoped:
            return bool(held)
        wanted = set(organizations)
        return any(g.organization == EVERYWHERE or g.organization in wanted for g in held)

    def places(self, actor: Actor) -> frozenset[str]:
        """Keys of the organizations where the actor holds a role with this permission;
        ``EVERYWHERE`` among them when one is held on the whole territory."""
        return frozenset(g.organization for g in actor.grants if g.role in self.roles)

    def check(self, actor: Actor, organizations: Iterable[str] = ()) -> None:
        """Raise :class:`NotAllowed` unless :meth:`allows`."""
        if not self.allows(actor, organizations):
            of = "d'" if self.sentence[:1] in "aeiouyéèê" else "de "
            raise NotAllowed(
                f"permission.{self.name}",
                f"Votre rôle ne permet pas {of}{self.sentence}.",
                permission=self.name,
            )


def declare(name: str, sentence: str, roles: Iterable[Role], *, scoped: bool = False) -> Permission:
    """Declare a permission of a room; ``sentence`` completes « ne permet pas de … »."""
    permission = Permission(name, sentence, frozenset(roles), scoped)
    REGISTRY[name] = permission
    return permission


ALL_ROLES = frozenset(Role)
READ_AUDIT = declare(
    "accounts.read-audit", "consulter le journal des actes", [Role.AUDITOR, Role.ADMINISTRATOR]
)
MANAGE_USERS = declare("accounts.manage-users", "gérer les comptes", [Role.ADMINISTRATOR])
OWN_ACCOUNT = declare("accounts.own-account", "gérer son propre compte", ALL_ROLES)


def manages(actor: Actor, organizations: Iterable[str]) -> bool:
    """True when the actor administers every one of these organizations. An administrator of the
    whole territory does; the key ``EVERYWHERE`` asks for just that."""
    if not MANAGE_USERS.allows(actor, actor.organizations()):
        return False
    held = actor.organizations(Role.ADMINISTRATOR)
    return EVERYWHERE in held or set(organizations) <= held


def check_manages(actor: Actor, organizations: Iterable[str]) -> None:
    """Raise :class:`NotAllowed` unless :func:`manages`: nobody gives, or takes, more than they
    administer."""
    MANAGE_USERS.check(actor, actor.organizations())
    if not manages(actor, organizations):
        raise NotAllowed(
            "permission.accounts.manage-users",
            "Vous n'administrez pas tous les établissements concernés par cet acte.",
        )
