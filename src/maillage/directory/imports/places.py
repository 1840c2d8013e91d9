"""Organizations, groups, memberships and sites as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.directory.enums import GroupKind, MemberRole, OrganizationKind
from maillage.directory.imports.sourced import (
    SOURCED_COLUMNS,
    sourced_cells,
    sourced_values,
    write_by_slug,
    write_changes,
)
from maillage.directory.models import GroupMembership, Organization, OrganizationGroup, Site
from maillage.directory.permissions import IMPORT, READ
from maillage.directory.rules.periods import membership_clashes
from maillage.exchange import cells
from maillage.exchange.checks import unknown_references, wrong_periods
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.territory.models import Commune
from maillage.vocabulary.codes import CommuneCode, Finess
from maillage.vocabulary.errors import Problem

Cells = Mapping[str, Any]


def organization_ids() -> dict[str, int]:
    """Primary keys of organizations by slug."""
    return dict(Organization.objects.values_list("slug", "pk"))


def write_organizations(records: Iterable[Organization]) -> Iterable[Cells]:
    """These records as rows of the file."""
    for one in records:
        yield {
            "identifiant": one.slug,
            "finess_ej": one.finess,
            "nom": one.name,
            "nom_court": one.short_name,
            "nature": one.kind,
            "commune": one.commune_id,
            "telephone": one.phone or None,
            **sourced_cells(one),
        }


def _export_organizations() -> Iterable[Cells]:
    return write_organizations(Organization.objects.order_by("slug"))


def _check_organizations(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "commune", _commune_codes(rows), "commune")
    taken = dict(Organization.objects.filter(finess__isnull=False).values_list("finess", "slug"))
    for row in rows:
        number = row["finess_ej"]
        if number is None:
            continue
        holder = taken.setdefault(str(number), row["identifiant"])
        if holder != row["identifiant"]:
            yield Problem(
                f"le numéro {number} est déjà celui de « {holder} »",
                row=row.number,
                column="finess_ej",
            )


def _commune_codes(rows: Sequence[Row]) -> set[str]:
    wanted = {str(row["commune"]) for row in rows if row["commune"] is not None}
    known: set[str] = set()
    ordered = sorted(wanted)
    for start in range(0, len(ordered), 500):
        part = ordered[start : start + 500]
        known.update(Commune.objects.filter(code__in=part).values_list("code", flat=True))
    return known


def _save_organizations(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    write_by_slug(
        Organization,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "finess": row["finess_ej"],
            "name": row["nom"],
            "short_name": row["nom_court"],
            "kind": row["nature"],
            "commune_id": row["commune"],
            "phone": row["telephone"] or "",
            **sourced_values(row),
        },
    )


ORGANIZATIONS = Table(
    model=Organization,
    key="etablissements",
    label="Établissements",
    room="directory",
    columns=(
        Column("identifiant", "Identifiant", cells.slug()),
        Column("finess_ej", "FINESS EJ", cells.code(Finess), required=False),
        Column("nom", "Nom", cells.text(160)),
        Column("nom_court", "Nom court", cells.text(60)),
        Column("nature", "Nature", cells.choice(OrganizationKind.choices)),
        Column("commune", "Commune (COG)", cells.code(CommuneCode), required=False),
        Column("telephone", "Téléphone", cells.text(20), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_organizations,
    check=_check_organizations,
    save=_save_organizations,
    help="Les entités juridiques : hôpitaux, facultés, agences, structures de ville.",
)


def _export_groups() -> Iterable[Cells]:
    for one in OrganizationGroup.objects.order_by("slug"):
        yield {
            "identifiant": one.slug,
            "nom": one.name,
            "nom_court": one.short_name,
            "nature": one.kind,
            "cree_le": one.starts_on,
            "dissous_le": one.ends_on,
            "presentation": one.description or None,
            **sourced_cells(one),
        }


def _check_groups(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from wrong_periods(rows, "cree_le", "dissous_le")


def _save_groups(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    write_by_slug(
        OrganizationGroup,
        changes,
        fields=lambda row: {
            "slug": row["identifiant"],
            "name": row["nom"],
            "short_name": row["nom_court"],
            "kind": row["nature"],
            "starts_on": row["cree_le"],
            "ends_on": row["dissous_le"],
            "description": row["presentation"] or "",
            **sourced_values(row),
        },
    )


GROUPS = Table(
    model=OrganizationGroup,
    key="groupements",
    label="Groupements",
    room="directory",
    columns=(
        Column("identifiant", "Identifiant", cells.slug()),
        Column("nom", "Nom", cells.text(160)),
        Column("nom_court", "Nom court", cells.text(60)),
        Column("nature", "Nature", cells.choice(GroupKind.choices)),
        Column("cree_le", "Créé le", cells.day(), required=False),
        Column("dissous_le", "Dissous le", cells.day(), required=False),
        Column("presentation", "Présentation", cells.text(4000), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("identifiant",),
    reads=READ,
    writes=IMPORT,
    export=_export_groups,
    check=_check_groups,
    save=_save_groups,
    help="GHT, GCS, CPTS et fédérations. Leurs membres sont dans la liste des adhésions.",
)


def _memberships() -> dict[tuple[str, str, date], GroupMembership]:
    related = GroupMembership.objects.select_related("group", "organization")
    return {(one.group.slug, one.organization.slug, one.starts_on): one for one in related}


def _export_memberships() -> Iterable[Cells]:
    for (group, organization, starts_on), one in sorted(_memberships().items()):
        yield {
            "groupement": group,
            "etablissement": organization,
            "du": starts_on,
            "au": one.ends_on,
            "qualite": one.role,
            **sourced_cells(one),
        }


def _check_memberships(rows: Sequence[Row]) -> Iterator[Problem]:
    kinds = dict(OrganizationGroup.objects.values_list("slug", "kind"))
    wrong = [
        *unknown_references(rows, "groupement", kinds, "groupement"),
        *unknown_references(rows, "etablissement", organization_ids(), "établissement"),
        *wrong_periods(rows, "du", "au"),
    ]
    yield from wrong
    if wrong:
        return
    stays: dict[tuple[str, str, date], tuple[date | None, str, int | None]] = {
        key: (one.ends_on, one.role, None) for key, one in _memberships().items()
    }
    for row in rows:
        key = (row["groupement"], row["etablissement"], row["du"])
        stays[key] = (row["au"], row["qualite"], row.number)
    yield from membership_clashes(stays, kinds)


def _save_memberships(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    groups = dict(OrganizationGroup.objects.values_list("slug", "pk"))
    organizations = organization_ids()
    write_changes(
        GroupMembership,
        changes,
        key=lambda row: (row["groupement"], row["etablissement"], row["du"]),
        known=_memberships,
        fields=lambda row: {
            "group_id": groups[row["groupement"]],
            "organization_id": organizations[row["etablissement"]],
            "starts_on": row["du"],
            "ends_on": row["au"],
            "role": row["qualite"],
            **sourced_values(row),
        },
    )


MEMBERSHIPS = Table(
    model=GroupMembership,
    key="adhesions",
    label="Adhésions aux groupements",
    room="directory",
    columns=(
        Column("groupement", "Groupement", cells.slug()),
        Column("etablissement", "Établissement", cells.slug()),
        Column("du", "Depuis le", cells.day()),
        Column("au", "Jusqu'au (exclu)", cells.day(), required=False),
        Column("qualite", "Qualité", cells.choice(MemberRole.choices)),
        *SOURCED_COLUMNS,
    ),
    key_columns=("groupement", "etablissement", "du"),
    reads=READ,
    writes=IMPORT,
    export=_export_memberships,
    check=_check_memberships,
    save=_save_memberships,
    help="Qui est membre de quel groupement, de quand à quand. Un établissement n'est partie "
    "qu'à un GHT à la fois (CSP, art. L6132-1).",
)


def _export_sites() -> Iterable[Cells]:
    for one in Site.objects.select_related("organization").order_by("finess"):
        yield {
            "finess_et": one.finess,
            "etablissement": one.organization.slug,
            "nom": one.name,
            "commune": one.commune_id,
            "latitude": one.latitude,
            "longitude": one.longitude,
            "remarque_position": one.point_note or None,
            "telephone": one.phone or None,
            **sourced_cells(one),
        }


def _check_sites(rows: Sequence[Row]) -> Iterator[Problem]:
    yield from unknown_references(rows, "etablissement", organization_ids(), "établissement")
    yield from unknown_references(rows, "commune", _commune_codes(rows), "commune")


def _save_sites(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    organizations = organization_ids()
    write_changes(
        Site,
        changes,
        key=lambda row: str(row["finess_et"]),
        known=lambda: {one.finess: one for one in Site.objects.all()},
        fields=lambda row: {
            "finess": row["finess_et"],
            "organization_id": organizations[row["etablissement"]],
            "name": row["nom"],
            "commune_id": row["commune"],
            "latitude": row["latitude"],
            "longitude": row["longitude"],
            "point_note": row["remarque_position"] or "",
            "phone": row["telephone"] or "",
            **sourced_values(row),
        },
    )


SITES = Table(
    model=Site,
    key="sites",
    label="Sites",
    room="directory",
    columns=(
        Column("finess_et", "FINESS ET", cells.code(Finess)),
        Column("etablissement", "Établissement", cells.slug()),
        Column("nom", "Nom", cells.text(160)),
        Column("commune", "Commune (COG)", cells.code(CommuneCode)),
        Column("latitude", "Latitude (degrés)", cells.decimal(-90, 90)),
        Column("longitude", "Longitude (degrés)", cells.decimal(-180, 180)),
        Column("remarque_position", "Remarque sur la position", cells.text(200), required=False),
        Column("telephone", "Téléphone", cells.text(20), required=False),
        *SOURCED_COLUMNS,
    ),
    key_columns=("finess_et",),
    reads=READ,
    writes=IMPORT,
    export=_export_sites,
    check=_check_sites,
    save=_save_sites,
    help="Les lieux où l'on soigne (entités géographiques).",
)
