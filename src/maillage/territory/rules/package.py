"""Reading the installed data package. Its files are read; its code is never imported.

The files are CSV under lzma, nulls written ``\\N``, outlines and points in hexadecimal well-known
binary. The communes file holds all of France: it is streamed, and only the wanted departments are
kept.
"""

from __future__ import annotations

import csv
import lzma
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from maillage.territory.rules import outlines
from maillage.territory.rules.thresholds import (
    PACKAGE,
    PACKAGE_COMMUNES,
    PACKAGE_EPCIS,
    PACKAGE_FOLDER,
    PACKAGE_POSTAL_CODES,
    PACKAGE_POSTAL_LINKS,
    TOWN_HALL_TOLERANCE_KM,
)
from maillage.vocabulary.codes import CommuneCode
from maillage.vocabulary.errors import Refusal
from maillage.vocabulary.search import fold

LONGEST_CELL = 16_000_000
"""Characters of the longest cell accepted: a contour. The longest of France has under 200,000."""

NULL = "\\N"

ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L'", "6": "Aux ", "7": "Las ", "8": "Los "}
"""The article of a commune's name by its « type of name » (INSEE COG, TNCC); the package gives
names without it. Types 0 and 1 have none."""


@dataclass(frozen=True, slots=True)
class PublishedCommune:
    """A commune as the package gives it, its point checked against its outline.

    ``repaired_km`` is how far outside the commune its published town hall stood when an interior
    point replaced it; infinite when no town hall was published; None when it is kept.
    """

    code: str
    name: str
    search_name: str
    department: str
    epci: str
    residents: int
    latitude: float
    longitude: float
    repaired_km: float | None
    outline: str
    outline_box: tuple[int, ...]
    outline_partial: bool
    area_km2: float | None


@dataclass(frozen=True, slots=True)
class PublishedEpci:
    """An inter-communal authority as the package gives it."""

    code: str
    name: str


def package_version() -> str:
    """Version of the installed package, "" when it is absent."""
    try:
        return distribution(PACKAGE).version
    except PackageNotFoundError:
        return ""


def locate_package() -> Path:
    """The folder of the package's files. Raises :class:`Refusal` when it is not installed."""
    try:
        folder = Path(str(distribution(PACKAGE).locate_file(PACKAGE_FOLDER)))
    except PackageNotFoundError:
        raise missing_package() from None
    if not (folder / PACKAGE_COMMUNES).is_file():
        raise missing_package()
    return folder


def missing_package() -> Refusal:
    """Contours are not installed: how to get them, and what to do without."""
    return Refusal(
        "territory.package-missing",
        "Contours non installés : le paquet de données des communes est absent. Installez le "
        "supplément « territory » de Maillage, ou importez la liste « communes » en CSV "
        "(sans contours).",
    )


def read_epcis(folder: Path) -> dict[str, PublishedEpci]:
    """Every inter-communal authority, by the key that communes refer to."""
    return {
        row["id"]: PublishedEpci(row["code"], row["nom"])
        for row in _rows(folder / PACKAGE_EPCIS, ("id", "code", "nom"))
    }


def read_communes(
    folder: Path, departments: Iterable[str], epcis: Mapping[str, PublishedEpci]
) -> Iterator[PublishedCommune]:
    """The communes of some departments, in the order of the file. Raises :class:`Refusal` on a file
    of another form.

    Former communes (delegated, associated) are left out, but for one thing: when one of them has no
    contour, that of the commune it merged into is the contour of its chief town only.
    """
    wanted = frozenset(departments)
    found: list[dict[str, str]] = []
    partial: set[str] = set()
    columns = (
        "id", "code", "type", "nom", "type_nom", "population_municipale", "commune_parent_id",
        "epci_id", "geometry", "mairie_localisation",
    )  # fmt: skip
    for row in _rows(folder / PACKAGE_COMMUNES, columns):
        code = row["code"]
        if (code[:3] if code.startswith("97") else code[:2]) not in wanted:
            continue
        if row["type"] == "COM":
            found.append(row)
        elif row["geometry"] in ("", NULL):
            partial.add(row["commune_parent_id"])
    for row in found:
        try:
            yield _read_commune(row, epcis, partial=row["id"] in partial)
        except (ValueError, KeyError) as error:
            raise unreadable(f"commune {row['code'][:5]}") from error


