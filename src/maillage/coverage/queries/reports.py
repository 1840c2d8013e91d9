"""The printed report of a proof: what it is made of, and the PDF, kept for a while.

The typesetter gets its text as data, never as code. A report bears the instant of its proof, so
that the same proof gives the same bytes as long as nothing that it names is renamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from maillage.accounts.queries import get_revision
from maillage.coverage.enums import CATEGORIES, HOLES, ProofState
from maillage.coverage.models import Proof
from maillage.coverage.queries.alerts import list_alerts
from maillage.coverage.queries.names import ProofNames, load_proof_names
from maillage.coverage.queries.proofs import compare_proofs, list_steps
from maillage.coverage.queries.tables import load_evidence, load_tables
from maillage.coverage.rules.communes_view import (
    ORDERS,
    CommuneFigures,
    rank,
    select_rows,
    sum_by_commune,
)
from maillage.coverage.rules.pictures import simplify
from maillage.coverage.rules.proofs import StepRow
from maillage.coverage.rules.report import (
    Exposure,
    ProofFacts,
    ReportSource,
    StatedFact,
    StepCommunes,
    StepMoments,
    build_report,
    report_timestamp,
    shown_step,
)
from maillage.engines.routing import ElementKind, Network
from maillage.exchange.typesetting import typeset
from maillage.territory.queries import list_sources
from maillage.territory.queries.maps import get_base_map
from maillage.territory.rules.maps import BaseMap, Mark
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.errors import NotFound

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

PRINT = Path(__file__).resolve().parent.parent / "print"
KEPT_SECONDS = 900
HIDDEN_NAME = "Titulaire de garde n°"
"""What a reader who does not organize care sees of a person, with a number of this document."""


def get_report(proof: Proof, *, with_names: bool) -> bytes:
    """The report of a done proof as PDF. ``with_names``: practitioners on whom cover hangs are
    named. Kept in the cache for a quarter of an hour, by proof, by that choice and by revision of
    the territory (names may change). Raises :class:`NotFound` when the proof is not done."""
    if proof.state != ProofState.DONE or proof.finished_at is None:
        raise NotFound("coverage.no-proof-file", "Cette preuve n'est pas calculée.")
    key = f"coverage.report.{proof.pk}.{proof.network_hash}.{with_names}.{get_revision()}"
    kept = cache.get(key)
    if isinstance(kept, bytes):
        return kept
    document = build_report(get_report_source(proof, with_names=with_names))
    timestamp = report_timestamp(proof.finished_at)
    content = typeset(PRINT, "report.typ", {"report": document}, timestamp=timestamp)
    cache.set(key, content, KEPT_SECONDS)
    return content


def get_report_source(proof: Proof, *, with_names: bool) -> ReportSource:
    """Everything that the report of a done proof says. About twenty-five queries."""
    if proof.finished_at is None:
        raise NotFound("coverage.no-proof-file", "Cette preuve n'est pas calculée.")
    tables = load_tables(proof)
    network = load_evidence(proof)
    previous = get_previous_proof(proof)
    alerts = list_alerts(proof, at=proof.finished_at)
    steps = list_steps(proof)
    return ReportSource(
        facts=ProofFacts(
            number=proof.pk,
            label=proof.label,
            territory=settings.TERRITORY_NAME,
            first_day=proof.first_day,
            last_day=proof.last_day,
            finished_at=proof.finished_at,
            asked_by=proof.asked_by,
            revision=proof.revision or 0,
            network_hash=proof.network_hash,
            engine_version=proof.engine_version,
            change_points=sum(row["change_points"] for row in proof.manifest["pathways"]),
            margin_minutes=network.travel.margin_minutes,
            address=reverse("coverage:proof-file", args=[proof.pk, "network.json.gz"]),
        ),
        names_shown=with_names,
        steps=steps,
        previous=(previous.pk, previous.finished_at) if previous and previous.finished_at else None,
        differences=compare_proofs(previous, proof) if previous else (),
        alerts=alerts if proof.kept_current or alerts else None,
        communes=_communes(tables["communes"]),
        rankings=_rankings(tables["communes"], steps),
        moments=_moments(tables["moments"]),
        exposures=_exposures(tables["exposures"], load_proof_names(), with_names=with_names),
        base=_print_base(),
        sites=_sites(network),
        care_labels={
            **{care.name: care.label for care in CareType},
            **{level.name: level.label for level in CareLevel},
        },
        sources=_sources(),
    )


def get_previous_proof(proof: Proof) -> Proof | None:
    """The proof of the same kind that was done last before this one: that of the coming year, or
    one of the same horizon. One query."""
    done = Proof.objects.filter(
        state=ProofState.DONE, kept_current=proof.kept_current, finished_at__lt=proof.finished_at
    )
    if not proof.kept_current:
        done = done.filter(first_day=proof.first_day, last_day=proof.last_day)
    return done.order_by("-finished_at", "-id").first()


def _print_base() -> BaseMap:
    key = f"coverage.print-map.{get_revision()}"
    kept = cache.get(key)
    if isinstance(kept, BaseMap):
        return kept
    base = simplify(get_base_map())
    cache.set(key, base, KEPT_SECONDS)
    return base


def _communes(table: pa.Table) -> dict[tuple[str, int], StepCommunes]:
    """Person-hours of each commune, by pathway and step, the age classes added up."""
    import numpy as np

    codes, places = np.unique(table["commune"].to_numpy(), return_inverse=True)
    residents = table["residents"].to_numpy()
    due = table["hours_due"].to_numpy() * residents
    hours = {name: table[name].to_numpy() * residents for name in CATEGORIES}
    found = {}
    for key, rows in _rows_by_step(table).items():
        where = places[rows]
        found[key] = StepCommunes(
            codes=codes.tolist(),
            residents=np.bincount(where, residents[rows], len(codes)),
            due=np.bincount(where, due[rows], len(codes)),
            hours={
                name: np.bincount(where, column[rows], len(codes)) for name, column in hours.items()
            },
        )
    return found


def _rankings(
    table: pa.Table, steps: Sequence[StepRow]
) -> dict[tuple[str, int] | None, list[CommuneFigures]]:
    """Communes of the step that each pathway shows and of all steps (None), ranked by the very
    sums and the order of the page of communes."""
    pathways: dict[str, list[StepRow]] = defaultdict(list)
    for row in steps:
        pathways[row.pathway].append(row)
    wanted = [shown_step(rows) for rows in pathways.values()]
    found: dict[tuple[str, int] | None, list[CommuneFigures]] = {
        (row.pathway, row.step): _ranked(select_rows(table, pathway=row.pathway, step=row.step))
        for row in wanted
    }
    found[None] = _ranked(table)
    return found


def _ranked(rows: pa.Table) -> list[CommuneFigures]:
    return rank(sum_by_commune(rows).values(), ORDERS[0])


def _rows_by_step(table: pa.Table) -> dict[tuple[str, int], NDArray[np.int64]]:
    """Indices of the rows of each pathway and step."""
    import numpy as np

    pathways, which = np.unique(table["pathway"].to_numpy(), return_inverse=True)
    steps = table["step"].to_numpy().astype(np.int64)
    keys = which * 1000 + steps
    if not len(keys):
        return {}
    order = np.argsort(keys, kind="stable")
    values, starts = np.unique(keys[order], return_index=True)
    return {
        (str(pathways[key // 1000]), int(key % 1000)): rows
        for key, rows in zip(values.tolist(), np.split(order, starts[1:]), strict=True)
    }


def _moments(table: pa.Table) -> dict[str, list[StepMoments]]:
    import numpy as np

    starts = table["starts_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    ends = table["ends_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    residents = table["residents"].to_numpy()
    empty = sum(table[name].to_numpy() for name in HOLES)
    found: dict[str, list[StepMoments]] = defaultdict(list)
    for (pathway, _), rows in _rows_by_step(table).items():
        wanted = rows[empty[rows] > 0]
        found[pathway].append(
            StepMoments(starts[wanted], ends[wanted], empty[wanted] / residents[wanted])
        )
    return dict(found)


def _exposures(table: pa.Table, names: ProofNames, *, with_names: bool) -> list[Exposure]:
    found = []
    numbers: dict[str, int] = {}
    for row in table.to_pylist():
        named = names.element(row["kind"], row["element"])
        hidden = row["kind"] == ElementKind.HOLDER and not with_names
        number = numbers.setdefault(row["element"], len(numbers) + 1) if hidden else 0
        # Most services are named after their site already.
        known = named.detail.partition(",")[0] in named.name or row["kind"] == ElementKind.CLAUSE
        found.append(
            Exposure(
                pathway=row["pathway"],
                step=row["step"],
                kind=row["kind"],
                key=row["element"],
                name=f"{HIDDEN_NAME} {number}" if hidden else named.name,
                detail="" if hidden or known else named.detail,
                person_hours=row["person_hours"],
            )
        )
    return found


def _sites(network: Network) -> dict[tuple[str, str], list[Mark]]:
    """Places where each care is given at each level, by name."""
    places = {site.id: site for site in network.sites}
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for service in network.services:
        wanted[service.care_type, service.level].add(service.site)
    return {
        key: [
            Mark(place.lat, place.lon, label=place.name)
            for place in sorted((places[site] for site in sites), key=lambda p: (p.name, p.id))
        ]
        for key, sites in wanted.items()
    }


def _sources() -> list[StatedFact]:
    known = list_sources()
    rows = [StatedFact(row.subject, row.source, row.on, row.illustrative) for row in known.stated]
    rows.append(StatedFact("Temps de trajet", known.travel_source, known.travel_on, False))
    return rows
