"""Tables of the national claims (SNDS), under their national names: beneficiaries and long-term
conditions, city care (DCIR), hospital stays (PMSI MCO).

The filters are those of the guides: each row that one sets aside is counted under its name.
``IR_PHA_R`` is needed to know the class of a drug; ``ER_ETE_F``, ``ER_BIO_F`` and ``ER_CAM_F`` are
read when they are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from maillage.engines.indicators.reading import layouts, numbering, snds_hospital
from maillage.engines.indicators.reading.staging import Check, Stage
from maillage.engines.indicators.store import EventWriter
from maillage.vocabulary.errors import Invalid

_CITY = ("IR_BEN_R", "IR_IMB_R", "IR_PHA_R", "ER_PRS_F", "ER_PHA_F", "ER_ETE_F", "ER_BIO_F",
         "ER_CAM_F")  # fmt: skip

KEY = (
    "DCT_ORD_NUM", "FLX_DIS_DTD", "FLX_EMT_NUM", "FLX_EMT_ORD", "FLX_EMT_TYP", "FLX_TRT_DTD",
    "ORG_CLE_NUM", "PRS_ORD_NUM", "REM_TYP_AFF",
)  # fmt: skip
"""The nine columns that join the tables of the DCIR."""

_DAYS = {"FLX_DIS_DTD", "FLX_TRT_DTD"}


def table_of(path: Path) -> str:
    """The national table that a file holds: « ER_PRS_F », « T_MCOB » ..., or ''."""
    if path.suffix.lower() not in (".csv", ".txt", ".parquet", ".pq"):
        return ""
    name = path.stem.upper()
    if match := re.match(r"T_MCO(?:AA|\d{2}|\d{4})_?(UM|VALO|[ABCD])(?![A-Z])", name):
        return f"T_MCO{match[1]}"
    return next((one for one in _CITY if name.startswith(one)), "")


def is_of_this_kind(paths: Iterable[Path]) -> bool:
    """True when the beneficiaries are there."""
    return any(table_of(path) == "IR_BEN_R" for path in paths)


def read(stage: Stage, paths: list[Path], writer: EventWriter) -> list[Path]:
    """Read all tables. Returns the files that were not read."""
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(table_of(path), []).append(path)
    if "IR_BEN_R" not in groups:
        raise Invalid("population.snds", "Il manque le référentiel des bénéficiaires (IR_BEN_R).")
    if groups.get("ER_PHA_F") and not groups.get("IR_PHA_R"):
        raise Invalid(
            "population.snds",
            "Il manque le référentiel des médicaments (IR_PHA_R), qui dit la classe ATC de "
            "chaque code CIP.",
        )
    stage.plan(len(paths) + 26)
    numbering.prepare(stage)
    _read_people(stage, groups)
    _read_long_term(stage, groups)
    _read_care(stage, groups)
    _read_drugs(stage, groups)
    _read_acts(stage, groups)
    snds_hospital.read(stage, groups)
    numbering.finish(stage, writer)
    return groups.get("", [])


def load(stage: Stage, table: str, paths: list[Path], columns: str, optional: str = "") -> None:
    """Load a national table into ``raw_<table>``, its columns under their own names."""
    fields = {one: [f"!{one}"] for one in columns.split()}
    fields |= {one: [one] for one in optional.split()}
    stage.load(f"raw_{table}", paths, table, fields)


def text_of(columns: str) -> str:
    """The SQL of what is kept of a rejected row."""
    return f"concat_ws(';', {', '.join(columns.split())})"


def blank(columns: str) -> Check:
    """The check of empty lines."""
    return Check(f"concat({', '.join(columns.split())}) = ''", rule="EMPTY")


_BEN = (
    "BEN_NIR_PSA BEN_RNG_GEM BEN_NAI_ANN BEN_NAI_MOI BEN_SEX_COD BEN_DCD_DTE BEN_RES_DPT "
    "BEN_RES_COM"
)


def _read_people(stage: Stage, groups: dict[str, list[Path]]) -> None:
    load(stage, "IR_BEN_R", groups["IR_BEN_R"], _BEN, "BEN_IDT_ANO BEN_DCD_AME")
    stage.step("Contrôle : bénéficiaires")
    source = """
      SELECT *, as_key(BEN_RNG_GEM) AS rank,
             coalesce(nullif(BEN_IDT_ANO, ''), BEN_NIR_PSA || '|' || as_key(BEN_RNG_GEM)) AS key,
             try_cast(substr(BEN_NAI_ANN, 1, 4) AS INTEGER) AS year_born,
             coalesce(try_cast(BEN_NAI_MOI AS INTEGER), 0) AS month_born,
             try_cast(BEN_SEX_COD AS TINYINT) AS sex,
             coalesce(real_day(as_day(BEN_DCD_DTE)),
               CASE WHEN length(BEN_DCD_AME) = 6
                    THEN real_day(as_day(BEN_DCD_AME || '15')) END) AS died_on
      FROM raw_IR_BEN_R
    """
    stage.judge(
        "ben",
        source,
        [
            blank(_BEN),
            Check("BEN_NIR_PSA = ''", reason="identifiant absent", column="BEN_NIR_PSA"),
            Check("sex IS NULL OR sex NOT IN (1, 2)", reason="sexe inconnu", column="BEN_SEX_COD"),
            Check("year_born IS NULL OR year_born NOT BETWEEN 1850 AND 2150",
                  reason="année de naissance impossible", column="BEN_NAI_ANN"),
            Check("BEN_DCD_DTE <> '' AND as_day(BEN_DCD_DTE) IS NULL", reason="date illisible",
                  column="BEN_DCD_DTE"),
            Check("year(died_on) < year_born", reason="décès avant la naissance",
                  column="BEN_DCD_DTE"),
        ],
        text=text_of(_BEN),
        once="BEN_NIR_PSA, rank",
    )  # fmt: skip
    stage.keep("ben")
    numbering.add(
        stage,
        "person",
        "(SELECT key, min(make_date(year_born, CASE WHEN month_born BETWEEN 1 AND 12 "
        "THEN month_born ELSE 6 END, 15)) AS born_on, min(sex) AS sex, max(died_on) AS died_on "
        "FROM ben GROUP BY key)",
    )
    _place_people(stage)


def _place_people(stage: Stage) -> None:
    # Departments have three characters (059, 02A, 971), communes three: those overseas repeat the
    # last digit of their department.
    numbering.add(
        stage,
        "residence",
        """(
        SELECT p.key, coalesce(max(CASE WHEN is_commune(b.commune) THEN b.commune END), '')
                 AS commune, any_value(p.born_on) AS starts_on, NULL AS ends_on
        FROM e_person p LEFT JOIN (
          SELECT key, CASE WHEN BEN_RES_DPT LIKE '97%' THEN '97' || lpad(BEN_RES_COM, 3, '0')
                           ELSE right(lpad(BEN_RES_DPT, 3, '0'), 2) || lpad(BEN_RES_COM, 3, '0')
                      END AS commune
          FROM ben WHERE BEN_RES_DPT <> '' AND BEN_RES_COM <> '') b USING (key)
        GROUP BY p.key)""",
    )
    stage.run(
        "CREATE TABLE person_of AS SELECT BEN_NIR_PSA AS psa, rank, any_value(key) AS key "
        "FROM ben GROUP BY ALL"
    )
    stage.run(
        "CREATE TABLE person_of_psa AS SELECT psa, min(key) AS key, count(DISTINCT key) AS people "
        "FROM person_of GROUP BY psa"
    )


_IMB = "BEN_NIR_PSA BEN_RNG_GEM IMB_ALD_DTD IMB_ALD_DTF IMB_ETM_NAT MED_MTF_COD"


def _read_long_term(stage: Stage, groups: dict[str, list[Path]]) -> None:
    load(stage, "IR_IMB_R", groups.get("IR_IMB_R", []), _IMB)
    stage.step("Contrôle : affections de longue durée")
    source = """
      SELECT i.*, p.key, real_day(as_day(IMB_ALD_DTD)) AS starts_on, as_code(MED_MTF_COD) AS code,
             real_day(as_day(IMB_ALD_DTF)) + 1 AS ends_on
      FROM raw_IR_IMB_R i
      LEFT JOIN person_of p ON p.psa = BEN_NIR_PSA AND p.rank = as_key(BEN_RNG_GEM)
    """
    stage.judge(
        "imb",
        source,
        [
            blank(_IMB),
            Check("as_key(IMB_ETM_NAT) NOT IN ('41', '43', '45')", rule="IMB_ETM_NAT"),
            Check("key IS NULL", reason="personne inconnue", column="BEN_NIR_PSA"),
            Check("starts_on IS NULL", reason="date illisible", column="IMB_ALD_DTD"),
            Check("IMB_ALD_DTF <> '' AND as_day(IMB_ALD_DTF) IS NULL", reason="date illisible",
                  column="IMB_ALD_DTF"),
            Check("ends_on <= starts_on", reason="fin avant le début", column="IMB_ALD_DTF"),
            Check("NOT is_icd(code)", reason="code mal formé", column="MED_MTF_COD"),
        ],
        text=text_of(_IMB),
    )  # fmt: skip
    stage.keep("imb")
    numbering.add(stage, "long_term", "(SELECT DISTINCT key, code, starts_on, ends_on FROM imb)")


def join_key(prefix: str = "") -> str:
    """The SQL of the nine-column key, whatever the way in which a file writes days and numbers."""
    parts = [
        f"coalesce(CAST(as_day({prefix}{one}) AS VARCHAR), {prefix}{one})"
        if one in _DAYS
        else f"as_key({prefix}{one})"
        for one in KEY
    ]
    return f"concat_ws('|', {', '.join(parts)})"


_PRS = "BEN_NIR_PSA BEN_RNG_GEM EXE_SOI_DTD DPN_QLF PRS_NAT_REF PSE_SPE_COD PSE_ACT_NAT"


def _read_care(stage: Stage, groups: dict[str, list[Path]]) -> None:
    keys = " ".join(KEY)
    load(stage, "ER_PRS_F", groups.get("ER_PRS_F", []), f"{_PRS} {keys}", "PRS_DPN_QLP ETE_IND_TAA")
    stage.load("raw_ER_ETE_F", groups.get("ER_ETE_F", []), "ER_ETE_F",
               {one: [f"!{one}"] for one in ("ETE_IND_TAA", *KEY)})  # fmt: skip
    for name in ("ER_PHA_F", "ER_BIO_F", "ER_CAM_F"):
        extra = {"ER_PHA_F": "PHA_PRS_C13 PHA_ACT_QSN", "ER_BIO_F": "BIO_PRS_IDE",
                 "ER_CAM_F": "CAM_PRS_IDE"}[name]  # fmt: skip
        load(stage, name, groups.get(name, []), f"{extra} {keys}")
        stage.run(f"ALTER TABLE raw_{name} ADD COLUMN link VARCHAR")
        stage.run(f"UPDATE raw_{name} SET link = {join_key()}")
    _make_visit_lists(stage)
    stage.step("Contrôle : prestations")
    stage.judge("ete", f"SELECT *, {join_key()} AS link FROM raw_ER_ETE_F", [], text="''")
    stage.keep("ete")
    linked = " OR ".join(
        f"p.link IN (SELECT link FROM raw_{name})" for name in ("ER_PHA_F", "ER_BIO_F", "ER_CAM_F")
    )
    source = f"""
      SELECT p.*, k.key, as_day(EXE_SOI_DTD) AS done_on,
             CASE WHEN c.nature IS NOT NULL THEN coalesce(a.kind, s.kind, 'SPECIALIST') END AS kind,
             CASE WHEN a.kind IS NULL THEN s.specialty END AS specialty,
             coalesce(e.taa, ETE_IND_TAA) AS taa, {linked} AS is_linked
      FROM (SELECT *, {join_key()} AS link FROM raw_ER_PRS_F) p
      LEFT JOIN person_of k ON k.psa = BEN_NIR_PSA AND k.rank = as_key(BEN_RNG_GEM)
      LEFT JOIN (SELECT link, max(as_key(ETE_IND_TAA)) AS taa FROM ete GROUP BY link) e
        ON e.link = p.link
      LEFT JOIN activity_kind a ON a.code = as_key(PSE_ACT_NAT)
      LEFT JOIN specialty_kind s ON s.code = as_key(PSE_SPE_COD)
      LEFT JOIN consultation c ON c.nature = as_key(PRS_NAT_REF)
    """
    stage.judge(
        "prs",
        source,
        [
            blank(_PRS),
            Check("as_key(DPN_QLF) IN ('71', '72') OR as_key(PRS_DPN_QLP) IN ('71', '72')",
                  rule="DPN_QLF"),
            Check("taa = '1'", rule="ETE_IND_TAA"),
            Check("key IS NULL", reason="personne inconnue", column="BEN_NIR_PSA"),
            Check("done_on IS NULL OR year(done_on) = 1600", reason="date illisible",
                  column="EXE_SOI_DTD"),
            Check("kind IS NULL AND NOT is_linked", rule="UNUSED"),
        ],
        text=text_of(_PRS),
        once="link",
    )  # fmt: skip
    stage.keep("prs")
    numbering.add(
        stage,
        "visit",
        "(SELECT key, kind, coalesce(specialty, '') AS specialty, done_on AS visited_on, "
        "'' AS site, '' AS outcome, '' AS main FROM prs WHERE kind IS NOT NULL)",
    )
    _check_flows(stage)


def _make_visit_lists(stage: Stage) -> None:
    for table, column in (("activity_kind", "PSE_ACT_NAT"), ("specialty_kind", "PSE_SPE_COD")):
        stage.run(f"CREATE TABLE {table} (code VARCHAR, kind VARCHAR, specialty VARCHAR)")
        for row in layouts.read_codes("snds-visits.csv"):
            if row["column"] == column:
                values = (row["value"], row["kind"], row["specialty"])
                stage.run(f"INSERT INTO {table} VALUES (?, ?, ?)", *values)
    stage.run("CREATE TABLE consultation (nature VARCHAR)")
    for row in layouts.read_codes("snds-consultations.csv"):
        stage.run("INSERT INTO consultation VALUES (?)", row["nature"])


def _check_flows(stage: Stage) -> None:
    row = stage.connection.execute(
        "SELECT max(as_day(FLX_DIS_DTD)), max(done_on) FROM prs"
    ).fetchone()
    if row is None or row[0] is None or row[1] is None:
        return
    flow, care = row
    if (flow - care).days < 150:
        stage.notes.append(
            f"Les flux s'arrêtent le {flow:%d/%m/%Y} et les soins le {care:%d/%m/%Y} : il faut "
            "cinq à six mois de flux après la période ; les derniers mois sont incomplets."
        )


def _read_drugs(stage: Stage, groups: dict[str, list[Path]]) -> None:
    load(stage, "IR_PHA_R", groups.get("IR_PHA_R", []), "PHA_CIP_C13 PHA_ATC_CLA", "PHA_CND_TOP")
    stage.step("Contrôle : médicaments")
    stage.judge(
        "drug",
        "SELECT *, as_code(PHA_ATC_CLA) AS atc, as_key(PHA_CIP_C13) AS cip FROM raw_IR_PHA_R",
        [
            blank("PHA_CIP_C13 PHA_ATC_CLA"),
            Check("NOT is_atc(atc)", rule="NO_ATC"),
        ],
        once="cip",
    )
    stage.keep("drug")
    source = """
      SELECT a.*, p.key, p.done_on, d.atc, upper(coalesce(d.PHA_CND_TOP, '')) = 'GC' AS large,
             a.link IN (SELECT link FROM all_prs) AS has_parent,
             try_cast(PHA_ACT_QSN AS INTEGER) AS quantity,
             sum(try_cast(PHA_ACT_QSN AS INTEGER))
               OVER (PARTITION BY p.key, a.PHA_PRS_C13, p.done_on) AS net
      FROM raw_ER_PHA_F a LEFT JOIN prs p ON p.link = a.link
      LEFT JOIN drug d ON d.cip = as_key(a.PHA_PRS_C13)
    """
    stage.run(f"CREATE TABLE all_prs AS SELECT DISTINCT {join_key()} AS link FROM raw_ER_PRS_F")
    stage.judge(
        "pha",
        source,
        [
            blank("PHA_PRS_C13 PHA_ACT_QSN"),
            Check("NOT has_parent", reason="prestation inconnue", column="DCT_ORD_NUM"),
            Check("key IS NULL", rule="PARENT"),
            Check("quantity IS NULL", reason="nombre illisible", column="PHA_ACT_QSN"),
            Check("atc IS NULL", rule="NO_ATC"),
            Check("net <= 0", rule="CANCELLED"),
        ],
        text=text_of(f"PHA_PRS_C13 PHA_ACT_QSN {' '.join(KEY)}"),
    )
    stage.keep("pha")
    numbering.add(
        stage,
        "dispensing",
        "(SELECT key, atc, done_on AS dispensed_on, least(sum(quantity), 32767) AS packs, "
        "0 AS days, bool_or(large) AS large FROM pha GROUP BY key, atc, done_on, PHA_PRS_C13)",
    )
    without = stage.one("SELECT count(*) FROM pha") or 0
    if without:
        stage.notes.append(
            "Le SNDS ne dit pas les jours de traitement d'une boîte : ils sont notés inconnus."
        )


def _read_acts(stage: Stage, groups: dict[str, list[Path]]) -> None:
    for name, column, system in (("ER_BIO_F", "BIO_PRS_IDE", "NABM"), ("ER_CAM_F", "CAM_PRS_IDE",
                                                                       "CCAM")):  # fmt: skip
        stage.step(f"Contrôle : {name}")
        table = name.lower()
        code = f"upper({column})" if system == "CCAM" else f"lpad(as_key({column}), 4, '0')"
        stage.judge(
            table,
            f"SELECT a.*, p.key, p.done_on, {code} AS code, "
            "a.link IN (SELECT link FROM all_prs) AS has_parent "
            f"FROM raw_{name} a LEFT JOIN prs p ON p.link = a.link",
            [
                blank(column),
                Check("NOT has_parent", reason="prestation inconnue", column="DCT_ORD_NUM"),
                Check("key IS NULL", rule="PARENT"),
                Check(f"{column} = ''", reason="code absent", column=column),
            ],
            text=text_of(f"{column} {' '.join(KEY)}"),
        )
        stage.keep(table)
        numbering.add(
            stage,
            "procedure",
            f"(SELECT key, NULL AS stay_key, '{system}' AS system, code, done_on FROM {table})",
        )
