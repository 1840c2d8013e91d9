"""Parties as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.agreements.enums import (
    PartyRole,
)
from maillage.agreements.imports.reading import (
    agreements_by_slug,
    groups_by_slug,
    or_none,
    organizations_by_slug,
    refused,
    unknown_agreements,
    unknown_groups,
    unknown_organizations,
)
from maillage.agreements.models import Agreement, Party
from maillage.agreements.permissions import IMPORT, READ
from maillage.agreements.queries.facts import load_facts, load_groups, party_facts
from maillage.agreements.rules.checks import (
    UNSIGNED,
    check_composition,
    check_signatures,
)
from maillage.directory.imports.sourced import (
    write_changes,
)
from maillage.exchange import cells
from maillage.exchange.checks import not_exactly_one
from maillage.exchange.tables import Change, Column, Row, Table
from maillage.vocabulary.errors import Problem, Refusal

Cells = Mapping[str, Any]
PartyKey = tuple[str, str | None, str | None]


def _party_key(party: Party) -> PartyKey:
    return (
        party.agreement.slug,
        party.organization.slug if party.organization else None,
        party.group.slug if party.group else None,
    )


def _row_key(row: Row) -> PartyKey:
    return (row["convention"], row["etablissement"], row["groupement"])


def _parties() -> dict[PartyKey, Party]:
    related = Party.objects.select_related("agreement", "organization", "group").order_by("id")
    return {_party_key(party): party for party in related}


def _export_parties() -> Iterable[Cells]:
    for (agreement, organization, group), one in _parties().items():
        yield {
            "convention": agreement,
            "etablissement": organization,
            "groupement": group,
            "qualite": one.role,
            "signataire": or_none(one.signatory_name),
            "qualite_signataire": or_none(one.signatory_title),
            "doit_signer": one.must_sign,
            "signee_le": one.signed_on,
        }


def _party_fields(
    row: Row,
    agreements: Mapping[str, Agreement],
    organizations: Mapping[str, Any],
    groups: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "agreement": agreements[row["convention"]],
        "organization": organizations.get(row["etablissement"]),
        "group": groups.get(row["groupement"]),
        "role": row["qualite"],
        "signatory_name": row["signataire"] or "",
        "signatory_title": row["qualite_signataire"] or "",
        "must_sign": row["doit_signer"],
        "signed_on": row["signee_le"],
    }


def _check_parties(rows: Sequence[Row]) -> Iterator[Problem]:
    wrong = [
        *unknown_agreements(rows),
        *unknown_organizations(rows, "etablissement"),
        *unknown_groups(rows, "groupement"),
        *not_exactly_one(rows, ("etablissement", "groupement")),
    ]
    yield from wrong
    if wrong:
        return
    agreements, organizations = agreements_by_slug(), organizations_by_slug()
    groups = groups_by_slug()
    parties = _parties()
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row["convention"], row)
        fields = _party_fields(row, agreements, organizations, groups)
        parties[_row_key(row)] = Party(**fields)
    by_agreement: dict[str, list[Party]] = defaultdict(list)
    for (slug, _, _), party in parties.items():
        if slug in first:
            by_agreement[slug].append(party)
    facts = load_facts(agreements[slug] for slug in first)
    of_groups, stands_for = load_groups(p for some in by_agreement.values() for p in some)
    for slug, row in first.items():
        agreement = agreements[slug]
        if agreement.state in UNSIGNED:
            continue
        with_parties = replace(
            facts[agreement.id],
            parties=tuple(party_facts(p, of_groups, stands_for) for p in by_agreement[slug]),
        )
        for check, column in ((check_composition, "convention"), (check_signatures, "signee_le")):
            try:
                check(with_parties, date.max)
            except Refusal as refusal:
                yield refused(refusal, row, column)


def _save_parties(changes: Sequence[Change], by: Actor, at: datetime) -> None:
    agreements, organizations = agreements_by_slug(), organizations_by_slug()
    groups = groups_by_slug()
    write_changes(
        Party,
        changes,
        key=_row_key,
        known=_parties,
        fields=lambda row: _party_fields(row, agreements, organizations, groups),
    )


PARTIES = Table(
    key="parties",
    model=Party,
    label="Parties des conventions",
    room="agreements",
    columns=(
        Column("convention", "Convention", cells.slug(100)),
        Column("etablissement", "Établissement", cells.slug(), required=False),
        Column("groupement", "Groupement", cells.slug(), required=False),
        Column("qualite", "Qualité", cells.choice(PartyRole.choices)),
        Column("signataire", "Signataire", cells.text(120), required=False),
        Column("qualite_signataire", "Qualité du signataire", cells.text(120), required=False),
        Column("doit_signer", "Doit signer", cells.yes_no()),
        Column("signee_le", "A signé le", cells.day(), required=False),
    ),
    key_columns=("convention", "etablissement", "groupement"),
    reads=READ,
    writes=IMPORT,
    export=_export_parties,
    check=_check_parties,
    save=_save_parties,
    help="Qui est lié, et qui a signé.",
    changes_territory=False,
)
