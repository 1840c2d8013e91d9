"""Forms of the record: stays, care circle, consents, emergency opening, erasure."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from maillage.patients.enums import ConsentKind, ConsentMeans, MemberKind
from maillage.patients.forms.fields import OrganizationField, OwnPlaceField
from maillage.patients.forms.identity import name_field
from maillage.patients.rules.constants import SHORTEST_REASON


class MemberForm(forms.Form):
    """A member of the care circle. An account or a structure may then read; others may not."""

    kind = forms.TypedChoiceField(label="Qualité", coerce=MemberKind, choices=MemberKind.choices)
    name = name_field("Nom", longest=120)
    tie = name_field(
        "Fonction ou lien", required=False, longest=80, help="Infirmière libérale, fille, tutrice…"
    )
    phone = name_field("Téléphone", required=False, longest=20)
    username = name_field(
        "Identifiant Maillage du professionnel",
        required=False,
        longest=60,
        help="Rempli : cette personne pourra lire le dossier.",
    )
    organization = OrganizationField(
        label="Structure",
        required=False,
        help_text="Pour une structure : ses professionnels pourront lire le dossier.",
    )


class ConsentForm(forms.Form):
    """What the patient agreed to, or opposed, as it was heard."""

    kind = forms.TypedChoiceField(
        label="Le patient", coerce=ConsentKind, choices=[
            (ConsentKind.SHARE.value, "accepte le partage hors de l'équipe de soins"),
            (ConsentKind.OPINION.value, "accepte une télé-expertise"),
            (ConsentKind.OPPOSITION.value, "s'oppose au partage"),
        ], widget=forms.RadioSelect,
    )  # fmt: skip
    means = forms.TypedChoiceField(
        label="Comment l'a-t-il dit ?", coerce=ConsentMeans, choices=ConsentMeans.choices
    )
    organization = OrganizationField(
        label="Pour un seul établissement",
        required=False,
        help_text="Vide : pour tous les établissements.",
    )
    comment = name_field("Précision", required=False, longest=240)


class EmergencyForm(forms.Form):
    """Why the record must be opened without any other basis."""

    organization = OwnPlaceField(label="Vous ouvrez ce dossier pour")
    reason = forms.CharField(
        label="Motif de l'urgence vitale",
        max_length=400,
        min_length=SHORTEST_REASON,
        help_text=f"{SHORTEST_REASON} lettres au moins. Le patient et l'examen liront ce motif.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Écrivez le motif : sans motif, le dossier reste fermé.",
            "min_length": f"Ce motif est trop court : {SHORTEST_REASON} lettres au moins.",
        },
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(OwnPlaceField, self.fields["organization"]).offer(places)


class ReasonForm(forms.Form):
    """Why two records are one person, or why the data of a person is erased."""

    reason = name_field("Motif", longest=240)


class EraseForm(ReasonForm):
    """An erasure, with the key of the record typed again: what is erased does not come back."""

    confirmation = name_field(
        "Clé du dossier, à recopier",
        longest=10,
        help="Elle est en haut de cette page. L'effacement ne peut pas être défait.",
    )

    def __init__(self, *args: Any, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key

    def clean_confirmation(self) -> str:
        typed = str(self.cleaned_data["confirmation"]).strip().upper()
        if typed != self.key:
            raise forms.ValidationError("Ce n'est pas la clé de ce dossier : rien n'est effacé.")
        return typed
