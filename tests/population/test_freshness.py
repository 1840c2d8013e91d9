"""What a list of computations reads of the definitions of now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maillage.engines.indicators import path_rules
from maillage.engines.indicators.definition_model import Definitions
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.path_rules import GradedPathway
from maillage.population.queries.freshness import label_all


def test_labels_are_read_once_and_anew_for_other_definitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    present = replace(load_definitions(), fingerprint="those of this test")
    asked: list[str] = []
    load = path_rules.load_pathways

    def counted(known: Definitions) -> dict[str, GradedPathway]:
        asked.append(known.fingerprint)
        return load(known)

    monkeypatch.setattr(path_rules, "load_pathways", counted)
    labels = label_all(present)
    assert labels["pathway/stroke"] == load(present)["stroke"].label
    assert labels["indicator/avoidable-copd"] == present.indicators["avoidable-copd"].label
    assert label_all(present) == labels
    other = replace(present, fingerprint="others")
    assert label_all(other) == labels
    assert asked == ["those of this test", "others"]
    assert label_all(None) == {}
