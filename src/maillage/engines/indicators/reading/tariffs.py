"""What stays are worth, from a table of tariffs that the hospital gives beside its files.

The table is that of the tariffs of stays (GHS) as it is published each year, or any with a group
and an amount. The tariff of a group holds from its day until the next one of the same group; stays
before the first have none. Beyond its bounds of length a stay is worth more or less: so much for
each night above the high bound; under the low one, so much less for each missing night, or a flat
sum less (arrêté « prestations » ; columns EXB and EXH). Supplements and the coefficients of the
hospital are not in it: an amount is that of the scale, not of the invoice.
"""

from __future__ import annotations

from pathlib import Path

from maillage.engines.indicators.reading import layouts
from maillage.engines.indicators.reading.staging import Check, Stage

_SUMS = ("amount", "flat_less", "daily_less", "daily_more")
_BOUNDS = ("low", "high")


def read(stage: Stage, paths: list[Path]) -> None:
    """Read tables of tariffs and give the stays of ``e_stay`` their cost. Nothing without a table:
    costs stay unknown."""
    stage.load("raw_tariffs", paths, "tarifs", layouts.fields_of("tariffs"))
    if not paths:
        return
    stage.step("Contrôle : tarifs")
    _judge(stage)
    stage.run(_PRICE)
    _tell(stage)


def _judge(stage: Stage) -> None:
    said = ", ".join(f"as_amount({name}) AS {name}_sum" for name in _SUMS)
    bounds = ", ".join(
        f"try_cast(nullif({name}, '') AS INTEGER) AS {name}_bound" for name in _BOUNDS
    )
    source = f"""
      SELECT *, as_code("group") AS ghm, {said}, {bounds}, try_cast(ghs AS INTEGER) AS number,
             coalesce(as_day(since), as_day(year || '-01-01')) AS first_day
      FROM raw_tariffs
    """
    stage.judge(
        "in_tariffs",
        source,
        [
            Check("\"group\" || amount || since || ghs = ''", rule="EMPTY"),
            Check("NOT regexp_full_match(ghm, '[0-9]{2}[A-Z][0-9]{2}[0-9A-Z]')",
                  reason="code mal formé", column="group"),
            Check("amount_sum IS NULL", reason="montant illisible", column="amount"),
            Check("amount_sum < 0", reason="montant négatif", column="amount"),
            Check("(since <> '' OR year <> '') AND first_day IS NULL", reason="date illisible",
                  column="since"),
        ],
        text="concat_ws(';', ghs, \"group\", amount, since, year)",
        once="ghm, ghs, first_day",
    )  # fmt: skip
    stage.keep("in_tariffs")


_PRICE = """
UPDATE e_stay SET cost = priced.cost FROM (
  WITH one AS (
    -- Of several GHS of a group, that of the lowest number is the usual one.
    SELECT ghm, coalesce(first_day, DATE '1850-01-01') AS first_day,
           arg_min(struct_pack(s := amount_sum, f := coalesce(flat_less_sum, 0),
             d := coalesce(daily_less_sum, 0), m := coalesce(daily_more_sum, 0),
             low := coalesce(low_bound, 0), high := coalesce(high_bound, 0)),
             (coalesce(number, 0), amount_sum)) AS t
    FROM in_tariffs GROUP BY ALL
  ), held AS (
    SELECT *, lead(first_day) OVER (PARTITION BY ghm ORDER BY first_day) AS next_day FROM one
  )
  SELECT s.stay_key, round(greatest(0, CASE
      WHEN t.high > 0 AND nights > t.high THEN t.s + (nights - t.high) * t.m
      WHEN nights < t.low AND t.d > 0 THEN t.s - (t.low - nights) * t.d
      WHEN nights < t.low THEN t.s - t.f
      ELSE t.s END) * greatest(s.sessions, 1), 2) AS cost
  FROM (SELECT *, left_on - entered_on AS nights FROM e_stay) s
  JOIN held ON held.ghm = s."group" AND s.left_on >= held.first_day
    AND (held.next_day IS NULL OR s.left_on < held.next_day)
) priced WHERE priced.stay_key = e_stay.stay_key
"""


def _tell(stage: Stage) -> None:
    several = stage.one(
        "SELECT count(*) FROM (SELECT ghm FROM in_tariffs GROUP BY ghm, first_day "
        "HAVING count(DISTINCT amount_sum) > 1)"
    )
    if several:
        stage.notes.append(
            f"Groupes (GHM) de plusieurs tarifs : {several}. Le GHS de plus petit numéro compte."
        )
    unknown = stage.one("SELECT count(*) FROM e_stay WHERE cost IS NULL")
    if unknown:
        stage.notes.append(
            f"Séjours sans tarif dans la table donnée : {unknown}. Ils ne sont comptés dans aucun "
            "indicateur de dépenses."
        )
