"""The lists of agreements: what loads, what is refused and where, and loading twice."""

# ruff: noqa: E501 - tables stay whole lines

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from maillage.agreements.models import (
    Agreement,
    Amendment,
    Clause,
    Commitment,
    Mission,
    Opinion,
    Party,
    Scope,
    StateChange,
)
from maillage.agreements.queries.network import list_clauses_for_network
from maillage.vocabulary.errors import Invalid

Load = Callable[[str, str], dict[str, int]]

pytestmark = pytest.mark.usefixtures("territory")

AGREEMENTS = """
identifiant ; titre       ; titre_court ; nature           ; convention_mere ; etat     ; signee_le  ; du         ; au ; precision_date ; reconduction ; source
asso-2017   ; Association ; Association ; ASSOCIATION      ;                 ; IN_FORCE ; 2017-07-03 ; 2017-07-03 ;    ; day            ; EXPRESS      ; essai
cadre-2001  ; Cadre       ; Cadre       ; FRAMEWORK        ;                 ; IN_FORCE ; 2001-01-01 ; 2001-01-01 ;    ; year           ; TACIT        ; essai
annexe-2001 ; Annexe      ; Annexe      ; ACTIVITY_SHARING ; cadre-2001      ; IN_FORCE ; 2001-01-01 ; 2001-01-01 ;    ; year           ; TACIT        ; essai
"""
PARTIES = """
convention ; etablissement ; qualite   ; signataire ; doit_signer ; signee_le
asso-2017  ; chu           ; REFERENCE ; A. Essai   ; oui         ; 2017-07-03
asso-2017  ; chv           ; GROUP     ; B. Essai   ; oui         ; 2017-07-03
asso-2017  ; faculte       ; FACULTY   ;            ; oui         ; 2017-07-03
cadre-2001 ; chu           ; REFERENCE ;            ; oui         ;
cadre-2001 ; arras         ; PARTY     ;            ; oui         ;
"""
CLAUSES = """
identifiant ; convention  ; article ; de_etablissement ; de_groupement ; vers_etablissement ; types_soin               ; priorite ; du         ; au ; source
asso-neuro  ; asso-2017   ; art. 4  ;                  ; ght           ; chu                ; NEUROSURGERY|BURNS        ; 1        ; 2017-07-03 ;    ; essai
annexe-maxi ; annexe-2001 ; art. 1  ; arras            ;               ; chu                ; MAXILLOFACIAL_SURGERY     ; 2        ; 2001-01-01 ;    ; essai
"""


def load_all(load: Load) -> list[dict[str, int]]:
    return [
        load("conventions", AGREEMENTS),
        load("parties", PARTIES),
        load("missions", "convention;mission;contenu\nasso-2017;RECOURSE;Recours"),
        load(
            "perimetres",
            "convention;type_soin;niveau;precision;a_l_etude\n"
            "asso-2017;NEUROSURGERY;REFERENCE;;non\nasso-2017;;;Maladies rares;oui",
        ),
        load("clauses", CLAUSES),
        load(
            "engagements",
            "identifiant;convention;responsable;mission;engagement;quantite;unite;echeance;"
            "indicateur;source\n"
            "e1;asso-2017;chu;TEACHING;Ouvrir des postes;2,5;postes;2018-11-01;postes ouverts;essai",
        ),
        load(
            "avis",
            "convention;instance;etablissement;avis;rendu_le\nasso-2017;CME;chv;UNANIMOUS;2017-06-01",
        ),
        load(
            "avenants",
            "convention;numero;objet;signe_le;effet_le\nasso-2017;1;Brûlés;2019-01-01;2019-02-01",
        ),
    ]


def test_every_list_loads_and_loading_twice_changes_nothing(load: Load) -> None:
    assert [counts["created"] for counts in load_all(load)] == [3, 5, 1, 2, 2, 1, 1, 1]
    for counts in load_all(load):
        assert (counts["created"], counts["updated"]) == (0, 0)
    made = (Agreement, Party, Mission, Scope, Clause, Commitment, Opinion, Amendment)
    assert [model.objects.count() for model in made] == [3, 5, 1, 2, 2, 1, 1, 1]
    assert Agreement.objects.get(slug="annexe-2001").parent == Agreement.objects.get(
        slug="cadre-2001"
    )
    assert Agreement.objects.get(slug="asso-2017").version == 2
    assert StateChange.objects.count() == 3
    first, second = list_clauses_for_network()
    assert (first.id, first.from_organization, first.to_organization) == (
        "annexe-maxi",
        "arras",
        "590780193",
    )
    assert (second.from_group, second.care_types) == ("ght", ("NEUROSURGERY", "BURNS"))


def test_an_annex_binds_the_parties_of_its_parent(load: Load) -> None:
    load("conventions", AGREEMENTS)
    load("parties", PARTIES)
    assert load("clauses", CLAUSES)["created"] == 2


