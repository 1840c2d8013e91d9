"""Hospital stays of the national claims: the tables T_MCOaaB, C, D, A and UM."""

from __future__ import annotations

import re
from pathlib import Path

from maillage.engines.indicators.reading import layouts, numbering
from maillage.engines.indicators.reading.pmsi_rss import ENTRY, EXIT
from maillage.engines.indicators.reading.staging import Check, Stage

_RETURNS = (
    "NIR_RET", "NAI_RET", "SEX_RET", "SEJ_RET", "FHO_RET", "PMS_RET", "DAT_RET", "COH_NAI_RET",
    "COH_SEX_RET",
)  # fmt: skip
COLUMNS = {
    "B": "ETA_NUM RSA_NUM GRG_GHM ENT_MOD SOR_MOD DGN_PAL DGN_REL SEJ_NBJ SOR_MOI SOR_ANN",
    "C": "ETA_NUM RSA_NUM NIR_ANO_17",
    "D": "ETA_NUM RSA_NUM ASS_DGN",
    "A": "ETA_NUM RSA_NUM CDC_ACT ENT_DAT_DEL",
    "UM": "ETA_NUM RSA_NUM UM_ORD_NUM DGN_PAL DGN_REL",
    "VALO": "ETA_NUM RSA_NUM VALO",
}
_OPTIONAL = {
    "B": "ENT_PRV SEJ_TYP NBR_SEA BDI_COD COD_SEX AGE_ANN",
    "C": f"{' '.join(_RETURNS)} RNG_NAI EXE_SOI_DTD EXE_SOI_DTF ENT_DAT SOR_DAT",
    "UM": "ETA_NUM_GEO",
    "VALO": "MNT_TOT_AM MT_TOT_AM",
}
_LAST_YEAR_TWICE = 2018
_JOIN = "s.year = t.year AND s.ETA_NUM = t.ETA_NUM AND s.RSA_NUM = as_key(t.RSA_NUM)"


def read(stage: Stage, groups: dict[str, list[Path]]) -> None:
    """Fill the tables of stays, diagnoses and procedures."""
    from maillage.engines.indicators.reading.snds import load

    for name, columns in COLUMNS.items():
        load(
            stage, f"T_MCO{name}", groups.get(f"T_MCO{name}", []), columns, _OPTIONAL.get(name, "")
        )
        _add_year(stage, f"raw_T_MCO{name}")
    stage.run("CREATE TABLE finess_twice (finess VARCHAR)")
    for row in layouts.read_codes("finess-twice.csv"):
        stage.run("INSERT INTO finess_twice VALUES (?)", row["finess"])
    stage.step("Contrôle : chaînage des séjours")
    _judge_chaining(stage)
    stage.step("Contrôle : séjours")
    _judge_stays(stage)
    stage.step("Contrôle : diagnostics et actes")
    _judge_parts(stage)
    stage.step("Contrôle : valorisation")
    _judge_amounts(stage)
    _build(stage)


def _add_year(stage: Stage, table: str) -> None:
    """The year is in the name of the file, not in its rows."""
    stage.run(f"ALTER TABLE {table} ADD COLUMN year SMALLINT")
    for source in stage.inputs:
        match = re.match(r"T_MCO(\d{4}|\d{2})", source.path.stem.upper())
        year = int(match[1]) % 2000 + 2000 if match else 0
        stage.run(f"UPDATE {table} SET year = ? WHERE file = ?", year, source.number)


def _judge_chaining(stage: Stage) -> None:
    from maillage.engines.indicators.reading.snds import blank, text_of

    errors = " OR ".join(f"as_key({name}) NOT IN ('0', '')" for name in _RETURNS)
    source = """
      SELECT t.*, coalesce(r.key, CASE WHEN p.people = 1 THEN p.key END) AS key, p.people
      FROM raw_T_MCOC t
      LEFT JOIN person_of_psa p ON p.psa = t.NIR_ANO_17
      LEFT JOIN person_of r ON r.psa = t.NIR_ANO_17 AND r.rank = as_key(t.RNG_NAI)
        AND p.people > 1
    """
    stage.judge(
        "mco_c",
        source,
        [
            blank(COLUMNS["C"]),
            Check("ETA_NUM IN (SELECT finess FROM finess_twice) "
                  f"AND year BETWEEN 1 AND {_LAST_YEAR_TWICE}", rule="FINESS_TWICE"),
            Check(errors, rule="CHAIN_ERROR"),
            Check("people > 1 AND key IS NULL", rule="CHAIN_CONFLICT"),
            Check("key IS NULL", reason="personne inconnue", column="NIR_ANO_17"),
        ],
        text=text_of(COLUMNS["C"]),
        once="year, ETA_NUM, as_key(RSA_NUM)",
    )  # fmt: skip
    stage.keep("mco_c")


