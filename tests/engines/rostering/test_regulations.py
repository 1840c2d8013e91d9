"""The rules as data: what the file says, what it refuses, and what an installation may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

import pytest

from maillage.engines.rostering.regulations import (
    Scope,
    Status,
    Tier,
    load_regulations,
    read_regulations,
    regulations_on,
    regulations_page,
    write_value,
)
from maillage.vocabulary.errors import Invalid

DAY = date(2026, 11, 22)

RULE = """
[[rule]]
key = "rest.daily_hours"
label = "Repos quotidien"
value = 11
unit = "hours"
kind = "hard"
scope = "legal"
from = 2015-10-12
source = "Code de la santé publique, art. R6152-27"
status = "lu"
"""


def defects(text: str) -> str:
    with pytest.raises(Invalid) as refused:
        read_regulations(text, name="essai.toml")
    return str(refused.value)


def test_the_rules_that_rosters_rest_on() -> None:
    rules = regulations_on(DAY)
    assert rules.minutes("rest.daily_hours") == 11 * 60
    assert rules.whole("work.mean_weekly_hours") == 48
    assert rules.whole("work.half_days_per_week") == 10
    assert rules.minutes("work.continuous_hours") == 24 * 60
    assert rules.minutes("period.most_hours") == 14 * 60
    assert rules.clock("period.night_starts") == time(18, 30)
    assert rules.holds("rest.equal_after_long_work")
    assert rules["pay.garde"].value == Decimal("422.03")
    assert rules["pay.garde"].written == "422,03 €"


def test_every_rule_has_a_source_and_local_ones_wait_to_be_confirmed() -> None:
    every = load_regulations()
    assert len({rule.key for rule in every}) == len(every)
    assert all(rule.source and rule.label for rule in every)
    assert all(rule.status is Status.TO_CONFIRM for rule in every if rule.scope is Scope.LOCAL)
    doubtful = {r.key for r in every if r.status is Status.TO_CONFIRM and r.scope is Scope.LEGAL}
    assert {"shared.bonus_km", "rest.weekly_hours"} <= doubtful


@pytest.mark.parametrize(
    ("half_days", "sites", "euros"),
    [
        ("0", 1, 0),
        ("0.5", 1, 0),
        ("1", 1, 250),
        ("1.5", 1, 450),
        ("3", 2, 450),
        ("3.5", 3, 700),
        ("4", 1, 700),
        ("4", 2, 1000),
        ("4.5", 1, 1000),
        ("10", 3, 1000),
    ],
)
def test_the_territorial_bonus_by_steps(half_days: str, sites: int, euros: int) -> None:
    assert regulations_on(DAY).bonus(Decimal(half_days), sites) == euros


def test_a_roster_of_the_past_follows_the_rules_of_its_time() -> None:
    assert "pay.astreinte_most" not in regulations_on(date(2025, 10, 31)).rules
    assert regulations_on(date(2025, 11, 1)).whole("pay.astreinte_most") == 280
    later = RULE.replace("2015-10-12", "2027-01-01").replace("value = 11", "value = 12")
    first = RULE.replace("from = 2015-10-12", "from = 2015-10-12\nuntil = 2027-01-01")
    old, new = read_regulations(first + later, name="essai.toml")
    assert old.holds_on(date(2026, 12, 31))
    assert not old.holds_on(date(2027, 1, 1))
    assert new.holds_on(date(2027, 1, 1))


def test_an_installation_changes_local_rules_only() -> None:
    chosen = regulations_on(DAY, {"local.gardes_per_28_days": 4, "period.day_starts": time(8)})
    assert chosen.whole("local.gardes_per_28_days") == 4
    assert chosen.clock("period.day_starts") == time(8)
    assert regulations_on(DAY).whole("local.gardes_per_28_days") == 5
    for key, value in (
        ("rest.daily_hours", 9),
        ("local.unknown", 1),
        ("local.gardes_per_28_days", -1),
        ("local.gardes_per_28_days", True),
        ("local.gardes_per_28_days", time(8)),
    ):
        with pytest.raises(Invalid):
            regulations_on(DAY, {key: value})


@pytest.mark.parametrize(
    ("written", "wrong", "says"),
    [
        ('status = "lu"', 'status = "lu"\nsauce = 1', "« sauce » : clé inconnue."),
        ('source = "Code de la santé publique, art. R6152-27"\n', "", "« source » manque."),
        ('source = "Code de la santé publique, art. R6152-27"', 'source = ""', "« source » manque"),
        ('status = "lu"', 'status = "vu"', "« vu » inconnu"),
        ('unit = "hours"', 'unit = "lieues"', "« lieues » inconnu"),
        ("value = 11", "value = -1", "ne convient pas"),
        ("value = 11", "value = 11.5", "ne convient pas"),
        ("value = 11", "value = true", "ne convient pas"),
        ("from = 2015-10-12", "from = 2015-10-12T10:00:00", "jours attendus"),
        ("from = 2015-10-12", "from = 2015-10-12\nuntil = 2015-10-12", "doit venir après"),
        ("[[rule]]", "[[rules]]", "« rules » : clé inconnue."),
        ('key = "rest.daily_hours"', 'key = "Rest"', "mots en minuscules"),
        ("value = 11", "value = ", "TOML illisible"),
    ],
)
def test_a_file_with_a_defect_is_refused(written: str, wrong: str, says: str) -> None:
    assert written in RULE
    assert says in defects(RULE.replace(written, wrong))


def test_one_key_has_one_value_on_a_day() -> None:
    assert "deux valeurs le 12 octobre 2015" in defects(RULE + RULE)
    ended = RULE.replace("from = 2015-10-12", "from = 2010-01-01\nuntil = 2015-10-13")
    assert "deux valeurs" in defects(ended + RULE)


def test_tiers_are_checked() -> None:
    tiers = RULE.replace('unit = "hours"', 'unit = "tiers"')
    good = "value = [{ above = 0, up_to = 1, other_sites = 1, euros = 250 }]"
    (rule,) = read_regulations(tiers.replace("value = 11", good), name="essai.toml")
    assert rule.value == (Tier(Decimal(0), Decimal(1), 1, 250),)
    for wrong in (good.replace("up_to = 1", "up_to = 0"), good.replace("euros", "francs")):
        assert "ne convient pas" in defects(tiers.replace("value = 11", wrong))


def test_the_page_says_every_rule_once() -> None:
    page = regulations_page()
    assert all(page.count(f"| `{rule.key}` |") == 1 for rule in load_regulations())
    assert "À confirmer" in page
    rule = replace(load_regulations()[0], ends=date(2027, 1, 1), note="a | b")
    assert "2022-02-07 to 2027-01-01" in regulations_page([rule])
    assert "a \\| b" in regulations_page([rule])


def test_values_are_written_in_french() -> None:
    assert write_value(time(18, 30), "clock") == "18 h 30"
    assert write_value(time(8), "clock") == "8 h"
    assert write_value(True, "yes_no") == "oui"
    assert write_value(11, "hours") == "11 h"
