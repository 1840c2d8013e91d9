"""From rows that name people and stays as their files do, to events that number them.

A loader leaves tables whose columns are those of the event model, people named by ``key`` and stays
by ``stay_key`` (text). Here they get numbers, in the order of their names, and are written. Which
number is whose is written apart, and only when the data set may name people.
"""

from __future__ import annotations

from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.reading.staging import Stage
from maillage.engines.indicators.store import EventWriter

_SHAPES = {
    "person": "key VARCHAR, born_on DATE, sex TINYINT, died_on DATE",
    "residence": "key VARCHAR, commune VARCHAR, starts_on DATE, ends_on DATE",
    "long_term": "key VARCHAR, code VARCHAR, starts_on DATE, ends_on DATE",
    "stay": (
        "stay_key VARCHAR, key VARCHAR, site VARCHAR, organization VARCHAR, entered_on DATE, "
        "left_on DATE, entry VARCHAR, from_emergency BOOLEAN, exit VARCHAR, main VARCHAR, "
        'related VARCHAR, "group" VARCHAR, sessions SMALLINT, cost DOUBLE'
    ),
    "diagnosis": "stay_key VARCHAR, code VARCHAR, role VARCHAR, unit SMALLINT",
    "procedure": "key VARCHAR, stay_key VARCHAR, system VARCHAR, code VARCHAR, done_on DATE",
    "dispensing": (
        "key VARCHAR, atc VARCHAR, dispensed_on DATE, packs SMALLINT, days SMALLINT, large BOOLEAN"
    ),
    "visit": (
        "key VARCHAR, kind VARCHAR, specialty VARCHAR, visited_on DATE, site VARCHAR, "
        "outcome VARCHAR, main VARCHAR"
    ),
    "population": ("year SMALLINT, commune VARCHAR, sex TINYINT, age TINYINT, residents DOUBLE"),
}

IDENTITIES = "identities.parquet"


def prepare(stage: Stage) -> None:
    """Make the empty tables ``e_<name>`` that a loader fills."""
    for name, columns in _SHAPES.items():
        stage.run(f"CREATE TABLE e_{name} ({columns})")


def add(stage: Stage, name: str, sql: str) -> None:
    """Fill one of them from a query, by column name."""
    stage.run(f"INSERT INTO e_{name} BY NAME {sql}")


def resolve_people(stage: Stage) -> None:
    """Make one person of what files say of each key.

    Reads ``seen`` (key, born_on, sex, priority): the best source first (0), then what is said most
    often, then the earliest. Reads ``died`` (key, died_on): the earliest day.
    """
    stage.run(
        """
        INSERT INTO e_person BY NAME
        WITH said AS (
          SELECT key, born_on, sex, priority * 1000000000 - count(*) AS rank
          FROM seen GROUP BY key, born_on, sex, priority
        ), ends AS (SELECT key, min(died_on) AS died_on FROM died GROUP BY key)
        SELECT s.key, arg_min(s.born_on, (s.rank, s.born_on, s.sex)) AS born_on,
               arg_min(s.sex, (s.rank, s.born_on, s.sex)) AS sex, any_value(e.died_on) AS died_on
        FROM said s LEFT JOIN ends e USING (key) GROUP BY s.key
        """
    )
    unsure = stage.one(
        "SELECT count(*) FROM (SELECT key FROM seen GROUP BY key "
        "HAVING count(DISTINCT (born_on, sex)) > 1)"
    )
    if unsure:
        stage.notes.append(
            "Personnes dont la date de naissance ou le sexe change d'une ligne à l'autre : "
            f"{unsure}. La source la plus sûre, puis la valeur la plus fréquente, est retenue."
        )


def resolve_residences(stage: Stage) -> None:
    """Make residences of where people were seen.

    Reads ``lived`` (key, commune, seen_on): the first commune counts from birth, each other from
    the day on which it is first seen. People seen nowhere get an unknown commune.
    """
    stage.run(
        """
        INSERT INTO e_residence BY NAME
        WITH days AS (
          SELECT key, seen_on, min(commune) AS commune FROM lived
          WHERE commune <> '' GROUP BY key, seen_on
        ), changes AS (
          SELECT key, seen_on, commune,
                 lag(commune) OVER (PARTITION BY key ORDER BY seen_on) AS before
          FROM days
        ), kept AS (
          SELECT key, seen_on, commune,
                 row_number() OVER (PARTITION BY key ORDER BY seen_on) AS rank,
                 lead(seen_on) OVER (PARTITION BY key ORDER BY seen_on) AS ends_on
          FROM changes WHERE before IS NULL OR before <> commune
        )
        SELECT p.key, coalesce(k.commune, '') AS commune,
               CASE WHEN coalesce(k.rank, 1) = 1
                    THEN least(p.born_on, coalesce(k.seen_on, p.born_on))
                    ELSE k.seen_on END AS starts_on, k.ends_on
        FROM e_person p LEFT JOIN kept k USING (key)
        """
    )


def finish(stage: Stage, writer: EventWriter) -> None:
    """Number people and stays and write all events. Rows of people who are not in ``e_person``
    must have been settled before: they would be left out here."""
    stage.step("Numérotation des personnes et des séjours")
    stage.run(
        "CREATE TABLE person_number AS "
        "SELECT key, row_number() OVER (ORDER BY key) AS person FROM e_person"
    )
    stage.run(
        "CREATE TABLE stay_number AS SELECT s.stay_key, n.person, "
        "row_number() OVER (ORDER BY s.stay_key) AS stay "
        "FROM e_stay s JOIN person_number n USING (key)"
    )
    for name, table in TABLES.items():
        stage.step(f"Écriture : {table.label.lower()}")
        stage.emit(writer, name, _select(name))
    if stage.options.is_nominative:
        path = str(stage.options.out / IDENTITIES).replace("'", "''")
        stage.run(
            "COPY (SELECT person, key AS identifier FROM person_number ORDER BY person) "
            f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )


def _select(name: str) -> str:
    columns = [one.name for one in TABLES[name].columns if one.name not in ("person", "stay")]
    others = ", ".join(f'e."{one}"' for one in columns)
    if name == "population":
        return f"SELECT {others} FROM e_population e"
    if name in ("stay", "diagnosis"):
        return (
            f"SELECT n.stay, n.person, {others} FROM e_{name} e JOIN stay_number n USING (stay_key)"
        )
    if name == "procedure":
        return (
            f"SELECT p.person, n.stay, {others} FROM e_procedure e "
            "JOIN person_number p USING (key) LEFT JOIN stay_number n USING (stay_key)"
        )
    return f"SELECT n.person, {others} FROM e_{name} e JOIN person_number n USING (key)"
