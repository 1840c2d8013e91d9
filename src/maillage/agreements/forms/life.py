"""Forms of the life of an agreement: opinions, signatures, steps, amendments, documents; and the
filters of the list."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from maillage.accounts.names import ByName
from maillage.agreements.actions.amendments import AmendmentDraft
from maillage.agreements.enums import (
    AgreementKind,
    AgreementState,
    DocumentKind,
    MissionKind,
    OpinionBody,
    OpinionResult,
)
from maillage.agreements.forms.fields import DayField, cleaned, empty_first, long_text
from maillage.agreements.models import Agreement
from maillage.agreements.queries.lists import Filters, list_party_organizations
from maillage.agreements.queries.records import bound_organizations
from maillage.directory.models import Organization


class OpinionForm(forms.Form):
    """What a body said."""

    body = forms.TypedChoiceField(label="Instance", coerce=OpinionBody, choices=OpinionBody.choices)
    organization = forms.ModelChoiceField(
        label="De l'établissement",
        queryset=Organization.objects.none(),
        required=False,
        empty_label="Toutes les parties",
        to_field_name="slug",
    )
    result = forms.TypedChoiceField(
        label="Avis", coerce=OpinionResult, choices=OpinionResult.choices
    )
    given_on = DayField(label="Rendu le")
    comment = long_text("Commentaire", longest=2000)

    def __init__(self, *args: Any, agreement: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bound = bound_organizations(agreement).order_by(ByName("short_name"))
        self.fields["organization"].queryset = bound  # type: ignore[attr-defined]


class SignatureForm(forms.Form):
    """The signature of one party."""

    on = DayField(label="A signé le")
    signatory_name = forms.CharField(label="Signataire", max_length=120)
    signatory_title = forms.CharField(label="Qualité du signataire", max_length=120)


class StepForm(forms.Form):
    """One step of the life of an agreement."""

    on = DayField(label="À la date du")
    comment = forms.CharField(label="Commentaire", max_length=240, required=False)


class TerminateForm(forms.Form):
    """The end of an agreement before its term."""

    notified_on = DayField(label="Notifiée le")
    effective_on = DayField(
        label="Prend effet le",
        help_text="Les adressages cessent ce jour-là. Il peut être à venir.",
    )
    by_consent = forms.BooleanField(
        label="D'un commun accord de toutes les parties",
        required=False,
        help_text="Le préavis ne s'applique alors pas.",
    )
    comment = forms.CharField(label="Motif", max_length=160, required=False)


class RenewForm(forms.Form):
    """A renewal."""

    until = DayField(label="Nouveau terme", help_text="Premier jour où elle n'est plus en vigueur.")
    comment = forms.CharField(label="Commentaire", max_length=160, required=False)


class AmendmentForm(forms.Form):
    """A signed amendment. Its changes are entered next."""

    title = forms.CharField(label="Objet de l'avenant", max_length=240)
    signed_on = DayField(label="Signé par toutes les parties le")
    effective_on = DayField(label="Prend effet le")
    summary = long_text("Contenu")
    submitted_on = DayField(
        label="Reçu par l'ARS le", required=False, help_text="Pour un GHT ou un GCS."
    )
    approved_on = DayField(
        label="Approuvé par l'ARS le",
        required=False,
        help_text="Vide : approbation tacite, deux mois après réception.",
    )

    def draft(self) -> AmendmentDraft:
        """The amendment, once valid."""
        return AmendmentDraft(**cleaned(self, *self.base_fields))


class DocumentForm(forms.Form):
    """A scan."""

    kind = forms.TypedChoiceField(label="Nature", coerce=DocumentKind, choices=DocumentKind.choices)
    title = forms.CharField(
        label="Titre", max_length=160, required=False, help_text="Vide : le nom du fichier."
    )
    file = forms.FileField(
        label="Fichier",
        max_length=255,
        allow_empty_file=True,
        help_text="PDF, PNG ou JPEG, 20 Mo au plus.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )


class FilterForm(forms.Form):
    """The filters of the list, as they stand in its address."""

    q = forms.CharField(label="Mots", max_length=100, required=False)
    nature = forms.ChoiceField(
        label="Nature", choices=empty_first(AgreementKind.choices, "Toutes"), required=False
    )
    etat = forms.ChoiceField(
        label="État", choices=empty_first(AgreementState.choices, "Tous"), required=False
    )
    etablissement = forms.ChoiceField(label="Établissement", required=False)
    mission = forms.ChoiceField(
        label="Mission", choices=empty_first(MissionKind.choices, "Toutes"), required=False
    )
    le = DayField(label="En vigueur le", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = empty_first(list_party_organizations(), "Tous")
        self.fields["etablissement"].choices = parties  # type: ignore[attr-defined]

    def filters(self, *, sort: str) -> Filters:
        """The filters; a wrong one does not narrow the list, and says so beside its field."""
        self.is_valid()
        values = self.cleaned_data
        day: date | None = values.get("le")
        return Filters(
            kind=values.get("nature", ""),
            state=values.get("etat", ""),
            organization=values.get("etablissement", ""),
            mission=values.get("mission", ""),
            in_force_on=day,
            text=values.get("q", ""),
            sort=sort,
        )
