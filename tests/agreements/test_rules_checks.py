"""What makes an agreement, a clause, an amendment or a document legal, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from maillage.agreements.enums import AgreementKind, AgreementState, PartyRole, Renewal
from maillage.agreements.rules.changes import Difference, differences
from maillage.agreements.rules.checks import (
    check_amendment,
    check_can_renew,
    check_composition,
    check_may_hold_authorisation,
    check_parent,
    check_term,
)
from maillage.agreements.rules.clauses import check_clause
from maillage.agreements.rules.documents import (
    JPEG,
    PDF,
    PNG,
    FileType,
    check_end,
    check_size,
    clean_title,
    read_type,
)
from maillage.agreements.rules.facts import (
    AgreementFacts,
    ClauseFacts,
    GroupFacts,
    Member,
    PartyFacts,
    Term,
    listing,
)
from maillage.directory.enums import GroupKind, OrganizationKind
from maillage.vocabulary.errors import Invalid, Refusal
from tests.agreements.refusals import code_of

K = AgreementKind
S = AgreementState
DAY, TODAY = date(2017, 7, 3), date(2026, 11, 22)
LEFT_ON = date(2022, 11, 14)

GROUP = GroupFacts(
    "ght", GroupKind.GHT, (Member("chv", date(2016, 7, 1)), Member("caudry", DAY, LEFT_ON))
)
CHU = PartyFacts("CHU", "chu", OrganizationKind.UNIVERSITY_HOSPITAL, signatory="A")
OTHER_CHU = PartyFacts("CHU 2", "chu2", OrganizationKind.UNIVERSITY_HOSPITAL)
CH = PartyFacts("CH", "ch", OrganizationKind.HOSPITAL, signatory="B")
SUPPORT = PartyFacts("CHV", "chv", OrganizationKind.HOSPITAL, GROUP, PartyRole.GROUP)
GHT = PartyFacts("GHT", group=GROUP, role=PartyRole.GROUP)
FACULTY = PartyFacts("Faculté", "fac", OrganizationKind.FACULTY)
AGENCY = PartyFacts("ARH", "arh", OrganizationKind.AGENCY, role=PartyRole.ENDORSING)
CITY = PartyFacts("MSP", "msp", OrganizationKind.CITY_PRACTICE)
CPTS = PartyFacts("CPTS", group=GroupFacts("cpts", GroupKind.CPTS))


COMPOSITIONS = [
    (K.ASSOCIATION, (CHU, GHT, FACULTY), None, False, ""),
    (K.ASSOCIATION, (CHU, SUPPORT, FACULTY), None, False, ""),
    (K.ASSOCIATION, (CHU, OTHER_CHU, GHT, FACULTY), None, False, "agreement.association-parties"),
    (K.ASSOCIATION, (GHT, FACULTY), None, False, "agreement.association-parties"),
    (K.ASSOCIATION, (CHU, CH, FACULTY), None, False, "agreement.association-parties"),
    (K.ASSOCIATION, (CHU, GHT), None, False, "agreement.association-parties"),
    (K.FRAMEWORK, (CHU, CH), None, False, ""),
    # The agency endorses, it is not bound.
    (K.FRAMEWORK, (CHU, AGENCY), None, False, "agreement.too-few-parties"),
    (K.FMIH, (CHU,), None, False, "agreement.too-few-parties"),
    (K.GHT, (GHT,), None, False, ""),
    (K.GCS, (CH,), None, False, "agreement.too-few-parties"),
    (K.ACTIVITY_SHARING, (CHU, CH), K.FRAMEWORK, False, ""),
    (K.ACTIVITY_SHARING, (CHU, CH), None, True, ""),
    (K.ACTIVITY_SHARING, (CHU, CH), None, False, "agreement.shared-activity-parties"),
    (
        K.ACTIVITY_SHARING,
        (CHU, replace(CH, signatory="")),
        None,
        True,
        "agreement.shared-activity-parties",
    ),
    (K.SHARED_TIME, (CHU, CH), K.FRAMEWORK, False, "agreement.practitioner-needed"),
    (K.SHARED_TIME, (CHU, CH), None, True, ""),
    (K.CITY_HOSPITAL, (CH, CITY), None, False, ""),
    (K.CITY_HOSPITAL, (GHT, CPTS), None, False, ""),
    (K.CITY_HOSPITAL, (CH, CHU), None, False, "agreement.city-parties"),
]


@pytest.mark.parametrize(("kind", "parties", "parent", "practitioner", "code"), COMPOSITIONS)
def test_who_may_be_bound(
    kind: AgreementKind,
    parties: tuple[PartyFacts, ...],
    parent: AgreementKind | None,
    practitioner: bool,
    code: str,
) -> None:
    facts = AgreementFacts(
        kind, Term(S.DRAFT), parent_kind=parent, has_practitioner=practitioner, parties=parties
    )
    assert code_of(check_composition, facts, DAY) == code


@pytest.mark.parametrize("kind", K)
def test_only_a_gcs_holds_an_authorisation(kind: AgreementKind) -> None:
    facts = AgreementFacts(kind, Term(S.DRAFT), holds_authorisation=True)
    expected = "" if kind is K.GCS else "agreement.cannot-hold-authorisation"
    assert code_of(check_may_hold_authorisation, facts) == expected


def test_parents() -> None:
    assert code_of(check_parent, K.FRAMEWORK, is_itself=False) == ""
    assert code_of(check_parent, None, is_itself=True) == "agreement.own-parent"
    assert code_of(check_parent, K.SHARED_TIME, is_itself=False) == "agreement.illegal-parent"


PARENT = Term(S.IN_FORCE, None, date(2010, 1, 1), date(2020, 1, 1))
RENEWED = replace(PARENT, renewal=Renewal.TACIT)


@pytest.mark.parametrize(
    ("starts", "ends", "parent", "code"),
    [
        (DAY, None, None, ""),
        (DAY, DAY, None, "agreement.empty-term"),
        (None, DAY, None, "agreement.end-without-start"),
        (date(2010, 1, 1), date(2020, 1, 1), PARENT, ""),
        # An annex without end follows its parent.
        (date(2010, 1, 1), None, PARENT, ""),
        (date(2009, 12, 31), None, PARENT, "agreement.outside-parent"),
        (date(2010, 1, 1), date(2020, 1, 2), PARENT, "agreement.outside-parent"),
        (date(2020, 1, 1), None, PARENT, "agreement.outside-parent"),
        (date(2021, 1, 1), date(2025, 1, 1), RENEWED, ""),
    ],
)
def test_dates_of_an_annex(
    starts: date | None, ends: date | None, parent: Term | None, code: str
) -> None:
    assert code_of(check_term, Term(S.DRAFT, None, starts, ends, parent=parent)) == code


ASSOCIATION = AgreementFacts(
    K.ASSOCIATION,
    Term(S.IN_FORCE, None, DAY, date(2027, 7, 3)),
    parties=(CHU, GHT, FACULTY, AGENCY),
)
CLAUSE = ClauseFacts("c", "chu", frozenset({"NEUROSURGERY"}), DAY, from_group="ght")
CLAUSES = [
    (CLAUSE, ""),
    (replace(CLAUSE, from_group="", from_organization="chv"), ""),
    # Caudry was a member until 14 November 2022.
    (replace(CLAUSE, from_group="", from_organization="caudry"), ""),
    (
        replace(CLAUSE, from_group="", from_organization="caudry", starts_on=LEFT_ON),
        "agreement.clause-origin-not-bound",
    ),
    (replace(CLAUSE, to_organization="chv"), ""),
    (replace(CLAUSE, to_organization="ailleurs"), "agreement.clause-receiver-not-bound"),
    (replace(CLAUSE, to_organization="arh"), "agreement.clause-receiver-not-bound"),
    (replace(CLAUSE, from_group="autre"), "agreement.clause-origin-not-bound"),
    (replace(CLAUSE, from_organization="chv"), "agreement.clause-origin"),
    (replace(CLAUSE, from_group=""), "agreement.clause-origin"),
    (replace(CLAUSE, from_group="", from_organization="chu"), "agreement.clause-to-itself"),
    (replace(CLAUSE, care_types=frozenset()), "agreement.clause-without-care"),
    (replace(CLAUSE, ends_on=DAY), "agreement.clause-empty"),
    (replace(CLAUSE, starts_on=date(2017, 7, 2)), "agreement.clause-outside-term"),
    (replace(CLAUSE, ends_on=date(2027, 7, 4)), "agreement.clause-outside-term"),
    (replace(CLAUSE, starts_on=date(2027, 7, 3)), "agreement.clause-outside-term"),
]


@pytest.mark.parametrize(("clause", "code"), CLAUSES)
def test_clauses(clause: ClauseFacts, code: str) -> None:
    assert code_of(check_clause, clause, ASSOCIATION) == code


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (replace(CLAUSE, slug="autre"), "agreement.clause-twice"),
        (
            replace(CLAUSE, slug="autre", care_types=frozenset({"NEUROSURGERY", "BURNS"})),
            "agreement.clause-twice",
        ),
        (replace(CLAUSE, slug="autre", care_types=frozenset({"BURNS"})), ""),
        (replace(CLAUSE, slug="autre", population="Enfants"), ""),
        (replace(CLAUSE, slug="autre", to_organization="chv"), ""),
        (replace(CLAUSE), ""),
    ],
)
def test_a_thing_is_said_once(other: ClauseFacts, code: str) -> None:
    assert code_of(check_clause, CLAUSE, ASSOCIATION, [other]) == code


def test_clauses_that_follow_each_other_do_not_overlap() -> None:
    before = replace(CLAUSE, slug="avant", ends_on=date(2020, 1, 1))
    after = replace(CLAUSE, starts_on=date(2020, 1, 1))
    assert code_of(check_clause, after, ASSOCIATION, [before]) == ""


AMENDMENT = {
    "signed_on": date(2019, 1, 1),
    "effective_on": date(2019, 3, 1),
    "submitted_on": None,
    "approved_on": None,
    "one_is_open": False,
    "today": TODAY,
}


@pytest.mark.parametrize(
    ("kind", "state", "changes", "code"),
    [
        (K.FRAMEWORK, S.IN_FORCE, {}, ""),
        (K.FRAMEWORK, S.DRAFT, {}, "agreement.nothing-to-amend"),
        (K.FRAMEWORK, S.TERMINATED, {}, "agreement.nothing-to-amend"),
        (K.FRAMEWORK, S.IN_FORCE, {"one_is_open": True}, "agreement.amendment-is-open"),
        (
            K.FRAMEWORK,
            S.IN_FORCE,
            {"effective_on": date(2018, 1, 1)},
            "agreement.amendment-dates",
        ),
        (K.FRAMEWORK, S.IN_FORCE, {"signed_on": date(2030, 1, 1)}, "agreement.amendment-dates"),
        # A GCS or a GHT amends by the same way as it was approved.
        (K.GCS, S.IN_FORCE, {}, "agreement.amendment-not-approved"),
        (K.GCS, S.IN_FORCE, {"submitted_on": date(2019, 1, 1)}, ""),
        (
            K.GCS,
            S.IN_FORCE,
            {"submitted_on": date(2019, 1, 2)},
            "agreement.amendment-not-approved",
        ),
        (
            K.GHT,
            S.IN_FORCE,
            {"submitted_on": date(2019, 1, 20), "approved_on": date(2019, 2, 10)},
            "",
        ),
    ],
)
def test_amendments(
    kind: AgreementKind, state: AgreementState, changes: dict[str, object], code: str
) -> None:
    facts = AgreementFacts(kind, Term(state, None, DAY))
    assert code_of(check_amendment, facts, **{**AMENDMENT, **changes}) == code


@pytest.mark.parametrize(
    ("state", "renewal", "until", "code"),
    [
        (S.IN_FORCE, Renewal.EXPRESS, date(2032, 7, 3), ""),
        (S.IN_FORCE, Renewal.NONE, date(2032, 7, 3), "agreement.no-renewal"),
        (S.IN_FORCE, Renewal.EXPRESS, date(2027, 7, 3), "agreement.renewal-too-early"),
        (S.SIGNED, Renewal.EXPRESS, date(2032, 7, 3), "agreement.not-in-force"),
    ],
)
def test_renewals(state: AgreementState, renewal: Renewal, until: date, code: str) -> None:
    facts = AgreementFacts(K.FRAMEWORK, Term(state, None, DAY, date(2027, 7, 3), renewal))
    assert code_of(check_can_renew, facts, until=until) == code


@pytest.mark.parametrize(
    ("first_bytes", "extension"),
    [(b"%PDF-1.7\n", "pdf"), (b"\x89PNG\r\n\x1a\n\0", "png"), (b"\xff\xd8\xff\xe0", "jpg")],
)
def test_types_are_read_from_the_bytes(first_bytes: bytes, extension: str) -> None:
    assert read_type(first_bytes).extension == extension


IEND = b"\0\0\0\0IEND\xaeB\x60\x82"


@pytest.mark.parametrize(
    ("kind", "last_bytes", "whole"),
    [
        (PDF, b"xref\ntrailer\nstartxref\n116\n%%EOF\n", True),
        (PDF, b"startxref\r\n116\r\n%%EOF\r\n" + b"\0" * 900, True),
        (PDF, b"%PDF-1.7\n<script>alert(1)</script>", False),
        (PDF, b"startxref\n116\n%%EOF" + b" " * 1024, False),
        (PDF, b"116\n%%EOF\n", False),
        (PDF, b"%%EOF startxref 116", False),
        (PDF, b"startxref\nalert(1)\n%%EOF\n", False),
        (PNG, b"pixels" + IEND, True),
        (PNG, b"<script>IEND</script>", False),
        (PNG, IEND + b"<script>alert(1)</script>", False),
        (JPEG, b"pixels\xff\xd9", True),
        (JPEG, b"pixels\xff\xd9" + b"SEFT" * 16, True),
        (JPEG, b"<script>alert(1)</script>", False),
        (JPEG, b"pixels\xff\xd9" + b"<script>alert(1)</script>" * 50, False),
    ],
)
def test_a_file_that_only_begins_well_is_refused(
    kind: FileType, last_bytes: bytes, whole: bool
) -> None:
    code = "" if whole else "agreement.document-cut"
    assert code_of(check_end, kind, last_bytes) == code


@pytest.mark.parametrize(
    "first_bytes",
    [b"", b"<html>", b"<!doctype html>", b"PK\x03\x04", b"MZ", b" %PDF-1.7", b"GIF89a", b"<svg"],
)
def test_other_bytes_are_refused(first_bytes: bytes) -> None:
    with pytest.raises(Invalid, match="ni un PDF"):
        read_type(first_bytes)


def test_sizes_and_titles() -> None:
    assert code_of(check_size, 0) == "agreement.document-empty"
    assert code_of(check_size, 20 * 1024 * 1024) == ""
    assert code_of(check_size, 20 * 1024 * 1024 + 1) == "agreement.document-too-big"
    assert clean_title("", "../../etc/passwd.pdf") == "passwd"
    assert clean_title("", "C:\\secret\\convention.pdf") == "convention"
    assert clean_title("Scan\x00\u202efdp", "x.pdf") == "Scanfdp"
    assert code_of(clean_title, "", "\x00.pdf") == "agreement.document-title"


def test_differences_read_as_lines() -> None:
    before = {"fields": {"Titre": "A", "Objet": "o"}, "clauses": {"c1": "x"}}
    after = {"fields": {"Titre": "B", "Objet": "o"}, "clauses": {"c2": "y"}}
    found = differences(before, after)
    assert found == [
        Difference("Texte", "Titre", "A", "B"),
        Difference("Clauses d'adressage", "c1", "x", ""),
        Difference("Clauses d'adressage", "c2", "", "y"),
    ]
    assert [one.kind for one in found] == ["modifié", "retiré", "ajouté"]
    assert differences({}, after) == []


def test_long_lists_of_names_are_cut() -> None:
    assert listing(["a", "b", "c", "d"]) == "a, b, c, d"
    assert listing(["a", "b", "c", "d", "e"]) == "a, b, c et 2 autres"


def test_a_refusal_is_a_refusal() -> None:
    with pytest.raises(Refusal):
        check_parent(None, is_itself=True)
