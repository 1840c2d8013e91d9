"""A directory of two hospitals and one town, as the files of its lists."""

# Rows of lists stay on one line.
# ruff: noqa: E501

from __future__ import annotations

from datetime import UTC, date, datetime

from maillage.accounts.permissions import SYSTEM
from maillage.exchange.actions import import_file
from maillage.exchange.rules import Plan
from maillage.exchange.tables import get_table
from maillage.territory.models import Commune
from tests.remembered import remembered

AT = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)

COMMUNES = (
    ("59606", "Valenciennes", 50.3576, 3.5235),
    ("59392", "Maubeuge", 50.2789, 3.9727),
    ("59122", "Cambrai", 50.1759, 3.2347),
    ("59350", "Lille", 50.6311, 3.0468),
)

FILES: dict[str, str] = {
    "etablissements": """identifiant;finess_ej;nom;nom_court;nature;commune;telephone;source;source_le;illustratif
ch-valenciennes;590782215;Centre hospitalier de Valenciennes;CH Valenciennes;HOSPITAL;59606;03 27 14 33 33;FINESS;2026-01-01;
ch-maubeuge;590781803;Centre hospitalier de Maubeuge;CH Maubeuge;HOSPITAL;59392;;FINESS;2026-01-01;non
ch-cambrai;590781605;Centre hospitalier de Cambrai;CH Cambrai;HOSPITAL;59122;;FINESS;2026-01-01;
chu-lille;590780193;Centre hospitalier universitaire de Lille;CHU Lille;UNIVERSITY_HOSPITAL;59350;;FINESS;2026-01-01;
universite-lille;;Université de Lille;U. Lille;FACULTY;;;site public;2026-01-01;
""",
    "groupements": """identifiant;nom;nom_court;nature;cree_le;dissous_le;presentation;source;source_le;illustratif
ght-hainaut;GHT Hainaut-Cambrésis;GHT HC;GHT;2016-07-01;;Douze hôpitaux publics.;arrêté;2016-07-01;
ght-cambresis;GHT du Cambrésis;GHT C;GHT;2022-11-14;;;arrêté;2022-11-14;
""",
    "adhesions": """groupement;etablissement;du;au;qualite;source;source_le
ght-hainaut;ch-valenciennes;2016-07-01;;SUPPORT;arrêté;2016-07-01
ght-hainaut;ch-maubeuge;2016-07-01;;PARTY;arrêté;2016-07-01
ght-hainaut;ch-cambrai;2016-07-01;2022-11-14;PARTY;arrêté;2022-11-14
ght-cambresis;ch-cambrai;2022-11-14;;SUPPORT;arrêté;2022-11-14
""",
    "sites": """finess_et;etablissement;nom;commune;latitude;longitude;remarque_position;telephone;source;source_le
590000618;ch-valenciennes;Hôpital de Valenciennes;59606;50.3615;3.4958;;;FINESS;2026-01-01
590000535;ch-maubeuge;Hôpital de Maubeuge;59392;50.2786;3.9595;ancien site;;FINESS;2020-03-06
590000428;ch-cambrai;Hôpital de Cambrai;59122;50.1658;3.2288;;;FINESS;2020-03-06
590796975;chu-lille;Hôpital Salengro;59350;50.6115;3.0376;;;FINESS;2020-03-06
""",
    "offres": """identifiant;site;nom;type_soin;niveau;age_min;age_max;telephone;boite_mssante;source;source_le;illustratif
unv-valenciennes;590000618;Unité neurovasculaire de Valenciennes;STROKE_UNIT;RECOURSE;15;;03 27 14 00 01;;exemple;2026-01-01;oui
unv-maubeuge;590000535;Unité neurovasculaire de Maubeuge;STROKE_UNIT;RECOURSE;15;;;;exemple;2026-01-01;oui
urgences-maubeuge;590000535;Urgences de Maubeuge;EMERGENCY;PROXIMITY;0;;;;exemple;2026-01-01;oui
neurochirurgie-lille;590796975;Neurochirurgie de Lille;NEUROSURGERY;REFERENCE;0;;;;exemple;2026-01-01;oui
""",
    "autorisations": """offre;du;au;reference;source;source_le
unv-valenciennes;2010-01-01;2027-01-01;ARS 2010;arrêté;2010-01-01
unv-valenciennes;2027-01-01;;ARS 2027;arrêté;2026-10-01
unv-maubeuge;2015-01-01;2027-03-01;;arrêté;2015-01-01
urgences-maubeuge;2000-01-01;;;arrêté;2000-01-01
""",
    "horaires": """offre;jour;ouvre;ferme;feries;source;source_le
unv-valenciennes;1;08:00;18:30;closed;exemple;2026-01-01
unv-valenciennes;2;08:00;18:30;closed;exemple;2026-01-01
unv-valenciennes;3;08:00;18:30;closed;exemple;2026-01-01
urgences-maubeuge;7;00:00;24:00;open;exemple;2026-01-01
""",
    "fermetures": """offre;effet;du;au;motif;source;source_le
unv-maubeuge;closed;2026-08-01T00:00;2026-08-15T00:00;travaux;exemple;2026-07-01
""",
    "praticiens": """identifiant;rpps;civilite;prenom;nom;specialite;source;source_le;illustratif
prat-001;;Dr;Anaïs;Lœuillet;SM32;exemple;2026-01-01;oui
prat-002;;Dr;Béatrice;Dubois;SM32;exemple;2026-01-01;oui
prat-003;;Pr;Cyrille;Martin;SM31;exemple;2026-01-01;oui
""",
    "exercices": """praticien;etablissement;site;offre;fonction;demi_journees;telephone;du;au;source;source_le;illustratif
prat-001;ch-valenciennes;590000618;unv-valenciennes;Praticien hospitalier;7;;2020-01-01;;exemple;2026-01-01;oui
prat-001;ch-maubeuge;590000535;unv-maubeuge;Praticien en temps partagé;3;;2022-01-01;;exemple;2026-01-01;oui
prat-002;ch-valenciennes;590000618;unv-valenciennes;Praticien hospitalier;10;;2020-01-01;;exemple;2026-01-01;oui
prat-003;chu-lille;590796975;neurochirurgie-lille;Chef de service;10;;2020-01-01;;exemple;2026-01-01;oui
prat-003;universite-lille;;;Professeur des universités;;;2018-09-01;;exemple;2026-01-01;oui
""",
    "equipes": """identifiant;nom;nature;pilote;offres;presentation;source;source_le;illustratif
equipe-avc;Équipe territoriale AVC;TERRITORY_TEAM;ch-valenciennes;unv-valenciennes|unv-maubeuge;;exemple;2026-01-01;oui
""",
}  # fmt: skip


def load_communes() -> None:
    """The four communes of the small territory."""
    for code, name, latitude, longitude in COMMUNES:
        Commune.objects.create(
            code=code,
            name=name,
            search_name=name.lower(),
            department="59",
            residents=10_000,
            residents_year=2017,
            latitude=latitude,
            longitude=longitude,
            source="essai",
            source_on=date(2026, 1, 1),
        )


def load(key: str, text: str) -> Plan:
    """Import one list; raises what the exchange raises."""
    content = text.encode()
    return import_file(
        table=get_table(key), content=content, filename=f"{key}.csv", by=SYSTEM, at=AT
    )


@remembered
def load_directory() -> None:
    """Communes, then every list in its order."""
    load_communes()
    for key, text in FILES.items():
        load(key, text)
