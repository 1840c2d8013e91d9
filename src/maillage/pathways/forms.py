"""Forms of the pathways room: shapes only; actions decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms

from maillage.accounts.forms import DayField
from maillage.pathways.enums import Entry, PathwayKind
from maillage.pathways.rules.facts import StepFacts, VersionFacts
from maillage.pathways.rules.hours import parse_hours, write_typed_hours
from maillage.pathways.rules.names import slug_of, why_not_slug
from maillage.pathways.rules.states import Act
from maillage.pathways.rules.steps import MOST_STEPS
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.codes import Cim10
from maillage.vocabulary.errors import Invalid


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class FilterForm(forms.Form):
    """The filters of the list, as they stand in its address."""

    q = forms.CharField(
        label="Nom ou besoin",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    nature = forms.ChoiceField(
        label="Nature", required=False, choices=[("", "Toutes"), *PathwayKind.choices]
    )


class PathwayForm(forms.Form):
    """How a pathway is called and who leads it."""

    name = forms.CharField(label="Nom", max_length=120)
    need = forms.CharField(
        label="Besoin, en mots de soignant",
        max_length=240,
        help_text="Ce que l'on tape pour le trouver : « suspicion d'AVC, déficit brutal ».",
    )
    kind = forms.ChoiceField(label="Nature", choices=PathwayKind.choices)
    owner_local = forms.ChoiceField(label="Pilote local", required=False)
    owner_reference = forms.ChoiceField(label="Pilote de recours", required=False)

    def __init__(self, *args: Any, owners: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("owner_local", "owner_reference"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
            field.choices = [("", "Aucun"), *owners]


class NewPathwayForm(PathwayForm):
    """A pathway that does not exist yet: its address comes from its name unless it is typed."""

    slug = forms.CharField(
        label="Identifiant dans les adresses",
        max_length=60,
        required=False,
        help_text="Vide : tiré du nom. Il ne change plus ensuite.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        slug = cleaned.get("slug") or slug_of(cleaned.get("name", ""))
        if why := why_not_slug(slug):
            self.add_error("slug", why[:1].upper() + why[1:] + ".")
        cleaned["slug"] = slug
        return cleaned


class NewVersionForm(forms.Form):
    """Why a new version is written."""

    note = forms.CharField(label="Ce qui va changer", max_length=2000, widget=_area(3))


class VersionForm(forms.Form):
    """The text of a draft as a whole."""

    age_min = forms.IntegerField(label="Âge minimal (ans)", min_value=0, max_value=120)
    age_max = forms.IntegerField(
        label="Âge maximal, exclu (ans)", min_value=1, max_value=150, required=False
    )
    population = forms.CharField(
        label="Population", max_length=2000, required=False, widget=_area(2)
    )
    entry_criteria = forms.CharField(
        label="Critères d'entrée", max_length=4000, required=False, widget=_area(4)
    )
    cim10 = forms.CharField(
        label="Codes CIM-10",
        max_length=400,
        required=False,
        help_text="Séparés par des espaces ou des virgules : I63 I64 G45.9",
    )
    review_on = DayField(label="À revoir le", required=False)
    change_note = forms.CharField(
        label="Ce qui change", max_length=2000, required=False, widget=_area(3)
    )

    def clean_cim10(self) -> list[str]:
        parts = re.split(r"[\s,;|]+", self.cleaned_data["cim10"].strip())
        try:
            return [str(Cim10(part)) for part in parts if part]
        except Invalid as error:
            raise forms.ValidationError(error.message) from error

    @staticmethod
    def initial_of(version: VersionFacts) -> dict[str, Any]:
        """What the form shows first for this version."""
        return {
            "age_min": version.age_min,
            "age_max": version.age_max,
            "population": version.population,
            "entry_criteria": version.entry_criteria,
            "cim10": " ".join(version.cim10),
            "review_on": version.review_on,
            "change_note": version.change_note,
        }


class StepForm(forms.Form):
    """One step of a draft. ``steps`` are those of the version; ``order`` the one that is written,
    None for a new one."""

    order = forms.TypedChoiceField(label="Place", coerce=int)
    name = forms.CharField(label="Nom", max_length=120)
    care_type = forms.ChoiceField(label="Type de soin", choices=CareType.choices())
    level = forms.ChoiceField(label="Niveau", choices=CareLevel.choices())
    entry = forms.ChoiceField(
        label="Entrée",
        choices=Entry.choices,
        help_text="La première étape est toujours en entrée directe.",
    )
    target_minutes = forms.IntegerField(
        label="Délai cible (min)",
        min_value=1,
        max_value=10_080,
        required=False,
        help_text="Depuis la commune du patient.",
    )
    target_source = forms.CharField(label="Source du délai", max_length=200, required=False)
    hours = forms.CharField(
        label="Heures où l'étape est due",
        required=False,
        max_length=2000,
        widget=_area(3),
        help_text="Vide : à toute heure. Sinon une fenêtre par ligne : lun-ven 8h-18h30 fermé "
        "(jours fériés : ouvert, fermé ou seulement).",
    )
    entry_criteria = forms.CharField(
        label="Critères de recours",
        max_length=4000,
        required=False,
        widget=_area(4),
        help_text="Quand adresser à cette étape.",
    )
    return_to = forms.TypedChoiceField(
        label="Retour vers", required=False, coerce=int, empty_value=None
    )
    return_criteria = forms.CharField(
        label="Critères de retour",
        max_length=4000,
        required=False,
        widget=_area(3),
        help_text="Quand le patient revient.",
    )
    return_within_hours = forms.IntegerField(
        label="Retour sous (heures)", min_value=1, max_value=8760, required=False
    )

    def __init__(
        self, *args: Any, steps: Sequence[StepFacts], order: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        known = sorted(steps, key=lambda step: step.order)
        if order is None:
            places = [(1, "En premier")] + [(s.order + 1, f"Après {s.title}") for s in known]
            self._choices("order", places[:MOST_STEPS])
            self.fields["order"].initial = len(known) + 1
        else:
            del self.fields["order"]
        before = [step for step in known if order is None or step.order < order]
        self._choices("return_to", [("", "Aucun retour"), *((s.order, s.title) for s in before)])
        self._order = order

    def _choices(self, name: str, choices: Sequence[tuple[Any, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        field.choices = list(choices)

    def clean_hours(self) -> list[dict[str, Any]]:
        try:
            return parse_hours(self.cleaned_data["hours"])
        except Invalid as error:
            raise forms.ValidationError(error.message) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        order, back = self._order or cleaned.get("order"), cleaned.get("return_to")
        if order and back and back >= order:
            self.add_error("return_to", "Un retour mène à une étape qui vient avant.")
        return cleaned

    def to_facts(self) -> StepFacts:
        """The step that was typed."""
        cleaned = self.cleaned_data
        return StepFacts(
            order=self._order or cleaned["order"],
            name=cleaned["name"],
            care_type=CareType[cleaned["care_type"]],
            level=CareLevel[cleaned["level"]],
            entry=Entry(cleaned["entry"]),
            target_minutes=cleaned["target_minutes"],
            target_source=cleaned["target_source"],
            hours=cleaned["hours"],
            entry_criteria=cleaned["entry_criteria"],
            return_to=cleaned["return_to"],
            return_criteria=cleaned["return_criteria"],
            return_within_hours=cleaned["return_within_hours"],
        )

    @staticmethod
    def initial_of(step: StepFacts) -> dict[str, Any]:
        """What the form shows first for this step."""
        return {
            "name": step.name,
            "care_type": step.care_type.name,
            "level": step.level.name,
            "entry": step.entry,
            "target_minutes": step.target_minutes,
            "target_source": step.target_source,
            "hours": write_typed_hours(step.hours),
            "entry_criteria": step.entry_criteria,
            "return_to": step.return_to,
            "return_criteria": step.return_criteria,
            "return_within_hours": step.return_within_hours,
        }


class StateForm(forms.Form):
    """What a passage of a version asks: a day, a comment, both or nothing."""

    on = DayField(label="Jour")
    comment = forms.CharField(label="Commentaire", max_length=1000, widget=_area(3))

    def __init__(self, *args: Any, act: Act, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("on", act.day), ("comment", act.comment)):
            if label:
                self.fields[name].label = label
            else:
                del self.fields[name]
        if act.comment:
            self.fields["comment"].required = act.comment_required
