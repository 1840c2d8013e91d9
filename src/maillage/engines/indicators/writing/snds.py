"""A store as national tables (SNDS), under their national names.

Lost: the day of birth (the month is kept), former residences, hours, emergency visits and
care in hospital without a stay, units of associated diagnoses, days of treatment, discharges
against advice. Codes of drugs are invented, one for each ATC class, as are identifiers.
"""

from __future__ import annotations

from pathlib import Path

from maillage.engines.indicators.writing.opening import Source, start

_KEY = """
  CAST(n AS VARCHAR) AS DCT_ORD_NUM, strftime(done_on + 60, '%Y-%m-%d') AS FLX_DIS_DTD,
  '1' AS FLX_EMT_NUM, '1' AS FLX_EMT_ORD, '1' AS FLX_EMT_TYP,
  strftime(done_on + 30, '%Y-%m-%d') AS FLX_TRT_DTD, '01C000000' AS ORG_CLE_NUM,
  '1' AS PRS_ORD_NUM, '0' AS REM_TYP_AFF
"""

_PSA = "'P' || printf('%016d', person)"
_ENTRY = (
    "CASE entry WHEN 'TRANSFER' THEN '7' WHEN 'MOVE' THEN '6' WHEN 'BIRTH' THEN 'N' "
    "WHEN 'HOME' THEN '8' ELSE '' END"
)
_EXIT = (
    "CASE \"exit\" WHEN 'TRANSFER' THEN '7' WHEN 'MOVE' THEN '6' WHEN 'DEATH' THEN '9' "
    "WHEN 'HOME' THEN '8' WHEN 'AGAINST_ADVICE' THEN '8' ELSE '' END"
)


def write_snds(folder: Path, out: Path) -> dict[str, int]:
    """Write a store as CSV files of national tables; the rows of each. Raises ``Invalid`` when the
    folder is not a store."""
    with Source(folder) as source:
        _select(source)
        start(out)
        written = {}
        for name, sql in _CITY.items():
            written[name] = source.write_csv(out / f"{name}.csv", sql)
        years = [
            row[0] for row in source.rows("SELECT DISTINCT year(left_on) FROM mine ORDER BY 1")
        ]
        for year in years:
            for name, sql in _HOSPITAL.items():
                file = f"T_MCO{year % 100:02d}{name}"
                amount = "MT_TOT_AM" if year >= 2022 else "MNT_TOT_AM"
                query = sql.format(year=year, amount=amount)
                written[file] = source.write_csv(out / f"{file}.csv", query)
    return written


def _select(source: Source) -> None:
    source.run(
        "CREATE TABLE mine AS SELECT *, row_number() OVER ("
        "PARTITION BY organization, year(left_on) ORDER BY stay) AS rsa "
        "FROM stay WHERE main <> ''"
    )
    source.run(
        """
        CREATE TABLE care AS
        SELECT *, row_number() OVER (ORDER BY done_on, person, what, code) AS n FROM (
          SELECT person, dispensed_on AS done_on, 'PHA' AS what, atc AS code, packs, large,
                 '' AS specialty FROM dispensing
          UNION ALL SELECT person, done_on, CASE system WHEN 'NABM' THEN 'BIO' ELSE 'CAM' END,
                 code, 1, false, '' FROM "procedure" WHERE stay IS NULL
          UNION ALL SELECT person, visited_on, kind, '', 1, false, specialty FROM visit
            WHERE kind IN ('GP', 'SPECIALIST', 'NURSE'))
        """
    )
    source.run(
        "CREATE TABLE pack AS SELECT atc, large, printf('34009%08d', "
        "row_number() OVER (ORDER BY atc, large)) AS cip "
        "FROM (SELECT DISTINCT atc, large FROM dispensing)"
    )
    source.run("CREATE TABLE specialty_code (specialty VARCHAR, code VARCHAR)")
    from maillage.engines.indicators.reading.layouts import read_codes

    seen = set()
    for row in read_codes("snds-visits.csv"):
        if row["column"] == "PSE_SPE_COD" and row["specialty"] not in seen:
            seen.add(row["specialty"])
            source.run("INSERT INTO specialty_code VALUES (?, ?)", row["specialty"], row["value"])


