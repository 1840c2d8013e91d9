"""Why somebody cannot, or should not, hold a duty: the engine's codes in French sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from maillage.engines.rostering.duties import reason_of
from maillage.engines.rostering.problem import Violation
from maillage.engines.rostering.regulations import Regulations
from maillage.oncall.rules.duties import Duty
from maillage.vocabulary.calendar import french_clock, local_day, to_paris

DAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")

PRIVATE = frozenset(
    {"exemption_age", "exemption_pregnancy", "exemption_therapeutic", "exemption_on_site"}
)
"""Codes whose cause is read by medical affairs only: everybody reads « exempté »."""

FACTS: Mapping[str, str] = {
    "agreement_ended": "ne participe pas à cette ligne ce jour-là",
    "day_work": "travaille ailleurs ce jour-là",
    "leave": "en congé",
    "maternity": "en congé",
    "not_here": "pas en poste ce jour-là",
    "not_of_line": "ne participe pas à cette ligne",
    "not_of_site": "n'exerce pas sur ce site",
    "not_pinned": "garde figée, retirée",
    "one_a_day": "commence déjà une garde ce jour-là",
    "other_absence": "indisponible",
    "other_duty": "de garde sur une autre ligne",
    "overlap": "tient déjà une garde à cette heure",
    "refusal": "a demandé à ne pas être de garde",
    "sick": "indisponible",
    "too_many": "plusieurs titulaires pour une garde",
    "training": "en formation",
    "travel_from_day_work": "n'a pas le temps du trajet depuis son service de jour",
    "travel_to_day_work": "n'a pas le temps du trajet vers son service de jour",
    "unknown": "n'est plus dans le tableau",
}
"""Facts of a person or of the roster, as said of a practitioner. An arrêt is no one's business but
medical affairs': it reads as any other absence."""

EVERY_LINE = "toutes lignes confondues"

LIMITS: Mapping[str, str] = {
    "academic_nights_per_week": f"gardes de nuit sur 7 jours, {EVERY_LINE}",
    "academic_sundays_per_month": f"dimanches et fériés de garde sur 28 jours, {EVERY_LINE}",
    "agreed_in_28_days": "gardes de cette ligne sur 28 jours, nombre convenu",
    "astreinte_nights_per_week": f"nuits d'astreinte sur 7 jours, {EVERY_LINE}",
    "astreinte_sundays_per_month": f"dimanches et fériés d'astreinte sur 28 jours, {EVERY_LINE}",
    "garde_spacing": f"gardes trop rapprochées, {EVERY_LINE}",
    "gardes_per_28_days": f"gardes sur 28 jours, {EVERY_LINE}",
    "max_worked": "jours de suite",
    "weekends_per_28_days": f"samedis et dimanches sur 28 jours, {EVERY_LINE}",
}
"""Limits on a number of duties, with what they count. Duties in force on lines that the roster does
not plan count too, and the grid does not show them: each sentence says so."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reason. ``sentence`` is said of the person; ``rule`` and ``source`` name the text behind
    it, empty for a fact. ``negotiable``: somebody could lift it."""

    code: str
    sentence: str
    rule: str = ""
    source: str = ""
    negotiable: bool = False


def short_day(duty: Duty) -> str:
    """« jeu. 24/12 » : the day of a duty, for a narrow cell."""
    day = local_day(duty.starts_at)
    return f"{DAYS[day.weekday()]} {day.day}/{day.month:02d}"


def short_hours(duty: Duty) -> str:
    """« 18 h 30 – 8 h 30 » : the hours of a duty."""
    return f"{french_clock(to_paris(duty.starts_at))} – {french_clock(to_paris(duty.ends_at))}"


def explain(
    violation: Violation, duties: Mapping[str, Duty], regulations: Regulations
) -> Explanation:
    """A violation in words. ``duties``: by id, those that it names."""
    code = violation.rule
    if code in PRIVATE:
        return Explanation(code, "exempté", negotiable=False)
    reason = reason_of(violation, regulations)
    named = [duties[slot] for slot in violation.slots if slot in duties]
    rule = f"{reason.regulation.label} : {reason.regulation.written}" if reason.regulation else ""
    source = reason.regulation.source if reason.regulation else ""
    say = SAYINGS.get(code)
    if code in FACTS:
        sentence = FACTS[code]
    elif say is not None:
        sentence = say(violation, named)
    elif code in LIMITS:
        over = f"{violation.excess} de trop" if violation.excess else "maximum atteint"
        sentence = f"{LIMITS[code]} : {over}"
    else:
        sentence = rule or "règle non respectée"
    return Explanation(code, sentence, rule, source, violation.negotiable)


def explain_once(
    violations: Iterable[Violation], duties: Mapping[str, Duty], regulations: Regulations
) -> tuple[Explanation, ...]:
    """Several violations in words, each sentence once: a limit broken on two windows is one
    reason, by its worst window."""
    several = list(violations)
    worst: dict[str, int] = {}
    for one in several:
        worst[one.rule] = max(one.excess, worst.get(one.rule, 0))
    found: dict[str, Explanation] = {}
    for one in several:
        if one.rule not in LIMITS or one.excess == worst[one.rule]:
            said = explain(one, duties, regulations)
            found.setdefault(said.sentence, said)
    return tuple(found.values())


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02d}" if rest else f"{hours} h"


def _rest(violation: Violation, named: Sequence[Duty]) -> str:
    when = f" (garde du {short_day(named[0])})" if named else ""
    return f"il manque {_hours(violation.excess)} de repos{when}"


def _work(violation: Violation, named: Sequence[Duty]) -> str:
    return f"dépasse de {_hours(violation.excess)} les 48 h par semaine en moyenne"


SAYINGS: Mapping[str, Callable[[Violation, Sequence[Duty]], str]] = {
    "equal_rest": _rest,
    "mean_weekly_hours": _work,
    "rest_after_garde": _rest,
    "rest_before_day_work": lambda violation, named: "repos avant son service du lendemain",
    "rest_before_garde": _rest,
    "continuous_work": lambda violation, named: "plus de 24 h de travail sans repos",
    "extra_time": lambda violation, named: "dépasse le temps additionnel de son contrat",
    "weekly_rest": lambda violation, named: "plus de repos de 24 h d'affilée dans la semaine",
}
"""What depends on the numbers of the violation."""
