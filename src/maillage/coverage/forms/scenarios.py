"""The short forms of a scenario: one per kind of change, in the words of those who plan."""

from __future__ import annotations

import re
from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.forms.forms import DeclarativeFieldsMetaclass
from django.urls import reverse_lazy

from maillage.accounts.forms import DayField, ProposingWidget
from maillage.coverage.actions.scenarios import ScenarioDraft
from maillage.coverage.forms.asking import InstantField
from maillage.coverage.queries.scenario_choices import (
    Choice,
    find_choice,
    list_clause_care_types,
    list_target_steps,
    services_of_line,
)
from maillage.engines.routing import (
    REINFORCEMENT,
    AddClause,
    AuthoriseService,
    Change,
    CloseService,
    EndAgreement,
    EndAuthorisation,
    HolderLeaves,
    HolidayRule,
    MoveHalfDay,
    OpenService,
    SetTarget,
    StaffSlots,
    UnstaffSlots,
    write_changes,
)
from maillage.vocabulary.calendar import WEEKDAYS, day_bounds, local_day, parse_clock
from maillage.vocabulary.errors import Invalid

DAY_CHOICES = [(str(number), name) for number, name in enumerate(WEEKDAYS, start=1)]
HOLIDAYS = (
    (HolidayRule.OPEN.value, "Aussi les jours fériés"),
    (HolidayRule.CLOSED.value, "Sauf les jours fériés"),
    (HolidayRule.ONLY.value, "Seulement les jours fériés"),
)
HALF_DAYS = {"matin": (8 * 60, 13 * 60), "apres-midi": (13 * 60, 20 * 60)}
"""What a morning and an afternoon cover: only the hours that the service gives within them move."""

DAY_MINUTES = 24 * 60
EXAMPLE = "Comme vous l'écrivez : 24/12/2026 18h30."


class NamedField(forms.Field):
    """Something of the territory: chosen among proposals, or typed. Gives a :class:`Choice`."""

    def __init__(self, kind: str, **options: Any) -> None:
        address = reverse_lazy("coverage:scenario-choices", args=[kind])
        super().__init__(widget=ProposingWidget(address), **options)
        self.kind = kind

    def clean(self, value: Any) -> Choice | None:
        text, code = value or ("", "")
        if not text.strip() and not code:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        try:
            return find_choice(self.kind, value=code, text=text)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


class ClockField(forms.CharField):
    """A time of day as people type it: 8h, 12h30. Gives minutes since midnight; 24h at the end of
    a day."""

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        text = str(super().to_python(value) or "").strip()
        if not text:
            return None
        if text.lower().replace(" ", "") in ("24h", "24h00", "24:00", "minuit"):
            return DAY_MINUTES
        try:
            clock = parse_clock(text)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        return clock.hour * 60 + clock.minute


class EndField(InstantField):
    """An end as people say it: an instant, or a day alone, which is then included."""

    def to_python(self, value: Any) -> datetime | None:
        found = super().to_python(value)
        if found is None or _CLOCK.search(str(value)):
            return found
        return day_bounds(local_day(found))[1]


_CLOCK = re.compile(r"\d\s*[hH:]")
LAST_DAY = "Un jour sans heure est compris en entier."


class _AbstractForm(DeclarativeFieldsMetaclass, ABCMeta):
    """The metaclass of a form of which only the kinds can be made."""


