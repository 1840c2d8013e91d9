"""A store as a bulk export of FHIR R4 resources (NDJSON).

Lost: long-term conditions, sessions, tariffs, units of diagnoses, specialties and city visits,
large packs of which the days are unknown.
"""

from __future__ import annotations

from pathlib import Path

from maillage.engines.indicators.writing.opening import Source, start

_ICD = "http://hl7.org/fhir/sid/icd-10"
_ATC = "http://www.whocc.no/atc"
_CCAM = "https://smt.esante.gouv.fr/terminologie-ccam"
_NABM = "https://smt.esante.gouv.fr/terminologie-nabm"
_GHM = "https://smt.esante.gouv.fr/terminologie-ghm"
_GROUP = '"group"'
_INSEE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"


def write_fhir(folder: Path, out: Path) -> dict[str, int]:
    """Write a store as NDJSON files; the lines of each. Raises ``Invalid`` when the folder is not
    a store."""
    with Source(folder) as source:
        _select(source)
        start(out)
        return {
            name: source.write_lines(out / f"{name}.ndjson", f"SELECT {sql}", line_end="\n")
            for name, sql in _RESOURCES.items()
        }


def _select(source: Source) -> None:
    source.run(
        """
        CREATE TABLE seen AS
        SELECT person, stay, site, organization, entered_on AS starts_on, left_on AS ends_on,
               entry AS came, "exit" AS went, main, related, from_emergency, "group",
               'IMP' AS class, stay AS id FROM stay
        UNION ALL
        SELECT person, NULL, site, '', visited_on, visited_on, '', outcome, main, '', false, '',
               CASE kind WHEN 'EMERGENCY' THEN 'EMER' ELSE 'AMB' END,
               (SELECT coalesce(max(stay), 0) FROM stay)
                 + row_number() OVER (ORDER BY visited_on, person, kind, site, outcome, main)
        FROM visit WHERE kind IN ('EMERGENCY', 'OUTPATIENT')
        """
    )
    source.run(
        """
        CREATE TABLE said AS
        SELECT id AS encounter, person, code, role,
               'c' || row_number() OVER (ORDER BY id, role, code) AS id FROM (
          SELECT id, person, main AS code, 1 AS role FROM seen WHERE main <> ''
          UNION ALL SELECT id, person, related, 2 FROM seen WHERE related <> ''
          UNION ALL SELECT s.id, s.person, d.code, 3 FROM diagnosis d JOIN seen s
            ON s.stay = d.stay WHERE d.role = 'ASSOCIATED')
        """
    )


def _reference(kind: str, sql: str) -> str:
    return f"{{'reference': '{kind}/' || {sql}}}"


def _coding(system: str, sql: str) -> str:
    return f"{{'coding': [{{'system': '{system}', 'code': {sql}}}]}}"


def _json(**fields: str) -> str:
    """The text of a JSON object, fields without a value left out (FHIR has no nulls)."""
    pairs = ", ".join(f"'{name}': {sql}" for name, sql in fields.items())
    return f"CAST({_without_nulls(f'{{{pairs}}}')} AS VARCHAR)"


def _without_nulls(value: str) -> str:
    """A JSON object without its null fields, nor those of its objects; lists are left as they are
    (RFC 7396)."""
    return f"json_merge_patch('{{}}', to_json({value}))"


def _codes(*codes: str) -> str:
    """A concept of those of the codes that are not null, or null."""
    several = ", ".join(f"{{'code': {sql}}}" for sql in codes)
    known = f"list_filter([{several}], lambda x: x.code IS NOT NULL)"
    return f"CASE WHEN len({known}) > 0 THEN {{'coding': {known}}} END"


_PLACE = f"""{{
    'period': {{'start': CAST(r.starts_on AS VARCHAR), 'end': CAST(r.ends_on - 1 AS VARCHAR)}},
    'extension': CASE WHEN r.commune <> ''
      THEN [{{'url': '{_INSEE}', 'valueCoding': {{'code': r.commune}}}}] END
  }}"""

_ADDRESS = (
    f"(SELECT list({_without_nulls(_PLACE)} ORDER BY r.starts_on) "
    "FROM residence r WHERE r.person = p.person)"
)

