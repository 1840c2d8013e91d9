"""Forms of definitions, target lists, exports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from maillage.engines.indicators.pyramid_rules import STRATUM_LABELS as ALL_STRATA
from maillage.population.rules.targets import LONGEST_DAYS, USUAL_DAYS

STRATA = [
    (one, f"{one} · {label}") for one, label in sorted(ALL_STRATA.items(), reverse=True) if one
]


class CohortForm(forms.Form):
    """The definition file of a cohort."""

    text = forms.CharField(
        label="Définition (TOML)",
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "class": "code"}),
        strip=False,
        error_messages={"required": "Écrivez la définition."},
    )


class PreviewForm(forms.Form):
    """In which data a draft is counted."""

    version = forms.TypedChoiceField(label="Données", coerce=int)

    def __init__(self, *args: Any, versions: Iterable[tuple[int, str]] = (), **options: Any):
        super().__init__(*args, **options)
        field = self.fields["version"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
        field.choices = list(versions)


class TargetForm(forms.Form):
    """Whose list is asked for, for what, for whom, for how long."""

    condition = forms.ChoiceField(label="Maladie")
    stratum = forms.TypedChoiceField(label="Strate", coerce=int, choices=STRATA)
    area = forms.ChoiceField(label="Zone")
    purpose = forms.CharField(
        label="Finalité",
        max_length=300,
        help_text="Ce qui sera proposé à ces personnes, et par qui.",
        error_messages={"required": "Dites à quoi sert la liste."},
    )
    recipient = forms.CharField(
        label="Remise à",
        max_length=160,
        help_text="Le professionnel ou l'équipe qui prendra contact.",
        error_messages={"required": "Dites à qui la liste est remise."},
    )
    days = forms.IntegerField(
        label="Lisible pendant (jours)",
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=USUAL_DAYS,
        error_messages={
            "min_value": "Au moins un jour.",
            "max_value": f"{LONGEST_DAYS} jours au plus.",
        },
    )

    def __init__(
        self,
        *args: Any,
        conditions: Iterable[tuple[str, str]] = (),
        areas: Iterable[tuple[str, Any]] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        for name, choices in (("condition", conditions), ("area", areas)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - narrows the type
            field.choices = list(choices)
