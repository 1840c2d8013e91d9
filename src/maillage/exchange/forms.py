"""Forms of the exchange room."""

from __future__ import annotations

from django import forms

from maillage.exchange.rules import DEFAULT_LIMITS
from maillage.vocabulary.spreadsheets import XLSX_TYPE


class ImportForm(forms.Form):
    """A file to verify."""

    file = forms.FileField(
        label="Fichier CSV ou XLSX",
        help_text=(
            "Un classeur Excel (xlsx), dont la première feuille est lue, ou un texte en UTF-8 ou "
            "Windows-1252, séparé par des points-virgules, des virgules ou des tabulations ; "
            f"{DEFAULT_LIMITS.size // 1024 // 1024} Mo au plus. "
            "Rien n'est modifié avant votre confirmation."
        ),
        widget=forms.FileInput(attrs={"accept": f".csv,.txt,.xlsx,text/csv,{XLSX_TYPE}"}),
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide."},
    )
