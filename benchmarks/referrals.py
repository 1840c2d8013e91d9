"""``./maillage bench referrals``: lists, requests and acts among 10,000 patients, 10,000 requests.

On SQLite, then on PostgreSQL: the example territory is loaded with a year of 10,000 invented
requests, and several hundred under way. Each list is drawn by the Django test client (server time
alone): median and p95, number of queries. Then a request written and sent, and each act of a
transfer. Then, on PostgreSQL, a crowd of 50 people against a real server for five minutes
(``crowd.py``). Baseline: the same list of 100 received requests, read row by row.

``--seconds N`` shortens the crowd (0: none), ``--only sqlite|postgresql`` keeps one database,
``--patients N`` and ``--requests N`` change the size.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._measure import peak_memory_mb, percentile, report

REPEATS = 30
ACTS = 60
LIVE_ROUNDS = 12
"""How many times what is under way in the example is told again, so that boards are full."""

MOST_QUERIES = 12
LIST_BAR_MS, CREATE_BAR_MS = 150, 100
EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "hauts-de-france"

LISTS: tuple[tuple[str, str, str], ...] = (
    ("inbox", "demo-garde", "/adressages/"),
    ("inbox, 100 rows", "demo-garde", "/adressages/?etat=toutes"),
    ("inbox, last page", "demo-garde", "/adressages/?etat=toutes&page=99"),
    ("outbox, 100 rows", "demo-medecin", "/adressages/envoyees?etat=toutes"),
    ("transfers, all", "demo-regulateur", "/adressages/transferts"),
    ("transfers, one hospital", "demo-garde", "/adressages/transferts"),
    ("returns", "demo-garde", "/adressages/retours"),
    ("meetings", "demo-garde", "/adressages/rcp"),
    ("figures of the day", "demo-direction", "/adressages/delais/jour"),
    ("openings", "demo-audit", "/patients/ouvertures"),
    ("duplicates", "demo-dim", "/patients/doublons"),
)
"""Name, account, address."""

SUMS: tuple[tuple[str, str, str], ...] = (
    ("figures", "demo-direction", "/adressages/delais"),
    ("figures, agreements", "demo-direction-chu", "/adressages/delais?par=conventions"),
)
"""Sums and quantiles over thousands of requests: measured, held to the bar of no list."""


def main() -> None:
    options = _read_options()
    # A polite request to end is an exit, so that the database server is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    figures: dict[str, Any] = {"patients": options.patients, "requests": options.requests}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        example = _example_of(folder, options)
        for database in ("sqlite", "postgresql"):
            if options.only in ("", database):
                print(f"— {database}", flush=True)
                with _address(database) as address:
                    figures |= _on(database, address, folder / database, example, options)
    report("referrals", figures)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./maillage bench referrals")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--only", choices=("", "sqlite", "postgresql"), default="")
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--child", choices=("sqlite", "postgresql"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _measure(options.child)
        raise SystemExit(0)
    return options


def _example_of(folder: Path, options: argparse.Namespace) -> Path:
    """The example territory, its manifest asking for the size of this measure."""
    place = folder / "territory"
    shutil.copytree(EXAMPLE, place)
    manifest = place / "territoire.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["cases"] = {"patients": options.patients, "requests": options.requests}
    manifest.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return place


@contextmanager
def _address(database: str) -> Iterator[str]:
    """The address of a database, in the form of ``MAILLAGE_DATABASE``: empty for a file."""
    if database == "sqlite":
        yield ""
        return
    from tests.on_postgresql import fresh_database, server

    with server() as address, fresh_database(address, "bench") as (_, its_address):
        yield its_address


def _on(
    database: str, address: str, data: Path, example: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """Load, measure in a process of its own, then let the crowd in."""
    data.mkdir()
    environment = {
        **os.environ,
        "MAILLAGE_DATA": str(data),
        "MAILLAGE_DATABASE": address,
        "MAILLAGE_EXAMPLE": str(example),
        "MAILLAGE_DEMO": "1",
    }
    manage = [sys.executable, "-m", "maillage.config.manage"]
    quiet: dict[str, Any] = {"env": environment, "check": True, "stdout": subprocess.DEVNULL}
    subprocess.run([*manage, "migrate", "--verbosity", "0"], **quiet)
    started = time.perf_counter()
    subprocess.run([*manage, "load", str(example)], **quiet)
    loading = time.perf_counter() - started
    subprocess.run([*manage, "demo_accounts"], **quiet)
    subprocess.run([*manage, "collectstatic", "--noinput", "--verbosity", "0"], **quiet)
    command = [sys.executable, "-m", "benchmarks.referrals", "--child", database]
    print(f"  loaded in {loading:.0f} s", flush=True)
    shown = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    figures = {f"{database}: load_s": round(loading, 1), **json.loads(shown.splitlines()[-1])}
    if database == "postgresql" and options.seconds:
        from benchmarks.crowd import run_crowd

        figures |= run_crowd(environment, users=options.users, seconds=options.seconds)
    return figures


def _measure(database: str) -> None:
    """In the child: lists, then requests and acts; one JSON line."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "maillage.config.settings_test"
    os.environ["MAILLAGE_DEMO"] = "1"
    os.environ["MAILLAGE_TEST_DATABASE"] = os.environ.get("MAILLAGE_DATABASE", "")
    import django

    django.setup()
    _fill_boards()
    figures = _lists()
    figures |= _naive(figures)
    figures |= _requests()
    figures["peak_memory_mb"] = peak_memory_mb()
    print(json.dumps({f"{database}: {name}": value for name, value in figures.items()}))


