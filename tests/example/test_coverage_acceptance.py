"""The proof of the example for the coming year: there at once, exact, balanced, the same by every
door, and what it says of the hole that Cambrai left."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.utils import timezone

from maillage.config import front
from maillage.coverage import queries
from maillage.coverage.enums import CATEGORIES
from maillage.coverage.models import Proof
from maillage.coverage.rules.table_words import csv_head
from maillage.directory.models import GroupMembership
from maillage.engines.routing import (
    Demand,
    Network,
    Reason,
    StepAnswer,
    Verdict,
    compile_network,
    network_hash,
    prove,
    read_network,
    resolve,
    snapshot,
)
from maillage.engines.routing.__main__ import main as engine_command
from maillage.oncall.models import DutySlot
from maillage.vocabulary.calendar import PARIS, day_bounds, public_holidays, to_paris
from tests.coverage.pdf_text import read_text
from tests.engines.routing import reference
from tests.example.asking import logged_in, part_for, words_of

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

TABLE_NAMES = ("steps", "communes", "moments", "exposures")
REFERENCE_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "proof-tables.md"
ADDICTION = {"filiere": "addictologie", "etape": "2"}
CAUDRY, LE_CATEAU = "59139", "59136"
HALF_HOUR = timedelta(minutes=30)
NOBODY = 1e-3


def category_of(verdict: Verdict, reason: Reason | None) -> str:
    """The column of the tables that a verdict counts in; "" when it counts nowhere."""
    if verdict is Verdict.NOT_REQUIRED:
        return ""
    if verdict is Verdict.HOLE:
        assert reason is not None
        return f"hole_{str(reason).lower()}"
    return str(verdict).lower()


def of_step(answer_steps: tuple[StepAnswer, ...]) -> dict[int, tuple[str, float | None]]:
    return {
        row.order: (category_of(row.verdict, row.reason), row.minutes_from_commune)
        for row in answer_steps
    }


def bounds(proof: Proof) -> tuple[datetime, datetime]:
    return day_bounds(proof.first_day)[0], day_bounds(proof.last_day)[0]


def read_csv(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, address
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def decimal(cell: str) -> float:
    return float(cell.replace(",", ".")) if cell else 0.0


def get_bytes(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return bytes(answer.content)


# There after the first command, without anybody waiting


def test_the_first_command_proves_before_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, ...]] = []

    def serve(words: list[str], **extra: str) -> None:
        said.append(("serve",))

    process = SimpleNamespace(wait=lambda: 0)
    monkeypatch.setattr(front, "_manage", lambda *words, **extra: said.append(words))
    monkeypatch.setattr(front, "_check_port", lambda host, port: None)
    monkeypatch.setattr(front, "subprocess", SimpleNamespace(
        Popen=lambda *words, **more: process, DEVNULL=None
    ))  # fmt: skip
    monkeypatch.setattr(front, "serve", serve)
    front.demo([])
    names = [words[0] for words in said]
    assert names.index("load") < names.index("prove") < names.index("serve")
    assert next(words for words in said if words[0] == "prove")[1] == "--if-needed"


def test_the_proof_of_the_coming_year_is_on_screen_at_once(proof: Proof) -> None:
    today = timezone.localdate()
    assert (proof.first_day, proof.kept_current) == (today, True)
    assert (proof.last_day - proof.first_day).days in (365, 366)
    client = logged_in("demo-direction")
    for address in (
        "/couverture/",
        "/couverture/calendrier",
        "/couverture/fragiles",
        "/couverture/communes",
        "/couverture/alertes",
        f"/couverture/preuves/{proof.pk}",
    ):
        text = words_of(client.get(address).content.decode())
        assert "À jour" in text, address
        assert "Pas encore de preuve" not in text, address
    steps = queries.list_steps(proof)
    wanted = {(row.id, step.order) for row in queries.load_evidence(proof).pathways
              for step in row.steps}  # fmt: skip
    assert {(row.pathway, row.step) for row in steps} == wanted
    assert len({row.pathway for row in steps}) >= 8


# Totals balance


def test_totals_balance_exactly_in_the_engine(proof: Proof) -> None:
    found = prove(replace(queries.load_evidence(proof)), *bounds(proof))
    stored = {(row.pathway, row.step): row for row in queries.list_steps(proof)}
    assert found.network_hash == proof.network_hash
    for pathway in found.pathways:
        for step in pathway.totals:
            assert sum(step.person_hours.values()) == step.residents * step.hours_due
            assert set(step.person_hours) == set(CATEGORIES)
            row = stored[pathway.pathway, step.order]
            assert row.residents == pytest.approx(float(step.residents), rel=1e-12)
            for name, exact in step.person_hours.items():
                assert row.person_hours[name] == pytest.approx(float(exact), rel=1e-12), name


def test_totals_balance_in_stored_rows_files_programs_and_pages(proof: Proof) -> None:
    client = logged_in("demo-regulateur")
    stored = {(row.pathway, row.step): row for row in queries.list_steps(proof)}
    by_csv = read_csv(client, f"/couverture/preuves/{proof.pk}/steps.csv")
    by_api = client.get(f"/api/couverture/preuves/{proof.pk}").json()
    assert len(stored) == len(by_csv) == len(by_api["steps"])
    for one in by_csv:
        row = stored[one["filiere"], int(one["etape"])]
        found = {name: decimal(one[csv_head("steps", name)]) for name in CATEGORIES}
        assert found == row.person_hours
        assert decimal(one["heures_habitants_dues"]) == row.person_hours_due
    for one in by_api["steps"]:
        row = stored[one["pathway"], one["step"]]
        assert one["person_hours"] == row.person_hours
    for row in stored.values():
        assert row.person_hours_due == pytest.approx(row.residents * row.hours_due, rel=1e-12)
        assert sum(row.person_hours.values()) == pytest.approx(row.person_hours_due, rel=1e-12)
    assert sum(by_api["person_hours"].values()) == pytest.approx(by_api["person_hours_due"])
    page = words_of(client.get(f"/couverture/preuves/{proof.pk}").content.decode())
    shares = re.search(
        r"dans le délai ([\d,]+) %.*?à la limite ([\d,]+) %.*?hors délai ([\d,]+) %"
        r".*?non couvert ([\d,]+) %", page,
    )  # fmt: skip
    assert shares, page[:800]
    assert sum(decimal(part) for part in shares.groups()) == pytest.approx(100, abs=0.2)


def test_communes_and_moments_add_up_to_their_step(proof: Proof) -> None:
    tables = queries.load_tables(proof)
    for row in queries.list_steps(proof):
        which = [
            table.filter(
                pc.and_(pc.equal(table["pathway"], row.pathway), pc.equal(table["step"], row.step))
            )
            for table in (tables["communes"], tables["moments"])
        ]
        communes, moments = which
        lengths = (
            pc.subtract(moments["ends_at"].cast("int64"), moments["starts_at"].cast("int64"))
            .to_numpy().astype(float) / 3.6e9
        )  # fmt: skip
        assert len(set(communes["commune"].to_pylist())) == 1534
        for name in CATEGORIES:
            here = float(communes[name].to_numpy() @ communes["residents"].to_numpy())
            over_time = float(moments[name].to_numpy() @ lengths)
            close = pytest.approx(row.person_hours[name], rel=1e-9, abs=1e-3)
            assert here == close, (row.pathway, row.step, name)
            assert over_time == close, (row.pathway, row.step, name)


# The figures against single answers


def residents_at(moments: pa.Table, pathway: str, at: datetime) -> dict[int, dict[str, float]]:
    """What the table ``moments`` holds of a pathway at an instant, by step."""
    inside = pc.and_(
        pc.equal(moments["pathway"], pathway),
        pc.and_(pc.less_equal(moments["starts_at"], at), pc.greater(moments["ends_at"], at)),
    )
    return {
        row["step"]: {name: row[name] for name in CATEGORIES if row[name] > NOBODY}
        for row in moments.filter(inside).to_pylist()
    }


def test_two_thousand_answers_are_those_of_the_proof(proof: Proof) -> None:
    """Drawn over communes, pathways, ages and instants: one answer, the whole map of its instant,
    and the proof's own intervals say the same."""
    network, moments = queries.load_evidence(proof), queries.load_tables(proof)["moments"]
    compiled = compile_network(network)
    drawn = random.Random("acceptance of the proof")
    start, end = bounds(proof)
    seconds = int((end - start).total_seconds())
    communes = [row.code for row in network.communes]
    asked, met = 0, Counter[str]()
    for pathway in network.pathways:
        for _ in range(6):
            at = start + timedelta(seconds=drawn.randrange(seconds))
            whole = snapshot(network, pathway.id, at)
            sums: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
            cells: dict[str, list[Any]] = defaultdict(list)
            for row in whole.rows:
                cells[row.commune].append(row)
                if (name := category_of(row.verdict, row.reason)) and row.residents:
                    sums[row.step][name] += row.residents
            stored = residents_at(moments, pathway.id, at)
            assert set(stored) == set(sums)
            for order, one in stored.items():
                assert sums[order] == pytest.approx(one, abs=NOBODY), (pathway.id, at, order)
            for _ in range(28):
                code, age = drawn.choice(communes), drawn.randint(pathway.age_min or 0, 99)
                single = of_step(resolve(compiled, Demand(code, pathway.id, age, at)).steps)
                rows = [row for row in cells[code] if row.age_min <= age < row.age_max]
                assert len(rows) == len(single)
                for row in rows:
                    name, minutes = single[row.step]
                    assert category_of(row.verdict, row.reason) == name, (code, age, at)
                    assert row.minutes == (minutes if minutes is None else pytest.approx(minutes))
                asked += 1
                met.update(name for name, _ in single.values())
    assert asked >= 2000
    assert set(met) >= {"on_target", "at_limit", "late", ""}


