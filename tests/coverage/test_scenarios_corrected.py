"""What a scenario says of what is wrong: beside its field, once, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant
from maillage.coverage.actions.scenarios import ScenarioDraft, add_change, create_scenario
from maillage.coverage.forms.scenarios import CHANGE_FORMS, CloseForm
from maillage.coverage.models import Scenario
from maillage.coverage.queries.scenario_choices import find_choice, list_target_steps
from maillage.coverage.rules.answers import Names
from maillage.coverage.rules.scenario_effects import Effect, headline
from maillage.coverage.rules.scenarios import (
    FIELD_LABELS,
    ScenarioNames,
    problems_in_words,
    sentence,
)
from maillage.engines.routing import CloseService
from maillage.pathways.models import Pathway
from maillage.vocabulary.errors import Invalid, Problem
from tests.coverage.conftest import Tiny

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 22), date(2026, 12, 22)
AUTHOR = Actor("essai-dim-", "Essai", (Grant(Role.DIM),))
TARGET = {"change": "target", "pathway": "chirurgie-thoracique", "step": 2, "minutes": 45}
Connect = Callable[..., Client]


def begin(*changes: dict[str, Any]) -> Scenario:
    draft = ScenarioDraft("Essai", FIRST, LAST)
    return create_scenario(draft=draft, changes=changes, by=AUTHOR, at=AT)


# What replaces what


def test_a_later_change_replaces_the_one_that_it_contradicts(
    tiny: Tiny, client_for: Connect
) -> None:
    scenario = begin(TARGET)
    client = client_for(Role.DIM)
    form = {"etape": "chirurgie-thoracique:2", "minutes": "50", "version": "1"}
    address = f"/couverture/scenarios/{scenario.token}/ajouter/delai"
    page = client.post(address, form, follow=True).content.decode()
    scenario.refresh_from_db()
    assert [row["minutes"] for row in scenario.changes] == [50]
    assert "Il y remplace" in page
    assert "le délai visé passe à 45 min" in page


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ({"change": "close", "service": "a", "starts_at": None, "ends_at": None},
         {"change": "close", "service": "b", "starts_at": None, "ends_at": None}, 2),
        ({"change": "leave", "holder": "a", "from_date": "2026-12-01"},
         {"change": "leave", "holder": "a", "from_date": "2027-01-01"}, 1),
        ({"change": "staff", "line": "l", "from": None, "to": None},
         {"change": "unstaff", "line": "l", "from": None, "to": None}, 1),
        ({"change": "add_clause", "from": "a", "to": "b", "care_types": ["X"],
          "ends_on": "2027-01-01"},
         {"change": "add_clause", "from": "a", "to": "b", "care_types": ["X"],
          "starts_on": "2027-06-01"}, 2),
    ],
)  # fmt: skip
def test_only_changes_of_one_subject_replace_each_other(
    db: None, first: dict[str, Any], second: dict[str, Any], left: int
) -> None:
    scenario = begin(first)
    grown = add_change(scenario=scenario, version=1, change=second, by=AUTHOR, at=AT)
    assert len(grown.changes) == left
    assert grown.changes[-1]["change"] == second["change"]


# Ends


def close_form(**typed: str) -> CloseForm:
    return CloseForm({"offre": "urgences", "du": "1/12/2026", **typed}, now=AT)


@pytest.mark.parametrize(
    ("typed", "ends_at"),
    [
        ("5/12/2026", datetime(2026, 12, 5, 23, tzinfo=UTC)),
        ("2026-12-05", datetime(2026, 12, 5, 23, tzinfo=UTC)),
        ("1/12/2026", datetime(2026, 12, 1, 23, tzinfo=UTC)),
        ("demain", datetime(2026, 11, 23, 23, tzinfo=UTC)),
        ("5/12/2026 0h", datetime(2026, 12, 4, 23, tzinfo=UTC)),
        ("2026-12-05T08:00", datetime(2026, 12, 5, 7, tzinfo=UTC)),
    ],
)
def test_a_day_typed_as_an_end_is_included(tiny: Tiny, typed: str, ends_at: datetime) -> None:
    form = close_form(du="1/11/2026", au=typed)
    assert form.is_valid(), form.errors
    assert form.change().ends_at == ends_at  # type: ignore[attr-defined]


def test_whole_days_are_said_without_midnights() -> None:
    change = CloseService(
        "s", datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 5, 23, tzinfo=UTC)
    )
    names = ScenarioNames(Names.__new__(Names))
    object.__setattr__(names.names, "services", {})
    said = "s ferme du 1er décembre 2026 au 5 décembre 2026 inclus, astreinte comprise."
    assert sentence(change, names) == said


# What is wrong


def test_each_field_of_each_form_has_its_key() -> None:
    for kind in CHANGE_FORMS.values():
        assert set(kind.FIELDS.values()) <= set(kind.base_fields)
    assert all(FIELD_LABELS.values())


def test_a_defect_is_said_once_under_the_name_of_its_field() -> None:
    error = Invalid(
        "changes.invalid",
        "Refusé",
        [
            Problem("la fin doit venir après le début.", field="$[1].ends_at"),
            Problem("la fin doit venir après le début.", field="$[1].ends_at"),
            Problem("texte vide.", field="$[0].care_types[1]"),
            Problem("une liste est attendue.", field="$"),
        ],
    )
    changes = [{"change": "add_clause"}, {"change": "close"}]
    assert problems_in_words(error, changes) == (
        "Changement 2, « Au » : la fin doit venir après le début.",
        "Changement 1, « Types de soin » : texte vide.",
        "une liste est attendue.",
    )


def test_the_engine_speaks_beside_the_field(tiny: Tiny, client_for: Connect) -> None:
    scenario = begin()
    client = client_for(Role.DIM)
    client.get(f"/couverture/scenarios/{scenario.token}?attendre=oui")
    form = {"de": "urgences", "vers": "thoracique", "jour": "2", "moment": "matin", "version": "1"}
    address = f"/couverture/scenarios/{scenario.token}/ajouter/demi-journees"
    assert client.post(address, form).status_code == 302
    refused = client.post(address, {**form, "version": "2"})
    assert refused.status_code == 422
    assert refused.context["form"].errors == {
        "moment": ["Le service n'est pas ouvert dans cette plage."]
    }


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"])
def test_what_no_database_keeps_is_refused(tiny: Tiny, client_for: Connect, text: str) -> None:
    change = {"change": "end_clause", "clause": text, "ends_on": "2026-12-01"}
    with pytest.raises(Invalid):
        begin(change)
    client = client_for(Role.DIM)
    query = urlencode({"changement": json.dumps(change)})
    page = client.get(f"/couverture/scenarios/nouveau?{query}")
    assert page.status_code == 200
    assert page.context["problem"] == "« Clause » : le texte contient un caractère de contrôle."
    unknown = urlencode({"changement": json.dumps({"change": "end_clause", text: 1})})
    assert client.get(f"/couverture/scenarios/nouveau?{unknown}").status_code == 200
    with pytest.raises(Invalid):
        find_choice("offre", value="a\0b")


# What is stale


def test_a_stale_page_leads_back_and_keeps_what_was_typed(tiny: Tiny, client_for: Connect) -> None:
    scenario = begin(TARGET)
    client = client_for(Role.DIM)
    at = f"/couverture/scenarios/{scenario.token}"
    back = f'href="{at}"'
    typed = {"nom": "Nouveau nom", "du": "2026-11-22", "au": "2026-12-01", "version": "7"}
    for address, data in (
        (f"{at}/ajouter/delai", {"etape": "chirurgie-thoracique:2", "minutes": "51"}),
        (f"{at}/modifier", typed),
        (f"{at}/changements/0/retirer", {}),
        (f"{at}/supprimer", {}),
    ):
        answer = client.post(address, {"version": "7", **data})
        page = answer.content.decode()
        assert answer.status_code == 409, address
        assert "a changé depuis que cette page est affichée" in page
        assert back in page.partition("a changé depuis")[2]
        for value in data.values():
            assert value == "7" or value in page
    # The form holds the version of now: sent again, it is taken.
    assert client.post(f"{at}/modifier", {**typed, "version": "1"}).status_code == 302


def test_nothing_to_prove_is_said_beside_the_day(tiny: Tiny, client_for: Connect) -> None:
    typed = {"du": "1/1/1990", "au": "31/12/1990", "intitule": "Avant tout"}
    answer = client_for(Role.DIM).post("/couverture/preuves/nouvelle", typed)
    assert answer.status_code == 422
    assert "Aucune filière n'est en vigueur" in answer.context["form"].errors["du"][0]
    assert "Avant tout" in answer.content.decode()


# Order, headline


def test_steps_come_in_french_order(tiny: Tiny) -> None:
    from maillage.pathways.models import PathwayStep

    step = PathwayStep.objects.select_related("version__pathway").first()
    assert step is not None
    for slug, name in (("e", "Épilepsie"), ("z", "Zona"), ("b", "broncho")):
        pathway = Pathway.objects.get(pk=step.version.pathway_id)
        pathway.pk, pathway.slug, pathway.name = None, slug, name
        pathway.save()
        version = type(step.version).objects.get(pk=step.version_id)
        version.pk, version.pathway = None, pathway
        version.save()
        copied = PathwayStep.objects.get(pk=step.pk)
        copied.pk, copied.version = None, version
        copied.save()
    found = [slug.partition(":")[0] for slug, _ in list_target_steps()]
    assert list(dict.fromkeys(found)) == ["b", "chirurgie-thoracique", "e", "z"]


class _Moved(Effect):
    """An effect by its three moves."""

    def __init__(self, covered: float, late: float, uncovered: float) -> None:
        self.__dict__ |= {"moves": (covered, late, uncovered), "communes": ()}

    is_nothing = False
    covered = property(lambda self: self.moves[0])  # type: ignore[assignment]
    late = property(lambda self: self.moves[1])  # type: ignore[assignment]
    uncovered = property(lambda self: self.moves[2])  # type: ignore[assignment]


def test_what_becomes_late_is_said_beside_what_is_gained() -> None:
    assert headline(_Moved(199e6, 354e6, -553e6)) == (
        "199\u00a0millions d'heures-habitants de plus dans le délai ou à la limite, "
        "354\u00a0millions d'heures-habitants désormais hors délai, "
        "553\u00a0millions d'heures-habitants de moins sans personne."
    )
    assert headline(_Moved(0, -10, 0)) == "10 heures-habitants de moins hors délai."
