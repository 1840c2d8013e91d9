"""Names of pathways in addresses."""

from __future__ import annotations

import re

from maillage.vocabulary.search import fold

RESERVED = frozenset({"nouvelle", "propositions"})
"""Words that are pages of this room: no pathway may take their address."""

LONGEST = 60


def why_not_slug(slug: str) -> str | None:
    """Why a pathway may not have this address; None when it may."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > LONGEST:
        return f"lettres minuscules sans accent, chiffres et tirets, {LONGEST} au plus"
    if slug in RESERVED:
        return f"« {slug} » est une page de la plateforme : choisissez un autre identifiant"
    return None


def slug_of(name: str) -> str:
    """The address that a name gives: « Insuffisance cardiaque » gives insuffisance-cardiaque."""
    return fold(name).replace(" ", "-")[:LONGEST].strip("-")
