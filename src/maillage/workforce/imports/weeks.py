"""Weekly half-days as a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.agreements.models import Agreement
from maillage.directory.imports.care import service_ids
from maillage.directory.imports.people import practitioner_ids
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_changes,
)
from maillage.directory.models import HealthcareService, Site
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.codes import Finess
from maillage.vocabulary.errors import Problem
from maillage.workforce.enums import Activity, Half, Weeks
from maillage.workforce.imports.records import site_ids
from maillage.workforce.models import StaffRecord, WeeklyHalfDay
from maillage.workforce.permissions import IMPORT, READ_LISTS
from maillage.workforce.queries.carriers import Carrier, load_carriers
from maillage.workforce.queries.weeks import as_half_day, half_day_rows, travel_between
from maillage.workforce.rules.weeks import FULL_WEEK, HalfDay, find_conflicts

Cells = Mapping[str, Any]
CellKey = tuple[str, int, str, str, date]

ANY_NUMBER = 99
"""Sites that a file may hold for one person: their number is only said on the page."""


def _cells() -> dict[CellKey, WeeklyHalfDay]:
    return {
        (one.practitioner.slug, one.weekday, one.half, one.weeks, one.starts_on): one
        for one in half_day_rows().select_related(
            "practitioner", "site__organization", "service", "agreement"
        )
    }


def _key(row: Row) -> CellKey:
    return (row["praticien"], row["jour"], row["demi_journee"], row["semaines"], row["du"])


def _export_weeks() -> Iterable[Cells]:
    for (practitioner, weekday, half, weeks, starts_on), one in sorted(_cells().items()):
        yield {
            "praticien": practitioner,
            "jour": weekday,
            "demi_journee": half,
            "semaines": weeks,
            "site": one.site.finess,
            "offre": one.service.slug if one.service else None,
            "activite": one.activity,
            "convention": one.agreement.slug if one.agreement else None,
            "du": starts_on,
            "au": one.ends_on,
            **sourced_cells(one),
        }


def agreement_ids() -> dict[str, int]:
    """Primary keys of agreements by slug."""
    return dict(Agreement.objects.values_list("slug", "pk"))


def _check_weeks(rows: Sequence[Row]) -> Iterator[Problem]:
    wrong = [
        *unknown_references(rows, "praticien", practitioner_ids(), "praticien"),
        *unknown_references(rows, "site", site_ids(), "site"),
        *unknown_references(rows, "offre", service_ids(), "offre de soins"),
        *unknown_references(rows, "convention", agreement_ids(), "convention"),
        *wrong_periods(rows, "du", "au"),
    ]
    places = dict(HealthcareService.objects.values_list("slug", "site__finess"))
    for row in rows:
        if row["offre"] in places and places[row["offre"]] != str(row["site"]):
            wrong.append(
                Problem(
                    f"l'offre « {row['offre']} » est au site {places[row['offre']]}",
                    row=row.number,
                    column="offre",
                )
            )
    yield from wrong
    if not wrong and rows:
        yield from _conflicts(rows)


def _conflicts(rows: Sequence[Row]) -> Iterator[Problem]:
    """What the calendars would refuse, the stored cells of the same people included."""
    people = {row["praticien"] for row in rows}
    employers = dict(
        StaffRecord.objects.filter(practitioner__slug__in=people).values_list(
            "practitioner__slug", "employer__slug"
        )
    )
    carriers = load_carriers()
    sites = {site.finess: site for site in Site.objects.select_related("organization")}
    grids: dict[str, dict[CellKey, HalfDay]] = defaultdict(dict)
    for key, stored in _cells().items():
        if key[0] in people:
            grids[key[0]][key] = as_half_day(stored, employers.get(key[0], ""), carriers)
    for row in rows:
        person = row["praticien"]
        grids[person][_key(row)] = _as_half_day(row, sites, employers.get(person, ""), carriers)
    numbers = {row.number for row in rows}
    travel = travel_between({sites[cell.site] for grid in grids.values() for cell in grid.values()})
    for person in sorted(people):
        found = find_conflicts(
            list(grids[person].values()),
            employer=employers.get(person, ""),
            quota=FULL_WEEK,
            travel=travel,
            most_sites=ANY_NUMBER,
        )
        for conflict in found:
            told = [-key for key in conflict.keys if key is not None and -key in numbers]
            if conflict.is_refusal and told:
                yield Problem(conflict.message, row=min(told), column="jour")


def _as_half_day(
    row: Row, sites: Mapping[str, Site], employer: str, carriers: Mapping[str, Carrier]
) -> HalfDay:
    """A row of the file as rules read it. Its key is minus its line, to be found again."""
    site = sites[str(row["site"])]
    organization = site.organization.slug
    carrier = carriers.get(row["convention"] or "")
    return HalfDay(
        weekday=row["jour"],
        half=row["demi_journee"],
        weeks=row["semaines"],
        site=site.finess,
        organization=organization,
        starts_on=row["du"],
        ends_on=row["au"],
        agreement=row["convention"] or "",
        carried=carrier.carries(employer, organization) if carrier else None,
        key=-row.number,
        site_name=site.name,
    )


def _save_weeks(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    people, sites = practitioner_ids(), site_ids()
    services, agreements = service_ids(), agreement_ids()
    write_changes(
        WeeklyHalfDay,
        changes,
        key=_key,
        known=_cells,
        fields=lambda row: {
            "practitioner_id": people[row["praticien"]],
            "weekday": row["jour"],
            "half": row["demi_journee"],
            "weeks": row["semaines"],
            "site_id": sites[str(row["site"])],
            "service_id": services[row["offre"]] if row["offre"] else None,
            "activity": row["activite"],
            "agreement_id": agreements[row["convention"]] if row["convention"] else None,
            "starts_on": row["du"],
            "ends_on": row["au"],
            **sourced_values(row),
        },
    )


WEEKS = Table(
    model=WeeklyHalfDay,
    key="grilles",
    label="Grilles de demi-journées",
    room="workforce",
    columns=(
        Column("praticien", "Praticien", cells.slug()),
        Column("jour", "Jour (1 = lundi)", cells.integer(1, 7)),
        Column("demi_journee", "Demi-journée", cells.choice(Half.choices)),
        Column("semaines", "Semaines", cells.choice(Weeks.choices)),
        Column("site", "Site (FINESS ET)", cells.code(Finess)),
        Column("offre", "Offre de soins", cells.slug(), required=False),
        Column("activite", "Activité", cells.choice(Activity.choices)),
        Column("convention", "Convention", cells.slug(100), required=False),
        Column("du", "Du", cells.day()),
        Column("au", "Au (exclu)", cells.day(), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("praticien", "jour", "demi_journee", "semaines", "du"),
    reads=READ_LISTS,
    writes=IMPORT,
    export=_export_weeks,
    check=_check_weeks,
    save=_save_weeks,
    help="Le calendrier de chaque praticien, tous sites ensemble : deux demi-journées à la fois, "
    "ou un trajet plus long que la pause de midi, sont refusés.",
    changes_territory=False,
)