@dataclass(frozen=True, slots=True)
class NationalCodes:
    """Every commune of France by its COG code, and the one that each postal code stands for."""

    communes: frozenset[str]
    by_postal_code: Mapping[str, str]


def read_national_codes(folder: Path) -> NationalCodes:
    """The codes of the whole country, some seconds. A postal code of several communes stands for
    the one with most residents: what is told of a smaller one is then told of its neighbour.
    Raises :class:`Refusal` on a file of another form."""
    columns = ("id", "code", "type", "population_municipale")
    communes = {}
    for row in _rows(folder / PACKAGE_COMMUNES, columns):
        if row["type"] == "COM":
            people = row["population_municipale"]
            communes[row["id"]] = (int(people) if people.isdigit() else 0, row["code"])
    postal = {
        row["id"]: row["code"] for row in _rows(folder / PACKAGE_POSTAL_CODES, ("id", "code"))
    }
    largest: dict[str, tuple[int, str]] = {}
    for row in _rows(folder / PACKAGE_POSTAL_LINKS, ("codepostal_id", "commune_id")):
        code, commune = postal.get(row["codepostal_id"]), communes.get(row["commune_id"])
        if code is not None and commune is not None:
            largest[code] = max(largest.get(code, commune), commune)
    return NationalCodes(
        frozenset(code for _, code in communes.values()),
        {code: commune for code, (_, commune) in sorted(largest.items())},
    )


def unreadable(where: str) -> Refusal:
    return Refusal(
        "territory.package-unreadable",
        f"Le paquet de données des communes n'a pas la forme attendue ({where}).",
    )


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Some columns of a compressed CSV file, by name."""
    # The limit belongs to the whole process: files from users keep the usual one.
    usual = csv.field_size_limit(LONGEST_CELL)
    try:
        with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            if missing := [name for name in columns if name not in header]:
                raise unreadable(f"{path.name}, sans colonne {missing[0]}")
            places = [(name, header.index(name)) for name in columns]
            for cells in reader:
                yield {name: cells[at] for name, at in places}
    except (lzma.LZMAError, EOFError, UnicodeDecodeError, csv.Error, IndexError) as error:
        raise unreadable(path.name) from error
    finally:
        csv.field_size_limit(usual)


def _read_commune(
    row: Mapping[str, str], epcis: Mapping[str, PublishedEpci], *, partial: bool
) -> PublishedCommune:
    polygons = [] if row["geometry"] in ("", NULL) else outlines.read_wkb_polygons(row["geometry"])
    published = (
        None
        if row["mairie_localisation"] in ("", NULL)
        else outlines.read_wkb_point(row["mairie_localisation"])
    )
    point, repaired_km = check_point(polygons, published)
    rings = outlines.to_map_rings(polygons)
    code = CommuneCode(row["code"])
    name = ARTICLES.get(row["type_nom"], "") + row["nom"]
    return PublishedCommune(
        code=str(code),
        name=name,
        search_name=fold(name),
        department=code.department,
        epci="" if row["epci_id"] in ("", NULL) else epcis[row["epci_id"]].code,
        residents=int(row["population_municipale"]),
        latitude=round(point[1], 6),
        longitude=round(point[0], 6),
        repaired_km=repaired_km,
        outline=outlines.write_path(rings),
        outline_box=outlines.bounding_box(rings) if rings else (),
        outline_partial=partial and bool(rings),
        area_km2=round(outlines.area_km2(polygons), 3) if polygons and not partial else None,
    )


def check_point(
    polygons: list[list[outlines.Ring]], published: outlines.Point | None
) -> tuple[outlines.Point, float | None]:
    """The point to keep for a commune, and how far outside the published one stood if it was
    replaced. Raises ``ValueError`` when there is neither a town hall nor an outline."""
    if not polygons:
        if published is None:
            raise ValueError("a commune without town hall and without outline has no place")
        return published, None
    if published is None:
        return outlines.interior_point(polygons), float("inf")
    outside = outlines.distance_km(polygons, published)
    if outside > TOWN_HALL_TOLERANCE_KM:
        return outlines.interior_point(polygons), outside
    return published, None
