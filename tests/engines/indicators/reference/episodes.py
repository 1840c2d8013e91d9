"""Episodes and returns, one stay after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

Row = Mapping[str, Any]


def episodes(stays: Iterable[Row]) -> list[dict[str, Any]]:
    """Two stays belong together when they share a day (the day of exit counts), directly or through
    others: here by growing groups until nothing changes, in no order at all."""
    by_person: dict[int, list[Row]] = defaultdict(list)
    for stay in stays:
        if stay["sessions"] == 0 and stay["group"][:2] not in ("28", "90"):
            by_person[stay["person"]].append(stay)
    found = []
    for person, theirs in by_person.items():
        for together in _groups(theirs):
            first = min(together, key=lambda s: (s["entered_on"], s["left_on"], s["stay"]))
            last = max(together, key=lambda s: (s["left_on"], s["entered_on"], s["stay"]))
            found.append(
                {
                    "person": person,
                    "episode": first["stay"],
                    "entered_on": first["entered_on"],
                    "left_on": last["left_on"],
                    "stays": len(together),
                    "first_site": first["site"],
                    "last_site": last["site"],
                    "first_main": first["main"],
                    "first_related": first["related"],
                    "first_group": first["group"],
                    "from_emergency": first["from_emergency"],
                    "exit": last["exit"],
                    "died": any(stay["exit"] == "DEATH" for stay in together),
                }
            )
    return sorted(found, key=lambda episode: episode["episode"])


def _groups(stays: list[Row]) -> list[list[Row]]:
    groups = [[stay] for stay in stays]
    while True:
        for index, group in enumerate(groups):
            other = next((o for o in groups[index + 1 :] if _share_a_day(group, o)), None)
            if other is not None:
                groups.remove(other)
                group.extend(other)
                break
        else:
            return groups


def _share_a_day(some: list[Row], others: list[Row]) -> bool:
    return any(
        one["entered_on"] <= other["left_on"] and other["entered_on"] <= one["left_on"]
        for one in some
        for other in others
    )


def readmissions(
    found: Iterable[Row], *, days: tuple[int, int], last_on: date
) -> list[dict[str, Any]]:
    """Walk through each person's days, one by one, until the next episode begins."""
    by_person: dict[int, dict[date, Row]] = defaultdict(dict)
    for episode in found:
        by_person[episode["person"]][episode["entered_on"]] = episode
    rows = []
    for person, entries in by_person.items():
        furthest = max(entries)
        for episode in entries.values():
            if episode["died"] or episode["left_on"] + timedelta(days=days[1]) > last_on:
                continue
            day = episode["left_on"]
            while day <= furthest and (day not in entries or entries[day] is episode):
                day += timedelta(days=1)
            following = entries.get(day)
            delay = (day - episode["left_on"]).days if following else None
            is_readmitted = delay is not None and days[0] <= delay <= days[1]
            rows.append(
                {
                    "episode": episode["episode"],
                    "person": person,
                    "left_on": episode["left_on"],
                    "next_entered_on": following["entered_on"] if following else None,
                    "next_main": following["first_main"] if following else "",
                    "days_to_next": delay,
                    "is_readmitted": is_readmitted,
                    "is_unplanned": is_readmitted
                    and following is not None
                    and following["from_emergency"],
                }
            )
    return sorted(rows, key=lambda row: row["episode"])
