"""Everything that a network must satisfy, row by row and across rows.

The same checks serve the JSON reader and the rows that a program hands over. They never stop at the
first defect. A field that the reader could not make sense of arrives as :data:`BROKEN`: its defect
is already told, and the checks pass over it so that the other defects of the row still show.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from maillage.engines.routing.enums import Entry, ExceptionState, HolidayRule, TravelSource
from maillage.engines.routing.network import (
    DAY_MINUTES,
    Clause,
    DutySlot,
    Membership,
    Network,
    Opening,
    Pathway,
    Service,
    Step,
    Travel,
)
from maillage.vocabulary.care import CareLevel
from maillage.vocabulary.errors import Problem

BROKEN: Any = object()
"""Stands for a value that could not be read; its problem is already in the list."""

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years accepted everywhere: far enough for every record, near enough for safe arithmetic."""

OLDEST_AGE = 150
LONGEST_MINUTES = 100_000
"""Upper bounds of ages (years) and durations (minutes, over two months): beyond, a typing error."""

SEXES = ("F", "M")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def has_control(text: str) -> bool:
    """True when a text holds a control character or half of a pair: it can be neither shown nor
    kept by every database."""
    return _CONTROL.search(text) is not None


class Findings:
    """The defects found so far, each at its JSON path."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, path: str, message: str) -> None:
        self.problems.append(Problem(message, field=path))

    def text(self, path: str, value: Any) -> None:
        """A text that can be shown and compared: not blank, no control character."""
        if value is BROKEN:
            return
        if not isinstance(value, str):
            self.add(path, "un texte est attendu.")
        elif not value.strip():
            self.add(path, "le texte est vide.")
        elif has_control(value):
            self.add(path, "le texte contient un caractère de contrôle.")

    def reference(self, path: str, value: Any, known: Container[str], what: str) -> None:
        """A text that names an existing row of another list."""
        before = len(self.problems)
        self.text(path, value)
        if value is not BROKEN and len(self.problems) == before and value not in known:
            self.add(path, f"« {value[:60]} » ne désigne {what} de ce réseau.")

    def number(self, path: str, value: Any, low: float, high: float, unit: str) -> bool:
        """A finite number in ``[low, high]``. True when it is one."""
        if value is BROKEN:
            return False
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.add(path, "un nombre est attendu.")
        elif not low <= value <= high:  # false for NaN and infinities too
            self.add(path, f"{_shown(value)} n'est pas entre {low:g} et {high:g} {unit}.")
        else:
            return True
        return False

    def whole(self, path: str, value: Any, low: int, high: int, unit: str) -> bool:
        """A whole number in ``[low, high]``. True when it is one."""
        if value is not BROKEN and (isinstance(value, bool) or not isinstance(value, int)):
            self.add(path, "un nombre entier est attendu.")
            return False
        return self.number(path, value, low, high, unit)

    def ages(self, path: str, low: Any, high: Any) -> None:
        """``low <= age < high``, ``high`` open when ``None``."""
        fine = self.whole(f"{path}.age_min", low, 0, OLDEST_AGE, "ans")
        if high is None or not self.whole(f"{path}.age_max", high, 0, OLDEST_AGE, "ans"):
            return
        if fine and high <= low:
            self.add(f"{path}.age_max", "l'âge maximal doit dépasser l'âge minimal.")

    def days(self, path: str, starts: Any, ends: Any) -> None:
        """A half-open period of local days, either end open when ``None``."""
        fine = True
        for name, day in (("starts_on", starts), ("ends_on", ends)):
            if day is BROKEN:
                fine = False
            elif day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
                self.add(f"{path}.{name}", "une date est attendue.")
                fine = False
            elif day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
                self.add(f"{path}.{name}", f"l'année doit être entre {FIRST_YEAR} et {LAST_YEAR}.")
        if fine and starts is not None and ends is not None and ends <= starts:
            self.add(f"{path}.ends_on", "la fin doit venir après le début.")

    def instants(self, path: str, starts: Any, ends: Any) -> None:
        """A half-open period of instants, either end open when ``None``."""
        fine = [
            self.instant(f"{path}.{name}", moment)
            for name, moment in (("starts_at", starts), ("ends_at", ends))
        ]
        if not all(fine) or starts is None or ends is None:
            return
        # In UTC: datetimes of one zone compare by their wall clocks, wrong in the repeated hour.
        if ends.astimezone(UTC) <= starts.astimezone(UTC):
            self.add(f"{path}.ends_at", "la fin doit venir après le début.")

    def instant(self, path: str, moment: Any) -> bool:
        """An aware datetime or ``None``. True when it is one."""
        if moment is None or moment is BROKEN:
            return moment is None
        if not isinstance(moment, datetime):
            self.add(path, "une date avec heure est attendue.")
        elif moment.tzinfo is None:
            self.add(path, "l'heure doit porter son décalage (par exemple +01:00).")
        elif not FIRST_YEAR <= moment.year <= LAST_YEAR:
            self.add(path, f"l'année doit être entre {FIRST_YEAR} et {LAST_YEAR}.")
        else:
            return True
        return False

    def choice(self, path: str, value: Any, choices: type[StrEnum]) -> None:
        """One of the values of a closed list."""
        if value is BROKEN:
            return
        try:
            choices(value)
        except ValueError:
            self.add(path, f"valeur inconnue (attendu : {', '.join(choices)}).")

    def unique(self, rows: Sequence[Any], path: str, key: str) -> Container[str]:
        """The identifiers of a list, each given once; defects of repeated ones are added.

        When some could not be read, every identifier counts as known: one unreadable row must not
        hide behind the hundred rows that refer to it.
        """
        first: dict[str, int] = {}
        is_complete = True
        for index, row in enumerate(rows):
            value = BROKEN if row is BROKEN else getattr(row, key)
            if not isinstance(value, str):
                is_complete = False
                if value is not BROKEN:
                    self.text(f"{path}[{index}].{key}", value)
                continue
            self.text(f"{path}[{index}].{key}", value)
            if value in first:
                self.add(
                    f"{path}[{index}].{key}",
                    f"« {value[:60]} » est déjà donné en {path}[{first[value]}].",
                )
            else:
                first[value] = index
        return first.keys() if is_complete else _Anything()


class _Anything(Container[str]):
    """Contains every text."""

    def __contains__(self, item: object) -> bool:
        return True


def check_network(network: Network) -> list[Problem]:
    """Every defect of a network, in the order of the document; empty when it is sound."""
    found = Findings()
    _check_calendar(found, network)
    communes = found.unique(network.communes, "$.communes", "code")
    organizations = found.unique(network.organizations, "$.organizations", "id")
    sites = found.unique(network.sites, "$.sites", "id")
    services = found.unique(network.services, "$.services", "id")
    found.unique(network.duty_slots, "$.duty_slots", "id")
    found.unique(network.clauses, "$.clauses", "id")
    found.unique(network.pathways, "$.pathways", "id")

    _check_communes(found, network)
    for path, row in _rows(network.organizations, "$.organizations"):
        found.text(f"{path}.name", row.name)
    for path, row in _rows(network.memberships, "$.memberships"):
        _check_membership(found, path, row, organizations)
    for path, row in _rows(network.sites, "$.sites"):
        found.reference(
            f"{path}.organization", row.organization, organizations, "aucune organisation"
        )
        found.text(f"{path}.name", row.name)
        _check_point(found, path, row)
    for path, row in _rows(network.services, "$.services"):
        _check_service(found, path, row, sites)
    for path, row in _rows(network.duty_slots, "$.duty_slots"):
        _check_slot(found, path, row, services)
    for path, row in _rows(network.clauses, "$.clauses"):
        check_clause(found, path, row, organizations)
    for path, row in _rows(network.pathways, "$.pathways"):
        _check_pathway(found, path, row)
    if network.travel is not BROKEN:
        _check_travel(found, network.travel, communes, sites)
    return found.problems


def _rows(rows: Sequence[Any], path: str) -> Iterable[tuple[str, Any]]:
    return ((f"{path}[{i}]", row) for i, row in enumerate(rows) if row is not BROKEN)


def _shown(value: float) -> str:
    text = repr(value)
    return text if len(text) <= 24 else f"{text[:24]}..."


def _check_calendar(found: Findings, network: Network) -> None:
    if network.timezone is not BROKEN and zone_of(network.timezone) is None:
        found.add("$.timezone", "fuseau horaire inconnu (exemple : Europe/Paris).")
    for index, day in enumerate(network.public_holidays):
        found.days(f"$.public_holidays[{index}]", day, None)


def zone_of(name: Any) -> ZoneInfo | None:
    """The time zone of that name in the tz database, or ``None``."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        return None


