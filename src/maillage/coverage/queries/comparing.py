"""Two proofs side by side: what changed, step by step and on a map; one proof with its totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maillage.accounts.permissions import Actor
from maillage.coverage.enums import HOLES, ProofState
from maillage.coverage.models import Proof
from maillage.coverage.permissions import PLAN, PROVE
from maillage.coverage.queries.chosen import Chosen, choose_step, is_balanced
from maillage.coverage.queries.exports import FileRow, list_proof_files
from maillage.coverage.queries.map import LABELS, commune_pattern
from maillage.coverage.queries.proofs import (
    PENDING,
    PROVE_JOB,
    compare_communes,
    compare_proofs,
    get_freshness,
    get_pending_proof,
    get_proof,
    list_proofs,
    list_steps,
)
from maillage.coverage.rules.difference_view import change_class, colour_changes
from maillage.coverage.rules.map_view import Totals, show_totals
from maillage.coverage.rules.measures import large, percent, points, total
from maillage.coverage.rules.proofs import (
    Freshness,
    ProofCard,
    StepDifference,
    StepRow,
    pick_current,
)
from maillage.jobs.models import Job
from maillage.jobs.queries import find_newest
from maillage.territory.queries.maps import get_base_map
from maillage.territory.rules.maps import MapView, draw_map, town_labels
from maillage.vocabulary.errors import NotFound


@dataclass(frozen=True)
class ListedProof:
    """A proof in the list. ``is_current``: the one that pages show unless told otherwise."""

    card: ProofCard
    is_current: bool

    @property
    def uncovered(self) -> str:
        """Share of the person-hours without cover, "" until it is done."""
        due = self.card.person_hours_due
        return percent(self.card.uncovered / due) if due else ""

    @property
    def last_included(self) -> date:
        return self.card.last_day - timedelta(days=1)

    @property
    def can_start_again(self) -> bool:
        return self.card.state in STOPPED


STOPPED = (ProofState.CANCELLED, ProofState.FAILED)
"""States from which a proof is asked for again."""


@dataclass(frozen=True)
class ProofsPage:
    """Every proof, newest first; ``may_prove`` opens the form of a new one."""

    rows: tuple[ListedProof, ...]
    job: Job | None
    may_prove: bool


def get_proofs_page(*, by: Actor) -> ProofsPage:
    """The list of proofs. Four queries."""
    pending = get_pending_proof()
    cards = list_proofs()
    current = pick_current(cards)
    return ProofsPage(
        rows=tuple(
            ListedProof(card, is_current=current is not None and card.pk == current.pk)
            for card in cards
        ),
        job=find_newest(PROVE_JOB, str(pending.pk)) if pending else None,
        may_prove=PROVE.allows(by),
    )


@dataclass(frozen=True)
class StepTotal:
    """One step of a proof, with its bar and whether it balances."""

    row: StepRow
    totals: Totals
    balanced: bool

    @property
    def due(self) -> str:
        return large(self.row.person_hours_due)

    @property
    def fragile_percent(self) -> str:
        due = self.row.person_hours_due
        return percent(self.row.fragile / due if due else 0.0)


@dataclass(frozen=True)
class ProofPage:
    """One proof: totals of every step, what it was computed from, its files."""

    proof: Proof
    freshness: Freshness | None
    job: Job | None
    steps: tuple[StepTotal, ...]
    totals: Totals
    due: float
    files: tuple[FileRow, ...]
    others: tuple[ProofCard, ...]
    reused: tuple[str, ...]
    seconds: float | None
    may_prove: bool = False

    @property
    def last_included(self) -> date:
        return self.proof.last_day - timedelta(days=1)

    @property
    def level(self) -> str:
        levels = {ProofState.FAILED: "hole", ProofState.CANCELLED: "none"}
        return levels.get(ProofState(self.proof.state), "info")

    @property
    def can_start_again(self) -> bool:
        return self.may_prove and self.proof.state in STOPPED

    @property
    def is_done(self) -> bool:
        return self.proof.state == ProofState.DONE

    @property
    def due_in_words(self) -> str:
        return large(self.due)

    @property
    def balanced(self) -> bool:
        return all(step.balanced for step in self.steps)


def get_proof_page(pk: int, *, by: Actor, at: datetime) -> ProofPage:
    """One proof, whatever its state. Seven queries. Raises :class:`NotFound`."""
    proof = get_proof(pk)
    done = proof.state == ProofState.DONE
    steps = list_steps(proof)
    others = tuple(
        card for card in list_proofs(limit=40) if card.state == ProofState.DONE and card.pk != pk
    )
    manifest = proof.manifest or {}
    job = find_newest(PROVE_JOB, str(proof.pk))
    return ProofPage(
        proof=proof,
        freshness=get_freshness(proof, at=at) if done else None,
        job=job if proof.state in PENDING else None,
        may_prove=PROVE.allows(by),
        steps=tuple(_step_total(row) for row in steps),
        totals=show_totals(total(row.person_hours for row in steps), "Toutes les filières"),
        due=sum(row.person_hours_due for row in steps),
        files=list_proof_files(proof, with_names=PLAN.allows(by)) if done else (),
        others=others,
        reused=tuple(manifest.get("reused", ())),
        seconds=_seconds(job),
    )


def _seconds(job: Job | None) -> float | None:
    """How long the work took; None when a command did it, or its job is forgotten."""
    if job is None or job.started_at is None or job.finished_at is None:
        return None
    return (job.finished_at - job.started_at).total_seconds()


def _step_total(row: StepRow) -> StepTotal:
    return StepTotal(row, show_totals(row.person_hours), is_balanced(row))


@dataclass(frozen=True)
class DifferenceRow:
    """One step in two proofs, in points of share: horizons of unequal length compare."""

    difference: StepDifference
    url: str
    is_chosen: bool
    same_horizon: bool

    def _pair(self, *categories: str) -> tuple[str, str]:
        before, after = self.difference.before, self.difference.after
        return (
            percent(before.share(*categories), 2) if before else "–",
            percent(after.share(*categories), 2) if after else "–",
        )

    @property
    def uncovered(self) -> tuple[str, str]:
        return self._pair(*HOLES)

    @property
    def late(self) -> tuple[str, str]:
        return self._pair("late")

    @property
    def is_in_both(self) -> bool:
        return self.difference.before is not None and self.difference.after is not None

    @property
    def points(self) -> str:
        """The change of the share that is not covered, « +0,28 point »."""
        return points(self.difference.share_change(*HOLES)) if self.is_in_both else "–"

    @property
    def amount(self) -> str:
        """The change in person-hours: of use between equal horizons only."""
        if not (self.is_in_both and self.same_horizon):
            return "–"
        change = round(self.difference.uncovered_change)
        return f"{'+' if change > 0 else ''}{large(change)}"

    @property
    def level(self) -> str:
        """``hole``, ``ok`` or ``none``, by the rule that colours the map."""
        if not self.is_in_both:
            return "none"
        css = change_class(self.difference.share_change(*HOLES))
        return {"loss": "hole", "gain": "ok"}.get(css[:4], "none")


@dataclass(frozen=True)
class ComparePage:
    """Two done proofs: totals, every step, and one step on a diverging map."""

    before: Proof
    after: Proof
    rows: tuple[DifferenceRow, ...]
    step: StepRow | None
    map: MapView | None

    @property
    def last_before(self) -> date:
        return self.before.last_day - timedelta(days=1)

    @property
    def last_after(self) -> date:
        return self.after.last_day - timedelta(days=1)

    @property
    def same_horizon(self) -> bool:
        return _same_horizon(self.before, self.after)

    @property
    def territory(self) -> str:
        """What the two proofs say of the territory. The fingerprint is of what was read over a
        horizon: it says something only when both have the same one."""
        return compare_territories(self.before, self.after)

    @property
    def changed(self) -> int:
        return sum(row.level != "none" for row in self.rows)


def get_compare_page(asked: Mapping[str, str]) -> ComparePage:
    """The difference between the proofs ``avant`` and ``apres``; ``filiere`` and ``etape`` choose
    the step of the map, the one that changed most without. Eight queries. Raises
    :class:`NotFound`."""
    before, after = _done(asked.get("avant", "")), _done(asked.get("apres", ""))
    differences = compare_proofs(before, after)
    same = _same_horizon(before, after)
    step = _chosen_step(differences, asked)
    return ComparePage(
        before=before,
        after=after,
        rows=tuple(
            DifferenceRow(
                one,
                f"?avant={before.pk}&apres={after.pk}&filiere={one.pathway}&etape={one.step}#carte",
                step is not None and (one.pathway, one.step) == (step.pathway, step.step),
                same,
            )
            for one in differences
        ),
        step=step,
        map=_draw(before, after, step) if step else None,
    )


def _same_horizon(before: Proof, after: Proof) -> bool:
    return (before.first_day, before.last_day) == (after.first_day, after.last_day)


def compare_territories(before: Proof, after: Proof) -> str:
    """A sentence: whether two done proofs speak of the same territory."""
    if _same_horizon(before, after):
        if before.network_hash == after.network_hash:
            return "Les deux parlent du même territoire : leur empreinte est la même."
        return (
            f"Le territoire a changé entre les deux : état n° {before.revision}, puis "
            f"n° {after.revision}."
        )
    if before.revision == after.revision:
        return (
            f"Les deux parlent du même état du territoire (n° {before.revision}), sur des périodes "
            "différentes : seules les parts se comparent."
        )
    return (
        f"Les périodes diffèrent, et le territoire a pu changer (état n° {before.revision}, puis "
        f"n° {after.revision}) : un écart peut venir de l'un ou de l'autre. Seules les parts se "
        "comparent."
    )


def _done(number: str) -> Proof:
    if not number.isdecimal():
        raise NotFound("coverage.unknown-proof", "Choisissez deux preuves à comparer.")
    proof = get_proof(int(number))
    if proof.state != ProofState.DONE:
        raise NotFound("coverage.unknown-proof", f"La preuve {proof.pk} n'est pas calculée.")
    return proof


def _chosen_step(
    differences: tuple[StepDifference, ...], asked: Mapping[str, str]
) -> StepRow | None:
    both = [one for one in differences if one.before and one.after]
    if not both:
        return None
    if asked.get("filiere"):
        return choose_step(tuple(one.after for one in both if one.after), asked, with_all=False)
    return max(both, key=lambda one: abs(one.share_change(*HOLES))).after


def _draw(before: Proof, after: Proof, step: StepRow) -> MapView:
    changes: dict[str, tuple[float, float] | None] = {}
    for one in compare_communes(before, after, pathway=step.pathway, step=step.step):
        if one.due_before and one.due_after:
            changes[one.commune] = (
                sum(one.before[name] for name in HOLES) / one.due_before,
                sum(one.after[name] for name in HOLES) / one.due_after,
            )
    base = get_base_map()
    coloured = colour_changes(base, changes)
    shown = Chosen(after, is_asked=True, step=step)
    return draw_map(
        base,
        title=f"Part non couverte, {step.pathway_name}, étape {step.step} : différence",
        classes=coloured.classes,
        tips=coloured.tips,
        link=commune_pattern(shown),
        marks=town_labels(base, LABELS),
        legend=coloured.legend,
        legend_title="Part des heures-habitants non couverte (nombre de communes)",
    )
