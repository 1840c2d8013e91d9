"""Who could close a hole: one clause, one slot staffed, one service open, tried one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.routing import (
    AddClause,
    Closer,
    Commune,
    Demand,
    HolidayRule,
    Network,
    Opening,
    OpenService,
    ResidentBand,
    StaffSlots,
    Verdict,
    apply_changes,
    closers,
    hole_closers,
    resolve,
    snapshot,
)
from tests.engines.routing import reference
from tests.engines.routing.tables import TWO_STEPS, instant, territory
from tests.engines.routing.territories import questions, territories

SERVICES = """
service | site | care      | level     | hours
er-k    | K    | EMERGENCY | PROXIMITY | always
st-k    | K    | STROKE    | RECOURSE  | 12345 08:00-18:30 closed
st-v    | V    | STROKE    | RECOURSE  | never
st-l    | L    | STROKE    | RECOURSE  | always
"""
SLOTS = """
slot | service | from/to                                       | holder | response
d1   | st-v    | 2026-06-06T08:00+02:00/2026-06-07T08:00+02:00 |        | 10
d2   | st-k    | 2026-06-01T08:00+02:00/2026-06-02T08:00+02:00 |        |
"""
CLAUSES = """
clause | from       | to         | cares
c1     | k-hospital | v-hospital | STROKE
"""
SATURDAY = "2026-06-06T19:00+02:00"


def cambrai() -> Network:
    return territory(
        SERVICES, TWO_STEPS, "C>K 15, K>V 35, K>L 60", slots=SLOTS, clauses=CLAUSES, margin=4
    )


def ask(network: Network, at: str) -> tuple[Closer, ...]:
    return closers(network, Demand("C", "P", 70, instant(at)))


def test_a_hole_is_closed_by_an_opening_a_holder_or_a_clause_the_best_first() -> None:
    network = cambrai()
    found = ask(network, SATURDAY)
    assert [(c.step, c.change, str(c.verdict), c.minutes_from_commune) for c in found] == [
        (2, OpenService("st-k", (6,), 0, 1440, HolidayRule.CLOSED), "ON_TARGET", 15),
        (2, OpenService("st-v", (6,), 0, 1440, HolidayRule.CLOSED), "ON_TARGET", 50),
        (
            2,
            StaffSlots(
                instant("2026-06-06T08:00+02:00"),
                instant("2026-06-07T08:00+02:00"),
                line="line",
                service="st-v",
            ),
            "AT_LIMIT",
            60,
        ),
        (2, AddClause("k-hospital", "l-hospital", ("STROKE",)), "LATE", 75),
    ]
    assert {(c.minutes_before, c.steps) for c in found} == {(None, (2,))}
    assert [link.service for link in found[2].links] == ["er-k", "st-v"]


def test_the_opening_offered_is_the_time_during_which_the_service_is_closed() -> None:
    network = cambrai()
    weekday = ask(network, "2026-06-05T19:00+02:00")[0].change
    assert weekday == OpenService("st-k", (5,), 18 * 60 + 30, 1440, HolidayRule.CLOSED)
    holiday = territory(SERVICES, TWO_STEPS, "C>K 15", holidays="2026-06-05")
    assert ask(holiday, "2026-06-05T10:00+02:00")[0].change == OpenService(
        "st-k", (5,), 0, 1440, HolidayRule.ONLY
    )


def test_the_opening_offered_keeps_to_the_hours_when_the_step_is_due() -> None:
    hours = """
    step | care      | level     | entry    | target | hours
    1    | EMERGENCY | PROXIMITY | direct   | 30     |
    2    | STROKE    | RECOURSE  | referral | 60     | 12345 08:00-19:00, 6 09:00-12:30
    """
    network = territory(SERVICES, hours, "C>K 15, K>V 35, K>L 60", clauses=CLAUSES, margin=4)

    def openings(at: str) -> list[tuple[str, int, int]]:
        found = (one.change for one in ask(network, at))
        return [
            (one.service, one.from_minute, one.to_minute)
            for one in found
            if isinstance(one, OpenService)
        ]

    assert openings("2026-06-06T10:00+02:00") == [("st-k", 540, 750), ("st-v", 540, 750)]
    # On a weekday only from the hour when it closes.
    assert openings("2026-06-05T18:45+02:00") == [("st-k", 1110, 1140), ("st-v", 480, 1140)]


def inhabited(network: Network, *places: tuple[str, float, str]) -> Network:
    """The same territory with communes of so many residents, each with its journeys."""
    travel = replace(
        network.travel,
        commune_site=tuple(
            (code, journey.split()[0], float(journey.split()[1]))
            for code, _, journeys in places
            for journey in journeys.split(", ")
        ),
    )
    communes = tuple(
        Commune(code, code, 50.3, 3.5, (ResidentBand(0, None, "F", count),))
        for code, count, _ in places
    )
    return replace(network, communes=communes, travel=travel)


def test_a_hole_is_weighed_by_all_its_residents() -> None:
    """The most inhabited commune is near nothing that a clause would mend in time: what mends
    most of the others comes first all the same."""
    services = """
    service | site | care      | level     | hours
    er-k    | K    | EMERGENCY | PROXIMITY | always
    er-m    | M    | EMERGENCY | PROXIMITY | always
    st-v    | V    | STROKE    | RECOURSE  | always
    st-l    | L    | STROKE    | RECOURSE  | always
    """
    network = inhabited(
        territory(services, TWO_STEPS, "K>V 90, K>L 30, M>V 30", margin=4),
        ("59001", 1000, "K 25"),
        ("59002", 600, "M 20"),
        ("59003", 700, "M 25"),
    )
    found = hole_closers(network, "P", 2, instant(SATURDAY))
    assert [(one.change, one.in_time, one.late, one.left) for one in found] == [
        (AddClause("m-hospital", "v-hospital", ("STROKE",)), 1300, 0, 1000),
        (AddClause("k-hospital", "l-hospital", ("STROKE",)), 1000, 0, 1300),
        (AddClause("k-hospital", "v-hospital", ("STROKE",)), 0, 1000, 1300),
    ]
    answered = apply_changes(network, [found[0].change])
    assert (
        sum(
            row.residents
            for row in snapshot(answered, "P", instant(SATURDAY)).rows
            if row.step == 2 and row.verdict is Verdict.HOLE
        )
        == 1000
    )
    assert hole_closers(network, "P", 1, instant(SATURDAY)) == ()


def test_nothing_to_close() -> None:
    assert ask(cambrai(), "2026-06-05T10:00+02:00") == ()


def test_a_closure_or_a_missing_authorisation_is_not_mended_by_an_opening() -> None:
    services = """
    service | site | care      | level     | hours | authorised       | exception
    er-k    | K    | EMERGENCY | PROXIMITY | always |                 |
    st-k    | K    | STROKE    | RECOURSE  | never  | ..2026-01-01    |
    st-w    | K    | STROKE    | RECOURSE  | never  |                 | {closed}
    """.replace("{closed}", "closed 2026-06-01T00:00+02:00/2026-07-01T00:00+02:00")
    assert ask(territory(services, TWO_STEPS, "C>K 15"), SATURDAY) == ()


def minutes_of(network: Network, demand: Demand, step: Any) -> Any:
    return min((c.minutes for c in reference.chains_to(network, demand, step)), default=None)


def trials(network: Network, demand: Demand) -> Iterator[tuple[Any, Network]]:
    """Every slot staffed and every service open at the instant, one by one, by hand."""
    for slot in network.duty_slots:
        if slot.holder is None and reference.instant_is_in(demand.at, slot.starts_at, slot.ends_at):
            slots = tuple(
                # Its period on its line: another empty slot of the same line and service there
                # is held too, and only the instant matters here.
                replace(row, holder="renfort")
                if row.holder is None and (row.line, row.service) == (slot.line, slot.service)
                else row
                for row in network.duty_slots
            )
            name = ("staff", slot.service, slot.line, slot.starts_at, slot.ends_at)
            yield name, replace(network, duty_slots=slots)
    for service in network.services:
        opening = (*service.opening, Opening((1, 2, 3, 4, 5, 6, 7), 0, 1440))
        services = tuple(
            replace(row, opening=opening) if row is service else row for row in network.services
        )
        yield ("open", service.id), replace(network, services=services)


def named(change: Any) -> Any:
    if isinstance(change, StaffSlots):
        return ("staff", change.service, change.line, change.starts_at, change.ends_at)
    return ("open", change.service)


@settings(max_examples=150)
@given(st.data())
def test_the_changes_that_mend_are_those_found_by_trying_them_all(data: st.DataObject) -> None:
    drawn = data.draw(territories)
    network = drawn.network
    for _ in range(2):
        demand = data.draw(questions(drawn))
        found = closers(network, demand)
        clauses = {
            (c.step, c.change.from_organization, c.change.to_organization, *c.change.care_types,
             str(c.verdict), c.minutes_from_commune)
            for c in found
            if isinstance(c.change, AddClause)
        }  # fmt: skip
        assert clauses == reference.mending_clauses(network, demand)
        expected = set()
        for step in reference.steps_of(network, demand):
            if reference.verdict(network, demand, step) not in ("HOLE", "LATE"):
                continue
            before = minutes_of(network, demand, step)
            for name, changed in trials(network, demand):
                after = minutes_of(changed, demand, step)
                if after is not None and (before is None or after < before):
                    verdict = reference.judge(changed, step, after)
                    expected.add((step.order, name, verdict, float(after)))
        others = [
            (c.step, named(c.change), str(c.verdict), c.minutes_from_commune)
            for c in found
            if not isinstance(c.change, AddClause)
        ]
        assert set(others) == expected
        assert len(set(found)) == len(found)
        ranks = [(c.step, c.verdict.rank, c.minutes_from_commune) for c in found]
        assert ranks == sorted(ranks)


@settings(max_examples=80)
@given(st.data())
def test_a_change_that_is_made_gives_what_was_announced(data: st.DataObject) -> None:
    drawn = data.draw(territories)
    demand = data.draw(questions(drawn))
    for closer in closers(drawn.network, demand):
        answer = resolve(apply_changes(drawn.network, [closer.change]), demand)
        step = answer.steps[closer.step - 1]
        assert (step.verdict, step.minutes_from_commune) == (
            closer.verdict,
            closer.minutes_from_commune,
        )
        if closer.change.kind != "add_clause":
            assert step.links == closer.links
