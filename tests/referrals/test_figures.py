"""Figures of the requests: quantiles on both databases, small counts, who reads what."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.agreements.enums import DelayClock, DelayPriority
from maillage.referrals.enums import Act, Clock, Kind, LetterKind, Priority, Reason, Side, State
from maillage.referrals.models import Case, Event, Letter, Referral
from maillage.referrals.queries.durations import Quantiles, load_quantiles
from maillage.referrals.queries.figures import (
    VIEWS,
    FigureRow,
    Figures,
    get_view,
    list_quarters,
    load_agreement_figures,
    load_figures,
)
from maillage.referrals.queries.months import load_months
from maillage.referrals.queries.scopes import Scope, figures_scope
from maillage.referrals.rules.measures import get_delay_measure
from maillage.referrals.rules.quarters import (
    Quarter,
    closed_quarters,
    month_starts,
    parse_quarter,
    quarter_of,
)
from maillage.vocabulary.disclosure import Rate
from tests.directory.territory_in_small import load_directory
from tests.referrals.past_requests import SUMMER, make_agreement, send

ClientFor = Callable[..., Client]
MakeActor = Callable[..., Actor]

SUMMER_QUARTER = Quarter(2026, 3)


@pytest.fixture
def directory(db: None) -> None:
    load_directory()


def read(actor: Actor, view: str, now: datetime) -> Figures:
    scope = figures_scope(actor, at=now)
    return load_figures(scope, view=get_view(view), quarter=SUMMER_QUARTER)


def volumes(figures: Figures) -> dict[str, int | None]:
    return {row.label: row.volume for row in figures.rows}


def delay(row: FigureRow | None, key: str) -> Quantiles:
    assert row is not None
    return next(one for measure, one in row.delays if measure.key == key)


def share(row: FigureRow | None, key: str) -> Rate:
    assert row is not None
    return next(one for measure, one in row.shares if measure.key == key)


# Periods


def test_only_quarters_that_are_over_are_offered(now: datetime) -> None:
    assert [q.code for q in closed_quarters(now, since=datetime(2026, 2, 1, tzinfo=UTC))] == [
        "2026-T3",
        "2026-T2",
        "2026-T1",
    ]
    assert [q.code for q in closed_quarters(now, since=None)] == ["2026-T3"]
    assert closed_quarters(now, since=now) == [Quarter(2026, 3)]
    assert closed_quarters(datetime(2026, 12, 31, 23, 0, tzinfo=UTC), since=None) == [
        Quarter(2026, 4)
    ]
    assert len(closed_quarters(now, since=datetime(2001, 1, 1, tzinfo=UTC))) == 20


def test_a_quarter_starts_and_ends_at_midnight_in_paris() -> None:
    starts, ends = SUMMER_QUARTER.bounds()
    assert starts == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    assert ends == datetime(2026, 9, 30, 22, 0, tzinfo=UTC)


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_in_the_quarter_that_its_code_names(day: date) -> None:
    quarter = quarter_of(day)
    assert quarter.first_day <= day < quarter.shifted(1).first_day
    assert parse_quarter(quarter.code) == quarter
    assert quarter.shifted(5).shifted(-5) == quarter


@pytest.mark.parametrize("text", ["", "2026-T5", "26-T1", "2026-T1x", "abc"])
def test_what_is_no_quarter_is_none(text: str) -> None:
    assert parse_quarter(text) is None


def test_months_that_are_over(now: datetime) -> None:
    assert month_starts(now, 3) == [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]
    assert month_starts(datetime(2026, 1, 5, tzinfo=UTC), 2) == [
        date(2025, 11, 1),
        date(2025, 12, 1),
    ]


# Quantiles


def expected(values: list[int]) -> Quantiles:
    """The definition: the smallest value that at least this share of values does not exceed."""
    found = []
    for percent in (50, 90):
        found.append(
            next(
                v
                for v in sorted(values)
                if sum(o <= v for o in values) * 100 >= percent * len(values)
            )
        )
    return Quantiles(*map(float, found))


@pytest.mark.parametrize("number", [10, 11, 12, 19, 20, 21, 30])
@pytest.mark.usefixtures("directory")
def test_the_database_finds_the_quantiles_of_the_definition(number: int) -> None:
    minutes = [(7 * i * i) % 53 + 1 for i in range(number)]
    send(number, minutes=minutes)
    send(15, service="unv-valenciennes", minutes=[600] * 15)
    found = load_quantiles(
        Referral.objects.all(),
        start="sent_at",
        end="seen_at",
        parts={"team": ["to_service__slug"], "all": []},
    )
    assert found["team"].get(("neurochirurgie-lille",)) == (
        expected(minutes) if number >= 11 else None
    )
    assert found["team"][("unv-valenciennes",)] == Quantiles(600, 600)
    assert found["all"] == {(): expected([*minutes, *[600] * 15])}


@pytest.mark.usefixtures("directory")
def test_requests_that_still_wait_have_no_length() -> None:
    send(12, minutes=[5] * 12)
    send(12, seen_at=None)
    found = load_quantiles(
        Referral.objects.all(), start="sent_at", end="seen_at", parts={"all": []}
    )
    assert found["all"] == {(): Quantiles(5, 5)}


# Tables


@pytest.fixture
def summer(directory: None) -> None:
    """A quarter: Maubeuge and Cambrai ask Lille, Valenciennes and Maubeuge's stroke units."""
    association = make_agreement(
        "association", "chu-lille", "ch-valenciennes", group="ch-valenciennes"
    )
    send(40, agreement=association, answered_at=90, priority=Priority.P1)
    send(30, agreement=association, kind=Kind.TRANSFER, accepted_at=20, arrived_at=150)
    send(25, service="unv-valenciennes", kind=Kind.TRANSFER, accepted_at=10, was_late=True)
    send(14, service="unv-valenciennes", refused_at=15, reason=Reason.NO_BED)
    send(4, service="unv-maubeuge", sender="ch-cambrai", is_outside_agreement=True)
    send(20, sender="ch-cambrai", is_outside_agreement=True, deviation="KNOWN_TEAM")


