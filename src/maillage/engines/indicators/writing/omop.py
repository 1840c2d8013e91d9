"""A store as tables of the OMOP common data model, version 5.4.

Lost: former residences, long-term conditions, groups, sessions, units of diagnoses,
related diagnoses (they become associated ones), specialties, and the kinds of city visits.
"""

from __future__ import annotations

from pathlib import Path

from maillage.engines.indicators.reading import omop
from maillage.engines.indicators.writing.opening import Source, start


def write_omop(folder: Path, out: Path, *, form: str = "csv") -> dict[str, int]:
    """Write a store as OMOP tables; the rows of each. ``form``: « csv » or « parquet ». Raises
    ``Invalid`` when the folder is not a store."""
    with Source(folder) as source:
        _select(source)
        start(out)
        write = source.write_parquet if form == "parquet" else source.write_csv
        return {name: write(out / f"{name}.{form}", sql) for name, sql in _TABLES.items()}


def _select(source: Source) -> None:
    source.run(
        """
        CREATE TABLE seen AS
        SELECT person, stay, site, organization, entered_on AS starts_on, left_on AS ends_on,
               entry AS came, "exit" AS went, main, related, from_emergency, 'STAY' AS kind,
               stay AS id FROM stay
        UNION ALL
        SELECT person, NULL, site, '', visited_on, visited_on, '', outcome, main, '', false, kind,
               (SELECT coalesce(max(stay), 0) FROM stay)
                 + row_number() OVER (ORDER BY visited_on, person, kind, site, outcome, main)
        FROM visit
        """
    )
    source.run(
        "CREATE TABLE place AS SELECT site, organization, row_number() OVER "
        "(ORDER BY site, organization) AS id FROM (SELECT DISTINCT site, organization FROM seen "
        "WHERE site <> '' OR organization <> '')"
    )
    source.run(
        "CREATE TABLE home AS SELECT commune, row_number() OVER (ORDER BY commune) AS id "
        "FROM (SELECT DISTINCT commune FROM residence WHERE commune <> '')"
    )


_CONDITIONS = f"""
  SELECT row_number() OVER (ORDER BY id, rank, code) AS condition_occurrence_id,
         person AS person_id, starts_on AS condition_start_date, id AS visit_occurrence_id,
         code AS condition_source_value, 0 AS condition_concept_id,
         CASE rank WHEN 1 THEN {omop.PRIMARY[0]} ELSE 32908 END AS condition_status_concept_id
  FROM (
    SELECT id, person, starts_on, main AS code, 1 AS rank FROM seen WHERE main <> ''
    UNION ALL SELECT id, person, starts_on, related, 2 FROM seen WHERE related <> ''
    UNION ALL SELECT s.id, s.person, s.starts_on, d.code, 3 FROM diagnosis d JOIN seen s
      ON s.stay = d.stay WHERE d.role = 'ASSOCIATED')
  ORDER BY id, rank, code
"""

_TABLES = {
    "person": f"""
      SELECT p.person AS person_id,
             CASE p.sex WHEN 1 THEN {omop.MALE} ELSE {omop.FEMALE} END AS gender_concept_id,
             year(born_on) AS year_of_birth, month(born_on) AS month_of_birth,
             day(born_on) AS day_of_birth,
             (SELECT any_value(h.id) FROM home h WHERE h.commune = (
                SELECT arg_max(r.commune, r.starts_on) FROM residence r
                WHERE r.person = p.person)) AS location_id
      FROM person p ORDER BY p.person""",
    "death": "SELECT person AS person_id, died_on AS death_date FROM person "
    "WHERE died_on IS NOT NULL ORDER BY person",
    "location": "SELECT id AS location_id, commune AS location_source_value, '' AS zip FROM home "
    "ORDER BY id",
    "care_site": "SELECT id AS care_site_id, site AS care_site_source_value, "
    "organization AS place_of_service_source_value FROM place ORDER BY id",
    "observation_period": """
      SELECT row_number() OVER (ORDER BY person) AS observation_period_id, person AS person_id,
             min(starts_on) AS observation_period_start_date,
             max(ends_on) AS observation_period_end_date
      FROM seen GROUP BY person ORDER BY person""",
    "visit_occurrence": f"""
      SELECT s.id AS visit_occurrence_id, s.person AS person_id,
             CASE WHEN kind = 'STAY' AND from_emergency THEN {omop.EMERGENCY_AND_INPATIENT}
                  WHEN kind = 'STAY' THEN {omop.INPATIENT}
                  WHEN kind = 'EMERGENCY' THEN {omop.EMERGENCY}
                  WHEN kind = 'OUTPATIENT' THEN {omop.OUTPATIENT}
                  ELSE {omop.OFFICE} END AS visit_concept_id,
             starts_on AS visit_start_date, ends_on AS visit_end_date, p.id AS care_site_id,
             came AS admitted_from_source_value, went AS discharged_to_source_value
      FROM seen s LEFT JOIN place p ON p.site = s.site AND p.organization = s.organization
      ORDER BY s.id""",
    "cost": f"""
      SELECT row_number() OVER (ORDER BY stay) AS cost_id, stay AS cost_event_id,
             'Visit' AS cost_domain_id, 0 AS cost_type_concept_id,
             {omop.EURO} AS currency_concept_id, cost AS total_paid
      FROM stay WHERE cost IS NOT NULL ORDER BY stay""",
    "condition_occurrence": _CONDITIONS,
    "procedure_occurrence": """
      SELECT row_number() OVER (ORDER BY person, done_on, code) AS procedure_occurrence_id,
             person AS person_id, done_on AS procedure_date, code AS procedure_source_value,
             stay AS visit_occurrence_id, 0 AS procedure_concept_id
      FROM "procedure" WHERE system = 'CCAM' ORDER BY person, done_on, code""",
    "measurement": """
      SELECT row_number() OVER (ORDER BY person, done_on, code) AS measurement_id,
             person AS person_id, done_on AS measurement_date, code AS measurement_source_value,
             stay AS visit_occurrence_id, 0 AS measurement_concept_id
      FROM "procedure" WHERE system = 'NABM' ORDER BY person, done_on, code""",
    "drug_exposure": """
      SELECT row_number() OVER (ORDER BY person, dispensed_on, atc) AS drug_exposure_id,
             person AS person_id, dispensed_on AS drug_exposure_start_date,
             atc AS drug_source_value, 0 AS drug_concept_id, packs AS quantity,
             days AS days_supply
      FROM dispensing ORDER BY person, dispensed_on, atc""",
}
