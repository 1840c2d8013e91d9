"""The clocks that run on an agreement: what is due, when, and how many days are left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from maillage.agreements.enums import AgreementKind, AgreementState, Renewal
from maillage.agreements.rules.constants import (
    ARS_TACIT_APPROVAL,
    CLOCK_NEAR_DAYS,
    EXPIRY_WARNING_DAYS,
    GCS_PUBLICATION,
    GHT_TERM,
    PMP_TERM,
    add_months,
    add_years,
)
from maillage.agreements.rules.facts import AgreementFacts

LIVING = frozenset({AgreementState.IN_FORCE, AgreementState.SUSPENDED, AgreementState.PUBLISHED})


@dataclass(frozen=True)
class Clock:
    """One date that matters.

    ``days_left`` is negative once the date has passed. ``level`` is a meaning of the screen: info
    (far), limit (near), late (urgent or passed). ``approximate``: it is counted from a date that
    is known to the month or the year only. ``presumed``: nobody wrote the date, a legal length
    gives it. ``basis`` is the text that fixes it, if any.
    """

    key: str
    name: str
    due_on: date
    days_left: int
    level: str
    basis: str = ""
    approximate: bool = False
    presumed: bool = False

    @property
    def words(self) -> str:
        """« dans 12 jours », « passé depuis 3 jours »."""
        if self.presumed and self.days_left <= 0:
            return "reconduction à vérifier"
        if self.days_left == 0:
            return "aujourd'hui"
        days = abs(self.days_left)
        unit = "jour" if days == 1 else "jours"
        return f"dans {days} {unit}" if self.days_left > 0 else f"passé depuis {days} {unit}"


def expiry_level(days_left: int) -> str:
    """The level of a term: info within 180 days, limit within 90, late within 30; none before."""
    first, second, third = EXPIRY_WARNING_DAYS
    if days_left > first:
        return "neutral"
    if days_left > second:
        return "info"
    return "limit" if days_left > third else "late"


def _near_level(days_left: int) -> str:
    if days_left < 0:
        return "late"
    return "limit" if days_left <= CLOCK_NEAR_DAYS else "info"


def clocks(facts: AgreementFacts, *, today: date) -> list[Clock]:
    """Every clock that runs on the agreement today, the nearest date first."""
    running = [*_approval(facts, today), *_publication(facts, today), *_terms(facts, today)]
    return sorted(running, key=lambda clock: (clock.due_on, clock.key))


def _approval(facts: AgreementFacts, today: date) -> Iterator[Clock]:
    if facts.state is not AgreementState.SUBMITTED or facts.submitted_on is None:
        return
    due = add_months(facts.submitted_on, ARS_TACIT_APPROVAL.value)
    left = (due - today).days
    yield Clock(
        "ars-tacit-approval",
        "Approbation tacite par l'ARS" + (" : acquise, à constater" if left <= 0 else ""),
        due,
        left,
        "limit" if left <= CLOCK_NEAR_DAYS else "info",
        ARS_TACIT_APPROVAL.words,
    )


def _publication(facts: AgreementFacts, today: date) -> Iterator[Clock]:
    approved = (AgreementState.APPROVED, AgreementState.TACITLY_APPROVED)
    if facts.kind is not AgreementKind.GCS or facts.state not in approved:
        return
    if facts.term.state_on is not None:
        due = facts.term.state_on + timedelta(days=GCS_PUBLICATION.value)
        left = (due - today).days
        yield Clock(
            "gcs-publication",
            "Publication de l'approbation",
            due,
            left,
            _near_level(left),
            GCS_PUBLICATION.words,
        )


def _terms(facts: AgreementFacts, today: date) -> Iterator[Clock]:
    if facts.state not in LIVING:
        return
    term, vague = facts.term, not facts.date_is_exact
    end, basis, presumed = term.ends_on, "", False
    if facts.kind is AgreementKind.GHT and term.starts_on is not None:
        if end is None:
            end, basis = add_years(term.starts_on, GHT_TERM.value), GHT_TERM.words
            presumed = True
        project_on = facts.medical_project_on or term.starts_on
        due = add_years(project_on, PMP_TERM.value)
        left = (due - today).days
        yield Clock(
            "pmp-term",
            "Fin du projet médical partagé",
            due,
            left,
            expiry_level(left),
            PMP_TERM.words,
            vague and facts.medical_project_on is None,
        )
    if end is None:
        return
    left = (end - today).days
    tacit = term.renewal is Renewal.TACIT
    if tacit and left <= 0:
        return
    name = "Terme, puis tacite reconduction" if tacit else "Terme de la convention"
    if presumed:
        name = "Dix ans de la convention constitutive"
    level = "limit" if presumed and left <= 0 else expiry_level(left)
    yield Clock("term", name, end, left, level, basis, vague, presumed)
    if facts.notice_months:
        notice = add_months(end, -facts.notice_months)
        notice_left = (notice - today).days
        if notice_left >= 0:
            verb = "dénoncer" if tacit else "décider de la suite"
            yield Clock(
                "notice",
                f"Dernier jour pour {verb} (préavis de {facts.notice_months} mois)",
                notice,
                notice_left,
                expiry_level(notice_left),
                approximate=vague,
            )


def lapses_soon(facts: AgreementFacts, *, today: date) -> Clock | None:
    """The clock of the term, when the agreement lapses within 180 days or has lapsed unrecorded."""
    for clock in clocks(facts, today=today):
        if clock.key == "term" and clock.level != "neutral":
            return clock
    return None
