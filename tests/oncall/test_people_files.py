"""Members, leave, planned duties and the regional plan as files; the plan beside what is held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.accounts.queries import get_actor
from maillage.directory.models import Organization
from maillage.exchange.actions import import_file
from maillage.exchange.tables import get_table
from maillage.oncall.actions import release_slot
from maillage.oncall.enums import VersionState
from maillage.oncall.models import (
    DutyLine,
    Exemption,
    LineMember,
    PlannedDuty,
    PlanTarget,
    Roster,
    RosterVersion,
    Unavailability,
)
from maillage.oncall.queries.plan import by_zone, list_targets
from maillage.vocabulary.errors import Invalid, NotAllowed
from tests.directory.territory_in_small import load
from tests.oncall.people_in_small import account_of, make_nights, slots_of

pytestmark = pytest.mark.django_db

FILES = {
    "participants": """ligne;praticien;du;au;plafond_28_jours;source;source_le;illustratif
avc-hainaut;prat-001;2026-01-01;;5;exemple;2026-01-01;oui
avc-hainaut;prat-002;2026-01-01;2027-01-01;;exemple;;
""",
    "indisponibilites": """praticien;nature;du;au;lignes;deplacable;etat
prat-001;LEAVE;2026-12-20T00:00;2027-01-04T00:00;;non;GRANTED
prat-002;WISH;2026-12-24T18:00;2026-12-25T08:00;avc-hainaut;non;ASKED
""",
    "exemptions": """praticien;portee;motif;du;au
prat-001;NIGHTS;AGE;2026-01-01;
prat-002;ALL;PREGNANCY;2026-11-01;2027-03-01
""",
    "gardes-prevues": """tableau;ligne;offre;du;au;praticien;figee
decembre;avc-hainaut;unv-maubeuge;2026-12-01T20:00;2026-12-02T08:00;prat-001;oui
decembre;avc-hainaut;unv-maubeuge;2026-12-02T20:00;2026-12-03T08:00;;
""",
    "schema-regional": """zone;type_soin;mode;classement_pdses;implantations;etablissements;du;au;source;source_le;illustratif
