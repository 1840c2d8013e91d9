"""« Who takes this patient? » on the example: right, explained, and the same by every door."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Q

from maillage.agreements.models import Clause
from maillage.coverage.queries import load_network
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    OpeningHours,
    ServiceException,
)
from maillage.engines.routing import Answer, Demand, Link, Network, StepAnswer, repairs, resolve
from maillage.engines.routing import Clause as EngineClause
from maillage.oncall.models import DutySlot
from maillage.territory.models import Commune
from maillage.vocabulary.calendar import local_day, public_holidays, to_paris
from maillage.vocabulary.geo import crow_fly_km, estimated_minutes
from tests.engines.routing import reference
from tests.example.asking import (
    draw_demands,
    in_paris,
    logged_in,
    next_night,
    part_for,
    words_of,
)
from tests.example.establishments import STROKE_UNITS

pytestmark = [
    pytest.mark.example,
    pytest.mark.usefixtures("example"),
]

FOURMIES, CAUDRY = "59249", "59139"
FOURMIES_SITE, SALENGRO = "590000469", "590796975"
CAMBRAI, LE_CATEAU = "590781605", "590781621"
VALENCIENNES, LILLE = "590782215", "590780193"
HAINAUT = "ght-hainaut-cambresis"
HAINAUT_2017 = "association-ght-hainaut-cambresis-2017"
LAST_DAY, FIRST_DAY = date(2022, 11, 13), date(2022, 11, 14)
GRID, WEEK = timedelta(minutes=30), timedelta(days=7)


def ask(commune: str, pathway: str, age: int, at: datetime) -> Answer:
    return resolve(load_network(at).network, Demand(commune, pathway, age, at))


def step(answer: Answer, order: int) -> StepAnswer:
    return next(row for row in answer.steps if row.order == order)


# A resident of Fourmies, aged 70, with a suspected stroke at 03:00 tonight


def test_the_stroke_of_fourmies_tonight() -> None:
    at = next_night()
    answer = ask(FOURMIES, "avc", 70, at)
    first, unit, thrombectomy = answer.steps

    assert first.last is not None
    assert (first.last.site, first.basis) == (FOURMIES_SITE, "direct")
    assert str(first.verdict) == "ON_TARGET"

    assert unit.last is not None
    assert unit.last.site in STROKE_UNITS
    assert str(unit.verdict) in ("ON_TARGET", "AT_LIMIT")

    assert thrombectomy.last is not None
    assert (thrombectomy.last.site, thrombectomy.last.organization) == (SALENGRO, LILLE)
    assert thrombectomy.last.holder, "a thrombectomy at night hangs on somebody"
    assert thrombectomy.last.clause is not None
    clause = clause_of(thrombectomy.last)
    assert clause.agreement.slug == HAINAUT_2017
    assert clause.agreement.signed_on == date(2017, 7, 3)
    assert thrombectomy.fragile
    check_evidence(answer, at)


def test_the_words_that_the_newcomer_reads() -> None:
    at = next_night()
    answer = ask(FOURMIES, "avc", 70, at)
    last = step(answer, 3).last
    assert last is not None
    slot = slot_of(last)
    asked = {
        "commune": FOURMIES,
        "besoin": "avc",
        "age": 70,
        "le": f"{to_paris(at):%Y-%m-%dT%H:%M}",
    }
    page = logged_in("demo-medecin").get("/couverture/qui", asked).content.decode()
    text = words_of(page)
    for words in (
        "CH de Fourmies",
        "Thrombectomie",
        "Roger-Salengro",
        str(slot.assignment.practitioner),
        slot.line.phone,
        "Association GHT Hainaut-Cambrésis",
    ):
        assert words in text
    assert f"#clause-{clause_of(last).slug}" in page


# Caudry, before and after 14 November 2022


def leaves_from(answer: Answer, organization: str) -> list[Link]:
    """Moves of an answer that start at this organization and end at another one."""
    return [
        after
        for row in answer.steps
        for before, after in zip(row.links, row.links[1:], strict=False)
        if before.organization == organization != after.organization
    ]


def test_addiction_of_caudry_was_covered_by_the_group_and_is_a_hole_since() -> None:
    before = step(ask(CAUDRY, "addictologie", 76, in_paris(date(2022, 11, 12), 10)), 2)
    after = step(ask(CAUDRY, "addictologie", 76, in_paris(date(2022, 11, 19), 10)), 2)
    assert before.last is not None
    assert (str(before.verdict), before.reason) == ("ON_TARGET", None)
    assert [link.organization for link in before.links] == [LE_CATEAU, VALENCIENNES]
    assert before.last.group == HAINAUT
    assert (str(after.verdict), str(after.reason)) == ("HOLE", "NO_AGREEMENT")


def test_the_clause_that_would_repair_caudry_does_repair_it() -> None:
    at = in_paris(date(2022, 11, 19), 10)
    network = load_network(at).network
    demand = Demand(CAUDRY, "addictologie", 76, at)
    offered = [row for row in repairs(network, demand) if row.step == 2]
    wanted = {(row.from_organization, row.to_organization, row.care_type) for row in offered}
    assert (LE_CATEAU, VALENCIENNES, "ADDICTION") in wanted
    for row in offered:
        clause = EngineClause(
            id="réparation",
            agreement="projet",
            from_organization=row.from_organization,
            to_organization=row.to_organization,
            care_types=(row.care_type,),
            priority=1,
            starts_on=FIRST_DAY,
            ends_on=None,
        )
        mended = step(resolve(replace(network, clauses=(*network.clauses, clause)), demand), 2)
        assert mended.verdict == row.verdict
        assert mended.minutes_from_commune == pytest.approx(row.minutes_from_commune)


def test_rights_of_cambrai_end_at_midnight_in_paris() -> None:
    """The last minute of 13 November 2022 in Paris, and the first of the 14th: both are the 13th
    in UTC."""
    last, first = in_paris(LAST_DAY, 23, 59), in_paris(FIRST_DAY, 0)
    assert last.astimezone(UTC).date() == first.astimezone(UTC).date() == LAST_DAY
    burns = leaves_from(ask(CAUDRY, "brules-graves", 76, last), CAMBRAI)
    assert [clause_of(link).agreement.slug for link in burns] == [HAINAUT_2017]
    assert leaves_from(ask(CAUDRY, "brules-graves", 76, first), CAMBRAI) == []


def test_since_then_nobody_is_sent_on_from_cambrai_or_le_cateau() -> None:
    moves_before = 0
    for hour in (3, 10, 19):
        for day in (date(2022, 11, 10), date(2022, 11, 12)):
            answers = every_pathway(CAUDRY, 76, in_paris(day, hour))
            moves_before += sum(
                len(leaves_from(row, home)) for row in answers for home in (CAMBRAI, LE_CATEAU)
            )
        for day in (date(2022, 11, 17), date(2022, 11, 19)):
            for row in every_pathway(CAUDRY, 76, in_paris(day, hour)):
                for home in (CAMBRAI, LE_CATEAU):
                    assert {link.group for link in leaves_from(row, home)} <= {"ght-cambresis"}
    assert moves_before > 0


def every_pathway(commune: str, age: int, at: datetime) -> list[Answer]:
    network = load_network(at).network
    return [resolve(network, Demand(commune, row.id, age, at)) for row in network.pathways]


def test_the_page_that_compares_shows_what_caudry_lost() -> None:
    asked = {"commune": CAUDRY, "age": 76, "avant": "2022-11-12T10:00", "apres": "2022-11-19T10:00"}
    text = words_of(logged_in().get("/couverture/avant-apres", asked).content.decode())
    assert "Personne ne prend en charge" in text
    assert "Aucune convention en vigueur" in text


# The engine on the real network, judged by the naive reference


INSTANTS = [
    in_paris(date(2022, 11, 9), 3),
    in_paris(date(2022, 11, 11), 10),  # a public holiday
    in_paris(date(2022, 11, 12), 10),
    in_paris(date(2022, 11, 13), 23, 30),
    in_paris(date(2022, 11, 17), 19, 15),
]


def shown(answer: Answer, until: datetime) -> list[dict[str, Any]]:
    """An answer as the reference gives it, without fragility; what reopens later is unknown."""
    found = []
    for row in answer.steps:
        plain = row.as_dict()
        del plain["fragile"]
        plain["excluded"] = [
            {
                "service": other.service,
                "reason": str(other.reason),
                "reachable_at": other.reachable_at.astimezone(UTC)
                if other.reachable_at and other.reachable_at < until
                else None,
            }
            for other in row.excluded
        ]
        found.append(plain)
    return found


@pytest.mark.parametrize(
    "at", [*INSTANTS, None], ids=lambda at: f"{at:%a %d %H%M}" if at else "now"
)
def test_every_answer_is_that_of_the_naive_reference(
    at: datetime | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "exposures", lambda *asked: [])
    at = at or next_night() + timedelta(hours=16)
    network = load_network(at).network
    until = at + WEEK
    for demand in draw_demands(network, at, seed=f"{at:%Y%m%d%H%M}", each=4):
        expected = reference.resolve(
            part_for(network, demand, until), demand, grid=GRID, until=until
        )
        for row in expected:
            del row["fragile"], row["exposes"]
        assert shown(resolve(network, demand), until) == expected, demand


@pytest.mark.parametrize("pathway", ["avc", "insuffisance-cardiaque", "permanence-thoracique"])
def test_fragile_points_are_those_found_by_taking_each_thing_away(pathway: str) -> None:
    at = in_paris(date(2022, 11, 10), 3)
    network = load_network(at).network
    demand = Demand(FOURMIES, pathway, 70, at)
    small = part_for(network, demand, at + GRID)
    for row in resolve(network, demand).steps:
        naive = next(s for s in reference.steps_of(small, demand) if s.order == row.order)
        expected = reference.exposures(small, demand, naive)
        assert [(str(kind), name) for kind, name in row.exposes] == expected


# Evidence, checked against the rows


def clause_of(link: Link) -> Clause:
    assert link.clause is not None
    return Clause.objects.select_related("agreement", "to_organization", "from_group").get(
        slug=link.clause.partition("@")[0].partition("~")[0]
    )


def slot_of(link: Link) -> DutySlot:
    line, service, starts = (link.slot or "").split(".")
    starts_at = datetime.strptime(starts, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
    return DutySlot.objects.get(line__slug=line, service__slug=service, starts_at=starts_at)


def on_day(day: date) -> Q:
    open_start = Q(starts_on__isnull=True) | Q(starts_on__lte=day)
    return open_start & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))


def is_member(organization: str, group: str, day: date) -> bool:
    return GroupMembership.objects.filter(
        on_day(day), group__slug=group, organization__finess=organization
    ).exists()


def is_open(service: HealthcareService, at: datetime) -> bool:
    now = ServiceException.objects.filter(service=service, starts_at__lte=at, ends_at__gt=at)
    if now.filter(state="closed").exists():
        return False
    local = to_paris(at)
    minute = local.hour * 60 + local.minute
    holiday = local.date() in public_holidays(local.year)
    windows = OpeningHours.objects.filter(
        service=service,
        weekday=local.isoweekday(),
        opens_minute__lte=minute,
        closes_minute__gt=minute,
        holidays__in=("open", "only") if holiday else ("open", "closed"),
    )
    return now.filter(state="open").exists() or windows.exists()


def check_move(origin: Link, target: Link, day: date) -> None:
    care = HealthcareService.objects.get(slug=target.service).care_type
    if target.basis == "organization":
        assert origin.organization == target.organization
    elif target.group:
        assert is_member(origin.organization, target.group, day)
        assert is_member(target.organization, target.group, day)
    else:
        clause = clause_of(target)
        assert care in clause.care_types
        assert clause.to_organization.finess == target.organization
        assert Clause.objects.filter(on_day(day), pk=clause.pk).exists()
        assert clause.agreement.state == "IN_FORCE"
        assert clause.agreement.starts_on is not None
        assert clause.agreement.starts_on <= day
        if clause.from_group is not None:
            assert is_member(origin.organization, clause.from_group.slug, day)
        else:
            assert clause.from_organization is not None
            assert clause.from_organization.finess == origin.organization


def check_link(link: Link, at: datetime) -> None:
    service = HealthcareService.objects.select_related("site__organization").get(slug=link.service)
    assert (service.site.finess, service.site.organization.finess) == (link.site, link.organization)
    assert Authorisation.objects.filter(on_day(local_day(at)), service=service).exists()
    if link.slot is None:
        assert is_open(service, at)
        assert link.response_minutes == 0
        return
    slot = slot_of(link)
    assert not is_open(service, at)
    assert slot.starts_at <= at < slot.ends_at
    assert slot.assignment.practitioner.slug == link.holder
    assert link.response_minutes == (
        slot.line.response_minutes if slot.response_minutes is None else slot.response_minutes
    )


def check_evidence(answer: Answer, at: datetime) -> None:
    """Every link of every chain rests on rows of the territory, and its minutes add up."""
    commune = Commune.objects.get(code=answer.commune)
    for row in answer.steps:
        total = 0.0
        here = (commune.latitude, commune.longitude)
        for rank, link in enumerate(row.links):
            check_link(link, at)
            site = HealthcareService.objects.get(slug=link.service).site
            there = (site.latitude, site.longitude)
            same = rank > 0 and row.links[rank - 1].site == link.site
            journey = 0.0 if same else estimated_minutes(crow_fly_km(*here, *there))
            assert link.travel_minutes == pytest.approx(journey)
            total += journey + link.response_minutes
            assert link.minutes_from_commune == pytest.approx(total)
            if rank == 0:
                assert link.basis == "direct"
            else:
                check_move(row.links[rank - 1], link, local_day(at))
            here = there
        if row.links:
            assert row.minutes_from_commune == pytest.approx(total)


def test_every_answer_rests_on_rows_of_the_territory() -> None:
    kept, bases = set(), set()
    for at in (*INSTANTS, next_night()):
        network: Network = load_network(at).network
        for demand in draw_demands(network, at, seed=f"rows {at:%Y%m%d}", each=2):
            answer = resolve(network, demand)
            check_evidence(answer, at)
            links = [link for row in answer.steps for link in row.links]
            kept |= {link.kept_by.partition(":")[0] for link in links}
            bases |= {link.basis.partition(":")[0] for link in links}
    assert kept == {"opening", "slot"}
    assert {"direct", "group", "clause"} <= bases


def test_services_that_nobody_holds_are_excluded_for_that_reason_until_they_reopen() -> None:
    """The first hole of the example's rosters that is ahead, seen from a commune beside it."""
    hole = (
        DutySlot.objects.filter(assignment__isnull=True, starts_at__gt=next_night())
        .filter(service__care_type="VASCULAR_SURGERY")
        .order_by("starts_at")
        .first()
    )
    assert hole is not None
    at = hole.starts_at
    answer = ask(CAUDRY, "vasculaire", 70, at)
    found = {row.service: row for row in step(answer, 2).excluded}
    assert str(found[hole.service.slug].reason) == "UNSTAFFED"
    again = found[hole.service.slug].reachable_at
    assert again is not None
    assert again > at
    assert is_open(hole.service, again) or DutySlot.objects.filter(
        service=hole.service, starts_at__lte=again, ends_at__gt=again, assignment__isnull=False
    )