def test_answers_of_the_proof_are_those_of_the_naive_rule(proof: Proof) -> None:
    """A few of them, against plain loops straight from the rule."""
    network = queries.load_evidence(proof)
    drawn = random.Random("naive")
    start, _ = bounds(proof)
    for pathway in network.pathways:
        at = start + timedelta(minutes=drawn.randrange(365 * 24 * 60))
        code = drawn.choice((CAUDRY, LE_CATEAU, *(row.code for row in network.communes[:400:9])))
        demand = Demand(code, pathway.id, drawn.randint(pathway.age_min or 0, 99), at)
        rows = {
            row.step: (category_of(row.verdict, row.reason), row.minutes)
            for row in snapshot(network, pathway.id, at).rows
            if row.commune == code and row.age_min <= demand.age < row.age_max
        }
        small = part_for(network, demand, at + timedelta(minutes=1))
        for step in reference.steps_of(small, demand):
            services = reference.candidates(small, step, demand.age)
            chains = reference.chains_to(small, demand, step)
            reason = reference.reason_without_chain(small, demand, step, services)
            verdict = Verdict(reference.verdict(small, demand, step))
            name, minutes = rows[step.order]
            assert name == category_of(verdict, None if chains else Reason(reason))
            shortest = min((float(chain.minutes) for chain in chains), default=None)
            assert minutes == (None if shortest is None else pytest.approx(shortest))


