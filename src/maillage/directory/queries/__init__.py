"""Reads of the directory."""

from maillage.directory.queries.network import (
    NetworkService,
    list_memberships_for_network,
    list_organizations_for_network,
    list_services_for_network,
    list_sites_for_network,
)
from maillage.directory.queries.search import Hit, search_directory

__all__ = [
    "Hit",
    "NetworkService",
    "list_memberships_for_network",
    "list_organizations_for_network",
    "list_services_for_network",
    "list_sites_for_network",
    "search_directory",
]
