"""Forms of the text of an agreement: terms, parties, missions, perimeter, clauses, commitments."""

from __future__ import annotations

from typing import Any

from django import forms

from maillage.accounts.names import ByName
from maillage.accounts.permissions import Actor
from maillage.agreements.actions.clauses import ClauseDraft
from maillage.agreements.actions.drafting import CommitmentDraft, Draft, PartyDraft
from maillage.agreements.enums import AgreementKind, AgreementState, MissionKind, PartyRole, Renewal
from maillage.agreements.forms.fields import DayField, cleaned, empty_first, long_text
from maillage.agreements.models import Agreement
from maillage.agreements.permissions import CREATE
from maillage.agreements.queries.records import (
    bound_groups,
    bound_organizations,
    organizations_where,
)
from maillage.directory.models import Organization, OrganizationGroup, Practitioner
from maillage.vocabulary.care import CareLevel, CareType

PRECISIONS = (("day", "au jour près"), ("month", "au mois près"), ("year", "à l'année près"))


class TermsForm(forms.Form):
    """The terms of an agreement."""

    title = forms.CharField(label="Titre", max_length=240)
    short_title = forms.CharField(
        label="Titre court", max_length=100, help_text="Celui des listes et des adresses."
    )
    kind = forms.TypedChoiceField(
        label="Nature", coerce=AgreementKind, choices=AgreementKind.choices
    )
    parent = forms.ModelChoiceField(
        label="Convention dont elle est l'annexe",
        queryset=Agreement.objects.order_by(ByName("short_title")),
        required=False,
        empty_label="Aucune",
        to_field_name="slug",
    )
    summary = long_text("Objet")
    legal_basis = forms.CharField(
        label="Base juridique",
        max_length=240,
        required=False,
        help_text="Par exemple : Code de la santé publique, L6132-3.",
    )
    starts_on = DayField(label="En vigueur à partir du", required=False)
    ends_on = DayField(
        label="Terme", required=False, help_text="Premier jour où elle n'est plus en vigueur."
    )
    date_precision = forms.ChoiceField(
        label="Ces dates sont connues", choices=PRECISIONS, initial="day"
    )
    renewal = forms.TypedChoiceField(label="Reconduction", coerce=Renewal, choices=Renewal.choices)
    notice_months = forms.IntegerField(
        label="Préavis, en mois", min_value=0, max_value=60, required=False
    )
    practitioner = forms.ModelChoiceField(
        label="Praticien concerné",
        queryset=Practitioner.objects.order_by("search_name", "slug"),
        required=False,
        empty_label="Aucun",
        to_field_name="slug",
        help_text="Pour un temps partagé ou un partage d'activité.",
    )
    holds_authorisation = forms.BooleanField(
        label="Porte elle-même une autorisation de soins (GCS établissement)", required=False
    )
    medical_project_on = DayField(
        label="Projet médical partagé du", required=False, help_text="Pour un GHT."
    )

    def draft(self) -> Draft:
        """The terms, once valid."""
        names = [name for name in TermsForm.base_fields if name in self.cleaned_data]
        return Draft(**cleaned(self, *names))

    @staticmethod
    def values_of(agreement: Agreement) -> dict[str, Any]:
        """What an agreement says now, to begin with."""
        values = {name: getattr(agreement, name) for name in TermsForm.base_fields}
        values["parent"] = agreement.parent.slug if agreement.parent else None
        values["practitioner"] = agreement.practitioner.slug if agreement.practitioner else None
        return values


