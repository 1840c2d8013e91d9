"""Changes in French sentences, and the difference of two proofs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pyarrow as pa
import pytest

from maillage.coverage.enums import CATEGORIES, HOLES, AlertKind
from maillage.coverage.rules import ClauseCard, LineCard, Names, PersonCard, ServiceCard
from maillage.coverage.rules.scenario_effects import (
    CommuneChange,
    Effect,
    compare_runs,
    headline,
    hole_intervals,
)
from maillage.coverage.rules.scenario_trials import renewals, try_alert, without_element
from maillage.coverage.rules.scenario_words import signed
from maillage.coverage.rules.scenarios import (
    MOST_CHANGES,
    ScenarioNames,
    check_changes_fit,
    check_name,
    check_version,
    copy_name,
    enumeration,
    name_of_changes,
    sentence,
)
from maillage.engines.routing import (
    AddClause,
    AuthoriseService,
    Change,
    Clause,
    CloseService,
    EndAgreement,
    EndAuthorisation,
    EndClause,
    HolderLeaves,
    HolidayRule,
    MoveHalfDay,
    OpenService,
    SetTarget,
    StaffSlots,
    UnstaffSlots,
    read_changes,
)
from maillage.vocabulary.calendar import day_bounds
from maillage.vocabulary.errors import Invalid, Refusal

STARTS = datetime(2026, 12, 24, 17, 30, tzinfo=UTC)
ENDS = datetime(2026, 12, 25, 7, 0, tzinfo=UTC)
DAY = date(2027, 1, 1)


def service(slug: str, name: str, site: str) -> ServiceCard:
    return ServiceCard(slug, name, "", site, "59", "", "CH", "ch", 50.0, 3.0)


NAMES = ScenarioNames(
    names=Names(
        services={
            "unv": service("unv", "Unité neurovasculaire", "Valenciennes"),
            "addicto": service("addicto", "Addictologie", "Le Cateau"),
        },
        clauses={"c1@ch": ClauseCard("c1", "Article 3", "", "Association 2017", "a-2017", False)},
        people={"prat": PersonCard("prat", "Dr Anne Exemple")},
        lines={"avc": LineCard("avc", "Astreinte AVC", "", on_call=True)},
        slots={},
        sites={},
        organizations={"1": ("ch-le-cateau", "CH Le Cateau"), "2": ("ch-v", "CH Valenciennes")},
        groups={},
        steps={("avc", 2): "Unité neurovasculaire"},
        care_types={"ADDICTION": "Addictologie", "CARDIOLOGY": "Cardiologie"},
        levels={},
    ),
    pathways={"avc": "AVC"},
    agreements={"a-2017": "Association 2017"},
)

SENTENCES: list[tuple[Change, str]] = [
    (
        StaffSlots(STARTS, ENDS, line="avc"),
        "La garde « Astreinte AVC » est pourvue du 24 décembre 2026 à 18 h 30 au 25 décembre 2026 "
        "à 8 h.",
    ),
    (
        StaffSlots(STARTS, None, line="avc", service="unv", holder="prat", create=True),
        "La garde « Astreinte AVC » pour Unité neurovasculaire (Valenciennes) est pourvue par "
        "Dr Anne Exemple à partir du 24 décembre 2026 à 18 h 30, en créant les créneaux qui "
        "manquent.",
    ),
    (
        StaffSlots(None, ENDS, service="unv", holder="Dr X", response_minutes=20.0),
        "La garde pour Unité neurovasculaire (Valenciennes) est pourvue par Dr X jusqu'au 25 "
        "décembre 2026 à 8 h, sur place en 20 min.",
    ),
    (
        UnstaffSlots(None, None, line="avc"),
        "Plus personne ne tient la garde « Astreinte AVC » sans limite de date.",
    ),
    (
        OpenService("addicto", (6,), 480, 750),
        "Addictologie (Le Cateau) ouvre le samedi de 8 h à 12 h 30, jours fériés compris.",
    ),
    (
        OpenService("addicto", (3, 1), 0, 1440, HolidayRule.CLOSED),
        "Addictologie (Le Cateau) ouvre le lundi et le mercredi de 0 h à 24 h, sauf les jours "
        "fériés.",
    ),
    (
        OpenService("addicto", (1, 2, 3, 4, 5, 6, 7), 60, 120, HolidayRule.ONLY),
        "Addictologie (Le Cateau) ouvre tous les jours de 1 h à 2 h, seulement les jours fériés.",
    ),
    (
        CloseService("unv", STARTS, None),
        "Unité neurovasculaire (Valenciennes) ferme à partir du 24 décembre 2026 à 18 h 30, "
        "astreinte comprise.",
    ),
    (
        AuthoriseService("unv", DAY, date(2028, 1, 1)),
        "Unité neurovasculaire (Valenciennes) a une autorisation du 1er janvier 2027 au 31 "
        "décembre 2027.",
    ),
    (
        AuthoriseService("unv"),
        "Unité neurovasculaire (Valenciennes) a une autorisation sans limite de date.",
    ),
    (
        EndAuthorisation("unv", DAY),
        "Unité neurovasculaire (Valenciennes) n'a plus d'autorisation à partir du 1er janvier "
        "2027.",
    ),
    (
        AddClause("1", "2", ("ADDICTION", "CARDIOLOGY")),
        "Une clause permet au CH Le Cateau d'adresser ses patients au CH Valenciennes pour "
        "« Addictologie » et « Cardiologie ».",
    ),
    (
        AddClause("1", "9", ("ADDICTION",), ends_on=DAY),
        "Une clause permet au CH Le Cateau d'adresser ses patients à 9 pour « Addictologie » "
        "jusqu'au 31 décembre 2026.",
    ),
    (
        EndClause("c1", DAY),
        "La clause Article 3 de « Association 2017 » s'éteint le 1er janvier 2027.",
    ),
    (EndClause("nobody", DAY), "La clause « nobody » s'éteint le 1er janvier 2027."),
    (
        EndAgreement("a-2017", DAY),
        "La convention « Association 2017 » s'éteint le 1er janvier 2027.",
    ),
    (
        HolderLeaves("prat", DAY),
        "Dr Anne Exemple part : plus aucune garde à partir du 1er janvier 2027.",
    ),
    (
        MoveHalfDay("unv", "addicto", 2, 480, 780),
        "Le mardi, de 8 h à 13 h, Unité neurovasculaire (Valenciennes) cède ses heures à "
        "Addictologie (Le Cateau).",
    ),
    (
        SetTarget("avc", 2, 45.0),
        "« AVC », étape 2 (Unité neurovasculaire) : le délai visé passe à 45 min.",
    ),
    (SetTarget("x", 1, None), "« x », étape 1 : plus aucun délai visé."),
]


@pytest.mark.parametrize(("change", "words"), SENTENCES)
def test_each_change_is_one_sentence(change: Change, words: str) -> None:
    found = sentence(change, NAMES)
    assert found.replace("\u00a0", " ") == words
    assert "« " not in found


def test_whose_departure_is_weighed_is_not_told_to_everybody() -> None:
    discreet = ScenarioNames(NAMES.names, with_people=False)
    assert sentence(HolderLeaves("prat", DAY), discreet).startswith("Un praticien part")
    staffed = sentence(StaffSlots(STARTS, ENDS, line="avc", holder="prat"), discreet)
    assert "Anne" not in staffed


def test_small_decisions() -> None:
    assert enumeration([]) == ""
    assert enumeration(["a"]) == "a"
    assert enumeration(["a", "b", "c"]) == "a, b et c"
    assert check_name("  Un   essai ") == "Un essai"
    for wrong in ("   ", "x" * 121):
        with pytest.raises(Invalid):
            check_name(wrong)
    check_changes_fit(MOST_CHANGES)
    with pytest.raises(Refusal):
        check_changes_fit(MOST_CHANGES + 1)
    check_version(3, 3)
    with pytest.raises(Refusal, match="a changé"):
        check_version(4, 3)
    assert copy_name("x" * 120) == "x" * 112 + " (copie)"
    assert [signed(value) for value in (0.0, 12_400.0, -3.5e6)] == [
        "0",
        "+12\u202f400",
        "\u22123,50\u00a0millions",
    ]


def test_a_scenario_of_one_change_is_named_after_it() -> None:
    assert name_of_changes(["la garde « AVC » est pourvue."]) == "La garde « AVC » est pourvue"
    assert name_of_changes(["Un.", "Deux."]) == ""
    assert name_of_changes([]) == ""
    long = name_of_changes([f"{'mot ' * 40}fin."])
    assert long == f"Mot {'mot ' * 27}mot…"
    assert check_name(long) == long
    assert check_name("  La\u00a0 garde\n«\u00a0AVC\u00a0» ") == "La\u00a0 garde «\u00a0AVC\u00a0»"


def test_what_a_page_shows_is_tried_in_one_link() -> None:
    due = date(2027, 3, 1)
    longer = try_alert(AlertKind.AUTHORISATION, "unv", due, is_felt=True)
    assert longer is not None
    assert read(longer.query) == AuthoriseService("unv", starts_on=due)
    lapse = try_alert(AlertKind.AGREEMENT, "a-2017", due, is_felt=False)
    assert lapse is not None
    assert read(lapse.query) == EndAgreement("a-2017", due)
    again = try_alert(AlertKind.AGREEMENT, "a-2017", due, is_felt=True)
    assert again is not None
    assert again.query == "reconduire=a-2017&le=2027-03-01"
    staffed = try_alert(AlertKind.ROSTER, "avc#sans-titulaire", due, is_felt=True)
    assert staffed is not None
    change = read(staffed.query)
    assert isinstance(change, StaffSlots)
    assert change.line == "avc"
    assert try_alert(AlertKind.ROSTER, "avc#fin", due, is_felt=True) is None
    assert try_alert(AlertKind.STEP, "avc#2", due, is_felt=True) is None


def read(query: str) -> Change:
    return read_changes(f"[{parse_qs(query)['changement'][0]}]")[0]


def test_what_is_worth_an_element_or_an_agreement() -> None:
    assert without_element("service", "unv", on=DAY) == CloseService(
        "unv", day_bounds(DAY)[0], None
    )
    assert without_element("clause", "c1@ch", on=DAY) == EndClause("c1@ch", DAY)
    assert without_element("holder", "prat", on=DAY) == HolderLeaves("prat", DAY)
    assert without_element("other", "x", on=DAY) is None
    clauses = [
        Clause("c1", "a-2017", "1", "2", ("ADDICTION",), 2, None, DAY),
        Clause("c2", "a-2017", "1", "2", ("CARDIOLOGY",), 1, None, None),
        Clause("c3", "other", "1", "2", ("CARDIOLOGY",), 1, None, DAY),
    ]
    assert renewals(clauses, ("a-2017",), DAY) == [
        AddClause("1", "2", ("ADDICTION",), 2, starts_on=DAY, agreement="a-2017")
    ]


def moments(*rows: tuple[int, int, float]) -> pa.Table:
    """A table ``moments`` of step 1: (start hour, end hour, residents without anybody)."""
    instants = pa.timestamp("us", tz="UTC")
    hour = 3_600_000_000
    columns: dict[str, Any] = {
        "step": pa.array([1] * len(rows), pa.int16()),
        "starts_at": pa.array([row[0] * hour for row in rows], pa.int64()).cast(instants),
        "ends_at": pa.array([row[1] * hour for row in rows], pa.int64()).cast(instants),
    }
    for name in CATEGORIES:
        values = [row[2] if name == HOLES[0] else 0.0 for row in rows]
        columns[name] = pa.array(values, pa.float64())
    return pa.table(columns)


def test_holes_that_close_and_open_are_intervals() -> None:
    before = moments((0, 10, 100.0), (10, 12, 0.0), (20, 30, 50.0))
    after = moments((0, 4, 100.0), (4, 6, 20.0), (6, 12, 0.0), (20, 24, 50.0), (24, 30, 80.0))
    found = hole_intervals(before, after, 1)
    as_hours = [
        (one.starts_at.hour + 24 * (one.starts_at.day - 1), one.hours, one.residents)
        for one in found
    ]
    assert as_hours == [(4, 2.0, -80.0), (6, 4.0, -100.0), (24, 6.0, 30.0)]
    assert hole_intervals(before, before, 1) == []
    assert hole_intervals(moments(), moments(), 1) == []
    # A step that was not required before: everything that is uncovered now is new.
    assert [one.person_hours for one in hole_intervals(moments(), before, 1)] == [1000.0, 500.0]


def test_the_same_proof_twice_is_no_difference() -> None:
    run = SimpleNamespace(pathways=[SimpleNamespace(pathway="avc", fingerprint="f", tables={})])
    effect = compare_runs(run, run, pathway_names={}, step_names={}, commune_names={})  # type: ignore[arg-type]
    assert effect.is_nothing
    assert effect.pathways == ()
    assert headline(effect) == "Ce scénario ne change rien à la couverture."


def test_communes_gain_or_lose_by_what_their_residents_get() -> None:
    communes = (
        CommuneChange("1", "A", 10, covered=5.0, late=0, uncovered=-5.0),
        CommuneChange("2", "B", 10, covered=0.0, late=5.0, uncovered=-5.0),
        CommuneChange("3", "C", 10, covered=-5.0, late=5.0, uncovered=0.0),
        CommuneChange("4", "D", 10, covered=0.0, late=-5.0, uncovered=5.0),
    )
    effect = Effect((), (), communes, (), ())
    assert (effect.gaining, effect.losing) == (2, 2)