@pytest.mark.usefixtures("summer")
def test_lines_stand_under_their_hospital_and_small_ones_hide_with_another(now: datetime) -> None:
    figures = read(SYSTEM, "equipes", now)
    assert volumes(figures) == {
        "Ensemble": 133,
        "CH Maubeuge": None,
        "Unité neurovasculaire de Maubeuge": None,
        "CH Valenciennes": None,
        "Unité neurovasculaire de Valenciennes": None,
        "CHU Lille": 90,
        "Neurochirurgie de Lille": 90,
    }
    assert [row.level for row in figures.rows] == [0, 1, 2, 1, 2, 1, 2]
    hidden = figures.rows[4]
    assert hidden.delays == ()
    assert {number for _, number in hidden.kinds} == {None}


@pytest.mark.usefixtures("summer")
def test_delays_and_shares_of_a_row(now: datetime) -> None:
    figures = read(SYSTEM, "conventions", now)
    row = figures.row("association")
    assert row is not None
    assert row.volume == 70
    assert dict(row.kinds) == {"Avis (télé-expertise)": 40, "Transfert": 30}
    assert delay(row, "reponse") == Quantiles(90, 90)
    assert delay(row, "accord") == Quantiles(20, 20)
    assert delay(row, "arrivee") == Quantiles(150, 150)
    assert delay(row, "retour") == Quantiles()
    assert share(row, "hors") == Rate(under=20)
    whole = figures.whole
    assert share(whole, "delai") == Rate(percent=81)
    assert share(whole, "refus") == Rate(percent=11)
    assert share(whole, "hors") == Rate(percent=18)
    assert share(whole, "ecart") == Rate(percent=15)


@pytest.mark.usefixtures("summer")
def test_the_same_total_is_shown_by_every_way_to_part(now: datetime) -> None:
    for view in VIEWS:
        figures = read(SYSTEM, view.code, now)
        assert figures.whole is not None
        assert figures.whole.volume == 133
        for row in figures.rows:
            shown = [number for _, number in row.kinds if number is not None]
            assert all(number == 0 or number >= 11 for number in [*shown, row.volume or 0])


@pytest.mark.usefixtures("summer")
def test_delays_by_priority(now: datetime) -> None:
    rows = {row.key: row for row in read(SYSTEM, "equipes", now).priorities}
    assert set(rows) == {"P1", "P2"}
    assert delay(rows["P1"], "reponse") == Quantiles(90, 90)
    assert delay(rows["P2"], "reponse") == Quantiles()


