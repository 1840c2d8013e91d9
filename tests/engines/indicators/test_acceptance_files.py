"""Acceptance: two folders written by hand, one like the national claims, one like the files of a
hospital, read end to end to indicators whose values were counted by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from maillage.engines.indicators import reading
from maillage.engines.indicators.backends import open_duckdb
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.measures import cells
from maillage.engines.indicators.reading.quality import assess
from maillage.engines.indicators.store import EventWriter, Origin, list_files
from tests.engines.indicators.rss_by_hand import rum

Row = dict[str, str]
TODAY = date(2026, 11, 22)
KEYS = ("prevalence-diabetes", "prevalence-heart-failure-acute", "readmission-30", "readmission-7",
        "avoidable-heart-failure", "adherence-antidiabetics", "gap-gp-year-diabetes")  # fmt: skip


def table(path: Path, usual: Mapping[str, str], rows: Iterable[Mapping[str, str]]) -> None:
    """A file of commas with the columns of ``usual``, and its values unless a row has others."""
    lines = [",".join(usual)]
    lines += [",".join({**usual, **row}.values()) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(folder: Path, out: Path) -> reading.ReadReport:
    with EventWriter(out) as writer:
        options = reading.ReadOptions(out=out)
        report = reading.read(reading.detect(folder), folder, writer, options=options)
        writer.close(origin=Origin(name="Essai"))
    assert all(one.is_balanced for one in report.files)
    return report


def measure(store: Path, years: tuple[int, ...]) -> dict[tuple[str, int], Any]:
    """(events, base) by indicator and year, over all communes; and the communes of the events."""
    whole = load_definitions()
    few = replace(whole, indicators={key: whole.indicators[key] for key in KEYS})
    with open_duckdb(store, memory_mb=500) as engine:
        rows = cells(few, engine, years).to_pylist()
    found: dict[tuple[str, int], Any] = {}
    for row in rows:
        key = row["indicator"], row["year"]
        events, base, where = found.get(key, (0, 0.0, set()))
        where = where | ({row["commune"]} if row["events"] else set())
        found[key] = events + row["events"], base + row["base"], where
    return found


def rows_of(store: Path, name: str) -> list[dict[str, Any]]:
    return [row for path in list_files(store, name) for row in pq.read_table(path).to_pylist()]


# Tables with the national names.

KEY = {
    "DCT_ORD_NUM": "1", "FLX_DIS_DTD": "2022-06-30", "FLX_EMT_NUM": "10", "FLX_EMT_ORD": "0",
    "FLX_EMT_TYP": "1", "FLX_TRT_DTD": "2022-07-01", "ORG_CLE_NUM": "01C731221",
    "PRS_ORD_NUM": "1", "REM_TYP_AFF": "1",
}  # fmt: skip
BEN = {
    "BEN_NIR_PSA": "", "BEN_RNG_GEM": "1", "BEN_IDT_ANO": "", "BEN_NAI_ANN": "1950",
    "BEN_NAI_MOI": "03", "BEN_SEX_COD": "1", "BEN_DCD_DTE": "1600-01-01", "BEN_DCD_AME": "160001",
    "BEN_RES_DPT": "059", "BEN_RES_COM": "249", "ORG_AFF_BEN": "01C731221",
}  # fmt: skip
IMB = {
    "BEN_NIR_PSA": "", "BEN_RNG_GEM": "1", "IMB_ALD_DTD": "2015-03-01",
    "IMB_ALD_DTF": "1600-01-01", "IMB_ALD_NUM": "8", "IMB_ETM_NAT": "41", "MED_MTF_COD": "E119",
}  # fmt: skip
PRS = {
    "BEN_NIR_PSA": "", "BEN_RNG_GEM": "1", "EXE_SOI_DTD": "", "DPN_QLF": "0", "PRS_DPN_QLP": "0",
    "PRS_NAT_REF": "3313", "PSE_SPE_COD": "0", "PSE_ACT_NAT": "50", **KEY,
}  # fmt: skip
PHA = {"PHA_PRS_C13": "3400900000001", "PHA_ACT_QSN": "1", "PHA_ORD_NUM": "1", **KEY}
MCO_B = {
    "ETA_NUM": "590780001", "RSA_NUM": "", "GRG_GHM": "10M022", "ENT_MOD": "8", "ENT_PRV": "",
    "SOR_MOD": "8", "DGN_PAL": "E119", "DGN_REL": "", "SEJ_NBJ": "3", "SEJ_TYP": "",
    "NBR_SEA": "0", "SOR_MOI": "03", "SOR_ANN": "2018", "BDI_COD": "59249", "COD_SEX": "1",
    "AGE_ANN": "68",
}  # fmt: skip
RETURNS = ("NIR_RET", "NAI_RET", "SEX_RET", "SEJ_RET", "FHO_RET", "PMS_RET", "DAT_RET",
           "COH_NAI_RET", "COH_SEX_RET")  # fmt: skip
MCO_C = {
    "ETA_NUM": "590780001", "RSA_NUM": "", "NIR_ANO_17": "", **dict.fromkeys(RETURNS, "0"),
    "EXE_SOI_DTD": "01MAR2018:00:00:00", "EXE_SOI_DTF": "04MAR2018:00:00:00",
}  # fmt: skip


def psa(number: int) -> str:
    return f"PSA{number:014d}"


def write_claims(folder: Path) -> None:
    """Sixteen people; what each is there for is said in the test."""
    folder.mkdir()
    others: dict[int, Row] = {
        4: {"BEN_NIR_PSA": psa(3), "BEN_RNG_GEM": "2"},
        16: {"BEN_DCD_DTE": "2020-12-31", "BEN_DCD_AME": "202012", "BEN_RES_COM": "606"},
    }
    table(folder / "IR_BEN_R.csv", BEN, [
        {"BEN_NIR_PSA": psa(n), "BEN_IDT_ANO": f"IDT{n:014d}", **others.get(n, {})}
        for n in range(1, 17)
    ])  # fmt: skip
    table(folder / "IR_IMB_R.csv", IMB, [
        {"BEN_NIR_PSA": psa(3), "BEN_RNG_GEM": "1"},
        {"BEN_NIR_PSA": psa(5), "IMB_ETM_NAT": "42"},
        {"BEN_NIR_PSA": psa(16)},
    ])  # fmt: skip
    table(folder / "IR_PHA_R.csv", {"PHA_CIP_C13": "", "PHA_ATC_CLA": "", "PHA_CND_TOP": ""}, [
        {"PHA_CIP_C13": "3400900000001", "PHA_ATC_CLA": "A10BA02"},
        {"PHA_CIP_C13": "3400900000002", "PHA_ATC_CLA": "A10BA02", "PHA_CND_TOP": "GC"},
        {"PHA_CIP_C13": "3400900000003", "PHA_ATC_CLA": "A10BX06"},
    ])  # fmt: skip
    care: list[Row] = []
    drugs: list[Row] = []
    public: list[Row] = []

    def deliver(person: int, on: str, *, quantity: int = 1, cip: int = 1, **prs: str) -> None:
        order = str(len(care) + 1)
        taa = prs.pop("ETE_IND_TAA", "")
        care.append({"BEN_NIR_PSA": psa(person), "EXE_SOI_DTD": on, "PRS_ORD_NUM": order, **prs})
        drugs.append({"PHA_PRS_C13": f"340090000000{cip}", "PHA_ACT_QSN": str(quantity),
                      "PRS_ORD_NUM": order})  # fmt: skip
        if taa:
            public.append({"ETE_IND_TAA": taa, "PRS_ORD_NUM": order})

    for on in ("2021-01-10", "2021-02-10", "2021-03-10"):
        deliver(1, on)  # three dates: in
    deliver(1, "2021-03-10", DPN_QLF="71")
    deliver(2, "2021-01-10")
    deliver(2, "2021-02-10")
    deliver(2, "2021-03-10", DPN_QLF="72")  # two dates are left: out
    deliver(8, "2021-01-10")
    deliver(8, "2021-02-10")
    deliver(8, "2021-03-10", PRS_DPN_QLP="71")  # out
    deliver(11, "2021-01-10", cip=2)
    deliver(11, "2021-06-10")  # two dates, a large pack: in
    deliver(12, "2021-01-10", ETE_IND_TAA="0")
    deliver(12, "2021-02-10")
    deliver(12, "2021-03-10", ETE_IND_TAA="1")  # counted in the hospital files: out
    deliver(13, "2021-01-10")
    deliver(13, "2021-02-10")
    deliver(13, "2021-03-10")
    deliver(13, "2021-03-10", quantity=-1)  # given back: out
    for on in ("2021-01-10", "2021-02-10", "2021-03-10"):
        deliver(14, on, cip=3)  # benfluorex: out
    care.append({"BEN_NIR_PSA": psa(1), "EXE_SOI_DTD": "2021-04-01", "PRS_ORD_NUM": "900",
                 "PRS_NAT_REF": "1111", "PSE_SPE_COD": "1", "PSE_ACT_NAT": "0"})  # fmt: skip
    table(folder / "ER_PRS_F.csv", PRS, care)
    table(folder / "ER_PHA_F.csv", PHA, drugs)
    table(folder / "ER_ETE_F.csv", {"ETE_IND_TAA": "", **KEY}, public)
    _write_hospital(folder)


def _write_hospital(folder: Path) -> None:
    stays: list[tuple[int, Row, Row]] = [
        (6, {"ETA_NUM": "750100018"}, {}),  # told twice until 2018: out
        (7, {}, {}),  # in: 2018 and 2019
        (9, {"SEJ_TYP": "B"}, {}),
        (10, {}, {"SEX_RET": "1"}),
        (15, {"GRG_GHM": "90Z00Z"}, {}),
        (14, {"SEJ_TYP": "A"}, {}),  # in
    ]
    for year in ("18", "19"):
        # In 2019 only the hospital that was told twice: its stay of that year counts.
        chosen = stays if year == "18" else stays[:1]
        for letter, usual, rank in (("B", MCO_B, 1), ("C", MCO_C, 2)):
            rows = []
            for number, one in enumerate(chosen, 1):
                own = {"RSA_NUM": f"{number:010d}", "ETA_NUM": one[1].get("ETA_NUM", "590780001")}
                if letter == "C":
                    own["NIR_ANO_17"] = psa(one[0])
                    if year == "19":
                        own |= {"EXE_SOI_DTD": "02JAN2019:08:30:00",
                                "EXE_SOI_DTF": "05JAN2019:16:00:00"}  # fmt: skip
                elif year == "19":
                    own |= {"SOR_ANN": "2019", "SOR_MOI": "01"}
                rows.append(own | (one[1] if rank == 1 else one[2]))
            table(folder / f"T_MCO{year}{letter}.csv", usual, rows)


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, reading.ReadReport]:
    place = tmp_path_factory.mktemp("claims")
    write_claims(place / "files")
    return place / "store", read(place / "files", place / "store")


def test_claims_every_filter_counts_its_rows(claims: tuple[Path, reading.ReadReport]) -> None:
    report = claims[1]
    assert report.kind == "snds"
    assert not report.rejected
    assert report.filtered["DPN_QLF"] == 3
    assert report.filtered["ETE_IND_TAA"] == 1
    assert report.filtered["IMB_ETM_NAT"] == 1
    assert report.filtered["SEJ_TYP"] == report.filtered["GHM90"] == 1
    assert report.filtered["CHAIN_ERROR"] == report.filtered["UNCHAINED"] == 1
    assert report.filtered["FINESS_TWICE"] == 2  # its stay and its chaining, of 2018 only
    assert report.filtered["CANCELLED"] == 2


def test_claims_1600_is_no_day(claims: tuple[Path, reading.ReadReport]) -> None:
    store = claims[0]
    died = [row["died_on"] for row in rows_of(store, "person") if row["died_on"]]
    assert died == [date(2020, 12, 31)]
    assert all(row["ends_on"] is None for row in rows_of(store, "long_term"))
    assert min(row["entered_on"] for row in rows_of(store, "stay")) == date(2018, 3, 1)


def test_claims_to_the_prevalence(claims: tuple[Path, reading.ReadReport]) -> None:
    """Diabetes. 2018: 3 and 16 (right), 7 and 14 (stay). 2019: the same, and 6 (a stay of 2019).
    2020: 3, 16 (died on its last day), 6. 2021: 3 (right), 1 and 11 (deliveries)."""
    found = measure(claims[0], (2018, 2019, 2020, 2021))
    counts = {year: found["prevalence-diabetes", year][0] for year in range(2018, 2022)}
    assert counts == {2018: 4, 2019: 5, 2020: 3, 2021: 3}
    assert found["prevalence-diabetes", 2021][2] == {"59249"}
    assert found["prevalence-diabetes", 2018][2] == {"59249", "59606"}
    # Of those three, 1 alone saw a general practitioner.
    assert found["gap-gp-year-diabetes", 2021][:2] == (2, 3.0)
    # Person 1: 3 packs of 30 days from 10 January (356 days): 90 covered. Person 11: 90 + 30.
    assert found["adherence-antidiabetics", 2021][:2] == (0, 2.0)


# Files of a hospital.


def write_hospital(folder: Path) -> None:
    """Seven patients, in 2022 but for the last stay; exits and returns counted in the test."""
    folder.mkdir()
    chain = "NAS;IPP"
    whose = {1: "A", 2: "A", 3: "A", 4: "B", 5: "B", 6: "C", 7: "D", 8: "D", 9: "E", 10: "E",
             11: "F", 12: "F", 13: "G", 14: "A"}  # fmt: skip
    lines = [
        # A: two units of one stay, back after 7 days; a session; back after 31 days.
        rum(1, 1, "01022022", "03022022", exit="6", main="J189", urgency="5"),
        rum(1, 2, "03022022", "10022022", entry="6", main="I500", das=["E119", "N189"]),
        rum(2, 1, "17022022", "20022022", urgency="5"),
        rum(3, 1, "25022022", "25022022", group="28Z04Z", main="Z491", sessions="01"),
        rum(14, 1, "23032022", "25032022", main="J189"),
        # B: out and in again on the same day: one episode.
        rum(4, 1, "01032022", "05032022", exit="7"),
        rum(5, 1, "05032022", "09032022", entry="7"),
        # C: died in hospital.
        rum(6, 1, "01042022", "05042022", exit="9"),
        # D: an error of grouping between two stays at 30 days.
        rum(7, 1, "01052022", "05052022"),
        rum(8, 1, "04062022", "06062022", group="90Z00Z"),
        # E: reversed days are rejected; the other stay is alone.
        rum(9, 1, "10062022", "05062022"),
        rum(10, 1, "01062022", "05062022", main="I509"),
        # F: two stays that overlap, told by two summaries.
        rum(11, 1, "01072022", "20072022"),
        rum(12, 1, "05072022", "08072022", main="J189"),
        # G: the end of the data, so that delays of 2022 are seen.
        rum(13, 1, "01032023", "05032023", main="J189"),
        rum(99, 1, "01082022", "05082022"),
    ]
    (folder / "rss-2022.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    (folder / "sejours.csv").write_text(
        "\n".join([chain, *(f"NAS{stay:07d};{who}" for stay, who in whose.items())]) + "\n"
    )
    (folder / "patients.csv").write_text(
        "\n".join(
            [
                "IPP;NAISSANCE;SEXE;COMMUNE;DECES",
                *(f"{who};01/03/1950;1;59249;" for who in "ABDEFG"),
                "C;01/03/1950;1;59606;05/04/2022",
            ]
        )
        + "\n"
    )


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, reading.ReadReport]:
    place = tmp_path_factory.mktemp("hospital")
    write_hospital(place / "files")
    return place / "store", read(place / "files", place / "store")


def test_hospital_rows_are_kept_set_aside_or_rejected(
    hospital: tuple[Path, reading.ReadReport],
) -> None:
    store, report = hospital
    assert report.kind == "pmsi"
    assert report.rejected == {"sortie avant l'entrée": 1}
    assert report.filtered == {"GHM90": 1, "UNCHAINED": 1}
    assert len(rows_of(store, "stay")) == 12
    (first,) = [row for row in rows_of(store, "stay") if row["entered_on"] == date(2022, 2, 1)]
    assert (first["left_on"], first["main"], first["exit"]) == (date(2022, 2, 10), "I500", "HOME")
    assert first["from_emergency"]


def test_hospital_to_readmissions(hospital: tuple[Path, reading.ReadReport]) -> None:
    """Episodes that left in 2022. A: 10 February (back on the 17th, day 7), 20 February (back on
    23 March, day 31), 25 March. B: 9 March. C died. D: 5 May (the stay in error does not count).
    E: 5 June. F: 20 July. Seven are followed, one came back, within seven days."""
    found = measure(hospital[0], (2022,))
    assert found["readmission-30", 2022][:2] == (1, 7.0)
    assert found["readmission-7", 2022][:2] == (1, 7.0)
    # Acute heart failure: A, B, C, D, E, F.
    assert found["prevalence-heart-failure-acute", 2022][0] == 6
    assert found["prevalence-heart-failure-acute", 2022][2] == {"59249", "59606"}
    # Stays for it: two of A, one of B (the other is a transfer in), C, D, E, F.
    assert found["avoidable-heart-failure", 2022][0] == 7
    # Diabetes: E119 beside heart failure is no diabetes of the cohort.
    assert ("prevalence-diabetes", 2022) not in found or found["prevalence-diabetes", 2022][0] == 0


def test_hospital_report_can_be_read(hospital: tuple[Path, reading.ReadReport]) -> None:
    report = assess(hospital[0], today=TODAY, report=hospital[1]).as_dict()
    verdicts = {one["verdict"] for one in report["findings"]}
    assert verdicts <= {"OK", "WARNING", "BLOCKING"}
    assert all(one["sentence"] for one in report["findings"])
