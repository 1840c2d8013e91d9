"""Tables of the accounts room."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from maillage.accounts.enums import Role
from maillage.accounts.names import ByName


class UserManager(BaseUserManager["User"]):
    """Looks users up by their name at log-in. Users are made by ``actions.create_user``."""


class User(AbstractBaseUser):
    """A person who logs in. What they may do is in their role grants, never on this row."""

    username = models.CharField("identifiant", max_length=60, unique=True)
    full_name = models.CharField("nom", max_length=120)
    email = models.EmailField("courriel", blank=True)
    is_active = models.BooleanField("actif", default=True)
    is_demo = models.BooleanField("compte de démonstration", default=False)
    must_change_password = models.BooleanField("mot de passe à changer", default=False)
    created_at = models.DateTimeField("créé le", auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects = UserManager()

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"
        ordering = (ByName("full_name"), "username")

    def __str__(self) -> str:
        return self.full_name


class RoleGrant(models.Model):
    """One role of one user, in one organization or (key empty) over the whole territory.

    ``organization`` is the key of the organization (its slug in the directory), kept as text:
    accounts stand below the directory.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    organization = models.CharField("établissement", max_length=80, blank=True)
    starts_on = models.DateField("depuis le", null=True, blank=True)
    ends_on = models.DateField("jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "rôle attribué"
        verbose_name_plural = "rôles attribués"
        ordering = ("user", "role", "organization")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "role", "organization"), name="accounts_one_grant"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gt=F("starts_on")),
                name="accounts_grant_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} : {self.get_role_display()}"


class ApiKey(models.Model):
    """A key by which a program acts as one user, under ``/api/``, for one organization.

    The secret is shown once and never stored: only its SHA-256, enough for 256 random bits. The
    ``prefix`` finds the row and names the key in lists. ``organization`` is the key of the one
    organization in whose name it acts; empty, it carries the roles held over the whole territory
    and no other (``rules.narrow``): it never grows to a hospital that its owner joins later.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField("usage", max_length=80)
    organization = models.CharField("établissement", max_length=80, blank=True)
    prefix = models.CharField("début de la clé", max_length=12, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField("créée le")
    expires_at = models.DateTimeField("expire le")
    last_used_on = models.DateField("dernier usage", null=True, blank=True)
    revoked_at = models.DateTimeField("révoquée le", null=True, blank=True)

    class Meta:
        verbose_name = "clé d'accès"
        verbose_name_plural = "clés d'accès"
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="accounts_key_period"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class AuditEvent(models.Model):
    """One act, as it was done. Append-only: triggers refuse updates and deletions.

    Subjects are kept as text, so that the line outlives what it speaks of. ``changes_territory``
    marks the acts that may change an answer of the coverage engine: the newest such line is the
    revision of the territory, and keys the cache of the network.
    """

    at = models.DateTimeField("quand", db_index=True)
    actor = models.CharField("identifiant", max_length=60, db_index=True)
    actor_name = models.CharField("qui", max_length=120)
    action = models.CharField("acte", max_length=80, db_index=True)
    subject_kind = models.CharField("nature", max_length=40, blank=True)
    subject_key = models.CharField("clé", max_length=120, blank=True)
    subject_name = models.CharField("objet", max_length=200, blank=True)
    organization = models.CharField("établissement", max_length=80, blank=True)
    details = models.JSONField("détails", default=dict)
    changes_territory = models.BooleanField(default=False)

    class Meta:
        verbose_name = "ligne du journal"
        verbose_name_plural = "journal"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("subject_kind", "subject_key"), name="accounts_audit_subject"),
            models.Index(
                fields=("-id",), condition=Q(changes_territory=True), name="accounts_audit_rev"
            ),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.subject_key}"