def _judge_stays(stage: Stage) -> None:
    from maillage.engines.indicators.reading.snds import blank, text_of

    source = """
      SELECT t.* EXCLUDE (RSA_NUM), as_key(t.RSA_NUM) AS RSA_NUM, s.key,
             concat_ws('|', t.year, t.ETA_NUM, as_key(t.RSA_NUM)) AS stay_key,
             as_code(DGN_PAL) AS main, as_code(DGN_REL) AS related,
             coalesce(as_day(EXE_SOI_DTF), as_day(SOR_DAT),
               as_day(SOR_ANN || lpad(SOR_MOI, 2, '0') || '15')) AS left_on,
             coalesce(as_day(EXE_SOI_DTD), as_day(ENT_DAT), coalesce(as_day(EXE_SOI_DTF),
               as_day(SOR_DAT), as_day(SOR_ANN || lpad(SOR_MOI, 2, '0') || '15'))
                 - try_cast(SEJ_NBJ AS INTEGER)) AS entered_on
      FROM raw_T_MCOB t LEFT JOIN (SELECT * EXCLUDE (file, row, RSA_NUM),
        as_key(RSA_NUM) AS RSA_NUM FROM mco_c) s
        ON s.year = t.year AND s.ETA_NUM = t.ETA_NUM AND s.RSA_NUM = as_key(t.RSA_NUM)
    """
    stage.judge(
        "mco_b",
        source,
        [
            blank(COLUMNS["B"]),
            Check("ETA_NUM IN (SELECT finess FROM finess_twice) "
                  f"AND year BETWEEN 1 AND {_LAST_YEAR_TWICE}", rule="FINESS_TWICE"),
            Check("GRG_GHM LIKE '90%'", rule="GHM90"),
            Check("SEJ_TYP = 'B'", rule="SEJ_TYP"),
            Check("key IS NULL", rule="UNCHAINED"),
            Check("left_on IS NULL OR entered_on IS NULL OR year(left_on) = 1600 "
                  "OR year(entered_on) = 1600", reason="date illisible", column="SOR_ANN"),
            Check("left_on < entered_on", reason="sortie avant l'entrée", column="SOR_ANN"),
            Check("NOT is_icd(main)", reason="code mal formé", column="DGN_PAL"),
            Check("related <> '' AND NOT is_icd(related)", reason="code mal formé",
                  column="DGN_REL"),
        ],
        text=text_of(COLUMNS["B"]),
        once="stay_key",
    )  # fmt: skip
    stage.keep("mco_b")


def _judge_parts(stage: Stage) -> None:
    from maillage.engines.indicators.reading.snds import blank, text_of

    stage.run("CREATE TABLE all_stays AS SELECT DISTINCT year, ETA_NUM, as_key(RSA_NUM) AS RSA_NUM "
              "FROM raw_T_MCOB")  # fmt: skip
    checks = {
        "D": [Check("NOT is_icd(as_code(ASS_DGN))", reason="code mal formé", column="ASS_DGN")],
        "A": [Check("length(trim(CDC_ACT)) < 7", reason="code mal formé", column="CDC_ACT")],
        "UM": [Check("try_cast(UM_ORD_NUM AS SMALLINT) IS NULL", reason="nombre illisible",
                     column="UM_ORD_NUM")],
    }  # fmt: skip
    for name, own in checks.items():
        stage.judge(
            f"mco_{name.lower()}",
            f"SELECT t.*, s.stay_key, s.key, s.entered_on, a.RSA_NUM AS known "
            f"FROM raw_T_MCO{name} t LEFT JOIN mco_b s ON {_JOIN} "
            "LEFT JOIN all_stays a ON a.year = t.year AND a.ETA_NUM = t.ETA_NUM "
            "AND a.RSA_NUM = as_key(t.RSA_NUM)",
            [
                blank(COLUMNS[name]),
                Check("known IS NULL", reason="séjour inconnu", column="RSA_NUM"),
                Check("stay_key IS NULL", rule="PARENT"),
                *own,
            ],
            text=text_of(COLUMNS[name]),
        )
        stage.keep(f"mco_{name.lower()}")


