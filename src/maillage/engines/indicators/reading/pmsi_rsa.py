"""Anonymous summaries of stays (RSA) and the file that chains and dates them (ANO)."""

from __future__ import annotations

from pathlib import Path

from maillage.engines.indicators.reading import numbering
from maillage.engines.indicators.reading.layouts import Layout
from maillage.engines.indicators.reading.pmsi_rss import ENTRY, EXIT, load, parse
from maillage.engines.indicators.reading.staging import Check, Stage

_FIELDS = (
    "finess", "index", "group", "um_count", "age_years", "age_days", "sex", "entry", "origin",
    "month", "year", "exit", "kind", "duration", "geo", "sessions", "global_count", "radio_count",
    "main", "related", "das_count", "act_count",
)  # fmt: skip
_COUNTS = ("um_count", "global_count", "radio_count", "das_count", "act_count")


def read(stage: Stage, known: dict[str, list[Layout]], groups: dict[str, list[Path]]) -> None:
    """Fill the tables of stays, diagnoses and procedures, and say who was seen and lived where."""
    load(stage, known, "ano", groups["ano"])
    load(stage, known, "rsa", groups["rsa"])
    stage.step("Contrôle : chaînage")
    _judge_chaining(stage, known)
    stage.step("Contrôle : RSA")
    _judge(stage, known)
    stage.step("Assemblage des séjours")
    _build(stage)
    for one in known["rsa"]:
        _explode(stage, one)


def _chain_fields(one: Layout) -> str:
    names = ("finess", "index", "patient", "entered_on", "left_on", "returns")
    picked = [f'{one.line[name].sql()} AS "{name}"' for name in names]
    born_on = one.line.get("born_on")
    return ", ".join([*picked, f"{born_on.sql() if born_on else chr(39) * 2} AS born_on"])


def _judge_chaining(stage: Stage, known: dict[str, list[Layout]]) -> None:
    stage.judge(
        "ano",
        f"""
        SELECT *, french_day(entered_on) AS entered, french_day(left_on) AS "left",
               french_day(born_on) AS born
        FROM ({parse(stage, known, "ano", _chain_fields)})
        """,
        [
            Check("trim(line) = ''", rule="EMPTY"),
            Check("version IS NULL", reason="version de format inconnue", column="version"),
            Check("regexp_matches(returns, '[^0 ]')", rule="CHAIN_ERROR"),
            Check("patient = ''", reason="numéro anonyme absent", column="patient"),
            Check("entered IS NULL", reason="date illisible", column="entered_on"),
            Check('"left" IS NULL', reason="date illisible", column="left_on"),
            Check('"left" < entered', reason="sortie avant l'entrée", column="left_on"),
        ],
        text="line",
        once='finess, "index", year("left")',
    )
    stage.keep("ano")


def _fields(one: Layout) -> str:
    picked = [f'{one.line[name].sql()} AS "{name}"' for name in _FIELDS]
    urgency = one.line.get("urgency")
    picked.append(f"{urgency.sql() if urgency else chr(39) * 2} AS urgency")
    postal = one.line.get("postal")
    picked.append(f"{postal.sql() if postal else chr(39) * 2} AS postal")
    zones = one.line["zones"].start

    def told(name: str) -> str:
        return f"coalesce(try_cast({one.line[name].sql()} AS INTEGER), 0)"

    units = (
        f"{zones} + {told('global_count')} * {one.size('global')} "
        f"+ {told('radio_count')} * {one.size('radio')}"
    )
    das = f"{units} + {told('um_count')} * {one.size('um')}"
    acts = f"{das} + {told('das_count')} * {one.size('das')}"
    end = f"{acts} + {told('act_count')} * {one.size('act')}"
    return ", ".join(
        [*picked, f"{units} AS um_at", f"{das} AS das_at", f"{acts} AS act_at",
         f"{end} - 1 AS length_told"]
    )  # fmt: skip


def _judge(stage: Stage, known: dict[str, list[Layout]]) -> None:
    counts = " OR ".join(f"NOT regexp_full_match({name}, '[0-9]+')" for name in _COUNTS)
    source = f"""
      SELECT r.*, r.finess || '|' || r.year || '|' || r."index" AS stay_key, a.patient,
             a.entered, a."left", a.born,
             try_cast(r.age_years AS INTEGER) AS years, try_cast(r.age_days AS INTEGER) AS days
      FROM ({parse(stage, known, "rsa", _fields)}) r
      LEFT JOIN ano a ON a.finess = r.finess AND a."index" = r."index"
                     AND year(a."left") = try_cast(r.year AS INTEGER)
    """
    stage.judge(
        "rsa",
        source,
        [
            Check("trim(line) = ''", rule="EMPTY"),
            Check("version IS NULL", reason="version de format inconnue", column="version"),
            Check(counts, reason="nombre illisible", column="um_count"),
            Check("length(rtrim(line, chr(13))) < length_told",
                  reason="ligne plus courte que ses nombres l'annoncent", column="zones"),
            Check("sex NOT IN ('1', '2')", reason="sexe inconnu", column="sex"),
            Check("years IS NULL AND days IS NULL AND born IS NULL", reason="âge illisible",
                  column="age_years"),
            Check("NOT is_icd(main)", reason="code mal formé", column="main"),
            Check("related <> '' AND NOT is_icd(related)", reason="code mal formé",
                  column="related"),
            Check('"group" LIKE \'90%\'', rule="GHM90"),
            Check("kind = 'B'", rule="SEJ_TYP"),
            Check("patient IS NULL", rule="UNCHAINED"),
            Check("born IS NOT NULL AND entered < born", reason="entrée avant la naissance",
                  column="entered_on"),
        ],
        text="line",
        once="stay_key",
    )  # fmt: skip
    stage.keep("rsa")


