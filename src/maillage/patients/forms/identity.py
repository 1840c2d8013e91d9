"""Forms of a person's identity: a new patient, joining a record, correcting it, trusting it."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from maillage.patients.enums import IdentityState, Sex
from maillage.patients.forms.fields import (
    BirthplaceField,
    CommuneField,
    OwnPlaceField,
    TypedDayField,
)
from maillage.patients.models import Patient
from maillage.patients.rules.identity import IDENTITY_FIELDS, Identity
from maillage.patients.rules.identity_states import TRANSITIONS

STRICT_SEX = [(Sex.FEMALE.value, Sex.FEMALE.label), (Sex.MALE.value, Sex.MALE.label)]


def name_field(label: str, *, required: bool = True, longest: int = 100, help: str = "") -> Any:
    """A field for a name: typed as on the card, never completed by the browser of a shared post."""
    return forms.CharField(
        label=label,
        max_length=longest,
        required=required,
        help_text=help,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class PatientForm(forms.Form):
    """A new patient. Five fields at night; the rest is folded and may wait for the day."""

    birth_name = name_field("Nom de naissance")
    first_given_name = name_field("Premier prénom de naissance", longest=80)
    birth_date = TypedDayField(label="Date de naissance")
    sex = forms.ChoiceField(label="Sexe", choices=Sex.choices, widget=forms.RadioSelect)
    commune = CommuneField(
        label="Commune de résidence", required=False, help_text="Les premières lettres suffisent."
    )
    organization = OwnPlaceField(label="Pris en charge à")

    number = name_field("Numéro de venue ou IPP", required=False, longest=40)
    birth_given_names = name_field("Tous les prénoms de naissance", required=False, longest=160)
    birthplace = BirthplaceField(
        label="Lieu de naissance",
        required=False,
        help_text="La commune, ou son code (COG) ; 99… pour une naissance à l'étranger.",
    )
    used_name = name_field("Nom utilisé", required=False)
    used_given_name = name_field("Prénom utilisé", required=False, longest=80)
    ins_number = name_field(
        "Matricule INS",
        required=False,
        longest=21,
        help="Quinze chiffres, tels que le téléservice INSi les a rendus.",
    )
    phone = name_field("Téléphone", required=False, longest=20)
    attending_doctor = name_field("Médecin traitant", required=False, longest=120)
    attending_mail = forms.EmailField(
        label="Boîte MSSanté du médecin traitant", max_length=120, required=False
    )

    SHORT: tuple[str, ...] = (
        "birth_name", "first_given_name", "birth_date", "sex", "commune", "organization",
    )  # fmt: skip
    NOT_IDENTITY = frozenset({"organization", "number"})

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(OwnPlaceField, self.fields["organization"]).offer(places)

    def clean_ins_number(self) -> str:
        return "".join(str(self.cleaned_data["ins_number"]).split()).upper()

    def short_fields(self) -> list[forms.BoundField]:
        """What is asked at night."""
        return [self[name] for name in self.SHORT]

    def folded_fields(self) -> list[forms.BoundField]:
        """What may wait."""
        return [self[name] for name in self.fields if name not in self.SHORT]

    def is_unfolded(self) -> bool:
        """True when something folded was typed or is wrong: it must be seen."""
        return any(field.errors or field.data for field in self.folded_fields())

    def identity(self) -> Identity:
        """What was typed of the identity, once valid."""
        values = {k: v for k, v in self.cleaned_data.items() if k not in self.NOT_IDENTITY}
        commune = values.pop("commune")
        return Identity(**values, commune=commune.code if commune else "")


class JoinForm(forms.Form):
    """The strict traits, or the INS number, exactly: the patient is here and is who the record
    says. Nothing is proposed while typing."""

    birth_name = name_field("Nom de naissance", required=False)
    first_given_name = name_field("Premier prénom de naissance", required=False, longest=80)
    birth_date = TypedDayField(label="Date de naissance", required=False)
    sex = forms.ChoiceField(
        label="Sexe", choices=STRICT_SEX, required=False, widget=forms.RadioSelect
    )
    birthplace = BirthplaceField(
        label="Lieu de naissance",
        required=False,
        help_text="La commune, ou son code (COG) ; 99… pour une naissance à l'étranger.",
    )
    ins_number = name_field("Matricule INS", required=False, longest=21, help="Quinze chiffres.")
    organization = OwnPlaceField(label="Pris en charge à")
    number = name_field("Numéro de venue ou IPP", required=False, longest=40)

    TRAITS = ("birth_name", "first_given_name", "birth_date", "sex", "birthplace")

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(OwnPlaceField, self.fields["organization"]).offer(places)

    def clean_ins_number(self) -> str:
        return "".join(str(self.cleaned_data["ins_number"]).split()).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("ins_number"):
            return cleaned
        for name in self.TRAITS:
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, "Ce trait manque : les cinq sont nécessaires sans matricule.")
        return cleaned

    def trait_fields(self) -> list[forms.BoundField]:
        """The five strict traits."""
        return [self[name] for name in self.TRAITS]

    def identity(self) -> Identity:
        """What was typed of the identity, once valid."""
        return Identity(**{name: self.cleaned_data[name] for name in (*self.TRAITS, "ins_number")})


class IdentityForm(PatientForm):
    """Correct the identity of a record. ``version`` is that of the page: an older one is refused.
    The place is not asked again."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    deceased_on = TypedDayField(label="Décédé(e) le", required=False)

    NOT_IDENTITY = frozenset({"organization", "number", "version"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, places=[], **kwargs)
        del self.fields["organization"], self.fields["number"]
        self.fields["deceased_on"].widget.attrs["placeholder"] = "24/12/2026"

    SHORT = ("birth_name", "first_given_name", "birth_date", "sex", "commune")

    @staticmethod
    def values_of(patient: Patient) -> dict[str, Any]:
        """What the form shows of a record at first."""
        return {name: getattr(patient, name) for name in (*IDENTITY_FIELDS, "version")}


class IdentityStateForm(forms.Form):
    """How far the identity is trusted from now on."""

    to = forms.TypedChoiceField(label="Nouvel état", coerce=IdentityState, widget=forms.RadioSelect)
    document = name_field(
        "Pièce d'identité vue",
        required=False,
        longest=60,
        help="Nature seulement : carte d'identité, passeport… Jamais son numéro.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    STEPS = {
        IdentityState.PROVISIONAL: "Provisoire : un doute sur l'identité",
        IdentityState.RETRIEVED: "Récupérée : le téléservice INSi a répondu",
        IdentityState.VALIDATED: "Validée : une pièce d'identité de haute confiance est vue",
        IdentityState.QUALIFIED: "Qualifiée : INSi et pièce d'identité concordent",
    }

    def __init__(self, *args: Any, state: IdentityState, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = [(to.value, self.STEPS[to]) for to in TRANSITIONS[state]]
        cast(forms.ChoiceField, self.fields["to"]).choices = steps


class StayForm(forms.Form):
    """A stay to declare on an open record."""

    organization = OwnPlaceField(label="Pris en charge à")
    number = name_field("Numéro de venue ou IPP", required=False, longest=40)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(OwnPlaceField, self.fields["organization"]).offer(places)