_CITY = {
    "IR_BEN_R": f"""
      SELECT {_PSA} AS BEN_NIR_PSA, '1' AS BEN_RNG_GEM, printf('%017d', person) AS BEN_IDT_ANO,
             year(born_on) AS BEN_NAI_ANN, printf('%02d', month(born_on)) AS BEN_NAI_MOI,
             sex AS BEN_SEX_COD,
             coalesce(strftime(died_on, '%Y-%m-%d'), '1600-01-01') AS BEN_DCD_DTE,
             CASE WHEN c LIKE '97%' THEN left(c, 3) WHEN c <> '' THEN '0' || left(c, 2) ELSE '' END
               AS BEN_RES_DPT,
             CASE WHEN c <> '' THEN right(c, 3) ELSE '' END AS BEN_RES_COM
      FROM (SELECT p.*, coalesce((SELECT arg_max(r.commune, r.starts_on) FROM residence r
              WHERE r.person = p.person), '') AS c FROM person p) ORDER BY person""",
    "IR_IMB_R": f"""
      SELECT {_PSA} AS BEN_NIR_PSA, '1' AS BEN_RNG_GEM,
             strftime(starts_on, '%Y-%m-%d') AS IMB_ALD_DTD,
             coalesce(strftime(ends_on - 1, '%Y-%m-%d'), '1600-01-01') AS IMB_ALD_DTF,
             '41' AS IMB_ETM_NAT, code AS MED_MTF_COD FROM long_term ORDER BY person, code""",
    "IR_PHA_R": """
      SELECT cip AS PHA_CIP_C13, atc AS PHA_ATC_CLA, CASE WHEN large THEN 'GC' ELSE 'NC' END
        AS PHA_CND_TOP FROM pack ORDER BY cip""",
    "ER_PRS_F": f"""
      SELECT {_PSA} AS BEN_NIR_PSA, '1' AS BEN_RNG_GEM,
             strftime(done_on, '%Y-%m-%d') AS EXE_SOI_DTD, '0' AS DPN_QLF, '0' AS PRS_DPN_QLP,
             CASE what WHEN 'GP' THEN '1111' WHEN 'SPECIALIST' THEN '1112' WHEN 'NURSE' THEN '3125'
                       ELSE '3313' END AS PRS_NAT_REF,
             CASE WHEN what = 'GP' THEN '1'
                  WHEN what = 'SPECIALIST' THEN coalesce(s.code, '99') ELSE '0' END AS PSE_SPE_COD,
             CASE what WHEN 'NURSE' THEN '24' ELSE '0' END AS PSE_ACT_NAT, {_KEY}
      FROM care c LEFT JOIN specialty_code s ON s.specialty = c.specialty ORDER BY n""",
    "ER_PHA_F": f"""
      SELECT p.cip AS PHA_PRS_C13, packs AS PHA_ACT_QSN, {_KEY}
      FROM care c JOIN pack p ON p.atc = c.code AND p.large = c.large
      WHERE what = 'PHA' ORDER BY n""",
    "ER_BIO_F": f"SELECT code AS BIO_PRS_IDE, {_KEY} FROM care WHERE what = 'BIO' ORDER BY n",
    "ER_CAM_F": f"SELECT code AS CAM_PRS_IDE, {_KEY} FROM care WHERE what = 'CAM' ORDER BY n",
}

_OF_YEAR = "WHERE year(m.left_on) = {year}"
_RSA = "m.organization AS ETA_NUM, printf('%010d', m.rsa) AS RSA_NUM"
_HOSPITAL = {
    "B": f"""
      SELECT {_RSA}, "group" AS GRG_GHM, {_ENTRY} AS ENT_MOD,
             CASE WHEN from_emergency THEN '5' ELSE '' END AS ENT_PRV, {_EXIT} AS SOR_MOD,
             main AS DGN_PAL, related AS DGN_REL, left_on - entered_on AS SEJ_NBJ,
             '' AS SEJ_TYP, sessions AS NBR_SEA, printf('%02d', month(left_on)) AS SOR_MOI,
             year(left_on) AS SOR_ANN
      FROM mine m {_OF_YEAR} ORDER BY stay""",
    "C": f"""
      SELECT {_RSA}, {_PSA} AS NIR_ANO_17, '0' AS NIR_RET, '0' AS NAI_RET, '0' AS SEX_RET,
             '0' AS SEJ_RET, '0' AS FHO_RET, '0' AS PMS_RET, '0' AS DAT_RET, '0' AS COH_NAI_RET,
             '0' AS COH_SEX_RET, '1' AS RNG_NAI,
             upper(strftime(entered_on, '%d%b%Y')) || ':00:00:00' AS EXE_SOI_DTD,
             upper(strftime(left_on, '%d%b%Y')) || ':00:00:00' AS EXE_SOI_DTF
      FROM mine m {_OF_YEAR} ORDER BY stay""",
    "D": f"""
      SELECT {_RSA}, d.code AS ASS_DGN FROM mine m JOIN diagnosis d USING (stay)
      {_OF_YEAR} AND d.role = 'ASSOCIATED' ORDER BY stay, d.code""",
    "A": f"""
      SELECT {_RSA}, p.code AS CDC_ACT, p.done_on - m.entered_on AS ENT_DAT_DEL
      FROM mine m JOIN "procedure" p ON p.stay = m.stay AND p.system = 'CCAM'
      {_OF_YEAR} ORDER BY m.stay, p.code""",
    "VALO": f"""
      SELECT {_RSA}, '1' AS VALO, cost AS {{amount}} FROM mine m
      {_OF_YEAR} AND cost IS NOT NULL ORDER BY stay""",
    "UM": f"""
      SELECT {_RSA}, coalesce(u.unit, 1) AS UM_ORD_NUM, coalesce(u.main, m.main) AS DGN_PAL,
             coalesce(u.related, CASE WHEN u.main IS NULL THEN m.related END, '') AS DGN_REL,
             m.site AS ETA_NUM_GEO
      FROM mine m LEFT JOIN (
        SELECT stay, unit, max(CASE WHEN role = 'UNIT_MAIN' THEN code END) AS main,
               max(CASE WHEN role = 'UNIT_RELATED' THEN code END) AS related
        FROM diagnosis WHERE unit > 0 AND role <> 'ASSOCIATED' GROUP BY stay, unit) u USING (stay)
      {_OF_YEAR} ORDER BY stay, UM_ORD_NUM""",
}
