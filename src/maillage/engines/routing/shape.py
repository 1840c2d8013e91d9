"""From JSON values to the dataclasses of a network: types only, the meaning is in ``checks.py``.

What cannot be read becomes ``BROKEN``, with its problem told once, so that one reading tells every
defect of a document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from maillage.engines.routing.checks import BROKEN, Findings
from maillage.engines.routing.enums import Entry, ExceptionState, HolidayRule, TravelSource
from maillage.engines.routing.network import (
    DAY_MINUTES,
    Clause,
    Commune,
    DayPeriod,
    DutySlot,
    Membership,
    Network,
    Opening,
    Organization,
    Pathway,
    ResidentBand,
    Service,
    ServiceException,
    Site,
    Step,
    Travel,
)

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
_MISSING = object()

Row = Mapping[str, Any]
T = TypeVar("T")


class _RepeatedKeys(dict[str, Any]):
    """A JSON object that gives the same key twice; ``names`` are those keys."""

    names: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = _RepeatedKeys(found)
    keys = [key for key, _ in pairs]
    repeated.names = tuple(key for key in found if keys.count(key) > 1)
    return repeated


def parse_json(source: str | bytes, found: Findings, *, wanted: type = dict) -> Any:
    """The JSON object (or list, when that is ``wanted``) of a text in UTF-8, or ``None`` with a
    problem at ``$``."""
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source
        value = json.loads(text, object_pairs_hook=_object)
    except UnicodeDecodeError:
        found.add("$", "le texte n'est pas en UTF-8.")
    except json.JSONDecodeError as error:
        found.add(
            "$",
            f"le JSON est mal formé, ligne {error.lineno}, colonne {error.colno} ({error.msg}).",
        )
    except (ValueError, RecursionError):
        found.add("$", "le JSON est mal formé (nombre démesuré ou trop de niveaux).")
    else:
        if isinstance(value, wanted):
            return value
        found.add("$", "un objet est attendu." if wanted is dict else "une liste est attendue.")
    return None


class NetworkShape(Findings):
    """Reads one document. ``problems`` tells what had a wrong type."""

    def network(self, data: Row) -> Network:
        """The network, with ``BROKEN`` in place of what could not be read."""
        self.keys("$", data, [
            "timezone", "public_holidays", "communes", "organizations", "memberships", "sites",
            "services", "duty_slots", "clauses", "pathways", "travel",
        ])  # fmt: skip
        return Network(
            timezone=self.string("$", data, "timezone"),
            public_holidays=self.items("$", data, "public_holidays", self.as_day),
            communes=self.objects("$", data, "communes", self.commune),
            organizations=self.objects("$", data, "organizations", self.organization),
            memberships=self.objects("$", data, "memberships", self.membership),
            sites=self.objects("$", data, "sites", self.site),
            services=self.objects("$", data, "services", self.service),
            duty_slots=self.objects("$", data, "duty_slots", self.slot),
            clauses=self.objects("$", data, "clauses", self.clause),
            pathways=self.objects("$", data, "pathways", self.pathway),
            travel=self.travel(data),
        )

    # Rows

    def commune(self, path: str, row: Row) -> Commune:
        self.keys(path, row, ["code", "name", "lat", "lon", "residents"])
        return Commune(
            self.string(path, row, "code"),
            self.string(path, row, "name"),
            self.decimal(path, row, "lat"),
            self.decimal(path, row, "lon"),
            self.objects(path, row, "residents", self.band, default=()),
        )

    def band(self, path: str, row: Row) -> ResidentBand:
        self.keys(path, row, ["age_min", "age_max", "sex", "count"])
        low, high = self.ages_of(path, row)
        count = self.decimal(path, row, "count")
        return ResidentBand(low, high, self.string(path, row, "sex"), count)

    def organization(self, path: str, row: Row) -> Organization:
        self.keys(path, row, ["id", "name"])
        return Organization(self.string(path, row, "id"), self.string(path, row, "name"))

    def membership(self, path: str, row: Row) -> Membership:
        self.keys(path, row, ["organization", "group", "starts_on", "ends_on"])
        organization = self.string(path, row, "organization")
        return Membership(organization, self.string(path, row, "group"), *self.days_of(path, row))

    def site(self, path: str, row: Row) -> Site:
        self.keys(path, row, ["id", "organization", "name", "lat", "lon"])
        return Site(
            self.string(path, row, "id"),
            self.string(path, row, "organization"),
            self.string(path, row, "name"),
            self.decimal(path, row, "lat"),
            self.decimal(path, row, "lon"),
        )

    def service(self, path: str, row: Row) -> Service:
        self.keys(path, row, [
            "id", "site", "care_type", "level", "age_min", "age_max", "authorisations", "opening",
            "exceptions",
        ])  # fmt: skip
        low, high = self.ages_of(path, row)
        return Service(
            id=self.string(path, row, "id"),
            site=self.string(path, row, "site"),
            care_type=self.string(path, row, "care_type"),
            level=self.string(path, row, "level"),
            age_min=low,
            age_max=high,
            authorisations=self.objects(path, row, "authorisations", self.authorisation),
            opening=self.objects(path, row, "opening", self.opening, default=()),
            exceptions=self.objects(path, row, "exceptions", self.exception, default=()),
        )

    def authorisation(self, path: str, row: Row) -> DayPeriod:
        self.keys(path, row, ["starts_on", "ends_on"])
        return DayPeriod(*self.days_of(path, row))

    def opening(self, path: str, row: Row) -> Opening:
        self.keys(path, row, ["weekdays", "from", "to", "holidays"])
        return Opening(
            weekdays=self.items(path, row, "weekdays", self.as_whole),
            from_minute=self.clock(path, row, "from"),
            to_minute=self.clock(path, row, "to"),
            holidays=self.choice_of(path, row, "holidays", HolidayRule),
        )

    def exception(self, path: str, row: Row) -> ServiceException:
        self.keys(path, row, ["starts_at", "ends_at", "state"])
        starts, ends = self.instants_of(path, row)
        return ServiceException(starts, ends, self.choice_of(path, row, "state", ExceptionState))

    def slot(self, path: str, row: Row) -> DutySlot:
        self.keys(path, row, [
            "id", "line", "service", "starts_at", "ends_at", "holder", "response_minutes",
        ])  # fmt: skip
        starts, ends = self.instants_of(path, row)
        return DutySlot(
            id=self.string(path, row, "id"),
            line=self.string(path, row, "line"),
            service=self.string(path, row, "service"),
            starts_at=starts,
            ends_at=ends,
            holder=self.optional(path, row, "holder", self.as_string),
            response_minutes=self.decimal(path, row, "response_minutes"),
        )

    def clause(self, path: str, row: Row) -> Clause:
        self.keys(path, row, [
            "id", "agreement", "from", "to", "care_types", "priority", "starts_on", "ends_on",
        ])  # fmt: skip
        starts, ends = self.days_of(path, row)
        return Clause(
            id=self.string(path, row, "id"),
            agreement=self.string(path, row, "agreement"),
            from_organization=self.string(path, row, "from"),
            to_organization=self.string(path, row, "to"),
            care_types=self.items(path, row, "care_types", self.as_string),
            priority=self.required(path, row, "priority", self.as_whole),
            starts_on=starts,
            ends_on=ends,
        )

    def pathway(self, path: str, row: Row) -> Pathway:
        self.keys(path, row, ["id", "name", "age_min", "age_max", "steps"])
        low, high = self.ages_of(path, row)
        return Pathway(
            id=self.string(path, row, "id"),
            name=self.string(path, row, "name"),
            steps=self.objects(path, row, "steps", self.step),
            age_min=low,
            age_max=high,
        )

    def step(self, path: str, row: Row) -> Step:
        self.keys(path, row, ["order", "care_type", "level", "entry", "target_minutes", "hours"])
        hours: Any = None
        if row.get("hours") is not None:
            hours = self.objects(path, row, "hours", self.opening)
        return Step(
            order=self.required(path, row, "order", self.as_whole),
            care_type=self.string(path, row, "care_type"),
            level=self.string(path, row, "level"),
            entry=self.choice_of(path, row, "entry", Entry),
            target_minutes=self.optional(path, row, "target_minutes", self.as_decimal),
            hours=hours,
        )

    def travel(self, data: Row) -> Travel:
        row = self.required("$", data, "travel", self.as_object)
        if row is BROKEN:
            return BROKEN
        path = "$.travel"
        self.keys(path, row, ["source", "margin_minutes", "commune_site", "site_site"])
        source = self.choice_of(path, row, "source", TravelSource)
        default = () if source == TravelSource.ESTIMATE else _MISSING
        return Travel(
            source=source,
            margin_minutes=self.decimal(path, row, "margin_minutes"),
            commune_site=self.items(path, row, "commune_site", self.as_pair, default=default),
            site_site=self.items(path, row, "site_site", self.as_pair, default=default),
        )

    # Fields of a row

    def keys(self, path: str, row: Row, known: list[str]) -> None:
        """Refuse keys that are unknown or given twice."""
        if isinstance(row, _RepeatedKeys):
            for name in row.names:
                self.add(f"{path}.{name[:40]}", "cette clé est donnée deux fois.")
        if not row.keys() <= set(known):
            for name in row:
                if name not in known:
                    self.add(f"{path}.{name[:40]}", "clé inconnue.")

    def required(
        self, path: str, row: Row, key: str, read: Callable[[str, Any], T], default: Any = _MISSING
    ) -> T:
        value = row.get(key, _MISSING)
        if value is _MISSING:
            if default is not _MISSING:
                return default
            self.add(f"{path}.{key}", "cette clé manque.")
            return BROKEN
        return read(f"{path}.{key}", value)

    def optional(self, path: str, row: Row, key: str, read: Callable[[str, Any], T]) -> T | None:
        """A value that may be ``null`` or left out, both meaning none."""
        value = row.get(key)
        return None if value is None else read(f"{path}.{key}", value)

    def string(self, path: str, row: Row, key: str) -> str:
        return self.required(path, row, key, self.as_string)

    def decimal(self, path: str, row: Row, key: str) -> float:
        return self.required(path, row, key, self.as_decimal)

    def clock(self, path: str, row: Row, key: str) -> int:
        return self.required(path, row, key, self.as_clock)

    def days_of(self, path: str, row: Row) -> tuple[date | None, date | None]:
        return (
            self.optional(path, row, "starts_on", self.as_day),
            self.optional(path, row, "ends_on", self.as_day),
        )

    def instants_of(self, path: str, row: Row) -> tuple[datetime | None, datetime | None]:
        return (
            self.optional(path, row, "starts_at", self.as_instant),
            self.optional(path, row, "ends_at", self.as_instant),
        )

    def ages_of(self, path: str, row: Row) -> tuple[int, int | None]:
        """``age_min`` (``null`` is 0) and ``age_max`` (``null`` is open)."""
        low = self.optional(path, row, "age_min", self.as_whole)
        return 0 if low is None else low, self.optional(path, row, "age_max", self.as_whole)

    def choice_of(self, path: str, row: Row, key: str, choices: type[StrEnum]) -> Any:
        def read(where: str, value: Any) -> Any:
            try:
                return choices(value)
            except ValueError:
                self.choice(where, value, choices)
                return BROKEN

        return self.required(path, row, key, read)

    def items(
        self,
        path: str,
        row: Row,
        key: str,
        read: Callable[[str, Any], T],
        default: Any = _MISSING,
    ) -> tuple[T, ...]:
        """A list of values. What is no list at all becomes a list of one ``BROKEN`` value, so that
        the checks go on and know that something is missing."""

        def read_list(where: str, value: Any) -> Any:
            if not isinstance(value, list):
                self.add(where, "une liste est attendue.")
                return BROKEN
            return tuple(read(f"{where}[{i}]", item) for i, item in enumerate(value))

        rows: Any = self.required(path, row, key, read_list, default)
        return (BROKEN,) if rows is BROKEN else rows

    def objects(
        self,
        path: str,
        row: Row,
        key: str,
        read: Callable[[str, Row], T],
        default: Any = _MISSING,
    ) -> tuple[T, ...]:
        """A list of objects; what is no object is told and passed over."""

        def read_one(where: str, value: Any) -> T:
            found = self.as_object(where, value)
            return BROKEN if found is BROKEN else read(where, found)

        return self.items(path, row, key, read_one, default)

    # Values

    def as_object(self, path: str, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        self.add(path, "un objet est attendu.")
        return BROKEN

    def as_string(self, path: str, value: Any) -> str:
        if isinstance(value, str):
            return value
        self.add(path, "un texte est attendu (entre guillemets).")
        return BROKEN

    def as_decimal(self, path: str, value: Any) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        self.add(path, "un nombre est attendu.")
        return BROKEN

    def as_whole(self, path: str, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.add(path, "un nombre entier est attendu.")
        return BROKEN

    def as_clock(self, path: str, value: Any) -> int:
        if isinstance(value, str) and _CLOCK.fullmatch(value):
            hour, minute = value.split(":")
            return int(hour) * 60 + int(minute)
        self.add(path, f"une heure de 00:00 à {DAY_MINUTES // 60}:00 est attendue.")
        return BROKEN

    def as_day(self, path: str, value: Any) -> date:
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        self.add(path, "une date AAAA-MM-JJ est attendue.")
        return BROKEN

    def as_instant(self, path: str, value: Any) -> datetime:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                pass
        self.add(path, "un instant est attendu (exemple : 2026-11-22T03:00+01:00).")
        return BROKEN

    def as_pair(self, path: str, value: Any) -> tuple[str, str, float]:
        if not isinstance(value, list) or len(value) != 3:
            self.add(path, "un trajet est attendu : [départ, site, minutes].")
            return BROKEN
        return (
            self.as_string(f"{path}[0]", value[0]),
            self.as_string(f"{path}[1]", value[1]),
            self.as_decimal(f"{path}[2]", value[2]),
        )
