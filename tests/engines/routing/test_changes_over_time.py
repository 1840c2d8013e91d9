"""What a change means, checked at every half hour against a statement of it in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from maillage.engines.routing import Change, Clause, Network, Opening, apply_changes
from tests.engines.routing import reference
from tests.engines.routing.scenarios import KINDS, ChangeDrawer
from tests.engines.routing.territories import DAYS, GRID, SEEDS, draw_territory


def facts(network: Network, at: datetime) -> dict[str, Counter[Any]]:
    """What is true at an instant, whatever the rows that say it."""
    day = reference.local_time(network, at).date()
    open_now = Counter(
        service.id
        for service in network.services
        if any(reference.window_counts(network, row, at) for row in service.opening)
    )
    return {
        "slots": Counter(
            (slot.line, slot.service, slot.holder, float(slot.response_minutes))
            for slot in network.duty_slots
            if reference.instant_is_in(at, slot.starts_at, slot.ends_at)
        ),
        "open": open_now,
        "closed": Counter({
            service.id
            for service in network.services
            for row in service.exceptions
            if row.state == "closed" and reference.instant_is_in(at, row.starts_at, row.ends_at)
        }),
        "authorised": Counter(
            service.id
            for service in network.services
            if reference.is_authorised(network, service, at)
        ),
        "clauses": _sendings(
            row for row in network.clauses if reference.day_is_in(day, row.starts_on, row.ends_on)
        ),
    }  # fmt: skip


def _sendings(clauses: Iterable[Clause]) -> Counter[Any]:
    return Counter(
        (row.from_organization, row.to_organization, care, row.priority, row.agreement)
        for row in clauses
        for care in set(row.care_types)
    )


def expected(network: Network, change: Change, at: datetime) -> dict[str, Counter[Any]]:
    """The facts of an instant under one change, straight from what the change says."""
    found = facts(network, at)
    local = reference.local_time(network, at)
    day = local.date()
    c: Any = change
    match change.kind:
        case "staff" | "unstaff" | "leave":
            found["slots"] = Counter(_slots(found["slots"], c, at, day))
        case "open":
            window = Opening(c.weekdays, c.from_minute, c.to_minute, c.holidays)
            if reference.window_counts(network, window, at):
                found["open"] |= Counter([c.service])
        case "close":
            if reference.instant_is_in(at, c.starts_at, c.ends_at):
                found["closed"] |= Counter([c.service])
        case "authorise":
            if reference.day_is_in(day, c.starts_on, c.ends_on):
                found["authorised"] |= Counter([c.service])
        case "end_authorisation":
            if day >= c.ends_on:
                del found["authorised"][c.service]
        case "add_clause":
            if reference.day_is_in(day, c.starts_on, c.ends_on):
                found["clauses"].update(
                    (c.from_organization, c.to_organization, care, c.priority, "scenario")
                    for care in c.care_types
                )
        case "end_clause" | "end_agreement":
            for row in network.clauses:
                is_meant = c.kind == "end_agreement" or row.id == c.clause
                is_over = day >= c.ends_on
                if is_meant and is_over and reference.day_is_in(day, row.starts_on, row.ends_on):
                    found["clauses"] -= _sendings([row])
        case "move_half_day":
            minute = local.hour * 60 + local.minute
            is_inside = c.from_minute <= minute < c.to_minute
            if local.isoweekday() == c.weekday and is_inside and c.from_service in found["open"]:
                del found["open"][c.from_service]
                found["open"] |= Counter([c.to_service])
    return found


def _slots(slots: Counter[Any], c: Any, at: datetime, day: date) -> list[Any]:
    rows = list(slots.elements())
    if c.kind == "leave":
        return [(*r[:2], None if day >= c.from_date and r[2] == c.holder else r[2], r[3])
                for r in rows]  # fmt: skip
    if not reference.instant_is_in(at, c.starts_at, c.ends_at):
        return rows
    found, is_covered = [], False
    for line, service, holder, response in rows:
        is_meant = c.line in (None, line) and c.service in (None, service)
        is_covered = is_covered or is_meant
        if is_meant and c.kind == "unstaff":
            holder = None
        elif is_meant and holder is None:
            holder = c.holder
            response = response if c.response_minutes is None else c.response_minutes
        found.append((line, service, holder, response))
    if c.kind == "staff" and c.create and not is_covered:
        found.append((c.line or "renfort", c.service, c.holder, float(c.response_minutes or 0)))
    return found


@settings(max_examples=25)
@given(SEEDS, SEEDS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "target"])
def test_a_change_says_at_every_half_hour_what_it_means(kind: str, seed: int, other: int) -> None:
    territory = draw_territory(seed)
    network = territory.network
    change = ChangeDrawer(territory, other).change(kind)
    if change is None:
        return
    after = apply_changes(network, [change])
    at = territory.starts_at
    while at < territory.starts_at + timedelta(days=DAYS + 8):
        assert facts(after, at) == expected(network, change, at), at
        at += GRID
