"""The lists of the directory as files: what they refuse, and that they go in and out unchanged."""

from __future__ import annotations

import pytest

from maillage.accounts.models import AuditEvent
from maillage.directory.imports import TABLES
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    OpeningHours,
    Organization,
    Practitioner,
    PractitionerRole,
    ServiceException,
    Site,
    Team,
)
from maillage.exchange.queries import get_export
from maillage.exchange.tables import get_table
from maillage.vocabulary.errors import Invalid
from tests.directory.territory_in_small import FILES, load

pytestmark = pytest.mark.django_db


def test_every_table_of_the_room_is_registered() -> None:
    assert [table.key for table in TABLES] == list(FILES)
    for table in TABLES:
        assert get_table(table.key) is table


def test_the_small_directory_stands(directory: None) -> None:
    assert Organization.objects.count() == 5
    assert GroupMembership.objects.filter(ends_on__isnull=False).count() == 1
    assert Site.objects.get(finess="590000535").point_note == "ancien site"
    assert HealthcareService.objects.filter(illustrative=True).count() == 4
    assert Authorisation.objects.count() == 4
    assert OpeningHours.objects.get(weekday=7).closes_minute == 1440
    assert ServiceException.objects.get().starts_at.isoformat() == "2026-07-31T22:00:00+00:00"
    assert Practitioner.objects.get(slug="prat-001").search_name.startswith("loeuillet anais")
    assert PractitionerRole.objects.filter(service=None).count() == 1
    assert Team.objects.get().services.count() == 2


def test_every_list_is_idempotent(directory: None) -> None:
    before = AuditEvent.objects.count()
    for key, text in FILES.items():
        plan = load(key, text)
        assert not plan.changes, key
    assert AuditEvent.objects.count() == before


def test_what_goes_out_comes_back_unchanged(directory: None) -> None:
    for table in TABLES:
        plan = load(table.key, get_export(table).decode())
        assert not plan.changes, table.key
        assert plan.unchanged > 0, table.key


def test_a_change_is_written_and_marks_the_territory(directory: None) -> None:
    changed = FILES["offres"].replace("RECOURSE;15;;;;", "RECOURSE;18;;;;")
    plan = load("offres", changed)
    assert len(plan.updated) == 1
    assert HealthcareService.objects.get(slug="unv-maubeuge").age_min == 18
    last = AuditEvent.objects.latest("id")
    assert last.changes_territory
    assert last.subject_key == "offres"


def test_team_services_follow_the_file(directory: None) -> None:
    load("equipes", FILES["equipes"].replace("unv-valenciennes|unv-maubeuge", "unv-maubeuge"))
    assert [service.slug for service in Team.objects.get().services.all()] == ["unv-maubeuge"]


def _problems(key: str, *rows: str) -> list[tuple[int | None, str, str]]:
    header = FILES[key].splitlines()[0]
    with pytest.raises(Invalid) as caught:
        load(key, "\n".join([header, *rows]) + "\n")
    return [(problem.row, problem.column, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("key", "row", "column", "words"),
    [
        ("etablissements", "ch-x;590782215;X;X;HOSPITAL;;;s;;", "finess_ej", "ch-valenciennes"),
        ("etablissements", "ch-x;590782216;X;X;HOSPITAL;;;s;;", "finess_ej", "clé de contrôle"),
        ("etablissements", "ch-x;;X;X;HOSPITAL;59999;;s;;", "commune", "59999"),
        ("groupements", "ght-x;X;X;GHT;2020-01-01;2019-01-01;;s;;", "dissous_le", "fin"),
        ("adhesions", "ght-x;ch-cambrai;2020-01-01;;PARTY;s;", "groupement", "inconnu"),
        ("adhesions", "ght-hainaut;ch-cambrai;2020-01-01;;PARTY;s;", "du", "déjà membre de"),
        ("adhesions", "ght-cambresis;ch-maubeuge;2023-01-01;;PARTY;s;", "du", "déjà partie au GHT"),
        ("sites", "590000618;ch-x;X;59606;50;3;;;s;", "etablissement", "inconnu"),
        ("sites", "590000618;ch-maubeuge;X;59606;95;3;;;s;", "latitude", "entre"),
        ("offres", "o;590000618;X;STROKE_UNIT;RECOURSE;15;15;;;s;;", "age_max", "dépasser"),
        ("offres", "o;590000618;X;MAGIC;RECOURSE;15;;;;s;;", "type_soin", "valeurs possibles"),
        ("autorisations", "unv-maubeuge;2026-01-01;;;s;", "du", "déjà une autorisation"),
        ("autorisations", "unv-maubeuge;2010-01-01;2009-01-01;;s;", "au", "fin"),
        ("horaires", "unv-valenciennes;1;18:00;19:00;open;s;", "ouvre", "chevauche"),
        ("horaires", "unv-valenciennes;6;20:00;08:00;open;s;", "ferme", "minuit"),
        ("horaires", "unv-valenciennes;8;08:00;09:00;open;s;", "jour", "entre 1 et 7"),
        ("fermetures", "unv-x;closed;2026-08-01;2026-08-02;;s;", "offre", "inconnu"),
        ("praticiens", "p;10003000002;Dr;A;B;;s;;", "rpps", "clé de contrôle"),
        ("praticiens", "p;;Dr;A;B;SM99;s;;", "specialite", "valeurs possibles"),
        (
            "exercices",
            "prat-001;ch-maubeuge;590000618;unv-maubeuge;X;;;2025-01-01;;s;;",
            "site",
            "est au site",
        ),
        ("equipes", "e;X;TERRITORY_TEAM;;unv-x;;s;;", "offres", "inconnu"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_with_its_place(
    directory: None, key: str, row: str, column: str, words: str
) -> None:
    found = _problems(key, row)
    assert found
    assert all(number == 2 for number, _, _ in found)
    assert any(name == column and words in message for _, name, message in found), found


def test_two_wrong_rows_of_one_file_name_the_second(directory: None) -> None:
    found = _problems(
        "autorisations",
        "neurochirurgie-lille;2010-01-01;2020-01-01;;s;",
        "neurochirurgie-lille;2019-01-01;;;s;",
    )
    assert [(row, column) for row, column, _ in found] == [(3, "du")]


def test_an_associate_may_belong_to_two_groups(directory: None) -> None:
    """CSP L6132-1 binds parties, not associates."""
    header = FILES["adhesions"].splitlines()[0]
    load("adhesions", f"{header}\nght-cambresis;ch-maubeuge;2023-01-01;;ASSOCIATE;s;\n")
    assert GroupMembership.objects.filter(organization__slug="ch-maubeuge").count() == 2


def test_a_window_for_holidays_may_stand_over_one_closed_on_holidays(directory: None) -> None:
    header = FILES["horaires"].splitlines()[0]
    load("horaires", f"{header}\nunv-valenciennes;1;09:00;12:00;only;s;\n")
    assert OpeningHours.objects.filter(holidays="only").count() == 1
