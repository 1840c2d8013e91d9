"""Short ways to write the values that rules read, for tests that show tables."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from maillage.pathways.enums import Entry, VersionState
from maillage.pathways.rules.facts import (
    ClauseFacts,
    MembershipFacts,
    ServiceFacts,
    StepFacts,
    Surroundings,
    VersionFacts,
)
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.periods import Period

DAY = date(2026, 11, 22)
LEVELS = {"P": CareLevel.PROXIMITY, "R": CareLevel.RECOURSE, "F": CareLevel.REFERENCE}


def step(
    order: int,
    care: str,
    level: str,
    entry: str = "referral",
    *,
    back: int | None = -1,
    **more: object,
) -> StepFacts:
    """A step with nothing to say against it, except what the test changes. ``back`` is the step
    of return; by default the one before, for steps above proximity."""
    if back == -1:
        back = order - 1 if order > 1 and level != "P" else None
    given: dict[str, object] = {
        "name": CareType[care].label,
        "target_minutes": 30 * order,
        "target_source": "HAS",
        "entry_criteria": "Critères",
        "return_to": back,
        "return_criteria": "Stable" if back else "",
        **more,
    }
    return StepFacts(
        order, care_type=CareType[care], level=LEVELS[level], entry=Entry(entry), **given
    )  # type: ignore[arg-type]


def version(*steps: StepFacts, **more: object) -> VersionFacts:
    given: dict[str, object] = {"age_min": 15, "entry_criteria": "Déficit brutal", **more}
    return VersionFacts(1, VersionState.DRAFT, tuple(steps), **given)  # type: ignore[arg-type]


def service(
    organization: str,
    care: str,
    level: str,
    *days: tuple[str, str],
    ages: tuple[int, int | None] = (0, None),
) -> ServiceFacts:
    """``days``: periods of authorisation, empty text for an open end; since always by default."""
    periods = days or (("2000-01-01", ""),)
    return ServiceFacts(
        slug=f"{care}-{organization}".lower(),
        name=f"{care} {organization}",
        organization=organization,
        care_type=CareType[care],
        level=LEVELS[level],
        age_min=ages[0],
        age_max=ages[1],
        authorisations=tuple(period(*ends) for ends in periods),
    )


def period(starts: str, ends: str = "") -> Period[date]:
    return Period(
        date.fromisoformat(starts) if starts else None, date.fromisoformat(ends) if ends else None
    )


def member(
    organization: str, group: str, starts: str = "2016-07-01", ends: str = "", *, free: bool = True
) -> MembershipFacts:
    days = period(starts, ends)
    return MembershipFacts(organization, group, days.starts, days.ends, free)


def clause(
    slug: str,
    origin: str,
    target: str,
    *cares: str,
    days: tuple[tuple[str, str], ...] = (("2017-07-03", ""),),
    group: str = "",
) -> ClauseFacts:
    return ClauseFacts(
        slug=slug,
        agreement=f"convention-{slug}",
        agreement_title=f"Convention {slug}",
        to_organization=target,
        care_types=frozenset(cares),
        periods=tuple(period(*ends) for ends in days),
        from_organization="" if group else origin,
        from_group=group,
    )


def around(*facts: ServiceFacts | ClauseFacts | MembershipFacts) -> Surroundings:
    """What surrounds a version, from a flat list."""
    return Surroundings(
        services=tuple(f for f in facts if isinstance(f, ServiceFacts)),
        clauses=tuple(f for f in facts if isinstance(f, ClauseFacts)),
        memberships=tuple(f for f in facts if isinstance(f, MembershipFacts)),
        names={key: key.capitalize() for key in ("nord", "est", "ouest", "chu", "ght")},
    )


# Random versions, well or badly formed

_texts = st.text(alphabet="abcdefgh éà'-", max_size=60)
_windows = st.lists(
    st.fixed_dictionaries(
        {
            "weekdays": st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True).map(
                sorted
            ),
            "from": st.sampled_from(["00:00", "08:00", "09:30"]),
            "to": st.sampled_from(["12:00", "18:30", "24:00"]),
            "holidays": st.sampled_from(["open", "closed", "only"]),
        }
    ),
    max_size=3,
)


@st.composite
def steps_in_order(draw: st.DrawFn, most: int = 6) -> tuple[StepFacts, ...]:
    """Steps with contiguous orders and ways back that lead back."""
    count = draw(st.integers(0, most))
    return tuple(
        StepFacts(
            order=order,
            name=draw(_texts),
            care_type=draw(st.sampled_from(list(CareType)[:6])),
            level=draw(st.sampled_from(list(CareLevel))),
            entry=Entry.DIRECT if order == 1 else draw(st.sampled_from(list(Entry))),
            target_minutes=draw(st.none() | st.integers(1, 300)),
            target_source=draw(_texts),
            hours=draw(_windows),
            entry_criteria=draw(_texts),
            return_to=draw(st.none() | st.integers(1, order - 1)) if order > 1 else None,
            return_criteria=draw(_texts),
            return_within_hours=draw(st.none() | st.integers(1, 100)),
        )
        for order in range(1, count + 1)
    )


versions = st.builds(
    VersionFacts,
    number=st.integers(1, 9),
    state=st.sampled_from(list(VersionState)),
    steps=steps_in_order(),
    age_min=st.integers(0, 20),
    age_max=st.none() | st.integers(21, 90),
    entry_criteria=_texts,
)
windows = _windows
