"""The invented population of the example territory, as who tries the product finds it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.test import Client
from django.urls import reverse

from maillage.accounts.models import User
from maillage.accounts.permissions import SYSTEM
from maillage.population import actions
from maillage.population.models import Computation, DataSetVersion, TargetList
from maillage.population.queries import current_results


def log_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def test_it_is_accepted_computed_and_marked(example_population: Path, now: datetime) -> None:
    version = DataSetVersion.objects.get()
    assert (version.state, version.share, version.is_current) == ("READY", 0.005, True)
    assert version.report["quality"]["findings"]
    results = current_results(at=now)
    assert results is not None
    assert results.is_synthetic
    assert results.years == (2021, 2022, 2023, 2024, 2025)
    assert results.cells("prevalence-diabetes", 2025).num_rows
    assert results.strata(year=2025).num_rows
    # Only the communes that have invented residents are places of these results.
    assert len(results.areas.members("T")) < 600
    assert actions.note_invention(share=0.005, by=SYSTEM, at=now) is None, "asked for once"


def test_every_page_of_data_says_that_they_are_invented(example_population: Path) -> None:
    dim = log_in("demo-dim")
    computation = Computation.objects.get()
    for name, args in (
        ("datasets", ()),
        ("dataset", ("population-synthetique",)),
        ("version", ("population-synthetique", 1)),
        ("computations", ()),
        ("computation", (computation.pk,)),
        ("definition", ("indicateurs", "prevalence-diabetes")),
        ("target-new", ()),
    ):
        page = dim.get(reverse(f"population:{name}", args=args))
        assert page.status_code == 200, name
        assert "Données synthétiques" in page.content.decode(), name
    sql = dim.get(reverse("population:definition", args=("indicateurs", "prevalence-diabetes")))
    assert "SELECT" in sql.content.decode()


def test_a_coordinator_is_handed_invented_people_in_french_words(
    example_population: Path,
) -> None:
    client = log_in("demo-coordination")
    form = {
        "condition": "diabetes", "stratum": 3, "area": "T", "days": 30,
        "purpose": "Essayer la liste", "recipient": "Infirmière de parcours",
    }  # fmt: skip
    answer = client.post(reverse("population:target-new"), form)
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    target = TargetList.objects.get()
    assert target.people > 0
    assert page.count('<th scope="row">') == min(target.people, 300)
    assert "score" not in page.lower()
    assert log_in("demo-medecin").get(answer["Location"]).status_code == 403
