"""The network as one JSON document: reading, writing, and the hash that names its content.

Every key of the document is required, except those where ``null`` has a meaning (open end of a
period, no holder, no target, required at all times) and the lists that a row may not have
(``residents``, ``opening``, ``exceptions``). A key that is not known is refused: a misspelt
``age_max`` must not open a service to everybody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from maillage.engines.routing.checks import check_network
from maillage.engines.routing.network import (
    Clause,
    Commune,
    DutySlot,
    Membership,
    Network,
    Organization,
    Pathway,
    Service,
    Site,
    Travel,
)
from maillage.engines.routing.shape import NetworkShape, parse_json
from maillage.engines.routing.writing import network_document
from maillage.vocabulary.errors import Invalid, NotFound, Problem


def build_network(
    *,
    timezone: str = "Europe/Paris",
    public_holidays: Iterable[Any] = (),
    communes: Iterable[Commune] = (),
    organizations: Iterable[Organization] = (),
    memberships: Iterable[Membership] = (),
    sites: Iterable[Site] = (),
    services: Iterable[Service] = (),
    duty_slots: Iterable[DutySlot] = (),
    clauses: Iterable[Clause] = (),
    pathways: Iterable[Pathway] = (),
    travel: Travel,
) -> Network:
    """A checked network from rows in hand.

    Raises :class:`Invalid` with every defect; paths count rows in the order in which they came.
    """
    network = Network(
        timezone=timezone,
        public_holidays=tuple(public_holidays),
        communes=tuple(communes),
        organizations=tuple(organizations),
        memberships=tuple(memberships),
        sites=tuple(sites),
        services=tuple(services),
        duty_slots=tuple(duty_slots),
        clauses=tuple(clauses),
        pathways=tuple(pathways),
        travel=travel,
    )
    return _accept(network, [])


def read_network(source: str | bytes) -> Network:
    """The network of a JSON document (UTF-8).

    Raises :class:`Invalid`, code ``network.invalid``, whose problems carry the JSON path of each
    defect in ``field``.
    """
    shape = NetworkShape()
    data = parse_json(source, shape)
    if data is None:
        raise _refusal(shape.problems)
    return _accept(shape.network(data), shape.problems)


def load_network(path: Path | str) -> Network:
    """The network of a file. Raises :class:`NotFound` when it cannot be read, :class:`Invalid` with
    the file's name in each problem when its content is refused."""
    try:
        source = Path(path).read_bytes()
    except OSError as error:
        raise NotFound(
            "network.file", f"Le fichier « {path} » ne peut pas être lu : {error.strerror}."
        ) from error
    try:
        return read_network(source)
    except Invalid as refused:
        problems = [replace(problem, file=str(path)) for problem in refused.problems]
        raise Invalid(refused.code, refused.message, problems) from refused


def write_network(network: Network) -> str:
    """The canonical JSON text of a network: one row a line, rows and keys in a fixed order.

    ``write_network(read_network(text))`` is the same text for any order of the same rows.
    """
    document = network_document(network)
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value and not isinstance(value[0], str):
            rows = ",\n  ".join(_dump(row) for row in value)
            lines.append(f" {_dump(key)}: [\n  {rows}\n ]")
        else:
            lines.append(f" {_dump(key)}: {_dump(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def network_hash(network: Network) -> str:
    """SHA-256 (64 hexadecimal digits) of the canonical document: the same for any order of rows,
    any spelling of the same numbers and instants; different as soon as a fact differs."""
    return hashlib.sha256(write_network(network).encode()).hexdigest()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _accept(network: Network, shape_problems: list[Problem]) -> Network:
    problems = shape_problems + check_network(network)
    if problems:
        raise _refusal(problems)
    return network


def _refusal(problems: list[Problem]) -> Invalid:
    count = len(problems)
    defects = "un défaut" if count == 1 else f"{count} défauts"
    return Invalid("network.invalid", f"Le réseau est refusé : {defects}.", problems)
