"""The public FINESS extract: its columns, its categories, its coordinates.

The national file of establishments (data.gouv.fr, « FINESS Extraction du fichier des
établissements ») comes as etalab-cs1100502 (without coordinates) or etalab-cs1100507 (with them).
It is not a table: a first line ``finess;etalab;<number>;<day>``, then ``structureet`` lines without
headers, then, in cs1100507, ``geolocalisation`` lines. The order of columns is the one of the
published description of both files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import atan, cos, degrees, exp, log, pi, radians, sin, sqrt, tan

from maillage.directory.enums import OrganizationKind

STRUCTURE = "structureet"
GEOLOCATION = "geolocalisation"

STRUCTURE_COLUMNS = (
    "structureet", "nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib",
    "numvoie", "typvoie", "voie", "compvoie", "lieuditbp", "commune", "departement",
    "libdepartement", "ligneacheminement", "telephone", "telecopie", "categetab",
    "libcategetab", "categagretab", "libcategagretab", "siret", "codeape", "codemft", "libmft",
    "codesph", "libsph", "dateouv", "dateautor", "datemaj", "numuai",
)  # fmt: skip
GEOLOCATION_COLUMNS = (
    "geolocalisation", "nofinesset", "coordxet", "coordyet", "sourcecoordet", "datemaj",
)  # fmt: skip

CATEGORIES: dict[str, tuple[str, OrganizationKind]] = {
    "101": ("Centre hospitalier régional (CHR, CHU)", OrganizationKind.UNIVERSITY_HOSPITAL),
    "355": ("Centre hospitalier (CH)", OrganizationKind.HOSPITAL),
    "106": ("Centre hospitalier, ex-hôpital local", OrganizationKind.LOCAL_HOSPITAL),
    "292": ("Centre hospitalier spécialisé (santé mentale)", OrganizationKind.HOSPITAL),
    "365": ("Établissement de soins pluridisciplinaire", OrganizationKind.PRIVATE_HOSPITAL),
    "128": ("Établissement de soins chirurgicaux", OrganizationKind.PRIVATE_HOSPITAL),
    "129": ("Établissement de soins médicaux", OrganizationKind.PRIVATE_HOSPITAL),
    "131": ("Centre de lutte contre le cancer", OrganizationKind.PRIVATE_HOSPITAL),
    "603": ("Maison de santé", OrganizationKind.CITY_PRACTICE),
    "124": ("Centre de santé", OrganizationKind.CITY_PRACTICE),
}
"""Categories of FINESS (nomenclature « catégorie d'établissement ») that this product can hold, in
order of importance: an entity with several sites takes the kind of the first one found here."""

DEFAULT_CATEGORIES = ("101", "355", "106")
"""Public hospitals."""

OVERSEAS_DEPARTMENTS = {
    "9A": "971", "9B": "972", "9C": "973", "9D": "974", "9E": "975", "9F": "976",
}  # fmt: skip
"""Department codes of FINESS overseas, and those of the COG."""

METROPOLITAN_PROJECTION = "L93"
"""How the last part of ``sourcecoordet`` starts when coordinates are Lambert 93."""


@dataclass(frozen=True)
class Projection:
    """A Lambert conformal conic projection with two standard parallels (angles in degrees)."""

    axis: float
    eccentricity: float
    meridian: float
    origin: float
    parallel_1: float
    parallel_2: float
    false_easting: float
    false_northing: float


GRS80_FLATTENING = 1 / 298.257222101

LAMBERT_93 = Projection(
    axis=6_378_137.0,
    eccentricity=sqrt(2 * GRS80_FLATTENING - GRS80_FLATTENING**2),
    meridian=3.0,
    origin=46.5,
    parallel_1=44.0,
    parallel_2=49.0,
    false_easting=700_000.0,
    false_northing=6_600_000.0,
)
"""RGF93 / Lambert 93: decree 2006-272 of 3 March 2006 and its order, GRS80 ellipsoid. RGF93 and
WGS84 differ by less than a metre."""


def _isometric(latitude: float, eccentricity: float) -> float:
    """Isometric latitude of a latitude in radians (IGN NTG 71, ALG0001)."""
    shrink = eccentricity * sin(latitude)
    return log(tan(pi / 4 + latitude / 2) * ((1 - shrink) / (1 + shrink)) ** (eccentricity / 2))


def _latitude(isometric: float, eccentricity: float) -> float:
    """Latitude in radians of an isometric latitude, to 1e-12 rad (IGN NTG 71, ALG0002)."""
    latitude = 2 * atan(exp(isometric)) - pi / 2
    while True:
        shrink = eccentricity * sin(latitude)
        factor = ((1 + shrink) / (1 - shrink)) ** (eccentricity / 2)
        closer = 2 * atan(factor * exp(isometric)) - pi / 2
        if abs(closer - latitude) < 1e-12:
            return closer
        latitude = closer


def _cone(projection: Projection) -> tuple[float, float, float]:
    """Exponent, constant and northing of the pole of a projection (IGN NTG 71, ALG0054)."""
    e = projection.eccentricity
    phi0, phi1, phi2 = (
        radians(angle)
        for angle in (projection.origin, projection.parallel_1, projection.parallel_2)
    )

    def big_normal(latitude: float) -> float:
        return projection.axis / sqrt(1 - (e * sin(latitude)) ** 2)

    n = log(big_normal(phi2) * cos(phi2) / (big_normal(phi1) * cos(phi1))) / (
        _isometric(phi1, e) - _isometric(phi2, e)
    )
    c = big_normal(phi1) * cos(phi1) / n * exp(n * _isometric(phi1, e))
    pole = projection.false_northing + c * exp(-n * _isometric(phi0, e))
    return n, c, pole


def lambert_to_degrees(
    easting: float, northing: float, projection: Projection = LAMBERT_93
) -> tuple[float, float]:
    """Latitude and longitude in degrees of a point given in metres (IGN NTG 71, ALG0004)."""
    n, c, pole = _cone(projection)
    dx, dy = easting - projection.false_easting, pole - northing
    radius = sqrt(dx * dx + dy * dy)
    longitude = radians(projection.meridian) + atan(dx / dy) / n
    latitude = _latitude(-log(radius / c) / n, projection.eccentricity)
    return degrees(latitude), degrees(longitude)


def degrees_to_lambert(
    latitude: float, longitude: float, projection: Projection = LAMBERT_93
) -> tuple[float, float]:
    """Easting and northing in metres of a point given in degrees (IGN NTG 71, ALG0003)."""
    n, c, pole = _cone(projection)
    radius = c * exp(-n * _isometric(radians(latitude), projection.eccentricity))
    angle = n * radians(longitude - projection.meridian)
    return (
        projection.false_easting + radius * sin(angle),
        pole - radius * cos(angle),
    )


def commune_code(department: str, commune: str) -> str:
    """The COG code of a FINESS address: « 59 » and « 606 » make 59606, « 9A » and « 101 » 97101."""
    department = department.strip().upper().zfill(2)
    commune = commune.strip().zfill(3)
    if department in OVERSEAS_DEPARTMENTS or department.startswith("97"):
        return f"97{commune}"
    return f"{department}{commune}"


def cog_department(department: str) -> str:
    """The COG code of a FINESS department."""
    code = department.strip().upper().zfill(2)
    return OVERSEAS_DEPARTMENTS.get(code, code)


_SMALL_WORDS = frozenset(
    (
        "de",
        "du",
        "des",
        "la",
        "le",
        "les",
        "et",
        "en",
        "sur",
        "sous",
        "à",
        "au",
        "aux",
        "lez",
        "lès",
    )
)
_ACRONYMS = frozenset(
    ("CH", "CHU", "CHR", "CHS", "GHT", "GCS", "HAD", "SSR", "EHPAD", "USLD", "SMUR", "MSP", "CPTS")
)


def readable_name(shouted: str) -> str:
    """A FINESS name, all capitals, as it is written: « CENTRE HOSPITALIER DE L'AVESNOIS » gives
    « Centre Hospitalier de l'Avesnois »."""
    said: list[str] = []
    for piece in re.findall(r"[^\W_]+|[\W_]+", shouted.strip()):
        elided = piece in ("L", "D") and bool(said)
        if piece in _ACRONYMS or not piece.isalpha():
            said.append(piece)
        elif said and (elided or piece.lower() in _SMALL_WORDS):
            said.append(piece.lower())
        else:
            said.append(piece.capitalize())
    return re.sub(r"\s+", " ", "".join(said))
