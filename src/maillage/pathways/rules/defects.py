"""All that is wrong with a version of a pathway on a day, in French, each with its place.

Three severities: a *blocking* defect is one of form, the text contradicts itself and may not be
adopted; a *serious* one leaves patients with nobody; the others are to watch. Serious defects do
not stop an adoption: the hole is shown instead (a pathway may be why an agreement is asked for).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from maillage.pathways.enums import Entry, Severity
from maillage.pathways.rules.arrows import NOTICE_DAYS, Arrow, arrows, services_of
from maillage.pathways.rules.facts import ServiceFacts, StepFacts, Surroundings, VersionFacts
from maillage.pathways.rules.hours import hours_problems
from maillage.vocabulary.calendar import french_day
from maillage.vocabulary.care import CareLevel

NO_AGE_LIMIT = 1000
"""Stands for an open age while ages are compared (years)."""


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong. ``order`` is the step, None for the version as a whole;
    ``subjects`` are the keys of the services or organizations that it names."""

    code: str
    severity: Severity
    sentence: str
    order: int | None = None
    subjects: tuple[str, ...] = ()


def defects(version: VersionFacts, around: Surroundings, day: date) -> list[Defect]:
    """Every defect of a version on a day: those of the whole first, then step by step, the gravest
    first. Empty when nothing is wrong."""
    steps = sorted(version.steps, key=lambda step: step.order)
    moves = arrows(version, around, day)
    found = list(_of_the_whole(version, steps))
    impossible = False
    for rank, step in enumerate(steps):
        before = steps[rank - 1] if rank else None
        found += _of_form(step, before, steps)
        found += _of_services(step, version, around.services, day)
        arrow = moves.get(step.order)
        if before is not None and arrow is not None:
            found += _of_arrow(step, before, arrow, around)
        if step.entry is Entry.REFERRAL and before is not None and impossible:
            found.append(_unreachable(step, before))
        impossible = _is_impossible(step, around.services, arrow, impossible, day)
    gravity = list(Severity)
    return sorted(found, key=lambda d: (d.order or 0, gravity.index(d.severity)))


def _is_impossible(
    step: StepFacts,
    services: Iterable[ServiceFacts],
    arrow: Arrow | None,
    before_is_impossible: bool,
    day: date,
) -> bool:
    """True when no patient can ever be at this step: nobody gives it, or nobody is sent to it."""
    if not any(s.is_authorised(day) for s in services_of(step, services)):
        return True
    if step.entry is not Entry.REFERRAL or arrow is None:
        return False
    return before_is_impossible or not any(origin.ways for origin in arrow.origins)


def _of_the_whole(version: VersionFacts, steps: Sequence[StepFacts]) -> Iterator[Defect]:
    if not steps:
        yield Defect("no-step", Severity.BLOCKING, "La filière n'a aucune étape.")
        return
    orders = [step.order for step in steps]
    if orders != list(range(1, len(steps) + 1)):
        shown = ", ".join(map(str, orders))
        yield Defect(
            "orders-not-contiguous",
            Severity.BLOCKING,
            f"Les étapes ne se suivent pas de 1 à {len(steps)} : {shown}.",
        )
    if not version.entry_criteria.strip():
        yield Defect(
            "entry-criteria-missing",
            Severity.WARNING,
            "Les critères d'entrée dans la filière ne sont pas écrits.",
        )


def _of_form(
    step: StepFacts, before: StepFacts | None, steps: Sequence[StepFacts]
) -> Iterator[Defect]:
    if before is None and step.entry is not Entry.DIRECT:
        yield Defect(
            "first-step-not-direct",
            Severity.BLOCKING,
            "La première étape doit être en entrée directe : personne n'y est adressé.",
            step.order,
        )
    for problem in hours_problems(step.hours):
        yield Defect(
            "hours-malformed", Severity.BLOCKING, f"Heures mal formées : {problem}.", step.order
        )
    if step.takes_referrals and before is not None and not step.entry_criteria.strip():
        yield Defect(
            "criteria-missing",
            Severity.WARNING,
            "Les critères de recours manquent : on ne sait pas quand adresser à cette étape.",
            step.order,
        )
    yield from _of_target(step, before)
    yield from _of_way_back(step, before, steps)


def _of_target(step: StepFacts, before: StepFacts | None) -> Iterator[Defect]:
    if step.target_minutes is None:
        return
    if (
        before is not None
        and step.takes_referrals
        and before.target_minutes is not None
        and step.target_minutes < before.target_minutes
    ):
        yield Defect(
            "target-decreases",
            Severity.WARNING,
            f"Délai cible de {step.target_minutes} min depuis la commune, plus court que les "
            f"{before.target_minutes} min de l'étape {before.order} qui la précède.",
            step.order,
        )
    if not step.target_source.strip():
        yield Defect(
            "target-without-source",
            Severity.WARNING,
            "La source du délai cible n'est pas indiquée.",
            step.order,
        )


def _of_way_back(
    step: StepFacts, before: StepFacts | None, steps: Sequence[StepFacts]
) -> Iterator[Defect]:
    if step.return_to is None:
        if before is not None and step.level is not CareLevel.PROXIMITY:
            yield Defect(
                "no-way-back",
                Severity.WARNING,
                "Aucun retour n'est prévu après ce recours : ni étape de retour, ni critères.",
                step.order,
            )
        return
    if step.return_to not in {other.order for other in steps}:
        yield Defect(
            "return-to-nowhere",
            Severity.BLOCKING,
            f"Le retour mène à l'étape {step.return_to}, qui n'existe pas.",
            step.order,
        )
    elif step.return_to >= step.order:
        yield Defect(
            "return-forward",
            Severity.BLOCKING,
            f"Le retour mène à l'étape {step.return_to}, qui ne vient pas avant celle-ci.",
            step.order,
        )
    if not step.return_criteria.strip():
        yield Defect(
            "return-criteria-missing",
            Severity.WARNING,
            "Les critères de retour manquent : on ne sait pas quand le patient revient.",
            step.order,
        )


