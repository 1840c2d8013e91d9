"""Forms of the exchange room."""

from __future__ import annotations

from django import forms

from maillage.exchange.rules import DEFAULT_LIMITS


class ImportForm(forms.Form):
    """A file to verify."""

    file = forms.FileField(
        label="Fichier CSV",
        help_text=(
            "UTF-8 ou Windows-1252, séparé par des points-virgules, des virgules ou des "
            f"tabulations ; {DEFAULT_LIMITS.size // 1024 // 1024} Mo au plus. "
            "Rien n'est modifié avant votre confirmation."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide."},
    )
