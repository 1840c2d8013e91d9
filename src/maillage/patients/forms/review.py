"""Forms of those who watch over accesses: notices, verdicts, filters, requests of persons."""

from __future__ import annotations

from typing import Any

from django import forms

from maillage.patients.enums import ReviewState
from maillage.patients.forms.fields import TypedDayField
from maillage.patients.forms.identity import name_field


class NoticeForm(forms.Form):
    """How the patient was told of an emergency opening."""

    how = name_field(
        "Comment le patient a été informé",
        longest=120,
        help="Courrier remis, courrier envoyé, de vive voix au chevet, représentant légal…",
    )


class VerdictForm(forms.Form):
    """What the review says of an emergency opening."""

    verdict = forms.TypedChoiceField(
        label="Avis",
        coerce=ReviewState,
        choices=[
            (ReviewState.JUSTIFIED.value, "L'ouverture était justifiée"),
            (ReviewState.NOT_JUSTIFIED.value, "L'ouverture n'était pas justifiée"),
        ],
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label="Ce qui a été vérifié",
        max_length=400,
        required=False,
        help_text="Obligatoire quand l'ouverture n'est pas justifiée. Jamais de donnée de soins.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_comment(self) -> str:
        comment = str(self.cleaned_data["comment"]).strip()
        if self.cleaned_data.get("verdict") == ReviewState.NOT_JUSTIFIED and not comment:
            raise forms.ValidationError("Dites ce qui manque à cette justification.")
        return comment


class PersonForm(forms.Form):
    """Who asks for the access to, or the erasure of, their data: the identity that they proved, or
    the key written on a letter that they received."""

    key = name_field(
        "Clé du dossier",
        required=False,
        longest=10,
        help="Dix signes, sur les courriers d'information et les documents.",
    )
    birth_name = name_field("Nom de naissance", required=False)
    first_given_name = name_field("Premier prénom de naissance", required=False, longest=80)
    birth_date = TypedDayField(label="Date de naissance", required=False)

    def clean_key(self) -> str:
        return str(self.cleaned_data["key"]).strip().upper()

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("key"):
            return cleaned
        for name in ("birth_name", "first_given_name", "birth_date"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, "Ce trait manque : les trois sont nécessaires sans la clé.")
        return cleaned


class NamedForm(PersonForm):
    """The three traits alone: an unconscious patient has no letter in hand."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["key"]
        for field in self.fields.values():
            field.required = True

    def clean(self) -> dict[str, object]:
        return forms.Form.clean(self) or self.cleaned_data