class ChangeForm(forms.Form, metaclass=_AbstractForm):
    """One kind of change. ``slug`` is its word in addresses, ``title`` what it does, ``FIELDS`` the
    field of each JSON key of the change."""

    slug = ""
    title = ""
    group = ""
    FIELDS: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, now: datetime | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field, InstantField):
                field.now = now

    @abstractmethod
    def change(self) -> Change:
        """The change of a valid form."""

    def as_json(self) -> dict[str, Any]:
        """The change of a valid form, as scenarios keep it."""
        return write_changes([self.change()])[0]

    def key(self, name: str) -> str:
        """Identifier of what was chosen."""
        chosen: Choice = self.cleaned_data[name]
        return chosen.value

    def say(self, error: Invalid) -> None:
        """Put what the engine found beside the field that it speaks of, once each."""
        said: set[tuple[str | None, str]] = set()
        for problem in error.problems:
            field = self.FIELDS.get(problem.field)
            message = problem.message[:1].upper() + problem.message[1:]
            if (field, message) not in said:
                self.add_error(field, message)
            said.add((field, message))
        if not error.problems:
            self.add_error(None, error.message)

    def errors_in_words(self) -> str:
        """Every error with the label of its field, where no field is shown."""
        return " ".join(
            f"« {self.fields[name].label} » : {error}" if name in self.fields else str(error)
            for name, errors in self.errors.items()
            for error in errors
        )

    def _check_order(
        self, first: str, last: str, message: str = "La fin doit venir après le début."
    ) -> None:
        """Refuse an end that leaves nothing between: days are whole and the last is included,
        instants and clocks are not."""
        start, end = self.cleaned_data.get(first), self.cleaned_data.get(last)
        if start is None or end is None:
            return
        is_one_day = isinstance(self.fields[last], DayField) and end == start
        if end <= start and not is_one_day:
            self.add_error(last, message)

    def _check_two(self, first: str, second: str, message: str) -> None:
        """Refuse the same thing named twice."""
        found = self.cleaned_data.get(first)
        if found and found == self.cleaned_data.get(second):
            self.add_error(second, message)


class PeriodForm(ChangeForm):
    """A change over a period."""

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._check_order("du", "au")
        return self.cleaned_data