def _check_point(found: Findings, path: str, row: Any) -> None:
    found.number(f"{path}.lat", row.lat, -90, 90, "degrés")
    found.number(f"{path}.lon", row.lon, -180, 180, "degrés")


def _check_communes(found: Findings, network: Network) -> None:
    for path, row in _rows(network.communes, "$.communes"):
        found.text(f"{path}.name", row.name)
        _check_point(found, path, row)
        last_age: dict[str, int] = {}
        bands = list(_rows(row.residents, f"{path}.residents"))
        before = len(found.problems)
        for where, band in bands:
            found.ages(where, band.age_min, band.age_max)
            found.number(f"{where}.count", band.count, 0, 1e8, "habitants")
            if band.sex is not BROKEN and band.sex not in SEXES:
                found.add(f"{where}.sex", "le sexe est F ou M.")
        if len(found.problems) > before or any(_is_broken(band) for _, band in bands):
            continue
        for where, band in sorted(bands, key=lambda pair: (pair[1].sex, pair[1].age_min)):
            if band.age_min < last_age.get(band.sex, 0):
                found.add(where, "cette tranche d'âge en recouvre une autre du même sexe.")
            last_age[band.sex] = OLDEST_AGE if band.age_max is None else band.age_max


def _is_broken(band: Any) -> bool:
    return BROKEN in (band.age_min, band.age_max, band.sex)