_ADMITTED = _codes(
    "CASE came WHEN 'TRANSFER' THEN 'hosp-trans' WHEN 'BIRTH' THEN 'born' "
    "WHEN 'MOVE' THEN 'move' WHEN 'HOME' THEN 'home' END",
    "CASE WHEN from_emergency THEN 'emd' END",
)
_DISCHARGED = _codes(
    "CASE went WHEN 'HOME' THEN 'home' WHEN 'DEATH' THEN 'exp' WHEN 'DIED' THEN 'exp' "
    "WHEN 'TRANSFER' THEN 'other-hcf' WHEN 'TRANSFERRED' THEN 'other-hcf' "
    "WHEN 'AGAINST_ADVICE' THEN 'aadvice' WHEN 'MOVE' THEN 'move' "
    "WHEN 'ADMITTED' THEN 'admitted' END"
)
_DIAGNOSES = """(SELECT list({'condition': {'reference': 'Condition/' || d.id},
  'use': {'coding': [{'code': CASE d.role WHEN 1 THEN 'DD' WHEN 2 THEN 'DR' ELSE 'CM' END}]},
  'rank': d.role} ORDER BY d.role, d.code) FROM said d WHERE d.encounter = s.id)"""

_RESOURCES = {
    "Patient": _json(
        resourceType="'Patient'",
        id="CAST(p.person AS VARCHAR)",
        gender="CASE p.sex WHEN 1 THEN 'male' ELSE 'female' END",
        birthDate="CAST(p.born_on AS VARCHAR)",
        deceasedDateTime="CAST(p.died_on AS VARCHAR)",
        address=_ADDRESS,
    )
    + " FROM person p ORDER BY p.person",
    "Location": _json(resourceType="'Location'", id="site", identifier="[{'value': site}]")
    + " FROM (SELECT DISTINCT site FROM seen WHERE site <> '') ORDER BY site",
    "Encounter": _json(
        resourceType="'Encounter'",
        id="CAST(s.id AS VARCHAR)",
        status="'finished'",
        **{"class": "{'code': class}"},
        type=f"CASE WHEN {_GROUP} <> '' THEN [{_coding(_GHM, _GROUP)}] END",
        subject=_reference("Patient", "s.person"),
        period="{'start': CAST(starts_on AS VARCHAR), 'end': CAST(ends_on AS VARCHAR)}",
        location=(
            f"CASE WHEN site <> '' THEN [{{'location': {_reference('Location', 'site')}}}] END"
        ),
        serviceProvider=(
            "CASE WHEN organization <> '' THEN {'identifier': {'value': organization}} END"
        ),
        hospitalization=(
            "CASE WHEN came <> '' OR went <> '' OR from_emergency THEN "
            f"{{'admitSource': {_ADMITTED}, 'dischargeDisposition': {_DISCHARGED}}} END"
        ),
        diagnosis=_DIAGNOSES,
    )
    + " FROM seen s ORDER BY s.id",
    "Condition": _json(
        resourceType="'Condition'",
        id="id",
        code=_coding(_ICD, "code"),
        subject=_reference("Patient", "person"),
        encounter=_reference("Encounter", "encounter"),
    )
    + " FROM said ORDER BY encounter, role, code",
    "Procedure": _json(
        resourceType="'Procedure'",
        id="'p' || row_number() OVER (ORDER BY person, done_on, code)",
        status="'completed'",
        code=_coding(_CCAM, "code"),
        subject=_reference("Patient", "person"),
        encounter=f"CASE WHEN stay IS NOT NULL THEN {_reference('Encounter', 'stay')} END",
        performedDateTime="CAST(done_on AS VARCHAR)",
    )
    + " FROM \"procedure\" WHERE system = 'CCAM' ORDER BY person, done_on, code",
    "Observation": _json(
        resourceType="'Observation'",
        id="'o' || row_number() OVER (ORDER BY person, done_on, code)",
        status="'final'",
        code=_coding(_NABM, "code"),
        subject=_reference("Patient", "person"),
        encounter=f"CASE WHEN stay IS NOT NULL THEN {_reference('Encounter', 'stay')} END",
        effectiveDateTime="CAST(done_on AS VARCHAR)",
    )
    + " FROM \"procedure\" WHERE system = 'NABM' ORDER BY person, done_on, code",
    "MedicationDispense": _json(
        resourceType="'MedicationDispense'",
        id="'m' || row_number() OVER (ORDER BY person, dispensed_on, atc)",
        status="'completed'",
        medicationCodeableConcept=_coding(_ATC, "atc"),
        subject=_reference("Patient", "person"),
        whenHandedOver="CAST(dispensed_on AS VARCHAR)",
        quantity="{'value': packs}",
        daysSupply="CASE WHEN days > 0 THEN {'value': days} END",
    )
    + " FROM dispensing ORDER BY person, dispensed_on, atc",
}
