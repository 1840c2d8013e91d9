"""Grouped summaries of stays (RSS groupés): one line for each unit of a stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maillage.engines.indicators.reading import layouts, numbering
from maillage.engines.indicators.reading.layouts import Layout
from maillage.engines.indicators.reading.staging import Check, Stage

_TEXT_FIELDS = (
    "finess", "rss", "stay", "rum", "born_on", "sex", "unit", "entered_on", "entry", "origin",
    "left_on", "exit", "postal", "sessions", "das_count", "dad_count", "act_count", "main",
    "related", "group",
)  # fmt: skip

ENTRY = (
    "CASE {0} WHEN '8' THEN 'HOME' WHEN '7' THEN 'TRANSFER' WHEN '0' THEN 'TRANSFER' "
    "WHEN '6' THEN 'MOVE' WHEN 'N' THEN 'BIRTH' ELSE '' END"
)
EXIT = (
    "CASE {0} WHEN '8' THEN 'HOME' WHEN '7' THEN 'TRANSFER' WHEN '0' THEN 'TRANSFER' "
    "WHEN '6' THEN 'MOVE' WHEN '9' THEN 'DEATH' ELSE '' END"
)
"""PMSI modes of entry and exit, in the words of the event model."""


def read(stage: Stage, known: dict[str, list[Layout]], groups: dict[str, list[Path]]) -> None:
    """Fill the tables of stays, diagnoses and procedures, and say who was seen and lived where."""
    _read_chaining(stage, known, groups)
    _read_units(stage, known, groups)
    load(stage, known, "rss", groups["rss"])
    stage.step("Contrôle : RSS")
    _judge(stage, known)
    stage.step("Assemblage des séjours")
    _build(stage)
    _explode(stage, known["rss"])


def _fields(layout: Layout) -> str:
    picked = [f'{layout.line[name].sql()} AS "{name}"' for name in _TEXT_FIELDS]
    urgency = layout.line.get("urgency")
    picked.append(f"{urgency.sql() if urgency else chr(39) * 2} AS urgency")
    das, dad, act = (layout.size(zone) for zone in ("das", "dad", "act"))
    least = layout.line["zones"].start - 1
    sizes = {"das_count": das, "dad_count": dad, "act_count": act}
    counts = (
        f"coalesce(try_cast({layout.line[name].sql()} AS INTEGER), 0) * {size}"
        for name, size in sizes.items()
    )
    picked.append(f"{least} + {' + '.join(counts)} AS length_told")
    return ", ".join(picked)


def load(stage: Stage, known: dict[str, list[Layout]], family: str, paths: list[Path]) -> None:
    """Load the lines of a family into ``raw_<family>``, each with its version."""
    cases = " ".join(
        f"WHEN regexp_matches(line, '{one.pattern}') THEN '{one.version}'" for one in known[family]
    )
    stage.load_lines(f"raw_{family}", paths, family, version=f"CASE {cases} END")


def parse(
    stage: Stage, known: dict[str, list[Layout]], family: str, fields: Callable[[Layout], str]
) -> str:
    """The SQL of the fields of all lines of a family, each by the layout of its version. Lines of
    no version have a null ``version``, and null fields."""
    rows = stage.connection.execute(f"SELECT DISTINCT version FROM raw_{family}").fetchall()
    present = {row[0] for row in rows}
    layouts_used = [one for one in known[family] if one.version in present] or known[family][:1]
    parts = [f"SELECT * FROM raw_{family} WHERE version IS NULL"]
    parts += [
        f"SELECT *, {fields(one)} FROM raw_{family} WHERE version = '{one.version}'"
        for one in layouts_used
    ]
    return " UNION ALL BY NAME ".join(parts)


def _judge(stage: Stage, known: dict[str, list[Layout]]) -> None:
    source = f"""
      SELECT *, french_day(born_on) AS born, french_day(entered_on) AS entered,
             french_day(left_on) AS "left",
             finess || '|' || rss AS stay_key
      FROM ({parse(stage, known, "rss", _fields)})
    """
    counts = " OR ".join(
        f"NOT regexp_full_match({name}, '[0-9]+')"
        for name in ("das_count", "dad_count", "act_count")
    )
    stage.judge(
        "rum_formed",
        source,
        [
            Check("trim(line) = ''", rule="EMPTY"),
            Check("version IS NULL", reason="version de format inconnue", column="version"),
            Check(counts, reason="nombre illisible", column="das_count"),
            Check("length(rtrim(line, chr(13))) < length_told",
                  reason="ligne plus courte que ses nombres l'annoncent", column="zones"),
            Check("rss = '' OR stay = ''", reason="numéro de séjour absent", column="stay"),
            Check("born IS NULL", reason="date illisible", column="born_on"),
            Check("entered IS NULL", reason="date illisible", column="entered_on"),
            Check('"left" IS NULL', reason="date illisible", column="left_on"),
            Check('"left" < entered', reason="sortie avant l'entrée", column="left_on"),
            Check("entered < born", reason="entrée avant la naissance", column="entered_on"),
            Check("sex NOT IN ('1', '2')", reason="sexe inconnu", column="sex"),
            Check("NOT is_icd(main)", reason="code mal formé", column="main"),
            Check("related <> '' AND NOT is_icd(related)", reason="code mal formé",
                  column="related"),
            Check('"group" LIKE \'90%\'', rule="GHM90"),
        ],
        text="line",
    )  # fmt: skip
    # A stay of which a unit is missing would be shorter and less ill than it was.
    stage.run(
        "CREATE TABLE broken AS SELECT DISTINCT stay_key FROM judged_rum_formed "
        "WHERE verdict IS NOT NULL AND rss <> ''"
    )
    stage.judge(
        "rum",
        """
        SELECT r.*, c.patient, c.patients
        FROM rum_formed r LEFT JOIN chain c ON c.stay = r.stay
        """,
        [
            Check("stay_key IN (SELECT stay_key FROM broken)",
                  reason="une autre unité du même séjour est rejetée", column="rss"),
            Check("patient IS NULL", rule="UNCHAINED"),
            Check("patients > 1", rule="CHAIN_CONFLICT"),
        ],
        once="stay_key, rum",
        text="line",
    )  # fmt: skip
    stage.run("DROP VIEW rum_formed")
    stage.run("DROP TABLE judged_rum_formed")
    stage.run("DROP TABLE raw_rss")
    stage.keep("rum")


def _build(stage: Stage) -> None:
    stage.run(
        """
        CREATE TABLE rum_ranked AS
        SELECT stay_key, patient, finess, version, line, born, sex, entered, "left", entry, origin,
               urgency, "exit", postal, sessions, das_count, dad_count, act_count, main, related,
               "group",
               row_number() OVER (
                 PARTITION BY stay_key ORDER BY entered, "left", rum, row) AS rank,
               ("left" - entered) AS nights,
               coalesce((SELECT any_value(u.site) FROM unit_site u WHERE u.unit = rum.unit), '')
                 AS site
        FROM rum
        """
    )
    # The unit that gives the main diagnosis is not written in the RSS: the longest is taken, as
    # the first step of the official choice does; the RSA tells it exactly.
    numbering.add(
        stage,
        "stay",
        f"""(
        SELECT stay_key, any_value(patient) AS key, arg_min(site, rank) AS site,
               any_value(finess) AS organization, min(entered) AS entered_on,
               max("left") AS left_on, {ENTRY.format("arg_min(entry, rank)")} AS entry,
               bool_or(urgency IN ('5', 'U', 'V')) OR arg_min(origin, rank) = '5'
                 AS from_emergency,
               {EXIT.format('arg_max("exit", rank)')} AS "exit",
               arg_max(main, (nights, -rank)) AS main,
               arg_max(related, (nights, -rank)) AS related,
               arg_max("group", (nights, -rank)) AS "group",
               least(sum(coalesce(try_cast(sessions AS INTEGER), 0)), 32767) AS sessions,
               NULL AS cost
        FROM rum_ranked GROUP BY stay_key)""",
    )
    stage.run("INSERT INTO seen SELECT patient, born, try_cast(sex AS TINYINT), 1 FROM rum_ranked")
    stage.run(
        "INSERT INTO lived SELECT r.patient, c.commune, r.entered "
        "FROM rum_ranked r JOIN commune_of c ON c.code = r.postal "
        "WHERE r.patient NOT IN (SELECT patient FROM in_patients WHERE commune <> '')"
    )


def _explode(stage: Stage, known: list[Layout]) -> None:
    stage.step("Diagnostics et actes")
    for name, role in (("main", "UNIT_MAIN"), ("related", "UNIT_RELATED")):
        numbering.add(
            stage,
            "diagnosis",
            f"(SELECT stay_key, {name} AS code, '{role}' AS role, rank AS unit "
            f"FROM rum_ranked WHERE {name} <> '')",
        )
    for one in known:
        zones, das, dad = one.line["zones"].start, one.size("das"), one.size("dad")
        act = one.zones["act"]
        place = f"{zones} + CAST(das_count AS INTEGER) * {das} + CAST(dad_count AS INTEGER) * {dad}"
        record = f"substr(line, {place} + i * {one.size('act')}, {one.size('act')})"
        rows = f"FROM rum_ranked WHERE version = '{one.version}'"
        numbering.add(
            stage,
            "diagnosis",
            "(SELECT * FROM (SELECT stay_key, "
            f"as_code(trim(substr(line, {zones} + i * {das}, {das}))) AS code, "
            "'ASSOCIATED' AS role, rank AS unit "
            f"FROM (SELECT *, unnest(range(CAST(das_count AS INTEGER))) AS i {rows})) "
            "WHERE is_icd(code))",
        )
        numbering.add(
            stage,
            "procedure",
            "(SELECT patient AS key, stay_key, 'CCAM' AS system, code, "
            "coalesce(done_on, entered) AS done_on FROM (SELECT patient, stay_key, entered, "
            f"upper(substr({act['code'].sql('record')}, 1, 7)) AS code, "
            f"french_day({act['done_on'].sql('record')}) AS done_on "
            f"FROM (SELECT *, {record} AS record FROM "
            f"(SELECT *, unnest(range(CAST(act_count AS INTEGER))) AS i {rows}))) "
            "WHERE length(code) = 7)",
        )


def _read_chaining(
    stage: Stage, known: dict[str, list[Layout]], groups: dict[str, list[Path]]
) -> None:
    stage.load(
        "raw_chaining", groups.get("chaining", []), "chaining", layouts.fields_of("chaining")
    )
    parts = ["SELECT file, row, stay, patient, stay || patient = '' AS is_blank FROM raw_chaining"]
    for family in ("vidhosp", "anohosp"):
        load(stage, known, family, groups.get(family, []))
        source = parse(
            stage,
            known,
            family,
            lambda one: f"{one.line['stay'].sql()} AS stay, {one.line['patient'].sql()} AS patient",
        )
        parts.append(
            f"SELECT file, row, stay, patient, trim(line) = '' AS is_blank FROM ({source})"
        )
    stage.judge(
        "in_chain",
        f"SELECT * FROM ({' UNION ALL '.join(parts)})",
        [
            Check("is_blank", rule="EMPTY"),
            Check("stay IS NULL", reason="version de format inconnue", column="version"),
            Check("stay = ''", reason="numéro de séjour absent", column="stay"),
            Check("patient = ''", reason="identifiant du patient absent", column="patient"),
        ],
        text="concat_ws(';', stay, patient)",
        once="stay, patient",
    )
    stage.keep("in_chain")
    stage.run(
        "CREATE TABLE chain AS SELECT stay, min(patient) AS patient, "
        "count(DISTINCT patient) AS patients FROM in_chain GROUP BY stay"
    )


def _read_units(
    stage: Stage, known: dict[str, list[Layout]], groups: dict[str, list[Path]]
) -> None:
    stage.load("raw_units", groups.get("units", []), "units", layouts.fields_of("units"))
    load(stage, known, "um", groups.get("um", []))
    parsed = parse(
        stage,
        known,
        "um",
        lambda one: f"{one.line['unit'].sql()} AS unit, {one.line['site'].sql()} AS site",
    )
    source = f"""
      SELECT file, row, unit, site, unit || ';' || site AS line FROM raw_units UNION ALL
      SELECT file, row, unit, site, line FROM ({parsed})
    """
    stage.judge(
        "unit_site",
        source,
        [
            Check("trim(replace(line, ';', '')) = ''", rule="EMPTY"),
            Check("unit IS NULL", reason="version de format inconnue", column="version"),
            Check("unit = '' OR site = ''", reason="unité ou FINESS absent", column="unit"),
        ],
        once="unit",
        text="line",
    )
    stage.keep("unit_site")
