"""The definitions of the product, together, and a folder of others beside them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from maillage.engines.indicators import definitions
from maillage.engines.indicators.definition_model import STATUSES
from maillage.engines.indicators.definition_page import population_page
from maillage.engines.indicators.definition_reader import read_code_list
from maillage.engines.indicators.definitions import describe, load_definitions, read_cohort
from maillage.vocabulary.errors import Invalid

COHORT = """key = "{key}"
version = "1"
label = "Les nôtres"
meaning = "Ceux de chez nous."
source = "Le DIM"
status = "to confirm"

[[arm]]
kind = "{kind}"
{rest}
"""


def written(folder: Path, key: str, kind: str, rest: str) -> None:
    place = folder / "cohorts"
    place.mkdir(exist_ok=True)
    text = COHORT.format(key=key, kind=kind, rest=rest)
    (place / f"{key}.toml").write_text(text, encoding="utf-8")


def test_the_cohorts_of_the_product_are_there() -> None:
    assert set(load_definitions().cohorts) >= {
        "diabetes", "diabetes-drugs", "heart-failure", "heart-failure-acute",
        "heart-failure-chronic", "copd", "coronary", "stroke", "kidney", "breast-cancer",
        "addictions", "frail-older",
    }  # fmt: skip


def test_every_code_list_is_used_or_is_there_to_be_chosen() -> None:
    """A list that nothing names is a class of medicines or an act, which a user's file may name."""
    known = load_definitions()
    texts = [one.text for one in (*known.cohorts.values(), *known.indicators.values())]
    named = {key for text in texts for key in re.findall(r'"@([a-z0-9-]+)"', text)}
    assert named <= set(known.code_lists)
    unnamed = [known.code_lists[key] for key in set(known.code_lists) - named]
    assert {one.system for one in unnamed} <= {"ATC", "CCAM", "NABM"}


def test_all_say_where_they_come_from() -> None:
    known = load_definitions()
    for one in (
        *known.cohorts.values(),
        *known.indicators.values(),
        *known.code_lists.values(),
    ):
        assert one.status in STATUSES
        assert len(one.source) > 5, one.key
        sentences = describe(one)
        assert sentences
        assert all(sentence.endswith((".", "?")) for sentence in sentences), sentences


def test_a_definition_is_said_in_words() -> None:
    known = load_definitions().cohorts
    assert describe(known["diabetes-drugs"]) == [
        "Médicaments du diabète : au moins 3 dates différentes de délivrance dans l'année N (ou 2 "
        "si l'une d'elles comprend un grand conditionnement) d'un médicament ATC A10 (liste "
        "antidiabetics), sauf A10BX06 ; les personnes qui n'ont reçu que A10BK (liste "
        "sglt2-inhibitors) ne comptent pas."
    ]
    frail = describe(known["frail-older"])
    assert frail[0] == "Seulement : personnes de 75 ans et plus au 31 décembre."
    assert frail[2].startswith("Ou bien : Affection de longue durée n° 15 : ")
    chronic = describe(known["heart-failure-chronic"])
    assert (
        "Sauf : faire partie, la même année, de la cohorte « Insuffisance cardiaque aiguë »."
        in chronic
    )
    assert any("de N-5 à N-1" in sentence for sentence in chronic)


def test_a_folder_of_others_is_added(tmp_path: Path) -> None:
    written(tmp_path, "ours", "cohort", 'cohort = "theirs"')
    written(tmp_path, "theirs", "stay", 'icd = ["@heart-failure"]')
    own, extended = load_definitions(), load_definitions(tmp_path)
    assert set(extended.cohorts) == {*own.cohorts, "ours", "theirs"}
    assert extended.fingerprint != own.fingerprint
    assert load_definitions(tmp_path).fingerprint == extended.fingerprint


def test_the_fingerprint_follows_every_change_of_text(tmp_path: Path) -> None:
    written(tmp_path, "ours", "stay", 'icd = ["I50"]')
    before = load_definitions(tmp_path).fingerprint
    written(tmp_path, "ours", "stay", 'icd = ["I50"] # seen again')
    assert load_definitions(tmp_path).fingerprint != before


def problems(folder: Path) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        load_definitions(folder)
    return [str(problem) for problem in refusal.value.problems]


def test_a_key_of_the_product_is_not_taken(tmp_path: Path) -> None:
    written(tmp_path, "diabetes", "stay", 'icd = ["I50"]')
    assert problems(tmp_path) == ["cohorts/diabetes.toml : cette définition existe déjà."]


def test_cohorts_that_name_each_other_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "ours", "cohort", 'cohort = "theirs"')
    written(tmp_path, "theirs", "cohort", 'cohort = "ours"')
    found = problems(tmp_path)
    assert any("la cohorte « theirs » n'existe pas" in one for one in found)


def test_the_name_of_a_file_is_its_key(tmp_path: Path) -> None:
    written(tmp_path, "ours", "stay", 'icd = ["I50"]')
    (tmp_path / "cohorts" / "ours.toml").rename(tmp_path / "cohorts" / "other.toml")
    assert problems(tmp_path) == [
        "cohorts/other.toml, key : la clé « ours » n'est pas le nom du fichier."
    ]


def test_a_file_in_another_encoding_is_said(tmp_path: Path) -> None:
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "ours.toml").write_bytes('label = "Diabète"'.encode("latin-1"))
    assert problems(tmp_path) == ["codes/ours.toml : le fichier n'est pas en UTF-8."]


def test_the_defects_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    written(tmp_path, "ours", "stay", 'icd = ["?"]')
    written(tmp_path, "theirs", "stay", "icd = []\ncolour = 1")
    assert len(problems(tmp_path)) == 3


def test_files_of_the_product_are_found_wherever_it_is_installed() -> None:
    assert definitions.FOLDER.is_absolute()
    assert (definitions.FOLDER / "cohorts" / "diabetes.toml").is_file()


def test_the_links_of_the_reference_page_lead_somewhere() -> None:
    page = population_page(load_definitions(), {"rules": "### A case\n", "diabetes": "### Mine\n"})
    heads = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    anchors = [re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads]
    links = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert links <= set(anchors)
    sections = [anchor for anchor in anchors if anchor in links]
    assert len(sections) == len(set(sections))
    assert page.index("### Mine") > page.index("## cohort diabetes\n")


def test_the_examples_of_the_guide_are_read() -> None:
    guide = Path(__file__).parents[3] / "docs" / "how-to" / "define-a-cohort.md"
    blocks = re.findall(r"```toml\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    cohort, codes = blocks
    assert read_cohort(cohort, name="guide").also
    assert read_code_list(codes, name="guide").system == "CIM-10"
