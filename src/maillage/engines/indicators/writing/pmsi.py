"""The stays of one hospital as its PMSI files: grouped summaries (RSS), their chaining (VID-HOSP),
its units, its emergency visits (RPU) and its patients.

Lost, because the files do not hold it: tariffs, discharges against advice, care outside of this
hospital, the days of units (a stay is cut into equal parts), which unit gave the main diagnosis.
"""

from __future__ import annotations

from pathlib import Path

from maillage.engines.indicators.reading.layouts import Layout, load_layouts
from maillage.engines.indicators.writing.opening import Source, start
from maillage.vocabulary.errors import NotFound

RSS_VERSION, VIDHOSP_VERSION = "122", "V015"

_ENTRY = (
    "CASE entry WHEN 'TRANSFER' THEN '7' WHEN 'MOVE' THEN '6' WHEN 'BIRTH' THEN 'N' "
    "WHEN 'HOME' THEN '8' ELSE ' ' END"
)
_EXIT = (
    "CASE \"exit\" WHEN 'TRANSFER' THEN '7' WHEN 'MOVE' THEN '6' WHEN 'DEATH' THEN '9' "
    "WHEN 'HOME' THEN '8' WHEN 'AGAINST_ADVICE' THEN '8' ELSE ' ' END"
)
_OUTCOME = (
    "CASE outcome WHEN 'ADMITTED' THEN '6' WHEN 'TRANSFERRED' THEN '7' WHEN 'HOME' THEN '8' "
    "WHEN 'DIED' THEN '9' ELSE '' END"
)


def write_pmsi(folder: Path, out: Path, *, organization: str) -> dict[str, int]:
    """Write the files of the hospital with this FINESS number of legal entity; the rows of each.

    Raises ``Invalid`` when the folder is not a store, ``NotFound`` when it holds no stay of this
    hospital."""
    layouts = load_layouts()
    rss = next(one for one in layouts["rss"] if one.version == RSS_VERSION)
    vid = next(one for one in layouts["vidhosp"] if one.version == VIDHOSP_VERSION)
    um = layouts["um"][0]
    with Source(folder) as source:
        _select(source, organization)
        start(out)
        return {
            "rss.txt": source.write_lines(out / "rss.txt", _rss(rss)),
            "vidhosp.txt": source.write_lines(out / "vidhosp.txt", _vidhosp(vid)),
            "um.txt": source.write_lines(out / "um.txt", _units(um)),
            "rpu.csv": source.write_csv(out / "rpu.csv", _RPU),
            "patients.csv": source.write_csv(out / "patients.csv", _PATIENTS),
        }


def _select(source: Source, organization: str) -> None:
    source.run(
        "CREATE TABLE mine AS SELECT * FROM stay WHERE organization = ? AND main <> ''",
        organization,
    )
    if not source.rows("SELECT 1 FROM mine LIMIT 1"):
        raise NotFound(
            "population.organization",
            f"Aucun séjour de l'établissement {organization} dans ces données.",
        )
    source.run(
        "CREATE TABLE my_visit AS SELECT * FROM visit WHERE kind = 'EMERGENCY' "
        "AND site IN (SELECT site FROM mine WHERE site <> '')"
    )
    source.run(
        "CREATE TABLE my_site AS SELECT site, printf('%04d', row_number() OVER (ORDER BY site)) "
        "AS unit FROM (SELECT DISTINCT site FROM mine WHERE site <> '')"
    )
    # The units of a stay: those of its diagnoses, or one. Diagnoses of the stay as a whole and
    # its acts go with the first; a stay shorter than its units has units without a night.
    source.run(
        """
        CREATE TABLE my_unit AS
        WITH told AS (
          SELECT d.stay, d.unit, max(CASE WHEN d.role = 'UNIT_MAIN' THEN d.code END) AS main,
                 max(CASE WHEN d.role = 'UNIT_RELATED' THEN d.code END) AS related
          FROM diagnosis d JOIN mine m USING (stay) WHERE d.unit > 0 GROUP BY d.stay, d.unit
        ), units AS (
          SELECT m.stay, coalesce(t.unit, 1) AS unit, t.main, t.related
          FROM mine m LEFT JOIN told t USING (stay)
        )
        SELECT u.stay, row_number() OVER w AS rank, count(*) OVER (PARTITION BY u.stay) AS units,
               u.unit, coalesce(u.main, m.main) AS main,
               coalesce(u.related, CASE WHEN u.main IS NULL THEN m.related END, '') AS related
        FROM units u JOIN mine m USING (stay) WINDOW w AS (PARTITION BY u.stay ORDER BY u.unit)
        """
    )
    source.run(
        """
        CREATE TABLE my_das AS
        SELECT u.stay, u.rank, count(*) AS n,
               string_agg(rpad(d.code, 8, ' '), '' ORDER BY d.code) AS text
        FROM diagnosis d JOIN my_unit u ON u.stay = d.stay
          AND (u.unit = d.unit OR d.unit = 0 AND u.rank = 1)
        WHERE d.role = 'ASSOCIATED' GROUP BY u.stay, u.rank
        """
    )


