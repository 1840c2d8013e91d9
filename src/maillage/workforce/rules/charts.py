"""Charts of the demography: pyramid, forecast, retention."""

from __future__ import annotations

from collections.abc import Sequence

from maillage.vocabulary.charts import HALF, NO_CHART, WIDE, Chart, draw_twice
from maillage.vocabulary.charts.bars import Bar, PyramidRow, draw_bars, draw_pyramid
from maillage.vocabulary.charts.trends import Series, YearValue, draw_trends
from maillage.vocabulary.numbers import NBSP, french
from maillage.workforce.rules.forecast import YearForecast
from maillage.workforce.rules.staffing import AgeBand, Retained


def pyramid_chart(bands: Sequence[AgeBand], title: str) -> Chart:
    """Women on the left, men on the right, the oldest on top; no chart without people."""
    if not any(band.total for band in bands):
        return NO_CHART
    rows = [
        PyramidRow(
            band.label,
            float(band.women),
            float(band.men),
            f"{band.label}{NBSP}ans, femmes : {band.women}",
            f"{band.label}{NBSP}ans, hommes : {band.men}",
        )
        for band in bands
    ]
    unknown = sum(band.unknown for band in bands)
    note = f"{unknown} personnes dont le sexe n'est pas connu n'y sont pas." if unknown else ""
    return draw_twice(
        title,
        lambda width: draw_pyramid(
            rows, title=title, sides=("Femmes", "Hommes"), unit="personnes", width=width
        ),
        note=note,
        width=HALF,
    )


def forecast_chart(
    years: Sequence[YearForecast], *, now: float, year: int, needed: float, title: str
) -> Chart:
    """Full-time equivalents: today, then the median of each year with its interval from 10 to
    90 %, beside what the posts ask for."""
    if not years:
        return NO_CHART
    values = [YearValue(year, now, now, now, f"{year} : {french(now, 1)} ETP")]
    values += [
        YearValue(
            one.year,
            one.full_time[1],
            one.full_time[0],
            one.full_time[2],
            f"{one.year} : {french(one.full_time[1], 1)} ETP, de {french(one.full_time[0], 1)} "
            f"à {french(one.full_time[2], 1)}",
        )
        for one in years
    ]
    flat = tuple(YearValue(one.year, needed, words=f"Postes : {needed:g} ETP") for one in values)
    series = [
        Series("Médiane", tuple(values), is_main=True),
        Series("Postes ouverts", flat, is_average=True),
    ]
    return draw_twice(
        title,
        lambda width: draw_trends(series, title=title, unit="ETP", width=width),
        note="La bande va de la valeur dépassée neuf fois sur dix à celle qui l'est une fois sur "
        "dix, sous les hypothèses dites plus bas.",
        width=WIDE,
    )


def retention_chart(rows: Sequence[Retained], title: str) -> Chart:
    """Share still there after some years, with its interval."""
    if all(row.share is None for row in rows):
        return NO_CHART
    bars = [
        Bar(
            f"après {row.years} an{'s' if row.years > 1 else ''}",
            None if row.share is None else 100 * row.share,
            "" if row.share is None else f"{french(100 * row.share)}{NBSP}%",
            low=None if row.low is None else 100 * row.low,
            high=None if row.high is None else 100 * row.high,
        )
        for row in rows
    ]
    return draw_twice(
        title,
        lambda width: draw_bars(bars, title=title, unit="% encore là", width=width),
        width=HALF,
    )
