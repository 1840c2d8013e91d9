"""The lists of pathways as files."""

from maillage.pathways.imports.pathways import PATHWAYS
from maillage.pathways.imports.steps import STEPS
from maillage.pathways.imports.versions import VERSIONS

TABLES = (PATHWAYS, VERSIONS, STEPS)
"""Every list of this room, in the order in which they load."""
