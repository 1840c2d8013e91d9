"""The public FINESS extract: read line by line, keep what is chosen, turn it into our own lists.

The national file holds some 100,000 establishments and as many points. Only the lines of the chosen
departments and categories are kept in memory; everything else is dropped while reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

from django.conf import settings

from maillage.directory.imports.places import ORGANIZATIONS, SITES
from maillage.directory.models import Organization, Site
from maillage.directory.rules.finess import (
    CATEGORIES,
    GEOLOCATION,
    GEOLOCATION_COLUMNS,
    METROPOLITAN_PROJECTION,
    STRUCTURE,
    STRUCTURE_COLUMNS,
    cog_department,
    commune_code,
    lambert_to_degrees,
    readable_name,
)
from maillage.exchange.rules import write_rows
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import parse_day
from maillage.vocabulary.codes import Finess
from maillage.vocabulary.errors import Invalid, Problem

LONGEST_LINE = 4000
"""Bytes. The longest line of the published file has some 600."""

MOST_LINES = 1_000_000
MOST_PROBLEMS = 50
NAME = "FINESS (data.gouv.fr)"


@dataclass
class Establishment:
    """One line ``structureet`` that was kept, and its point when the file gives one."""

    line: int
    finess: str
    entity: str
    name: str
    commune: str
    category: str
    phone: str
    latitude: float | None = None
    longitude: float | None = None
    point_source: str = ""


@dataclass
class Extract:
    """What was read: the day of the extract, what was kept, how many lines there were."""

    published_on: date
    establishments: dict[str, Establishment] = field(default_factory=dict)
    lines: int = 0
    points: int = 0


def read_extract(
    stream: BinaryIO, *, departments: Collection[str], categories: Collection[str]
) -> Extract:
    """Read an extract, keeping the establishments of these departments (COG) and categories.

    Both encodings of the published files are read (UTF-8, Windows-1252). Raises :class:`Invalid` on
    a file that is not an extract, is longer than ``settings.FINESS_MAX_BYTES``, or has wrong lines
    among those that are kept.
    """
    lines = _bounded_lines(stream)
    number, first = next(lines, (1, ""))
    extract = Extract(_published_on(first))
    problems: list[Problem] = []
    for number, line in lines:
        extract.lines = number
        cells = line.split(";")
        if cells[0] == STRUCTURE:
            _keep_structure(extract, cells, number, departments, categories, problems)
        elif cells[0] == GEOLOCATION:
            _keep_point(extract, cells, number, problems)
        elif line.strip():
            problems.append(Problem(f"ligne de nature inconnue « {cells[0][:30]} »", row=number))
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise Invalid("finess.lines", "L'extrait FINESS n'est pas lisible.", problems)
    return extract


def _bounded_lines(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    """Lines one by one, each decoded by itself, never more than the limits."""
    size = 0
    for number in range(1, MOST_LINES + 2):
        raw = stream.readline(LONGEST_LINE + 1)
        if not raw:
            return
        size += len(raw)
        if len(raw) > LONGEST_LINE:
            raise _unreadable("une ligne dépasse la longueur possible", number)
        if size > settings.FINESS_MAX_BYTES:
            most = settings.FINESS_MAX_BYTES // (1024 * 1024)
            raise _unreadable(f"le fichier dépasse {most} Mo", number)
        if number > MOST_LINES:
            raise _unreadable(f"le fichier dépasse {MOST_LINES} lignes", number)
        if b"\x00" in raw:
            raise _unreadable("le fichier contient des octets nuls : ce n'est pas du texte", number)
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            line = raw.decode("cp1252", errors="replace")
        yield number, line.rstrip("\r\n")


def _unreadable(why: str, number: int) -> Invalid:
    return Invalid(
        "finess.unreadable",
        f"L'extrait FINESS n'est pas lisible : {why}.",
        [Problem(why, row=number)],
    )


def _published_on(first: str) -> date:
    cells = first.split(";")
    if len(cells) < 4 or cells[:2] != ["finess", "etalab"]:
        raise _unreadable("la première ligne n'est pas « finess;etalab;… »", 1)
    return parse_day(cells[3])


def _keep_structure(
    extract: Extract,
    cells: list[str],
    number: int,
    departments: Collection[str],
    categories: Collection[str],
    problems: list[Problem],
) -> None:
    if len(cells) < len(STRUCTURE_COLUMNS) - 1:
        problems.append(
            Problem(f"{len(cells)} cellules, {len(STRUCTURE_COLUMNS)} attendues", row=number)
        )
        return
    row = dict(zip(STRUCTURE_COLUMNS, (cell.strip() for cell in cells), strict=False))
    if row["categetab"] not in categories or cog_department(row["departement"]) not in departments:
        return
    for column in ("nofinesset", "nofinessej"):
        if not Finess.is_valid(row[column]):
            problems.append(Problem("numéro FINESS faux", row=number, column=column))
            return
    name = _clean(row["rslongue"] or row["rs"])
    if not name:
        problems.append(Problem("raison sociale vide", row=number, column="rs"))
        return
    extract.establishments[row["nofinesset"]] = Establishment(
        line=number,
        finess=row["nofinesset"],
        entity=row["nofinessej"],
        name=readable_name(name)[:160],
        commune=commune_code(row["departement"], row["commune"]),
        category=row["categetab"],
        phone=_phone(row["telephone"]),
    )


def _clean(text: str) -> str:
    """The text without control characters: a hostile cell cannot reach a page or a file."""
    return "".join(char for char in text if unicodedata.category(char)[0] != "C").strip()


def _phone(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits.zfill(10) if len(digits) in (9, 10) else ""


def _keep_point(extract: Extract, cells: list[str], number: int, problems: list[Problem]) -> None:
    extract.points += 1
    row = dict(zip(GEOLOCATION_COLUMNS, (cell.strip() for cell in cells), strict=False))
    kept = extract.establishments.get(row.get("nofinesset", ""))
    if kept is None:
        return
    source = row.get("sourcecoordet", "")
    projection = source.rsplit(",", 1)[-1]
    if not projection.startswith(METROPOLITAN_PROJECTION):
        return  # overseas projections are not read: the point of the commune stands in
    try:
        easting, northing = (
            float(row[name].replace(",", ".")) for name in ("coordxet", "coordyet")
        )
    except (KeyError, ValueError):
        problems.append(Problem("coordonnées illisibles", row=number, column="coordxet"))
        return
    if not (0 < easting < 1_300_000 and 6_000_000 < northing < 7_200_000):
        problems.append(
            Problem("point hors de la métropole en Lambert 93", row=number, column="coordxet")
        )
        return
    kept.latitude, kept.longitude = (
        round(angle, 6) for angle in lambert_to_degrees(easting, northing)
    )
    kept.point_source = source


@dataclass(frozen=True)
class Lists:
    """The extract as two files of this product, and the establishments left out: in a commune that
    is not loaded."""

    organizations: bytes
    sites: bytes
    left_out: tuple[Establishment, ...]


def as_lists(extract: Extract) -> Lists:
    """The files of organizations and sites that an extract amounts to.

    Names that this product knows already stay: those of FINESS are short and in capitals. An entity
    that is new takes the name of its most important establishment, since the extract of
    establishments does not name entities.
    """
    communes = _communes({one.commune for one in extract.establishments.values()})
    kept = [one for one in extract.establishments.values() if one.commune in communes]
    left_out = tuple(one for one in extract.establishments.values() if one.commune not in communes)
    entities: dict[str, list[Establishment]] = {}
    for one in sorted(kept, key=lambda one: (list(CATEGORIES).index(one.category), one.finess)):
        entities.setdefault(one.entity, []).append(one)
    known = {
        one.finess: one
        for one in Organization.objects.filter(finess__in=list(entities))
        if one.finess
    }
    origin = {
        "source": f"{NAME}, extrait du {extract.published_on:%d/%m/%Y}",
        "source_le": extract.published_on,
        "illustratif": None,
    }
    taken = set(Organization.objects.values_list("slug", flat=True))
    slugs: dict[str, str] = {}
    organizations: list[dict[str, Any]] = []
    for entity, several in entities.items():
        stored = known.get(entity)
        slugs[entity] = stored.slug if stored else _free_slug(several[0].name, taken)
        if stored is None:
            organizations.append({**_organization(entity, slugs[entity], several[0]), **origin})
    sites = list(_site_rows(kept, slugs, communes, origin))
    return Lists(
        write_rows(ORGANIZATIONS.columns, organizations),
        write_rows(SITES.columns, sites),
        left_out,
    )


def _communes(codes: Iterable[str]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    ordered = sorted(codes)
    for start in range(0, len(ordered), 500):
        rows = Commune.objects.filter(code__in=ordered[start : start + 500])
        for code, latitude, longitude in rows.values_list("code", "latitude", "longitude"):
            found[code] = (latitude, longitude)
    return found


def _organization(entity: str, slug: str, first: Establishment) -> dict[str, Any]:
    return {
        "identifiant": slug,
        "finess_ej": entity,
        "nom": first.name,
        "nom_court": first.name[:60],
        "nature": CATEGORIES[first.category][1].value,
        "commune": first.commune,
        "telephone": first.phone or None,
    }


def _site_rows(
    kept: Iterable[Establishment],
    slugs: Mapping[str, str],
    communes: Mapping[str, tuple[float, float]],
    origin: Mapping[str, Any],
) -> Iterator[dict[str, Any]]:
    stored = {one.finess: one for one in Site.objects.filter(finess__in=[k.finess for k in kept])}
    for one in kept:
        site = stored.get(one.finess)
        latitude, longitude, note = one.latitude, one.longitude, ""
        if latitude is None and site is not None:
            latitude, longitude, note = site.latitude, site.longitude, site.point_note
        elif latitude is None:
            latitude, longitude = communes[one.commune]
            note = "position de la commune : l'extrait ne situe pas le site"
        yield {
            "finess_et": one.finess,
            "etablissement": slugs[one.entity],
            "nom": site.name if site else one.name,
            "commune": one.commune,
            "latitude": latitude,
            "longitude": longitude,
            "remarque_position": note or None,
            "telephone": one.phone or (site.phone if site else "") or None,
            **origin,
        }


def _free_slug(name: str, taken: set[str]) -> str:
    """An identifier made from a name that nobody bears yet; marks it as taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    wanted = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:70].strip("-") or "etablissement"
    slug, rank = wanted, 2
    while slug in taken:
        slug, rank = f"{wanted}-{rank}", rank + 1
    taken.add(slug)
    return slug