@pytest.mark.usefixtures("directory")
def test_few_requests_show_nothing_at_all(now: datetime) -> None:
    assert read(SYSTEM, "equipes", now).is_empty
    send(10)
    figures = read(SYSTEM, "equipes", now)
    assert figures.is_small
    assert not figures.is_empty
    assert figures.rows == ()


@pytest.mark.usefixtures("directory")
def test_rare_kinds_are_gathered(now: datetime) -> None:
    send(40)
    send(5, kind=Kind.MEETING)
    send(9, kind=Kind.RETURN)
    assert read(SYSTEM, "equipes", now).kinds == ("Avis (télé-expertise)", "Autres natures")


@pytest.mark.usefixtures("directory")
def test_drafts_mistakes_and_other_quarters_do_not_count(now: datetime) -> None:
    send(12)
    send(12, state=State.CANCELLED, reason=Reason.MISTAKE)
    starts, ends = SUMMER_QUARTER.bounds()
    send(1, at=ends)
    send(1, at=starts - timedelta(seconds=1))
    send(1, at=ends - timedelta(seconds=1))
    whole = read(SYSTEM, "equipes", now).whole
    assert whole is not None
    assert whole.volume == 13


@pytest.mark.usefixtures("directory")
def test_reasons_are_shown_when_there_are_enough(now: datetime) -> None:
    for reason, number in ((Reason.NO_BED, 30), (Reason.NO_TEAM, 12), (Reason.OTHER, 3)):
        for one in send(number, refused_at=10):
            Event.objects.create(
                referral=one, act=Act.REFUSE, to_state=State.REFUSED, at=SUMMER,
                username="essai", name="Dr Essai", side=Side.TARGET, reason=reason, version=2,
            )  # fmt: skip
    rows = {row.label: row.count for row in read(SYSTEM, "equipes", now).refusals}
    assert rows == {
        "Pas de lit disponible": 30,
        "Équipe indisponible": None,
        "Autre motif": None,
    }


@pytest.mark.usefixtures("directory")
def test_same_day_letters_are_counted_on_the_day_of_paris(now: datetime) -> None:
    requests = send(36)
    case = Case.objects.get()
    for index, one in enumerate(requests):
        # 22:30 UTC is already the next day in Paris: half of the letters leave a day late.
        sent = datetime(2026, 8, 3, 22 if index % 2 else 12, 30, tzinfo=UTC)
        Letter.objects.create(
            case=case, referral=one, kind=LetterKind.DISCHARGE, left_on=date(2026, 8, 3),
            organization=one.to_organization, changed_at=sent, written_by="Dr Essai",
            signed_at=sent, signed_by="Dr Essai", sent_at=sent,
        )  # fmt: skip
    assert share(read(SYSTEM, "equipes", now).whole, "lettre") == Rate(percent=50)


# Who reads what


@pytest.mark.usefixtures("summer")
@pytest.mark.parametrize(
    ("role", "place", "total"),
    [
        (Role.REGULATOR, "chu-lille", 133),
        (Role.DIRECTOR, "", 133),
        # Asked of Lille, or asked by it.
        (Role.DOCTOR, "chu-lille", 90),
        (Role.DIRECTOR, "chu-lille", 90),
        # Valenciennes: what it received, and what was sent under the agreement that it signed.
        (Role.DIRECTOR, "ch-valenciennes", 109),
        (Role.DIM, "ch-valenciennes", 109),
        (Role.DOCTOR, "ch-valenciennes", 39),
        # Cambrai left the group: it reads its own requests only.
        (Role.DIRECTOR, "ch-cambrai", 24),
        (Role.DIRECTOR, "universite-lille", None),
    ],
)
def test_a_reader_sees_their_hospitals_and_their_agreements(
    role: Role, place: str, total: int | None, now: datetime, make_actor: MakeActor
) -> None:
    whole = read(make_actor(role, at=place), "conventions", now).whole
    assert (whole.volume if whole else None) == total


@pytest.mark.usefixtures("summer")
def test_an_agreement_shows_its_row_and_nothing_that_the_table_hides(
    now: datetime, make_actor: MakeActor
) -> None:
    found = load_agreement_figures(Scope(is_everywhere=True), "association", quarter=SUMMER_QUARTER)
    assert found.row is not None
    assert found.row.volume == 70
    nobody = figures_scope(make_actor(Role.DOCTOR, at="universite-lille"), at=now)
    empty = load_agreement_figures(nobody, "association", quarter=SUMMER_QUARTER)
    assert empty.row is None


