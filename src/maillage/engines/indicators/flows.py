"""Where the people of each commune are treated: stays by kind of care, commune and place.

Full stays (neither sessions nor groups in error) of the year, one row a commune of residence and
place of care. Kinds of care, from the group (GHM) of the stay:

- ``all``: every full stay;
- ``obstetrics``: major category 14 (pregnancy and birth);
- ``surgery``: letter C outside of it;
- ``medicine``: letters M, Z and K (medical, undifferentiated, interventional) outside of it;
- the key of each cohort: every stay of its members of that year.

Newborns (category 15), other letters and stays without group are in ``all`` only. A transfer is two
stays: both places count. Escape rates are shares of these rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maillage.engines.indicators.joins import having
from maillage.engines.indicators.measures.ground import Ground
from maillage.engines.indicators.results import FLOWS

if TYPE_CHECKING:
    import ibis.expr.types as ir

ALL = "all"
MEDICINE = "medicine"
SURGERY = "surgery"
OBSTETRICS = "obstetrics"
NEEDS = (ALL, MEDICINE, SURGERY, OBSTETRICS)

BIRTHS = "14"
NEWBORNS = "15"


def flows(ground: Ground) -> dict[str, ir.Table]:
    """For each kind of care, the rows of FLOWS, not yet computed; what they share is."""
    patients = ground.keep("patients-of-places", lambda: _patients(ground))
    found = {need: _rows(patients, need, need) for need in NEEDS}
    for key, cohort in sorted(ground.definitions.cohorts.items()):
        theirs = having(patients, ground.members(cohort), ["person", "year"])
        found[key] = _rows(theirs, key, ALL)
    return found


def _patients(ground: Ground) -> ir.Table:
    """How many stays of each kind each person had in each place and year."""
    stays = ground.stays
    category = stays.group.substr(0, 2)
    letter = stays.group.substr(2, 1)
    is_birth, is_newborn = category == BIRTHS, category == NEWBORNS
    other = ~is_birth & ~is_newborn
    stays = stays.select(
        "year",
        "commune",
        "site",
        "person",
        all=stays.stay.notnull().ifelse(1, 0),
        medicine=(other & letter.isin(["M", "Z", "K"])).ifelse(1, 0),
        surgery=(other & (letter == "C")).ifelse(1, 0),
        obstetrics=is_birth.ifelse(1, 0),
    )
    return stays.group_by("year", "commune", "site", "person").agg(
        **{need: stays[need].sum().cast("int32") for need in NEEDS}
    )


def _rows(patients: ir.Table, need: str, column: str) -> ir.Table:
    import ibis

    patients = patients.filter(patients[column] > 0)
    found = patients.group_by("year", "commune", "site").agg(
        stays=patients[column].sum().cast("int32"), persons=patients.count().cast("int32")
    )
    return found.mutate(need=ibis.literal(need), year=found.year.cast("int16")).select(*FLOWS.names)
