"""A tiny territory of squares, in the form of the data package and in the database."""

from __future__ import annotations

import csv
import io
import lzma
import re
import struct
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from maillage.accounts.permissions import SYSTEM
from maillage.territory.actions import LoadReport, load_communes
from maillage.vocabulary.codes import DepartmentCode

Ring = Sequence[tuple[float, float]]

COLUMNS = (
    "id",
    "code",
    "type",
    "nom",
    "type_nom",
    "population_municipale",
    "departement_id",
    "commune_parent_id",
    "epci_id",
    "geometry",
    "mairie_localisation",
)


def wkb_point(longitude: float, latitude: float) -> str:
    """A point in hexadecimal well-known binary."""
    return struct.pack("<BI2d", 1, 1, longitude, latitude).hex().upper()


def wkb_polygons(*polygons: Sequence[Ring], order: str = "<") -> str:
    """A multipolygon in hexadecimal well-known binary; rings are closed here."""
    flag = 1 if order == "<" else 0
    data = struct.pack(f"{order}BII", flag, 6, len(polygons))
    for rings in polygons:
        data += struct.pack(f"{order}BII", flag, 3, len(rings))
        for ring in rings:
            closed = [*ring, ring[0]]
            data += struct.pack(f"{order}I", len(closed))
            for point in closed:
                data += struct.pack(f"{order}2d", *point)
    return data.hex().upper()


def square(west: float, south: float, size: float = 0.1) -> Ring:
    """A square in degrees, counter-clockwise."""
    east, north = west + size, south + size
    return [(west, south), (east, south), (east, north), (west, north)]


# id, code, type, name, type of name, residents, parent, EPCI, squares (west, south), town hall
ROWS = (
    ("1", "99001", "COM", "Aubois", "1", 1000, "", "7", [(3.0, 50.0)], (3.05, 50.05)),
    ("2", "99002", "COM", "Breuil-sur-l'Œuvre", "0", 250, "", "7", [(3.1, 50.0)], (3.15, 50.05)),
    # A town hall 100 km away: it must be replaced.
    ("3", "99003", "COM", "Cateau-Égaré", "2", 40, "", "7", [(3.0, 50.1)], (4.5, 50.15)),
    # No town hall; two parts; no authority.
    ("4", "99004", "COM", "Dornes", "0", 0, "", "\\N", [(3.1, 50.1), (3.3, 50.3)], None),
    # A merged commune, one of whose former ones has no contour.
    ("5", "99005", "COM", "Saint-Éloi", "0", 77, "", "8", [(3.2, 50.0)], (3.25, 50.05)),
    ("6", "99006", "COMD", "Vieux-Saint-Éloi", "0", 7, "5", "8", [], None),
    ("7", "98001", "COM", "Ailleurs", "0", 5, "", "8", [(5.0, 50.0)], (5.05, 50.05)),
)


def as_cells(row: tuple) -> list[str]:
    number, code, kind, name, article, residents, parent, epci, squares, hall = row
    geometry = wkb_polygons(*([square(*at)] for at in squares)) if squares else "\\N"
    point = wkb_point(*hall) if hall else "\\N"
    return [
        number, code, kind, name, article, str(residents), "0", parent or "\\N", epci, geometry,
        point,
    ]  # fmt: skip


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_bytes(lzma.compress(text.getvalue().encode()))


def write_package(folder: Path, rows: Sequence[tuple]) -> Path:
    """A folder of package files with these communes."""
    write_csv(folder / "communes.csv.lzma", [COLUMNS, *(as_cells(row) for row in rows)])
    write_csv(
        folder / "epci.csv.lzma",
        [
            ("id", "code", "nom", "type"),
            ("7", "200000016", "Communauté de l'Aubois", "CC"),
            ("8", "200000008", "Communauté de Saint-Éloi", "CC"),
            ("9", "200000009", "Communauté sans commune", "CC"),
        ],
    )
    return folder


@pytest.fixture
def package_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny package. Its department 99 is not a real one: the codes are accepted here only."""
    monkeypatch.setattr(DepartmentCode, "pattern", re.compile(r"\d\d"))
    return write_package(tmp_path, ROWS)


@pytest.fixture
def load(db: None, package_folder: Path, now: datetime) -> Callable[..., LoadReport]:
    """Load departments of the tiny package."""

    def run(*departments: str) -> LoadReport:
        return load_communes(departments or ("99",), by=SYSTEM, at=now, folder=package_folder)

    return run


@pytest.fixture
def territory(load: Callable[..., LoadReport]) -> LoadReport:
    """The tiny territory, loaded."""
    return load()