def _of_services(
    step: StepFacts, version: VersionFacts, services: Sequence[ServiceFacts], day: date
) -> Iterator[Defect]:
    offered = sorted(services_of(step, services), key=lambda s: s.slug)
    if not offered:
        yield Defect(
            "no-service",
            Severity.SERIOUS,
            f"Aucune offre « {step.care} » dans le territoire.",
            step.order,
        )
        return
    authorised = [s for s in offered if s.is_authorised(day)]
    yield from _of_authorisations(step, offered, authorised, day)
    holes = uncovered_ages(version, authorised)
    if authorised and holes:
        yield Defect(
            "no-service-for-ages",
            Severity.SERIOUS,
            f"Aucune offre autorisée ne prend {_ages_in_words(holes)}.",
            step.order,
        )


def _of_authorisations(
    step: StepFacts, offered: Sequence[ServiceFacts], authorised: Sequence[ServiceFacts], day: date
) -> Iterator[Defect]:
    if not authorised:
        yield Defect(
            "no-authorised-service",
            Severity.SERIOUS,
            f"Aucune offre « {step.care} » n'a d'autorisation en vigueur le {french_day(day)} : "
            f"{_named(offered)}.",
            step.order,
            tuple(s.slug for s in offered),
        )
        return
    for service in offered:
        if service not in authorised:
            yield Defect(
                "authorisation-ended",
                Severity.WARNING,
                f"{service.name} : pas d'autorisation en vigueur le {french_day(day)}.",
                step.order,
                (service.slug,),
            )
        elif (end := authorisation_end(service, day)) is not None:
            yield Defect(
                "authorisation-ending",
                Severity.WARNING,
                f"{service.name} : l'autorisation prend fin le {french_day(end)}, sans suite "
                "connue.",
                step.order,
                (service.slug,),
            )


def authorisation_end(service: ServiceFacts, day: date) -> date | None:
    """The first day within the notice on which an authorised service no longer is; None when its
    authorisations follow each other beyond."""
    last = day + timedelta(days=NOTICE_DAYS)
    ends = sorted(p.ends for p in service.authorisations if p.ends and day < p.ends <= last)
    return next((end for end in ends if not service.is_authorised(end)), None)


def uncovered_ages(
    version: VersionFacts, services: Iterable[ServiceFacts]
) -> list[tuple[int, int | None]]:
    """Age ranges of the version (end excluded, None is open) that no service takes, in order."""
    cursor = version.age_min
    end = NO_AGE_LIMIT if version.age_max is None else version.age_max
    holes = []
    for service in sorted(services, key=lambda s: s.age_min):
        if cursor < min(service.age_min, end):
            holes.append((cursor, min(service.age_min, end)))
        cursor = max(cursor, NO_AGE_LIMIT if service.age_max is None else service.age_max)
    if cursor < end:
        holes.append((cursor, end))
    return [(low, None if high == NO_AGE_LIMIT else high) for low, high in holes]


def _ages_in_words(ranges: Iterable[tuple[int, int | None]]) -> str:
    words = []
    for low, high in ranges:
        if high is None:
            words.append(f"les {low} ans et plus")
        elif low == 0:
            words.append(f"les moins de {high} ans")
        elif high == low + 1:
            words.append(f"les {low} ans")
        else:
            words.append(f"les {low} à {high - 1} ans")
    return ", ni ".join(words)


def _named(services: Iterable[ServiceFacts]) -> str:
    return ", ".join(service.name for service in services)


def _of_arrow(
    step: StepFacts, before: StepFacts, arrow: Arrow, around: Surroundings
) -> Iterator[Defect]:
    if not arrow.has_targets:
        return
    if arrow.stuck:
        names = ", ".join(around.name(key) for key in arrow.stuck)
        alone = len(arrow.stuck) == len(arrow.origins)
        yield Defect(
            "arrow-without-agreement",
            Severity.SERIOUS if step.entry is Entry.REFERRAL else Severity.WARNING,
            f"Aucun accord ne permet d'adresser de l'étape {before.order} à celle-ci depuis : "
            f"{names}." + (" Personne ne peut y être adressé." if alone else ""),
            step.order,
            arrow.stuck,
        )
    lapsing: dict[date, list[str]] = {}
    for origin in arrow.origins:
        if origin.lapses_on is not None:
            lapsing.setdefault(origin.lapses_on, []).append(origin.organization)
    for day, keys in sorted(lapsing.items()):
        names = ", ".join(around.name(key) for key in keys)
        yield Defect(
            "agreement-lapsing",
            Severity.WARNING,
            f"À partir du {french_day(day)}, plus aucun accord ne permettra d'adresser à cette "
            f"étape depuis : {names}.",
            step.order,
            tuple(keys),
        )


def _unreachable(step: StepFacts, before: StepFacts) -> Defect:
    return Defect(
        "unreachable",
        Severity.SERIOUS,
        f"On n'entre ici que par adressage de l'étape {before.order}, où personne ne peut être "
        "pris en charge.",
        step.order,
    )


def by_step(found: Iterable[Defect]) -> Mapping[int | None, list[Defect]]:
    """The defects grouped by step; None holds those of the version."""
    grouped: dict[int | None, list[Defect]] = {}
    for defect in found:
        grouped.setdefault(defect.order, []).append(defect)
    return grouped
