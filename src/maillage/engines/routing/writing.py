"""The canonical JSON form of a network: fixed keys, rows in the order of their identifiers.

Equal territories give equal documents: instants are written on the local clock with their offset,
whole numbers without a decimal point, and lists whose order means nothing are sorted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from maillage.engines.routing.network import (
    Commune,
    Network,
    Opening,
    Pathway,
    Service,
)


def network_document(network: Network) -> dict[str, Any]:
    """The document of a network as JSON values, keys in the order of the specification."""
    zone = ZoneInfo(network.timezone)
    return {
        "timezone": network.timezone,
        "public_holidays": [str(day) for day in sorted(set(network.public_holidays))],
        "communes": [_commune(row) for row in sorted(network.communes, key=lambda r: r.code)],
        "organizations": [
            {"id": row.id, "name": row.name}
            for row in sorted(network.organizations, key=lambda r: r.id)
        ],
        "memberships": _sorted_rows(
            {"organization": row.organization, "group": row.group, **_days(row)}
            for row in network.memberships
        ),
        "sites": [
            {
                "id": row.id,
                "organization": row.organization,
                "name": row.name,
                "lat": _number(row.lat),
                "lon": _number(row.lon),
            }
            for row in sorted(network.sites, key=lambda r: r.id)
        ],
        "services": [_service(row, zone) for row in sorted(network.services, key=lambda r: r.id)],
        "duty_slots": [
            {
                "id": row.id,
                "line": row.line,
                "service": row.service,
                "starts_at": _instant(row.starts_at, zone),
                "ends_at": _instant(row.ends_at, zone),
                "holder": row.holder,
                "response_minutes": _number(row.response_minutes),
            }
            for row in sorted(network.duty_slots, key=lambda r: r.id)
        ],
        "clauses": [
            {
                "id": row.id,
                "agreement": row.agreement,
                "from": row.from_organization,
                "to": row.to_organization,
                "care_types": sorted(set(row.care_types)),
                "priority": row.priority,
                **_days(row),
            }
            for row in sorted(network.clauses, key=lambda r: r.id)
        ],
        "pathways": [_pathway(row) for row in sorted(network.pathways, key=lambda r: r.id)],
        "travel": {
            "source": str(network.travel.source),
            "margin_minutes": _number(network.travel.margin_minutes),
            "commune_site": _pairs(network.travel.commune_site),
            "site_site": _pairs(network.travel.site_site),
        },
    }


def _commune(row: Commune) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "lat": _number(row.lat),
        "lon": _number(row.lon),
        "residents": [
            {"age_min": b.age_min, "age_max": b.age_max, "sex": b.sex, "count": _number(b.count)}
            for b in sorted(row.residents, key=lambda b: (b.sex, b.age_min))
        ],
    }


def _service(row: Service, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": row.id,
        "site": row.site,
        "care_type": row.care_type,
        "level": row.level,
        "age_min": row.age_min,
        "age_max": row.age_max,
        "authorisations": _sorted_rows(_days(period) for period in row.authorisations),
        "opening": _openings(row.opening),
        "exceptions": _sorted_rows(
            {
                "starts_at": _instant(e.starts_at, zone),
                "ends_at": _instant(e.ends_at, zone),
                "state": str(e.state),
            }
            for e in row.exceptions
        ),
    }


def _pathway(row: Pathway) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "age_min": row.age_min,
        "age_max": row.age_max,
        "steps": [
            {
                "order": step.order,
                "care_type": step.care_type,
                "level": step.level,
                "entry": str(step.entry),
                "target_minutes": (
                    None if step.target_minutes is None else _number(step.target_minutes)
                ),
                "hours": None if step.hours is None else _openings(step.hours),
            }
            for step in sorted(row.steps, key=lambda s: s.order)
        ],
    }


def _openings(rows: Iterable[Opening]) -> list[dict[str, Any]]:
    return _sorted_rows(
        {
            "weekdays": sorted(set(row.weekdays)),
            "from": _clock(row.from_minute),
            "to": _clock(row.to_minute),
            "holidays": str(row.holidays),
        }
        for row in rows
    )


def _sorted_rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without an identifier, by their values; ``None`` comes first."""
    return sorted(rows, key=lambda row: [(v is not None, v) for v in row.values()])


def _pairs(rows: Iterable[tuple[str, str, float]]) -> list[list[Any]]:
    return [[origin, site, _number(minutes)] for origin, site, minutes in sorted(rows)]


def _days(row: Any) -> dict[str, Any]:
    return {"starts_on": _day(row.starts_on), "ends_on": _day(row.ends_on)}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat()


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _number(value: float) -> float:
    """The same number, whole ones as integers, so that 45 and 45.0 are written alike."""
    return int(value) if float(value).is_integer() else float(value)
