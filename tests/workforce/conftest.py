"""The small directory with staff: two hospitals that share a neurologist."""

# Rows of lists stay on one line.
# ruff: noqa: E501

from __future__ import annotations

from datetime import date

import pytest

from maillage.agreements.models import Agreement, Party
from maillage.directory.models import Organization
from tests.directory.territory_in_small import load, load_directory

RECORDS = """praticien;employeur;site_principal;annee_naissance;sexe;entree;source;source_le;illustratif
prat-001;ch-valenciennes;590000618;1975;F;2012-05-01;exemple;2026-01-01;oui
prat-002;ch-valenciennes;590000618;1962;F;2001-09-01;exemple;2026-01-01;oui
prat-003;chu-lille;590796975;1980;M;2018-09-01;exemple;2026-01-01;oui
"""

POSITIONS = """identifiant;intitule;etablissement;site;offre;specialite;demi_journees;statut_souhaite;ouvert_le;ferme_le;en_tension;source;source_le;illustratif
neuro-1;Neurologie 1;ch-valenciennes;590000618;unv-valenciennes;SM32;10;SH08;2010-01-01;;;exemple;2026-01-01;oui
neuro-2;Neurologie 2;ch-valenciennes;590000618;;SM32;10;SH08;2010-01-01;;;exemple;2026-01-01;oui
neuro-maubeuge;Neurologie Maubeuge;ch-maubeuge;590000535;unv-maubeuge;SM32;10;SH10;2020-01-01;;oui;exemple;2026-01-01;oui
neurochir-1;Neurochirurgie 1;chu-lille;590796975;;SM31;10;;2015-01-01;;;exemple;2026-01-01;oui
"""

ASSIGNMENTS = """praticien;poste;statut;demi_journees;du;au;motif_fin;source;source_le;illustratif
prat-001;neuro-1;SH08;10;2012-05-01;;;exemple;2026-01-01;oui
prat-002;neuro-2;SH08;8;2001-09-01;2027-07-01;RETIREMENT;exemple;2026-01-01;oui
prat-003;neurochir-1;SH01;10;2018-09-01;;;exemple;2026-01-01;oui
"""

WEEKS = """praticien;jour;demi_journee;semaines;site;offre;activite;convention;du;au;source;source_le;illustratif
prat-001;1;MORNING;EVERY;590000618;unv-valenciennes;WARD;;2026-01-01;;exemple;2026-01-01;oui
prat-001;1;AFTERNOON;EVERY;590000618;unv-valenciennes;CONSULTATION;;2026-01-01;;exemple;2026-01-01;oui
prat-001;2;MORNING;EVERY;590000535;unv-maubeuge;CONSULTATION;partage-neuro;2026-01-01;;exemple;2026-01-01;oui
prat-001;2;AFTERNOON;ODD;590000535;unv-maubeuge;WARD;partage-neuro;2026-01-01;;exemple;2026-01-01;oui
"""


def make_agreement() -> Agreement:
    """An activity-sharing agreement in force between both hospitals of the Hainaut."""
    agreement = Agreement.objects.create(
        slug="partage-neuro",
        title="Partage d'activité, neurologie",
        short_title="Partage neurologie",
        kind="ACTIVITY_SHARING",
        state="IN_FORCE",
        signed_on=date(2025, 1, 1),
        starts_on=date(2025, 1, 1),
        source="essai",
    )
    for slug in ("ch-valenciennes", "ch-maubeuge"):
        organization = Organization.objects.get(slug=slug)
        Party.objects.create(agreement=agreement, organization=organization, role="PARTY")
    return agreement


@pytest.fixture
def agreement(db: None) -> Agreement:
    """The directory, and the agreement between its two hospitals."""
    load_directory()
    return make_agreement()


@pytest.fixture
def staff(agreement: Agreement) -> None:
    """Records, posts, assignments and weeks."""
    load("effectifs", RECORDS)
    load("postes", POSITIONS)
    load("affectations", ASSIGNMENTS)
    load("grilles", WEEKS)
