"""What moves a proof on the example: endings ahead, acts that make it out of date, scenarios and
what comes of them, past instants."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import date, datetime, timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from django.db import transaction
from django.utils import timezone

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM
from maillage.agreements.actions.life import change_state, record_signature, terminate
from maillage.agreements.enums import AgreementState
from maillage.agreements.models import Agreement
from maillage.coverage import actions, queries
from maillage.coverage.enums import CATEGORIES
from maillage.coverage.models import Proof, Scenario
from maillage.coverage.queries.what_if import Ground, WhatIf, compute_what_if, get_ground
from maillage.coverage.rules.alerts import AlertRow
from maillage.directory.actions.records import close_service, end_authorisation, leave_group
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
)
from maillage.engines.routing import (
    Demand,
    Network,
    apply_changes,
    network_hash,
    prove,
    read_changes,
    read_network,
    resolve,
    snapshot,
)
from maillage.engines.routing.__main__ import main as engine_command
from maillage.jobs.worker import run_waiting
from maillage.oncall.actions import release_slot
from maillage.oncall.models import DutyAssignment, DutySlot
from maillage.vocabulary.calendar import day_bounds, local_day
from tests.example.asking import logged_in, words_of

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

LE_CATEAU, VALENCIENNES = "590781621", "590782215"
CAUDRY = "59139"
MISSING = {
    "change": "add_clause", "from": LE_CATEAU, "to": VALENCIENNES, "care_types": ["ADDICTION"],
}  # fmt: skip
HOLES = [name for name in CATEGORIES if name.startswith("hole_")]
NOBODY = 1e-3
AHEAD = timedelta(days=180)


def after(proof: Proof, days: int) -> date:
    return proof.first_day + timedelta(days=days)


def midnight(day: date) -> datetime:
    return day_bounds(day)[0]


def note_change() -> None:
    with transaction.atomic():
        record("essai.change", by=SYSTEM, at=timezone.now(), changes_territory=True)


def refreshed() -> Proof:
    """The proof of the coming year, computed anew as a worker does."""
    now = timezone.now()
    assert actions.refresh_current_proof(at=now) is not None
    assert run_waiting(at=now) == 1
    found = queries.get_current_proof()
    assert found is not None
    assert queries.get_freshness(found, at=now).is_current
    return found


# What two proofs differ by, instant by instant


def uncovered(moments: pa.Table) -> dict[tuple[str, int], list[tuple[datetime, datetime, float]]]:
    found = defaultdict(list)
    for row in moments.to_pylist():
        people = sum(row[name] for name in HOLES)
        found[row["pathway"], row["step"]].append((row["starts_at"], row["ends_at"], people))
    return found


def lost_between(
    here: pa.Table, there: pa.Table
) -> dict[tuple[str, int], list[tuple[datetime, datetime, float]]]:
    """Intervals over which more residents are uncovered here than there, by step."""
    found = {}
    old, new = uncovered(here), uncovered(there)
    for key in old.keys() & new.keys():
        edges = sorted({at for rows in (old[key], new[key]) for one in rows for at in one[:2]})
        ends = []
        ours, theirs = iter(old[key]), iter(new[key])
        mine, other = next(ours, None), next(theirs, None)
        for start, end in pairwise(edges):
            while mine and mine[1] <= start:
                mine = next(ours, None)
            while other and other[1] <= start:
                other = next(theirs, None)
            people = mine[2] if mine and mine[0] <= start else 0.0
            people -= other[2] if other and other[0] <= start else 0.0
            if people > NOBODY:
                ends.append((start, end, people))
        if ends:
            found[key] = ends
    return found


def hours_of(intervals: list[tuple[datetime, datetime, float]]) -> float:
    """Hours that at least one of these intervals covers."""
    total, reached = 0.0, None
    for start, end, _ in sorted(intervals):
        start = start if reached is None else max(start, reached)
        total += max(0.0, (end - start).total_seconds() / 3600)
        reached = end if reached is None else max(reached, end)
    return total


def assert_costs(row: AlertRow, ground: Ground, changes: list[dict[str, Any]]) -> None:
    """An alert says what a scenario without its ending gives back."""
    found = compute_what_if(ground, changes)
    lost = lost_between(ground.proof.tables()["moments"], found.proof.tables()["moments"])
    every = [one for rows in lost.values() for one in rows]
    person_hours = sum(
        people * (end - start).total_seconds() / 3600 for start, end, people in every
    )
    assert row.person_hours == pytest.approx(person_hours, rel=1e-6, abs=1), row.subject_key
    assert row.residents == pytest.approx(max((one[2] for one in every), default=0.0), abs=0.1)
    assert row.hours == pytest.approx(hours_of(every), abs=1e-6), row.subject_key
    assert row.untimely == pytest.approx(found.effect.covered, rel=1e-6, abs=1), row.subject_key


TERMS = {
    "gcs-artois-2010": 25,
    "association-ght-artois-2017": 80,
    "association-ght-hainaut-cambresis-2017": 170,
}
ENDING_SERVICE, EMPTY_LINE = "addictologie-le-cateau", "neuroradiologie-chu-lille"


def end_things(proof: Proof) -> None:
    for slug, days in TERMS.items():
        assert Agreement.objects.filter(slug=slug).update(ends_on=after(proof, days)) == 1
    ends_on = after(proof, 60)
    assert Authorisation.objects.filter(service__slug=ENDING_SERVICE).update(ends_on=ends_on)
    emptied = DutyAssignment.objects.filter(
        slot__line__slug=EMPTY_LINE,
        slot__starts_at__gte=midnight(after(proof, 5)),
        slot__starts_at__lt=midnight(after(proof, 12)),
    )
    assert emptied.delete()[0] >= 7
    note_change()


def renewal(network: Network, slug: str, on: date) -> list[dict[str, Any]]:
    """The clauses of an agreement, carried on after its term."""
    return [
        {"change": "add_clause", "from": row.from_organization, "to": row.to_organization,
         "care_types": list(row.care_types), "priority": row.priority,
         "starts_on": on.isoformat(), "agreement": slug}
        for row in network.clauses
        if row.agreement == slug and row.ends_on == on
    ]  # fmt: skip


def test_endings_ahead_warn_in_their_window_with_what_they_cost(proof: Proof) -> None:
    end_things(proof)
    newer, now = refreshed(), timezone.now()
    rows = {row.subject_key: row for row in queries.list_alerts(newer, at=now)}
    ground = get_ground(newer.first_day, newer.last_day)
    network = ground.compiled.network
    for (slug, days), level in zip(TERMS.items(), (30, 90, 180), strict=True):
        row = rows[slug]
        assert (row.due_on, row.days_left, row.level) == (after(proof, days), days, level)
        changes = renewal(network, slug, row.due_on)
        assert changes
        assert_costs(row, ground, changes)
        for within in (30, 90, 180):
            shown = {one.subject_key for one in queries.list_alerts(newer, at=now, within=within)}
            assert (slug in shown) is (days <= within)
    service = rows[ENDING_SERVICE]
    assert (service.due_on, service.level) == (after(proof, 60), 90)
    assert service.untimely > 0
    assert_costs(service, ground, [
        {"change": "authorise", "service": ENDING_SERVICE, "starts_on": service.due_on.isoformat()}
    ])  # fmt: skip
    roster = rows[f"{EMPTY_LINE}#sans-titulaire"]
    assert (roster.due_on, roster.level) == (after(proof, 5), 30)
    assert roster.person_hours > 0
    assert_costs(roster, ground, [
        {"change": "staff", "line": EMPTY_LINE, "from": midnight(proof.first_day).isoformat(),
         "to": midnight(proof.first_day + AHEAD).isoformat()}
    ])  # fmt: skip
    assert rows["association-ght-hainaut-cambresis-2017"].person_hours > 0
    page = words_of(logged_in().get("/couverture/alertes?jours=90").content.decode())
    titles = dict(Agreement.objects.filter(slug__in=TERMS).values_list("slug", "short_title"))
    assert [titles[slug] in page for slug in TERMS] == [True, True, False]


# Out of date


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def close(proof: Proof) -> None:
    close_service(
        service=HealthcareService.objects.get(slug=ENDING_SERVICE),
        starts_at=midnight(after(proof, 10)), ends_at=midnight(after(proof, 20)),
        reason="Essai", by=SYSTEM, at=timezone.now(),
    )  # fmt: skip


def end_an_authorisation(proof: Proof) -> None:
    end_authorisation(
        authorisation=Authorisation.objects.filter(service__slug=ENDING_SERVICE).latest("starts_on"),
        ends_on=after(proof, 40), source="Essai", by=SYSTEM, at=timezone.now(),
    )  # fmt: skip


def leave(proof: Proof) -> None:
    membership = GroupMembership.objects.filter(ends_on=None, group__kind="GHT").first()
    assert membership is not None
    leave_group(
        membership=membership, ends_on=after(proof, 50), source="Essai", by=SYSTEM,
        at=timezone.now(),
    )  # fmt: skip


def end_an_agreement(proof: Proof) -> None:
    terminate(
        agreement=Agreement.objects.get(slug="gcs-artois-2010"), notified_on=proof.first_day,
        effective_on=after(proof, 30), by_consent=True, by=SYSTEM, at=timezone.now(),
    )  # fmt: skip


def release(proof: Proof) -> None:
    slot = DutySlot.objects.filter(
        line__slug=EMPTY_LINE, assignment__isnull=False, starts_at__gt=midnight(after(proof, 3))
    ).earliest("starts_at")
    release_slot(slot=slot, by=SYSTEM, at=timezone.now())


ACTS: tuple[Callable[[Proof], None], ...] = (
    close, end_an_authorisation, leave, end_an_agreement, release,
)  # fmt: skip


def test_any_act_marks_the_proof_out_of_date_at_once_on_every_page(proof: Proof) -> None:
    client = logged_in("demo-direction")
    pages = (
        "/couverture/", "/couverture/?filiere=toutes", "/couverture/calendrier",
        "/couverture/fragiles", "/couverture/communes", f"/couverture/communes/{CAUDRY}",
        "/couverture/alertes", f"/couverture/preuves/{proof.pk}",
    )  # fmt: skip
    for act in ACTS:
        with undone():
            act(proof)
            found = queries.get_current_proof()
            assert found == proof
            assert not queries.get_freshness(proof, at=timezone.now()).is_current, act
            for address in pages if act is close else pages[:1]:
                text = words_of(client.get(address).content.decode())
                assert "Périmée depuis le" in text, (act, address)
                assert "À jour" not in text, (act, address)
        assert queries.get_freshness(proof, at=timezone.now()).is_current


def test_after_a_refresh_the_figures_are_those_of_a_full_computation(proof: Proof) -> None:
    close(proof)
    release(proof)
    newer = refreshed()
    assert newer.pk != proof.pk
    tables, before = queries.load_tables(newer), queries.load_tables(proof)
    network = queries.load_full_network(newer.first_day, newer.last_day)
    full = prove(network, midnight(newer.first_day), midnight(newer.last_day))
    assert full.network_hash == newer.network_hash != proof.network_hash
    for name, table in full.tables().items():
        assert table.equals(tables[name]), name
    reused = set(newer.manifest["reused"])
    every = {row.id for row in network.pathways}
    assert {"addictologie", "avc"} <= every - reused
    assert len(reused) >= 6
    for name, table in tables.items():
        for pathway in reused:
            assert of_pathway(table, pathway).equals(of_pathway(before[name], pathway)), pathway
    # Asked for by two at once, or again, nothing more is computed.
    assert actions.refresh_current_proof(at=timezone.now()) is None
    assert run_waiting(at=timezone.now()) == 0


def of_pathway(table: pa.Table, pathway: str) -> pa.Table:
    return table.filter(pc.equal(table["pathway"], pathway)).combine_chunks()


# Scenarios


DAYS = 28


def parts_changed(before: Network, after: Network) -> set[str]:
    """Names of the parts of a network that are not the very same."""
    return {
        row.name
        for row in fields(Network)
        if not row.name.startswith("_") and getattr(before, row.name) != getattr(after, row.name)
    }


def weekday_window(network: Network) -> tuple[str, str, int]:
    """Two services of addiction care, and a weekday morning that the first has."""
    care = [row for row in network.services if row.care_type == "ADDICTION" and row.opening]
    first = next(row for row in care if row.id == ENDING_SERVICE)
    other = next(row for row in care if row.id != first.id and row.level == first.level)
    day = first.opening[0].weekdays[0]
    return first.id, other.id, day


def scenario_kinds(network: Network, first: date) -> dict[str, tuple[list[dict[str, Any]], Any]]:
    """By kind: the changes, then (parts of the network, pathways, sense of what is uncovered)."""
    start, end = first + timedelta(days=7), first + timedelta(days=14)
    period = {"from": midnight(start).isoformat(), "to": midnight(end).isoformat()}
    giving, taking, day = weekday_window(network)
    holder = next(
        slot.holder for slot in network.duty_slots
        if slot.line == EMPTY_LINE and slot.holder and slot.starts_at > midnight(first)
    )  # fmt: skip
    empty = {"change": "unstaff", "line": EMPTY_LINE, **period}
    ended = {"change": "end_authorisation", "service": "thrombectomie-chu-lille",
             "ends_on": start.isoformat()}  # fmt: skip
    addiction, stroke = {"addictologie"}, {"avc"}
    return {
        "unstaff": ([empty], ({"duty_slots"}, stroke, 1)),
        "staff": ([empty, {"change": "staff", "line": EMPTY_LINE, **period}],
                  ({"duty_slots"}, stroke, 0)),
        "leave": ([{"change": "leave", "holder": holder, "from_date": start.isoformat()}],
                  ({"duty_slots"}, None, 1)),
        "open": ([{"change": "open", "service": "addictologie-valenciennes", "weekdays": [6],
                   "from": "08:00", "to": "12:30", "holidays": "open"}],
                 ({"services"}, addiction, None)),
        "close": ([{"change": "close", "service": ENDING_SERVICE, "starts_at": period["from"],
                    "ends_at": period["to"]}], ({"services"}, addiction, None)),
        "end_authorisation": ([ended], ({"services"}, stroke, 1)),
        "authorise": ([ended, {"change": "authorise", "service": "thrombectomie-chu-lille",
                               "starts_on": start.isoformat(), "ends_on": None}],
                      ({"services"}, stroke, 0)),
        "add_clause": ([MISSING], ({"clauses"}, addiction, -1)),
        "end_clause": ([{"change": "end_clause", "clause": "hc-2017-diabete",
                         "ends_on": start.isoformat()}],
                       ({"clauses"}, {"diabete-type-2"}, None)),
        "end_agreement": ([{"change": "end_agreement", "ends_on": start.isoformat(),
                            "agreement": "association-ght-hainaut-cambresis-2017"}],
                          ({"clauses"}, None, None)),
        "move_half_day": ([{"change": "move_half_day", "from_service": giving,
                            "to_service": taking, "weekday": day, "from": "08:00", "to": "12:30"}],
                          ({"services"}, addiction, None)),
        "target": ([{"change": "target", "pathway": "avc", "step": 2, "minutes": 20}],
                   ({"pathways"}, stroke, 0)),
    }  # fmt: skip


def test_each_kind_of_change_changes_what_it_must_and_nothing_else(proof: Proof) -> None:
    first, last = proof.first_day, after(proof, DAYS)
    ground = get_ground(first, last)
    network = ground.compiled.network
    before = ground.proof.tables()
    for kind, (changes, (parts, pathways, sense)) in scenario_kinds(network, first).items():
        changed = apply_changes(network, read_changes(changes))
        assert parts_changed(network, changed) <= parts, kind
        found = compute_what_if(ground, changes)
        touched = set(found.effect.pathways)
        assert pathways is None or touched <= pathways, (kind, touched)
        if sense is not None:
            moved = found.effect.uncovered
            assert (moved > 1) - (moved < -1) == sense, (kind, moved)
        for name, table in found.proof.tables().items():
            for row in network.pathways:
                if row.id not in touched:
                    assert of_pathway(table, row.id).equals(of_pathway(before[name], row.id)), kind
        assert_from(kind, found, before, first + timedelta(days=7))
        for step in found.effect.steps:
            if step.after:
                assert sum(step.after.person_hours.values()) == pytest.approx(
                    step.after.person_hours_due, rel=1e-9
                )
    target = compute_what_if(ground, scenario_kinds(network, first)["target"][0])
    assert {(row.step, row.pathway) for row in target.effect.changed_steps} == {(2, "avc")}
    assert target.effect.covered < 0


def assert_from(kind: str, found: WhatIf, before: dict[str, pa.Table], day: date) -> None:
    """A change with a first day moves nobody before it; one with a last day, nobody after."""
    dated = ("unstaff", "staff", "leave", "close", "end_authorisation", "end_clause",
             "end_agreement")  # fmt: skip
    if kind not in dated:
        return
    there = found.proof.tables()["moments"]
    for one, other in ((before["moments"], there), (there, before["moments"])):
        for intervals in lost_between(one, other).values():
            assert min(start for start, _, _ in intervals) >= midnight(day), kind
            if kind in ("unstaff", "close"):
                latest = max(end for _, end, _ in intervals)
                assert latest <= midnight(day + timedelta(days=7)), kind


def first_hole(proof: Proof) -> datetime:
    """The first instant at which an agreement is missing for complex withdrawal."""
    moments = of_pathway(queries.load_tables(proof)["moments"], "addictologie")
    return next(
        row["starts_at"]
        for row in moments.to_pylist()
        if row["step"] == 2 and row["hole_no_agreement"] > NOBODY
    )


def asked_of_commune(at: datetime) -> tuple[str, str, str | None]:
    """Hash of the network of an instant, then verdict and reason of the second step at Caudry."""
    network = queries.load_network(at).network
    step = resolve(network, Demand(CAUDRY, "addictologie", 40, at)).steps[1]
    return network_hash(network), str(step.verdict), str(step.reason) if step.reason else None


def begun(account: str) -> Scenario:
    typed = {
        "nom": "La clause qui manque", "intention": "", "changement": json.dumps(MISSING),
        "du": f"{timezone.localdate():%d/%m/%Y}",
        "au": f"{timezone.localdate() + timedelta(days=60):%d/%m/%Y}",
    }  # fmt: skip
    answer = logged_in(account).post("/couverture/scenarios/nouveau", typed)
    assert answer.status_code == 302
    return Scenario.objects.get(token=answer["Location"].rsplit("/", 1)[1])


def test_a_scenario_is_saved_shared_and_guarded(proof: Proof) -> None:
    scenario = begun("demo-direction")
    at = f"/couverture/scenarios/{scenario.token}"
    assert [{**MISSING}.items() <= row.items() for row in scenario.changes] == [True]
    other = logged_in("demo-direction-chu")
    page = words_of(other.get(f"{at}?attendre=oui").content.decode())
    assert "La clause qui manque" in page
    assert "heures-habitants de moins sans personne" in page
    renamed = {
        "nom": "Autre", "intention": "", "version": str(scenario.version),
        "du": f"{scenario.first_day:%d/%m/%Y}",
        "au": f"{scenario.last_day - timedelta(days=1):%d/%m/%Y}",
    }  # fmt: skip
    assert other.post(f"{at}/modifier", renamed).status_code == 403
    assert other.post(f"{at}/changements/0/retirer", {"version": "1"}).status_code == 403
    assert other.post(f"{at}/supprimer", {"version": "1"}).status_code == 403
    mine = logged_in("demo-direction")
    assert mine.post(f"{at}/modifier", renamed).status_code == 302
    stale = mine.post(f"{at}/modifier", {**renamed, "nom": "Trop tard"})
    assert stale.status_code == 409
    scenario.refresh_from_db()
    assert (scenario.name, scenario.version) == ("Autre", 2)
    copied = other.post(f"{at}/dupliquer")
    assert copied.status_code == 302
    assert Scenario.objects.get(token=copied["Location"].rsplit("/", 1)[1]).author == (
        "demo-direction-chu"
    )
    for account in ("demo-ville", "demo-garde", "demo-audit"):
        reader = logged_in(account)
        assert reader.get(at).status_code == 200
        assert reader.post("/couverture/scenarios/nouveau", renamed).status_code == 403
        assert reader.post(f"{at}/dupliquer").status_code == 403
        assert reader.get(f"{at}/ajouter/clause").status_code == 403
        assert reader.get("/couverture/scenarios/propositions/praticien?q=a").status_code == 403


def test_the_hole_disappears_in_the_scenario_on_its_map(proof: Proof) -> None:
    scenario = begun("demo-direction")
    ground = get_ground(scenario.first_day, scenario.last_day)
    found = compute_what_if(ground, scenario.changes)
    for result, empty in ((ground.proof, False), (found.proof, True)):
        table = of_pathway(result.tables()["communes"], "addictologie")
        rows = table.filter(pc.and_(pc.equal(table["commune"], CAUDRY), pc.equal(table["step"], 2)))
        assert (pc.sum(rows["hole_no_agreement"]).as_py() == 0) is empty
    at = first_hole(proof)
    for network, verdict in (
        (ground.compiled.network, "HOLE"),
        (apply_changes(ground.compiled.network, read_changes(scenario.changes)), ""),
    ):
        rows = [row for row in snapshot(network, "addictologie", at).rows
                if row.commune == CAUDRY and row.step == 2]  # fmt: skip
        assert all((str(row.verdict) == "HOLE") is bool(verdict) for row in rows)
    page = logged_in("demo-direction").get(
        f"/couverture/scenarios/{scenario.token}?attendre=oui&carte=apres&filiere=addictologie"
        "&etape=2&mesure=non-couvert"
    )
    assert page.status_code == 200
    assert "Fermé" in words_of(page.content.decode())


def test_a_clause_becomes_a_draft_that_changes_nothing_until_it_is_signed(proof: Proof) -> None:
    scenario, at = begun("demo-direction"), first_hole(proof)
    before = asked_of_commune(at)
    assert before[1:] == ("HOLE", "NO_AGREEMENT")
    sent = logged_in("demo-direction").post(
        f"/couverture/scenarios/{scenario.token}/changements/0/convention",
        {"convention": "", "titre": "Addictologie, essai"},
    )
    assert sent.status_code == 302
    text = Agreement.objects.get(short_title="Addictologie, essai")
    assert text.state == AgreementState.DRAFT
    assert asked_of_commune(at) == before
    now = timezone.now()
    today = local_day(now)
    for party in text.parties.all():
        record_signature(
            party=party, on=today, signatory_name="Personne d'essai", signatory_title="Direction",
            by=SYSTEM, at=now,
        )  # fmt: skip
        assert asked_of_commune(at) == before
    for state in (AgreementState.SIGNED, AgreementState.IN_FORCE):
        assert asked_of_commune(at) == before
        text = change_state(agreement=text, to=state, on=today, by=SYSTEM, at=now)
    assert asked_of_commune(at)[1] in ("ON_TARGET", "AT_LIMIT")
    assert not queries.get_freshness(proof, at=now).is_current
    newer = refreshed()
    (row,) = (one for one in queries.list_steps(newer)
              if (one.pathway, one.step) == ("addictologie", 2))  # fmt: skip
    (old,) = (one for one in queries.list_steps(proof)
              if (one.pathway, one.step) == ("addictologie", 2))  # fmt: skip
    assert row.person_hours["hole_no_agreement"] < old.person_hours["hole_no_agreement"]


# Replay


def test_a_past_instant_is_answered_again_by_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = logged_in("demo-regulateur")
    asked = {"commune": CAUDRY, "besoin": "permanence-thoracique", "age": "60"}
    page = client.get("/couverture/rejouer", {**asked, "le": "2022-11-10T03:10"}).content.decode()
    shown = re.findall(r'<code class="permalink">(.*?)</code>', page)
    hashes = [text for text in shown if re.fullmatch(r"[0-9a-f]{64}", text)]
    command = next(unescape(text) for text in shown if "resolve" in text).split()
    way = re.search(r'href="([^"]*reseau\.json[^"]*)"', page)
    assert way
    again = client.get("/couverture/rejouer", {**asked, "le": "2022-11-10T03:10"})
    assert all(text in again.content.decode() for text in hashes)
    document = client.get(unescape(way[1])).content
    assert network_hash(read_network(document)) == hashes[0]
    monkeypatch.chdir(tmp_path)
    words = command[command.index("resolve") :]
    Path(words[1]).write_bytes(document)
    assert engine_command(words) == 0
    printed = capsys.readouterr().out
    assert hashlib.sha256(printed.encode()).hexdigest() == hashes[1]
    by_api = client.get("/api/couverture/qui", {**asked, "le": "2022-11-10T03:10"}).json()
    for mine, theirs in zip(json.loads(printed)["steps"], by_api["steps"], strict=True):
        for name in ("order", "verdict", "reason", "service", "kept_by", "basis", "chain"):
            assert mine[name] == theirs[name], name
    # Before and after Cambrai left its group, the question has two answers.
    last = client.get("/couverture/rejouer", {**asked, "le": "2022-11-13T03:10"}).content.decode()
    gone = client.get("/couverture/rejouer", {**asked, "le": "2022-11-14T03:10"}).content.decode()
    assert "article" in words_of(page).lower() or "au titre de" in words_of(page).lower()
    assert words_of(last) != words_of(gone)