def _judge_amounts(stage: Stage) -> None:
    """Amounts of ``T_MCOaaVALO``: what the national insurance pays for a stay of a public hospital,
    groups and supplements (``MNT_TOT_AM``, named ``MT_TOT_AM`` from 2022 on). Stays that are not
    valued (``VALO`` 0 or missing) have none. Source: documentation of the SNDS, Health Data Hub."""
    from maillage.engines.indicators.reading.snds import blank, text_of

    said = "coalesce(nullif(MNT_TOT_AM, ''), MT_TOT_AM)"
    stage.judge(
        "mco_valo",
        f"SELECT t.*, s.stay_key, as_amount({said}) AS amount, a.RSA_NUM AS known "
        f"FROM raw_T_MCOVALO t LEFT JOIN mco_b s ON {_JOIN} "
        "LEFT JOIN all_stays a ON a.year = t.year AND a.ETA_NUM = t.ETA_NUM "
        "AND a.RSA_NUM = as_key(t.RSA_NUM)",
        [
            blank(COLUMNS["VALO"]),
            Check("known IS NULL", reason="séjour inconnu", column="RSA_NUM"),
            Check("stay_key IS NULL", rule="PARENT"),
            Check("as_key(VALO) IN ('', '0')", rule="NOT_VALUED"),
            Check("amount IS NULL", reason="montant illisible", column="MNT_TOT_AM"),
            Check("amount < 0", reason="montant négatif", column="MNT_TOT_AM"),
        ],
        text=text_of(COLUMNS["VALO"]),
        once="stay_key",
    )
    stage.keep("mco_valo")


def _build(stage: Stage) -> None:
    numbering.add(
        stage,
        "stay",
        f"""(
        SELECT b.stay_key, b.key, coalesce(u.site, '') AS site, b.ETA_NUM AS organization,
               b.entered_on, b.left_on, {ENTRY.format("ENT_MOD")} AS entry,
               ENT_PRV IN ('5', 'U', 'V') AS from_emergency, {EXIT.format("SOR_MOD")} AS "exit",
               b.main, b.related, GRG_GHM AS "group",
               coalesce(try_cast(NBR_SEA AS SMALLINT), 0) AS sessions, v.amount AS cost
        FROM mco_b b LEFT JOIN (SELECT stay_key, amount FROM mco_valo) v USING (stay_key)
        LEFT JOIN (
          SELECT stay_key, arg_min(ETA_NUM_GEO, try_cast(UM_ORD_NUM AS SMALLINT)) AS site
          FROM mco_um GROUP BY stay_key) u USING (stay_key))""",
    )
    numbering.add(
        stage,
        "diagnosis",
        "(SELECT stay_key, as_code(ASS_DGN) AS code, 'ASSOCIATED' AS role, 0 AS unit FROM mco_d)",
    )
    for column, role in (("DGN_PAL", "UNIT_MAIN"), ("DGN_REL", "UNIT_RELATED")):
        numbering.add(
            stage,
            "diagnosis",
            f"(SELECT stay_key, as_code({column}) AS code, '{role}' AS role, "
            f"CAST(UM_ORD_NUM AS SMALLINT) AS unit FROM mco_um WHERE is_icd(as_code({column})))",
        )
    numbering.add(
        stage,
        "procedure",
        "(SELECT key, stay_key, 'CCAM' AS system, upper(substr(CDC_ACT, 1, 7)) AS code, "
        "entered_on + coalesce(try_cast(ENT_DAT_DEL AS INTEGER), 0) AS done_on FROM mco_a)",
    )
