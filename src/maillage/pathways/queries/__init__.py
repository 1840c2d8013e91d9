"""Reads of the pathways room.

``records`` finds pathways and versions, and gives those of a day to the routing engine; ``facts``
gives rules their values; ``lists`` and ``pages`` hold what each page
shows.
"""

from maillage.pathways.queries.records import (
    get_pathway,
    get_version,
    list_pathways,
    list_pathways_for_network,
    list_versions,
    search_pathways,
)

__all__ = [
    "get_pathway",
    "get_version",
    "list_pathways",
    "list_pathways_for_network",
    "list_versions",
    "search_pathways",
]
