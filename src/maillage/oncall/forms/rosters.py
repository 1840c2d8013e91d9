"""Forms of rosters: shapes only; actions decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from maillage.accounts.forms import DayField, LastDayField
from maillage.directory.models import HealthcareService, Organization
from maillage.oncall.enums import Opinion
from maillage.oncall.forms.lines import InstantField
from maillage.oncall.models import DutyLine
from maillage.vocabulary.errors import Invalid


class SayingForm(forms.Form):
    """A form whose fields may be those of an action: its problems come beside them."""

    FIELDS: dict[str, str] = {}

    def say(self, error: Invalid) -> None:
        """Put the defects found by the action beside their fields."""
        for problem in error.problems:
            self.add_error(self.FIELDS.get(problem.field), problem.message)
        if not error.problems:
            self.add_error(None, error.message)


class RosterOfLinesForm(SayingForm):
    """A new roster: its lines, its days, who carries it."""

    FIELDS = {"name": "nom", "starts_on": "du", "ends_on": "au", "lines": "lignes"}

    nom = forms.CharField(
        label="Nom", max_length=160, help_text="Par exemple : Chirurgie, décembre."
    )
    etablissement = forms.ChoiceField(
        label="Établissement qui porte le tableau",
        help_text="Son équipe de garde le fait, pour toutes les lignes.",
    )
    lignes = forms.MultipleChoiceField(
        label="Lignes",
        widget=forms.CheckboxSelectMultiple,
        help_text="Celles qui partagent des praticiens se font ensemble. Une ligne d'un autre "
        "établissement n'est proposée qu'à qui a aussi un rôle d'équipe de garde ou de direction "
        "dans cet établissement (ses administrateurs le donnent) ; ses équipes sont prévenues à "
        "chaque publication.",
    )
    du = DayField(label="Du")
    au = LastDayField(label="Au")
    reprendre = forms.BooleanField(
        label="Reprendre les titulaires déjà affectés", required=False, initial=False
    )

    def __init__(
        self,
        *args: Any,
        lines: Sequence[DutyLine],
        organizations: Iterable[Organization],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {line.slug: line for line in lines}
        self.organizations = {one.slug: one for one in organizations}
        choices = [(slug, line.name) for slug, line in self.lines.items()]
        self.fields["lignes"].choices = choices  # type: ignore[attr-defined]
        keepers = [(slug, one.short_name) for slug, one in self.organizations.items()]
        self.fields["etablissement"].choices = keepers  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The roster, once valid; its last day is excluded."""
        found = self.cleaned_data
        return {
            "name": found["nom"],
            "organization": self.organizations[found["etablissement"]],
            "lines": [self.lines[slug] for slug in found["lignes"]],
            "starts_on": found["du"],
            "ends_on": found["au"],
            "with_holders": found["reprendre"],
        }


class HolderForm(forms.Form):
    """Who is to hold a duty. ``montre`` is who the page showed; nobody is an empty answer."""

    praticien = forms.ChoiceField(label="Titulaire", required=False, widget=forms.RadioSelect)
    montre = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, slugs: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Personne"), *((slug, slug) for slug in slugs)]
        self.fields["praticien"].choices = choices  # type: ignore[attr-defined]


class AddDutyForm(SayingForm):
    """One more duty of a draft."""

    FIELDS = {"starts_at": "du", "ends_at": "au"}

    garde = forms.ChoiceField(label="Ligne et offre qui reçoit")
    du = InstantField(label="Du", help_text="Comme vous l'écrivez : 24/12/2026 18h30.")
    au = InstantField(label="Au")

    def __init__(self, *args: Any, lines: Sequence[DutyLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places: dict[str, tuple[DutyLine, HealthcareService]] = {
            f"{line.slug}:{service.slug}": (line, service)
            for line in lines
            for service in line.services.all()
        }
        self.fields["garde"].choices = [  # type: ignore[attr-defined]
            (key, f"{line.name} : {service.name}") for key, (line, service) in self.places.items()
        ]

    def values(self) -> dict[str, Any]:
        """The duty, once valid."""
        line, service = self.places[self.cleaned_data["garde"]]
        return {
            "line": line,
            "service": service,
            "starts_at": self.cleaned_data["du"],
            "ends_at": self.cleaned_data["au"],
        }


class ReasonForm(SayingForm):
    """Why a published roster is changed."""

    FIELDS = {"reason": "motif"}

    motif = forms.CharField(
        label="Motif", max_length=400, widget=forms.Textarea(attrs={"rows": 2}), strip=True
    )


class PublishForm(SayingForm):
    """The publication of a version; ``empreinte`` names the changes that the page showed."""

    FIELDS = {"reason": "motif"}

    motif = forms.CharField(
        label="Pourquoi publier malgré ces règles",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    empreinte = forms.CharField(max_length=64, widget=forms.HiddenInput)


class OpinionForm(SayingForm):
    """What somebody says of a version."""

    FIELDS = {"comment": "remarque"}

    avis = forms.TypedChoiceField(
        label="Avis",
        coerce=Opinion,
        choices=[(one.value, one.label.capitalize()) for one in Opinion],
        widget=forms.RadioSelect,
    )
    remarque = forms.CharField(
        label="Remarque",
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Obligatoire si l'avis n'est pas favorable.",
    )
