"""The answer about half-days over sites, as a file and as a grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from maillage.engines.rostering.half_day_values import A_WEEK
from maillage.workforce.rules.allocations import PersonResult, Question, square_words

CSV_HEADS = (
    "praticien",
    "site_principal",
    "semaines",
    "demi_journee",
    "site",
    "finess",
    "aujourd_hui",
    "change",
)


@dataclass(frozen=True)
class GridSquare:
    """Where somebody is on a half-day of the cycle: the letter and name of a site, or nothing;
    whether that changes, and in which words."""

    letter: str
    name: str
    before: str
    half: int

    @property
    def changes(self) -> bool:
        return self.name != self.before

    @property
    def words(self) -> str:
        """« Mardi matin : CH de Lens (aujourd'hui CH de Béthune) »."""
        there = self.name or "libre"
        now = f" (aujourd'hui {self.before or 'libre'})" if self.changes else ""
        return f"{square_words(self.half % A_WEEK).capitalize()} : {there}{now}"


def site_keys(question: Question) -> dict[str, str]:
    """A letter for each site (FINESS), for a grid of twenty columns."""
    return dict(zip((site.finess for site in question.sites), ascii_uppercase, strict=False))


def make_grid(
    question: Question, people: Sequence[PersonResult]
) -> list[tuple[PersonResult, list[GridSquare]]]:
    """Practitioners by half-days of the cycle."""
    keys, names = site_keys(question), question.names
    return [
        (
            one,
            [
                GridSquare(
                    keys.get(site, ""),
                    names.get(site, ""),
                    names.get(one.person.today.get(half, ""), ""),
                    half,
                )
                for half, site in enumerate(one.halves)
            ],
        )
        for one in people
    ]


def csv_rows(question: Question, people: Sequence[PersonResult]) -> Iterator[list[str]]:
    """One line by practitioner and half-day on which they are somewhere, now or then."""
    names = question.names
    for one in people:
        for half, site in enumerate(one.halves):
            now = one.person.today.get(half, "")
            if site or now:
                yield [
                    one.person.name,
                    one.person.main_site_name,
                    "impaires" if half < A_WEEK else "paires",
                    square_words(half % A_WEEK),
                    names.get(site, ""),
                    site,
                    names.get(now, ""),
                    "oui" if site != now else "non",
                ]
