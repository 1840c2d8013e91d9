"""What is about to end, and what it costs, on a small territory whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.accounts.enums import Role
from maillage.coverage import actions, queries
from maillage.coverage.enums import AlertKind
from maillage.coverage.models import Proof
from maillage.coverage.rules.alerts import AlertRow, level_of
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    OpeningHours,
    Practitioner,
)
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot
from tests.coverage.conftest import Tiny
from tests.coverage.proving import (
    CAUDRY,
    NEXT_YEAR,
    NOW,
    RESIDENTS,
    TERM,
    TODAY,
    build_inhabited,
    change,
)

PATHWAY = "chirurgie-thoracique"


@pytest.fixture
def place(db: None) -> Tiny:
    return build_inhabited()


def hours_between(first: date, last: date) -> int:
    """Elapsed hours between two midnights of Paris."""
    from maillage.vocabulary.calendar import day_bounds

    return (day_bounds(last)[0] - day_bounds(first)[0]) // timedelta(hours=1)


def prove(at: datetime = NOW) -> Proof:
    change(at)
    asked = actions.refresh_current_proof(at=at)
    assert asked is not None
    return actions.prove_coverage(proof=asked, at=at)


def alerts(kind: AlertKind | None = None) -> list[AlertRow]:
    found = queries.list_alerts(prove(), at=NOW)
    return [row for row in found if kind in (None, row.kind)]


def no_term(place: Tiny) -> None:
    place.agreement.ends_on = None
    place.agreement.save()


# Agreements


def test_an_agreement_that_lapses(place: Tiny) -> None:
    (row,) = alerts(AlertKind.AGREEMENT)
    lost = hours_between(TERM, NEXT_YEAR)
    assert (row.subject_key, row.due_on) == ("cambrai-2023", TERM)
    assert (row.days_left, row.level) == (99, 180)
    assert (row.residents, row.hours, row.person_hours) == (RESIDENTS, lost, RESIDENTS * lost)
    assert row.url == "/conventions/cambrai-2023"
    assert row.note == "1 clause d'adressage"
    (effect,) = row.effects
    assert (effect.pathway, effect.step) == (PATHWAY, 2)


def test_the_step_lost_with_it(place: Tiny) -> None:
    (row,) = alerts(AlertKind.STEP)
    assert (row.subject_key, row.due_on) == (f"{PATHWAY}#2", TERM)
    assert row.residents == RESIDENTS
    assert row.hours == hours_between(TERM, NEXT_YEAR)


def test_a_tacit_renewal_stops_nothing_and_is_said(place: Tiny) -> None:
    place.agreement.renewal = "TACIT"
    place.agreement.save()
    (row,) = alerts()
    assert (row.kind, row.person_hours, row.untimely) == (AlertKind.AGREEMENT, 0, 0)
    assert row.is_harmless
    assert row.note.startswith("Se reconduit tacitement")


def test_an_agreement_that_another_one_relieves_costs_nothing(place: Tiny) -> None:
    from maillage.agreements.models import Agreement, Clause

    no_term(place)
    agreement = Agreement.objects.create(
        slug="doublon", title="Doublon", short_title="Doublon", kind="ASSOCIATION",
        state="IN_FORCE", state_on=date(2023, 3, 1), starts_on=date(2023, 3, 1),
        ends_on=TERM, source="t",
    )  # fmt: skip
    Clause.objects.create(
        agreement=agreement, slug="doublon-1", from_organization=place.local,
        to_organization=place.reference, care_types=["THORACIC_SURGERY"],
        starts_on=date(2023, 3, 1), source="t",
    )  # fmt: skip
    (row,) = alerts()
    assert (row.subject_key, row.person_hours, row.effects) == ("doublon", 0, ())
    assert row.word == "Sans effet sur les délais"


def test_a_clause_that_ends_before_its_agreement(place: Tiny) -> None:
    no_term(place)
    place.clause.ends_on = date(2027, 1, 1)
    place.clause.save()
    rows = alerts()
    assert [(row.kind, row.due_on) for row in rows] == [
        (AlertKind.AGREEMENT, date(2027, 1, 1)),
        (AlertKind.STEP, date(2027, 1, 1)),
    ]


def test_what_ends_later_than_180_days_or_already_ended_is_no_alert(place: Tiny) -> None:
    for ends_on in (TODAY + timedelta(days=181), TODAY):
        place.agreement.ends_on = ends_on
        place.agreement.save()
        assert alerts() == []


def test_an_annex_ends_with_its_parent_and_the_parent_says_the_cost(place: Tiny) -> None:
    from maillage.agreements.models import Agreement

    no_term(place)
    parent = Agreement.objects.create(
        slug="mere", title="Mère", short_title="Mère", kind="ASSOCIATION", state="IN_FORCE",
        state_on=date(2023, 3, 1), starts_on=date(2023, 3, 1), ends_on=TERM, source="t",
    )  # fmt: skip
    place.agreement.parent = parent
    place.agreement.save()
    rows = {row.subject_key: row.person_hours for row in alerts(AlertKind.AGREEMENT)}
    lost = RESIDENTS * hours_between(TERM, NEXT_YEAR)
    assert rows == {"cambrai-2023": lost, "mere": lost}


# Groups


def test_a_member_that_leaves_its_group(place: Tiny) -> None:
    place.clause.delete()
    GroupMembership.objects.update(ends_on=TERM)
    rows = [row for row in alerts() if row.person_hours]
    by_kind = {row.kind: row for row in rows}
    left = by_kind[AlertKind.MEMBERSHIP]
    assert left.subject_key == "ght#ch-cambrai"
    assert left.subject_name == "CH de Cambrai quitte GHT"
    assert left.person_hours == RESIDENTS * hours_between(TERM, NEXT_YEAR)
    assert set(by_kind) == {AlertKind.MEMBERSHIP, AlertKind.STEP}


# Authorisations


def test_an_authorisation_that_ends(place: Tiny) -> None:
    no_term(place)
    ends_on = date(2027, 5, 1)
    Authorisation.objects.filter(service__slug="thoracique").update(ends_on=ends_on)
    (row,) = alerts(AlertKind.AUTHORISATION)
    assert (row.subject_key, row.due_on) == ("thoracique", ends_on)
    assert row.person_hours == RESIDENTS * hours_between(ends_on, NEXT_YEAR)


def test_an_authorisation_that_goes_on_is_no_alert(place: Tiny) -> None:
    no_term(place)
    service = HealthcareService.objects.get(slug="thoracique")
    Authorisation.objects.filter(service=service).update(ends_on=date(2027, 5, 1))
    Authorisation.objects.create(service=service, starts_on=date(2027, 5, 1), source="t")
    assert alerts() == []


# Rosters


def roster(place: Tiny, *, until: datetime | None, holes: int = 0) -> DutyLine:
    """The reference is open on no night: nights of 12 hours are kept by one line, the first
    ``holes`` of them by nobody."""
    no_term(place)
    service = HealthcareService.objects.get(slug="thoracique")
    OpeningHours.objects.filter(service=service).delete()
    for weekday in range(1, 8):
        OpeningHours.objects.create(
            service=service, weekday=weekday, opens_minute=480, closes_minute=1200,
            holidays="open", source="t",
        )  # fmt: skip
    line = DutyLine.objects.create(
        slug="nuits", name="Nuits", kind="ON_SITE", care_type="THORACIC_SURGERY",
        organization=place.reference, source="t",
    )  # fmt: skip
    line.services.add(service)
    holder = Practitioner.objects.create(
        slug="dr-essai", family_name="Essai", given_name="Anne", source="t"
    )
    from maillage.vocabulary.calendar import paris_instant

    day, made = TODAY - timedelta(days=10), []
    while until is not None:
        starts = paris_instant(day, datetime.min.time().replace(hour=20))
        ends = paris_instant(day + timedelta(days=1), datetime.min.time().replace(hour=8))
        if ends > until:
            break
        made.append(DutySlot(line=line, service=service, starts_at=starts, ends_at=ends))
        day += timedelta(days=1)
    made = DutySlot.objects.bulk_create(made)
    ahead = [slot for slot in made if slot.starts_at > NOW]
    free = {slot.pk for slot in ahead[:holes]}
    DutyAssignment.objects.bulk_create(
        DutyAssignment(slot=slot, practitioner=holder, assigned_at=NOW, assigned_by="essai")
        for slot in made
        if slot.pk not in free
    )
    return line


WHOLE_YEAR = datetime(2027, 11, 30, tzinfo=UTC)


def test_nights_that_nobody_holds(place: Tiny) -> None:
    roster(place, until=WHOLE_YEAR, holes=3)
    (row,) = alerts()
    assert (row.kind, row.subject_key) == (AlertKind.ROSTER, "nuits#sans-titulaire")
    assert (row.due_on, row.level) == (TODAY, 0)
    assert (row.residents, row.hours, row.person_hours) == (RESIDENTS, 36, RESIDENTS * 36)
    assert row.note == "3 créneaux sans titulaire"
    assert row.url == "/astreintes/nuits"


def test_a_roster_that_stops(place: Tiny) -> None:
    roster(place, until=datetime(2027, 1, 10, 12, 0, tzinfo=UTC))
    (row,) = alerts(AlertKind.ROSTER)
    assert (row.subject_key, row.due_on) == ("nuits#fin", date(2027, 1, 10))
    # From the evening of 10 January to midnight of 22 November: 316 nights, the last one cut at
    # midnight, one of them an hour shorter and one an hour longer.
    assert row.hours == 315 * 12 + 4
    assert row.person_hours == RESIDENTS * row.hours
    assert "10 janvier 2027" in row.note


def test_a_roster_that_lasts_180_days_is_no_alert(place: Tiny) -> None:
    roster(place, until=datetime(2027, 5, 22, 12, 0, tzinfo=UTC))
    assert alerts() == []


def test_a_line_that_never_had_a_slot(place: Tiny) -> None:
    roster(place, until=None)
    (row,) = alerts(AlertKind.ROSTER)
    assert (row.subject_key, row.due_on) == ("nuits#fin", TODAY)
    year = hours_between(TODAY, NEXT_YEAR)
    assert row.hours == year / 2
    assert "jamais été saisi" in row.note


# Late rather than lost


def test_what_becomes_late_is_counted_apart(place: Tiny) -> None:
    """The near emergency room closes; a far one answers, too late."""
    no_term(place)
    from tests.coverage.conftest import _service

    far = place.reference
    site = HealthcareService.objects.get(slug="thoracique").site
    assert site.organization == far
    _service("urgences-lille", site, "EMERGENCY", "PROXIMITY")
    Authorisation.objects.filter(service__slug="urgences").update(ends_on=TERM)
    (row,) = alerts(AlertKind.AUTHORISATION)
    first = next(effect for effect in row.effects if effect.step == 1)
    lost = hours_between(TERM, NEXT_YEAR)
    assert (row.residents, row.person_hours) == (0, 0)
    assert first.untimely == CAUDRY * lost
    assert row.word == "Hors délai"
    assert not row.is_harmless


# Reading


@pytest.mark.parametrize(
    ("days", "level"),
    [(-1, 0), (0, 0), (1, 30), (30, 30), (31, 90), (90, 90), (91, 180), (180, 180)],
)
def test_the_level_follows_from_the_day_of_reading(days: int, level: int) -> None:
    assert level_of(days) == level


def test_read_later_it_is_more_pressing(place: Tiny) -> None:
    proof = prove()
    later = NOW + timedelta(days=80)
    assert [row.level for row in queries.list_alerts(proof, at=later)] == [30, 30]
    assert queries.list_alerts(proof, at=NOW, within=90) == ()


def test_only_the_proof_of_the_coming_year_warns(place: Tiny) -> None:
    from maillage.accounts.permissions import SYSTEM

    proof = actions.ask_for_proof(first_day=TODAY, last_day=NEXT_YEAR, by=SYSTEM, at=NOW)
    actions.prove_coverage(proof=proof, at=NOW)
    assert queries.list_alerts(proof, at=NOW) == ()


def test_the_page(
    place: Tiny, client_for: Callable[..., Client],
    django_assert_max_num_queries: Callable[[int], CaptureQueriesContext],
) -> None:  # fmt: skip
    client = client_for(Role.DIRECTOR)
    empty = client.get("/couverture/alertes")
    assert "Pas encore de preuve" in empty.content.decode()
    prove(datetime.now(UTC))
    with django_assert_max_num_queries(10):
        page = client.get("/couverture/alertes").content.decode()
    assert "Échéances" in page
    assert "À jour" in page


def test_filters_of_the_page(place: Tiny) -> None:
    prove()

    def keys(**more: object) -> list[str]:
        wanted = {"within": 180, "kind": "", "only_felt": False, "sort": "", "number": "", **more}
        page = queries.get_alerts_page(at=NOW, **wanted)  # type: ignore[arg-type]
        assert page.rows is not None
        return [row.subject_key for row in page.rows]

    assert keys() == ["cambrai-2023", f"{PATHWAY}#2"]
    assert keys(kind="STEP") == [f"{PATHWAY}#2"]
    assert keys(within=90) == []
    assert keys(only_felt=True, sort="-perte") == ["cambrai-2023", f"{PATHWAY}#2"]
    assert keys(kind="ROSTER") == []


def test_a_director_begins_with_what_concerns_the_house(
    place: Tiny,
    client_for: Callable[..., Client],
    django_assert_max_num_queries: Callable[[int], CaptureQueriesContext],
) -> None:
    Authorisation.objects.filter(service__slug="thoracique").update(ends_on=TERM)
    prove(datetime.now(UTC))

    def shown(client: Client, query: str = "") -> list[str]:
        page = client.get(f"/couverture/alertes?jours=180{query}").context["page"]
        return sorted(row.subject_key for row in page.rows)

    everything = shown(client_for(Role.REGULATOR))
    assert "thoracique" in everything
    house = client_for(Role.DIRECTOR, at="ch-cambrai")
    with django_assert_max_num_queries(16):
        first = house.get("/couverture/alertes?jours=180")
    assert "Mon établissement" in first.content.decode()
    assert "qui concerne votre établissement" in first.content.decode()
    # The service of the other hospital is not its own; the agreement that binds it is, and so is
    # a step that nobody takes any more.
    assert shown(house) == [key for key in everything if key != "thoracique"]
    assert dict(first.context["page"].counts)[180] == len(everything) - 1
    assert shown(house, "&perimetre=tout") == everything
    doctor = client_for(Role.DOCTOR, at="ch-cambrai")
    assert shown(doctor) == everything
    assert shown(doctor, "&perimetre=mien") == shown(house)
    assert "perimetre" not in client_for(Role.DIRECTOR).get("/couverture/alertes").content.decode()


def test_a_renewal_carries_the_annexes_too(place: Tiny) -> None:
    from maillage.agreements.models import Agreement, Clause
    from maillage.coverage.queries.scenarios import list_first_changes

    annex = Agreement.objects.get(slug="cambrai-2023")
    annex.pk, annex.slug, annex.parent = None, "annexe", Agreement.objects.get(slug="cambrai-2023")
    annex.save()
    clause = Clause.objects.filter(agreement__slug="cambrai-2023").first()
    assert clause is not None
    clause.pk, clause.slug, clause.agreement = None, "clause-annexe", annex
    clause.care_types = ["EMERGENCY"]
    clause.save()
    change(NOW)
    asked = {"reconduire": "cambrai-2023", "le": TERM.isoformat()}
    found = {(row["agreement"], *row["care_types"]) for row in list_first_changes(asked, at=NOW)}
    assert found == {("cambrai-2023", "THORACIC_SURGERY"), ("annexe", "EMERGENCY")}


def test_the_page_of_an_agreement_says_what_its_end_costs(
    place: Tiny, client_for: Callable[..., Client]
) -> None:
    prove(datetime.now(UTC))
    client = client_for(Role.DIRECTOR)
    fragment = client.get("/couverture/alertes/convention/cambrai-2023", HTTP_HX_REQUEST="true")
    assert "<html" not in fragment.content.decode()
    whole = client.get("/couverture/alertes/convention/inconnue").content.decode()
    assert "Aucun adressage de cette convention ne s'arrête" in whole
