"""Healthcare services, their authorisations, hours and closures as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.enums import ExceptionState, HolidayRule
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_by_slug,
    write_changes,
)
from maillage.directory.models import (
    Authorisation,
    HealthcareService,
    OpeningHours,
    ServiceException,
    Site,
)
from maillage.directory.permissions import IMPORT, READ
from maillage.directory.rules.hours import Window, windows_clash
from maillage.directory.rules.periods import OLDEST, Stay, in_words, overlapping
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods, wrong_rows
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.codes import Finess
from maillage.vocabulary.errors import Problem

Cells = Mapping[str, Any]


def service_ids() -> dict[str, int]:
    """Primary keys of services by slug."""
    return dict(HealthcareService.objects.values_list("slug", "pk"))


def write_services(records: Iterable[HealthcareService]) -> Iterable[Cells]:
    """These records as rows of the file."""
    for one in records:
        yield {
            "identifiant": one.slug,
            "site": one.site.finess,
            "nom": one.name,
            "type_soin": one.care_type,
            "niveau": one.level,
            "age_min": one.age_min,
            "age_max": one.age_max,
            "telephone": one.phone or None,
            "boite_mssante": one.secure_mail or None,
            **sourced_cells(one),
        }


def _export_services() -> Iterable[Cells]:
    return write_services(HealthcareService.objects.select_related("site").order_by("slug"))


def _check_services(rows: Sequence[Row]) -> Iterator[Problem]:
    sites = set(Site.objects.values_list("finess", flat=True))
    yield from unknown_references(rows, "site", sites, "site")
    yield from wrong_rows(rows, "age_max", _wrong_ages)


def _wrong_ages(row: Row) -> str | None:
    if row["age_max"] is not None and row["age_max"] <= row["age_min"]:
        return "l'âge maximal (exclu) doit dépasser l'âge minimal"
    return None


def _save_services(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    sites = dict(Site.objects.values_list("finess", "pk"))
    write_by_slug(
        HealthcareService,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "site_id": sites[str(row["site"])],
            "name": row["nom"],
            "care_type": row["type_soin"],
            "level": row["niveau"],
            "age_min": row["age_min"],
            "age_max": row["age_max"],
            "phone": row["telephone"] or "",
            "secure_mail": row["boite_mssante"] or "",
            **sourced_values(row),
        },
    )


SERVICES = Table(
    model=HealthcareService,
    key="offres",
    label="Offres de soins",
    room="directory",
    columns=(
        Column("identifiant", "Identifiant", cells.slug()),
        Column("site", "Site (FINESS ET)", cells.code(Finess)),
        Column("nom", "Nom", cells.text(160)),
        Column("type_soin", "Type de soin", cells.choice(CareType.choices())),
        Column("niveau", "Niveau", cells.choice(CareLevel.choices())),
        Column("age_min", "Âge minimal", cells.integer(0, OLDEST)),
        Column("age_max", "Âge maximal (exclu)", cells.integer(1, OLDEST), required=False),
        Column("telephone", "Téléphone", cells.text(20), required=False),
        Column("boite_mssante", "Boîte MSSanté", cells.text(120), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_services,
    check=_check_services,
    save=_save_services,
    help="Un type de soin, à un site, à un niveau, pour des âges.",
)


def _authorisations() -> dict[tuple[str, date], Authorisation]:
    related = Authorisation.objects.select_related("service")
    return {(one.service.slug, one.starts_on): one for one in related}


def _export_authorisations() -> Iterable[Cells]:
    for (service, starts_on), one in sorted(_authorisations().items()):
        yield {
            "offre": service,
            "du": starts_on,
            "au": one.ends_on,
            "reference": one.reference or None,
            **sourced_cells(one),
        }


def _check_authorisations(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "offre", service_ids(), "offre de soins")
    wrong = list(wrong_periods(rows, "du", "au"))
    yield from wrong
    if wrong:
        return
    stays = {
        key: Stay(key[0], one.starts_on, one.ends_on) for key, one in _authorisations().items()
    }
    for row in rows:
        stays[row["offre"], row["du"]] = Stay(row["offre"], row["du"], row["au"], row.number)
    for first, second in overlapping(stays.values()):
        told, other = (second, first) if second.row is not None else (first, second)
        if told.row is not None:
            yield Problem(
                f"l'offre a déjà une autorisation {in_words(other)}", row=told.row, column="du"
            )


def _save_authorisations(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    services = service_ids()
    write_changes(
        Authorisation,
        changes,
        key=lambda row: (row["offre"], row["du"]),
        known=_authorisations,
        fields=lambda row: {
            "service_id": services[row["offre"]],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "reference": row["reference"] or "",
            **sourced_values(row),
        },
    )


AUTHORISATIONS = Table(
    model=Authorisation,
    key="autorisations",
    label="Autorisations",
    room="directory",
    columns=(
        Column("offre", "Offre de soins", cells.slug()),
        Column("du", "Du", cells.day()),
        Column("au", "Au (exclu)", cells.day(), required=False),
        Column("reference", "Référence", cells.text(80), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("offre", "du"),
    reads=READ,
    writes=IMPORT,
    export=_export_authorisations,
    check=_check_authorisations,
    save=_save_authorisations,
    help="Les jours où une offre peut donner ses soins.",
)

WindowKey = tuple[str, int, int, str]


def _opening() -> dict[WindowKey, OpeningHours]:
    related = OpeningHours.objects.select_related("service")
    return {(one.service.slug, one.weekday, one.opens_minute, one.holidays): one for one in related}


def _window_key(row: Row) -> WindowKey:
    return (row["offre"], row["jour"], row["ouvre"], row["feries"])


def _export_opening() -> Iterable[Cells]:
    for (service, weekday, opens, holidays), one in sorted(_opening().items()):
        yield {
            "offre": service,
            "jour": weekday,
            "ouvre": opens,
            "ferme": one.closes_minute,
            "feries": holidays,
            **sourced_cells(one),
        }


def _check_opening(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "offre", service_ids(), "offre de soins")
    windows: dict[WindowKey, tuple[Window, int | None]] = {
        key: (Window(key[1], key[2], one.closes_minute, key[3]), None)
        for key, one in _opening().items()
    }
    for row in rows:
        if row["ferme"] <= row["ouvre"]:
            yield Problem(
                "la fermeture doit venir après l'ouverture ; une plage ne passe pas minuit",
                row=row.number,
                column="ferme",
            )
        window = Window(row["jour"], row["ouvre"], row["ferme"], row["feries"])
        windows[_window_key(row)] = (window, row.number)
    yield from _window_clashes(windows)


def _window_clashes(
    windows: Mapping[WindowKey, tuple[Window, int | None]],
) -> Iterator[Problem]:
    days: dict[tuple[str, int], list[tuple[Window, int | None]]] = defaultdict(list)
    for (service, weekday, _, _), kept in windows.items():
        days[service, weekday].append(kept)
    for several in days.values():
        for place, (window, row) in enumerate(several):
            for other, other_row in several[:place]:
                told = row if row is not None else other_row
                if told is not None and windows_clash(window, other):
                    yield Problem(
                        "cette plage chevauche une autre plage du même jour",
                        row=told,
                        column="ouvre",
                    )


def _save_opening(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    services = service_ids()
    write_changes(
        OpeningHours,
        changes,
        key=_window_key,
        known=_opening,
        fields=lambda row: {
            "service_id": services[row["offre"]],
            "weekday": row["jour"],
            "opens_minute": row["ouvre"],
            "closes_minute": row["ferme"],
            "holidays": row["feries"],
            **sourced_values(row),
        },
    )


OPENING = Table(
    model=OpeningHours,
    key="horaires",
    label="Horaires des offres",
    room="directory",
    columns=(
        Column("offre", "Offre de soins", cells.slug()),
        Column("jour", "Jour (1 = lundi)", cells.integer(1, 7)),
        Column("ouvre", "Ouvre à", cells.clock()),
        Column("ferme", "Ferme à", cells.clock(), help="24:00 pour minuit"),
        Column("feries", "Jours fériés", cells.choice(HolidayRule.choices)),
        *SOURCED_COLUMNS,
    ),
    key_columns=("offre", "jour", "ouvre", "feries"),
    reads=READ,
    writes=IMPORT,
    export=_export_opening,
    check=_check_opening,
    save=_save_opening,
    help="Une ligne par plage d'ouverture et par jour, à l'heure de Paris.",
)

ExceptionKey = tuple[str, str, datetime]


def _exceptions() -> dict[ExceptionKey, ServiceException]:
    related = ServiceException.objects.select_related("service")
    return {(one.service.slug, one.state, one.starts_at): one for one in related}


def _export_exceptions() -> Iterable[Cells]:
    for (service, state, starts_at), one in sorted(_exceptions().items()):
        yield {
            "offre": service,
            "effet": state,
            "du": starts_at,
            "au": one.ends_at,
            "motif": one.reason or None,
            **sourced_cells(one),
        }


def _check_exceptions(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "offre", service_ids(), "offre de soins")
    yield from wrong_periods(rows, "du", "au")


def _save_exceptions(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    services = service_ids()
    write_changes(
        ServiceException,
        changes,
        key=lambda row: (row["offre"], row["effet"], row["du"]),
        known=_exceptions,
        fields=lambda row: {
            "service_id": services[row["offre"]],
            "state": row["effet"],
            "starts_at": row["du"],
            "ends_at": row["au"],
            "reason": row["motif"] or "",
            **sourced_values(row),
        },
    )


EXCEPTIONS = Table(
    model=ServiceException,
    key="fermetures",
    label="Fermetures et ouvertures exceptionnelles",
    room="directory",
    columns=(
        Column("offre", "Offre de soins", cells.slug()),
        Column("effet", "Effet", cells.choice(ExceptionState.choices)),
        Column("du", "Du", cells.instant()),
        Column("au", "Au (exclu)", cells.instant()),
        Column("motif", "Motif", cells.text(200), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("offre", "effet", "du"),
    reads=READ,
    writes=IMPORT,
    export=_export_exceptions,
    check=_check_exceptions,
    save=_save_exceptions,
    help="Une fermeture l'emporte sur les horaires et sur les astreintes de l'offre.",
)
