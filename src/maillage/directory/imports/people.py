"""Practitioners, their roles, and teams as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.enums import TeamKind
from maillage.directory.imports.care import service_ids
from maillage.directory.imports.places import organization_ids
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_by_slug,
    write_changes,
)
from maillage.directory.models import (
    HealthcareService,
    Practitioner,
    PractitionerRole,
    Site,
    Team,
)
from maillage.directory.permissions import IMPORT, READ
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.codes import Finess, Rpps
from maillage.vocabulary.errors import Problem

Cells = Mapping[str, Any]

MOST_HALF_DAYS = 14
"""Half-days in a week."""


def practitioner_ids() -> dict[str, int]:
    """Primary keys of practitioners by slug."""
    return dict(Practitioner.objects.values_list("slug", "pk"))


def write_practitioners(records: Iterable[Practitioner]) -> Iterable[Cells]:
    """These records as rows of the file."""
    for one in records:
        yield {
            "identifiant": one.slug,
            "rpps": one.rpps,
            "civilite": one.title,
            "prenom": one.given_name,
            "nom": one.family_name,
            "specialite": one.specialty or None,
            **sourced_cells(one),
        }


def _export_practitioners() -> Iterable[Cells]:
    return write_practitioners(Practitioner.objects.order_by("slug"))


def _check_practitioners(rows: Sequence[Row]) -> Iterator[Problem]:
    taken = dict(Practitioner.objects.filter(rpps__isnull=False).values_list("rpps", "slug"))
    for row in rows:
        if row["rpps"] is None:
            continue
        holder = taken.setdefault(str(row["rpps"]), row["identifiant"])
        if holder != row["identifiant"]:
            yield Problem(
                f"ce numéro RPPS est déjà celui de « {holder} »", row=row.number, column="rpps"
            )


def _save_practitioners(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    write_by_slug(
        Practitioner,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "rpps": row["rpps"],
            "title": row["civilite"],
            "given_name": row["prenom"],
            "family_name": row["nom"],
            "specialty": row["specialite"] or "",
            **sourced_values(row),
        },
    )


PRACTITIONERS = Table(
    model=Practitioner,
    key="praticiens",
    label="Praticiens",
    room="directory",
    columns=(
        Column("identifiant", "Identifiant", cells.slug()),
        Column("rpps", "RPPS", cells.code(Rpps), required=False),
        Column("civilite", "Civilité", cells.text(20)),
        Column("prenom", "Prénom", cells.text(60)),
        Column("nom", "Nom", cells.text(80)),
        Column(
            "specialite",
            "Spécialité (TRE_R38)",
            cells.choice(SPECIALTIES.items()),
            required=False,
        ),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_practitioners,
    check=_check_practitioners,
    save=_save_practitioners,
    help="Les professionnels. Leurs lieux d'exercice sont dans la liste des exercices.",
)

RoleKey = tuple[str, str, str | None, date]


def _roles() -> dict[RoleKey, PractitionerRole]:
    related = PractitionerRole.objects.select_related(
        "practitioner", "organization", "service", "site"
    )
    return {
        (
            one.practitioner.slug,
            one.organization.slug,
            one.service.slug if one.service else None,
            one.starts_on,
        ): one
        for one in related
    }


def _role_key(row: Row) -> RoleKey:
    return (row["praticien"], row["etablissement"], row["offre"], row["du"])


def _export_roles() -> Iterable[Cells]:
    ordered = sorted(_roles().items(), key=lambda item: [part or "" for part in map(str, item[0])])
    for (practitioner, organization, service, starts_on), one in ordered:
        yield {
            "praticien": practitioner,
            "etablissement": organization,
            "site": one.site.finess if one.site else None,
            "offre": service,
            "fonction": one.function,
            "demi_journees": one.half_days,
            "telephone": one.phone or None,
            "du": starts_on,
            "au": one.ends_on,
            **sourced_cells(one),
        }


def _check_roles(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "praticien", practitioner_ids(), "praticien")
    yield from unknown_references(rows, "etablissement", organization_ids(), "établissement")
    sites = set(Site.objects.values_list("finess", flat=True))
    yield from unknown_references(rows, "site", sites, "site")
    yield from unknown_references(rows, "offre", service_ids(), "offre de soins")
    yield from wrong_periods(rows, "du", "au")
    places = dict(HealthcareService.objects.values_list("slug", "site__finess"))
    for row in rows:
        service, site = row["offre"], row["site"]
        if service in places and site is not None and places[service] != str(site):
            yield Problem(
                f"l'offre « {service} » est au site {places[service]}, non au site {site}",
                row=row.number,
                column="site",
            )


def _save_roles(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    people, organizations, services = practitioner_ids(), organization_ids(), service_ids()
    sites = dict(Site.objects.values_list("finess", "pk"))
    write_changes(
        PractitionerRole,
        changes,
        key=_role_key,
        known=_roles,
        fields=lambda row: {
            "practitioner_id": people[row["praticien"]],
            "organization_id": organizations[row["etablissement"]],
            "site_id": sites[str(row["site"])] if row["site"] else None,
            "service_id": services[row["offre"]] if row["offre"] else None,
            "function": row["fonction"],
            "half_days": row["demi_journees"],
            "phone": row["telephone"] or "",
            "starts_on": row["du"],
            "ends_on": row["au"],
            **sourced_values(row),
        },
    )


ROLES = Table(
    model=PractitionerRole,
    key="exercices",
    label="Exercices des praticiens",
    room="directory",
    columns=(
        Column("praticien", "Praticien", cells.slug()),
        Column("etablissement", "Établissement", cells.slug()),
        Column("site", "Site (FINESS ET)", cells.code(Finess), required=False),
        Column("offre", "Offre de soins", cells.slug(), required=False),
        Column("fonction", "Fonction", cells.text(80)),
        Column(
            "demi_journees",
            "Demi-journées par semaine",
            cells.integer(0, MOST_HALF_DAYS),
            required=False,
        ),
        Column("telephone", "Téléphone", cells.text(20), required=False),
        Column("du", "Depuis le", cells.day()),
        Column("au", "Jusqu'au (exclu)", cells.day(), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("praticien", "etablissement", "offre", "du"),
    reads=READ,
    writes=IMPORT,
    export=_export_roles,
    check=_check_roles,
    save=_save_roles,
    help="Où et à quel titre exerce un praticien. Plusieurs exercices : temps partagé.",
)


def _export_teams() -> Iterable[Cells]:
    teams = Team.objects.select_related("lead").prefetch_related("services")
    for one in teams.order_by("slug"):
        yield {
            "identifiant": one.slug,
            "nom": one.name,
            "nature": one.kind,
            "pilote": one.lead.slug if one.lead else None,
            "offres": sorted(service.slug for service in one.services.all()) or None,
            "presentation": one.description or None,
            **sourced_cells(one),
        }


def _check_teams(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "pilote", organization_ids(), "établissement")
    yield from unknown_references(rows, "offres", service_ids(), "offre de soins")


def _save_teams(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    organizations, services = organization_ids(), service_ids()
    write_by_slug(
        Team,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "name": row["nom"],
            "kind": row["nature"],
            "lead_id": organizations[row["pilote"]] if row["pilote"] else None,
            "description": row["presentation"] or "",
            **sourced_values(row),
        },
    )
    teams = {one.slug: one for one in Team.objects.all()}
    for change in changes:
        row = change.row
        teams[row["identifiant"]].services.set([services[slug] for slug in row["offres"] or []])


_SLUGS = cells.slugs()

TEAMS = Table(
    model=Team,
    key="equipes",
    label="Équipes de territoire et pôles",
    room="directory",
    columns=(
        Column("identifiant", "Identifiant", cells.slug()),
        Column("nom", "Nom", cells.text(160)),
        Column("nature", "Nature", cells.choice(TeamKind.choices)),
        Column("pilote", "Établissement pilote", cells.slug(), required=False),
        Column(
            "offres",
            "Offres de soins",
            cells.Cell(lambda text: sorted(set(_SLUGS.read(text))), _SLUGS.write),
            required=False,
        ),
        Column("presentation", "Présentation", cells.text(4000), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_teams,
    check=_check_teams,
    save=_save_teams,
    help="Des services de plusieurs sites qui travaillent ensemble.",
)
