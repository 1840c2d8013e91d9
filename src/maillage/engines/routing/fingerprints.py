"""Fingerprints: what the proof of one pathway over one horizon depends on, as one short name.

A proof is taken over from an earlier one only when this name is the same; everything that can
change a figure is in it, and little else: a slot of another service, a clause between hospitals
that no step joins, or a rename leave it as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

from maillage.engines.routing.compiled import CompiledNetwork
from maillage.engines.routing.network import Commune, Opening, Pathway
from maillage.engines.routing.reachability import CompiledService
from maillage.engines.routing.timelines import Horizon
from maillage.engines.routing.version import ENGINE_VERSION


def fingerprint_of(compiled: CompiledNetwork, pathway: str, horizon: Horizon) -> str:
    """The fingerprint of a pathway over a horizon, 32 hexadecimal digits."""
    row = next(row for row in compiled.network.pathways if row.id == pathway)
    services = {s.id: s for step in compiled.steps_of(pathway) for s in step.services}
    sites = {service.site for service in services.values()}
    organizations = {service.organization for service in services.values()}
    text = [
        ENGINE_VERSION,
        compiled.network.timezone,
        repr((horizon.start, horizon.end)),
        repr(sorted(day for day in compiled.network.public_holidays if _meets(day, horizon))),
        _pathway(row),
        *(_service(services[key], horizon) for key in sorted(services)),
        _journeys(compiled, sites),
        _moves(compiled, row, organizations, horizon),
        _communes(compiled),
    ]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:32]


def _meets(day: date, horizon: Horizon) -> bool:
    return horizon.first_day <= day.toordinal() <= horizon.last_day


def _pathway(row: Pathway) -> str:
    """As values, not as they are spelt: a target of 40 is that of 40.0, ``open`` is the rule."""
    steps = [
        (
            step.order, step.care_type, step.level, str(step.entry),
            None if step.target_minutes is None else float(step.target_minutes),
            None if step.hours is None else _windows(step.hours),
        )
        for step in sorted(row.steps, key=lambda step: step.order)
    ]  # fmt: skip
    return repr((row.id, row.age_min, row.age_max, steps))


def _windows(rows: Iterable[Opening]) -> list[tuple[list[int], int, int, str]]:
    return sorted(
        (sorted(row.weekdays), row.from_minute, row.to_minute, str(row.holidays)) for row in rows
    )


def _service(service: CompiledService, horizon: Horizon) -> str:
    """A service with its slots of the horizon. Remembered with its timeline."""
    reach = service.reach
    key = (horizon.start, horizon.end)
    known = reach.fingerprints.get(key)
    if known is None:
        own = (
            service.id, service.site, service.organization, service.age_min, service.age_max,
            _windows(reach.opening),
            reach.authorised.parts, reach.closed.parts, reach.opened.parts,
        )  # fmt: skip
        slots = [
            (max(start, horizon.start), min(end, horizon.end), holder, response)
            for start, end, holder, response in reach.slot_rows
            if start < horizon.end and end > max(start, horizon.start)
        ]
        known = hashlib.sha256(repr((own, slots)).encode()).hexdigest()
        reach.fingerprints[key] = known
    return known


def _journeys(compiled: CompiledNetwork, sites: set[str]) -> str:
    """Where the sites are, or how far: by points for the estimate, by pairs for a matrix."""
    travel = compiled.travel
    rows = [repr((travel.margin, travel.is_estimate))]
    ranks = travel.ranks(sorted(sites))
    for site in sorted(sites):
        if travel.is_estimate:
            rows.append(repr((site, *map(float, travel.point_of(site)))))
        else:
            digest = hashlib.sha256(travel.between(site)[ranks].tobytes())
            digest.update(travel.column(site).tobytes())
            rows.append(f"{site} {digest.hexdigest()}")
    return "\n".join(rows)


def _moves(
    compiled: CompiledNetwork, row: Pathway, organizations: set[str], horizon: Horizon
) -> str:
    """Memberships and clauses between the hospitals of the pathway, for its care types."""
    network = compiled.network
    care_types = {step.care_type for step in row.steps}
    memberships = sorted(
        (m.organization, m.group, _day(m.starts_on), _day(m.ends_on))
        for m in network.memberships
        if m.organization in organizations and _overlaps(m.starts_on, m.ends_on, horizon)
    )
    clauses = sorted(
        (
            c.id, c.from_organization, c.to_organization, sorted(care_types & set(c.care_types)),
            c.priority, _day(c.starts_on), _day(c.ends_on),
        )
        for c in network.clauses
        if c.from_organization in organizations
        and c.to_organization in organizations
        and care_types & set(c.care_types)
        and _overlaps(c.starts_on, c.ends_on, horizon)
    )  # fmt: skip
    return repr((memberships, clauses))


def _overlaps(starts_on: date | None, ends_on: date | None, horizon: Horizon) -> bool:
    if starts_on is not None and starts_on.toordinal() > horizon.last_day:
        return False
    return ends_on is None or ends_on.toordinal() > horizon.first_day


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _communes(compiled: CompiledNetwork) -> str:
    """Communes with their points and residents. Remembered with the residents."""
    people = compiled.people
    if not people.fingerprint:
        rows = (_commune(commune) for commune in compiled.communes.values())
        people.fingerprint = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return people.fingerprint


def _commune(row: Commune) -> str:
    bands = sorted((b.age_min, b.age_max or 0, float(b.count)) for b in row.residents)
    return repr((row.code, float(row.lat), float(row.lon), bands))
