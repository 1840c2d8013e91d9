"""Hospital files with their defects."""

from __future__ import annotations

import shutil
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from maillage.engines.indicators import reading, writing
from maillage.engines.indicators.reading import layouts
from maillage.engines.indicators.reading.layouts import Layout
from maillage.vocabulary.errors import Invalid, NotFound
from tests.engines.indicators.reading.stores import (
    HOSPITAL,
    SITE,
    SMALL,
    load,
    rows_of,
    write_csv,
    write_store,
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small hospital."""
    place = tmp_path_factory.mktemp("hospital")
    store = write_store(place / "store", SMALL)
    writing.write_pmsi(store, place / "files", organization=HOSPITAL)
    return place / "files"


@pytest.fixture
def files(written: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(written, tmp_path / "files"))


def edit(path: Path, row: int, at: int, text: str) -> None:
    """Write over a line, at a position from 1."""
    lines = path.read_text("latin-1").split("\n")
    line = lines[row - 1]
    lines[row - 1] = line[: at - 1] + text + line[at - 1 + len(text) :]
    path.write_text("\n".join(lines), encoding="latin-1", newline="")


def test_an_unknown_hospital_is_not_found(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store", SMALL)
    with pytest.raises(NotFound):
        writing.write_pmsi(store, tmp_path / "files", organization="990000000")


@pytest.mark.parametrize(
    ("at", "text", "reason"),
    [
        (93, "31022021", "date illisible"),
        (103, "01011999", "sortie avant l'entrée"),
        (86, "3", "sexe inconnu"),
        (134, "x1", "nombre illisible"),
        (138, "009", "ligne plus courte que ses nombres l'annoncent"),
        (141, "?????", "code mal formé"),
        (10, "199", "version de format inconnue"),
        (78, "01012030", "entrée avant la naissance"),
    ],
)
def test_a_broken_unit_is_refused_with_its_stay(
    files: Path, tmp_path: Path, at: int, text: str, reason: str
) -> None:
    edit(files / "rss.txt", 1, at, text)
    out, report = load("pmsi", files, tmp_path / "out")
    told = {reason: 1}
    if at != 10:  # the stay of a line that cannot be read is not known
        told["une autre unité du même séjour est rejetée"] = 1
        assert [row[0] for row in rows_of(out, "stay")] == [1, 2]
    assert report.rejected == told


def test_a_group_of_error_is_set_aside(files: Path, tmp_path: Path) -> None:
    edit(files / "rss.txt", 4, 3, "90Z00Z")
    _, report = load("pmsi", files, tmp_path / "out")
    assert report.filtered == {"GHM90": 1}
    assert "groupage" in report.rules["GHM90"]


def test_a_stay_without_patient_is_set_aside(files: Path, tmp_path: Path) -> None:
    lines = (files / "vidhosp.txt").read_text().splitlines()
    (files / "vidhosp.txt").write_text("\n".join(lines[1:]) + "\n")
    out, report = load("pmsi", files, tmp_path / "out")
    assert report.filtered == {"UNCHAINED": 2}
    assert len(rows_of(out, "stay")) == 2


def test_a_stay_of_two_patients_is_set_aside(files: Path, tmp_path: Path) -> None:
    write_csv(files / "chainage.csv", "NAS;IPP", f"{1:020d};another")
    _, report = load("pmsi", files, tmp_path / "out")
    assert report.filtered == {"CHAIN_CONFLICT": 2}


def test_files_that_grow_each_month_count_once(files: Path, tmp_path: Path) -> None:
    (files / "rss-m12.txt").write_bytes((files / "rss.txt").read_bytes())
    (files / "vidhosp-m12.txt").write_bytes((files / "vidhosp.txt").read_bytes())
    out, report = load("pmsi", files, tmp_path / "out")
    assert report.filtered == {"DUPLICATE": 7}
    assert len(rows_of(out, "stay")) == 3


def test_postal_codes_give_communes_when_no_patient_table_does(files: Path, tmp_path: Path) -> None:
    (files / "patients.csv").unlink()
    (files / "rpu.csv").unlink()
    for row in range(1, 5):
        edit(files / "rss.txt", row, 113, "59300")
    edit(files / "rss.txt", 3, 113, "62000")
    write_csv(files / "codes.csv", "code_postal;cog", "59300;59606")
    out, report = load("pmsi", files, tmp_path / "out", communes_by_code={"62000": "62041"})
    assert rows_of(out, "residence") == [
        (1, "59606", date(1950, 3, 15), date(2021, 2, 1)),
        (1, "62041", date(2021, 2, 1), None),
        (2, "59606", date(1960, 5, 15), None),
    ]
    assert rows_of(out, "person")[1][3] == date(2022, 6, 1)
    assert not report.notes


def test_the_identifiers_are_those_of_the_hospital(files: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    out, _ = load("pmsi", files, tmp_path / "out", is_nominative=True)
    rows = pq.read_table(out / "identities.parquet").to_pylist()
    assert rows[0] == {"person": 1, "identifier": "000000000001"}


def test_what_is_not_recognised_is_said(files: Path, tmp_path: Path) -> None:
    write_csv(files / "lisez-moi.txt", "bonjour")
    _, report = load("pmsi", files, tmp_path / "out")
    assert report.unread == ("lisez-moi.txt",)


def test_rss_without_chaining_are_refused(files: Path, tmp_path: Path) -> None:
    (files / "vidhosp.txt").unlink()
    with pytest.raises(Invalid, match="chaînage"):
        load("pmsi", files, tmp_path / "out")


def test_a_layout_of_the_caller_is_read(files: Path, tmp_path: Path) -> None:
    mine = tmp_path / "layouts"
    for name in ("versions.csv", "fields.csv"):
        lines = (layouts.FOLDER / name).read_text().splitlines()
        kept = [one.replace("rss;122", "rss;130") for one in lines if one.startswith("rss;122")]
        if name == "versions.csv":
            kept = [one.replace("122.{12}022", "130.{12}030") for one in kept]
        write_csv(mine / name, lines[0], *kept)
    for row in range(1, 5):
        edit(files / "rss.txt", row, 10, "130")
        edit(files / "rss.txt", row, 25, "030")
    with pytest.raises(Invalid):
        reading.detect(files)
    out, _ = load("pmsi", files, tmp_path / "out", layouts=mine)
    assert len(rows_of(out, "stay")) == 3


def test_a_wrong_layout_is_refused_with_its_place(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "versions.csv", "family;version;pattern;years;status;source", "rss;1;^x;;;"
    )
    write_csv(
        tmp_path / "fields.csv",
        "family;version;zone;field;start;length;meaning",
        "rss;1;line;stay;zero;2;",
    )
    with pytest.raises(Invalid) as refusal:
        layouts.load_layouts(tmp_path)
    problem = refusal.value.problems[0]
    assert (problem.file, problem.row, problem.column) == ("fields.csv", 2, "start")


@pytest.mark.parametrize("family", ["rss", "rsa", "ano", "vidhosp", "anohosp", "um"])
def test_fields_of_a_layout_do_not_overlap(family: str) -> None:
    for layout in layouts.load_layouts()[family]:
        for fields in layout.zones.values():
            places = sorted(
                (one.start, one.start + one.length)
                for name, one in fields.items()
                if name not in ("record", "zones")
            )
            assert all(end <= start for (_, end), (start, _) in pairwise(places))


def line_of(layout: Layout, version_at: int, values: dict[str, str], length: int) -> str:
    """A line with each value at its place."""
    text = [" "] * length
    for name, value in values.items():
        start = layout.line[name].start - 1
        text[start : start + len(value)] = value
    text[version_at - 1 : version_at - 1 + len(layout.version)] = layout.version
    return "".join(text)


@pytest.mark.parametrize("version", ["224", "226", "229"])
def test_rsa_are_dated_and_chained_by_their_file(tmp_path: Path, version: str) -> None:
    known = layouts.load_layouts()
    rsa = next(one for one in known["rsa"] if one.version == version)
    ano = next(one for one in known["ano"] if one.version == "2024")
    folder = tmp_path / "in"
    units = ""
    for rank, (main, count) in enumerate((("I500", 1), ("J81", 2)), start=1):
        unit = [" "] * rsa.size("um")
        for name, value in (("site", SITE), ("main", main), ("das_count", f"{count:02d}"),
                            ("act_count", "000")):  # fmt: skip
            at = rsa.zones["um"][name].start - 1
            unit[at : at + len(value)] = value
        unit[0:2] = f"{rank:02d}"
        units += "".join(unit)
    act = f"{'002':3}{'DEQP003':7}".ljust(rsa.size("act"))
    values = {
        "finess": HOSPITAL, "index": "0000000001", "group": "05M092", "um_count": "02",
        "age_years": "070", "sex": "1", "entry": "8", "origin": "5", "month": "01",
        "year": "2021", "exit": "8", "duration": "0008", "geo": "59300", "sessions": "00",
        "global_count": "1", "radio_count": "0", "main": "I500", "related": "", "das_count": "0003",
        "act_count": "00001",
    }  # fmt: skip
    head = line_of(rsa, 10, values, rsa.line["zones"].start - 1)
    head = head[:22] + "122" + head[25:]
    das = "".join(code.ljust(rsa.size("das")) for code in ("E119", "N189", "Z515"))
    write_csv(folder / "rsa.txt", head + "07" + units + das + act, head + units)
    chained = {
        "finess": HOSPITAL, "returns": "000000000", "patient": "ANONYMOUS00000001",
        "index": "0000000001", "entered_on": "01012021", "left_on": "09012021",
    }  # fmt: skip
    line = "a" * 32 + line_of(ano, 42, chained, 400)[32:]
    broken = line.replace("000000000ANON", "010000000ANON")
    write_csv(folder / "ano.txt", line, broken)
    write_csv(folder / "codes-communes.csv", "code;commune", "59300;59606")
    assert reading.detect(folder) == "pmsi"
    out, report = load("pmsi", folder, tmp_path / "out")
    assert rows_of(out, "stay") == [
        (1, 1, SITE, HOSPITAL, date(2021, 1, 1), date(2021, 1, 9), "HOME", True, "HOME", "I500",
         "", "05M092", 0, None)
    ]  # fmt: skip
    assert rows_of(out, "diagnosis") == [
        (1, 1, "E119", "ASSOCIATED", 1),
        (1, 1, "I500", "UNIT_MAIN", 1),
        (1, 1, "J81", "UNIT_MAIN", 2),
        (1, 1, "N189", "ASSOCIATED", 2),
        (1, 1, "Z515", "ASSOCIATED", 2),
    ]
    assert rows_of(out, "procedure") == [(1, 1, "CCAM", "DEQP003", date(2021, 1, 3))]
    born = rows_of(out, "person")[0][1]
    assert date(1950, 1, 2) <= born <= date(2021 - 70, 1, 1)
    assert rows_of(out, "residence")[0][1] == "59606"
    assert report.filtered == {"CHAIN_ERROR": 1}
    assert report.rejected == {"ligne plus courte que ses nombres l'annoncent": 1}
