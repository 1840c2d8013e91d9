"""Forms of the directory: shapes only; actions decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms

from maillage.accounts.forms import DayField
from maillage.accounts.names import name_key
from maillage.directory.enums import MemberRole, OrganizationKind
from maillage.directory.queries import ServiceFilters
from maillage.directory.rules.finess import CATEGORIES, DEFAULT_CATEGORIES
from maillage.vocabulary.calendar import parse_instant
from maillage.vocabulary.care import SPECIALTIES, CareLevel, CareType
from maillage.vocabulary.errors import Invalid

EVERY = [("", "Tous")]
EVERY_F = [("", "Toutes")]
LONGEST_SEARCH = 80


YEARS = range(2000, 2100)
"""Years that a page may ask for."""


class InstantField(forms.CharField):
    """An instant of this century as French people type it: « 24/12/2026 3h »; Paris time."""

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            found = parse_instant(text)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        except OverflowError:
            found = None
        if found is None or found.year not in YEARS:
            raise forms.ValidationError("Indiquez une date de ce siècle.")
        return found


def search_field(label: str) -> forms.CharField:
    """A short search by words."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search"}),
    )


class FilterForm(forms.Form):
    """A form of the address: what is not valid counts as not given."""

    def wanted(self, name: str) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name) or ""


class OrganizationFilterForm(FilterForm):
    """Filters of the list of establishments."""

    q = search_field("Nom, commune ou FINESS")
    nature = forms.ChoiceField(
        label="Nature", required=False, choices=[*EVERY_F, *OrganizationKind.choices]
    )


class ServiceFilterForm(FilterForm):
    """Filters of the list of services."""

    q = search_field("Nom, lieu ou soin")
    type = forms.ChoiceField(
        label="Type de soin", required=False, choices=[*EVERY, *CareType.choices()]
    )
    niveau = forms.ChoiceField(
        label="Niveau", required=False, choices=[*EVERY, *CareLevel.choices()]
    )
    etablissement = forms.SlugField(required=False, widget=forms.HiddenInput)
    ouvert = InstantField(
        label="Ouverte le",
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "24/12/2026 3h"}),
    )

    def filters(self) -> ServiceFilters:
        return ServiceFilters(
            text=self.wanted("q"),
            care_type=self.wanted("type"),
            level=self.wanted("niveau"),
            organization=self.wanted("etablissement"),
            open_at=self.wanted("ouvert") or None,
        )


class PractitionerFilterForm(FilterForm):
    """Filters of the list of practitioners."""

    q = search_field("Nom")
    specialite = forms.ChoiceField(
        label="Spécialité",
        required=False,
        choices=[*EVERY_F, *sorted(SPECIALTIES.items(), key=lambda pair: name_key(pair[1]))],
    )
    lieu = search_field("Lieu d'exercice")


class DayForm(forms.Form):
    """The day of a page: the one of the address, else today."""

    le = DayField(label="Le")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    @classmethod
    def of(cls, address: Mapping[str, Any], *, today: date) -> DayForm:
        """The form of an address, which always shows a day."""
        return cls({"le": address.get("le") or today.isoformat()}, today=today)

    def day(self) -> date:
        """The day that is asked for; today when it is not a day of this century."""
        found = self.cleaned_data.get("le") if self.is_valid() else None
        return found if found and found.year in YEARS else self.today


class AccountForm(forms.Form):
    """The account of a practitioner, by its name at log-in."""

    username = forms.CharField(
        label="Identifiant du compte",
        max_length=60,
        help_text="Celui que la personne tape pour se connecter, par exemple « camille.martin ».",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class JoinForm(forms.Form):
    """An organization enters a group."""

    etablissement = forms.ChoiceField(label="Établissement")
    qualite = forms.ChoiceField(
        label="Qualité", choices=MemberRole.choices, initial=MemberRole.PARTY
    )
    le = DayField(label="Entre le", help_text="Premier jour comme membre.")
    source = forms.CharField(
        label="Acte", max_length=200, help_text="L'arrêté ou la décision, avec sa date."
    )

    def __init__(self, *args: Any, organizations: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etablissement"].choices = [("", "Choisir"), *organizations]  # type: ignore[attr-defined]


class LeaveForm(forms.Form):
    """An organization leaves a group."""

    le = DayField(label="Sort le", help_text="Premier jour hors du groupement.")
    source = forms.CharField(
        label="Acte", max_length=200, help_text="L'arrêté ou la décision, avec sa date."
    )


class ClosureForm(forms.Form):
    """A service closes for a while."""

    du = InstantField(label="Ferme le", help_text="Par exemple : 24/12/2026 18h30")
    au = InstantField(label="Rouvre le", help_text="Par exemple : 02/01/2027 8h")
    motif = forms.CharField(label="Motif", max_length=200)


class FinessForm(forms.Form):
    """A FINESS extract and what is taken from it."""

    fichier = forms.FileField(
        label="Extrait FINESS",
        help_text="Le fichier national etalab-cs1100507 (avec coordonnées) ou etalab-cs1100502.",
    )
    departements = forms.CharField(
        label="Départements", max_length=200, help_text="Séparés par des virgules : 59, 62."
    )
    categories = forms.MultipleChoiceField(
        label="Catégories",
        choices=[(code, label) for code, (label, _) in CATEGORIES.items()],
        initial=list(DEFAULT_CATEGORIES),
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_departements(self) -> list[str]:
        text = str(self.cleaned_data["departements"])
        return [part for part in text.replace(";", ",").replace(" ", ",").split(",") if part]
