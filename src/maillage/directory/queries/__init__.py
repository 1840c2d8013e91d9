"""Reads of the directory."""

from maillage.directory.queries.lists import (
    PractitionerRow,
    ServiceFilters,
    ServiceRow,
    list_organizations,
    list_practitioners,
    list_services,
    list_sites,
    practitioner_rows,
    service_rows,
)
from maillage.directory.queries.maps import (
    DirectoryMap,
    draw_places,
    get_directory_map,
)
from maillage.directory.queries.network import (
    NetworkService,
    list_memberships_for_network,
    list_organizations_for_network,
    list_services_for_network,
    list_sites_for_network,
)
from maillage.directory.queries.records import (
    find_closure,
    find_group,
    find_membership,
    find_organization,
    find_service,
    get_group,
    get_organization,
    get_practitioner,
    get_service,
    get_site,
    get_team,
    list_groups,
    list_organization_names,
)
from maillage.directory.queries.search import (
    Hit,
    search_directory,
)

__all__ = [
    "DirectoryMap",
    "Hit",
    "NetworkService",
    "PractitionerRow",
    "ServiceFilters",
    "ServiceRow",
    "draw_places",
    "find_closure",
    "find_group",
    "find_membership",
    "find_organization",
    "find_service",
    "get_directory_map",
    "get_group",
    "get_organization",
    "get_practitioner",
    "get_service",
    "get_site",
    "get_team",
    "list_groups",
    "list_memberships_for_network",
    "list_organization_names",
    "list_organizations",
    "list_organizations_for_network",
    "list_practitioners",
    "list_services",
    "list_services_for_network",
    "list_sites",
    "list_sites_for_network",
    "practitioner_rows",
    "search_directory",
    "service_rows",
]
