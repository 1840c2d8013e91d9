"""The figures as a file for spreadsheets: what the page shows, hidden alike."""

from __future__ import annotations

from collections.abc import Iterator

from maillage.referrals.queries.durations import NO_QUANTILES
from maillage.referrals.queries.figures import FigureRow, Figures
from maillage.referrals.rules.measures import DELAY_MEASURES, LETTERS, SHARE_MEASURES
from maillage.vocabulary.disclosure import MASK, Rate
from maillage.vocabulary.spreadsheets import write_csv


def write_figures(figures: Figures) -> Iterator[str]:
    """The pieces of the CSV file of the figures of a quarter."""
    heads = [
        "trimestre",
        "niveau",
        figures.view.rows,
        "Demandes",
        *figures.kinds,
        *(f"{one.label} (%)" for one in (*SHARE_MEASURES, LETTERS)),
    ]
    for measure in DELAY_MEASURES:
        heads += [f"{measure.label}, médiane (min)", f"{measure.label}, 9 sur 10 (min)"]
    rows = (_cells(figures, row) for row in figures.rows)
    return write_csv(heads, rows, with_mark=True)


def _cells(figures: Figures, row: FigureRow) -> list[str]:
    shares = [share for _, share in row.shares] or [Rate()] * (len(SHARE_MEASURES) + 1)
    delays = [one for _, one in row.delays] or [NO_QUANTILES] * len(DELAY_MEASURES)
    numbers = [row.volume, *(number for _, number in row.kinds)]
    return [
        figures.quarter.code,
        str(row.level),
        row.label,
        *(MASK if number is None else str(number) for number in numbers),
        *(share_words(share) for share in shares),
        *(
            MASK if value is None else str(round(value))
            for one in delays
            for value in (one.median, one.ninth)
        ),
    ]


def share_words(share: Rate) -> str:
    """« 82 », « plus de 95 », « n.c. »."""
    if share.percent is not None:
        return str(share.percent)
    if share.over is not None:
        return f"plus de {share.over}"
    return MASK if share.under is None else f"moins de {share.under}"