def _fill_boards() -> None:
    """Several hundred requests under way."""
    from random import Random

    from django.db import transaction
    from django.utils import timezone

    from maillage.referrals.actions.invented.ground import read_ground
    from maillage.referrals.actions.invented.writing import write
    from maillage.referrals.actions.invented.year import Year

    accounts = json.loads((EXAMPLE / "territoire.json").read_text(encoding="utf-8"))["accounts"]
    at = timezone.now()
    year = Year(read_ground(accounts=accounts, at=at), Random(11), at, mark="mesure")
    for _ in range(LIVE_ROUNDS):
        year.tell_now()
    with transaction.atomic():
        write(year.told)


class Times(list[float]):
    """Milliseconds of the wall, and the mean of those of the processor in this process."""

    cpu_ms = 0.0


def _timed(call: Callable[[], Any], repeats: int = REPEATS) -> Times:
    times, spent = Times(), time.process_time()
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    times.cpu_ms = (time.process_time() - spent) * 1000 / repeats
    return times


def _words(times: Sequence[float], queries: int | None = None) -> str:
    counted = "" if queries is None else f", {queries} queries"
    if isinstance(times, Times):
        counted = f", cpu {times.cpu_ms:.1f} ms{counted}"
    return f"median {median(times):.1f} ms, p95 {percentile(times, 0.95):.1f} ms{counted}"


def _lists() -> dict[str, Any]:
    """Every list and page, warm; of the lists, the slowest p95 and the most queries."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from maillage.accounts.models import User

    figures: dict[str, Any] = {}
    slowest, most = 0.0, 0

    def take(name: str, call: Callable[[], Any], *, is_list: bool) -> None:
        nonlocal slowest, most
        answer = call()
        if answer.status_code != 200:
            raise SystemExit(f"{name}: {answer.status_code}")
        times = _timed(call)
        with CaptureQueriesContext(connection) as queries:
            call()
        figures[name] = _words(times, len(queries))
        print(f"  {name}: {figures[name]}", file=sys.stderr, flush=True)
        if is_list:
            slowest, most = max(slowest, percentile(times, 0.95)), max(most, len(queries))

    clients: dict[str, Client] = {}
    for name, username, address in (*LISTS, *SUMS, *_pages()):
        if username not in clients:
            clients[username] = Client()
            clients[username].force_login(User.objects.get(username=username))
        client = clients[username]
        call = partial(client.get, address)
        take(name, call, is_list=(name, username, address) in LISTS)
    doctor = clients["demo-medecin"]
    typed = {"q": _birth_and_letters()}
    take("patient search", partial(doctor.post, "/patients/", typed), is_list=True)
    figures["lists_slowest_p95_ms"] = round(slowest, 1)
    figures["lists_most_queries"] = most
    figures["lists_within_bars"] = slowest < LIST_BAR_MS and most <= MOST_QUERIES
    return figures


def _pages() -> list[tuple[str, str, str]]:
    """A record, its accesses, a request: those of the doctor's last patient."""
    from maillage.referrals.models import Referral

    one = (
        Referral.objects.filter(requester="demo-medecin", state="SEEN").order_by("-sent_at").first()
    )
    if one is None:
        raise SystemExit("no request under way")
    key, patient = one.key, one.patient.key
    return [
        ("a request", "demo-medecin", f"/adressages/{key}"),
        ("requests of a patient", "demo-medecin", f"/adressages/patients/{patient}"),
        ("a record", "demo-medecin", f"/patients/{patient}"),
        ("accesses of a record", "demo-medecin", f"/patients/{patient}/acces"),
    ]


def _birth_and_letters() -> str:
    from maillage.patients.models import Patient

    patient = Patient.objects.filter(organization__slug="ch-fourmies").order_by("-pk").first()
    if patient is None or patient.birth_date is None:
        raise SystemExit("no patient at Fourmies")
    return f"{patient.birth_date:%d/%m/%Y} {patient.birth_name[:3]}"


def _naive(figures: dict[str, Any]) -> dict[str, Any]:
    """The baseline: 100 received requests, what they point to read row by row; the ratio of its
    time to that of the list as the product reads it, both without drawing a page."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from maillage.referrals.enums import Side
    from maillage.referrals.models import Event, Referral
    from maillage.referrals.queries import inbox

    now = timezone.now()
    filters = inbox.ListFilters(state=inbox.EVERY)

    def product() -> None:
        rows = inbox.received(["chu-lille"], filters)
        inbox.get_list(rows, filters, side=Side.TARGET, number=None, now=now)

    def naive() -> None:
        rows = Referral.objects.filter(to_organization__slug="chu-lille").order_by("due_at")[:100]
        for one in rows:
            str((one.patient.birth_name, one.pathway.name, one.from_organization.short_name))
            str((one.from_service and one.from_service.name, one.to_service.site.name))
            Event.objects.filter(referral=one).order_by("-at").first()

    product()
    fast = _timed(product)
    slow = _timed(naive, 10)
    with CaptureQueriesContext(connection) as queries:
        naive()
    return {
        "rows of the inbox": _words(fast),
        "rows, one by one (baseline)": _words(slow, len(queries)),
        "ratio_of_baseline_to_inbox": round(median(slow) / median(fast), 1),
    }


def _requests() -> dict[str, Any]:
    """Requests written and sent, then each act of a transfer from its opening to the arrival."""
    from benchmarks.moving import Moving

    moving = Moving()
    created = _timed(moving.create_and_send, ACTS)
    times: dict[str, list[float]] = {}
    for _ in range(ACTS // 2):
        for act, spent in moving.transfer():
            times.setdefault(act, []).append(spent)
    p95 = percentile(created, 0.95)
    return {
        "create_and_send": _words(created),
        "create_p95_ms": round(p95, 1),
        "create_within_bar": p95 < CREATE_BAR_MS,
        **{f"act {act}": _words(spent) for act, spent in times.items()},
    }


if __name__ == "__main__":
    main()
