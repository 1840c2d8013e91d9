"""The life of a request as a reference page, printed from the table of transitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from maillage.referrals.enums import Act, Clock, Kind, Priority, Side, State
from maillage.referrals.rules.deadlines import (
    ANNOUNCED_MARGIN,
    DELAYS,
    WORKING_FROM,
    WORKING_TO,
    Delay,
)
from maillage.referrals.rules.escalation import levels
from maillage.referrals.rules.transitions import ENDED, TABLE, Transition, standing


def state_page() -> str:
    """The whole page, in Markdown: one diagram a kind, then acts, owners, clocks and calls."""
    parts = [
        "# States of a request\n\nPrinted from the table of transitions "
        "(`maillage.referrals.rules.transitions`). In a state that is not an end, a request has "
        "one owner and one clock; the database refuses anything else.\n",
        *(_diagram(kind) for kind in Kind),
        "\n## Acts\n\n",
        _grid(
            ("act", "kinds", "from", "to", "by", "needs"),
            [_act_row(line) for line in TABLE],
        ),
        "\n## Who holds the ball, and which clock runs\n\n",
        _grid(("state", "holds the ball", "waited for"), _standing_rows()),
        "\nThe transport of a return is followed by the hospital that sends the patient back, not "
        "by the SAMU.\n\n## How long\n\nDefaults, by priority; the terms of a clause come before "
        f"them. « Working » counts Monday to Friday, {WORKING_FROM:%H:%M} to {WORKING_TO:%H:%M} in "
        "Paris, public holidays aside.\n\n",
        _grid(
            ("clock", *(priority.value for priority in Priority)),
            [_delay_row(clock) for clock in Clock],
        ),
        "\n"
        + "".join(
            f"- {clock.label}: an announced hour replaces the delay; the clock ends "
            f"{_length(margin)} after it.\n"
            for clock, margin in ANNOUNCED_MARGIN.items()
        ),
        "\n## Who is called once a clock has run out\n\nThe first call is made as the clock runs "
        "out, the others half its length apart (five minutes at the least); then the head of the "
        "team is called every day. What nobody opened goes back to who asked, but for moves.\n\n",
        _grid(
            ("kind", "P0, P1", "P2, P3"),
            [(kind.label, _chain(kind, Priority.P0), _chain(kind, Priority.P2)) for kind in Kind],
        ),
    ]
    return "".join(parts)


def _diagram(kind: Kind) -> str:
    met = _reachable(kind)
    states = [state for state in State if state in met]
    arrows = [
        f"    {source} --> {end} : {line.act.label}"
        for line in TABLE
        if kind in line.kinds
        for source in line.sources
        if source in met
        for end in _ends(line)
    ]
    ends = [f"    {state} --> [*]" for state in states if state in ENDED]
    return (
        f"\n## {kind.label}\n\n```mermaid\nstateDiagram-v2\n"
        + "".join(f'    state "{state.label}" as {state}\n' for state in states)
        + f"    [*] --> {State.DRAFT}\n"
        + "\n".join([*arrows, *ends])
        + "\n```\n"
    )


def _reachable(kind: Kind) -> set[State]:
    """The states that a request of this kind may come to, from a draft."""
    met, fresh = {State.DRAFT}, {State.DRAFT}
    while fresh:
        fresh = {
            end
            for line in TABLE
            if kind in line.kinds and fresh & set(line.sources)
            for end in _ends(line)
        } - met
        met |= fresh
    return met


def _ends(line: Transition) -> tuple[State, ...]:
    """Where an act leads: the second acceptance of a transfer completes it."""
    both = line.act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT_BED)
    return (line.to, State.ACCEPTED) if both else (line.to,)


def _act_row(line: Transition) -> tuple[str, ...]:
    kinds = (
        "all" if line.kinds == frozenset(Kind) else _words(k.label for k in Kind if k in line.kinds)
    )
    return (
        line.act.label,
        kinds,
        _words(state.label for state in line.sources),
        _words(state.label for state in _ends(line)),
        _words(side.label for side in Side if side in line.by),
        _words(f"`{name}`" for name in line.needs),
    )


def _standing_rows() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for state in State:
        found = standing(Kind.TRANSFER, state)
        rows.append(
            (state.label, found.owner.label, found.clock.label) if found else (state.label, "", "")
        )
    return rows


def _delay_row(clock: Clock) -> tuple[str, ...]:
    return (clock.label, *(_length(DELAYS[clock][priority]) for priority in Priority))


def _length(delay: Delay) -> str:
    hours, minutes = divmod(delay.minutes, 60)
    text = f"{hours} h {minutes:02d}" if hours and minutes else f"{hours} h" if hours else ""
    return (text or f"{minutes} min") + (" working" if delay.working else "")


def _chain(kind: Kind, priority: Priority) -> str:
    return ", ".join(level.label for level in levels(kind, priority, Clock.TO_SEE))


def _words(found: Iterable[str]) -> str:
    return ", ".join(found)


def _grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"