# One answer by every door


DOORS = [
    (FOURMIES, "Fourmies", "avc", 70, "2022-11-10T03:00"),
    (CAUDRY, "Caudry", "addictologie", 76, "2022-11-19T10:00"),
    (CAUDRY, "Caudry", "insuffisance-cardiaque", 76, "2022-11-17T19:00"),
    ("59606", "Valenciennes", "neurochirurgie", 40, "2022-11-13T02:15"),
]


@pytest.mark.parametrize(("code", "name", "need", "age", "at"), DOORS)
def test_page_interface_and_command_give_the_same_answer(
    code: str, name: str, need: str, age: int, at: str
) -> None:
    asked = {"commune": code, "besoin": need, "age": age, "le": at}
    client = logged_in()
    api = client.get("/api/couverture/qui", asked)
    assert api.status_code == 200
    record = api.json()

    out = StringIO()
    said = ["--commune", name, "--besoin", need, "--age", str(age), "--le", at]
    call_command("who", *said, "--json", stdout=out)
    assert with_instants(json.loads(out.getvalue())) == with_instants(record)

    out = StringIO()
    call_command("who", *said, stdout=out)
    text = words_of(out.getvalue())
    page = client.get("/couverture/qui", asked).content.decode()
    for row in record["steps"]:
        block = page.split(f'id="etape-{row["order"]}"', 1)[1].split("</article>")[0]
        label = VERDICTS[row["verdict"]]
        assert label in words_of(block)
        assert f": {label}" in text.split(f"{row['order']}. ", 1)[1].split(" 1. ")[0]
        for slug in row["chain"]:
            assert f'href="/offres/{slug}"' in block
            service = HealthcareService.objects.select_related("site").get(slug=slug)
            assert f"{service.name}, {service.site.name}" in text
        if row["basis"] and row["basis"].startswith("clause:"):
            clause = row["basis"].removeprefix("clause:").partition("@")[0]
            assert f"#clause-{clause}" in block
        assert ("Réponse fragile" in words_of(block)) == row["fragile"]