def place(layout: Layout, values: dict[str, str], *, length: int) -> str:
    """The SQL of a line: each value, a query of text, at its place, cut or filled with spaces."""
    places = [(layout.line[name], sql) for name, sql in values.items()]
    parts, at = [], 1
    for one, sql in sorted(places, key=lambda item: item[0].start):
        if one.start > at:
            parts.append(f"repeat(' ', {one.start - at})")
        parts.append(f"rpad(left(coalesce({sql}, ''), {one.length}), {one.length}, ' ')")
        at = one.start + one.length
    if at <= length:
        parts.append(f"repeat(' ', {length - at + 1})")
    return " || ".join(parts)


def _day(sql: str) -> str:
    return f"strftime({sql}, '%d%m%Y')"


def _rss(layout: Layout) -> str:
    act = layout.zones["act"]
    record = (
        f"strftime(p.done_on, '%d%m%Y') || rpad(p.code, {act['code'].length}, ' ') || '0' || '1'"
        f" || repeat(' ', {layout.size('act')} - {act['code'].length} - 12) || '01'"
    )
    values = {
        "group": 'm."group"',
        "version": f"'{layout.version}'",
        "finess": "m.organization",
        "rum_version": f"'0{layout.version[1:]}'",
        "rss": "printf('%020d', m.stay)",
        "stay": "printf('%020d', m.stay)",
        "rum": "printf('%010d', u.rank)",
        "born_on": _day("p.born_on"),
        "sex": "CAST(p.sex AS VARCHAR)",
        "unit": "s.unit",
        "entered_on": _day("m.entered_on + CAST(nights * (u.rank - 1) AS INTEGER)"),
        "entry": f"CASE WHEN u.rank > 1 THEN '6' ELSE {_ENTRY} END",
        "left_on": _day(
            "CASE WHEN u.rank = u.units THEN m.left_on ELSE m.entered_on "
            "+ CAST(nights * u.rank AS INTEGER) END"
        ),
        "exit": f"CASE WHEN u.rank < u.units THEN '6' ELSE {_EXIT} END",
        "sessions": "printf('%02d', CASE WHEN u.rank = 1 THEN least(m.sessions, 99) ELSE 0 END)",
        "das_count": "printf('%02d', coalesce(d.n, 0))",
        "dad_count": "'00'",
        "act_count": "printf('%03d', CASE WHEN u.rank = 1 THEN coalesce(a.n, 0) ELSE 0 END)",
        "main": "u.main",
        "related": "u.related",
        "urgency": "CASE WHEN m.from_emergency AND u.rank = 1 THEN '5' ELSE '' END",
    }
    extra = {"version": (10, 3), "rum_version": (25, 3)}
    line = place(_with(layout, extra), values, length=layout.line["zones"].start - 1)
    return f"""
      SELECT {line} || coalesce(d.text, '') || CASE WHEN u.rank = 1 THEN coalesce(a.text, '')
             ELSE '' END AS line
      FROM (SELECT *, CAST((left_on - entered_on) // greatest((SELECT max(units) FROM my_unit x
              WHERE x.stay = mine.stay), 1) AS INTEGER) AS nights FROM mine) m
      JOIN my_unit u USING (stay) JOIN person p ON p.person = m.person
      LEFT JOIN my_site s ON s.site = m.site
      LEFT JOIN my_das d ON d.stay = u.stay AND d.rank = u.rank
      LEFT JOIN (SELECT stay, count(*) AS n, string_agg({record}, '' ORDER BY p.code, p.done_on)
                   AS text
                 FROM "procedure" p WHERE stay IS NOT NULL AND system = 'CCAM' GROUP BY stay) a
        ON a.stay = m.stay
      ORDER BY m.stay, u.rank
    """


