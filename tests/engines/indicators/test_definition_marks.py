"""A mark changes with all that a definition names, however far, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from maillage.engines.indicators import definitions
from maillage.engines.indicators.definition_marks import marks_of
from maillage.engines.indicators.definitions import load_definitions

COHORT = """\
key = "{key}"
version = "1"
label = "Cohorte {key}"
meaning = "Personnes de la cohorte."
source = "Essai"
status = "to confirm"

[[arm]]
kind = "{kind}"
{rest}
"""


def own(folder: Path, name: str, *, icd: str = "N18", other: str = "") -> None:
    rest = f'cohort = "{other}"' if other else f'icd = ["{icd}"]\nin = ["main"]'
    kind = "cohort" if other else "stay"
    place = folder / "cohorts"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.toml").write_text(COHORT.format(key=name, kind=kind, rest=rest), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own(tmp_path, "un")
    own(tmp_path, "deux", other="un")
    own(tmp_path, "trois", icd="J44")
    return tmp_path


def test_what_is_made_of_a_cohort_changes_with_it_and_the_rest_does_not(folder: Path) -> None:
    before = marks_of(load_definitions(folder))
    own(folder, "un", icd="N19")
    after = marks_of(load_definitions(folder))
    assert {name for name in before if before[name] != after[name]} == {"cohort/un", "cohort/deux"}
    assert before.keys() == after.keys()


def test_a_code_list_changes_all_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from dataclasses import replace

    known = load_definitions()
    lists = dict(known.code_lists)
    lists["heart-failure"] = replace(lists["heart-failure"], text=lists["heart-failure"].text + "#")
    before, after = marks_of(known), marks_of(replace(known, code_lists=lists))
    changed = {name for name in before if before[name] != after[name]}
    for name in (
        "cohort/heart-failure-acute",
        "cohort/heart-failure",
        "indicator/prevalence-heart-failure",
        "pyramid/heart-failure",
        "pathway/heart-failure",
    ):
        assert name in changed
    for name in ("indicator/prevalence-stroke", "cohort/diabetes", "pathway/copd"):
        assert name not in changed


def test_every_definition_of_the_product_has_its_own_mark() -> None:
    known = load_definitions()
    found = marks_of(known)
    assert {f"indicator/{key}" for key in known.indicators} <= found.keys()
    assert {f"cohort/{key}" for key in known.cohorts} <= found.keys()
    rules = {f"pyramid/{key}" for key in definitions.rule_texts("pyramids")}
    rules |= {f"pathway/{key}" for key in definitions.rule_texts("pathways")}
    assert rules <= found.keys()
    assert len(set(found.values())) == len(found)
    assert found == marks_of(load_definitions())
