"""Forms of who is on duty now, and of what was done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms

from maillage.directory.models import Practitioner
from maillage.oncall.enums import LineKind
from maillage.oncall.forms.away import SayingForm
from maillage.oncall.forms.lines import InstantField, LineFilterForm

NOBODY = "personne"


class NowForm(LineFilterForm):
    """An instant (now when it is not given), a care type, an establishment."""

    le = InstantField(label="À un autre instant", required=False, help_text="24/12/2026 3h")

    def instant(self, now: datetime) -> datetime:
        """The instant that is asked for, of this century; else now."""
        found = self.cleaned_data.get("le") if self.is_valid() else None
        return found if found and 2000 <= found.year < 2100 else now


class RecordForm(SayingForm):
    """What was done of a duty."""

    FIELDS = {
        "calls": "deplacements",
        "minutes": "duree",
        "last_call_ended_at": "fin",
    }

    praticien = forms.ChoiceField(label="Qui est venu")
    deplacements = forms.IntegerField(label="Déplacements", min_value=0, initial=0)
    duree = forms.IntegerField(
        label="Temps passé sur place (min)",
        min_value=0,
        initial=0,
        help_text="Les trajets s'y ajoutent, comptés au forfait.",
    )
    fin = InstantField(
        label="Fin du dernier déplacement", required=False, help_text="24/12/2026 3h15"
    )

    def __init__(
        self, *args: Any, people: Iterable[Practitioner], kind: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {one.slug: one for one in people}
        self.fields["praticien"].choices = [  # type: ignore[attr-defined]
            *((slug, str(one)) for slug, one in self.people.items()),
            (NOBODY, "Personne n'est venu"),
        ]
        if kind == LineKind.ON_SITE:
            for name in ("deplacements", "duree", "fin"):
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What was done, once valid."""
        said = self.cleaned_data
        return {
            "practitioner": self.people.get(said["praticien"]),
            "calls": said.get("deplacements") or 0,
            "minutes": said.get("duree") or 0,
            "last_call_ended_at": said.get("fin"),
        }
