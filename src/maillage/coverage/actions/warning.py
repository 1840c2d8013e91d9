"""Alerts of a proof: each ending is swept against the network in which it does not happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from maillage.coverage.enums import AlertKind
from maillage.coverage.models import Alert, Proof
from maillage.coverage.queries.endings import load_surroundings
from maillage.coverage.queries.names import load_step_names
from maillage.coverage.rules.alerts import AHEAD, stored
from maillage.coverage.rules.endings import Ending, list_endings, pathways_of, touched_care
from maillage.coverage.rules.losses import Loss, LostStep, lost_steps, measure
from maillage.engines.routing import CompiledNetwork, Network, fingerprint, prove
from maillage.vocabulary.calendar import day_bounds

if TYPE_CHECKING:
    import pyarrow as pa

NOTHING = Loss(0.0, 0.0, 0.0, 0.0, 0.0, ())


def find_alerts(
    proof: Proof,
    compiled: CompiledNetwork,
    moments: pa.Table,
    *,
    progress: Callable[[int, int], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> list[Alert]:
    """The alerts of a proof, unsaved: they are kept with it. ``moments`` is that table of the proof
    of the network ``compiled``. Only the pathways that an ending touches are swept again, over the
    time when it can matter. Raises :class:`ProofCancelled`."""
    network = compiled.network
    around = load_surroundings(today=proof.first_day)
    endings = list_endings(network, around, first_day=proof.first_day, last_day=proof.last_day)
    found = []
    for rank, ending in enumerate(endings):
        loss = _cost(compiled, ending, moments, is_cancelled)
        found.append(_alert(proof, ending, loss))
        if progress is not None:
            progress(rank + 1, len(endings))
    start = day_bounds(proof.first_day)[0]
    until = day_bounds(min(proof.first_day + AHEAD, proof.last_day))[0]
    return found + _lost_steps(proof, network, moments, start, until)


def _cost(
    compiled: CompiledNetwork,
    ending: Ending,
    moments: pa.Table,
    is_cancelled: Callable[[], bool] | None,
) -> Loss:
    without = ending.without
    if without is None or without is compiled.network:
        return NOTHING
    other = compiled.derive(without)
    window = (ending.starts_at, ending.ends_at)
    touched = [
        pathway
        for pathway in pathways_of(without, touched_care(compiled.network, without))
        if fingerprint(compiled, pathway, *window) != fingerprint(other, pathway, *window)
    ]
    if not touched:
        return NOTHING
    swept = prove(other, *window, pathways=touched, is_cancelled=is_cancelled)
    return measure(
        moments,
        swept.tables()["moments"],
        pathways=touched,
        start=ending.starts_at,
        end=ending.ends_at,
    )


def _alert(proof: Proof, ending: Ending, loss: Loss) -> Alert:
    return Alert(
        proof=proof,
        kind=ending.kind,
        subject_key=ending.key,
        subject_name=ending.name[:240],
        due_on=ending.due_on,
        residents=loss.residents,
        hours=loss.hours,
        person_hours=loss.person_hours,
        untimely_residents=loss.untimely_residents,
        untimely=loss.untimely,
        note=ending.note[:240],
        effects=[stored(effect) for effect in loss.effects],
    )


def _lost_steps(
    proof: Proof, network: Network, moments: pa.Table, start: datetime, until: datetime
) -> list[Alert]:
    names = load_step_names(network)
    pathways = {row.id: row.name for row in network.pathways}
    first: dict[tuple[str, int, object], LostStep] = {}
    for lost in lost_steps(moments, start=start, until=until):
        first.setdefault((lost.pathway, lost.step, lost.due_on), lost)
    return [
        Alert(
            proof=proof,
            kind=AlertKind.STEP,
            subject_key=f"{lost.pathway}#{lost.step}",
            subject_name=_step_name(pathways, names, lost)[:240],
            due_on=lost.due_on,
            residents=lost.effect.residents,
            hours=lost.effect.hours,
            person_hours=lost.effect.person_hours,
            untimely_residents=lost.effect.residents,
            untimely=lost.effect.untimely,
            note="Plus personne dans tout le territoire, pendant une semaine ou plus",
            effects=[stored(lost.effect)],
        )
        for lost in first.values()
    ]


def _step_name(pathways: dict[str, str], names: dict[tuple[str, int], str], lost: LostStep) -> str:
    step = names.get((lost.pathway, lost.step), f"étape {lost.step}")
    return f"{pathways[lost.pathway]} : {step}"
