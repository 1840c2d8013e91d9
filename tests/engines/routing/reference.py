"""The naive reference: one commune, one pathway, one minute, plain loops straight from the rule.

Slow and obvious on purpose. It shares nothing with the engine but the dataclasses of a network: it
enumerates every chain, removes every element in turn, and looks at every next instant of a grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from maillage.engines.routing import (
    Clause,
    Demand,
    DutySlot,
    Network,
    Opening,
    Pathway,
    Service,
    Site,
    Step,
)
from maillage.vocabulary.geo import crow_fly_km, estimated_minutes


@dataclass(frozen=True)
class Reachability:
    reason: str | None
    kept_by: str | None = None
    response: Fraction = Fraction(0)


@dataclass(frozen=True)
class Chain:
    """Services from the entry on; one basis per service; one priority per move."""

    services: tuple[str, ...]
    bases: tuple[str, ...]
    priorities: tuple[int, ...]
    minutes: Fraction
    last_leg: Fraction


def exact(minutes: float) -> Fraction:
    return Fraction(repr(minutes))


# Time


def local_time(network: Network, at: datetime) -> datetime:
    return at.astimezone(UTC).astimezone(ZoneInfo(network.timezone))


def day_is_in(day: date, starts_on: date | None, ends_on: date | None) -> bool:
    return (starts_on is None or starts_on <= day) and (ends_on is None or day < ends_on)


def instant_is_in(at: datetime, starts_at: datetime | None, ends_at: datetime | None) -> bool:
    now = at.astimezone(UTC)
    if starts_at is not None and now < starts_at.astimezone(UTC):
        return False
    return ends_at is None or now < ends_at.astimezone(UTC)


def window_counts(network: Network, window: Opening, at: datetime) -> bool:
    local = local_time(network, at)
    if local.isoweekday() not in window.weekdays:
        return False
    is_holiday = local.date() in network.public_holidays
    if is_holiday and window.holidays == "closed":
        return False
    if not is_holiday and window.holidays == "only":
        return False
    return window.from_minute <= local.hour * 60 + local.minute < window.to_minute


# One service


def is_authorised(network: Network, service: Service, at: datetime) -> bool:
    day = local_time(network, at).date()
    return any(day_is_in(day, p.starts_on, p.ends_on) for p in service.authorisations)


def slots_at(network: Network, service: Service, at: datetime) -> list[DutySlot]:
    return [
        slot
        for slot in network.duty_slots
        if slot.service == service.id and instant_is_in(at, slot.starts_at, slot.ends_at)
    ]


def reachability(network: Network, service: Service, at: datetime) -> Reachability:
    if not is_authorised(network, service, at):
        return Reachability("NOT_AUTHORISED")
    now = [e.state for e in service.exceptions if instant_is_in(at, e.starts_at, e.ends_at)]
    if "closed" in now:
        return Reachability("CLOSED")
    if "open" in now or any(window_counts(network, window, at) for window in service.opening):
        return Reachability(None, "opening")
    covering = slots_at(network, service, at)
    if not covering:
        return Reachability("CLOSED")
    staffed = [slot for slot in covering if slot.holder is not None]
    if not staffed:
        return Reachability("UNSTAFFED")
    first = sorted(staffed, key=lambda slot: (slot.response_minutes, slot.id))[0]
    return Reachability(None, f"slot:{first.id}", exact(first.response_minutes))


def next_reachable(
    network: Network, service: Service, at: datetime, grid: timedelta, until: datetime
) -> datetime | None:
    """The first instant of a UTC grid, after ``at``, when the service is reachable."""
    origin = datetime(2000, 1, 1, tzinfo=UTC)
    instant = origin + ((at - origin) // grid + 1) * grid
    while instant < until:
        if reachability(network, service, instant).reason is None:
            return instant
        instant += grid
    return None


# Moves


def site_of(network: Network, service: Service) -> Site:
    return next(site for site in network.sites if site.id == service.site)


def move_basis(
    network: Network, origin: Site, target: Site, care_type: str, at: datetime
) -> tuple[str, int] | None:
    """What allows a move, and its clause priority (below every clause when it needs none)."""
    day = local_time(network, at).date()
    if origin.organization == target.organization:
        return "organization", -1

    def groups(organization: str) -> set[str]:
        return {
            m.group
            for m in network.memberships
            if m.organization == organization and day_is_in(day, m.starts_on, m.ends_on)
        }

    shared = sorted(groups(origin.organization) & groups(target.organization))
    if shared:
        return f"group:{shared[0]}", -1
    clauses = [
        clause
        for clause in network.clauses
        if clause.from_organization == origin.organization
        and clause.to_organization == target.organization
        and care_type in clause.care_types
        and day_is_in(day, clause.starts_on, clause.ends_on)
    ]
    if not clauses:
        return None
    first = sorted(clauses, key=lambda clause: (clause.priority, clause.id))[0]
    return f"clause:{first.id}", first.priority


def minutes_between_sites(network: Network, origin: Site, target: Site) -> Fraction | None:
    if origin.id == target.id:
        return Fraction(0)
    if network.travel.source == "estimate":
        km = crow_fly_km(origin.lat, origin.lon, target.lat, target.lon)
        return exact(estimated_minutes(km))
    for a, b, minutes in network.travel.site_site:
        if (a, b) == (origin.id, target.id):
            return exact(minutes)
    return None


def minutes_from_commune(network: Network, code: str, target: Site) -> Fraction | None:
    if network.travel.source == "estimate":
        commune = next(row for row in network.communes if row.code == code)
        km = crow_fly_km(commune.lat, commune.lon, target.lat, target.lon)
        return exact(estimated_minutes(km))
    for a, b, minutes in network.travel.commune_site:
        if (a, b) == (code, target.id):
            return exact(minutes)
    return None


# Chains


def steps_of(network: Network, demand: Demand) -> list[Step]:
    pathway: Pathway = next(p for p in network.pathways if p.id == demand.pathway)
    return sorted(pathway.steps, key=lambda step: step.order)


def takes_direct(step: Step) -> bool:
    return step.order == 1 or step.entry in ("direct", "both")


def takes_referral(step: Step) -> bool:
    return step.order > 1 and step.entry in ("referral", "both")


def candidates(network: Network, step: Step, age: int) -> list[Service]:
    return [
        service
        for service in network.services
        if (service.care_type, service.level) == (step.care_type, step.level)
        and service.age_min <= age
        and (service.age_max is None or age < service.age_max)
    ]


def chains_to(network: Network, demand: Demand, step: Step) -> list[Chain]:
    """Every allowed chain that ends at a step."""
    steps = steps_of(network, demand)
    found: list[Chain] = []
    before = chains_to(network, demand, steps[step.order - 2]) if takes_referral(step) else []
    for service in candidates(network, step, demand.age):
        state = reachability(network, service, demand.at)
        if state.reason is not None:
            continue
        site = site_of(network, service)
        if takes_direct(step):
            minutes = minutes_from_commune(network, demand.commune, site)
            if minutes is not None:
                leg = minutes + state.response
                found.append(Chain((service.id,), ("direct",), (), leg, leg))
        for chain in before:
            sender = next(s for s in network.services if s.id == chain.services[-1])
            origin = site_of(network, sender)
            basis = move_basis(network, origin, site, step.care_type, demand.at)
            minutes = minutes_between_sites(network, origin, site)
            if basis is None or minutes is None:
                continue
            leg = minutes + state.response
            found.append(
                Chain(
                    (*chain.services, service.id),
                    (*chain.bases, basis[0]),
                    (*chain.priorities, basis[1]),
                    chain.minutes + leg,
                    leg,
                )
            )
    return found


def preference(chain: Chain) -> tuple[object, ...]:
    """Time, moves, clause priorities from the last move back, services from the last one back."""
    return (
        chain.minutes,
        len(chain.priorities),
        tuple(reversed(chain.priorities)),
        tuple(reversed(chain.services)),
    )


# Verdicts and reasons


def is_required(network: Network, step: Step, at: datetime) -> bool:
    return step.hours is None or any(window_counts(network, window, at) for window in step.hours)


def judge(network: Network, step: Step, minutes: Fraction) -> str:
    if step.target_minutes is None:
        return "ON_TARGET"
    target, margin = exact(step.target_minutes), exact(network.travel.margin_minutes)
    if minutes + margin <= target:
        return "ON_TARGET"
    if minutes - margin > target:
        return "LATE"
    return "AT_LIMIT"


def reason_without_chain(
    network: Network, demand: Demand, step: Step, services: list[Service]
) -> str:
    """The first true reason of some services of a step to which no chain leads."""
    if not services:
        return "NO_SERVICE"
    authorised = [s for s in services if is_authorised(network, s, demand.at)]
    if not authorised:
        return "NOT_AUTHORISED"
    states = [reachability(network, service, demand.at).reason for service in authorised]
    if None not in states:
        return "UNSTAFFED" if "UNSTAFFED" in states else "CLOSED"
    reached = [s for s in authorised if reachability(network, s, demand.at).reason is None]
    steps = steps_of(network, demand)
    before = chains_to(network, demand, steps[step.order - 2]) if step.order > 1 else []
    if not takes_direct(step) and not before:
        return "PREVIOUS_STEP"
    if takes_referral(step) and before:
        senders = [s for s in network.services if any(c.services[-1] == s.id for c in before)]
        allowed = any(
            move_basis(network, site_of(network, a), site_of(network, b), step.care_type, demand.at)
            for a in senders
            for b in reached
        )
        if not allowed:
            return "NO_AGREEMENT"
    return "TOO_FAR"


def verdict(network: Network, demand: Demand, step: Step) -> str:
    if not is_required(network, step, demand.at):
        return "NOT_REQUIRED"
    chains = chains_to(network, demand, step)
    return judge(network, step, min(c.minutes for c in chains)) if chains else "HOLE"


# Fragility: remove one thing, ask again


def without_service(network: Network, service: str) -> Network:
    return replace(
        network,
        services=tuple(s for s in network.services if s.id != service),
        duty_slots=tuple(s for s in network.duty_slots if s.service != service),
    )


def without_clause(network: Network, clause: str) -> Network:
    return replace(network, clauses=tuple(c for c in network.clauses if c.id != clause))


def without_holder(network: Network, holder: str) -> Network:
    return replace(
        network,
        duty_slots=tuple(
            replace(slot, holder=None) if slot.holder == holder else slot
            for slot in network.duty_slots
        ),
    )


def exposures(network: Network, demand: Demand, step: Step) -> list[tuple[str, str]]:
    if verdict(network, demand, step) not in ("ON_TARGET", "AT_LIMIT"):
        return []
    removals = [
        *(("service", s.id, without_service(network, s.id)) for s in network.services),
        *(("clause", c.id, without_clause(network, c.id)) for c in network.clauses),
        *(
            ("holder", holder, without_holder(network, holder))
            for holder in {slot.holder for slot in network.duty_slots if slot.holder is not None}
        ),
    ]
    kinds = ["service", "clause", "holder"]
    found = [(kind, name) for kind, name, rest in removals if verdict(rest, demand, step) == "HOLE"]
    return sorted(found, key=lambda element: (kinds.index(element[0]), element[1]))


# The whole answer


def resolve(
    network: Network, demand: Demand, *, grid: timedelta, until: datetime
) -> list[dict[str, object]]:
    """One dictionary per step: the keys of the network file's answers, and ``exposes``."""
    return [_resolve_step(network, demand, step, grid, until) for step in steps_of(network, demand)]