VERDICTS = {
    "ON_TARGET": "Dans le délai",
    "AT_LIMIT": "À la limite du délai",
    "LATE": "Hors délai",
    "HOLE": "Personne ne prend en charge",
    "NOT_REQUIRED": "Non due à cette heure",
}


def with_instants(value: Any) -> Any:
    """Every instant in UTC: « 03:00+01:00 » and « 02:00Z » are one."""
    if isinstance(value, dict):
        return {
            key: in_utc(item) if key in ("at", "reachable_at") and item else with_instants(item)
            for key, item in value.items()
        }
    return [with_instants(item) for item in value] if isinstance(value, list) else value


def in_utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_minutes_are_rounded_alike_by_every_door() -> None:
    """Halves go up on the page (« 5 min » for 4.5) and so do they on the command line."""
    at = in_paris(date(2022, 11, 10), 3)
    network = load_network(at).network
    half = next(
        (commune.code, minutes)
        for commune in sorted(network.communes, key=lambda row: row.code)
        if (minutes := ask(commune.code, "avc", 70, at).steps[0].minutes_from_commune) is not None
        and minutes % 2 == 0.5
    )
    name = Commune.objects.get(code=half[0]).name
    asked = {"commune": half[0], "besoin": "avc", "age": 70, "le": "2022-11-10T03:00"}
    expected = f"{int(half[1] + 0.5)} min"
    assert expected in words_of(logged_in().get("/couverture/qui", asked).content.decode())
    out = StringIO()
    call_command(
        "who",
        "--commune",
        half[0],
        "--besoin",
        "avc",
        "--age",
        "70",
        "--le",
        "2022-11-10T03:00",
        stdout=out,
    )
    first = out.getvalue().split("\n2. ")[0]
    assert f"({expected}," in first, (name, first)


def test_the_permanent_link_gives_the_same_page() -> None:
    asked = {"commune": FOURMIES, "besoin": "avc", "age": 70, "le": "2022-11-10T03:00"}
    client = logged_in()
    page = client.get("/couverture/qui", asked).content.decode()
    link = words_of(page).split("Lien permanent : ")[1].split()[0]
    again = client.get(link).content.decode()
    assert again.split("data-answer")[1] == page.split("data-answer")[1]


def test_now_is_the_default_and_the_typed_hour_is_understood() -> None:
    client = logged_in()
    typed = {"commune_texte": "fourmies", "besoin_texte": "avc", "age": 70}
    now = words_of(client.get("/couverture/qui", typed).content.decode())
    assert "Thrombectomie" in now
    french = client.get("/couverture/qui", typed | {"le": "10/11/2022 3h"}).content.decode()
    iso = {"commune": FOURMIES, "besoin": "avc", "age": 70, "le": "2022-11-10T03:00"}
    exact = client.get("/couverture/qui", iso).content.decode()
    assert french.split("data-answer")[1] == exact.split("data-answer")[1]
