"""What every page of a proof starts from: which proof, which step, and whether it is up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from maillage.coverage.enums import CATEGORIES, ProofState
from maillage.coverage.models import Proof
from maillage.coverage.queries.proofs import (
    PROVE_JOB,
    get_current_proof,
    get_freshness,
    get_pending_proof,
    get_proof,
    list_steps,
)
from maillage.coverage.rules.measures import percent, total
from maillage.coverage.rules.proofs import Freshness, StepRow
from maillage.jobs.models import Job
from maillage.jobs.queries import find_live
from maillage.vocabulary.errors import NotFound

ALL = "toutes"
"""The word of addresses for « every pathway »."""


@dataclass(frozen=True)
class PathwayChoice:
    """One pathway of the chooser."""

    slug: str
    name: str


@dataclass(frozen=True)
class Chosen:
    """A proof, and the step of it that is looked at; ``step`` is None for every pathway together.

    ``is_asked`` is true when the address names the proof; ``freshness`` then says what it is worth
    today. ``proof`` is None on an installation that has none yet; ``job`` is the computation that
    runs or waits.
    """

    proof: Proof | None
    is_asked: bool = False
    freshness: Freshness | None = None
    pending: Proof | None = None
    job: Job | None = None
    steps: tuple[StepRow, ...] = ()
    step: StepRow | None = None
    notice: str = ""
    """What the address asked for in vain, and what is shown instead."""

    @property
    def pathways(self) -> tuple[PathwayChoice, ...]:
        names = {row.pathway: row.pathway_name for row in self.steps}
        return tuple(PathwayChoice(slug, name) for slug, name in names.items())

    @property
    def pathway(self) -> str:
        return self.step.pathway if self.step else ALL

    @property
    def order(self) -> int | None:
        return self.step.step if self.step else None

    @property
    def siblings(self) -> tuple[tuple[StepRow, str], ...]:
        """The steps of the pathway, each with the share that is not covered."""
        if self.step is None:
            return ()
        return tuple(
            (row, percent(row.uncovered / row.person_hours_due if row.person_hours_due else 0.0))
            for row in self.steps
            if row.pathway == self.step.pathway
        )

    @property
    def shown(self) -> tuple[StepRow, ...]:
        """The steps that the figures of the page add up."""
        return (self.step,) if self.step else self.steps

    @property
    def person_hours(self) -> dict[str, float]:
        return total(row.person_hours for row in self.shown)

    @property
    def due(self) -> float:
        return sum(row.person_hours_due for row in self.shown)

    @property
    def title(self) -> str:
        """« Addictologie, étape 2 : Soins de recours », « toutes les filières »."""
        if self.step is None:
            return "toutes les filières"
        return f"{self.step.pathway_name}, étape {self.step.step} : {self.step.step_name}"

    @property
    def last_included(self) -> date | None:
        """The last day of the horizon, included."""
        if self.proof is None:
            return None
        return date.fromordinal(self.proof.last_day.toordinal() - 1)

    def query(self, **more: object) -> str:
        """The part of an address that keeps this choice on another page, « ? » included."""
        words: dict[str, object] = {}
        if self.is_asked and self.proof:
            words["preuve"] = self.proof.pk
        words["filiere"] = self.pathway
        if self.step:
            words["etape"] = self.step.step
        words |= {name: value for name, value in more.items() if value not in (None, "")}
        return f"?{urlencode(words)}"


def get_chosen(asked: Mapping[str, str], *, at: datetime, with_all: bool = True) -> Chosen:
    """The choice of an address: ``preuve`` (a number; the current one without), ``filiere`` (a
    slug or :data:`ALL`), ``etape``, ``etape_de`` (the pathway whose step ``etape`` is: a form that
    changes the pathway leaves the step behind). Without a choice, or with a step that the pathway
    has not, the step with the most person-hours without cover. ``with_all``: every pathway may be
    chosen together. Six queries. Raises :class:`NotFound` for an unknown proof or pathway, and for
    a proof that is not done."""
    number = asked.get("preuve", "")
    if number:
        proof: Proof | None = get_proof(int(number)) if number.isdecimal() else None
        if proof is None or proof.state != ProofState.DONE:
            raise NotFound("coverage.unknown-proof", "Cette preuve n'est pas calculée, ou plus.")
    else:
        proof = get_current_proof()
    pending = get_pending_proof()
    job = find_live(PROVE_JOB, str(pending.pk)) if pending else None
    if proof is None:
        return Chosen(None, pending=pending, job=job)
    steps = list_steps(proof)
    step = choose_step(steps, asked, with_all=with_all)
    return Chosen(
        proof=proof,
        is_asked=bool(number),
        freshness=get_freshness(proof, at=at),
        pending=pending,
        job=job,
        steps=steps,
        step=step,
        notice=_unknown_step(step, asked),
    )


def choose_step(
    steps: tuple[StepRow, ...], asked: Mapping[str, str], *, with_all: bool
) -> StepRow | None:
    """The step of an address among those of a proof. Raises :class:`NotFound`."""
    pathway, order = asked.get("filiere", ""), _order(asked)
    if not steps or (pathway == ALL and with_all):
        return None
    within = [row for row in steps if row.pathway == pathway] if pathway not in ("", ALL) else steps
    if not within:
        raise NotFound(
            "coverage.unknown-pathway", "Cette filière n'est pas dans la preuve que vous regardez."
        )
    named = [row for row in within if pathway and str(row.step) == order]
    return named[0] if named else max(within, key=lambda row: (row.uncovered, -row.step))


def _order(asked: Mapping[str, str]) -> str:
    home = asked.get("etape_de", "")
    return "" if home and home != asked.get("filiere", "") else asked.get("etape", "")


def _unknown_step(step: StepRow | None, asked: Mapping[str, str]) -> str:
    order = _order(asked)
    if step is None or not order or not asked.get("filiere") or str(step.step) == order:
        return ""
    return (
        f"La filière {step.pathway_name} n'a pas d'étape « {order[:20]} » : "
        f"voici son étape {step.step}, {step.step_name}."
    )


def is_balanced(row: StepRow) -> bool:
    """True when the ten categories of a step add up to what is due, to the rounding of floats."""
    gap = abs(sum(row.person_hours[name] for name in CATEGORIES) - row.person_hours_due)
    return gap <= 1e-9 * max(row.person_hours_due, 1.0)
