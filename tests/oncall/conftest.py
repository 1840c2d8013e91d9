"""The small directory with two duty lines: one of its own, one pooled between two hospitals."""

from __future__ import annotations

import pytest

from tests.directory.territory_in_small import load, load_directory

LINES = """identifiant;nom;mode;type_soin;etablissement;offres;delai_arrivee_min;classement_pdses;telephone;source;source_le;illustratif
avc-hainaut;Astreinte AVC du Hainaut;ON_CALL;STROKE_UNIT;ch-valenciennes;unv-maubeuge|unv-valenciennes;20;ATTRIBUTED;03 27 14 99 99;exemple;2026-01-01;oui
urgences-maubeuge;Garde des urgences de Maubeuge;ON_SITE;EMERGENCY;ch-maubeuge;urgences-maubeuge;0;REGULATED;;exemple;2026-01-01;oui
"""  # noqa: E501

TURNS = """ligne;offre;semaines;jours;debut;duree_heures;feries;titulaires
avc-hainaut;unv-valenciennes;paires;1|2|3|4|5|6|7;20:00;12;open;prat-001|prat-002
avc-hainaut;unv-maubeuge;impaires;1|2|3|4|5|6|7;20:00;12;open;prat-001|prat-002
"""

HOLES = """ligne;jours_apres;motif
avc-hainaut;3;arrêt maladie
"""


@pytest.fixture
def lines(db: None) -> None:
    """Two lines without any slot."""
    load_directory()
    load("lignes", LINES)