def _check_membership(
    found: Findings, path: str, row: Membership, organizations: Container[str]
) -> None:
    found.reference(f"{path}.organization", row.organization, organizations, "aucune organisation")
    found.text(f"{path}.group", row.group)
    found.days(path, row.starts_on, row.ends_on)


def _check_service(found: Findings, path: str, row: Service, sites: Container[str]) -> None:
    found.reference(f"{path}.site", row.site, sites, "aucun site")
    _check_care(found, path, row)
    found.ages(path, row.age_min, row.age_max)
    for where, period in _rows(row.authorisations, f"{path}.authorisations"):
        found.days(where, period.starts_on, period.ends_on)
    for where, opening in _rows(row.opening, f"{path}.opening"):
        check_opening(found, where, opening)
    for where, exception in _rows(row.exceptions, f"{path}.exceptions"):
        found.instants(where, exception.starts_at, exception.ends_at)
        found.choice(f"{where}.state", exception.state, ExceptionState)


def _check_care(found: Findings, path: str, row: Service | Step) -> None:
    found.text(f"{path}.care_type", row.care_type)
    if row.level is not BROKEN and row.level not in CareLevel.__members__:
        found.add(
            f"{path}.level", f"niveau inconnu (attendu : {', '.join(CareLevel.__members__)})."
        )


def check_opening(found: Findings, path: str, row: Opening) -> None:
    """Weekdays, and a window within one day."""
    if not row.weekdays:
        found.add(f"{path}.weekdays", "au moins un jour est attendu.")
    for index, day in enumerate(row.weekdays):
        found.whole(f"{path}.weekdays[{index}]", day, 1, 7, "(1 = lundi)")
    starts = found.whole(f"{path}.from", row.from_minute, 0, DAY_MINUTES - 1, "minutes")
    ends = found.whole(f"{path}.to", row.to_minute, 1, DAY_MINUTES, "minutes")
    if starts and ends and row.to_minute <= row.from_minute:
        found.add(f"{path}.to", "une plage finit après son début, le même jour (au plus 24:00).")
    found.choice(f"{path}.holidays", row.holidays, HolidayRule)


