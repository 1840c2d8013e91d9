"""Forms of data sets: a new one, a version to load, a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings

from maillage.population.enums import LegalBasis, SourceKind
from maillage.population.imports import DepositFolder
from maillage.population.rules.numbers import french

KINDS = [(one.value, one.label) for one in SourceKind if one != SourceKind.SYNTHETIC]
BASES = [("", "Choisir…")] + [
    (one.value, one.label) for one in LegalBasis if one != LegalBasis.SYNTHETIC
]
MEGA = 1024 * 1024


class DataSetForm(forms.Form):
    """A new data set. ``places``: organizations (key, name) for which the actor may load."""

    name = forms.CharField(
        label="Nom",
        max_length=120,
        help_text="Par exemple : PMSI MCO du centre hospitalier.",
        error_messages={"required": "Donnez un nom."},
    )
    organization = forms.ChoiceField(
        label="Établissement responsable",
        error_messages={"required": "Choisissez l'établissement responsable."},
    )
    kind = forms.ChoiceField(label="Format des fichiers", choices=KINDS)
    source = forms.CharField(
        label="Origine",
        max_length=200,
        help_text="D'où viennent les fichiers, et à quelle date ils ont été extraits.",
        error_messages={"required": "Dites d'où viennent les fichiers."},
    )
    legal_basis = forms.ChoiceField(
        label="Base légale",
        choices=BASES,
        error_messages={"required": "Choisissez la base légale."},
    )
    legal_reference = forms.CharField(
        label="Référence",
        max_length=200,
        required=False,
        help_text="Numéro de déclaration, d'autorisation ou de registre, s'il y en a un.",
    )
    licence = forms.CharField(label="Licence ou convention", max_length=120, required=False)
    is_nominative = forms.BooleanField(
        label="Garder les identifiants locaux des patients",
        required=False,
        help_text="Seulement pour la prise en charge de ses propres patients : sans eux, aucune "
        "liste de personnes ne peut être remise.",
    )

    def __init__(self, *args: Any, places: Iterable[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["organization"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        field.choices = list(places)


class ManyFilesInput(forms.FileInput):
    """A choice of several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; an empty list when none was chosen."""

    widget = ManyFilesInput(attrs={"multiple": True})

    def clean(self, data: Any, initial: Any = None) -> Any:
        found = [one for one in (data or []) if one]
        return [super(FilesField, self).clean(one, initial) for one in found]


class LoadForm(forms.Form):
    """A version to load: a folder of the deposit, or files of this computer."""

    folder = forms.ChoiceField(label="Dossier du dépôt", required=False)
    sent = FilesField(label="Fichiers", required=False)

    def __init__(self, *args: Any, folders: Iterable[DepositFolder] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["folder"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        field.choices = [
            ("", "Aucun : j'envoie des fichiers"),
            *((one.name, f"{one.name} ({_size(one)})") for one in folders),
        ]
        most = settings.UPLOAD_MAX_BYTES // MEGA
        self.fields[
            "sent"
        ].help_text = (
            f"{most} Mo au plus en tout ; au-delà, faites déposer le dossier sur le serveur."
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("folder") and not values.get("sent") and not self.errors:
            self.add_error("folder", "Choisissez un dossier, ou des fichiers.")
        return values


class RefusalForm(forms.Form):
    """Why a version is refused."""

    reason = forms.CharField(
        label="Motif du refus",
        max_length=400,
        error_messages={"required": "Dites pourquoi cette version est refusée."},
    )


def _size(folder: DepositFolder) -> str:
    files = "1 fichier" if folder.files == 1 else f"{folder.files} fichiers"
    if folder.size >= MEGA:
        return f"{files}, {french(folder.size / MEGA)} Mo"
    return f"{files}, {max(1, folder.size // 1024)} ko"