def late_october(proof: Proof) -> tuple[date, date]:
    """Two weeks around the end of summer time and All Saints' day, inside rosters."""
    year = proof.last_day.year if proof.last_day >= date(proof.last_day.year, 11, 10) else (
        proof.last_day.year - 1
    )  # fmt: skip
    last = date(year, 10, 31)
    sunday = last - timedelta(days=last.isoweekday() % 7)
    return sunday - timedelta(days=6), sunday + timedelta(days=8)


def cells_of(network: Network, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
    """Every hour, cut in half where an opening or a slot changes at half past."""
    halves = {
        minute // 60
        for service in network.services
        for opening in service.opening
        for minute in (opening.from_minute, opening.to_minute)
        if minute % 60
    }
    instants = [at for slot in network.duty_slots for at in (slot.starts_at, slot.ends_at) if at]
    assert {at.minute for at in instants} <= {0, 30}
    halves |= {to_paris(at).hour for at in instants if at.minute}
    cells, at = [], start
    while at < end:
        step = HALF_HOUR if to_paris(at).hour in halves else 2 * HALF_HOUR
        cells.append((at, step / (2 * HALF_HOUR)))
        at += step
    assert at == end
    return cells


def test_hours_counted_one_by_one_over_the_clock_change_and_a_holiday(proof: Proof) -> None:
    first, after = late_october(proof)
    start, end = day_bounds(first)[0], day_bounds(after)[0]
    whole = queries.load_full_network(first, after)
    demand = Demand(CAUDRY, "avc", 70, start)
    drawn = random.Random("dense").sample([row.code for row in whole.communes], 28)
    codes = {CAUDRY, LE_CATEAU, *drawn}
    part = part_for(whole, demand, end)
    part = replace(part, communes=tuple(row for row in whole.communes if row.code in codes))
    assert (end - start) == timedelta(hours=14 * 24 + 1)
    assert any(first <= day < after for day in public_holidays(first.year))
    counted: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    compiled = compile_network(part)
    for at, length in cells_of(part, start, end):
        for code in sorted(codes):
            answer = resolve(compiled, replace(demand, commune=code, at=at))
            for row in answer.steps:
                counted[code, row.order][category_of(row.verdict, row.reason)] += length  # type: ignore[assignment]
    table = prove(whole, start, end, pathways=["avc"]).tables()["communes"]
    seen = 0
    for row in table.to_pylist():
        if row["commune"] in codes and row["age_min"] <= 70 < row["age_max"]:
            hours = counted[row["commune"], row["step"]]
            assert {name: row[name] for name in CATEGORIES if row[name]} == hours
            assert row["hours_due"] == 14 * 24 + 1
            seen += 1
    assert seen == len(codes) * 3 == len(counted)


# Files


def documented_columns() -> dict[str, list[tuple[str, str, bool]]]:
    """Tables and columns of the reference page: name, type, may be empty."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    table = ""
    for line in REFERENCE_PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            table = line[3:].strip()
        elif row := re.match(r"\| `(\w+)` \| `\w+` \| `([^`]+)`( or empty)? \|", line):
            found.setdefault(table, []).append((row[1], row[2], bool(row[3])))
    return found


def test_files_hold_what_their_reference_says(proof: Proof) -> None:
    client, at = logged_in("demo-direction"), f"/couverture/preuves/{proof.pk}"
    documented = documented_columns()
    assert tuple(documented) == TABLE_NAMES
    manifest = json.loads(get_bytes(client, f"{at}/manifest.json"))
    for name, columns in documented.items():
        table = pq.read_table(io.BytesIO(get_bytes(client, f"{at}/{name}.parquet")))
        assert [(one.name, str(one.type)) for one in table.schema] == [
            (column, kind) for column, kind, _ in columns
        ]
        for column, _, may_be_empty in columns:
            assert may_be_empty or not table[column].null_count, (name, column)
        assert manifest["tables"][name]["rows"] == table.num_rows
        assert manifest["tables"][name]["columns"] == {one: kind for one, kind, _ in columns}
        assert table.equals(queries.load_tables(proof)[name])
    start, end = bounds(proof)
    assert manifest["engine"] == proof.engine_version
    assert datetime.fromisoformat(manifest["from"]) == start
    assert datetime.fromisoformat(manifest["to"]) == end
    assert datetime.fromisoformat(manifest["computed_at"]) == proof.finished_at


def test_the_stored_network_proves_the_same_without_the_site(
    proof: Proof, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client, at = logged_in("demo-direction"), f"/couverture/preuves/{proof.pk}"
    document = gzip.decompress(get_bytes(client, f"{at}/network.json.gz"))
    manifest = json.loads(get_bytes(client, f"{at}/manifest.json"))
    assert network_hash(read_network(document)) == manifest["network"] == proof.network_hash
    file = tmp_path / "network.json"
    file.write_bytes(document)
    days = ["--from", proof.first_day.isoformat(), "--to", proof.last_day.isoformat()]
    assert engine_command(["prove", str(file), *days, "--out", str(tmp_path / "out")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["hash"] == proof.network_hash
    stored = {(row.pathway, row.step): row for row in queries.list_steps(proof)}
    for pathway in printed["pathways"]:
        for step in pathway["steps"]:
            row = stored.pop((pathway["id"], step["order"]))
            hours = step["person_hours"]
            flat = {name.lower(): value for name, value in hours.items() if name != "HOLE"}
            flat |= {f"hole_{name.lower()}": value for name, value in hours["HOLE"].items()}
            assert flat == pytest.approx(dict(row.person_hours), rel=1e-12)
            assert step["fragile"] == pytest.approx(row.fragile, rel=1e-12)
    assert stored == {}
    for name in TABLE_NAMES:
        written = pq.read_table(tmp_path / "out" / f"{name}.parquet")
        assert written.equals(queries.load_tables(proof)[name]), name


# The hole that Cambrai left


def test_the_hole_that_cambrai_left_is_in_the_table_behind_the_map(proof: Proof) -> None:
    client = logged_in("demo-direction")
    rows = {
        row["code"]: row
        for row in read_csv(
            client,
            "/couverture/carte.csv?filiere=addictologie&etape=2&montrer=sans-convention",
        )
    }
    assert decimal(rows[CAUDRY]["part"]) > 0
    table = queries.load_tables(proof)["communes"]
    for code in (CAUDRY, LE_CATEAU, "59350"):
        one = table.filter(pc.and_(pc.equal(table["pathway"], "addictologie"), pc.and_(
            pc.equal(table["step"], 2), pc.equal(table["commune"], code))))  # fmt: skip
        hours = float(one["hole_no_agreement"].to_numpy() @ one["residents"].to_numpy())
        column = next(name for name in rows[code] if name.startswith("heures_habitants_sans"))
        assert decimal(rows[code][column]) == pytest.approx(hours, abs=1e-4)
    page = client.get("/couverture/", {**ADDICTION, "montrer": "sans-convention", "tri": "-part"})
    text = words_of(page.content.decode())
    assert "Pas de convention, par commune" in text
    # The map itself: a commune of the hole carries its figure where pointer and keyboard reach it.
    assert re.search(r"Caudry[^<]{0,60}sans convention", page.content.decode())


def test_the_hole_comes_from_the_departure(proof: Proof) -> None:
    """Had nobody left the group on 14 November 2022, the agreement would not be missing."""
    first, after = proof.first_day, proof.first_day + timedelta(days=14)
    holes = []
    for stayed in (False, True):
        if stayed:
            left = GroupMembership.objects.filter(ends_on=date(2022, 11, 14))
            assert left.update(ends_on=None) > 0
        network = queries.load_full_network(first, after)
        table = prove(
            network, day_bounds(first)[0], day_bounds(after)[0], pathways=["addictologie"]
        ).tables()["steps"]
        holes.append(table["hole_no_agreement"].to_pylist()[1])
    assert holes[0] > 0
    assert holes[1] == 0


def printed_share(cell: str) -> tuple[float, float]:
    """The bounds of a printed share, in percent: « 97,0 », « < 0,1 », « > 99,9 »."""
    value = decimal(cell.strip("<> "))
    if cell.startswith("<"):
        return 0.0, value
    return (value, 100.0) if cell.startswith(">") else (value - 0.051, value + 0.051)


def test_the_report_prints_the_names_and_totals_that_balance(proof: Proof) -> None:
    content = get_bytes(logged_in("demo-direction"), f"/couverture/preuves/{proof.pk}/rapport.pdf")
    assert content.startswith(b"%PDF-")
    text = re.sub(r"[\s\u00a0\u202f]+", " ", read_text(content))
    steps = queries.list_steps(proof)
    for name in {row.pathway_name for row in steps}:
        assert name in text, name
    assert proof.network_hash in text
    assert "Le Cateau" in text
    table = text[text.index("Toutes les étapes") :]
    cell = r"((?:[<>] )?[\d,]+) %"
    rows = re.findall(rf"(\d[\d ]*\d) {cell} {cell} {cell} {cell} {cell}", table)[: len(steps)]
    assert len(rows) == len(steps)
    for row, (residents, *cells) in zip(steps, rows, strict=True):
        assert residents.replace(" ", "").endswith(f"{row.residents:.0f}")
        holes = [name for name in CATEGORIES if name.startswith("hole_")]
        parts = [("on_target",), ("on_target", "at_limit"), ("late",), tuple(holes)]
        for one, names in zip(cells, parts, strict=False):
            low, high = printed_share(one)
            assert low <= 100 * row.share(*names) <= high, (row.pathway, row.step, names, one)


# Who may read, compute and plan


READERS = ("demo-ville", "demo-garde", "demo-audit")


@pytest.mark.parametrize("account", READERS)
def test_whoever_does_not_plan_reads_no_name_of_a_practitioner(
    proof: Proof, people: frozenset[str], account: str
) -> None:
    client, at = logged_in(account), f"/couverture/preuves/{proof.pk}"
    leaks = []
    for address in (
        "/couverture/", "/couverture/?filiere=avc&etape=3", "/couverture/calendrier",
        "/couverture/fragiles", "/couverture/fragiles?nature=holder", "/couverture/fragiles.csv",
        "/couverture/communes", f"/couverture/communes/{CAUDRY}", "/couverture/preuves",
        "/couverture/alertes", "/couverture/scenarios", at, f"{at}/exposures.csv",
        f"{at}/exposures.parquet", f"{at}/manifest.json", f"/api{at}",
        *([f"{at}/rapport.pdf"] if account == READERS[0] else []),
    ):  # fmt: skip
        answer = client.get(address)
        if answer.status_code == 403:
            continue
        assert answer.status_code == 200, address
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = content.decode(errors="replace")
        if address.endswith(".pdf"):
            text = read_text(content)
        if address.endswith(".parquet"):
            text = str(pq.read_table(io.BytesIO(content)).to_pylist())
        if any(word in text for word in people):
            leaks.append(address)
    assert leaks == []


@pytest.mark.parametrize("account", READERS)
def test_whoever_does_not_plan_reads_no_name_in_the_network_of_a_proof(
    proof: Proof, people: frozenset[str], account: str
) -> None:
    """Without them its hash would not be the one that the proof and the replay print: it stays
    with those who plan."""
    client = logged_in(account)
    for address in (
        f"/couverture/preuves/{proof.pk}/network.json.gz",
        "/couverture/rejouer/reseau.json?le=2026-11-20T03:00",
    ):
        answer = client.get(address)
        assert answer.status_code == 403
        assert not any(word in answer.content.decode() for word in people)


def test_the_name_proposed_for_a_scenario_names_nobody(people: frozenset[str]) -> None:
    holder = DutySlot.objects.exclude(assignment=None).latest("starts_at").assignment.practitioner
    leaves = {"change": "leave", "holder": holder.slug, "from_date": "2027-01-01"}
    asked = {"changement": json.dumps(leaves)}
    page = logged_in("demo-direction").get("/couverture/scenarios/nouveau", asked).content.decode()
    field = re.search(r'<input[^>]*name="nom"[^>]*>', page)
    assert field
    assert 'value="Un praticien' in field[0]
    assert not any(word in field[0] for word in people)
    assert holder.family_name in page


def test_the_director_reads_who_everything_hangs_on(proof: Proof, people: frozenset[str]) -> None:
    page = logged_in("demo-direction").get("/couverture/fragiles?filiere=avc&etape=3&nature=holder")
    assert any(word in page.content.decode() for word in people)


@pytest.mark.parametrize("account", [*READERS, "demo-medecin"])
def test_roles_that_must_not_compute_are_refused(proof: Proof, account: str) -> None:
    client = logged_in(account)
    before = Proof.objects.count()
    assert client.get("/couverture/preuves/nouvelle").status_code == 403
    typed = {"du": "01/01/2027", "au": "31/01/2027", "intitule": ""}
    assert client.post("/couverture/preuves/nouvelle", typed).status_code == 403
    assert client.post("/couverture/preuves/actuelle").status_code == 403
    assert Proof.objects.count() == before
    assert client.get("/couverture/").status_code == 200


def test_instants_of_programs_are_those_of_the_proof(proof: Proof) -> None:
    at = datetime.combine(proof.first_day + timedelta(days=40), time(10), PARIS)
    client = logged_in("demo-ville")
    answer = client.get(
        f"/api/couverture/preuves/{proof.pk}/instant",
        {"filiere": "addictologie", "le": at.isoformat()},
    ).json()
    assert answer["network_hash"] == proof.network_hash
    sums: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in answer["rows"]:
        reason = Reason(row["reason"]) if row["reason"] else None
        if (name := category_of(Verdict(row["verdict"]), reason)) and row["residents"]:
            sums[row["step"]][name] += row["residents"]
    stored = residents_at(queries.load_tables(proof)["moments"], "addictologie", at)
    assert {key: pytest.approx(value, abs=NOBODY) for key, value in stored.items()} == sums
    outside = day_bounds(proof.last_day)[0].isoformat()
    refused = client.get(
        f"/api/couverture/preuves/{proof.pk}/instant", {"filiere": "avc", "le": outside}
    )
    assert refused.status_code in (400, 422)