Hainaut;STROKE_UNIT;ON_CALL;ATTRIBUTED;1;ch-maubeuge|ch-valenciennes;2023-11-01;2028-11-01;exemple;;oui
Lille;STROKE_UNIT;ON_CALL;ATTRIBUTED;2;chu-lille;2023-11-01;;exemple;;oui
""",  # noqa: E501
}


@pytest.fixture
def draft(lines: None, now: datetime) -> RosterVersion:
    roster = Roster.objects.create(
        slug="decembre", name="Décembre", starts_on=date(2026, 12, 1),
        ends_on=date(2027, 1, 1), created_at=now, created_by="x",
        organization=Organization.objects.get(slug="ch-valenciennes"),
    )  # fmt: skip
    roster.lines.set([DutyLine.objects.get(slug="avc-hainaut")])
    return RosterVersion.objects.create(roster=roster, number=1, made_at=now, made_by="x")


def written(key: str) -> list[dict[str, str]]:
    table = get_table(key)
    return [
        {
            column.name: "" if row[column.name] is None else column.cell.write(row[column.name])
            for column in table.columns
        }
        for row in table.export()
    ]


@pytest.mark.parametrize("key", FILES)
def test_what_is_read_is_written_back(draft: RosterVersion, key: str) -> None:
    plan = load(key, FILES[key])
    assert plan.counts["created"] == 2
    again = load(key, FILES[key])
    assert (again.counts["unchanged"], again.counts["updated"]) == (2, 0)
    header, *rows = FILES[key].strip().split("\n")
    names = header.split(";")
    given = [dict(zip(names, row.split(";"), strict=True)) for row in rows]
    for one in given:  # an instant is written with its offset
        one |= {k: f"{one[k]}+01:00" for k in ("du", "au") if "T" in one.get(k, "")}
    for got, expected in zip(written(key), given, strict=True):
        kept = {name: text for name, text in expected.items() if text not in ("", "non")}
        assert {name: got[name] for name in kept} == kept


def test_what_the_rows_hold(draft: RosterVersion) -> None:
    for key, text in FILES.items():
        load(key, text)
    assert LineMember.objects.get(practitioner__slug="prat-001").most_in_28_days == 5
    wish = Unavailability.objects.get(kind="WISH")
    assert [line.slug for line in wish.lines.all()] == ["avc-hainaut"]
    assert wish.starts_at == datetime(2026, 12, 24, 17, tzinfo=UTC)
    assert PlannedDuty.objects.filter(version=draft, pinned=True).count() == 1
    draft.refresh_from_db()
    assert draft.stamp == 1
    assert PlanTarget.objects.get(zone="Hainaut").organizations.count() == 2


@pytest.mark.parametrize(
    ("key", "row", "column"),
    [
        ("participants", "avc-hainaut;prat-999;2026-01-01;;;exemple;;", "praticien"),
        ("participants", "avc-hainaut;prat-001;2026-03-01;;;exemple;;", "du"),
        ("indisponibilites", "prat-001;SICK;2026-12-24T00:00;2026-12-23T00:00;;;GRANTED", "au"),
        ("exemptions", "personne;NIGHTS;AGE;2026-01-01;", "praticien"),
        ("exemptions", "prat-001;SOIRS;AGE;2026-01-01;", "portee"),
        ("exemptions", "prat-002;NIGHTS;AGE;2026-02-01;2026-01-01", "au"),
        ("indisponibilites", "prat-001;SICK;2026-12-24T00:00;2026-12-25T00:00;;;WITHDRAWN", "etat"),
        ("gardes-prevues", "x;avc-hainaut;unv-maubeuge;2026-12-05T20:00;2026-12-06T08:00;;",
         "tableau"),
        ("gardes-prevues", "decembre;avc-hainaut;unv-maubeuge;2027-01-05T20:00;2027-01-06T08:00;;",
         "du"),
        ("gardes-prevues",
         "decembre;urgences-maubeuge;urgences-maubeuge;2026-12-05T20:00;2026-12-06T08:00;;",
         "ligne"),
        ("gardes-prevues",
         "decembre;avc-hainaut;unv-maubeuge;2026-12-05T20:00;2026-12-06T08:00;;oui", "figee"),
        ("schema-regional", "Z;STROKE_UNIT;ON_CALL;NONE;1;;2023-11-01;;exemple;;",
         "classement_pdses"),
    ],
)  # fmt: skip
def test_each_defect_is_named_by_its_column(
    draft: RosterVersion, key: str, row: str, column: str
) -> None:
    with pytest.raises(Invalid) as refused:
        load(key, f"{FILES[key]}{row}\n")
    assert {one.column for one in refused.value.problems} == {column}
    assert all(one.row for one in refused.value.problems)


def test_a_published_roster_takes_no_file(draft: RosterVersion, now: datetime) -> None:
    RosterVersion.objects.update(state=VersionState.PUBLISHED, published_at=now, published_by="x")
    with pytest.raises(Invalid):
        load("gardes-prevues", FILES["gardes-prevues"])


@pytest.mark.parametrize("key", ["indisponibilites", "exemptions"])
def test_absences_and_exemptions_are_not_a_list_for_everybody(
    lines: None, client_for: Callable[..., Client], key: str
) -> None:
    """Nor for who administers one establishment: the list holds everybody's."""
    address = reverse("exchange:export", args=[key])
    director: Any = client_for(Role.DIRECTOR, at="ch-valenciennes")
    assert director.get(address).status_code == 403
    local: Any = client_for(Role.ADMINISTRATOR, at="ch-valenciennes")
    assert local.get(address).status_code == 403
    assert address not in local.get(reverse("exchange:tables")).content.decode()
    administrator: Any = client_for(Role.ADMINISTRATOR)
    assert administrator.get(address).status_code == 200


def test_drafts_of_every_hospital_are_taken_away_by_nobody_of_one(
    lines: None, client_for: Callable[..., Client]
) -> None:
    """The roster team of one hospital takes the lists of lines, not the drafts of the others."""
    address = reverse("exchange:export", args=["gardes-prevues"])
    for role in (Role.DOCTOR, Role.ON_CALL, Role.DIRECTOR, Role.ADMINISTRATOR):
        local = client_for(role, at="ch-valenciennes")
        assert local.get(address).status_code == 403
        assert address not in local.get(reverse("exchange:tables")).content.decode()
        assert local.get(reverse("exchange:export", args=["participants"])).status_code == 200
    assert client_for(Role.DOCTOR).get(address).status_code == 403
    assert client_for(Role.ON_CALL).get(address).status_code == 200
    assert client_for(Role.ADMINISTRATOR).get(address).status_code == 200


