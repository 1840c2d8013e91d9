"""Which figures a change of definitions touches, and how that is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

MOST_NAMED = 3
SHOWN = ("indicator/", "pyramid/", "pathway/")
"""What people know by name; a cohort changes through its prevalence."""


@dataclass(frozen=True)
class Changes:
    """Names (``indicator/KEY``, ``cohort/KEY``, ``pyramid/KEY``, ``pathway/KEY``) of what is made
    otherwise now, is made no more, and is made now only. ``is_all``: it is not known which, so
    everything may have changed."""

    changed: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()
    is_all: bool = False

    def __bool__(self) -> bool:
        return self.is_all or bool(self.changed | self.gone | self.new)

    def about(self, names: Collection[str]) -> Changes:
        """Those that touch one of these names."""
        wanted = frozenset(names)
        return Changes(
            self.changed & wanted, self.gone & wanted, self.new & wanted, is_all=self.is_all
        )


def compare(before: Mapping[str, str], now: Mapping[str, str]) -> Changes:
    """What changed between two sets of marks."""
    return Changes(
        changed=frozenset(one for one in before if one in now and before[one] != now[one]),
        gone=frozenset(before.keys() - now.keys()),
        new=frozenset(now.keys() - before.keys()),
    )


def changed_words(changes: Changes, labels: Mapping[str, str]) -> str:
    """Why figures that are shown should be computed again; empty when none changes."""
    if changes.is_all:
        return "Les définitions ont changé depuis ce calcul : ces chiffres sont ceux d'avant."
    said = []
    if changes.changed:
        said.append(f"Définition modifiée depuis ce calcul : {_names(changes.changed, labels)}.")
    if changes.gone:
        said.append(f"Définition retirée depuis ce calcul : {_names(changes.gone, labels)}.")
    if not said:
        return ""
    return " ".join([*said, "Ces chiffres-là sont ceux d'avant ; les autres ne changent pas."])


def new_words(changes: Changes, labels: Mapping[str, str]) -> str:
    """What another computation would add; empty when nothing."""
    if changes.is_all or not changes.new:
        return ""
    return (
        f"Publiée depuis ce calcul : {_names(changes.new, labels)}. Un nouveau calcul l'ajoute ; "
        "les autres chiffres ne changent pas."
    )


def _names(names: Collection[str], labels: Mapping[str, str]) -> str:
    """« A », « B » and so many others."""
    shown = [one for one in sorted(names) if one.startswith(SHOWN)] or sorted(names)
    said = [f"« {labels.get(one, one.partition('/')[2])} »" for one in shown[:MOST_NAMED]]
    left = len(shown) - len(said)
    if left:
        said.append(f"{left} autre{'s' if left > 1 else ''}")
    return ", ".join(said)
