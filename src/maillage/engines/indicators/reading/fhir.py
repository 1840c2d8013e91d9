"""A bulk export of FHIR R4 resources: files of one JSON resource a line (NDJSON).

Read: Patient, Encounter, Condition, Procedure, MedicationDispense, Observation (laboratory) and
Location. Lines of other resources are set aside. The commune of an address is that of the French
extension (code INSEE), else of the postal code when the caller knows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maillage.engines.indicators.reading import files, numbering
from maillage.engines.indicators.reading.staging import Check, Stage
from maillage.engines.indicators.store import EventWriter

RESOURCES = (
    "Patient", "Encounter", "Condition", "Procedure", "MedicationDispense", "Observation",
    "Location",
)  # fmt: skip
ICD, ATC, CCAM, NABM = ("icd-10", "atc", "ccam", "nabm")
"""Parts of the addresses of code systems, in lower case, by which they are known."""

INSEE = "insee-code"
"""End of the address of the extension that holds the commune (FR Core: address-insee-code)."""

_SUFFIXES = (".ndjson", ".jsonl", ".json")


def is_of_this_kind(paths: Iterable[Path]) -> bool:
    """True when a file of JSON lines holds a patient."""
    for path in paths:
        if path.suffix.lower() in _SUFFIXES:
            head = files.read_head(path).replace(" ", "")
            if '"resourceType":"Patient"' in head:
                return True
    return False


def read(stage: Stage, paths: list[Path], writer: EventWriter) -> list[Path]:
    """Read all resources. Returns the files that were not read."""
    mine = [path for path in paths if path.suffix.lower() in _SUFFIXES]
    stage.plan(len(mine) + 20)
    numbering.prepare(stage)
    stage.load_lines("raw_line", mine, "ndjson")
    stage.step("Contrôle : lignes")
    stage.judge(
        "resource",
        "SELECT *, CASE WHEN json_valid(line) THEN json_extract_string(line, '$.resourceType') END "
        "AS type, CASE WHEN json_valid(line) THEN json_extract_string(line, '$.id') END AS id, "
        "CASE WHEN json_valid(line) THEN json_extract_string(line, '$.status') END AS status "
        "FROM raw_line",
        [
            Check("trim(line) = ''", rule="EMPTY"),
            Check("NOT json_valid(line)", reason="ligne qui n'est pas du JSON", column="line"),
            Check("type IS NULL", reason="ressource sans type", column="resourceType"),
            Check(f"type NOT IN {RESOURCES}", rule="UNUSED"),
            Check("coalesce(id, '') = ''", reason="identifiant absent", column="id"),
            Check("status IN ('entered-in-error', 'cancelled', 'not-done', 'declined', 'planned', "
                  "'preparation', 'stopped')", rule="NOT_FINAL"),
        ],
        text="line",
    )  # fmt: skip
    stage.run("DROP TABLE raw_line")
    _read_locations(stage)
    _read_people(stage)
    _read_encounters(stage)
    _read_conditions(stage)
    _read_acts(stage)
    _read_drugs(stage)
    numbering.finish(stage, writer)
    return [path for path in paths if path not in mine]


def _take(name: str) -> str:
    return f"(SELECT * FROM resource WHERE type = '{name}')"


def _reference(path: str) -> str:
    """The last part of a reference: « Patient/12 » is 12."""
    text = f"json_extract_string(line, '{path}.reference')"
    return f"regexp_extract({text}, '([^/]+)$', 1)"


def _code(path: str, system: str) -> str:
    """The code of a system in a list of codings, or null."""
    shape = '[{"system":"VARCHAR","code":"VARCHAR"}]'
    return (
        f"as_code(list_filter(json_transform(json_extract(line, '{path}.coding'), '{shape}'), "
        f"lambda x: contains(lower(x.system), '{system}'))[1].code)"
    )


def _day(path: str) -> str:
    return f"as_day(json_extract_string(line, '{path}'))"


_STRANGER = Check("key IS NULL", reason="personne inconnue", column="subject")


def _read_locations(stage: Stage) -> None:
    stage.judge(
        "in_location",
        f"SELECT * EXCLUDE (line), json_extract_string(line, '$.identifier[0].value') AS site "
        f"FROM {_take('Location')}",
        [Check("coalesce(site, '') = ''", reason="lieu sans numéro FINESS", column="identifier")],
        once="id",
    )  # fmt: skip
    stage.keep("in_location")


def _read_people(stage: Stage) -> None:
    stage.step("Contrôle : personnes")
    stage.register_communes("given")
    stage.run("CREATE TABLE commune_of AS SELECT * FROM given")
    stage.connection.unregister("given")
    born = "json_extract_string(line, '$.birthDate')"
    source = f"""
      SELECT *, CASE json_extract_string(line, '$.gender') WHEN 'male' THEN 1 WHEN 'female' THEN 2
             END AS sex,
             as_day(CASE length({born}) WHEN 10 THEN {born} WHEN 7 THEN {born} || '-15'
                    WHEN 4 THEN {born} || '-06-15' END) AS born_on,
             {_day("$.deceasedDateTime")} AS died_on, {_padded("id")} AS key
      FROM {_take("Patient")}
    """
    stage.judge(
        "in_patient",
        source,
        [
            Check("sex IS NULL", reason="sexe inconnu", column="gender"),
            Check("born_on IS NULL", reason="date illisible", column="birthDate"),
            Check("died_on < born_on", reason="décès avant la naissance",
                  column="deceasedDateTime"),
        ],
        text="line",
        once="id",
    )  # fmt: skip
    stage.keep("in_patient")
    stage.run("CREATE TABLE key_of AS SELECT id AS subject, key FROM in_patient")
    numbering.add(stage, "person", "(SELECT key, born_on, sex, died_on FROM in_patient)")
    shape = (
        '[{"postalCode":"VARCHAR","period":{"start":"VARCHAR","end":"VARCHAR"},'
        '"extension":[{"url":"VARCHAR","valueCoding":{"code":"VARCHAR"}}]}]'
    )
    numbering.add(
        stage,
        "residence",
        f"""(
        WITH places AS (
          SELECT key, born_on,
                 unnest(json_transform(json_extract(line, '$.address'), '{shape}')) AS a
          FROM in_patient
        ), found AS (
          SELECT key, coalesce(upper(list_filter(a.extension,
                   lambda x: x.url LIKE '%{INSEE}')[1].valueCoding.code), c.commune, '') AS commune,
                 coalesce(as_day(a.period."start"), born_on) AS starts_on,
                 as_day(a.period."end") + 1 AS ends_on
          FROM places LEFT JOIN commune_of c ON c.code = a.postalCode
        )
        SELECT key, CASE WHEN is_commune(commune) THEN commune ELSE '' END AS commune, starts_on,
               ends_on FROM found WHERE ends_on IS NULL OR ends_on > starts_on
        UNION ALL SELECT key, '', born_on, NULL FROM in_patient
        WHERE key NOT IN (SELECT key FROM found))""",
    )


def _padded(column: str) -> str:
    number = f"try_cast({column} AS BIGINT)"
    return f"CASE WHEN {number} >= 0 THEN printf('%019d', {number}) ELSE {column} END"


_SOURCE = """CASE json_extract_string(line, '$.hospitalization.admitSource.coding[0].code')
  WHEN 'hosp-trans' THEN 'TRANSFER' WHEN 'born' THEN 'BIRTH' WHEN 'move' THEN 'MOVE'
  WHEN 'emd' THEN 'HOME' WHEN 'outp' THEN 'HOME' WHEN 'gp' THEN 'HOME' WHEN 'mp' THEN 'HOME'
  WHEN 'home' THEN 'HOME' ELSE '' END"""
_DISPOSITION = """json_extract_string(line,
  '$.hospitalization.dischargeDisposition.coding[0].code')"""
_EXIT = f"""CASE {_DISPOSITION} WHEN 'home' THEN 'HOME' WHEN 'exp' THEN 'DEATH'
  WHEN 'other-hcf' THEN 'TRANSFER' WHEN 'aadvice' THEN 'AGAINST_ADVICE' WHEN 'move' THEN 'MOVE'
  ELSE '' END"""
_OUTCOME = f"""CASE {_DISPOSITION} WHEN 'home' THEN 'HOME' WHEN 'exp' THEN 'DIED'
  WHEN 'other-hcf' THEN 'TRANSFERRED' WHEN 'admitted' THEN 'ADMITTED' ELSE '' END"""


def _read_encounters(stage: Stage) -> None:
    stage.step("Contrôle : séjours et passages")
    source = f"""
      SELECT e.* EXCLUDE (line), k.key, {_padded("e.id")} AS stay_key,
             CASE json_extract_string(line, '$.class.code') WHEN 'IMP' THEN 'STAY'
               WHEN 'ACUTE' THEN 'STAY' WHEN 'NONAC' THEN 'STAY' WHEN 'SS' THEN 'STAY'
               WHEN 'EMER' THEN 'EMERGENCY' WHEN 'AMB' THEN 'OUTPATIENT' END AS kind,
             {_day("$.period.start")} AS starts_on, {_day("$.period.end")} AS ends_on,
             coalesce(l.site, '') AS site,
             coalesce(json_extract_string(line, '$.serviceProvider.identifier.value'), '')
               AS organization,
             {_SOURCE} AS entry, {_EXIT} AS "exit", {_OUTCOME} AS outcome,
             json_extract_string(line, '$.hospitalization.admitSource.coding[0].code') = 'emd'
               OR json_extract_string(line, '$.hospitalization.admitSource.coding[1].code') = 'emd'
               AS from_emergency,
             {_code("$.type[0]", "ghm")} AS "group"
      FROM {_take("Encounter")} e
      LEFT JOIN key_of k ON k.subject = {_reference("$.subject")}
      LEFT JOIN in_location l ON l.id = {_reference("$.location[0].location")}
    """
    stage.judge(
        "in_encounter",
        source,
        [
            _STRANGER,
            Check("kind IS NULL", rule="NOT_OBSERVED"),
            Check("starts_on IS NULL", reason="date illisible", column="period.start"),
            Check("kind = 'STAY' AND ends_on IS NULL", reason="date illisible",
                  column="period.end"),
            Check("kind = 'STAY' AND ends_on < starts_on", reason="sortie avant l'entrée",
                  column="period.end"),
        ],
        once="id",
    )  # fmt: skip
    stage.keep("in_encounter")
    # Which condition is the main one is said by the encounter: its use DD, of rank 1.
    shape = (
        '[{"condition":{"reference":"VARCHAR"},"use":{"coding":[{"code":"VARCHAR"}]},'
        '"rank":"INTEGER"}]'
    )
    stage.run(
        f"""
        CREATE TABLE role_of AS
        SELECT regexp_extract(d.condition.reference, '([^/]+)$', 1) AS id,
               CASE WHEN coalesce(d."use".coding[1].code, 'DD') = 'DD' AND coalesce(d.rank, 1) = 1
                    THEN 'MAIN'
                    WHEN d."use".coding[1].code = 'DR' OR d.rank = 2 THEN 'RELATED'
                    ELSE 'ASSOCIATED' END AS role
        FROM (SELECT
                unnest(json_transform(json_extract(line, '$.diagnosis'), '{shape}')) AS d
              FROM resource WHERE type = 'Encounter')
        """
    )


def _read_conditions(stage: Stage) -> None:
    stage.step("Contrôle : diagnostics")
    source = f"""
      SELECT c.* EXCLUDE (line), k.key, e.kind, e.stay_key, e.id AS encounter,
             {_code("$.code", ICD)} AS code, coalesce(r.role, 'ASSOCIATED') AS role,
             row_number() OVER (PARTITION BY e.id, r.role ORDER BY c.file, c.row) AS rank
      FROM {_take("Condition")} c
      LEFT JOIN key_of k ON k.subject = {_reference("$.subject")}
      LEFT JOIN (SELECT id, kind, stay_key FROM in_encounter) e
        ON e.id = {_reference("$.encounter")}
      LEFT JOIN (SELECT id, min(role) FILTER (role <> 'ASSOCIATED') AS role FROM role_of
                 GROUP BY id) r ON r.id = c.id
    """
    stage.judge(
        "in_condition",
        source,
        [
            _STRANGER,
            Check("NOT coalesce(is_icd(code), false)", reason="code mal formé", column="code"),
            Check("kind IS NULL", rule="NOT_OBSERVED"),
        ],
        once="id",
    )
    stage.keep("in_condition")

    def of_role(role: str) -> str:
        return (
            f"(SELECT encounter AS id, code FROM in_condition WHERE role = '{role}' AND rank = 1)"
        )

    numbering.add(
        stage,
        "stay",
        f"""(
        SELECT e.stay_key, e.key, e.site, e.organization, e.starts_on AS entered_on,
               e.ends_on AS left_on, e.entry, coalesce(e.from_emergency, false) AS from_emergency,
               e."exit", coalesce(m.code, '') AS main, coalesce(r.code, '') AS related,
               coalesce(e."group", '') AS "group", 0 AS sessions, NULL AS cost
        FROM in_encounter e LEFT JOIN {of_role("MAIN")} m USING (id)
        LEFT JOIN {of_role("RELATED")} r USING (id) WHERE e.kind = 'STAY')""",
    )
    numbering.add(
        stage,
        "visit",
        f"""(
        SELECT e.key, e.kind, '' AS specialty, e.starts_on AS visited_on, e.site,
               CASE WHEN e.kind = 'EMERGENCY' THEN e.outcome ELSE '' END AS outcome,
               CASE WHEN e.kind = 'EMERGENCY' THEN coalesce(m.code, '') ELSE '' END AS main
        FROM in_encounter e LEFT JOIN {of_role("MAIN")} m USING (id)
        WHERE e.kind <> 'STAY')""",
    )
    numbering.add(
        stage,
        "diagnosis",
        "(SELECT stay_key, code, 'ASSOCIATED' AS role, 0 AS unit FROM in_condition "
        "WHERE kind = 'STAY' AND NOT (role <> 'ASSOCIATED' AND rank = 1))",
    )


def _read_acts(stage: Stage) -> None:
    stage.step("Contrôle : actes et examens")
    for name, system, path, label in (
        ("Procedure", CCAM, "$.performedDateTime", "CCAM"),
        ("Observation", NABM, "$.effectiveDateTime", "NABM"),
    ):
        source = f"""
          SELECT p.* EXCLUDE (line), k.key, e.stay_key,
                 coalesce({_day(path)}, {_day("$.performedPeriod.start")}) AS done_on,
                 {_code("$.code", system)} AS code
          FROM {_take(name)} p LEFT JOIN key_of k ON k.subject = {_reference("$.subject")}
          LEFT JOIN (SELECT id, stay_key FROM in_encounter WHERE kind = 'STAY') e
            ON e.id = {_reference("$.encounter")}
        """
        table = f"in_{name.lower()}"
        stage.judge(
            table,
            source,
            [
                _STRANGER,
                Check("coalesce(code, '') = ''", rule="UNUSED"),
                Check("done_on IS NULL", reason="date illisible", column=path[2:]),
            ],
            once="id",
        )
        stage.keep(table)
        numbering.add(
            stage,
            "procedure",
            f"(SELECT key, stay_key, '{label}' AS system, code, done_on FROM {table})",
        )


def _read_drugs(stage: Stage) -> None:
    stage.step("Contrôle : médicaments")
    source = f"""
      SELECT d.* EXCLUDE (line), k.key, {_day("$.whenHandedOver")} AS given_on,
             {_code("$.medicationCodeableConcept", ATC)} AS atc,
             coalesce(try_cast(json_extract_string(line, '$.quantity.value') AS DOUBLE), 1)
               AS packs,
             coalesce(try_cast(json_extract_string(line, '$.daysSupply.value') AS DOUBLE), 0)
               AS days
      FROM {_take("MedicationDispense")} d
      LEFT JOIN key_of k ON k.subject = {_reference("$.subject")}
    """
    stage.judge(
        "in_dispense",
        source,
        [
            _STRANGER,
            Check("given_on IS NULL", reason="date illisible", column="whenHandedOver"),
            Check("NOT coalesce(is_atc(atc), false)", rule="NO_ATC"),
        ],
        once="id",
    )
    stage.keep("in_dispense")
    numbering.add(
        stage,
        "dispensing",
        "(SELECT key, atc, given_on AS dispensed_on, "
        "CAST(greatest(least(packs, 32767), 1) AS SMALLINT) AS packs, "
        "CAST(greatest(least(days, 32767), 0) AS SMALLINT) AS days, "
        "packs > 0 AND days / greatest(packs, 1) >= 80 AS large FROM in_dispense)",
    )
