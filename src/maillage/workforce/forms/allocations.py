"""Forms of questions about half-days over sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms

from maillage.accounts.forms import DayField
from maillage.directory.models import Site
from maillage.vocabulary.calendar import WEEKDAYS
from maillage.workforce.enums import Activity
from maillage.workforce.forms import SayForm
from maillage.workforce.rules.allocations import AskedPerson, AskedSite, square_words

MOST = 999
"""Half-days or rooms that a site may ask for."""


class NewAllocationForm(SayForm):
    """The sites of a specialty whose half-days are to be shared."""

    sites = forms.MultipleChoiceField(
        label="Sites", widget=forms.CheckboxSelectMultiple, help_text="De deux à douze."
    )
    du = DayField(
        label="Semaines en vigueur le",
        help_text="Les postes, les affectations et les semaines sont lus ce jour-là.",
    )

    NAMES = {"starts_on": "du"}

    def __init__(self, *args: Any, sites: Sequence[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {site.finess: site for site in sites}
        self.fields["sites"].choices = [(one.finess, one.name) for one in sites]  # type: ignore[attr-defined]

    def chosen(self) -> list[Site]:
        return [self.known[finess] for finess in self.cleaned_data["sites"]]


class AskedSitesForm(SayForm):
    """What each site of a question asks for: half-days, least, rooms by half-day of the week."""

    def __init__(self, *args: Any, sites: Sequence[AskedSite], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sites = sites
        for rank, site in enumerate(sites):
            self._add(site, f"voulues_{rank}", "Demi-journées voulues", site.wanted)
            self._add(site, f"moins_{rank}", "Au moins", site.least)
            for square, count in enumerate(site.rooms):
                self._add(site, f"salles_{rank}_{square}", f"Salles, {square_words(square)}", count)

    def _add(self, site: AskedSite, name: str, label: str, initial: int) -> None:
        # Sites have the same labels: what is wrong says where.
        wrong = f"Écrivez un nombre de 0 à {MOST} ({site.name})."
        codes = ("required", "invalid", "min_value", "max_value")
        self.fields[name] = forms.IntegerField(
            label=label,
            min_value=0,
            max_value=MOST,
            initial=initial,
            error_messages=dict.fromkeys(codes, wrong),
        )

    def rows(self) -> list[tuple[AskedSite, Any, Any, list[tuple[str, Any, Any]], bool]]:
        """By site: what is wanted, least, the rooms of each day, and whether one is wrong."""
        return [
            (
                site,
                self[f"voulues_{rank}"],
                self[f"moins_{rank}"],
                [
                    (
                        WEEKDAYS[day].capitalize(),
                        self[f"salles_{rank}_{2 * day}"],
                        self[f"salles_{rank}_{2 * day + 1}"],
                    )
                    for day in range(5)
                ],
                any(self[f"salles_{rank}_{square}"].errors for square in range(10)),
            )
            for rank, site in enumerate(self.sites)
        ]

    def values(self) -> list[AskedSite]:
        found = self.cleaned_data
        return [
            replace(
                site,
                wanted=found[f"voulues_{rank}"],
                least=found[f"moins_{rank}"],
                rooms=tuple(found[f"salles_{rank}_{square}"] for square in range(10)),
            )
            for rank, site in enumerate(self.sites)
        ]


class AskedPersonForm(SayForm):
    """What somebody owes and accepts, what stays and what is refused."""

    REFUSED = "refus"

    dues = forms.IntegerField(
        label="Demi-journées dues sur deux semaines", min_value=0, max_value=40
    )
    sites = forms.MultipleChoiceField(
        label="Sites où cette personne peut aller",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Cochés au départ : son établissement, et ceux qu'une convention en vigueur lie.",
    )

    def __init__(
        self, *args: Any, person: AskedPerson, sites: Sequence[AskedSite], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.names = {site.finess: site.name for site in sites}
        self.fields["dues"].initial = person.owed
        self.fields["sites"].choices = [(one.finess, one.name) for one in sites]  # type: ignore[attr-defined]
        self.fields["sites"].initial = list(person.accepted)
        choices = [
            ("", "Libre"),
            (self.REFUSED, "Refusée"),
            *((one.finess, f"Reste : {one.name}") for one in sites),
        ]
        for half in range(20):
            week = "semaines impaires" if half < 10 else "semaines paires"
            self.fields[f"d{half}"] = forms.ChoiceField(
                label=f"{square_words(half % 10).capitalize()}, {week}",
                choices=choices,
                required=False,
                initial=self.REFUSED if half in person.refused else person.fixed.get(half, ""),
            )

    def rows(self) -> list[tuple[str, str, Any, Any]]:
        """By half-day of the week: where they are today, odd weeks, even weeks."""
        found = []
        for square in range(10):
            here = [
                self.names.get(self.person.today.get(half, ""), "")
                for half in (square, square + 10)
            ]
            today = here[0] if here[0] == here[1] else " / ".join(one or "libre" for one in here)
            words = square_words(square).capitalize()
            found.append((words, today, self[f"d{square}"], self[f"d{square + 10}"]))
        return found

    def values(self) -> AskedPerson:
        found = self.cleaned_data
        halves = {half: found[f"d{half}"] for half in range(20)}
        return replace(
            self.person,
            owed=found["dues"],
            accepted=tuple(found["sites"]),
            refused=tuple(half for half, word in halves.items() if word == self.REFUSED),
            fixed={half: word for half, word in halves.items() if word and word != self.REFUSED},
        )


class KeepAllocationForm(SayForm):
    """Whose weeks are written, from which day, and who agreed."""

    du = DayField(label="À partir du")
    activite = forms.ChoiceField(
        label="Activité des demi-journées nouvelles", choices=Activity.choices
    )
    praticiens = forms.MultipleChoiceField(label="Praticiens")
    accords = forms.MultipleChoiceField(label="Accords", required=False)

    NAMES = {"starts_on": "du", "people": "praticiens"}

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("praticiens", "accords"):
            self.fields[name].choices = list(people)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        found = self.cleaned_data
        return {
            "starts_on": found["du"],
            "activity": found["activite"],
            "people": found["praticiens"],
            "consents": found["accords"],
        }