# Months


@pytest.mark.usefixtures("directory")
def test_months_follow_the_clock_of_paris_and_need_eleven_values(now: datetime) -> None:
    july = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    send(11, at=july, minutes=[30] * 11)
    send(10, at=datetime(2026, 10, 10, 8, 0, tzinfo=UTC), minutes=[5] * 10)
    months = load_months(Scope(is_everywhere=True), get_delay_measure("vue"), at=now)
    known = {row.label: row.quantiles for row in months.rows if row.quantiles != Quantiles()}
    assert known == {"juillet 2026": Quantiles(30, 30)}
    assert len(months.rows) == 12
    assert months.chart is not None


@pytest.mark.usefixtures("directory")
def test_quarters_offered_begin_with_the_first_request(now: datetime) -> None:
    send(1, at=datetime(2026, 3, 5, tzinfo=UTC))
    assert [quarter.code for quarter in list_quarters(Scope(is_everywhere=True), at=now)] == [
        "2026-T3",
        "2026-T2",
        "2026-T1",
    ]


# Pages


@pytest.mark.usefixtures("summer")
@pytest.mark.parametrize("view", [view.code for view in VIEWS])
def test_the_page_runs_the_same_queries_whatever_its_size(
    view: str, client_for: ClientFor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(Role.REGULATOR)
    client.get("/")
    with django_assert_max_num_queries(15):
        page = client.get(f"/adressages/delais?par={view}&periode=2026-T3")
    text = page.content.decode()
    assert page.status_code == 200
    assert "3e trimestre 2026" in text
    for anchor in ("vue", "reponse", "accord", "arrivee", "retour", "delai", "refus", "lettre"):
        assert f'href="#def-{anchor}"' in text
        assert f'id="def-{anchor}"' in text


@pytest.fixture
def rows(client_for: ClientFor, summer: None) -> list[list[str]]:
    client = client_for(Role.REGULATOR)
    answer = client.get("/adressages/delais/liste.csv?par=equipes&periode=2026-T3")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_the_file_hides_what_the_page_hides(rows: list[list[str]]) -> None:
    by_name = {row[2]: row for row in rows}
    assert by_name["CHU Lille"][3] == "90"
    assert set(by_name["CH Maubeuge"][3:]) == {"n.c."}
    assert set(by_name["CH Valenciennes"][3:]) == {"n.c."}
    assert all(len(row) == len(rows[0]) for row in rows)


@pytest.mark.usefixtures("summer")
def test_wrong_choices_fall_back_and_roles_are_checked(client_for: ClientFor) -> None:
    client = client_for(Role.DIM, at="ch-valenciennes")
    page = client.get("/adressages/delais?par=x&periode=2026-T4&mesure=%27")
    assert page.status_code == 200
    assert "3e trimestre 2026" in page.content.decode()
    for role in (Role.CITY, Role.AUDITOR):
        refused = client_for(role)
        assert refused.get("/adressages/delais").status_code == 403
        assert refused.get("/adressages/delais/liste.csv").status_code == 403


@pytest.mark.usefixtures("directory")
def test_the_page_without_any_request(client_for: ClientFor) -> None:
    text = client_for(Role.DIRECTOR, at="chu-lille").get("/adressages/delais").content.decode()
    assert "Aucune demande" in text


@pytest.mark.usefixtures("summer")
def test_the_page_of_an_agreement_asks_for_its_figures(
    client_for: ClientFor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    director = client_for(Role.DIRECTOR, at="ch-valenciennes")
    assert (
        "/adressages/delais/conventions/association"
        in director.get("/conventions/association").content.decode()
    )
    place = "/adressages/delais/conventions/association"
    with django_assert_max_num_queries(15):
        fragment = director.get(place, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "70 demandes" in fragment
    assert "<html" in director.get(place).content.decode()
    assert "Votre rôle" in client_for(Role.CITY).get(place).content.decode()
    assert director.get("/adressages/delais/conventions/inconnue").status_code == 404


# Names shared with the room below


def test_what_clauses_agree_has_the_names_of_the_clocks_of_a_request() -> None:
    assert {one.value for one in DelayClock} == {one.value for one in Clock} - {"TO_SEND"}
    assert [(one.value, one.label) for one in DelayPriority] == Priority.choices
