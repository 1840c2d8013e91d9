"""Forms of the sessions of multidisciplinary meetings: shapes only; actions decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from maillage.referrals.forms.acts import SpokenInstantField
from maillage.referrals.rules.meetings import KINDS, STANDARD_QUORUM, read_lines


class SessionForm(forms.Form):
    """A new session."""

    service = forms.ChoiceField(label="Équipe qui organise")
    name = forms.CharField(label="Intitulé", max_length=120)
    kind = forms.ChoiceField(label="Type", choices=KINDS)
    starts_at = SpokenInstantField(label="Le", help_text="Par exemple : 24/12/2026 14h30.")
    quorum = forms.CharField(
        label="Spécialités requises (quorum)",
        help_text="Une par ligne. Hors hématologie : chirurgie, oncologie, radiothérapie (INCa).",
        initial="\n".join(STANDARD_QUORUM),
        max_length=800,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self, *args: Any, services: Sequence[tuple[str, str]], now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].choices = list(services)  # type: ignore[attr-defined]
        self.fields["starts_at"].now = now  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The session, once valid; ``service`` is its key."""
        found = self.cleaned_data
        return {**found, "quorum": read_lines(found["quorum"])}


class HoldForm(forms.Form):
    """Who sat: one field for each specialty of the quorum, and the others."""

    def __init__(self, *args: Any, quorum: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.quorum = list(quorum)
        for number, specialty in enumerate(self.quorum):
            self.fields[f"siege_{number}"] = forms.CharField(
                label=specialty, max_length=120, required=False
            )
        self.fields["others"] = forms.CharField(
            label="Autres présents",
            required=False,
            max_length=2000,
            help_text="Un par ligne : nom, spécialité.",
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def attendees(self) -> list[dict[str, str]]:
        """Name and specialty of those who sat, once valid."""
        found = self.cleaned_data
        seats = [
            {"name": found[f"siege_{number}"], "specialty": specialty}
            for number, specialty in enumerate(self.quorum)
            if found[f"siege_{number}"]
        ]
        return [*seats, *(_read_person(line) for line in read_lines(found["others"]))]


def _read_person(line: str) -> dict[str, str]:
    name, _, specialty = line.partition(",")
    return {"name": name.strip(), "specialty": specialty.strip()}