def _check_slot(found: Findings, path: str, row: DutySlot, services: Container[str]) -> None:
    found.text(f"{path}.line", row.line)
    found.reference(f"{path}.service", row.service, services, "aucun service")
    found.instants(path, row.starts_at, row.ends_at)
    if row.holder is not None:
        found.text(f"{path}.holder", row.holder)
    found.number(f"{path}.response_minutes", row.response_minutes, 0, LONGEST_MINUTES, "minutes")


def check_clause(found: Findings, path: str, row: Clause, organizations: Container[str]) -> None:
    """Everything of a clause but that its identifier is its own."""
    found.text(f"{path}.agreement", row.agreement)
    for name, value in (("from", row.from_organization), ("to", row.to_organization)):
        found.reference(f"{path}.{name}", value, organizations, "aucune organisation")
    if not row.care_types:
        found.add(f"{path}.care_types", "au moins un type de soins est attendu.")
    for index, care_type in enumerate(row.care_types):
        found.text(f"{path}.care_types[{index}]", care_type)
    found.whole(f"{path}.priority", row.priority, 0, 1_000_000, "")
    found.days(path, row.starts_on, row.ends_on)


def _check_pathway(found: Findings, path: str, row: Pathway) -> None:
    found.text(f"{path}.name", row.name)
    found.ages(path, row.age_min, row.age_max)
    if not row.steps:
        found.add(f"{path}.steps", "un parcours a au moins une étape.")
    seen: set[int] = set()
    for where, step in _rows(row.steps, f"{path}.steps"):
        _check_step(found, where, step)
        if not found.whole(f"{where}.order", step.order, 1, len(row.steps), "(rang de l'étape)"):
            continue
        if step.order in seen:
            found.add(f"{where}.order", f"l'étape {step.order} est donnée deux fois.")
        seen.add(step.order)


def _check_step(found: Findings, path: str, step: Step) -> None:
    _check_care(found, path, step)
    found.choice(f"{path}.entry", step.entry, Entry)
    if step.order == 1 and step.entry == Entry.REFERRAL:
        found.add(f"{path}.entry", "la première étape se fait toujours en entrée directe.")
    if step.target_minutes is not None:
        found.number(f"{path}.target_minutes", step.target_minutes, 0, LONGEST_MINUTES, "minutes")
    if step.hours is None:
        return
    if not step.hours:
        found.add(f"{path}.hours", "une étape sans aucune heure n'est jamais requise.")
    for where, opening in _rows(step.hours, f"{path}.hours"):
        check_opening(found, where, opening)


def _check_travel(
    found: Findings, travel: Travel, communes: Container[str], sites: Container[str]
) -> None:
    found.number("$.travel.margin_minutes", travel.margin_minutes, 0, LONGEST_MINUTES, "minutes")
    _check_pairs(
        found, "$.travel.commune_site", travel.commune_site, communes, "aucune commune", sites
    )
    _check_pairs(found, "$.travel.site_site", travel.site_site, sites, "aucun site", sites)
    found.choice("$.travel.source", travel.source, TravelSource)
    if travel.source == TravelSource.ESTIMATE:
        for name in ("commune_site", "site_site"):
            if getattr(travel, name):
                found.add(f"$.travel.{name}", "une estimation ne porte pas de table de trajets.")


def _check_pairs(
    found: Findings,
    path: str,
    rows: Sequence[Any],
    origins: Container[str],
    no_origin: str,
    sites: Container[str],
) -> None:
    seen: dict[tuple[str, str], int] = {}
    for index, row in enumerate(rows):
        if row is BROKEN:
            continue
        origin, site, minutes = row
        where = f"{path}[{index}]"
        found.reference(f"{where}[0]", origin, origins, no_origin)
        found.reference(f"{where}[1]", site, sites, "aucun site")
        fine = found.number(f"{where}[2]", minutes, 0, LONGEST_MINUTES, "minutes")
        if BROKEN in (origin, site) or not isinstance(origin, str) or not isinstance(site, str):
            continue
        if (origin, site) in seen:
            found.add(where, f"ce trajet est déjà donné en {path}[{seen[origin, site]}].")
        seen[origin, site] = index
        if fine and origins is sites and origin == site and minutes != 0:
            found.add(f"{where}[2]", "un trajet dans un même site dure 0 minute.")
