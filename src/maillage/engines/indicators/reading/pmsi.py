"""Files of one hospital: summaries of stays (RSS or RSA), chaining, emergency visits (RPU).

Which file is what is told by its first lines, never by its name. RSS hold days, birth and postal
code, and name the stay; VID-HOSP, ANO-HOSP or a local table say whose stay it is (the local
identifier, IPP). RSA hold an age and a month; the ANO file gives their days and an anonymous
number. A local table of patients (IPP, birth, sex, commune, death) is the best source when there
is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from maillage.engines.indicators.reading import (
    files,
    layouts,
    numbering,
    pmsi_rsa,
    pmsi_rss,
    tariffs,
)
from maillage.engines.indicators.reading.layouts import Layout
from maillage.engines.indicators.reading.staging import Check, Stage
from maillage.engines.indicators.store import EventWriter
from maillage.vocabulary.errors import Invalid

_SNIFFED_LINES = 20
_FAMILIES = ("rss", "rsa", "ano", "vidhosp", "anohosp", "um")
_TABLES = ("rpu", "patients", "chaining", "units", "communes", "tariffs")


def family_of(path: Path, known: dict[str, list[Layout]]) -> str:
    """What a file is: a family of fixed-width files, a table of delimited ones, or ''."""
    head = files.read_head(path)
    lines = [line.rstrip("\r") for line in head.split("\n")[:_SNIFFED_LINES]]
    lines = [line for line in lines if line.strip()]
    if not lines:
        return ""
    for family in _FAMILIES:
        found = sum(any(one.matches(line) for one in known[family]) for line in lines)
        if found * 2 > len(lines):
            return family
    separator = max(files.SEPARATORS, key=lines[0].count)
    names = {_bare(name) for name in lines[0].split(separator)}
    aliases = layouts.load_aliases()
    for table in _TABLES:
        wanted = [one.names for one in aliases[table].values() if one.is_required]
        if all(names & {_bare(name) for name in one} for one in wanted):
            return table
    return ""


def _bare(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.strip().strip('"').upper())
    return re.sub(r"[^A-Z0-9_]", "", text.replace(" ", "_"))


def is_of_this_kind(paths: Iterable[Path]) -> bool:
    """True when a file holds summaries of stays."""
    known = layouts.load_layouts()
    return any(
        family_of(path, known) in ("rss", "rsa")
        for path in paths
        if path.suffix.lower() not in (".parquet", ".pq")
    )


def read(stage: Stage, paths: list[Path], writer: EventWriter) -> list[Path]:
    """Read all files. Returns those that were not read."""
    known = layouts.load_layouts(stage.options.layouts)
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(family_of(path, known), []).append(path)
    rss, rsa = groups.get("rss", []), groups.get("rsa", [])
    _check_groups(groups)
    stage.plan(len(paths) + 24)
    _warn_of_recalled(stage, known, groups)
    numbering.prepare(stage)
    stage.run("CREATE TABLE seen (key VARCHAR, born_on DATE, sex TINYINT, priority TINYINT)")
    stage.run("CREATE TABLE lived (key VARCHAR, commune VARCHAR, seen_on DATE)")
    stage.run("CREATE TABLE died (key VARCHAR, died_on DATE)")
    _load_communes(stage, groups.get("communes", []))
    _load_patients(stage, groups.get("patients", []))
    if rss:
        pmsi_rss.read(stage, known, groups)
    if rsa:
        pmsi_rsa.read(stage, known, groups)
    tariffs.read(stage, groups.get("tariffs", []))
    _read_visits(stage, groups.get("rpu", []))
    _finish(stage, writer)
    return groups.get("", [])


def _check_groups(groups: dict[str, list[Path]]) -> None:
    if groups.get("rss") and groups.get("rsa"):
        raise Invalid(
            "population.pmsi",
            "Ce dossier contient à la fois des RSS et des RSA : ce sont les mêmes séjours. "
            "Chargez les uns ou les autres.",
        )
    if not groups.get("rss") and not groups.get("rsa"):
        raise Invalid("population.pmsi", "Ce dossier ne contient ni RSS groupés ni RSA.")
    if groups.get("rss") and not any(groups.get(one) for one in ("vidhosp", "anohosp", "chaining")):
        raise Invalid(
            "population.pmsi",
            "Il manque le chaînage des séjours : un fichier VID-HOSP, ANO-HOSP, ou une table "
            "des séjours et de leurs patients (colonnes NAS et IPP).",
        )
    if groups.get("rsa") and not groups.get("ano"):
        raise Invalid("population.pmsi", "Il manque le fichier ANO, qui chaîne et date les RSA.")


def _warn_of_recalled(
    stage: Stage, known: dict[str, list[Layout]], groups: dict[str, list[Path]]
) -> None:
    unsure = []
    for family in _FAMILIES:
        for path in groups.get(family, []):
            lines = files.read_head(path).split("\n")[:1]
            for one in known[family]:
                if one.status != layouts.CONFIRMED and one.matches(lines[0]):
                    unsure.append(f"{family.upper()} {one.version}")
    if unsure:
        names = ", ".join(sorted(set(unsure)))
        stage.notes.append(f"Dispositions à confirmer par le DIM : {names}.")


def _load_communes(stage: Stage, paths: list[Path]) -> None:
    stage.load("raw_communes", paths, "codes-communes", layouts.fields_of("communes"))
    stage.judge(
        "in_communes",
        "SELECT * FROM raw_communes",
        [
            Check("code || commune = ''", rule="EMPTY"),
            Check("NOT is_commune(upper(commune))", reason="code commune mal formé",
                  column="commune"),
        ],
        text="concat_ws(';', code, commune)",
        once="code",
    )  # fmt: skip
    stage.keep("in_communes")
    stage.run("CREATE TABLE commune_of AS SELECT code, upper(commune) AS commune FROM in_communes")
    stage.register_communes("given")
    stage.run(
        "INSERT INTO commune_of SELECT code, commune FROM given "
        "WHERE code NOT IN (SELECT code FROM commune_of)"
    )
    stage.connection.unregister("given")


def _load_patients(stage: Stage, paths: list[Path]) -> None:
    stage.load("raw_patients", paths, "patients", layouts.fields_of("patients"))
    source = """
      SELECT file, row, patient, as_day(born_on) AS born, upper(commune) AS commune, died_on,
             real_day(as_day(died_on)) AS died, sex AS sex_text, born_on,
             CASE upper(sex) WHEN '1' THEN 1 WHEN 'M' THEN 1 WHEN 'H' THEN 1
                             WHEN '2' THEN 2 WHEN 'F' THEN 2 END AS sex
      FROM raw_patients
    """
    stage.judge(
        "in_patients",
        source,
        [
            Check("patient || born_on || sex_text || commune = ''", rule="EMPTY"),
            Check("patient = ''", reason="identifiant du patient absent", column="patient"),
            Check("born IS NULL OR year(born) = 1600", reason="date illisible", column="born_on"),
            Check("sex IS NULL", reason="sexe inconnu", column="sex"),
            Check("died_on <> '' AND as_day(died_on) IS NULL", reason="date illisible",
                  column="died_on"),
            Check("died < born", reason="décès avant la naissance", column="died_on"),
            Check("commune <> '' AND NOT is_commune(commune)", reason="code commune mal formé",
                  column="commune"),
        ],
        text="concat_ws(';', patient, born_on, sex_text, commune, died_on)",
        once="patient",
    )  # fmt: skip
    stage.keep("in_patients")
    stage.run("INSERT INTO seen SELECT patient, born, sex, 0 FROM in_patients")
    stage.run(
        "INSERT INTO lived SELECT patient, commune, born FROM in_patients WHERE commune <> ''"
    )
    stage.run("INSERT INTO died SELECT patient, died FROM in_patients WHERE died IS NOT NULL")


_OUTCOME = """
  CASE upper(substr("exit", 1, 1)) WHEN '6' THEN 'ADMITTED' WHEN 'M' THEN 'ADMITTED'
    WHEN '7' THEN 'TRANSFERRED' WHEN 'T' THEN 'TRANSFERRED' WHEN '8' THEN 'HOME'
    WHEN '9' THEN 'DIED' WHEN 'D' THEN
      CASE WHEN upper("exit") LIKE 'DOM%' THEN 'HOME' ELSE 'DIED' END
    ELSE '' END
