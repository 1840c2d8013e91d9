"""Tables of the patients room."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import F, Q

from maillage.directory.models import (
    HealthcareService,
    Organization,
    Searchable,
    Site,
    period_is_ordered,
)
from maillage.patients.enums import (
    ConsentKind,
    ConsentMeans,
    IdentityState,
    LinkKind,
    MemberKind,
    PairState,
    ReviewState,
    Sex,
)
from maillage.territory.models import Commune

KEY_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Signs of the keys that people read aloud: none looks like another."""


def new_key() -> str:
    """An opaque key of ten signs (49 bits): what addresses hold in the place of a name."""
    return "".join(secrets.choice(KEY_LETTERS) for _ in range(10))


class Patient(Searchable):
    """A person, with the traits of the national identity (INS) and how far they are trusted.

    The five strict traits are the birth name, the first birth given name (with all of them), the
    birth date, the sex and the code of the birthplace; names used in life complete them. A merged
    record points to the one that is finally kept (``merged_into``, never a chain: the mergers hold
    the steps) and is read through it; none of its rows move. An erased record keeps its key and
    nothing that names anybody.
    """

    key = models.CharField("clé", max_length=10, unique=True, default=new_key, editable=False)
    birth_name = models.CharField("nom de naissance", max_length=100, blank=True)
    birth_given_names = models.CharField("prénoms de naissance", max_length=160, blank=True)
    first_given_name = models.CharField("premier prénom", max_length=80, blank=True)
    birth_date = models.DateField("né(e) le", null=True, blank=True, db_index=True)
    sex = models.CharField("sexe", max_length=1, choices=Sex.choices, default=Sex.UNKNOWN)
    birthplace = models.CharField("lieu de naissance (code COG)", max_length=5, blank=True)
    used_name = models.CharField("nom utilisé", max_length=100, blank=True)
    used_given_name = models.CharField("prénom utilisé", max_length=80, blank=True)
    ins_number = models.CharField("matricule INS", max_length=15, blank=True, db_index=True)
    ins_oid = models.CharField("OID du matricule", max_length=40, blank=True)
    identity_state = models.CharField(
        "état de l'identité",
        max_length=11,
        choices=IdentityState.choices,
        default=IdentityState.PROVISIONAL,
    )
    identity_checked_on = models.DateField("pièce d'identité vue le", null=True, blank=True)
    identity_document = models.CharField("pièce d'identité", max_length=60, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    commune = models.ForeignKey(
        Commune,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="commune de résidence",
    )
    attending_doctor = models.CharField("médecin traitant", max_length=120, blank=True)
    attending_mail = models.CharField(
        "boîte MSSanté du médecin traitant", max_length=120, blank=True
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="établissement qui a créé le dossier",
    )
    is_synthetic = models.BooleanField("personne inventée", default=False)
    deceased_on = models.DateField("décédé(e) le", null=True, blank=True)
    created_at = models.DateTimeField("créé le")
    created_by = models.CharField("créé par", max_length=120)
    changed_at = models.DateTimeField("modifié le")
    version = models.PositiveIntegerField("version", default=1)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed"
    )
    erased_at = models.DateTimeField("effacé le", null=True, blank=True)
    erased_by = models.CharField("effacé par", max_length=120, blank=True)

    class Meta:
        verbose_name = "patient"
        verbose_name_plural = "patients"
        ordering = ("search_name", "key")
        indexes = (models.Index(fields=("birth_date", "search_name"), name="patients_by_birth"),)
        constraints = (
            models.UniqueConstraint(
                fields=("ins_number",),
                condition=~Q(ins_number="") & Q(merged_into__isnull=True),
                name="patients_one_ins",
            ),
            models.CheckConstraint(
                condition=~Q(identity_state=IdentityState.QUALIFIED)
                | (~Q(ins_number="") & Q(identity_checked_on__isnull=False)),
                name="patients_qualified_has_ins_and_document",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, erased_by="")
                | (Q(erased_at__isnull=False) & ~Q(erased_by="") & Q(birth_name="")),
                name="patients_erased_is_whole",
            ),
        )

    def called(self) -> str:
        """Birth name first: the national search rule asks for its first letters."""
        names = f"{self.birth_name} {self.first_given_name}"
        return f"{names} {self.used_name} {self.used_given_name}"

    @property
    def kept(self) -> Patient:
        """The record through which this one is read: itself unless it was merged."""
        return self.merged_into or self

    def __str__(self) -> str:
        return self.key