def _resolve_step(
    network: Network, demand: Demand, step: Step, grid: timedelta, until: datetime
) -> dict[str, object]:
    services = sorted(candidates(network, step, demand.age), key=lambda service: service.id)
    chains = chains_to(network, demand, step)
    best = min(chains, key=preference) if chains else None
    found = verdict(network, demand, step)
    reason = None
    if found == "HOLE":
        reason = reason_without_chain(network, demand, step, services)
    elif found == "LATE":
        reason = "TOO_FAR"

    excluded: list[dict[str, object]] = []
    for service in services:
        own = [chain for chain in chains if chain.services[-1] == service.id]
        if not own:
            why = reason_without_chain(network, demand, step, [service])
        elif best is not None and best.services[-1] != service.id:
            if judge(network, step, min(chain.minutes for chain in own)) != "LATE":
                continue
            why = "TOO_FAR"
        else:
            continue
        again = None
        if why in ("CLOSED", "UNSTAFFED"):
            again = next_reachable(network, service, demand.at, grid, until)
        excluded.append({"service": service.id, "reason": why, "reachable_at": again})

    last = None
    if best is not None:
        last = next(s for s in network.services if s.id == best.services[-1])
    exposed = exposures(network, demand, step)
    return {
        "order": step.order,
        "verdict": found,
        "reason": reason,
        "service": None if last is None else last.id,
        "kept_by": None if last is None else reachability(network, last, demand.at).kept_by,
        "basis": None if best is None else best.bases[-1],
        "minutes_from_previous": (
            None if best is None or len(best.services) == 1 else float(best.last_leg)
        ),
        "minutes_from_commune": None if best is None else float(best.minutes),
        "chain": [] if best is None else list(best.services),
        "fragile": bool(exposed),
        "excluded": excluded,
        "exposes": exposed,
    }


def mending_clauses(network: Network, demand: Demand) -> set[tuple[object, ...]]:
    """Every single clause that gives a chain, or a shorter one, to a step that is a hole or late:
    ``(step, from, to, care type, verdict, minutes)``, by trying them all."""
    found: set[tuple[object, ...]] = set()
    steps = steps_of(network, demand)
    for a in network.organizations:
        for b in network.organizations:
            for care_type in {step.care_type for step in steps}:
                clause = Clause("a clause to be", "draft", a.id, b.id, (care_type,), 0)
                changed = replace(network, clauses=(*network.clauses, clause))
                for step in steps:
                    if verdict(network, demand, step) not in ("HOLE", "LATE"):
                        continue
                    before = [c.minutes for c in chains_to(network, demand, step)]
                    after = [c.minutes for c in chains_to(changed, demand, step)]
                    if after and (not before or min(after) < min(before)):
                        minutes = min(after)
                        seen = judge(network, step, minutes)
                        found.add((step.order, a.id, b.id, care_type, seen, float(minutes)))
    return found