def _with(layout: Layout, extra: dict[str, tuple[int, int]]) -> Layout:
    """The layout with the fields that tell its version, which readers find by their pattern."""
    from dataclasses import replace

    from maillage.engines.indicators.reading.layouts import Field

    line = {**layout.line, **{name: Field(*where) for name, where in extra.items()}}
    return replace(layout, zones={**layout.zones, "line": line})


def _vidhosp(layout: Layout) -> str:
    values = {
        "stay": "printf('%020d', m.stay)",
        "version": f"'{layout.version}'",
        "finess": "m.organization",
        "born_on": _day("p.born_on"),
        "sex": "CAST(p.sex AS VARCHAR)",
        "patient": "printf('%012d', m.person)",
    }
    line = place(_with(layout, {"version": (49, 4)}), values, length=468)
    return f"SELECT {line} FROM mine m JOIN person p ON p.person = m.person ORDER BY m.stay"


def _units(layout: Layout) -> str:
    values = {
        "finess": "(SELECT any_value(organization) FROM mine)",
        "format": "'10'",
        "year": "'2024'",
        "month": "'01'",
        "site": "site",
        "unit": "unit",
        "beds": "'001'",
    }
    extra = {"format": (10, 2), "year": (12, 4), "month": (16, 2), "beds": (43, 3)}
    line = place(_with(layout, extra), values, length=45)
    return f"SELECT {line} FROM my_site ORDER BY unit"


_RPU = f"""
  SELECT v.site AS FINESS, printf('%012d', v.person) AS IPP, '' AS CP,
         (SELECT any_value(r.commune) FROM residence r WHERE r.person = v.person
            AND r.starts_on <= v.visited_on
            AND (r.ends_on IS NULL OR r.ends_on > v.visited_on)) AS CODE_COMMUNE,
         strftime(p.born_on, '%d/%m/%Y') AS NAISSANCE,
         CASE p.sex WHEN 1 THEN 'M' ELSE 'F' END AS SEXE,
         strftime(v.visited_on, '%d/%m/%Y') || ' '
           || printf('%02d:%02d', row_number() OVER (ORDER BY v.visited_on, v.person) % 24,
                     row_number() OVER (PARTITION BY v.person, v.visited_on, v.site) % 60)
           AS ENTREE,
         v.main AS DP, {_OUTCOME} AS MODE_SORTIE
  FROM my_visit v JOIN person p USING (person) ORDER BY v.visited_on, v.person
"""

_PATIENTS = """
  SELECT printf('%012d', p.person) AS IPP, strftime(p.born_on, '%d/%m/%Y') AS NAISSANCE,
         CASE p.sex WHEN 1 THEN 'M' ELSE 'F' END AS SEXE,
         (SELECT arg_max(r.commune, r.starts_on) FROM residence r WHERE r.person = p.person)
           AS COMMUNE,
         coalesce(strftime(p.died_on, '%d/%m/%Y'), '') AS DECES
  FROM person p
  WHERE p.person IN (SELECT person FROM mine UNION SELECT person FROM my_visit)
  ORDER BY p.person
"""
