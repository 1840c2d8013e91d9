"""Forms of the workforce room: shapes only; actions decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from maillage.accounts.forms import CHOOSE, DayField, LastDayField
from maillage.agreements.models import Agreement, Commitment
from maillage.directory.models import HealthcareService, Organization, Practitioner, Site
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import Invalid
from maillage.vocabulary.search import fold
from maillage.workforce.actions.recruiting import NewSupport
from maillage.workforce.actions.weeks import Cell
from maillage.workforce.enums import (
    Activity,
    CandidateState,
    EndReason,
    HospitalStatus,
    SupportKind,
    SupportState,
    Weeks,
)
from maillage.workforce.models import Candidate
from maillage.workforce.queries.posts import PostFilters

Choices = list[tuple[str, str]]

HALF_DAYS = {"min_value": "De 1 à 10.", "max_value": "De 1 à 10.", "invalid": "Un nombre entier."}
"""What is said of half-days a week that cannot be."""

POST_STATES = [
    ("", "Tous"),
    ("vacants", "Vacants, en tout ou partie"),
    ("pourvus", "Pourvus"),
    ("tension", "Spécialités en tension"),
]


def specialty_choices() -> list[tuple[str, str]]:
    """Specialties by name."""
    return sorted(SPECIALTIES.items(), key=lambda pair: fold(pair[1]))


def to_choose(choices: Callable[[], Choices]) -> Callable[[], Choices]:
    """The same choices, with none made: nobody is of a specialty for want of attention."""
    return lambda: empty_first(choices(), CHOOSE)


def empty_first(choices: Iterable[tuple[str, str]], label: str) -> list[tuple[str, str]]:
    return [("", label), *choices]


class AddressForm(forms.Form):
    """Filters that live in the address; what is not valid counts as not given."""

    def wanted(self, name: str) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name) or ""


class PostFilterForm(AddressForm):
    """Filters of the list of posts."""

    q = forms.CharField(label="Poste, site ou nom", required=False, max_length=80)
    etablissement = forms.ChoiceField(label="Établissement", required=False)
    specialite = forms.ChoiceField(label="Spécialité", required=False)
    etat = forms.ChoiceField(label="État", required=False, choices=POST_STATES)

    def __init__(self, *args: Any, organizations: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etablissement"].choices = empty_first(organizations, "Tous")  # type: ignore[attr-defined]
        self.fields["specialite"].choices = empty_first(specialty_choices(), "Toutes")  # type: ignore[attr-defined]

    def filters(self) -> PostFilters:
        return PostFilters(
            text=self.wanted("q"),
            organization=self.wanted("etablissement"),
            specialty=self.wanted("specialite"),
            state=self.wanted("etat"),
        )


class SharedFilterForm(AddressForm):
    """Period and hospital of the page of shared time."""

    du = DayField(label="Du", required=False)
    au = LastDayField(label="Au (compris)", help_text="", required=False)
    etablissement = forms.CharField(
        label="Établissement", required=False, max_length=80, widget=forms.Select
    )

    @classmethod
    def of(cls, address: Mapping[str, Any], *, today: date) -> SharedFilterForm:
        """The form of an address: the civil year of today unless it says otherwise."""
        given = {
            "du": address.get("du") or date(today.year, 1, 1).isoformat(),
            "au": address.get("au") or date(today.year, 12, 31).isoformat(),
            "etablissement": address.get("etablissement", ""),
        }
        return cls(given)

    def offer(self, organizations: Iterable[tuple[str, str]]) -> None:
        """The hospitals that the page has something of."""
        widget = self.fields["etablissement"].widget
        widget.choices = empty_first(organizations, "Tous")

    def period(self, today: date) -> tuple[date, date]:
        """First day (in) and last (out); the civil year when they are not days."""
        first, last = self.wanted("du"), self.wanted("au")
        if not first or not last or not 2000 <= first.year < last.year + 1 <= 2101:
            return date(today.year, 1, 1), date(today.year + 1, 1, 1)
        return first, last


class DemographyForm(AddressForm):
    """Selection and hypotheses; empty hypotheses are those observed."""

    specialite = forms.ChoiceField(label="Spécialité", required=False)
    etablissement = forms.ChoiceField(label="Établissement", required=False)
    depart = forms.IntegerField(
        label="Premier âge de départ", required=False, min_value=55, max_value=70
    )
    avance = forms.FloatField(
        label="Partent chaque année entre cet âge et la limite (%)",
        required=False,
        min_value=0,
        max_value=100,
    )
    prolongent = forms.FloatField(
        label="Prolongent au-delà de 67 ans (%)", required=False, min_value=0, max_value=100
    )
    rotation = forms.FloatField(
        label="Autres départs, chaque année (%)", required=False, min_value=0, max_value=50
    )
    arrivees = forms.FloatField(label="Arrivées par an", required=False, min_value=0, max_value=200)

    HYPOTHESES = {
        "depart": ("first_leaving", 1),
        "avance": ("leaving_early", 100),
        "prolongent": ("prolonging", 100),
        "rotation": ("turnover", 100),
        "arrivees": ("entries", 1),
    }

    def __init__(self, *args: Any, organizations: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etablissement"].choices = empty_first(organizations, "Tout le territoire")  # type: ignore[attr-defined]
        self.fields["specialite"].choices = empty_first(specialty_choices(), "Toutes")  # type: ignore[attr-defined]

    def hypotheses(self) -> dict[str, float | int]:
        """The hypotheses that the address changes."""
        self.is_valid()
        found: dict[str, float | int] = {}
        for name, (key, divisor) in self.HYPOTHESES.items():
            value = self.cleaned_data.get(name)
            if value is not None:
                found[key] = value if divisor == 1 else value / divisor
        if "first_leaving" in found:
            found["age_limit"] = max(67, int(found["first_leaving"]))
        return found

    @property
    def selection_fields(self) -> list[forms.BoundField]:
        return [self["specialite"], self["etablissement"]]

    @property
    def law_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.HYPOTHESES]


class SayForm(forms.Form):
    """A form whose action may refuse field by field."""

    NAMES: Mapping[str, str] = {}

    def say(self, error: Invalid) -> None:
        """Put the defects found by the action beside their fields."""
        for problem in error.problems or ():
            self.add_error(self.NAMES.get(problem.field), problem.message)
        if not error.problems:
            self.add_error(None, error.message)


class HalfDayForm(SayForm):
    """One square of a week."""

    site = forms.ChoiceField(label="Site")
    activite = forms.ChoiceField(label="Activité", choices=Activity.choices)
    semaines = forms.ChoiceField(label="Semaines", choices=Weeks.choices, initial=Weeks.EVERY)
    convention = forms.ChoiceField(
        label="Convention qui la porte",
        required=False,
        help_text="Obligatoire hors de l'établissement employeur.",
    )
    du = DayField(label="À partir du")
    au = LastDayField(
        label="Jusqu'au", required=False, help_text="Dernier jour compris. Vide : sans fin prévue."
    )

    NAMES = {"ends_on": "au", "service": "site"}

    def __init__(
        self, *args: Any, sites: Sequence[Site], agreements: Sequence[Agreement], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sites = {one.finess: one for one in sites}
        self.agreements = {one.slug: one for one in agreements}
        self.fields["site"].choices = [(one.finess, one.name) for one in sites]  # type: ignore[attr-defined]
        self.fields["convention"].choices = empty_first(  # type: ignore[attr-defined]
            ((one.slug, one.short_title) for one in agreements), "Aucune"
        )

    def cell(self, weekday: int, half: str) -> Cell:
        """The half-day of a valid form."""
        found = self.cleaned_data
        return Cell(
            weekday=weekday,
            half=half,
            weeks=found["semaines"],
            site=self.sites[found["site"]],
            service=None,
            activity=found["activite"],
            agreement=self.agreements.get(found["convention"]),
            starts_on=found["du"],
            ends_on=found["au"],
        )


class FreeForm(forms.Form):
    """From which day a square is free."""

    libre_du = DayField(label="Libre à partir du")


class PositionForm(SayForm):
    """A post to open."""

    site = forms.ChoiceField(label="Site")
    offre = forms.ChoiceField(label="Offre de soins", required=False)
    specialite = forms.ChoiceField(label="Spécialité", choices=to_choose(specialty_choices))
    intitule = forms.CharField(label="Intitulé", max_length=160, strip=True)
    demi_journees = forms.IntegerField(
        label="Demi-journées par semaine",
        min_value=1,
        max_value=10,
        initial=10,
        error_messages=HALF_DAYS,
    )
    statut = forms.ChoiceField(
        label="Statut souhaité",
        required=False,
        choices=empty_first(HospitalStatus.choices, "Indifférent"),
    )
    du = DayField(label="Ouvert le")
    tension = forms.BooleanField(label="Spécialité en tension", required=False)

    NAMES = {"service": "offre"}

    def __init__(
        self,
        *args: Any,
        sites: Sequence[Site],
        services: Sequence[HealthcareService],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sites = {one.finess: one for one in sites}
        self.services = {one.slug: one for one in services}
        self.fields["site"].choices = [(one.finess, one.name) for one in sites]  # type: ignore[attr-defined]
        self.fields["offre"].choices = empty_first(  # type: ignore[attr-defined]
            ((one.slug, one.name) for one in services), "Aucune en particulier"
        )

    def values(self) -> dict[str, Any]:
        found = self.cleaned_data
        return {
            "title": found["intitule"],
            "site": self.sites[found["site"]],
            "service": self.services.get(found["offre"]),
            "specialty": found["specialite"],
            "half_days": found["demi_journees"],
            "wanted_status": found["statut"],
            "opened_on": found["du"],
            "in_tension": found["tension"],
        }


class AssignForm(SayForm):
    """Who takes a post."""

    praticien = forms.ChoiceField(label="Praticien")
    statut = forms.ChoiceField(label="Statut", choices=empty_first(HospitalStatus.choices, CHOOSE))
    demi_journees = forms.IntegerField(
        label="Demi-journées par semaine", min_value=1, max_value=10, error_messages=HALF_DAYS
    )
    du = DayField(label="À partir du")

    def __init__(self, *args: Any, people: Sequence[Practitioner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.slug: one for one in people}
        self.fields["praticien"].choices = empty_first(  # type: ignore[attr-defined]
            ((one.slug, str(one)) for one in people), CHOOSE
        )

    def values(self) -> dict[str, Any]:
        found = self.cleaned_data
        return {
            "practitioner": self.people[found["praticien"]],
            "status": found["statut"],
            "half_days": found["demi_journees"],
            "starts_on": found["du"],
        }


class EndForm(SayForm):
    """When and why an assignment ends."""

    fin = LastDayField(label="Dernier jour", help_text="Compris : le poste est libre le lendemain.")
    motif = forms.TypedChoiceField(
        label="Motif", coerce=EndReason, choices=empty_first(EndReason.choices, CHOOSE)
    )

    def values(self) -> dict[str, Any]:
        return {"on": self.cleaned_data["fin"], "reason": self.cleaned_data["motif"]}


class CloseForm(SayForm):
    """From which day a post is closed."""

    le = DayField(label="Fermé à partir du")

    def values(self) -> dict[str, Any]:
        return {"on": self.cleaned_data["le"]}


class SupportForm(SayForm):
    """A support action to enter."""

    intitule = forms.CharField(label="Intitulé", max_length=160, strip=True)
    nature = forms.ChoiceField(label="Nature", choices=empty_first(SupportKind.choices, CHOOSE))
    de = forms.ChoiceField(label="L'établissement qui aide")
    vers = forms.ChoiceField(label="L'établissement aidé")
    convention = forms.ChoiceField(label="Convention")
    engagement = forms.ChoiceField(label="Engagement", required=False)
    specialite = forms.ChoiceField(label="Spécialité", choices=to_choose(specialty_choices))
    demi_journees = forms.IntegerField(
        label="Demi-journées par semaine",
        min_value=1,
        max_value=10,
        required=False,
        error_messages=HALF_DAYS,
    )
    du = DayField(label="Du", required=False)
    au = LastDayField(label="Au", required=False)
    contenu = forms.CharField(
        label="Contenu",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    NAMES = {
        "to_organization": "vers",
        "agreement": "convention",
        "commitment": "engagement",
        "starts_on": "du",
        "ends_on": "au",
    }

    def __init__(
        self,
        *args: Any,
        hospitals: Sequence[Organization],
        agreements: Sequence[Agreement],
        commitments: Sequence[Commitment],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.hospitals = {one.slug: one for one in hospitals}
        self.agreements = {one.slug: one for one in agreements}
        self.commitments = {one.slug: one for one in commitments}
        names = [(one.slug, one.short_name) for one in hospitals]
        for name, among in {
            "de": names,
            "vers": names,
            "convention": [(one.slug, one.short_title) for one in agreements],
        }.items():
            self.fields[name].choices = empty_first(among, CHOOSE)  # type: ignore[attr-defined]
        self.fields["engagement"].choices = empty_first(  # type: ignore[attr-defined]
            ((one.slug, f"{one.agreement.short_title} : {one.text[:80]}") for one in commitments),
            "Aucun",
        )

    def support(self) -> NewSupport:
        found = self.cleaned_data
        return NewSupport(
            title=found["intitule"],
            kind=SupportKind(found["nature"]),
            agreement=self.agreements[found["convention"]],
            commitment=self.commitments.get(found["engagement"]),
            from_organization=self.hospitals[found["de"]],
            to_organization=self.hospitals[found["vers"]],
            specialty=found["specialite"],
            half_days=found["demi_journees"],
            starts_on=found["du"],
            ends_on=found["au"],
            text=found["contenu"],
        )


class FollowSupportForm(SayForm):
    """The next step of a support action, or a note."""

    etat = forms.TypedChoiceField(label="État", coerce=SupportState)
    le = DayField(label="Le")
    suivi = forms.CharField(
        label="Suivi", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    NAMES = {"note": "suivi"}

    def __init__(self, *args: Any, states: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etat"].choices = states  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        found = self.cleaned_data
        return {"to": found["etat"], "on": found["le"], "note": found["suivi"].strip()}


class CandidateForm(SayForm):
    """An application to enter, or to correct."""

    nom = forms.CharField(label="Nom", max_length=120, strip=True)
    contact = forms.CharField(
        label="Contact", max_length=160, required=False, help_text="Téléphone ou courriel."
    )
    statut = forms.ChoiceField(
        label="Statut envisagé",
        required=False,
        choices=empty_first(HospitalStatus.choices, "Non précisé"),
    )
    recue = DayField(label="Reçue le")

    NAMES = {"received_on": "recue"}

    @staticmethod
    def initial_of(candidate: Candidate) -> dict[str, Any]:
        """The fields as they were entered."""
        return {
            "nom": candidate.name,
            "contact": candidate.contact,
            "statut": candidate.status,
            "recue": candidate.received_on,
        }

    def values(self) -> dict[str, Any]:
        found = self.cleaned_data
        return {
            "name": found["nom"],
            "contact": found["contact"],
            "status": found["statut"],
            "received_on": found["recue"],
        }


class FollowCandidateForm(SayForm):
    """The next step of an application."""

    etat = forms.TypedChoiceField(label="Étape", coerce=CandidateState, widget=forms.RadioSelect)
    le = DayField(label="Le")
    remarque = forms.CharField(label="Remarque", max_length=400, required=False)

    def __init__(self, *args: Any, states: Iterable[CandidateState], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etat"].choices = [(one.value, one.label) for one in states]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        found = self.cleaned_data
        return {"to": found["etat"], "on": found["le"], "note": found["remarque"]}
