"""Charts of duty lines: the people able to hold one, year after year."""

from __future__ import annotations

from maillage.vocabulary.charts import HALF, Chart, draw_twice
from maillage.vocabulary.charts.trends import Series, YearValue, draw_trends
from maillage.workforce.rules.forecast import LineOutlook


def outlook_chart(outlook: LineOutlook, title: str) -> Chart:
    """People able to hold a line today, then the median of each year with its interval from 10 to
    90 %, beside how many it needs."""
    today = outlook.years[0].year - 1
    able = float(outlook.able)
    values = [YearValue(today, able, able, able, f"Aujourd'hui : {outlook.able}")]
    values += [
        YearValue(
            one.year,
            float(one.people[1]),
            float(one.people[0]),
            float(one.people[2]),
            f"Fin {one.year} : {one.people[1]}, de {one.people[0]} à {one.people[2]}",
        )
        for one in outlook.years
    ]
    needed = float(outlook.needed)
    flat = tuple(
        YearValue(one.year, needed, words=f"Il en faut {outlook.needed}") for one in values
    )
    series = [
        Series("Médiane", tuple(values), is_main=True),
        Series("Il en faut", flat, is_average=True),
    ]
    return draw_twice(
        title,
        lambda width: draw_trends(series, title=title, unit="personnes", width=width),
        note="La bande va du nombre dépassé neuf fois sur dix à celui qui l'est une fois sur dix.",
        width=HALF,
    )
