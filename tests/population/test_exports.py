"""Files of figures: written down before they leave."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.population import actions
from maillage.population.actions import ExportedFile
from maillage.population.enums import FileFormat
from maillage.population.models import Export
from maillage.population.queries import current_results
from maillage.vocabulary.errors import Invalid, NotAllowed
from tests.population.results_by_hand import put_results

pytestmark = pytest.mark.django_db


def make(
    by: Actor, at: datetime, *, format: FileFormat = FileFormat.CSV, purpose: str = "Comité local"
) -> ExportedFile:
    put_results()
    results = current_results(at=at)
    assert results is not None
    return actions.export(
        results=results,
        what="Prévalence du diabète par secteur, 2025",
        format=format,
        columns={"Secteur": ["=Fourmies", "Valenciennes"], "Personnes": [412, None]},
        filters={"année": "2025"},
        purpose=purpose,
        by=by,
        at=at,
    )


def test_a_file_is_marked_and_written_down(now: datetime, make_actor: Callable[..., Actor]) -> None:
    made = make(make_actor(Role.DIRECTOR), now)
    text = made.content.decode()
    assert "n.c." in text
    assert "'=Fourmies" in text, "no spreadsheet computes a name"
    assert text.count("Données synthétiques : Données d'essai, version 1") == 2
    assert made.name.startswith("synthetique-")
    line = Export.objects.get()
    assert (line.rows, line.sha256) == (2, hashlib.sha256(made.content).hexdigest())
    assert (line.is_synthetic, line.purpose) == (True, "Comité local")
    trail = AuditEvent.objects.get(action="population.export")
    assert trail.details["sha256"] == line.sha256


def test_parquet_says_the_same(now: datetime, make_actor: Callable[..., Actor]) -> None:
    made = make(make_actor(Role.DIM), now, format=FileFormat.PARQUET)
    table = pq.read_table(io.BytesIO(made.content))
    assert table["Personnes"].to_pylist() == [412, None]
    assert table["Données"][0].as_py().startswith("Données synthétiques")


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DIM, Role.DIRECTOR}))
def test_others_take_no_file(now: datetime, make_actor: Callable[..., Actor], role: Role) -> None:
    with pytest.raises(NotAllowed):
        make(make_actor(role), now)
    assert not Export.objects.exists()


def test_a_file_has_a_purpose(now: datetime, make_actor: Callable[..., Actor]) -> None:
    with pytest.raises(Invalid):
        make(make_actor(Role.DIM), now, purpose="  ")


def test_the_register_is_read_and_searched(
    now: datetime, make_actor: Callable[..., Actor], client_for: Callable[..., Client]
) -> None:
    make(make_actor(Role.DIM), now)
    client = client_for(Role.AUDITOR)
    address = reverse("population:exports")
    assert "Comité local" in client.get(address).content.decode()
    assert "Comité local" not in client.get(address, {"q": "autre"}).content.decode()
    assert "Comité local" in client.get(address, {"q": "comité", "annee": "2026"}).content.decode()
