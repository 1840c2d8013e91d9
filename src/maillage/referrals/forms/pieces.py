"""Forms of documents and letters: shapes only; actions decide."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from maillage.accounts.forms import DayField
from maillage.referrals.enums import DocumentKind, LetterKind
from maillage.referrals.rules.letters import SECTION_LENGTH, SECTIONS

SEPARATORS = re.compile(r"[\s,;]+")


class DocumentForm(forms.Form):
    """One file to join."""

    fichier = forms.FileField(label="Fichier", help_text="PDF, PNG, JPEG ou DICOM, 20 Mo au plus.")
    nature = forms.ChoiceField(label="Nature", choices=DocumentKind.choices)
    titre = forms.CharField(
        label="Titre", max_length=120, required=False, help_text="Vide : le nom du fichier."
    )


class _UntilSigned:
    """A field whose ``required`` says that a signature waits for it: a piece that is being written
    is kept without it."""

    def validate(self, value: Any) -> None:
        """Nothing is refused while the piece is written."""


class LeftOnField(_UntilSigned, DayField):
    """The day of discharge."""


class PartField(_UntilSigned, forms.CharField):
    """A part of a piece."""


class LetterForm(forms.Form):
    """The parts of a piece. ``version`` is that of the piece shown."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: LetterKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = SECTIONS[kind]
        if kind is LetterKind.DISCHARGE:
            self.fields["left_on"] = LeftOnField(label="Jour de sortie")
        for section in self.sections:
            self.fields[section.name] = PartField(
                label=section.label,
                help_text=section.help,
                required=section.required,
                max_length=SECTION_LENGTH,
                widget=forms.Textarea(attrs={"rows": 4}),
            )

    @property
    def content(self) -> dict[str, str]:
        """What was written, by section."""
        return {section.name: self.cleaned_data[section.name] for section in self.sections}


class SendLetterForm(forms.Form):
    """To whom a signed piece goes."""

    handed_over = forms.BooleanField(label="Remise au patient en main propre", required=False)
    mailboxes = forms.CharField(
        label="Envoyée par messagerie sécurisée (MSSanté) à",
        required=False,
        max_length=600,
        help_text="Une adresse par ligne. Demande une identité qualifiée.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_mailboxes(self) -> list[str]:
        typed = [text for text in SEPARATORS.split(self.cleaned_data["mailboxes"]) if text]
        check = forms.EmailField().clean
        return [check(address) for address in typed]