def test_exemptions_of_a_file_meet_neither_each_other_nor_those_on_record(
    lines: None, now: datetime
) -> None:
    load("exemptions", FILES["exemptions"])
    header = FILES["exemptions"].splitlines()[0]
    for rows in (
        "prat-001;NIGHTS;MEDICAL;2026-06-01;2026-07-01",
        "prat-002;NIGHTS;AGE;2026-01-01;\nprat-002;NIGHTS;LOCAL;2026-02-01;",
    ):
        with pytest.raises(Invalid) as refused:
            load("exemptions", f"{header}\n{rows}\n")
        assert {one.column for one in refused.value.problems} == {"du"}
    load("exemptions", f"{header}\nprat-001;NIGHTS;AGE;2026-01-01;2026-06-01\n")
    load("exemptions", f"{header}\nprat-001;NIGHTS;MEDICAL;2026-06-01;\n")
    kept = Exemption.objects.filter(practitioner__slug="prat-001").order_by("starts_on")
    assert list(kept.values_list("kind", "ends_on")) == [
        ("AGE", date(2026, 6, 1)), ("MEDICAL", None),
    ]  # fmt: skip


def test_nobody_exempts_themself_by_a_file(lines: None, now: datetime) -> None:
    user = account_of("prat-001", now, role=Role.ADMINISTRATOR, at="")
    with pytest.raises(NotAllowed):
        import_file(
            table=get_table("exemptions"), content=FILES["exemptions"].encode(),
            filename="exemptions.csv", by=get_actor(user, on=now.date()), at=now,
        )  # fmt: skip
    assert not Exemption.objects.exists()


# The plan beside what is held


def test_wanted_and_held(lines: None, now: datetime) -> None:
    load("schema-regional", FILES["schema-regional"])
    hainaut, lille = list_targets(now)
    assert (hainaut.missing, hainaut.word) == (0, "sans tableau")
    assert (lille.missing, lille.level, lille.word) == (2, "hole", "2 manquantes")
    make_nights(now)
    with CaptureQueriesContext(connection) as seen:
        hainaut, lille = list_targets(now)
    assert len(seen) == 5
    assert (hainaut.level, hainaut.word, hainaut.lines[0].share) == ("ok", "tenue", 100)
    release_slot(slot=slots_of("prat-001")[0], by=SYSTEM, at=now)
    hainaut, _ = list_targets(now)
    assert hainaut.word == "tenue avec des trous"
    share = hainaut.lines[0].share
    assert share is not None
    assert 95 < share < 100
    DutyLine.objects.update(pdses_class="VOLUNTARY")
    assert list_targets(now, zone="Hainaut")[0].missing == 1
    assert not list_targets(now - timedelta(days=3650))


def test_the_page_of_the_plan(lines: None, client_for: Callable[..., Client]) -> None:
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    assert "pas chargé" in client.get("/gardes/schema-regional").content.decode()
    load("schema-regional", FILES["schema-regional"])
    make_nights(timezone.now())
    page = client.get("/gardes/schema-regional").content.decode()
    assert "Astreinte AVC du Hainaut" in page
    only = client.get("/gardes/schema-regional?zone=Lille").content.decode()
    assert "Astreinte AVC du Hainaut" not in only
    assert client.get("/gardes/schema-regional?zone=Ailleurs").status_code == 200


def test_the_plan_by_zone_begins_with_what_is_missing(
    lines: None, now: datetime, client_for: Callable[..., Client]
) -> None:
    load("schema-regional", FILES["schema-regional"])
    make_nights(now)
    lille, hainaut = by_zone(list_targets(now))
    assert (lille.name, lille.missing, lille.kept) == ("Lille", 2, [])
    assert (hainaut.name, hainaut.missing, hainaut.short) == ("Hainaut", 0, [])
    assert len(hainaut.kept) == 1
    release_slot(slot=slots_of("prat-001")[0], by=SYSTEM, at=now)
    assert [row.level for zone in by_zone(list_targets(now)) for row in zone.short] == [
        "hole", "limit",
    ]  # fmt: skip
    client = client_for(Role.DIRECTOR, at="ch-valenciennes")
    page = client.get("/gardes/schema-regional").content.decode()
    assert page.index(">Lille</h2>") < page.index(">Hainaut</h2>") < page.index("<table")
    # What is not a public fact says so wherever it is read.
    assert page[: page.index("<table")].count("(exemple)") == 2
