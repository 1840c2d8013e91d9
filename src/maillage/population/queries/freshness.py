"""What changed since a computation: newer data, or definitions, and which figures that touches.

A cohort that is published after a computation changes nothing of it: its prevalence is not there
yet. A definition that is written anew touches the figures that are made of it, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maillage.population.enums import ComputationState, VersionState
from maillage.population.models import Computation
from maillage.population.queries.own_cohorts import present_definitions
from maillage.population.rules.freshness import Changes, changed_words, compare, new_words
from maillage.vocabulary.errors import Invalid

if TYPE_CHECKING:
    from maillage.engines.indicators.definitions import Definitions


@dataclass(frozen=True)
class _Read:
    """What is worked out of definitions: their marks, and what they are called."""

    marks: dict[str, str]
    labels: dict[str, str]


_kept: dict[str, _Read] = {}
"""Those of the definitions of now, by their fingerprint: one entry."""


@dataclass(frozen=True)
class Freshness:
    """Why a computation should be done again. ``stale``: figures that it gives would change, or
    are of older data; ``lacks``: figures that it does not give yet. Both in French, or empty."""

    stale: str = ""
    lacks: str = ""


def read_present() -> Definitions | None:
    """The definitions of now; None when a cohort of one's own no longer reads: its own page says
    so. One query."""
    try:
        return present_definitions()
    except Invalid:
        return None


def judge(computation: Computation, present: Definitions | None) -> Freshness:
    """Why a done computation, read with its version, should be done again."""
    if computation.state != ComputationState.DONE:
        return Freshness()
    if computation.version.state != VersionState.READY:
        return Freshness("La version calculée a été retirée.")
    if not computation.version.is_current:
        return Freshness("Une version plus récente des données est en usage.")
    changes = find_changes(computation.definitions, computation.manifest, present)
    labels = label_all(present) if changes else {}
    return Freshness(changed_words(changes, labels), new_words(changes, labels))


def find_changes(
    fingerprint: str, manifest: Mapping[str, object], present: Definitions | None
) -> Changes:
    """What of the definitions changed since a computation of this fingerprint and manifest."""
    if present is None or fingerprint == present.fingerprint:
        return Changes()
    computed = manifest.get("marks")
    if not isinstance(computed, dict) or not computed:
        return Changes(is_all=True)
    return compare(computed, _read(present).marks)


def label_all(present: Definitions | None) -> dict[str, str]:
    """What definitions are called, by sort and key. Read once for all computations of a list."""
    return {} if present is None else _read(present).labels


def _read(present: Definitions) -> _Read:
    from maillage.engines.indicators.definition_marks import marks_of

    found = _kept.get(present.fingerprint)
    if found is None:
        found = _Read(marks_of(present), _labels_of(present))
        _kept.clear()
        _kept[present.fingerprint] = found
    return found


def _labels_of(present: Definitions) -> dict[str, str]:
    from maillage.engines.indicators.path_rules import load_pathways
    from maillage.engines.indicators.pyramid_rules import load_pyramids

    found = {f"indicator/{key}": one.label for key, one in present.indicators.items()}
    found |= {f"cohort/{key}": one.label for key, one in present.cohorts.items()}
    found |= {f"pyramid/{key}": one.label for key, one in load_pyramids(present).items()}
    return found | {f"pathway/{key}": one.label for key, one in load_pathways(present).items()}
