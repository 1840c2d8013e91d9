"""The proof of the coming year on the example, as the demonstration prepares it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from maillage.accounts.queries import get_revision
from maillage.coverage import queries
from maillage.coverage.models import Alert, Proof, ProofFile, ProofStep
from maillage.directory.models import Practitioner

Rows = tuple[Proof, list[ProofFile], list[ProofStep], list[Alert]]

_computed: dict[int, Rows] = {}


@pytest.fixture
def proof(example: None) -> Proof:
    """The current proof. Computed by ``prove --if-needed`` the first time that a state of the
    territory is met; its very rows are written again afterwards: what a test writes is undone."""
    revision = get_revision()
    kept = _computed.get(revision)
    if kept is not None and not Proof.objects.filter(pk=kept[0].pk).exists():
        Proof.objects.bulk_create([kept[0]])
        ProofFile.objects.bulk_create(kept[1])
        ProofStep.objects.bulk_create(kept[2])
        Alert.objects.bulk_create(kept[3])
    call_command("prove", "--if-needed", "--verbosity", "0", stdout=StringIO(), stderr=StringIO())
    found = queries.get_current_proof()
    assert found is not None
    _computed[revision] = (
        found,
        list(ProofFile.objects.filter(proof=found)),
        list(ProofStep.objects.filter(proof=found)),
        list(Alert.objects.filter(proof=found)),
    )
    return found


@pytest.fixture
def people(example: None) -> frozenset[str]:
    """What names a practitioner: family names, and identifiers made of names."""
    rows = Practitioner.objects.values_list("family_name", "slug")
    found = frozenset(word for row in rows for word in row)
    assert len(found) > 100
    return found
