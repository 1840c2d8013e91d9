"""Tables of the directory."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from maillage.accounts.models import User
from maillage.accounts.names import ByName
from maillage.directory.enums import (
    ExceptionState,
    GroupKind,
    HolidayRule,
    MemberRole,
    OrganizationKind,
    TeamKind,
)
from maillage.territory.models import Commune, Sourced
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.search import fold


def period_is_ordered(start: str, end: str) -> Q:
    """Condition of a half-open period: the end is empty or after the start."""
    return Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": F(start)})


class Searchable(models.Model):
    """A record that people look for by words. ``search_name`` is what it is called, in the form of
    :func:`fold`: filled by ``save``, and by :meth:`refresh_search_name` before a bulk
    write."""

    search_name = models.CharField(max_length=400, db_index=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def called(self) -> str:
        """The words under which this record is found."""
        raise NotImplementedError

    def refresh_search_name(self) -> None:
        """Set ``search_name`` from the names of this record."""
        self.search_name = fold(self.called())[:400]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.refresh_search_name()
        super().save(*args, **kwargs)


class Organization(Searchable, Sourced):
    """A legal entity: hospital (entité juridique), faculty, agency, city structure."""

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    finess = models.CharField("FINESS EJ", max_length=9, unique=True, null=True, blank=True)
    name = models.CharField("nom", max_length=160)
    short_name = models.CharField("nom court", max_length=60)
    kind = models.CharField("nature", max_length=30, choices=OrganizationKind.choices)
    commune = models.ForeignKey(
        Commune, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    phone = models.CharField("téléphone", max_length=20, blank=True)

    class Meta:
        verbose_name = "établissement"
        verbose_name_plural = "établissements"
        ordering = (ByName("short_name"), "slug")

    def called(self) -> str:
        return f"{self.name} {self.short_name} {self.finess or ''}"

    def __str__(self) -> str:
        return self.short_name

    @property
    def network_id(self) -> str:
        """The name of this organization in a network file: its FINESS number, else its slug."""
        return self.finess or self.slug


class OrganizationGroup(Searchable, Sourced):
    """A hospital group or another grouping of organizations."""

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    name = models.CharField("nom", max_length=160)
    short_name = models.CharField("nom court", max_length=60)
    kind = models.CharField("nature", max_length=10, choices=GroupKind.choices)
    starts_on = models.DateField("créé le", null=True, blank=True)
    ends_on = models.DateField("dissous le", null=True, blank=True)
    description = models.TextField("présentation", blank=True)

    class Meta:
        verbose_name = "groupement"
        verbose_name_plural = "groupements"
        ordering = (ByName("short_name"), "slug")
        constraints = (
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | period_is_ordered("starts_on", "ends_on"),
                name="directory_group_period",
            ),
        )

    def called(self) -> str:
        return f"{self.name} {self.short_name}"

    def __str__(self) -> str:
        return self.short_name


class GroupMembership(Sourced):
    """An organization in a group, from ``starts_on`` (in) to ``ends_on`` (out)."""

    group = models.ForeignKey(
        OrganizationGroup, on_delete=models.CASCADE, related_name="memberships"
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(
        "qualité", max_length=10, choices=MemberRole.choices, default=MemberRole.PARTY
    )
    starts_on = models.DateField("depuis le")
    ends_on = models.DateField("jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "adhésion"
        verbose_name_plural = "adhésions"
        ordering = ("group", "organization", "starts_on")
        constraints = (
            models.UniqueConstraint(
                fields=("group", "organization", "starts_on"), name="directory_one_membership"
            ),
            models.CheckConstraint(
                condition=period_is_ordered("starts_on", "ends_on"),
                name="directory_membership_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.organization} dans {self.group}"


class Site(Searchable, Sourced):
    """A place where care is given (entité géographique)."""

    finess = models.CharField("FINESS ET", max_length=9, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField("nom", max_length=160)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    latitude = models.FloatField()
    longitude = models.FloatField()
    point_note = models.CharField("remarque sur la position", max_length=200, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)

    class Meta:
        verbose_name = "site"
        verbose_name_plural = "sites"
        ordering = ("search_name",)

    def called(self) -> str:
        return f"{self.name} {self.finess}"

    def __str__(self) -> str:
        return self.name


class HealthcareService(Searchable, Sourced):
    """One care type at one site, at one level, for an age range (years, the maximum excluded)."""

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="services")
    name = models.CharField("nom", max_length=160)
    care_type = models.CharField("type de soin", max_length=40, choices=CareType.choices)
    level = models.CharField("niveau", max_length=12, choices=CareLevel.choices)
    age_min = models.PositiveSmallIntegerField("âge minimal", default=0)
    age_max = models.PositiveSmallIntegerField("âge maximal (exclu)", null=True, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    secure_mail = models.CharField("boîte MSSanté", max_length=120, blank=True)

    class Meta:
        verbose_name = "offre de soins"
        verbose_name_plural = "offres de soins"
        ordering = ("care_type", "level", "slug")
        constraints = (
            models.CheckConstraint(
                condition=period_is_ordered("age_min", "age_max"), name="directory_service_ages"
            ),
        )

    def called(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name


class Authorisation(Sourced):
    """The days on which a service may give its care (autorisation d'activité)."""

    service = models.ForeignKey(
        HealthcareService, on_delete=models.CASCADE, related_name="authorisations"
    )
    reference = models.CharField("référence", max_length=80, blank=True)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au (exclu)", null=True, blank=True)

    class Meta:
        verbose_name = "autorisation"
        verbose_name_plural = "autorisations"
        ordering = ("service", "starts_on")
        constraints = (
            models.UniqueConstraint(
                fields=("service", "starts_on"), name="directory_one_authorisation"
            ),
            models.CheckConstraint(
                condition=period_is_ordered("starts_on", "ends_on"),
                name="directory_authorisation_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.service} : depuis le {self.starts_on}"


class OpeningHours(Sourced):
    """A weekly window of a service on one weekday (1 = Monday), in minutes of the local day."""

    service = models.ForeignKey(HealthcareService, on_delete=models.CASCADE, related_name="opening")
    weekday = models.PositiveSmallIntegerField("jour")
    opens_minute = models.PositiveSmallIntegerField("ouvre à (minute du jour)")
    closes_minute = models.PositiveSmallIntegerField("ferme à (minute du jour, 1440 = minuit)")
    holidays = models.CharField(
        "jours fériés", max_length=6, choices=HolidayRule.choices, default=HolidayRule.CLOSED
    )

    class Meta:
        verbose_name = "horaire"
        verbose_name_plural = "horaires"
        ordering = ("service", "weekday", "opens_minute")
        constraints = (
            models.UniqueConstraint(
                fields=("service", "weekday", "opens_minute", "holidays"),
                name="directory_one_window",
            ),
            models.CheckConstraint(
                condition=Q(weekday__gte=1, weekday__lte=7), name="directory_window_weekday"
            ),
            models.CheckConstraint(
                condition=Q(closes_minute__gt=F("opens_minute"), closes_minute__lte=1440),
                name="directory_window_order",
            ),
        )

    def __str__(self) -> str:
        return f"{self.service} {self.weekday} {self.opens_minute}-{self.closes_minute}"


class ServiceException(Sourced):
    """A closure, or an exceptional opening, of a service."""

    service = models.ForeignKey(
        HealthcareService, on_delete=models.CASCADE, related_name="exceptions"
    )
    state = models.CharField("effet", max_length=6, choices=ExceptionState.choices)
    starts_at = models.DateTimeField("du")
    ends_at = models.DateTimeField("au")
    reason = models.CharField("motif", max_length=200, blank=True)

    class Meta:
        verbose_name = "fermeture ou ouverture exceptionnelle"
        verbose_name_plural = "fermetures et ouvertures exceptionnelles"
        ordering = ("service", "starts_at")
        constraints = (
            models.UniqueConstraint(
                fields=("service", "state", "starts_at"), name="directory_one_exception"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="directory_exception_period"
            ),
        )

    def __str__(self) -> str:
        return f"{self.service} : {self.get_state_display()}"


class Practitioner(Searchable, Sourced):
    """A doctor or another professional."""

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    rpps = models.CharField("RPPS", max_length=11, unique=True, null=True, blank=True)
    title = models.CharField("civilité", max_length=20, default="Dr")
    given_name = models.CharField("prénom", max_length=60)
    family_name = models.CharField("nom", max_length=80)
    specialty = models.CharField("spécialité (TRE_R38)", max_length=10, blank=True)

    class Meta:
        verbose_name = "praticien"
        verbose_name_plural = "praticiens"
        ordering = ("search_name", "slug")

    def called(self) -> str:
        return f"{self.family_name} {self.given_name} {self.family_name} {self.rpps or ''}"

    def __str__(self) -> str:
        return f"{self.title} {self.given_name} {self.family_name}".strip()


class PractitionerAccount(models.Model):
    """The account with which a practitioner logs in: their own duties and requests follow from it.
    One account is one practitioner at most."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    practitioner = models.OneToOneField(Practitioner, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "compte d'un praticien"
        verbose_name_plural = "comptes de praticiens"
        ordering = ("practitioner",)

    def __str__(self) -> str:
        return f"{self.practitioner} : {self.user_id}"


class PractitionerRole(Sourced):
    """Where and as what a practitioner works; several current roles are shared time."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="roles")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    service = models.ForeignKey(
        HealthcareService, null=True, blank=True, on_delete=models.PROTECT, related_name="roles"
    )
    function = models.CharField("fonction", max_length=80)
    half_days = models.PositiveSmallIntegerField("demi-journées par semaine", null=True, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    starts_on = models.DateField("depuis le")
    ends_on = models.DateField("jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "exercice"
        verbose_name_plural = "exercices"
        ordering = ("practitioner", "starts_on", "organization")
        constraints = (
            models.UniqueConstraint(
                fields=("practitioner", "organization", "service", "starts_on"),
                name="directory_one_role",
            ),
            models.UniqueConstraint(
                fields=("practitioner", "organization", "starts_on"),
                condition=Q(service__isnull=True),
                name="directory_one_role_without_service",
            ),
            models.CheckConstraint(
                condition=period_is_ordered("starts_on", "ends_on"), name="directory_role_period"
            ),
        )

    def __str__(self) -> str:
        return f"{self.practitioner}, {self.function}"


class Team(Searchable, Sourced):
    """Practitioners and services of several sites that work as one (équipe de territoire, pôle)."""

    slug = models.SlugField("identifiant", max_length=80, unique=True)
    name = models.CharField("nom", max_length=160)
    kind = models.CharField("nature", max_length=20, choices=TeamKind.choices)
    lead = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    services = models.ManyToManyField(HealthcareService, blank=True, related_name="teams")
    description = models.TextField("présentation", blank=True)

    class Meta:
        verbose_name = "équipe"
        verbose_name_plural = "équipes"
        ordering = ("search_name", "slug")

    def called(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name
