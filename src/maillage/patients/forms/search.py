"""The one box of the search, and what it holds."""

from __future__ import annotations

import re

from django import forms

from maillage.patients.forms.fields import read_birth_date
from maillage.patients.queries.search import SearchValues
from maillage.vocabulary.errors import Invalid

_DATE_THEN_LETTERS = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.\-\s]\d{1,2}[/.\-\s]\d{2,4}|\d{8})(?:\s+|(?=[^\W\d_]))(\D*)"
)
_DATE_ALONE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}")
_INS = re.compile(r"[1-478]\d{2}\d{2}(?:\d{2}|2[AB])\d{6}(?:\d{2})?")
_LETTERS = re.compile(r"[^\W\d_]")


def read_box(text: str) -> SearchValues:
    """What the one box of the search means. Raises :class:`Invalid` for a date without letters, a
    wrong date, or a name alone: nobody is looked for by name only (RNIV)."""
    cleaned = " ".join(text.split())
    if found := _DATE_THEN_LETTERS.fullmatch(cleaned):
        letters = "".join(_LETTERS.findall(found[2]))
        if letters:
            return SearchValues(birth_date=read_birth_date(found[1]), letters=letters)
        raise Invalid("patients.search-letters", _ASK_LETTERS)
    if _DATE_ALONE.fullmatch(cleaned):
        raise Invalid("patients.search-letters", _ASK_LETTERS)
    compact = cleaned.replace(" ", "").upper()
    if _INS.fullmatch(compact):
        return SearchValues(ins_number=compact)
    if not re.search(r"\d", cleaned):
        raise Invalid(
            "patients.search-name",
            "On ne cherche pas un patient par son seul nom : commencez par la date de naissance, "
            "par exemple « 14/03/1954 MAR ».",
        )
    return SearchValues(number=cleaned)


_ASK_LETTERS = (
    "Ajoutez les premières lettres du nom de naissance, trois au plus : « 14/03/1954 MAR »."
)


class SearchForm(forms.Form):
    """The one box: « 14/03/1954 MAR », an INS number, or a number of the establishment."""

    q = forms.CharField(
        label="Date de naissance et premières lettres du nom, matricule INS, ou numéro local",
        max_length=60,
        help_text="Exemples : 14/03/1954 MAR · 2 54 03 59 606 123 45 · numéro de venue ou IPP. "
        "Trois lettres du nom suffisent : la règle nationale n'en accepte pas plus.",
        error_messages={"required": "Écrivez une date de naissance et trois lettres du nom."},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "placeholder": "14/03/1954 MAR",
            }
        ),
    )

    def clean_q(self) -> str:
        text = str(self.cleaned_data["q"])
        try:
            self.typed = read_box(text)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        return text