"""


def _read_visits(stage: Stage, paths: list[Path]) -> None:
    stage.step("Contrôle : passages aux urgences")
    stage.load("raw_rpu", paths, "rpu", layouts.fields_of("rpu"))
    source = f"""
      SELECT file, row, patient, finess, "exit", born_on, sex AS sex_text, entered_on, main AS said,
             as_day(born_on) AS born, as_day(entered_on) AS entered, as_code(main) AS main,
             CASE upper(sex) WHEN '1' THEN 1 WHEN 'M' THEN 1 WHEN 'H' THEN 1
                             WHEN '2' THEN 2 WHEN 'F' THEN 2 END AS sex,
             {_OUTCOME} AS outcome,
             CASE WHEN is_commune(upper(commune)) THEN upper(commune)
                  ELSE (SELECT any_value(c.commune) FROM commune_of c WHERE c.code = postal) END
               AS commune
      FROM raw_rpu
    """
    stage.judge(
        "in_rpu",
        source,
        [
            Check("patient || finess || entered_on || born_on = ''", rule="EMPTY"),
            Check("patient = ''", rule="UNCHAINED"),
            Check("entered IS NULL", reason="date illisible", column="entered_on"),
            Check("born IS NULL", reason="date illisible", column="born_on"),
            Check("entered < born", reason="passage avant la naissance", column="entered_on"),
            Check("sex IS NULL", reason="sexe inconnu", column="sex"),
            Check("main <> '' AND NOT is_icd(main)", reason="code mal formé", column="main"),
        ],
        text="concat_ws(';', finess, patient, born_on, sex_text, entered_on, said, \"exit\")",
        once="patient, finess, entered_on",
    )
    stage.keep("in_rpu")
    stage.run("INSERT INTO seen SELECT patient, born, sex, 2 FROM in_rpu")
    stage.run(
        "INSERT INTO lived SELECT patient, commune, entered FROM in_rpu WHERE commune IS NOT NULL "
        "AND patient NOT IN (SELECT patient FROM in_patients WHERE commune <> '')"
    )
    numbering.add(
        stage,
        "visit",
        "(SELECT patient AS key, 'EMERGENCY' AS kind, '' AS specialty, entered AS visited_on, "
        "finess AS site, outcome, main FROM in_rpu)",
    )


def _finish(stage: Stage, writer: EventWriter) -> None:
    stage.run(
        "INSERT INTO died SELECT key, left_on FROM e_stay WHERE \"exit\" = 'DEATH' "
        "AND key NOT IN (SELECT key FROM died)"
    )
    # People of the table of patients who never came are not part of the events.
    stage.run(
        "DELETE FROM seen WHERE key NOT IN (SELECT key FROM e_stay UNION SELECT key FROM e_visit)"
    )
    numbering.resolve_people(stage)
    numbering.resolve_residences(stage)
    unknown = stage.one("SELECT count(*) FROM e_residence WHERE commune = ''")
    if unknown:
        stage.notes.append(
            f"Personnes sans commune de résidence : {unknown}. Ajoutez une table des patients avec "
            "leur commune, ou une table des codes postaux et de leur commune."
        )
    numbering.finish(stage, writer)
