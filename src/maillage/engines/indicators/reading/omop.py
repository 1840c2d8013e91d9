"""Tables of the OMOP common data model, version 5.4.

Codes are those of the sources (``*_source_value``), or those of the source concept when the table
of concepts is there. What OMOP does not hold is empty: groups, sessions, units.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maillage.engines.indicators.reading import numbering
from maillage.engines.indicators.reading.staging import Check, Stage
from maillage.engines.indicators.store import EventWriter

TABLES_READ: dict[str, tuple[str, str]] = {
    "person": (
        "person_id gender_concept_id year_of_birth",
        "month_of_birth day_of_birth location_id gender_source_value",
    ),
    "observation_period": (
        "person_id observation_period_start_date observation_period_end_date",
        "",
    ),
    "visit_occurrence": (
        "visit_occurrence_id person_id visit_concept_id visit_start_date visit_end_date",
        "care_site_id admitted_from_source_value discharged_to_source_value",
    ),
    "condition_occurrence": (
        "person_id condition_source_value condition_start_date",
        "visit_occurrence_id condition_source_concept_id condition_status_concept_id",
    ),
    "procedure_occurrence": (
        "person_id procedure_date procedure_source_value",
        "visit_occurrence_id procedure_source_concept_id",
    ),
    "drug_exposure": (
        "person_id drug_exposure_start_date",
        "drug_concept_id drug_source_value drug_source_concept_id quantity days_supply",
    ),
    "measurement": (
        "person_id measurement_date measurement_source_value",
        "visit_occurrence_id measurement_source_concept_id",
    ),
    "death": ("person_id death_date", ""),
    "location": ("location_id", "location_source_value zip"),
    "care_site": ("care_site_id", "care_site_source_value place_of_service_source_value"),
    "cost": (
        "cost_event_id cost_domain_id",
        "total_paid total_charge total_cost currency_concept_id",
    ),
    "concept": ("concept_id concept_code vocabulary_id", ""),
}

MALE, FEMALE = 8507, 8532
INPATIENT, EMERGENCY, EMERGENCY_AND_INPATIENT, OUTPATIENT, OFFICE = 9201, 9203, 262, 9202, 581477
"""Standard concepts of visits."""

EURO = 44818568
"""Standard concept of the euro; 0 or nothing: not said."""

PRIMARY = (32902, 32903)
"""Standard concepts of a main diagnosis: primary, primary of the discharge."""


def table_of(path: Path) -> str:
    """The OMOP table that a file holds, by its name, or ''."""
    if path.suffix.lower() not in (".csv", ".txt", ".parquet", ".pq"):
        return ""
    return path.stem.lower() if path.stem.lower() in TABLES_READ else ""


def is_of_this_kind(paths: Iterable[Path]) -> bool:
    """True when people and visits are there under their OMOP names."""
    found = {table_of(path) for path in paths}
    return "person" in found and bool(
        found & {"visit_occurrence", "condition_occurrence", "observation_period"}
    )


def read(stage: Stage, paths: list[Path], writer: EventWriter) -> list[Path]:
    """Read all tables. Returns the files that were not read."""
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(table_of(path), []).append(path)
    stage.plan(len(paths) + 24)
    numbering.prepare(stage)
    for name, (required, optional) in TABLES_READ.items():
        fields = {one: [f"!{one}"] for one in required.split()}
        fields |= {one: [one] for one in optional.split()}
        stage.load(f"raw_{name}", groups.get(name, []), name, fields)
    _read_lists(stage)
    _read_people(stage)
    _read_visits(stage)
    _read_conditions(stage)
    _read_acts(stage)
    _read_drugs(stage)
    numbering.finish(stage, writer)
    return groups.get("", [])


def _text(name: str) -> str:
    return f"concat_ws(';', {', '.join(TABLES_READ[name][0].split())})"


def _blank(name: str) -> Check:
    return Check(f"concat({', '.join(TABLES_READ[name][0].split())}) = ''", rule="EMPTY")


def _read_lists(stage: Stage) -> None:
    stage.step("Contrôle : lieux et concepts")
    for name, key in (("location", "location_id"), ("care_site", "care_site_id"),
                      ("concept", "concept_id")):  # fmt: skip
        stage.judge(
            f"in_{name}",
            f"SELECT * FROM raw_{name}",
            [_blank(name)],
            once=key,
            text=_text(name),
        )
        stage.keep(f"in_{name}")


def _read_deaths(stage: Stage) -> None:
    stage.judge(
        "in_death",
        "SELECT *, as_day(death_date) AS died_on FROM raw_death",
        [
            _blank("death"),
            Check("died_on IS NULL", reason="date illisible", column="death_date"),
            Check("person_id NOT IN (SELECT person_id FROM raw_person)",
                  reason="personne inconnue", column="person_id"),
        ],
        text=_text("death"),
    )  # fmt: skip
    stage.keep("in_death")


def _read_people(stage: Stage) -> None:
    stage.step("Contrôle : personnes")
    _read_deaths(stage)
    source = f"""
      SELECT p.*, d.died_on, CASE try_cast(gender_concept_id AS INTEGER)
               WHEN {MALE} THEN 1 WHEN {FEMALE} THEN 2 END AS sex,
             try_cast(make_date(try_cast(year_of_birth AS BIGINT),
               coalesce(try_cast(nullif(month_of_birth, '') AS BIGINT), 6),
               coalesce(try_cast(nullif(day_of_birth, '') AS BIGINT), 15)) AS DATE) AS born_on
      FROM raw_person p LEFT JOIN (SELECT person_id, min(real_day(died_on)) AS died_on
        FROM in_death GROUP BY person_id) d USING (person_id)
    """
    stage.judge(
        "in_person",
        source,
        [
            _blank("person"),
            Check("person_id = ''", reason="identifiant absent", column="person_id"),
            Check("try_cast(year_of_birth AS INTEGER) IS NULL OR year(born_on) < 1850",
                  reason="année de naissance impossible", column="year_of_birth"),
            Check("sex IS NULL", reason="sexe inconnu", column="gender_concept_id"),
            Check("died_on < born_on", reason="décès avant la naissance", column="year_of_birth"),
        ],
        text=_text("person"),
        once="person_id",
    )  # fmt: skip
    stage.keep("in_person")
    _keep_people(stage)


def _keep_people(stage: Stage) -> None:
    stage.run(f"CREATE TABLE key_of AS SELECT person_id, {_padded('person_id')} AS key, born_on "
              "FROM in_person")  # fmt: skip
    numbering.add(
        stage,
        "person",
        "(SELECT k.key, p.born_on, p.sex, p.died_on FROM in_person p JOIN key_of k "
        "USING (person_id))",
    )
    numbering.add(
        stage,
        "residence",
        """(
        SELECT k.key, CASE WHEN is_commune(upper(l.location_source_value))
                      THEN upper(l.location_source_value) ELSE '' END AS commune,
               p.born_on AS starts_on, NULL AS ends_on
        FROM in_person p JOIN key_of k USING (person_id)
        LEFT JOIN in_location l ON l.location_id = p.location_id AND p.location_id <> '')""",
    )
    stage.judge(
        "in_observation_period",
        "SELECT o.*, k.key, as_day(observation_period_start_date) AS starts_on, "
        "as_day(observation_period_end_date) AS ends_on "
        "FROM raw_observation_period o LEFT JOIN key_of k USING (person_id)",
        [
            _blank("observation_period"),
            Check("key IS NULL", reason="personne inconnue", column="person_id"),
            Check("starts_on IS NULL OR ends_on IS NULL", reason="date illisible",
                  column="observation_period_start_date"),
        ],
        text=_text("observation_period"),
    )  # fmt: skip
    stage.keep("in_observation_period")


def _padded(column: str) -> str:
    number = f"try_cast({column} AS BIGINT)"
    return f"CASE WHEN {number} >= 0 THEN printf('%019d', {number}) ELSE {column} END"


_KIND = f"""CASE try_cast(visit_concept_id AS INTEGER)
  WHEN {INPATIENT} THEN 'STAY' WHEN {EMERGENCY_AND_INPATIENT} THEN 'STAY'
  WHEN {EMERGENCY} THEN 'EMERGENCY' WHEN {OUTPATIENT} THEN 'OUTPATIENT'
  WHEN {OFFICE} THEN 'OTHER' END"""

_ENTRY = """CASE upper(admitted_from_source_value) WHEN 'HOME' THEN 'HOME' WHEN '8' THEN 'HOME'
  WHEN 'TRANSFER' THEN 'TRANSFER' WHEN '7' THEN 'TRANSFER' WHEN '0' THEN 'TRANSFER'
  WHEN 'MOVE' THEN 'MOVE' WHEN '6' THEN 'MOVE' WHEN 'BIRTH' THEN 'BIRTH' WHEN 'N' THEN 'BIRTH'
  ELSE '' END"""

_EXIT = """CASE upper(discharged_to_source_value) WHEN 'HOME' THEN 'HOME' WHEN '8' THEN 'HOME'
  WHEN 'TRANSFER' THEN 'TRANSFER' WHEN '7' THEN 'TRANSFER' WHEN '0' THEN 'TRANSFER'
  WHEN 'MOVE' THEN 'MOVE' WHEN '6' THEN 'MOVE' WHEN 'DEATH' THEN 'DEATH' WHEN '9' THEN 'DEATH'
  WHEN 'AGAINST_ADVICE' THEN 'AGAINST_ADVICE' ELSE '' END"""

_OUTCOME = """CASE upper(discharged_to_source_value) WHEN 'HOME' THEN 'HOME' WHEN '8' THEN 'HOME'
  WHEN 'ADMITTED' THEN 'ADMITTED' WHEN '6' THEN 'ADMITTED' WHEN 'TRANSFERRED' THEN 'TRANSFERRED'
  WHEN '7' THEN 'TRANSFERRED' WHEN 'DIED' THEN 'DIED' WHEN '9' THEN 'DIED' ELSE '' END"""


def _read_visits(stage: Stage) -> None:
    stage.step("Contrôle : visites")
    source = f"""
      SELECT v.*, k.key, {_KIND} AS kind, as_day(visit_start_date) AS starts_on,
             as_day(visit_end_date) AS ends_on, coalesce(c.care_site_source_value, '') AS site,
             coalesce(c.place_of_service_source_value, '') AS organization,
             {_padded("visit_occurrence_id")} AS stay_key
      FROM raw_visit_occurrence v LEFT JOIN key_of k USING (person_id)
      LEFT JOIN (SELECT * EXCLUDE (file, row) FROM in_care_site) c
        ON c.care_site_id = v.care_site_id AND v.care_site_id <> ''
    """
    stage.judge(
        "in_visit",
        source,
        [
            _blank("visit_occurrence"),
            Check("key IS NULL", reason="personne inconnue", column="person_id"),
            Check("kind IS NULL", rule="NOT_OBSERVED"),
            Check("starts_on IS NULL", reason="date illisible", column="visit_start_date"),
            Check("kind = 'STAY' AND ends_on IS NULL", reason="date illisible",
                  column="visit_end_date"),
            Check("kind = 'STAY' AND ends_on < starts_on", reason="sortie avant l'entrée",
                  column="visit_end_date"),
        ],
        text=_text("visit_occurrence"),
        once="visit_occurrence_id",
    )  # fmt: skip
    stage.keep("in_visit")
    _read_costs(stage)


def _read_costs(stage: Stage) -> None:
    """Amounts of visits: what was paid, else what was charged, else what it cost; the rows of a
    visit add up."""
    amounts = ", ".join(
        f"as_amount({name})" for name in ("total_paid", "total_charge", "total_cost")
    )
    currency = "coalesce(try_cast(currency_concept_id AS INTEGER), 0)"
    stage.judge(
        "in_cost",
        f"SELECT c.*, coalesce({amounts}) AS amount, v.kind FROM raw_cost c "
        "LEFT JOIN (SELECT visit_occurrence_id, kind FROM in_visit) v "
        "ON v.visit_occurrence_id = c.cost_event_id",
        [
            _blank("cost"),
            Check("lower(cost_domain_id) <> 'visit'", rule="UNUSED"),
            Check("kind IS NULL OR kind <> 'STAY'", rule="PARENT"),
            Check(f"{currency} NOT IN (0, {EURO})", rule="CURRENCY"),
            Check("amount IS NULL", reason="montant illisible", column="total_paid"),
            Check("amount < 0", reason="montant négatif", column="total_paid"),
        ],
        text=_text("cost"),
    )
    stage.keep("in_cost")


_CODED = (
    "coalesce(CASE WHEN {form}(as_code({value})) THEN as_code({value}) END, "
    "as_code(s.concept_code))"
)


def _coded(value: str, form: str) -> str:
    return _CODED.format(value=value, form=form)


def _concept(column: str) -> str:
    return (
        f"LEFT JOIN (SELECT concept_id, concept_code FROM in_concept) s "
        f"ON s.concept_id = {column} AND {column} <> ''"
    )


def _read_conditions(stage: Stage) -> None:
    stage.step("Contrôle : diagnostics")
    primary = f"try_cast(condition_status_concept_id AS INTEGER) IN {PRIMARY}"
    source = f"""
      SELECT c.*, k.key, v.kind, v.stay_key, {_coded("condition_source_value", "is_icd")} AS code,
             coalesce({primary}, false) AS is_main,
             row_number() OVER (PARTITION BY visit_occurrence_id, {primary}
                                ORDER BY c.file, c.row) AS rank
      FROM raw_condition_occurrence c LEFT JOIN key_of k USING (person_id)
      {_concept("condition_source_concept_id")}
      LEFT JOIN (SELECT visit_occurrence_id, kind, stay_key FROM in_visit) v
        USING (visit_occurrence_id)
    """
    stage.judge(
        "in_condition",
        source,
        [
            _blank("condition_occurrence"),
            Check("key IS NULL", reason="personne inconnue", column="person_id"),
            Check("NOT coalesce(is_icd(code), false)", reason="code mal formé",
                  column="condition_source_value"),
            Check("kind IS NULL", rule="NOT_OBSERVED"),
        ],
        text=_text("condition_occurrence"),
    )  # fmt: skip
    stage.keep("in_condition")
    mains = "(SELECT visit_occurrence_id, code FROM in_condition WHERE is_main AND rank = 1) m"
    numbering.add(
        stage,
        "stay",
        f"""(
        SELECT v.stay_key, v.key, v.site, v.organization, v.starts_on AS entered_on,
               v.ends_on AS left_on, {_ENTRY} AS entry,
               try_cast(visit_concept_id AS INTEGER) = {EMERGENCY_AND_INPATIENT} AS from_emergency,
               {_EXIT} AS "exit", coalesce(m.code, '') AS main, '' AS related, '' AS "group",
               0 AS sessions, p.amount AS cost
        FROM in_visit v LEFT JOIN {mains} USING (visit_occurrence_id)
        LEFT JOIN (SELECT cost_event_id, round(sum(amount), 2) AS amount FROM in_cost
                   GROUP BY cost_event_id) p ON p.cost_event_id = v.visit_occurrence_id
        WHERE v.kind = 'STAY')""",
    )
    numbering.add(
        stage,
        "visit",
        f"""(
        SELECT v.key, v.kind, '' AS specialty, v.starts_on AS visited_on, v.site,
               CASE WHEN v.kind = 'EMERGENCY' THEN {_OUTCOME} ELSE '' END AS outcome,
               CASE WHEN v.kind = 'EMERGENCY' THEN coalesce(m.code, '') ELSE '' END AS main
        FROM in_visit v LEFT JOIN {mains} USING (visit_occurrence_id) WHERE v.kind <> 'STAY')""",
    )
    numbering.add(
        stage,
        "diagnosis",
        "(SELECT stay_key, code, 'ASSOCIATED' AS role, 0 AS unit FROM in_condition "
        "WHERE kind = 'STAY' AND NOT (is_main AND rank = 1))",
    )


def _read_acts(stage: Stage) -> None:
    for name, column, system in (("procedure_occurrence", "procedure", "CCAM"),
                                 ("measurement", "measurement", "NABM")):  # fmt: skip
        stage.step(f"Contrôle : {name}")
        form = "'[A-Z]{4}[0-9]{3}.*'" if system == "CCAM" else "'[0-9]{1,4}'"
        code = f"coalesce(nullif(upper({column}_source_value), ''), s.concept_code)"
        shown = "substr(code, 1, 7)" if system == "CCAM" else "lpad(code, 4, '0')"
        stage.judge(
            f"in_{name}",
            f"SELECT o.*, k.key, v.stay_key, as_day({column}_date) AS done_on, {code} AS code "
            f"FROM raw_{name} o LEFT JOIN key_of k USING (person_id) "
            f"{_concept(f'{column}_source_concept_id')} "
            "LEFT JOIN (SELECT visit_occurrence_id, stay_key FROM in_visit WHERE kind = 'STAY') v "
            "USING (visit_occurrence_id)",
            [
                _blank(name),
                Check("key IS NULL", reason="personne inconnue", column="person_id"),
                Check("done_on IS NULL", reason="date illisible", column=f"{column}_date"),
                Check(f"NOT coalesce(regexp_full_match(code, {form}), false)", rule="UNUSED"),
            ],
            text=_text(name),
        )
        stage.keep(f"in_{name}")
        numbering.add(
            stage,
            "procedure",
            f"(SELECT key, stay_key, '{system}' AS system, {shown} AS code, done_on "
            f"FROM in_{name})",
        )


def _read_drugs(stage: Stage) -> None:
    stage.step("Contrôle : médicaments")
    source = f"""
      SELECT d.*, k.key, as_day(drug_exposure_start_date) AS starts_on,
             coalesce({_coded("drug_source_value", "is_atc")}, as_code(t.concept_code)) AS atc,
             coalesce(try_cast(quantity AS DOUBLE), 1) AS packs,
             coalesce(try_cast(days_supply AS DOUBLE), 0) AS days
      FROM raw_drug_exposure d LEFT JOIN key_of k USING (person_id)
      {_concept("drug_source_concept_id")}
      LEFT JOIN (SELECT concept_id, concept_code FROM in_concept WHERE vocabulary_id = 'ATC') t
        ON t.concept_id = drug_concept_id AND drug_concept_id <> ''
    """
    stage.judge(
        "in_drug",
        source,
        [
            _blank("drug_exposure"),
            Check("key IS NULL", reason="personne inconnue", column="person_id"),
            Check("starts_on IS NULL", reason="date illisible", column="drug_exposure_start_date"),
            Check("NOT coalesce(is_atc(atc), false)", rule="NO_ATC"),
        ],
        text=_text("drug_exposure"),
    )
    stage.keep("in_drug")
    numbering.add(
        stage,
        "dispensing",
        "(SELECT key, atc, starts_on AS dispensed_on, "
        "CAST(greatest(least(packs, 32767), 1) AS SMALLINT) AS packs, "
        "CAST(greatest(least(days, 32767), 0) AS SMALLINT) AS days, "
        "days / greatest(packs, 1) >= 80 AS large "
        "FROM in_drug)",
    )