class StaffForm(PeriodForm):
    slug, title, group = "pourvoir", "Pourvoir une garde", "Gardes et praticiens"
    FIELDS = {"line": "ligne", "service": "offre", "holder": "titulaire", "from": "du", "to": "au"}

    ligne = NamedField("ligne", label="Ligne de garde")
    du = InstantField(label="Du", help_text=EXAMPLE)
    au = EndField(label="Au", help_text=LAST_DAY)
    titulaire = forms.CharField(
        label="Titulaire", max_length=80, required=False, help_text="Sans nom : un renfort."
    )
    creer = forms.BooleanField(
        label="Créer aussi les créneaux qui n'existent pas encore", required=False
    )
    offre = NamedField(
        "offre",
        label="Offre qui reçoit",
        required=False,
        help_text="À dire quand la ligne en garde plusieurs.",
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        line = values.get("ligne")
        if values.get("creer") and line and not values.get("offre"):
            kept = services_of_line(line.value)
            if len(kept) == 1:
                values["offre"] = kept[0]
            else:
                names = " ; ".join(one.label for one in kept)
                self.add_error("offre", f"Choisissez l'offre qui reçoit : {names}.")
        return values

    def change(self) -> StaffSlots:
        found = self.cleaned_data
        service = found.get("offre")
        return StaffSlots(
            found["du"],
            found["au"],
            line=self.key("ligne"),
            service=service.value if service else None,
            holder=" ".join(found["titulaire"].split()) or REINFORCEMENT,
            create=found["creer"],
        )


class UnstaffForm(PeriodForm):
    slug, title, group = "depourvoir", "Dépourvoir une garde", "Gardes et praticiens"
    FIELDS = {"line": "ligne", "from": "du", "to": "au"}

    ligne = NamedField("ligne", label="Ligne de garde")
    du = InstantField(label="Du", help_text=EXAMPLE)
    au = EndField(label="Au", help_text=LAST_DAY)

    def change(self) -> UnstaffSlots:
        return UnstaffSlots(
            self.cleaned_data["du"], self.cleaned_data["au"], line=self.key("ligne")
        )


class LeaveForm(ChangeForm):
    slug, title, group = "depart", "Un praticien part", "Gardes et praticiens"
    FIELDS = {"holder": "praticien", "from_date": "le"}

    praticien = NamedField("praticien", label="Praticien")
    le = DayField(label="À partir du", help_text="Il ne tient plus aucune garde dès ce jour.")

    def change(self) -> HolderLeaves:
        return HolderLeaves(self.key("praticien"), self.cleaned_data["le"])


class MoveForm(ChangeForm):
    slug, title, group = "demi-journees", "Déplacer des demi-journées", "Gardes et praticiens"
    FIELDS = {
        "from_service": "de",
        "to_service": "vers",
        "weekday": "jour",
        "from": "moment",
        "to": "moment",
    }

    de = NamedField(
        "offre", label="Offre qui cède la demi-journée", help_text="Ses heures d'ouverture."
    )
    vers = NamedField("offre", label="Offre qui la reçoit", help_text="Du même type de soin.")
    jour = forms.ChoiceField(label="Jour", choices=DAY_CHOICES)
    moment = forms.ChoiceField(
        label="Demi-journée",
        choices=[("matin", "Matin (8 h à 13 h)"), ("apres-midi", "Après-midi (13 h à 20 h)")],
        widget=forms.RadioSelect,
        initial="matin",
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._check_two("de", "vers", "Choisissez une autre offre que celle qui cède.")
        return self.cleaned_data

    def change(self) -> MoveHalfDay:
        starts, ends = HALF_DAYS[self.cleaned_data["moment"]]
        weekday = int(self.cleaned_data["jour"])
        return MoveHalfDay(self.key("de"), self.key("vers"), weekday, starts, ends)


class OpenForm(ChangeForm):
    slug, title, group = "ouvrir", "Ouvrir un service", "Services"
    FIELDS = {
        "service": "offre",
        "weekdays": "jours",
        "from": "de",
        "to": "a",
        "holidays": "feries",
    }

    offre = NamedField("offre", label="Offre de soins")
    jours = forms.MultipleChoiceField(
        label="Jours", choices=DAY_CHOICES, widget=forms.CheckboxSelectMultiple
    )
    de = ClockField(label="De", help_text="Par exemple : 8h, 12h30.")
    a = ClockField(label="À", help_text="24h pour la fin de la journée.")
    feries = forms.ChoiceField(label="Jours fériés", choices=HOLIDAYS)

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._check_order("de", "a", "L'heure de fin doit venir après celle du début.")
        return self.cleaned_data

    def change(self) -> OpenService:
        found = self.cleaned_data
        return OpenService(
            self.key("offre"),
            tuple(sorted(int(day) for day in found["jours"])),
            found["de"],
            found["a"],
            HolidayRule(found["feries"]),
        )


class CloseForm(PeriodForm):
    slug, title, group = "fermer", "Fermer un service", "Services"
    FIELDS = {"service": "offre", "starts_at": "du", "ends_at": "au"}

    offre = NamedField("offre", label="Offre de soins")
    du = InstantField(label="Du", help_text=EXAMPLE)
    au = EndField(label="Au", required=False, help_text=f"{LAST_DAY} Vide : sans fin.")

    def change(self) -> CloseService:
        return CloseService(self.key("offre"), self.cleaned_data["du"], self.cleaned_data["au"])


class AuthorisationForm(ChangeForm):
    slug, title, group = "autorisation", "Fermer ou prolonger une autorisation", "Services"
    FIELDS = {"service": "offre", "starts_on": "du"}

    offre = NamedField("offre", label="Offre de soins")
    sens = forms.ChoiceField(
        label="L'autorisation",
        choices=[("fin", "prend fin"), ("prolongee", "est prolongée ou accordée")],
        widget=forms.RadioSelect,
        initial="fin",
    )
    du = DayField(
        label="À partir du",
        required=False,
        help_text="Premier jour sans autorisation, ou premier jour de la prolongation.",
    )
    au = DayField(
        label="Jusqu'au", required=False, help_text="Pour une prolongation ; vide : sans fin."
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "du" in values and not values["du"] and values.get("sens") == "fin":
            self.add_error("du", "Indiquez le premier jour sans autorisation.")
        self._check_order("du", "au")
        return values

    def change(self) -> EndAuthorisation | AuthoriseService:
        found = self.cleaned_data
        if found["sens"] == "fin":
            return EndAuthorisation(self.key("offre"), found["du"])
        return AuthoriseService(self.key("offre"), found["du"], _day_after(found["au"]))


def _day_after(last: date | None) -> date | None:
    """People give the last day; the engine excludes the end."""
    return last + timedelta(days=1) if last else None


class ClauseForm(ChangeForm):
    slug, title, group = "clause", "Ajouter une clause", "Conventions et filières"
    FIELDS = {"from": "de", "to": "vers", "care_types": "soins", "starts_on": "du", "ends_on": "au"}

    de = NamedField("etablissement", label="Établissement qui adresse")
    vers = NamedField("etablissement", label="Établissement qui reçoit")
    soins = forms.MultipleChoiceField(label="Types de soin", widget=forms.CheckboxSelectMultiple)
    du = DayField(label="À partir du", required=False, help_text="Vide : sur tout l'horizon.")
    au = DayField(label="Jusqu'au", required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["soins"].choices = list_clause_care_types()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._check_two("de", "vers", "Celui qui adresse et celui qui reçoit sont les mêmes.")
        self._check_order("du", "au")
        return self.cleaned_data

    def change(self) -> AddClause:
        found = self.cleaned_data
        return AddClause(
            self.key("de"),
            self.key("vers"),
            tuple(found["soins"]),
            starts_on=found["du"],
            ends_on=_day_after(found["au"]),
        )


class EndAgreementForm(ChangeForm):
    slug, title = "convention", "Laisser une convention s'éteindre"
    group = "Conventions et filières"
    FIELDS = {"agreement": "convention", "ends_on": "le"}

    convention = NamedField("convention", label="Convention")
    le = DayField(label="Elle n'est plus en vigueur à partir du")

    def change(self) -> EndAgreement:
        return EndAgreement(self.key("convention"), self.cleaned_data["le"])


class TargetForm(ChangeForm):
    slug, title, group = "delai", "Changer un délai visé", "Conventions et filières"
    FIELDS = {"pathway": "etape", "step": "etape", "minutes": "minutes"}

    etape = forms.ChoiceField(label="Étape de la filière")
    minutes = forms.IntegerField(
        label="Délai visé, en minutes",
        min_value=0,
        max_value=DAY_MINUTES,
        required=False,
        help_text="Vide : plus aucun délai visé.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["etape"].choices = list_target_steps()  # type: ignore[attr-defined]

    def change(self) -> SetTarget:
        pathway, _, order = self.cleaned_data["etape"].rpartition(":")
        minutes = self.cleaned_data["minutes"]
        return SetTarget(pathway, int(order), None if minutes is None else float(minutes))


CHANGE_FORMS: dict[str, type[ChangeForm]] = {
    form.slug: form
    for form in (
        StaffForm, UnstaffForm, LeaveForm, MoveForm,
        OpenForm, CloseForm, AuthorisationForm,
        ClauseForm, EndAgreementForm, TargetForm,
    )
}  # fmt: skip


def change_menu() -> list[tuple[str, list[type[ChangeForm]]]]:
    """The kinds of change, by group, in the order in which they are offered."""
    groups: dict[str, list[type[ChangeForm]]] = {}
    for form in CHANGE_FORMS.values():
        groups.setdefault(form.group, []).append(form)
    return list(groups.items())


class ScenarioForm(forms.Form):
    """What its author says of a scenario: a name, an intention, an horizon."""

    nom = forms.CharField(label="Nom", max_length=120)
    intention = forms.CharField(
        label="Intention",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ce que vous cherchez à savoir : elle reste sous le titre.",
    )
    du = DayField(label="Du")
    au = DayField(label="Au", help_text="Dernier jour de la comparaison, compris.")

    FIELDS = {"name": "nom", "first_day": "du", "last_day": "au"}

    def draft(self) -> ScenarioDraft:
        """The scenario of a valid form."""
        found = self.cleaned_data
        return ScenarioDraft(
            name=found["nom"],
            note=found["intention"],
            first_day=found["du"],
            last_day=found["au"] + timedelta(days=1),
        )

    @staticmethod
    def values_of(draft: ScenarioDraft) -> dict[str, Any]:
        """What a form begins with."""
        return {
            "nom": draft.name,
            "intention": draft.note,
            "du": draft.first_day,
            "au": draft.last_day - timedelta(days=1),
        }

    def say(self, error: Invalid) -> None:
        """Put the defects found by the action beside their fields."""
        for problem in error.problems:
            self.add_error(self.FIELDS.get(problem.field), problem.message)
        if not error.problems:
            self.add_error(None, error.message)


class RosterReasonForm(forms.Form):
    """Why a slot of a scenario is asked for."""

    motif = forms.CharField(label="Motif", max_length=400, widget=forms.Textarea(attrs={"rows": 3}))


class DraftAgreementForm(forms.Form):
    """Where the clause of a scenario goes: a new draft, or one that is being written."""

    convention = forms.ChoiceField(
        label="Convention", widget=forms.RadioSelect, required=False, initial=""
    )
    titre = forms.CharField(
        label="Titre court de la nouvelle convention", max_length=100, required=False
    )

    def __init__(self, *args: Any, drafts: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", "Une nouvelle convention, en formalisation"), *drafts]
        self.fields["convention"].choices = choices  # type: ignore[attr-defined]
        if not drafts:
            del self.fields["convention"]