def _build(stage: Stage) -> None:
    stage.run(
        f"""
        CREATE TABLE rsa_stay AS
        SELECT stay_key, patient AS key, finess AS organization, entered AS entered_on,
               "left" AS left_on, {ENTRY.format("entry")} AS entry,
               origin = '5' OR urgency IN ('5', 'U', 'V') AS from_emergency,
               {EXIT.format('"exit"')} AS "exit", main, related, "group",
               coalesce(try_cast(sessions AS SMALLINT), 0) AS sessions, NULL AS cost, version, line,
               CAST(um_count AS INTEGER) AS ums, CAST(das_count AS INTEGER) AS das,
               CAST(act_count AS INTEGER) AS acts, um_at, das_at, act_at, sex, born, years, days,
               geo, postal
        FROM rsa
        """
    )
    # An age tells an interval of births; those of all stays of a person are crossed, and the
    # middle of what remains is taken.
    stage.run(
        """
        INSERT INTO seen
        WITH bounds AS (
          SELECT key, CAST(sex AS TINYINT) AS sex, born,
                 CASE WHEN coalesce(days, 0) > 0 OR coalesce(years, 0) = 0
                      THEN entered_on - coalesce(days, 0)
                      ELSE CAST(entered_on - to_years(years + 1) AS DATE) + 1 END AS earliest,
                 CASE WHEN coalesce(days, 0) > 0 OR coalesce(years, 0) = 0
                      THEN entered_on - coalesce(days, 0)
                      ELSE CAST(entered_on - to_years(years) AS DATE) END AS latest
          FROM rsa_stay
        ), crossed AS (
          SELECT key, max(born) AS born, max(earliest) AS low, min(latest) AS high
          FROM bounds GROUP BY key
        )
        SELECT b.key, coalesce(c.born, CASE WHEN c.low <= c.high
                 THEN c.low + CAST((c.high - c.low) // 2 AS INTEGER) ELSE c.high END), b.sex, 1
        FROM bounds b JOIN crossed c USING (key)
        """
    )
    stage.run(
        "INSERT INTO lived SELECT s.key, c.commune, s.entered_on FROM rsa_stay s "
        "JOIN commune_of c ON c.code = coalesce(nullif(s.geo, ''), s.postal)"
    )


def _explode(stage: Stage, one: Layout) -> None:
    um, act = one.zones["um"], one.zones["act"]
    stage.run("DROP TABLE IF EXISTS rsa_unit")
    stage.run(
        f"""
        CREATE TABLE rsa_unit AS
        SELECT stay_key, i + 1 AS unit, {um["site"].sql("record")} AS site,
               as_code({um["main"].sql("record")}) AS main,
               as_code({um["related"].sql("record")}) AS related,
               coalesce(try_cast({um["das_count"].sql("record")} AS INTEGER), 0) AS das
        FROM (SELECT stay_key, i, substr(line, um_at + i * {one.size("um")}, {one.size("um")})
                AS record
              FROM (SELECT *, unnest(range(ums)) AS i FROM rsa_stay
                    WHERE version = '{one.version}'))
        """
    )
    numbering.add(
        stage,
        "stay",
        f"(SELECT s.* EXCLUDE (version, line, ums, das, acts, um_at, das_at, act_at, sex, born, "
        f"years, days, geo, postal), coalesce(u.site, '') AS site FROM rsa_stay s "
        f"LEFT JOIN rsa_unit u ON u.stay_key = s.stay_key AND u.unit = 1 "
        f"WHERE s.version = '{one.version}')",
    )
    for name, role in (("main", "UNIT_MAIN"), ("related", "UNIT_RELATED")):
        numbering.add(
            stage,
            "diagnosis",
            f"(SELECT stay_key, {name} AS code, '{role}' AS role, unit FROM rsa_unit "
            f"WHERE is_icd({name}))",
        )
    # The associated diagnoses of all units follow each other, unit after unit.
    numbering.add(
        stage,
        "diagnosis",
        f"""(
        WITH ends AS (SELECT stay_key, unit, sum(das) OVER (PARTITION BY stay_key ORDER BY unit)
                        AS past FROM rsa_unit),
        found AS (
          SELECT stay_key, i, as_code(trim(substr(line, das_at + i * {one.size("das")},
                 {one.size("das")}))) AS code
          FROM (SELECT *, unnest(range(das)) AS i FROM rsa_stay WHERE version = '{one.version}'))
        SELECT f.stay_key, f.code, 'ASSOCIATED' AS role, coalesce(min(e.unit), 0) AS unit
        FROM found f LEFT JOIN ends e ON e.stay_key = f.stay_key AND e.past > f.i
        WHERE is_icd(f.code) GROUP BY f.stay_key, f.i, f.code)""",
    )
    numbering.add(
        stage,
        "procedure",
        f"""(
        SELECT key, stay_key, 'CCAM' AS system, upper({act["code"].sql("record")}) AS code,
               entered_on + coalesce(try_cast({act["delay"].sql("record")} AS INTEGER), 0)
                 AS done_on
        FROM (SELECT *, substr(line, act_at + i * {one.size("act")}, {one.size("act")}) AS record
              FROM (SELECT *, unnest(range(acts)) AS i FROM rsa_stay
                    WHERE version = '{one.version}'))
        WHERE length({act["code"].sql("record")}) = 7)""",
    )