HEAD = "identifiant;titre;titre_court;nature;etat;etat_depuis;signee_le;recue_ars_le;du;au;precision_date;reconduction;porte_autorisation;source\n"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("a;A;A;FRAMEWORK;TACITLY_APPROVED;;;;;;day;NONE;;essai", "etat"),
        ("a;A;A;FRAMEWORK;DRAFT;;2017-01-01;;;;day;NONE;;essai", "signee_le"),
        ("a;A;A;FRAMEWORK;IN_FORCE;;2017-01-01;;;;day;NONE;;essai", "du"),
        ("a;A;A;FRAMEWORK;SUSPENDED;;2017-01-01;;2017-01-01;;day;NONE;;essai", "etat_depuis"),
        ("a;A;A;FRAMEWORK;EXPIRED;;2017-01-01;;2017-01-01;;day;NONE;;essai", "etat_depuis"),
        ("a;A;A;GCS;SUBMITTED;;2017-01-01;;;;day;NONE;;essai", "recue_ars_le"),
        ("a;A;A;FRAMEWORK;IN_FORCE;;;;2017-01-01;2016-01-01;day;NONE;;essai", "du"),
        ("a;A;A;FMIH;DRAFT;;;;;;day;NONE;oui;essai", "porte_autorisation"),
    ],
)
def test_an_illegal_agreement_is_refused_at_its_column(load: Load, row: str, column: str) -> None:
    with pytest.raises(Invalid) as caught:
        load("conventions", HEAD + row)
    assert [(p.row, p.column) for p in caught.value.problems] == [(2, column)]
    assert not Agreement.objects.exists()


def test_an_annex_stays_within_its_parent_and_no_circle_forms(load: Load) -> None:
    head = (
        "identifiant;titre;titre_court;nature;convention_mere;etat;du;au;precision_date;"
        "reconduction;source\n"
    )
    with pytest.raises(Invalid) as caught:
        load(
            "conventions",
            head + "m;M;M;FRAMEWORK;;IN_FORCE;2010-01-01;2015-01-01;day;NONE;essai\n"
            "f;F;F;ACTIVITY_SHARING;m;IN_FORCE;2012-01-01;2016-01-01;day;NONE;essai",
        )
    assert [(p.row, p.column) for p in caught.value.problems] == [(3, "du")]
    with pytest.raises(Invalid) as caught:
        load(
            "conventions",
            head
            + "a;A;A;FRAMEWORK;b;DRAFT;;;day;NONE;essai\nb;B;B;FRAMEWORK;a;DRAFT;;;day;NONE;essai",
        )
    assert {p.column for p in caught.value.problems} == {"convention_mere"}


def test_parties_of_a_signed_agreement_are_those_of_its_kind(load: Load) -> None:
    load("conventions", AGREEMENTS)
    without_faculty = "\n".join(line for line in PARTIES.splitlines() if "faculte" not in line)
    with pytest.raises(Invalid) as caught:
        load("parties", without_faculty)
    (problem,) = caught.value.problems
    assert (problem.row, problem.column) == (2, "convention")
    assert "faculté" in problem.message


def test_a_party_is_an_organization_or_a_group(load: Load) -> None:
    load("conventions", AGREEMENTS)
    with pytest.raises(Invalid) as caught:
        load(
            "parties",
            "convention;etablissement;groupement;qualite;doit_signer\n"
            "cadre-2001;chu;ght;PARTY;non\ncadre-2001;;;PARTY;non\ninconnue;chu;;PARTY;non",
        )
    assert [(p.row, p.column) for p in caught.value.problems] == [
        (4, "convention"),
        (2, "groupement"),
        (3, "etablissement"),
    ]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("x;cadre-2001;caudry;;chu;BURNS;1;2010-01-01;", "de_etablissement"),
        ("x;cadre-2001;chu;;caudry;BURNS;1;2010-01-01;", "vers_etablissement"),
        ("x;cadre-2001;;ght;chu;BURNS;1;2010-01-01;", "de_etablissement"),
        ("x;cadre-2001;arras;;arras;BURNS;1;2010-01-01;", "vers_etablissement"),
        ("x;cadre-2001;arras;;chu;BURNS;1;2000-01-01;", "du"),
        ("x;cadre-2001;arras;;chu;BURNS;1;2010-01-01;2009-01-01", "au"),
        # Caudry left the group on 14 November 2022: the association binds it no longer.
        ("x;asso-2017;caudry;;chu;BURNS;1;2022-11-14;", "de_etablissement"),
        ("x;asso-2017;;ght;chu;BURNS|ADDICTION;1;2020-01-01;", "identifiant"),
    ],
)
def test_an_illegal_clause_is_refused_at_its_column(load: Load, cells: str, column: str) -> None:
    load("conventions", AGREEMENTS)
    load("parties", PARTIES)
    load("clauses", CLAUSES)
    head = (
        "identifiant;convention;de_etablissement;de_groupement;vers_etablissement;types_soin;"
        "priorite;du;au;source\n"
    )
    with pytest.raises(Invalid) as caught:
        load("clauses", head + cells + ";essai")
    assert [(p.row, p.column) for p in caught.value.problems] == [(2, column)]


def test_a_changed_state_is_kept_in_the_history(load: Load) -> None:
    load("conventions", AGREEMENTS)
    load(
        "conventions",
        "identifiant;titre;titre_court;nature;etat;etat_depuis;signee_le;du;precision_date;"
        "reconduction;source\n"
        "cadre-2001;Cadre;Cadre;FRAMEWORK;TERMINATED;2022-11-14;2001-01-01;2001-01-01;year;TACIT;essai",
    )
    steps = StateChange.objects.filter(agreement__slug="cadre-2001").order_by("id")
    assert [(step.from_state, step.to_state, step.on) for step in steps] == [
        ("", "IN_FORCE", date(2001, 1, 1)),
        ("IN_FORCE", "TERMINATED", date(2022, 11, 14)),
    ]
