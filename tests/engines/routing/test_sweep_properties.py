"""What must hold of any proof, whatever the territory: no need to know the right answer."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.routing import (
    Clause,
    DayPeriod,
    ExceptionState,
    Network,
    Opening,
    PathwayProof,
    Proof,
    ProofCancelled,
    ServiceException,
    compile_network,
    fingerprint,
    prove,
    sweep,
)
from tests.engines.routing.inhabited import Inhabited, draw_inhabited, inhabited
from tests.engines.routing.reference_proof import CATEGORIES
from tests.engines.routing.territories import GRID
from tests.hypothesis_profile import DEPTH

seeds = st.integers(0, 10**6)


def content(proof: PathwayProof) -> dict[str, Any]:
    """Everything that a proof says, without the name that it gives to what it depends on."""
    tables = {name: table.to_pylist() for name, table in proof.tables.items()}
    return {"pathway": proof.pathway, "totals": proof.totals, **tables}


def contents(proof: Proof) -> list[dict[str, Any]]:
    return [content(row) for row in sorted(proof.pathways, key=lambda row: row.pathway)]


def shuffled(rows: Any, choice: random.Random) -> Any:
    return tuple(choice.sample(rows, len(rows)))


def permuted(network: Network, choice: random.Random) -> Network:
    """The same territory with every list in another order."""
    names = (
        "public_holidays", "communes", "organizations", "memberships", "sites", "services",
        "duty_slots", "clauses", "pathways",
    )  # fmt: skip
    rows = {name: shuffled(getattr(network, name), choice) for name in names}
    rows["communes"] = tuple(
        replace(row, residents=shuffled(row.residents, choice)) for row in rows["communes"]
    )
    rows["pathways"] = tuple(
        replace(row, steps=shuffled(row.steps, choice)) for row in rows["pathways"]
    )
    travel = replace(
        network.travel,
        commune_site=shuffled(network.travel.commune_site, choice),
        site_site=shuffled(network.travel.site_site, choice),
    )
    return replace(network, travel=travel, **rows)


# Order, pieces, parts


@settings(max_examples=25 * DEPTH)
@given(inhabited, seeds)
def test_nothing_depends_on_the_order_of_rows(one: Inhabited, seed: int) -> None:
    proof = prove(one.network, one.start, one.end)
    other = permuted(one.network, random.Random(seed))
    again = prove(other, one.start, one.end)
    assert again.network_hash == proof.network_hash
    assert contents(again) == contents(proof)
    assert {row.fingerprint for row in again.pathways} == {
        row.fingerprint for row in proof.pathways
    }


@settings(max_examples=40 * DEPTH)
@given(inhabited, seeds)
def test_two_halves_of_a_horizon_add_up(one: Inhabited, seed: int) -> None:
    """Cut at any microsecond."""
    middle = one.start + random.Random(seed).random() * (one.end - one.start)
    if not one.start < middle < one.end:
        return
    whole = prove(one.network, one.start, one.end)
    halves = [prove(one.network, one.start, middle), prove(one.network, middle, one.end)]
    for index, found in enumerate(whole.pathways):
        parts = [half.pathways[index] for half in halves]
        for row, *others in zip(found.totals, *(part.totals for part in parts), strict=True):
            assert row.hours_due == sum(other.hours_due for other in others)
            for name, value in row.person_hours.items():
                assert value == sum((o.person_hours[name] for o in others), Fraction(0))
        assert added(parts, "communes", ("step", "commune", "age_min")) == pytest.approx(
            added([found], "communes", ("step", "commune", "age_min")), rel=1e-11, abs=1e-9
        )
        assert added(parts, "exposures", ("step", "kind", "element")) == pytest.approx(
            added([found], "exposures", ("step", "kind", "element")), rel=1e-11, abs=1e-9
        )


def added(proofs: list[PathwayProof], table: str, keys: tuple[str, ...]) -> dict[Any, float]:
    sums: Counter[Any] = Counter()
    for proof in proofs:
        for row in proof.tables[table].to_pylist():
            for name in ("hours", "person_hours", "hours_due", "fragile", *CATEGORIES):
                if name in row:
                    sums[*(row[key] for key in keys), name] += row[name]
    return dict(sums)


@settings(max_examples=25 * DEPTH)
@given(inhabited)
def test_one_pathway_alone_is_the_same(one: Inhabited) -> None:
    proof = prove(one.network, one.start, one.end)
    names = [row.id for row in one.network.pathways]
    for index, name in enumerate(names):
        alone = prove(one.network, one.start, one.end, pathways=[name])
        assert contents(alone) == [content(proof.pathways[index])]
    swept = list(sweep(compile_network(one.network), one.start, one.end))
    assert [content(row) for row in swept] == [content(row) for row in proof.pathways]


# Moments


@settings(max_examples=30 * DEPTH)
@given(inhabited)
def test_moments_are_apart_merged_and_add_up(one: Inhabited) -> None:
    for proof in prove(one.network, one.start, one.end).pathways:
        rows = proof.tables["moments"].to_pylist()
        assert rows == sorted(rows, key=lambda row: (row["step"], row["starts_at"]))
        for before, after in pairwise(rows):
            if before["step"] != after["step"]:
                continue
            assert before["ends_at"] <= after["starts_at"]
            if before["ends_at"] == after["starts_at"]:
                assert any(before[name] != after[name] for name in CATEGORIES)
        for step in proof.totals:
            own = [row for row in rows if row["step"] == step.order]
            due = sum(((row["ends_at"] - row["starts_at"]) / GRID / 2 for row in own), 0.0)
            assert due == pytest.approx(float(step.hours_due))
            assert all(one.start <= row["starts_at"] < row["ends_at"] <= one.end for row in own)
            for row in own:
                total = sum(row[name] for name in CATEGORIES)
                assert total == pytest.approx(row["residents"], abs=1e-6)


# Reuse


Change = Callable[[Network, random.Random], Network]


def one_of(name: str, edit: Callable[[Any, random.Random], Any]) -> Change:
    """Replace one row of a list; drop it when the edit gives ``None``."""

    def change(network: Network, choice: random.Random) -> Network:
        rows = list(getattr(network, name))
        if rows:
            index = choice.randrange(len(rows))
            edited = edit(rows[index], choice)
            rows[index : index + 1] = [] if edited is None else [edited]
        changed: dict[str, Any] = {name: tuple(rows)}
        return replace(network, **changed)

    return change


def drop(row: Any, choice: random.Random) -> None:
    return None


def setting(**values: Any) -> Callable[[Any, random.Random], Any]:
    return lambda row, choice: replace(row, **values)


def without_service(network: Network, choice: random.Random) -> Network:
    gone = choice.choice(network.services).id
    return replace(
        network,
        services=tuple(row for row in network.services if row.id != gone),
        duty_slots=tuple(row for row in network.duty_slots if row.service != gone),
    )


def other_travel(network: Network, choice: random.Random) -> Network:
    rows = list(network.travel.commune_site)
    if rows:
        index = choice.randrange(len(rows))
        rows[index] = (*rows[index][:2], rows[index][2] + 1.5)
    return replace(network, travel=replace(network.travel, commune_site=tuple(rows)))


def other_margin(network: Network, choice: random.Random) -> Network:
    margin = network.travel.margin_minutes + 2.5
    return replace(network, travel=replace(network.travel, margin_minutes=margin))


def one_step(edit: dict[str, Any]) -> Change:
    def pathway(row: Any, choice: random.Random) -> Any:
        steps = list(row.steps)
        index = choice.randrange(len(steps))
        steps[index] = replace(steps[index], **edit)
        return replace(row, steps=tuple(steps))

    return one_of("pathways", pathway)


def holiday(network: Network, choice: random.Random) -> Network:
    day = date(2026, 1, 1) if not network.public_holidays else network.public_holidays[0]
    return replace(network, public_holidays=tuple(x for x in network.public_holidays if x != day))


def counted(row: Any, choice: random.Random) -> Any:
    return replace(row, residents=tuple(replace(b, count=b.count + 3) for b in row.residents))


ALWAYS = (Opening((1, 2, 3, 4, 5, 6, 7), 0, 1440),)
CHANGES: dict[str, Change] = {
    "service ends": without_service,
    "service always open": one_of("services", setting(opening=ALWAYS)),
    "service never authorised": one_of("services", setting(authorisations=())),
    "service always authorised": one_of("services", setting(authorisations=(DayPeriod(),))),
    "service of adults": one_of("services", setting(age_min=18)),
    "service closed": one_of(
        "services", setting(exceptions=(ServiceException(None, None, ExceptionState.CLOSED),))
    ),
    "service elsewhere": one_of("services", setting(site="S0")),
    "slot ends": one_of("duty_slots", drop),
    "slot unstaffed": one_of("duty_slots", setting(holder=None)),
    "slot of another": one_of("duty_slots", setting(holder="P9")),
    "slot farther": one_of("duty_slots", setting(response_minutes=17.3)),
    "clause ends": one_of("clauses", drop),
    "clause first": one_of("clauses", setting(priority=0)),
    "clause renamed": one_of("clauses", setting(id="c-other")),
    "member leaves": one_of("memberships", drop),
    "site changes hands": one_of("sites", setting(organization="O1")),
    "commune empties": one_of("communes", setting(residents=())),
    "commune grows": one_of("communes", counted),
    "commune ends": lambda n, c: replace(
        n,
        communes=n.communes[1:],
        travel=replace(
            n.travel,
            commune_site=tuple(r for r in n.travel.commune_site if r[0] != n.communes[0].code),
        ),
    ),
    "commune renamed": one_of("communes", setting(name="Autre")),
    "holiday gone": holiday,
    "journey": other_travel,
    "margin": other_margin,
    "target": one_step({"target_minutes": 14.5}),
    "no target": one_step({"target_minutes": None}),
    "hours": one_step({"hours": (Opening((1, 3, 5, 7), 300, 900),)}),
    "ages": one_of("pathways", setting(age_min=16, age_max=99)),
}

NEVER_SHOWN = ("clause first", "commune renamed")


@cache
def proved(seed: int) -> tuple[Inhabited, Proof]:
    one = draw_inhabited(seed * 101 + 7)
    return one, prove(one.network, one.start, one.end)


@cache
def seeds_on_which(kind: str) -> list[int]:
    """The first territories in which something hangs on an element of a kind."""
    found = [
        seed
        for seed in range(100)
        for proof in proved(seed)[1].pathways
        if kind in proof.tables["exposures"]["kind"].to_pylist()
    ]
    return found * 6


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_shows_changes_the_fingerprint(name: str) -> None:
    """And a proof that may be reused for its fingerprint is the one that would be computed."""
    shown = 0
    drawn = seeds_on_which("clause") if name.startswith("clause") else range(30 * DEPTH)
    for index, seed in enumerate(drawn):
        one, before = proved(seed)
        changed = CHANGES[name](one.network, random.Random(index))
        known = {row.fingerprint: row for row in before.pathways}
        after = prove(changed, one.start, one.end)
        assert contents(prove(changed, one.start, one.end, known=known)) == contents(after)
        for old, new in zip(before.pathways, after.pathways, strict=True):
            assert new.fingerprint == fingerprint(changed, new.pathway, one.start, one.end)
            if content(old) != content(new):
                shown += 1
                assert old.fingerprint != new.fingerprint
    assert shown or name in NEVER_SHOWN


def test_the_horizon_is_part_of_the_fingerprint() -> None:
    one = draw_inhabited(5)
    name = one.network.pathways[0].id
    found = {
        fingerprint(one.network, name, start, end)
        for start, end in (
            (one.start, one.end),
            (one.start, one.end + GRID),
            (one.start - GRID, one.end),
        )
    }
    assert len(found) == 3


def other_care(network: Network) -> Network:
    """The territory with one more service, slot and clause for a care that no pathway asks for."""
    model = network.services[0]
    extra = replace(model, id="elsewhere", care_type="OTHER")
    organization = network.organizations[0].id
    clause = Clause("c-elsewhere", "agreement", organization, organization, ("OTHER",))
    slots = tuple(
        replace(row, id=f"{row.id}-elsewhere", service="elsewhere") for row in network.duty_slots
    )
    return replace(
        network,
        services=(*network.services, extra),
        duty_slots=(*network.duty_slots, *slots),
        clauses=(*network.clauses, clause),
    )


HARMLESS: dict[str, Change] = {
    "order": permuted,
    "name of a commune": one_of("communes", setting(name="Autre nom")),
    "name of a site": one_of("sites", setting(name="Autre nom")),
    "name of an organization": one_of("organizations", setting(name="Autre nom")),
    "name of the pathway": one_of("pathways", setting(name="Autre nom")),
    "another care": lambda network, choice: other_care(network),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_cannot_matter_keeps_the_fingerprint(name: str) -> None:
    for seed in range(6 * DEPTH):
        one = draw_inhabited(seed * 31 + 2)
        changed = HARMLESS[name](one.network, random.Random(seed))
        for row in one.network.pathways:
            assert fingerprint(changed, row.id, one.start, one.end) == fingerprint(
                one.network, row.id, one.start, one.end
            )


def test_another_pathway_does_not_matter() -> None:
    drawn = (draw_inhabited(seed) for seed in range(1000))
    one = next(one for one in drawn if len(one.network.pathways) == 2)
    kept, edited = one.network.pathways
    step = replace(edited.steps[0], target_minutes=3.3)
    other = replace(edited, age_min=17, age_max=None, steps=(step, *edited.steps[1:]))
    changed = replace(one.network, pathways=(kept, other))
    names = (kept.id, edited.id)
    before, after = (
        [fingerprint(network, name, one.start, one.end) for name in names]
        for network in (one.network, changed)
    )
    assert before[0] == after[0]
    assert before[1] != after[1]


@settings(max_examples=20 * DEPTH)
@given(inhabited)
def test_a_known_proof_is_given_back_as_it_is(one: Inhabited) -> None:
    proof = prove(one.network, one.start, one.end)
    known = {row.fingerprint: row for row in proof.pathways}
    again = prove(one.network, one.start, one.end, known=known)
    assert all(a is b for a, b in zip(again.pathways, proof.pathways, strict=True))
    assert contents(again) == contents(proof)


@settings(max_examples=20 * DEPTH)
@given(inhabited, seeds)
def test_a_derived_network_gives_the_same_proof(one: Inhabited, seed: int) -> None:
    """What a compiled network shares with that of a changed territory never shows."""
    choice = random.Random(seed)
    compiled = compile_network(one.network)
    prove(compiled, one.start, one.end)
    changed = one.network
    for name in choice.sample(list(CHANGES), 3):
        changed = CHANGES[name](changed, choice) if changed.services else changed
    fresh = prove(replace(changed), one.start, one.end)
    assert contents(prove(compiled.derive(changed), one.start, one.end)) == contents(fresh)


# Progress and cancellation


@settings(max_examples=20 * DEPTH)
@given(inhabited)
def test_progress_goes_on_to_the_end(one: Inhabited) -> None:
    seen: list[tuple[int, int]] = []
    prove(one.network, one.start, one.end, progress=lambda done, total: seen.append((done, total)))
    assert seen
    total = seen[-1][1]
    assert {pair[1] for pair in seen} == {total}
    done = [pair[0] for pair in seen]
    assert done == sorted(done)
    assert done[0] >= 0
    assert done[-1] == total > 0


@settings(max_examples=20 * DEPTH)
@given(inhabited, st.integers(0, 3))
def test_a_cancelled_proof_leaves_nothing(one: Inhabited, patience: int) -> None:
    calls: list[bool] = []

    def is_cancelled() -> bool:
        calls.append(len(calls) >= patience)
        return calls[-1]

    compiled = compile_network(one.network)
    try:
        prove(compiled, one.start, one.end, is_cancelled=is_cancelled)
    except ProofCancelled:
        assert calls[-1]
    else:
        assert not any(calls)
    again = prove(compiled, one.start, one.end, is_cancelled=lambda: False)
    assert contents(again) == contents(prove(replace(one.network), one.start, one.end))


def test_a_proof_cancelled_from_the_start_is_refused() -> None:
    one = draw_inhabited(3)
    with pytest.raises(ProofCancelled):
        prove(one.network, one.start, one.end, is_cancelled=lambda: True)


@pytest.mark.parametrize(
    "end", [datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)]
)
def test_a_horizon_ends_after_its_start(end: datetime) -> None:
    network = draw_inhabited(3).network
    with pytest.raises(Exception, match=r".") as caught:
        prove(network, datetime(2026, 1, 1, tzinfo=UTC), end)
    assert type(caught.value).__module__ == "maillage.vocabulary.errors"
