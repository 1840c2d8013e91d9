"""Weekly windows: from the text of a cell or a form to the form of the network file, and back.

One window a line, or separated by ``|``: ``1-5 08:00-18:30 closed`` (days, hours, public holidays).
Days are 1 (Monday) to 7, with ranges and commas, or French names; ``24:00`` ends a day. The last
word is ``open``, ``closed`` or ``only`` (fermé, ouvert, seulement), closed when left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from maillage.pathways.rules.facts import Window
from maillage.vocabulary.calendar import WEEKDAYS
from maillage.vocabulary.errors import Invalid
from maillage.vocabulary.search import fold

MOST_WINDOWS = 50
HOLIDAYS: dict[str, str] = {
    "closed": "fermé les jours fériés",
    "open": "jours fériés compris",
    "only": "jours fériés seulement",
}
_HOLIDAY_WORDS = {
    "closed": "closed",
    "ferme": "closed",
    "open": "open",
    "ouvert": "open",
    "compris": "open",
    "only": "only",
    "seulement": "only",
}
_FRENCH_WORD = {"closed": "fermé", "open": "ouvert", "only": "seulement"}
_CLOCK = re.compile(r"(\d{1,2})\s?[:hH]\s?(\d{2})?")
_EXACT_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_WINDOW = re.compile(
    r"(?P<days>[^:]+?)\s+(?P<start>\d[\d:hH]*)\s*[-–à]\s*(?P<end>\d[\d:hH]*)(?P<rest>.*)"
)


def parse_hours(text: str) -> list[dict[str, Any]]:
    """The windows of a text, in the form of the network file. Empty when the text is.

    Raises :class:`Invalid` (``pathway.hours``) with the window that is wrong and what is wrong.
    """
    parts = [part.strip() for part in re.split(r"[|\n\r]+", text) if part.strip()]
    if len(parts) > MOST_WINDOWS:
        raise Invalid("pathway.hours", f"{MOST_WINDOWS} fenêtres au plus, {len(parts)} ici.")
    return [_parse_window(part) for part in parts]


def _refusal(window: str, why: str) -> Invalid:
    return Invalid("pathway.hours", f"« {window[:60]} » : {why}.")


def _parse_window(text: str) -> dict[str, Any]:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise _refusal(text, "attendu des jours, des heures, puis la règle des jours fériés "
                             "(exemple : 1-5 08:00-18:30 closed)")  # fmt: skip
    start, end = (_parse_clock(text, found[name]) for name in ("start", "end"))
    if end <= start:
        raise _refusal(text, "la fenêtre doit finir après son début, le même jour")
    words = fold(found["rest"]).split()
    rule = _HOLIDAY_WORDS.get(words[0]) if words else "closed"
    if rule is None or len(words) > 1:
        raise _refusal(text, "la règle des jours fériés est open, closed ou only")
    return {
        "weekdays": _parse_days(text, found["days"]),
        "from": _clock(start),
        "to": _clock(end),
        "holidays": rule,
    }


def _parse_clock(window: str, text: str) -> int:
    found = _CLOCK.fullmatch(text.strip())
    minute = int(found[1]) * 60 + int(found[2] or 0) if found else -1
    if found is None or minute > 1440 or int(found[2] or 0) > 59:
        raise _refusal(window, f"« {text.strip()[:20]} » n'est pas une heure")
    return minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _parse_days(window: str, text: str) -> list[int]:
    days: set[int] = set()
    for part in re.split(r"[,\s]+", text.strip()):
        if not part:
            continue
        ends = [_parse_weekday(window, end) for end in part.split("-")]
        if len(ends) > 2 or ends[0] > ends[-1]:
            raise _refusal(window, f"« {part[:20]} » n'est pas une suite de jours")
        days.update(range(ends[0], ends[-1] + 1))
    return sorted(days)


def _parse_weekday(window: str, text: str) -> int:
    bare = fold(text)
    if re.fullmatch(r"[1-7]", bare):
        return int(bare)
    matches = [i for i, name in enumerate(WEEKDAYS, 1) if len(bare) >= 3 and name.startswith(bare)]
    if len(matches) != 1:
        raise _refusal(window, f"« {text[:20]} » n'est pas un jour (1 = lundi, 7 = dimanche)")
    return matches[0]


def _runs(days: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def write_hours(windows: Sequence[Window]) -> str:
    """The windows as the cell of a file: ``1-5 08:00-18:30 closed|6 08:00-12:00 closed``."""
    written = []
    for window in windows:
        days = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in _runs(window["weekdays"]))
        written.append(f"{days} {window['from']}-{window['to']} {window['holidays']}")
    return "|".join(written)


def write_typed_hours(windows: Sequence[Window]) -> str:
    """The windows as people type them, one a line: ``lun-ven 08:00-18:30 fermé``."""
    written = []
    for window in windows:
        days = ",".join(
            WEEKDAYS[a - 1][:3] if a == b else f"{WEEKDAYS[a - 1][:3]}-{WEEKDAYS[b - 1][:3]}"
            for a, b in _runs(window["weekdays"])
        )
        rule = _FRENCH_WORD[window["holidays"]]
        written.append(f"{days} {window['from']}-{window['to']} {rule}")
    return "\n".join(written)


def hours_in_words(windows: Sequence[Window]) -> str:
    """The windows in a sentence; « à toute heure » when there is none. Windows that are malformed
    are said to be: the defects tell how."""
    if not windows:
        return "à toute heure"
    if hours_problems(windows):
        return "heures mal formées"
    return " ; ".join(
        f"{_days_in_words(window['weekdays'])} de {_clock_in_words(window['from'])} à "
        f"{_clock_in_words(window['to'])}, {HOLIDAYS[window['holidays']]}"
        for window in windows
    )


def _days_in_words(days: Iterable[int]) -> str:
    chosen = sorted(set(days))
    if chosen == list(range(1, 8)):
        return "tous les jours"
    words = []
    for first, last in _runs(chosen):
        if last - first >= 2:
            words.append(f"du {WEEKDAYS[first - 1]} au {WEEKDAYS[last - 1]}")
        else:
            words += [f"le {WEEKDAYS[day - 1]}" for day in range(first, last + 1)]
    return ", ".join(words)


def _clock_in_words(clock: str) -> str:
    hour, minute = (int(part) for part in clock.split(":"))
    return f"{hour} h" if minute == 0 else f"{hour} h {minute:02d}"


def hours_problems(value: object) -> list[str]:
    """What is wrong with stored windows, in French; empty when they are right."""
    if not isinstance(value, list | tuple):
        return ["une liste de fenêtres est attendue"]
    problems = []
    for rank, window in enumerate(value, 1):
        if not isinstance(window, dict) or set(window) != {"weekdays", "from", "to", "holidays"}:
            problems.append(f"fenêtre {rank} : jours, début, fin et jours fériés attendus")
            continue
        days = window["weekdays"]
        right_days = isinstance(days, list | tuple) and all(
            isinstance(day, int) and not isinstance(day, bool) and 1 <= day <= 7 for day in days
        )
        if not right_days or not days or len(set(days)) != len(days):
            problems.append(f"fenêtre {rank} : jours de 1 (lundi) à 7 attendus, une fois chacun")
        clocks = [window["from"], window["to"]]
        if not all(isinstance(c, str) and _EXACT_CLOCK.fullmatch(c) for c in clocks):
            problems.append(f"fenêtre {rank} : heures de 00:00 à 24:00 attendues")
        elif clocks[1] <= clocks[0]:
            problems.append(f"fenêtre {rank} : la fin doit venir après le début")
        if window["holidays"] not in list(HOLIDAYS):
            problems.append(f"fenêtre {rank} : règle des jours fériés inconnue")
    return problems
