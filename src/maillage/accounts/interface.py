"""What the JSON interfaces of every room share: shapes of what is given, instants, the key that
makes a post exist once, and entity tags."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from ninja import Header, Path, Query, Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from maillage.vocabulary.calendar import local_day

MOST = 2**31 - 1
"""The largest number that a column of both databases holds."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Given(Schema):
    """A body of a request: what it does not know is refused, never silently dropped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def _of_our_time(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise ValueError("instant entre 2000 et 2200 attendu")
    return moment


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_of_our_time),
    Field(
        description="Instant ISO 8601 avec son décalage horaire.",
        examples=["2026-11-22T03:12:00+01:00"],
    ),
]
"""An instant with its zone, near enough to ours for every database and calendar."""


def _of_somebody(day: date) -> date:
    if not 1850 <= day.year < LATEST.year:
        raise ValueError("date invraisemblable")
    return day


Day = Annotated[date, AfterValidator(_of_somebody), Field(examples=["1954-05-12"])]
"""A day of the life of somebody."""

Key = Annotated[
    str,
    Path(
        pattern=r"^[0-9A-Z]{10}$",
        description="Clé de dix signes, telle que l'interface l'a rendue.",
        examples=["K7QW2M9XRB"],
    ),
]
"""The opaque key of a record in an address."""

Number = Annotated[int, Path(ge=1, le=MOST, description="Numéro rendu par l'interface.")]
PageNumber = Annotated[int, Query(ge=1, le=100_000, description="Page, à partir de 1.")]
Version = Annotated[
    int,
    Field(
        ge=1,
        le=MOST,
        description="Version lue en dernier. Si quelqu'un a agi depuis, la demande est refusée "
        "(409) et la réponse dit qui et quand.",
    ),
]
Token = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=58,
        pattern=r"^[A-Za-z0-9._~-]+$",
        description="Clé d'envoi choisie par le programme (un UUID convient). Le même envoi "
        "répété avec la même clé n'existe qu'une fois : il rend 200 au lieu de 201.",
        examples=["7f1c2f0e-4d0b-4f7e-9a53-0c6f6c1f9a11"],
    ),
]
"""What makes a post exist once. Shorter than the column that keeps it: the sisters of a request
are numbered after it."""

KnownTag = Annotated[
    str,
    Header(
        alias="If-None-Match",
        max_length=200,
        description="Étiquette (ETag) de la dernière réponse lue : 304 si rien n'a changé.",
    ),
]


def told(description: str, **example: Any) -> ConfigDict:
    """How a shape is described to the people who write programs: in French, with an example."""
    extra: dict[str, Any] = {"description": description}
    if example:
        extra["examples"] = [example]
    return ConfigDict(json_schema_extra=extra)


def tag_of(stamp: str, *, now: datetime) -> str:
    """The entity tag of what is shown on a day: ages, and so short labels, change at midnight."""
    return f'"{stamp}.{local_day(now):%y%m%d}"'


def holds(known: str, tag: str) -> bool:
    """True when what the caller holds is what there is (RFC 9110, If-None-Match: weak
    comparison)."""
    tags = (one.strip().removeprefix("W/") for one in known.split(","))
    return tag in tags


def made(made_at: datetime, *, now: datetime) -> int:
    """201 when this very post made the record, 200 when it was there already: the replay of a post
    comes after the first one."""
    return 201 if made_at == now else 200


Slug = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        pattern=r"^[a-z0-9-]+$",
        description="Identifiant dans l'annuaire.",
        examples=["ch-maubeuge"],
    ),
]
"""The key of an organization, a service or a pathway in a body."""
