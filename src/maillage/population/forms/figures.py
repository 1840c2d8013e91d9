"""The form of a file of figures."""

from __future__ import annotations

from django import forms

from maillage.population.enums import FileFormat


class PurposeForm(forms.Form):
    """What a file is for."""

    purpose = forms.CharField(
        label="À quoi sert ce fichier",
        max_length=300,
        help_text="Par exemple : comité de suivi du projet médical partagé. Le registre le garde.",
        error_messages={"required": "Dites à quoi sert ce fichier."},
    )


class FigureFileForm(PurposeForm):
    """What the file is for, and how it is written."""

    format = forms.ChoiceField(
        label="Format",
        choices=[(one.value, one.label) for one in (FileFormat.CSV, FileFormat.PARQUET)],
        initial=FileFormat.CSV.value,
    )
