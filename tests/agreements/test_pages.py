"""The pages: what they show, how many queries they run, whom they let in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.agreements.enums import AgreementKind, AgreementState
from maillage.agreements.models import Agreement, Clause, Party
from maillage.directory.models import OrganizationGroup

MakeAgreement = Callable[..., Agreement]
MakeClause = Callable[..., Clause]
ClientFor = Callable[..., Client]


@pytest.fixture
def reader(client_for: ClientFor) -> Client:
    return client_for(Role.DOCTOR)


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_runs_the_same_queries_whatever_its_size(
    count: int,
    reader: Client,
    make_agreement: MakeAgreement,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        make_agreement(f"c-{number}")
    with django_assert_max_num_queries(12):
        page = reader.get(
            "/conventions/?q=convention&le=2020-01-01&etat=IN_FORCE&etablissement=chu"
        )
    assert page.status_code == 200
    assert page.content.decode().count("En vigueur</span>") == count


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_runs_the_same_queries_whatever_its_size(
    count: int,
    reader: Client,
    make_agreement: MakeAgreement,
    make_clause: MakeClause,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    made = make_agreement("cadre")
    for number in range(count):
        make_clause(made, f"clause-{number}", population=f"groupe {number}")
    with django_assert_max_num_queries(32):
        page = reader.get("/conventions/cadre")
    assert page.status_code == 200
    assert page.content.decode().count('id="clause-clause-') == count


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"vieille", "neuve", "projet"}),
        ("nature=PARTNERSHIP", {"neuve"}),
        # The term of « vieille » has passed: it reads as expired before anybody records it.
        ("etat=EXPIRED", {"vieille"}),
        ("etat=IN_FORCE", {"neuve"}),
        ("etablissement=chv", {"projet"}),
        ("le=2015-06-01", {"vieille"}),
        ("le=15/06/2021", {"neuve"}),
        ("le=hier", {"vieille", "neuve", "projet"}),
        ("q=EVOLUTIVE", {"neuve"}),
        ("q=ch+arras+vieille", {"vieille"}),
    ],
)
def test_filters_of_the_list(
    query: str, found: set[str], reader: Client, make_agreement: MakeAgreement
) -> None:
    make_agreement("vieille", starts_on=date(2010, 1, 1), ends_on=date(2020, 1, 1))
    make_agreement(
        "neuve",
        kind=AgreementKind.PARTNERSHIP,
        title="Convention évolutive",
        starts_on=date(2021, 1, 1),
    )
    make_agreement(
        "projet", parties=("chu", "chv"), state=AgreementState.DRAFT, signed_on=None, starts_on=None
    )
    page = reader.get(f"/conventions/?{query}").content.decode()
    assert {
        slug for slug in ("vieille", "neuve", "projet") if f'/conventions/{slug}"' in page
    } == found


def test_a_wrong_filter_says_so(reader: Client) -> None:
    page = reader.get("/conventions/?le=hier").content.decode()
    assert "« hier » n'est pas une date" in page or "« hier » n&#x27;est pas une date" in page


def test_the_csv_holds_the_filtered_rows_and_loads_again(
    reader: Client, make_agreement: MakeAgreement, load: Callable[[str, str], dict[str, int]]
) -> None:
    make_agreement("a")
    make_agreement("b", kind=AgreementKind.PARTNERSHIP)
    answer = reader.get("/conventions/liste.csv?nature=PARTNERSHIP")
    assert answer["Content-Type"].startswith("text/csv")
    text = answer.content.decode("utf-8-sig")
    assert [line.split(";")[0] for line in text.splitlines()] == ["identifiant", "b"]
    assert load("conventions", text)["unchanged"] == 1


def test_the_timeline_draws_dates_no_finer_than_they_are_known(
    reader: Client,
    make_agreement: MakeAgreement,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    make_agreement("an-2001", starts_on=date(2001, 1, 1), date_precision="year")
    make_agreement("mars-2000", starts_on=date(2000, 3, 1), date_precision="month")
    make_agreement("jour", starts_on=date(2017, 7, 3))
    with django_assert_max_num_queries(10):
        page = reader.get("/conventions/frise").content.decode()
    assert '<td data-label="Début">2001</td>' in page
    assert '<td data-label="Début">mars 2000</td>' in page
    assert '<td data-label="Début">3 juillet 2017</td>' in page
    assert page.count('fill="url(#vague)"') == 2
    assert page.index("/conventions/mars-2000") < page.index("/conventions/an-2001")


@pytest.mark.parametrize("starts_on", [None, date(2000, 7, 1)])
def test_an_old_signature_without_a_start_is_not_said_to_come(
    starts_on: date | None, reader: Client, make_agreement: MakeAgreement
) -> None:
    """Signed in 2000, first day lost: it is not « not yet in force » a quarter of a century on."""
    make_agreement(
        "ancienne", state=AgreementState.SIGNED, signed_on=date(2000, 7, 1), starts_on=starts_on
    )
    for address in ("/conventions/", "/conventions/frise", "/conventions/ancienne"):
        page = reader.get(address).content.decode().lower()
        assert "date d&#x27;entrée en vigueur inconnue" in page, address
        assert "pas encore en vigueur" not in page, address
        assert "date prévue" not in page, address


def test_the_page_says_whether_each_clause_works_today(
    reader: Client, make_agreement: MakeAgreement, make_clause: MakeClause
) -> None:
    made = make_agreement("cadre")
    make_clause(made, "vit")
    make_clause(made, "finie", ends_on=date(2019, 1, 1))
    make_clause(made, "future", starts_on=date(2090, 1, 1), population="autre")
    page = reader.get("/conventions/cadre").content.decode()
    assert "a pris fin le 01/01/2019" in page
    assert "commence le 01/01/2090" in page
    # No service of the directory is authorised for it: the line of care sits on nothing.
    assert "Pas de service autorisé chez CHU pour : Neurochirurgie." in page


def test_a_refused_act_says_why(client_for: ClientFor, make_agreement: MakeAgreement) -> None:
    made = make_agreement("projet", state=AgreementState.ADOPTED, signed_on=None)
    director = client_for(Role.DIRECTOR, at="chu")
    page = director.get(f"/conventions/{made.slug}").content.decode()
    assert "Constater la signature de tous" in page
    assert "Il manque la signature de : CHU, CH Arras." in page


def test_only_a_party_may_act_and_only_on_its_own_signature(
    client_for: ClientFor, make_agreement: MakeAgreement
) -> None:
    made = make_agreement("projet", state=AgreementState.ADOPTED, signed_on=None)
    chu, arras = Party.objects.filter(agreement=made).order_by("id")
    typed = {"on": "03/07/2017", "signatory_name": "A", "signatory_title": "Direction"}
    stranger, director = client_for(Role.DIRECTOR, at="chv"), client_for(Role.DIRECTOR, at="chu")
    assert stranger.get("/conventions/projet/modifier").status_code == 403
    assert stranger.post(f"/conventions/projet/parties/{chu.pk}/signer", typed).status_code == 403
    assert director.post(f"/conventions/projet/parties/{arras.pk}/signer", typed).status_code == 403
    assert director.post(f"/conventions/projet/parties/{chu.pk}/signer", typed).status_code == 302
    chu.refresh_from_db()
    arras.refresh_from_db()
    assert (chu.signed_on, arras.signed_on) == (date(2017, 7, 3), None)


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.DIRECTOR, Role.ADMINISTRATOR)])
def test_other_roles_read_and_write_nothing(
    role: Role, client_for: ClientFor, make_agreement: MakeAgreement
) -> None:
    make_agreement("cadre")
    client = client_for(role)
    assert client.get("/conventions/cadre").status_code == 200
    for address in (
        "nouvelle",
        "cadre/modifier",
        "cadre/clauses/ajouter",
        "cadre/documents/joindre",
    ):
        assert client.get(f"/conventions/{address}").status_code == 403


def test_a_visitor_is_sent_to_log_in(db: None) -> None:
    assert Client().get("/conventions/").status_code == 302


def test_a_refusal_goes_back_into_the_form_and_nothing_typed_is_lost(
    client_for: ClientFor, make_agreement: MakeAgreement
) -> None:
    make_agreement("projet", state=AgreementState.DRAFT, signed_on=None, starts_on=None)
    director = client_for(Role.DIRECTOR, at="chu")
    typed = {
        "from_organization": "arras",
        "to_organization": "arras",
        "care_types": ["BURNS"],
        "starts_on": "1/1/2020",
        "priority": "1",
        "text": "phrase rare",
    }
    page = director.post("/conventions/projet/clauses/ajouter", typed)
    assert page.status_code == 422
    assert "L&#x27;origine et la destination sont les mêmes." in page.content.decode()
    assert "phrase rare" in page.content.decode()
    typed["to_organization"] = "chu"
    assert director.post("/conventions/projet/clauses/ajouter", typed).status_code == 302
    assert Clause.objects.get().care_types == ["BURNS"]


def test_a_new_agreement_is_offered_only_where_one_may_act(
    client_for: ClientFor, group: OrganizationGroup
) -> None:
    """A director chooses among their own establishments; a forged one keeps what was typed."""
    page = client_for(Role.DIRECTOR, at="chv").get("/conventions/nouvelle").content.decode()
    assert '<option value="chv" selected>' in page
    assert 'value="chu"' not in page
    everywhere = client_for(Role.ADMINISTRATOR).get("/conventions/nouvelle").content.decode()
    assert 'value="chv"' in everywhere
    assert 'value="chu"' in everywhere
    answer = client_for(Role.DIRECTOR, at="arras").post(
        "/conventions/nouvelle",
        {
            "title": "Un titre longuement choisi",
            "short_title": "Titre",
            "kind": "FRAMEWORK",
            "date_precision": "day",
            "renewal": "NONE",
            "organization": "chu",
            "state": "DRAFT",
        },
    )
    assert answer.status_code == 422
    kept = answer.content.decode()
    assert "Un titre longuement choisi" in kept
    assert "pour lequel vous pouvez préparer une convention" in kept
    assert not Agreement.objects.exists()


def test_an_act_that_is_not_allowed_keeps_what_was_typed(
    client_for: ClientFor, make_agreement: MakeAgreement
) -> None:
    """The signature of another party: refused in the form, with its sentence."""
    made = make_agreement("projet", state=AgreementState.ADOPTED, signed_on=None, starts_on=None)
    other = made.parties.get(organization__slug="arras")
    answer = client_for(Role.DIRECTOR, at="chu").post(
        f"/conventions/projet/parties/{other.pk}/signer",
        {"on": "03/07/2017", "signatory_name": "Nom recopié", "signatory_title": "Directrice"},
    )
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "Nom recopié" in page
    assert "ne permet pas d&#x27;enregistrer la signature" in page
    other.refresh_from_db()
    assert other.signed_on is None


def test_a_whole_life_through_the_pages(client_for: ClientFor, group: OrganizationGroup) -> None:
    """An association, from its creation to its first amendment, as three directions enter it."""
    chu, chv = client_for(Role.DIRECTOR, at="chu"), client_for(Role.DIRECTOR, at="chv")
    faculty = client_for(Role.DIRECTOR, at="faculte")
    terms = {
        "title": "Association d'essai",
        "short_title": "Association",
        "kind": "ASSOCIATION",
        "date_precision": "day",
        "renewal": "EXPRESS",
        "starts_on": "3/7/2017",
        "ends_on": "3/7/2027",
        "notice_months": "6",
        "organization": "chu",
        "state": "DRAFT",
    }
    assert chu.post("/conventions/nouvelle", terms)["Location"] == "/conventions/association"
    at = "/conventions/association"
    for party in (
        {"organization": "chv", "role": "GROUP", "must_sign": "on"},
        {"organization": "faculte", "role": "FACULTY", "must_sign": "on"},
    ):
        assert chu.post(f"{at}/parties/ajouter", party).status_code == 302
    missions = {"RECOURSE": "on", "RECOURSE_text": "Recours sans rupture"}
    assert chu.post(f"{at}/missions", missions).status_code == 302
    clause = {
        "from_group": "ght",
        "to_organization": "chu",
        "care_types": ["NEUROSURGERY"],
        "starts_on": "3/7/2017",
        "priority": "1",
    }
    assert chu.post(f"{at}/clauses/ajouter", clause).status_code == 302
    early = chu.post(f"{at}/etapes/signer", {"on": "3/7/2017"})
    assert early.status_code == 422
    agreement = Agreement.objects.get()
    Agreement.objects.update(state_on=date(2017, 1, 1))
    for client, party in zip((chu, chv, faculty), agreement.parties.order_by("id"), strict=True):
        signed = client.post(
            f"{at}/parties/{party.pk}/signer",
            {"on": "3/7/2017", "signatory_name": "D", "signatory_title": "Direction"},
        )
        assert signed.status_code == 302
    assert chu.post(f"{at}/etapes/signer", {"on": "3/7/2017"}).status_code == 302
    assert chu.post(f"{at}/etapes/mettre-en-vigueur", {"on": "3/7/2017"}).status_code == 302
    assert chu.post(f"{at}/clauses/ajouter", {**clause, "care_types": ["BURNS"]}).status_code == 422
    amendment = {"title": "Brûlés", "signed_on": "1/1/2019", "effective_on": "1/2/2019"}
    assert chu.post(f"{at}/avenants/ajouter", amendment).status_code == 302
    burns = {**clause, "care_types": ["BURNS"], "starts_on": "1/2/2019"}
    assert chu.post(f"{at}/clauses/ajouter", burns).status_code == 302
    assert chu.post(f"{at}/avenants/clore").status_code == 302
    page = chu.get(at).content.decode()
    assert "Avenant n° 1 : Brûlés" in page
    assert "GHT → CHU : Brûlés, du 01/02/2019" in page
    assert "Préavis" in page
    agreement.refresh_from_db()
    assert (agreement.state, agreement.version) == (AgreementState.IN_FORCE, 2)
    states = agreement.history.order_by("id").values_list("to_state", flat=True)
    assert list(states) == ["DRAFT", "SIGNED", "IN_FORCE"]


def test_the_json_detail_gives_the_clauses(
    reader: Client, make_agreement: MakeAgreement, make_clause: MakeClause
) -> None:
    make_clause(make_agreement("cadre"), "vit")
    listed = reader.get("/api/conventions/").json()
    assert [(row["slug"], row["state"]) for row in listed] == [("cadre", "IN_FORCE")]
    detail = reader.get("/api/conventions/cadre").json()
    assert detail["clauses"][0]["slug"] == "vit"
    assert detail["clauses"][0]["in_force"] is True
    assert reader.get("/api/conventions/inconnue").status_code == 404
