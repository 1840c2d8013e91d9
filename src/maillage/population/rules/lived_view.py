"""What the page of pathways as lived says and draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maillage.engines.indicators.path_rules import EXIT, Step, StepKind
from maillage.population.rules.numbers import french
from maillage.population.rules.places_view import Bounds
from maillage.population.rules.table_view import bounds_words
from maillage.vocabulary.care import CareLevel
from maillage.vocabulary.charts import HALF, NARROW, NO_CHART, Chart, draw_twice
from maillage.vocabulary.charts.dots import Average, Dot, draw_dots
from maillage.vocabulary.charts.sankey import Link, Node, draw_sankey

MOST_RANKS, NARROW_RANKS = 5, 3

SHORT_STEPS: Mapping[str, str] = {
    StepKind.EMERGENCY: "Urgences",
    StepKind.LOCAL: "Proximité",
    StepKind.RECOURSE: "Recours",
    StepKind.UNIVERSITY: "Universitaire",
    StepKind.HOSPITAL: "Hôpital inconnu",
    StepKind.REHABILITATION: "Réadaptation",
    StepKind.SPECIALIST: "Spécialiste",
    StepKind.GP: "Généraliste",
    StepKind.DEATH: "Décès",
    StepKind.HOME: "Chez soi",
}
"""Steps in the little room of a picture."""

CSS: Mapping[str, str] = {
    StepKind.EMERGENCY: "q5",
    StepKind.LOCAL: "q3",
    StepKind.RECOURSE: "q4",
    StepKind.UNIVERSITY: "q6",
    StepKind.HOME: "q1",
    StepKind.DEATH: "q0",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A rank to draw: people by step, and by (step before, step) where they are told."""

    steps: Mapping[str, int]
    moves: Mapping[tuple[str, str], int | None]


def draw_paths(
    ranks: Sequence[Drawn], labels: Mapping[str, str], *, order: Sequence[str], title: str
) -> Chart:
    """Ranks as columns, from the first step. Steps come in one order in all columns."""
    if len(ranks) < 2:
        return NO_CHART

    def draw(width: float) -> str:
        kept = ranks[: NARROW_RANKS if width <= NARROW else MOST_RANKS]
        columns = [
            (
                f"Étape {rank + 1}",
                [
                    Node(
                        step,
                        labels[step],
                        f"Étape {rank + 1}, {labels[step]} : {french(one.steps[step])} personnes",
                        css=CSS.get(step, "q2"),
                    )
                    for step in order
                    if step in one.steps
                ],
            )
            for rank, one in enumerate(kept)
        ]
        links = [
            Link(
                rank,
                origin,
                step,
                float(persons),
                f"{labels[origin]} → {labels[step]} : {french(persons)} personnes",
            )
            for rank, one in enumerate(kept[1:])
            for (origin, step), persons in one.moves.items()
            if persons
        ]
        tallest = max(len(nodes) for _, nodes in columns)
        return draw_sankey(columns, links, title=title, width=width, height=120 + 44.0 * tallest)

    note = "De gauche à droite, les étapes de soins qui se suivent. Ce qui est n.c. manque."
    return draw_twice(title, draw, note=note)


def draw_shares(
    rows: Sequence[tuple[str, Bounds | None, str]],
    *,
    title: str,
    average: float | None = None,
) -> Chart:
    """Shares done in time, in percent: label, share with its interval, words."""
    if all(share is None for _, share, _ in rows):
        return NO_CHART
    dots = [
        Dot(
            label=label,
            value=share.value if share else None,
            low=share.low if share else None,
            high=share.high if share else None,
            side=share.side(average).value if share and average is not None else "same",
            figures=f"{bounds_words(share, 0)}\u00a0%" if share else "",
            words=words,
        )
        for label, share, words in rows
    ]
    mark = None if average is None else Average(average, "territoire")
    return draw_twice(
        title,
        lambda width: draw_dots(dots, title=title, unit="% à temps", average=mark, width=width),
        width=HALF,
    )


def rule_words(step: Step) -> str:
    """« Dans les 7 jours après la sortie ; en retard jusqu'à 90 jours »."""
    start = "la sortie" if step.after == EXIT else "l'entrée"
    if step.within_days == 0:
        words = f"Le jour de {start}"
    else:
        words = f"Dans les {french(step.within_days)} jours après {start}"
    if step.late_days > step.within_days:
        words += f" ; en retard jusqu'à {french(step.late_days)} jours"
    if step.levels:
        labels = [
            CareLevel[one].label.lower() if one in CareLevel.__members__ else "universitaire"
            for one in step.levels
        ]
        words += f" ; niveau attendu : {', '.join(labels)}"
    if step.due:
        words += " ; pour une partie des personnes seulement"
    return f"{words}."
