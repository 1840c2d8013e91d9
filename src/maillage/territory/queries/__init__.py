"""Reads of the territory room."""

from maillage.territory.queries.communes import (
    COMMUNE_ORDERS,
    NearCommune,
    Totals,
    find_commune,
    get_commune,
    get_epci,
    get_totals,
    list_communes,
    list_departments,
    list_epcis,
    list_nearest_communes,
    list_places,
    search_communes,
)
from maillage.territory.queries.maps import get_base_map
from maillage.territory.queries.pages import (
    CommunePage,
    EpciPage,
    TerritoryMap,
    commune_link,
    get_commune_page,
    get_epci_page,
    get_territory_map,
)
from maillage.territory.queries.residents import (
    CommuneResidents,
    list_residents_for_network,
    residents_by_age,
    total_by_age,
)
from maillage.territory.queries.sources import list_sources
from maillage.territory.queries.travel import StoredTravel, get_travel_source

__all__ = [
    "COMMUNE_ORDERS",
    "CommunePage",
    "CommuneResidents",
    "EpciPage",
    "NearCommune",
    "StoredTravel",
    "TerritoryMap",
    "Totals",
    "commune_link",
    "find_commune",
    "get_base_map",
    "get_commune",
    "get_commune_page",
    "get_epci",
    "get_epci_page",
    "get_territory_map",
    "get_totals",
    "get_travel_source",
    "list_communes",
    "list_departments",
    "list_epcis",
    "list_nearest_communes",
    "list_places",
    "list_residents_for_network",
    "list_sources",
    "residents_by_age",
    "search_communes",
    "total_by_age",
]