class CreateForm(TermsForm):
    """The terms of a new agreement, the organization that carries it and where it begins."""

    organization = forms.ModelChoiceField(
        label="Établissement qui la prépare",
        queryset=Organization.objects.none(),
        to_field_name="slug",
        help_text="Il en sera la première partie.",
        error_messages={
            "invalid_choice": "Choisissez un établissement pour lequel vous pouvez préparer une "
            "convention."
        },
    )
    state = forms.TypedChoiceField(
        label="Elle est",
        coerce=AgreementState,
        choices=[(s.value, s.label) for s in (AgreementState.DRAFT, AgreementState.IDENTIFIED)],
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = organizations_where(CREATE, actor=actor)
        field = self.fields["organization"]
        field.queryset = offered  # type: ignore[attr-defined]
        if len(offered) == 1:
            field.initial = offered[0].slug


class PartyForm(forms.Form):
    """One more party."""

    organization = forms.ModelChoiceField(
        label="Établissement",
        queryset=Organization.objects.order_by(ByName("short_name")),
        required=False,
        empty_label="Aucun",
        to_field_name="slug",
    )
    group = forms.ModelChoiceField(
        label="ou groupement",
        queryset=OrganizationGroup.objects.order_by(ByName("short_name")),
        required=False,
        empty_label="Aucun",
        to_field_name="slug",
    )
    role = forms.TypedChoiceField(
        label="Qualité", coerce=PartyRole, choices=PartyRole.choices, initial=PartyRole.PARTY
    )
    must_sign = forms.BooleanField(label="Doit signer", required=False, initial=True)
    signatory_name = forms.CharField(label="Signataire", max_length=120, required=False)
    signatory_title = forms.CharField(label="Qualité du signataire", max_length=120, required=False)

    def draft(self) -> PartyDraft:
        """The party, once valid."""
        return PartyDraft(**cleaned(self, *self.base_fields))


class MissionsForm(forms.Form):
    """What an agreement serves: tick, and say how."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in MissionKind:
            self.fields[kind.value] = forms.BooleanField(label=kind.label, required=False)
            self.fields[f"{kind.value}_text"] = forms.CharField(
                label=f"{kind.label} : contenu",
                required=False,
                max_length=4000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def missions(self) -> dict[str, str]:
        """Ticked missions and their content. A content without its tick counts as ticked."""
        values = self.cleaned_data
        return {
            kind.value: values[f"{kind.value}_text"]
            for kind in MissionKind
            if values[kind.value] or values[f"{kind.value}_text"]
        }

    @staticmethod
    def values_of(agreement: Agreement) -> dict[str, Any]:
        """The present missions, to begin with."""
        values: dict[str, Any] = {}
        for mission in agreement.missions.all():
            values[mission.kind] = True
            values[f"{mission.kind}_text"] = mission.text
        return values


class ScopeForm(forms.Form):
    """One more line of the perimeter."""

    care_type = forms.ChoiceField(
        label="Type de soin",
        choices=empty_first(CareType.choices(), "Aucun en particulier"),
        required=False,
    )
    level = forms.ChoiceField(
        label="Niveau", choices=empty_first(CareLevel.choices(), "Tous"), required=False
    )
    text = forms.CharField(label="Précision, ou axe en clair", max_length=240, required=False)
    under_study = forms.BooleanField(label="Encore à l'étude", required=False)


class ClauseForm(forms.Form):
    """One more clause: who sends which patients to whom. Only who is bound may be chosen."""

    from_organization = forms.ModelChoiceField(
        label="De l'établissement",
        queryset=Organization.objects.none(),
        required=False,
        empty_label="Aucun",
        to_field_name="slug",
    )
    from_group = forms.ModelChoiceField(
        label="ou de chaque membre du groupement",
        queryset=OrganizationGroup.objects.none(),
        required=False,
        empty_label="Aucun",
        to_field_name="slug",
        help_text="La clause vaut pour chaque membre, les jours où il est membre.",
    )
    to_organization = forms.ModelChoiceField(
        label="Vers l'établissement",
        queryset=Organization.objects.none(),
        to_field_name="slug",
        empty_label="Choisir",
    )
    care_types = forms.MultipleChoiceField(
        label="Types de soin",
        choices=CareType.choices(),
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = DayField(label="À partir du")
    ends_on = DayField(
        label="Jusqu'au", required=False, help_text="Exclu. Vide : jusqu'au terme de la convention."
    )
    article = forms.CharField(label="Article", max_length=40, required=False)
    population = forms.CharField(label="Population", max_length=160, required=False)
    priority = forms.IntegerField(
        label="Priorité",
        min_value=1,
        max_value=99,
        initial=1,
        help_text="À temps égal, la plus petite est préférée.",
    )
    text = long_text("Texte de la clause")

    def __init__(self, *args: Any, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organizations = bound_organizations(agreement).order_by(ByName("short_name"))
        for name in ("from_organization", "to_organization"):
            self.fields[name].queryset = organizations  # type: ignore[attr-defined]
        groups = bound_groups(agreement).order_by(ByName("short_name"))
        self.fields["from_group"].queryset = groups  # type: ignore[attr-defined]

    def draft(self) -> ClauseDraft:
        """The clause, once valid."""
        return ClauseDraft(**cleaned(self, *self.base_fields))


class CommitmentForm(forms.Form):
    """One more promise that can be measured."""

    text = long_text("Engagement", required=True)
    owner = forms.ModelChoiceField(
        label="Responsable",
        queryset=Organization.objects.none(),
        required=False,
        empty_label="Toutes les parties",
        to_field_name="slug",
    )
    mission = forms.ChoiceField(
        label="Mission", choices=empty_first(MissionKind.choices, "Aucune"), required=False
    )
    quantity = forms.DecimalField(
        label="Quantité",
        min_value=0,
        max_digits=10,
        decimal_places=2,
        required=False,
        localize=True,
    )
    unit = forms.CharField(label="Unité", max_length=60, required=False)
    due_on = DayField(label="Échéance", required=False)
    indicator = forms.CharField(label="Indicateur", max_length=160, required=False)

    def __init__(self, *args: Any, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = bound_organizations(agreement).order_by(ByName("short_name"))
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]

    def draft(self) -> CommitmentDraft:
        """The commitment, once valid."""
        return CommitmentDraft(**cleaned(self, *self.base_fields))


class EndClauseForm(forms.Form):
    """The end of a clause."""

    on = DayField(label="Prend fin le", help_text="Premier jour où elle ne vaut plus.")