class CareLink(models.Model):
    """Why an organization takes part in a patient's care, and since when.

    A STAY makes its organization the care team (L.1110-12, 1°). A REQUEST is opened by whoever asks
    another organization (``asked_by_organization``): its basis follows from the group that both
    share that day, the listed structure, the consent noted, or the vital emergency. A REGULATION
    is open to the regulators of the territory (no organization). ``reference`` is the key of what
    opened it, in the room that did.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField("nature", max_length=10, choices=LinkKind.choices)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    service = models.ForeignKey(
        HealthcareService, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_by_organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    number = models.CharField("numéro de venue ou IPP", max_length=40, blank=True)
    has_consent = models.BooleanField("patient informé et d'accord", default=False)
    is_vital = models.BooleanField("urgence vitale", default=False)
    reference = models.CharField("référence", max_length=40, blank=True)
    starts_at = models.DateTimeField("du")
    ends_at = models.DateTimeField("au", null=True, blank=True)
    opened_by = models.CharField("ouvert par", max_length=120)

    class Meta:
        verbose_name = "lien de soins"
        verbose_name_plural = "liens de soins"
        ordering = ("patient", "-starts_at", "-id")
        indexes = (
            models.Index(fields=("organization", "kind", "ends_at"), name="patients_link_place"),
            models.Index(fields=("reference",), name="patients_link_reference"),
            models.Index(fields=("number",), condition=~Q(number=""), name="patients_link_number"),
        )
        constraints = (
            models.CheckConstraint(
                condition=period_is_ordered("starts_at", "ends_at") | Q(ends_at=F("starts_at")),
                name="patients_link_period",
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=False) | Q(kind=LinkKind.REGULATION),
                name="patients_link_has_place",
            ),
            models.CheckConstraint(
                condition=~Q(kind=LinkKind.REQUEST) | Q(asked_by_organization__isnull=False),
                name="patients_request_has_asker",
            ),
            models.UniqueConstraint(
                fields=("patient", "kind", "organization", "reference"),
                condition=Q(ends_at__isnull=True) & ~Q(reference=""),
                name="patients_one_open_link",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.patient_id}"


class CareTeamMember(models.Model):
    """A member of the one care circle of a patient, for a period; may leave and come back.

    Of professionals, ``username`` is the account that may read; a structure opens the record to
    its own members (``organization``). Relatives have a name and a tie, no access.
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="team")
    kind = models.CharField("qualité", max_length=20, choices=MemberKind.choices)
    username = models.CharField("identifiant", max_length=60, blank=True, db_index=True)
    name = models.CharField("nom", max_length=120)
    tie = models.CharField("fonction ou lien", max_length=80, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField("depuis le")
    ends_at = models.DateTimeField("jusqu'au", null=True, blank=True)
    added_by = models.CharField("ajouté par", max_length=120)

    class Meta:
        verbose_name = "membre du cercle de soins"
        verbose_name_plural = "membres du cercle de soins"
        ordering = ("patient", "kind", "name")
        constraints = (
            models.CheckConstraint(
                condition=period_is_ordered("starts_at", "ends_at") | Q(ends_at=F("starts_at")),
                name="patients_member_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"


class Consent(models.Model):
    """What a patient agreed to or opposed, noted by whoever heard it; withdrawn, not deleted.

    ``organization`` narrows it to one organization (null: any).
    """

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField("objet", max_length=12, choices=ConsentKind.choices)
    means = models.CharField("moyen", max_length=14, choices=ConsentMeans.choices)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    comment = models.CharField("précision", max_length=240, blank=True)
    given_at = models.DateTimeField("donné le")
    recorded_by = models.CharField("noté par", max_length=120)
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    withdrawn_by = models.CharField("retrait noté par", max_length=120, blank=True)

    class Meta:
        verbose_name = "consentement"
        verbose_name_plural = "consentements"
        ordering = ("patient", "-given_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_by="")),
                name="patients_withdrawal_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.patient_id}"


class BreakGlass(models.Model):
    """An opening of a record without any other basis, for a vital need: a reason, a short time, a
    notice to the patient, and a review by somebody else."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="openings")
    username = models.CharField("identifiant", max_length=60, db_index=True)
    name = models.CharField("qui", max_length=120)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("motif", max_length=400)
    opened_at = models.DateTimeField("ouvert le")
    expires_at = models.DateTimeField("jusqu'au")
    closed_at = models.DateTimeField("refermé le", null=True, blank=True)
    notified_at = models.DateTimeField("patient informé le", null=True, blank=True)
    notified_by = models.CharField("patient informé par", max_length=120, blank=True)
    notified_how = models.CharField("comment", max_length=120, blank=True)
    review = models.CharField(
        "examen", max_length=13, choices=ReviewState.choices, default=ReviewState.PENDING
    )
    reviewed_at = models.DateTimeField("examiné le", null=True, blank=True)
    reviewed_by = models.CharField("examiné par", max_length=120, blank=True)
    review_comment = models.CharField("avis", max_length=400, blank=True)

    class Meta:
        verbose_name = "bris de glace"
        verbose_name_plural = "bris de glace"
        ordering = ("-opened_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("opened_at")), name="patients_opening_period"
            ),
            models.CheckConstraint(
                condition=Q(review=ReviewState.PENDING, reviewed_at__isnull=True, reviewed_by="")
                | (
                    ~Q(review=ReviewState.PENDING)
                    & Q(reviewed_at__isnull=False)
                    & ~Q(reviewed_by="")
                ),
                name="patients_review_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(notified_at__isnull=True, notified_by="")
                | (Q(notified_at__isnull=False) & ~Q(notified_by="")),
                name="patients_notice_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.username} {self.patient_id} {self.opened_at:%Y-%m-%d %H:%M}"


class DuplicatePair(models.Model):
    """Two records that may be one person; ``first`` has the smaller identifier."""

    first = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField("ressemblance (0 à 100)")
    reasons = models.JSONField("traits communs", default=list)
    state = models.CharField(
        "décision", max_length=9, choices=PairState.choices, default=PairState.OPEN
    )
    found_at = models.DateTimeField("trouvé le")
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    decided_by = models.CharField("décidé par", max_length=120, blank=True)

    class Meta:
        verbose_name = "doublon possible"
        verbose_name_plural = "doublons possibles"
        ordering = ("-score", "id")
        constraints = (
            models.UniqueConstraint(fields=("first", "second"), name="patients_one_pair"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="patients_pair_is_ordered"
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id} ?"


class Merger(models.Model):
    """One record read through another, since when and until when (undone)."""

    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="mergers")
    absorbed = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField("motif", max_length=240)
    merged_at = models.DateTimeField("fusionné le")
    merged_by = models.CharField("fusionné par", max_length=120)
    undone_at = models.DateTimeField("défait le", null=True, blank=True)
    undone_by = models.CharField("défait par", max_length=120, blank=True)

    class Meta:
        verbose_name = "fusion"
        verbose_name_plural = "fusions"
        ordering = ("-merged_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by="")
                | (Q(undone_at__isnull=False) & ~Q(undone_by="")),
                name="patients_undoing_is_whole",
            ),
            models.CheckConstraint(condition=~Q(kept=F("absorbed")), name="patients_merger_of_two"),
        )

    def __str__(self) -> str:
        return f"{self.absorbed_id} -> {self.kept_id}"
