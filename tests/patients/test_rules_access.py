"""The legal basis: each way to it, and against a slow reference that reads the law line by line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.patients.enums import Basis, LinkKind
from maillage.patients.rules.access import (
    Agreement,
    Facts,
    Ground,
    Link,
    Member,
    Opening,
    Reader,
    check_found,
    find_ground,
)
from maillage.patients.rules.constants import AFTER_REQUEST, AFTER_STAY, BASIS_TEXTS
from maillage.vocabulary.errors import NotAllowed

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEFORE, LATER = AT - DAY, AT + DAY

LOCAL = Reader("local", frozenset({"local"}))
TARGET = Reader("cible", frozenset({"cible"}))
GROUPED = Reader(
    "cible",
    frozenset({"cible"}),
    groups={"cible": frozenset({"ght"}), "local": frozenset({"ght"})},
)
LISTED = Reader(
    "cible",
    frozenset({"cible"}),
    structures={"cible": frozenset({"gcs"}), "local": frozenset({"gcs"})},
)
OTHER_GROUP = Reader(
    "cible",
    frozenset({"cible"}),
    groups={"cible": frozenset({"ght-2"}), "local": frozenset({"ght"})},
)
REGULATOR = Reader("samu", frozenset(), is_regulator=True)

STAY = Link(LinkKind.STAY, "local", BEFORE)
BARE = Link(LinkKind.REQUEST, "cible", BEFORE, asked_by="local", reference="r")
AGREED = Link(LinkKind.REQUEST, "cible", BEFORE, asked_by="local", has_consent=True)
VITAL = Link(LinkKind.REQUEST, "cible", BEFORE, asked_by="local", is_vital=True)
MOVED = Link(LinkKind.REGULATION, "", BEFORE)


def ended(link: Link, ends_at: datetime) -> Link:
    return Link(**{**link.__dict__, "ends_at": ends_at})


CASES = {
    "no link": (LOCAL, Facts(), None),
    "a stay here": (LOCAL, Facts((STAY,)), Basis.SAME_ESTABLISHMENT),
    "a stay elsewhere": (TARGET, Facts((STAY,)), None),
    "a stay to come": (LOCAL, Facts((Link(LinkKind.STAY, "local", LATER),)), None),
    "a stay starting now": (
        LOCAL,
        Facts((Link(LinkKind.STAY, "local", AT),)),
        Basis.SAME_ESTABLISHMENT,
    ),
    "a stay just over": (LOCAL, Facts((ended(STAY, AT - HOUR),)), Basis.SAME_ESTABLISHMENT),
    "a stay over since the limit": (
        LOCAL,
        Facts((Link(LinkKind.STAY, "local", AT - 2 * AFTER_STAY, AT - AFTER_STAY),)),
        None,
    ),
    "a group alone opens nothing": (GROUPED, Facts((STAY,)), None),
    "a request in the group": (GROUPED, Facts((BARE,)), Basis.SAME_GROUP),
    "a request across groups": (OTHER_GROUP, Facts((BARE,)), None),
    "a request in a listed structure": (LISTED, Facts((BARE,)), Basis.LISTED_STRUCTURE),
    "a request without anything": (TARGET, Facts((BARE,)), None),
    "a request with agreement": (TARGET, Facts((AGREED,)), Basis.CONSENT),
    "a request in an emergency": (TARGET, Facts((VITAL,)), Basis.VITAL_EMERGENCY),
    "a request to somebody else": (LOCAL, Facts((AGREED,)), None),
    "a request just over": (TARGET, Facts((ended(AGREED, AT - HOUR),)), Basis.CONSENT),
    "a request over since the limit": (
        TARGET,
        Facts(
            (
                Link(
                    LinkKind.REQUEST,
                    "cible",
                    AT - 2 * AFTER_REQUEST,
                    AT - AFTER_REQUEST,
                    has_consent=True,
                ),
            )
        ),
        None,
    ),
    "a consent without a request": (TARGET, Facts(consents=(Agreement("cible", BEFORE),)), None),
    "a consent noted apart": (
        TARGET,
        Facts((BARE,), consents=(Agreement("cible", BEFORE),)),
        Basis.CONSENT,
    ),
    "a consent to any": (TARGET, Facts((BARE,), consents=(Agreement("", BEFORE),)), Basis.CONSENT),
    "a consent to another": (TARGET, Facts((BARE,), consents=(Agreement("x", BEFORE),)), None),
    "a consent withdrawn": (
        TARGET,
        Facts((AGREED,), consents=(Agreement("cible", BEFORE, AT - HOUR),)),
        None,
    ),
    "a consent withdrawn before the request": (
        TARGET,
        Facts((AGREED,), consents=(Agreement("cible", BEFORE - DAY, BEFORE - HOUR),)),
        Basis.CONSENT,
    ),
    "a consent withdrawn, given again": (
        TARGET,
        Facts(
            (AGREED,),
            consents=(Agreement("cible", BEFORE, AT - 2 * HOUR), Agreement("cible", AT - HOUR)),
        ),
        Basis.CONSENT,
    ),
    "an opposition to this one": (
        GROUPED,
        Facts((AGREED,), opposes=frozenset({"cible"})),
        None,
    ),
    "an opposition to another": (
        GROUPED,
        Facts((BARE,), opposes=frozenset({"autre"})),
        Basis.SAME_GROUP,
    ),
    "an opposition to all, in an emergency": (
        GROUPED,
        Facts((VITAL,), opposes=frozenset({""})),
        Basis.VITAL_EMERGENCY,
    ),
    "an opposition leaves the establishment": (
        LOCAL,
        Facts((STAY,), opposes=frozenset({""})),
        Basis.SAME_ESTABLISHMENT,
    ),
    "a member by name": (
        TARGET,
        Facts(members=(Member("cible", "", BEFORE),)),
        Basis.RECOGNISED_TEAM,
    ),
    "a member who left": (TARGET, Facts(members=(Member("cible", "", BEFORE, AT),)), None),
    "a member structure": (
        TARGET,
        Facts(members=(Member("", "cible", BEFORE),)),
        Basis.RECOGNISED_TEAM,
    ),
    "a colleague of a member by name": (
        TARGET,
        Facts(members=(Member("autre", "cible", BEFORE),)),
        None,
    ),
    "a relative opens to nobody": (
        Reader("", frozenset()),
        Facts(members=(Member("", "", BEFORE),)),
        None,
    ),
    "a member opposed since": (
        TARGET,
        Facts(members=(Member("cible", "", BEFORE),), opposes=frozenset({""})),
        None,
    ),
    "a regulated move": (REGULATOR, Facts((MOVED,)), Basis.REGULATION),
    "a regulator without a move": (REGULATOR, Facts((STAY, BARE)), None),
    "a doctor on a regulated move": (TARGET, Facts((MOVED,)), None),
    "an emergency opening": (
        TARGET,
        Facts(openings=(Opening(BEFORE, LATER),)),
        Basis.BREAK_GLASS,
    ),
    "an opening over": (TARGET, Facts(openings=(Opening(BEFORE, AT),)), None),
    "an opening closed": (TARGET, Facts(openings=(Opening(BEFORE, LATER, AT - HOUR),)), None),
    "the strongest is said": (
        GROUPED,
        Facts((AGREED, VITAL), openings=(Opening(BEFORE, LATER),)),
        Basis.SAME_GROUP,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_basis_of_an_access(name: str) -> None:
    reader, facts, expected = CASES[name]
    ground = find_ground(reader, facts, at=AT)
    assert (ground.basis if ground else None) == expected


def test_of_two_stays_the_one_that_lasts_is_told() -> None:
    over = ended(STAY, AT - HOUR)
    for links in ((over, STAY), (STAY, over)):
        ground = find_ground(LOCAL, Facts(links), at=AT)
        assert ground == Ground(Basis.SAME_ESTABLISHMENT, "local", "", None)


def test_an_opening_is_told_with_its_organization_and_its_end() -> None:
    opening = Opening(BEFORE, LATER, AT + HOUR, "cible")
    ground = find_ground(TARGET, Facts(openings=(opening,)), at=AT)
    assert ground == Ground(Basis.BREAK_GLASS, "cible", "", AT + HOUR)


def test_a_refusal_says_so_in_french() -> None:
    with pytest.raises(NotAllowed, match="Aucune base légale"):
        check_found(find_ground(TARGET, Facts((STAY,)), at=AT))


def test_every_basis_has_its_text() -> None:
    assert set(BASIS_TEXTS) == set(Basis)


# Against a reference that asks one question per basis, in the order of the law.

PLACES = ("a", "b", "")
moments = st.integers(-50, 50).map(lambda hours: AT + timedelta(days=hours))
ends = st.none() | moments
places = st.sampled_from(PLACES)
links = st.builds(
    Link,
    kind=st.sampled_from([LinkKind.STAY, LinkKind.REQUEST, LinkKind.REGULATION]),
    organization=places,
    starts_at=moments,
    ends_at=ends,
    asked_by=places,
    has_consent=st.booleans(),
    is_vital=st.booleans(),
)
members = st.builds(
    Member,
    username=st.sampled_from(("moi", "autre", "")),
    organization=places,
    starts_at=moments,
    ends_at=ends,
)
agreements = st.builds(Agreement, organization=places, given_at=moments, withdrawn_at=ends)
openings = st.builds(Opening, opened_at=moments, expires_at=moments, closed_at=ends)
memberships = st.dictionaries(
    st.sampled_from(("a", "b")), st.frozensets(st.sampled_from(("g", "h")), max_size=2)
)
readers = st.builds(
    Reader,
    username=st.just("moi"),
    organizations=st.frozensets(st.sampled_from(("a", "b")), max_size=2),
    is_regulator=st.booleans(),
    groups=memberships,
    structures=memberships,
)
facts_of_care = st.builds(
    Facts,
    links=st.lists(links, max_size=3).map(tuple),
    members=st.lists(members, max_size=2).map(tuple),
    openings=st.lists(openings, max_size=2).map(tuple),
    opposes=st.frozensets(places, max_size=2),
    consents=st.lists(agreements, max_size=2).map(tuple),
)


def covers(starts: datetime, ends: datetime | None, after: timedelta = timedelta()) -> bool:
    return starts <= AT and not (ends is not None and ends + after <= AT)


def holds(basis: Basis, reader: Reader, facts: Facts) -> bool:
    """Whether this very basis holds, whatever the others."""
    mine = [link for link in facts.links if link.organization in reader.organizations]
    asked = [
        link
        for link in mine
        if link.kind == "REQUEST" and covers(link.starts_at, link.ends_at, timedelta(days=7))
    ]
    free = [
        link for link in asked if "" not in facts.opposes and link.organization not in facts.opposes
    ]
    if basis == Basis.SAME_ESTABLISHMENT:
        return any(
            link.kind == "STAY" and covers(link.starts_at, link.ends_at, timedelta(days=30))
            for link in mine
        )
    if basis == Basis.RECOGNISED_TEAM:
        return any(
            covers(member.starts_at, member.ends_at)
            and "" not in facts.opposes
            and member.organization not in facts.opposes
            and (
                member.username == reader.username
                or (member.username == "" and member.organization in reader.organizations)
            )
            for member in facts.members
        )
    if basis in (Basis.SAME_GROUP, Basis.LISTED_STRUCTURE):
        of = reader.groups if basis == Basis.SAME_GROUP else reader.structures
        return any(
            name in of.get(link.asked_by, frozenset())
            for link in free
            for name in of.get(link.organization, frozenset())
        )
    if basis == Basis.CONSENT:
        return any(says_yes(link, facts) for link in free)
    if basis == Basis.REGULATION:
        return reader.is_regulator and any(
            link.kind == "REGULATION" and covers(link.starts_at, link.ends_at, timedelta(days=7))
            for link in facts.links
        )
    if basis == Basis.VITAL_EMERGENCY:
        return any(link.is_vital for link in asked)
    return any(
        opening.opened_at <= AT < opening.expires_at
        and (opening.closed_at is None or opening.closed_at > AT)
        for opening in facts.openings
    )


def says_yes(link: Link, facts: Facts) -> bool:
    said = link.has_consent
    for consent in facts.consents:
        if consent.organization not in ("", link.organization):
            continue
        if covers(consent.given_at, consent.withdrawn_at):
            return True
        gone = consent.withdrawn_at
        if gone is not None and link.starts_at <= gone and gone <= AT:
            said = False
    return said


@given(readers, facts_of_care)
def test_the_first_basis_that_holds_is_found(reader: Reader, facts: Facts) -> None:
    expected = next((basis for basis in Basis if holds(basis, reader, facts)), None)
    ground = find_ground(reader, facts, at=AT)
    assert (ground.basis if ground else None) == expected
    if ground is not None:
        assert ground.until is None or ground.until > AT


@given(readers, facts_of_care, links)
def test_a_link_of_others_opens_nothing(reader: Reader, facts: Facts, link: Link) -> None:
    """A link to an organization where one gives no care changes nothing for oneself."""
    if link.organization in reader.organizations or link.kind == LinkKind.REGULATION:
        return
    more = Facts((*facts.links, link), facts.members, facts.openings, facts.opposes, facts.consents)
    assert find_ground(reader, more, at=AT) == find_ground(reader, facts, at=AT)
