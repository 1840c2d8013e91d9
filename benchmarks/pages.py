"""``./maillage bench pages``: server time and SQL queries of every ordinary page.

Baseline: the log-in page, which reads almost nothing. The server is the Django test client, so
times are those of the application alone, without the network or the server process.
"""

from __future__ import annotations

import random
import statistics
import time

from benchmarks._measure import example_territory, peak_memory_mb, percentile, report

REPEATS = 40
WHO = "/couverture/qui?commune={commune}&besoin={need}&age={age}&le={at}"
PAGES = (
    "/",
    "/carte",
    "/communes",
    "/communes/59249",
    "/etablissements",
    "/etablissements/ch-valenciennes",
    "/offres",
    "/praticiens",
    "/annuaire/carte",
    "/conventions/",
    "/conventions/frise",
    "/filieres/",
    "/filieres/avc",
    "/astreintes/",
    "/recherche?q=valenciennes",
)
OF_PEOPLE = {
    "demo-chirurgie-lens": ("/", "/gardes/maintenant", "/gardes/mes-gardes"),
    "demo-garde": ("/gardes/echanges", "/gardes/conges"),
    "demo-direction": (
        "/gardes/tableaux/",
        "/gardes/tableaux/{roster}",
        "/gardes/tableaux/{roster}/equite",
        "/gardes/trous",
        "/gardes/schema-regional",
        "/effectifs/",
        "/effectifs/demographie",
        "/effectifs/temps-partage",
        "/effectifs/recrutement",
    ),
}
"""Pages of duties and of staff, each asked by somebody whose daily page it is. ``{roster}``: the
largest one of the example."""


def _questions(draw: random.Random) -> list[str]:
    """Addresses of questions of several communes, needs, ages and instants."""
    return [
        WHO.format(
            commune=draw.choice(["59249", "59139", "59606", "62498", "59392", "62041"]),
            need=draw.choice(["avc", "vasculaire", "chirurgie-thoracique"]),
            age=draw.randrange(18, 95),
            at=f"2026-12-{draw.randrange(1, 20):02d}T{draw.randrange(24):02d}:00",
        )
        for _ in range(REPEATS * 5)
    ]


def main() -> None:
    with example_territory():
        from django.db import connection
        from django.db.models import Count
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        from maillage.accounts.models import User
        from maillage.oncall.models import Roster

        client = Client()
        client.force_login(User.objects.get(username="demo-medecin"))
        figures: dict[str, object] = {}
        everything: list[float] = []

        def measure(name: str, addresses: list[str], asker: Client) -> float:
            asker.get(addresses[0])
            times = []
            for address in addresses:
                started = time.perf_counter()
                answer = asker.get(address)
                times.append((time.perf_counter() - started) * 1000)
                if answer.status_code != 200:
                    raise SystemExit(f"{address}: {answer.status_code}")
            with CaptureQueriesContext(connection) as queries:
                size = len(asker.get(addresses[0]).content)
            figures[name] = (
                f"median {statistics.median(times):.1f} ms, p95 {percentile(times, 0.95):.1f} ms, "
                f"{len(queries)} queries, {size / 1000:.0f} kB"
            )
            everything.extend(times)
            return percentile(times, 0.95)

        baseline = measure("/connexion", ["/connexion"] * REPEATS, Client())
        questions = _questions(random.Random(7))
        everything.clear()
        asked = measure("/couverture/qui", questions, client)
        for page in PAGES:
            measure(page, [page] * REPEATS, client)
        roster = Roster.objects.annotate(size=Count("versions__duties")).latest("size")
        for account, pages in OF_PEOPLE.items():
            asker = Client()
            asker.force_login(User.objects.get(username=account))
            for page in pages:
                address = page.format(roster=roster.slug)
                measure(f"{page} ({account})", [address] * REPEATS, asker)
        figures["who_p95_ms"] = round(asked, 1)
        figures["all_pages_p95_ms"] = round(percentile(everything, 0.95), 1)
        figures["baseline_p95_ms"] = round(baseline, 1)
        figures["ratio_to_baseline"] = round(asked / baseline, 2)
        figures["peak_memory_mb"] = peak_memory_mb()
        report("pages", figures)


if __name__ == "__main__":
    main()
