"""Forms of leave, wishes, exemptions and members of lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from django import forms

from maillage.accounts.forms import CHOOSE, DayField, LastDayField
from maillage.directory.models import Practitioner
from maillage.oncall.enums import ExemptionKind, ExemptionScope, UnavailabilityKind
from maillage.oncall.models import DutyLine
from maillage.vocabulary.calendar import day_bounds, paris_instant, parse_clock
from maillage.vocabulary.errors import Invalid, MaillageError


class ClockField(forms.CharField):
    """An hour as French people type it: 18h30."""

    def to_python(self, value: Any) -> time | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_clock(text[:20])
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class SayingForm(forms.Form):
    """A form that puts the defects found by an action beside its own fields."""

    FIELDS: dict[str, str] = {}

    def say(self, error: MaillageError) -> None:
        problems = error.problems if isinstance(error, Invalid) else ()
        if not problems:
            self.add_error(None, error.message)
        for problem in problems:
            self.add_error(self.FIELDS.get(problem.field), problem.message)


class PersonField(forms.ChoiceField):
    """One practitioner of a list, by name."""

    def offer(self, people: Iterable[Practitioner]) -> None:
        self.people = {one.slug: one for one in people}
        self.choices = [("", CHOOSE), *((k, str(v)) for k, v in self.people.items())]

    def clean(self, value: Any) -> Any:
        slug = super().clean(value)
        return self.people.get(slug)


class AwayForm(SayingForm):
    """Somebody asks to be away, to be spared, or for duties."""

    FIELDS = {"starts_at": "du", "ends_at": "au"}

    praticien = PersonField(label="Pour")
    nature = forms.TypedChoiceField(
        label="Nature",
        coerce=UnavailabilityKind,
        choices=[
            (UnavailabilityKind.LEAVE, "Congé"),
            (UnavailabilityKind.TRAINING, "Formation"),
            (UnavailabilityKind.SICK, "Arrêt"),
            (UnavailabilityKind.OTHER, "Autre indisponibilité"),
            (UnavailabilityKind.REFUSAL, "Je préfère ne pas être de garde"),
            (UnavailabilityKind.WISH, "Je souhaite être de garde"),
        ],
    )
    du = DayField(label="Du")
    de = ClockField(
        label="À partir de", required=False, help_text="Vide : dès le début du jour. Ex. 18h30."
    )
    au = DayField(label="Au", help_text="Dernier jour compris.")
    a = ClockField(label="Jusqu'à", required=False, help_text="Vide : jusqu'à la fin du jour.")
    lignes = forms.MultipleChoiceField(
        label="Lignes concernées",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Aucune cochée : toutes.",
    )
    deplacable = forms.BooleanField(
        label="Ces dates peuvent être déplacées s'il le faut", required=False
    )

    def __init__(
        self,
        *args: Any,
        people: Iterable[Practitioner],
        lines: Iterable[DutyLine],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        people = list(people)
        self.only = people[0] if len(people) == 1 else None
        if self.only is not None:
            del self.fields["praticien"]
        else:
            self.fields["praticien"].offer(people)  # type: ignore[attr-defined]
        self.lines = {line.slug: line for line in lines}
        if self.lines:
            self.fields["lignes"].choices = [(k, v.name) for k, v in self.lines.items()]  # type: ignore[attr-defined]
        else:
            del self.fields["lignes"]

    def values(self) -> dict[str, Any]:
        """What is asked, once valid."""
        said = self.cleaned_data
        return {
            "practitioner": self.only or said["praticien"],
            "kind": said["nature"],
            "starts_at": _instant(said["du"], said["de"], is_end=False),
            "ends_at": _instant(said["au"], said["a"], is_end=True),
            "lines": [self.lines[slug] for slug in said.get("lignes") or ()],
            "negotiable": said["deplacable"],
        }


def _instant(day: Any, clock: time | None, *, is_end: bool) -> datetime:
    if clock is not None:
        return paris_instant(day, clock)
    return day_bounds(day)[1 if is_end else 0]


class AwayAnswerForm(SayingForm):
    """The answer to a request."""

    FIELDS = {"answer": "reponse"}

    issue = forms.ChoiceField(
        label="Réponse",
        choices=[("oui", "Accorder"), ("non", "Refuser")],
        widget=forms.RadioSelect,
    )
    reponse = forms.CharField(
        label="Précision",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Obligatoire pour un refus.",
    )


class ExemptionForm(SayingForm):
    """Duties that somebody does not hold."""

    FIELDS = {"ends_on": "au"}

    praticien = PersonField(label="Praticien")
    portee = forms.TypedChoiceField(
        label="Gardes dont la personne est exemptée",
        coerce=ExemptionScope,
        choices=[
            ("", CHOOSE),
            *((one.value, one.label.capitalize()) for one in ExemptionScope),
        ],
    )
    motif = forms.TypedChoiceField(
        label="Motif",
        coerce=ExemptionKind,
        choices=[("", CHOOSE), *ExemptionKind.choices],
        help_text="Lu par les affaires médicales seulement : les tableaux montrent « exempté ».",
    )
    du = DayField(label="À partir du")
    au = LastDayField(
        label="Jusqu'au", required=False, help_text="Dernier jour compris. Vide : sans fin prévue."
    )

    def __init__(self, *args: Any, people: Iterable[Practitioner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["praticien"].offer(people)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The exemption, once valid."""
        said = self.cleaned_data
        return {
            "practitioner": said["praticien"],
            "kind": said["motif"],
            "scope": said["portee"],
            "starts_on": said["du"],
            "ends_on": said["au"],
        }


class MemberForm(SayingForm):
    """Somebody who takes part in a line."""

    FIELDS = {"ends_on": "au"}

    praticien = PersonField(label="Praticien")
    du = DayField(label="À partir du")
    au = LastDayField(
        label="Jusqu'au", required=False, help_text="Dernier jour compris. Vide : sans fin prévue."
    )
    plafond = forms.IntegerField(
        label="Gardes au plus sur 28 jours",
        required=False,
        min_value=0,
        max_value=28,
        help_text="Ce qui est convenu avec la personne, sous les bornes légales. Vide : rien.",
    )

    def __init__(self, *args: Any, people: Iterable[Practitioner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["praticien"].offer(people)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The member, once valid."""
        said = self.cleaned_data
        return {
            "practitioner": said["praticien"],
            "starts_on": said["du"],
            "ends_on": said["au"],
            "most_in_28_days": said["plafond"],
        }


class EndForm(SayingForm):
    """The last day on which something holds."""

    FIELDS = {"ends_on": "le"}

    le = LastDayField(label="Dernier jour", help_text="Compris : elle ne vaut plus le lendemain.")
