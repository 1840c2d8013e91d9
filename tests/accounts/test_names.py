"""Names are sorted in French, by the product, the same on every database."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction
from django.db.models import Value

from maillage.accounts.actions import record
from maillage.accounts.checks import check_encoding
from maillage.accounts.models import User
from maillage.accounts.names import ByName, name_key
from maillage.accounts.permissions import Actor
from maillage.accounts.queries import TrailFilter, list_events, list_users

IN_ORDER = (
    "2 Caps",
    "À vérifier",
    "Ablain",
    "Béthune",
    "bethune sud",
    "Çarı",
    "Cœur d'Ostrevent",
    "Coeur z",
    "Écoles",
    "E\N{COMBINING ACUTE ACCENT}coles b",
    "L'Épine",
    "L’Épine b",
    "La Bassée",
    "Le Quesnoy",
    "Lens",
    "Saint-Omer",
    "Saint Omer b",
    "Saint-Pol",
    "Ægir",
    "Zola",
)


def expected() -> list[str]:
    """By hand, but for the place of « Æ », spelled « ae »."""
    names = [name for name in IN_ORDER if name != "Ægir"]
    return [*names[:3], "Ægir", *names[3:]]


def test_the_order_in_python() -> None:
    backwards = expected()[::-1]
    assert sorted(backwards, key=name_key) == expected()


def test_the_order_in_the_database(db: None) -> None:
    for number, name in enumerate(reversed(expected())):
        User.objects.create(username=f"u{number}", full_name=name)
    assert list(User.objects.order_by(ByName("full_name")).values_list("full_name", flat=True)) == (
        expected()
    )
    assert [user.full_name for user in User.objects.all()] == expected(), "their default order"
    backwards = User.objects.order_by(ByName("full_name").desc())
    assert [user.full_name for user in backwards] == expected()[::-1]


def test_the_database_and_python_make_the_same_key(db: None) -> None:
    letters = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2020)]))
    text = f"{letters} œuf Œuf Æ ß d’Artagnan"
    User.objects.create(username="u", full_name="x")
    made = User.objects.annotate(key=ByName(Value(text))).values_list("key", flat=True).get()
    assert made == name_key(text)


def test_the_order_through_a_relation_and_without_doubles(db: None) -> None:
    from maillage.accounts.enums import Role
    from maillage.accounts.models import RoleGrant

    for name in ("Éric", "Zoé", "Ève"):
        user = User.objects.create(username=name_key(name), full_name=name)
        for role in (Role.DOCTOR, Role.DIM):
            RoleGrant.objects.create(user=user, role=role, organization="ch-lens")
    grants = RoleGrant.objects.filter(role=Role.DIM).order_by(ByName("user__full_name"))
    assert [grant.user.full_name for grant in grants] == ["Éric", "Ève", "Zoé"]
    users = User.objects.filter(grants__organization="ch-lens").distinct()
    assert [user.full_name for user in users.order_by(ByName("full_name"))] == [
        "Éric",
        "Ève",
        "Zoé",
    ]


@pytest.mark.parametrize("typed", ["Ève", "eve", "ÈVE", "d'ostrevent", "D’OSTREVENT", "coeur"])
def test_accounts_are_found_however_they_are_typed(db: None, typed: str) -> None:
    User.objects.create(username="x", full_name="Ève Cœur d'Ostrevent")
    User.objects.create(username="y", full_name="Autre")
    assert [user.username for user in list_users(text=typed)] == ["x"]


@pytest.mark.parametrize("typed", ["100%", "a_b", "a\\b"])
def test_signs_of_patterns_are_only_signs(db: None, typed: str) -> None:
    User.objects.create(username="x", full_name=f"un {typed} deux")
    User.objects.create(username="y", full_name="un 100 a b axb deux")
    assert [user.username for user in list_users(text=typed)] == ["x"]


@pytest.mark.parametrize("typed", ["éric", "ERIC", "Conv. de l'Épine", "conv. de l’epine"])
def test_the_trail_is_found_however_it_is_typed(db: None, now: datetime, typed: str) -> None:
    for name, what in (("Éric", "x"), ("Zoé", "Conv. de l'Épine")):
        with transaction.atomic():
            record("essai.acte", by=Actor("u", name), at=now, subject_name=what)
    found = [
        *list_events(TrailFilter(who=typed)),
        *list_events(TrailFilter(subject=typed)),
    ]
    assert len(found) == 1


@pytest.mark.django_db
def test_the_database_holds_french_letters() -> None:
    assert check_encoding(["default"]) == []
