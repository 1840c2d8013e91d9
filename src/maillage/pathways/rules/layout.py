"""Where each part of a pathway's diagram stands, in whole pixels.

Two forms of one drawing. *Wide*: one column a level (proximity, recourse, reference), one row a
step, so that the way climbs to the right. *Narrow*, for a phone: one column. Moves go down from row
to row; ways back climb in lanes of their own at the left; direct entries come from the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap

from maillage.pathways.enums import ArrowState, Entry
from maillage.pathways.rules.arrows import Arrow
from maillage.pathways.rules.differences import target_in_words
from maillage.pathways.rules.facts import StepFacts, Surroundings, VersionFacts
from maillage.vocabulary.care import CareLevel

TITLE_CHAR = 7.4
DETAIL_CHAR = 6.7
"""Width of a character at 13 and 12 px, on the safe side for the fonts of usual systems (px)."""

TITLE_LINE = 18
DETAIL_LINE = 16
PADDING = 14
LANE = 14
ENTRY_ROOM = 44
"""Left of each box, room for the sign of a direct entry (px)."""

MOST_TITLE_LINES = 3


@dataclass(frozen=True)
class Shape:
    """The measures of one form of the drawing (px)."""

    columns: int
    box: int
    pitch: int
    top: int
    right: int

    @property
    def title_chars(self) -> int:
        return int((self.box - 2 * PADDING) / TITLE_CHAR)

    @property
    def detail_chars(self) -> int:
        return int((self.box - 2 * PADDING) / DETAIL_CHAR)


WIDE = Shape(columns=3, box=264, pitch=304, top=40, right=8)
NARROW = Shape(columns=1, box=288, pitch=288, top=8, right=4)
PHONE = 358
"""Width of the narrow form: a phone of 390 px less the margins of the page."""

LEAST_BOX = 200
"""However many ways back, boxes of the narrow form stay this wide (px)."""


@dataclass(frozen=True)
class Box:
    """A step. Texts are already cut to its width."""

    order: int
    x: int
    y: int
    width: int
    height: int
    level: CareLevel
    title: tuple[str, ...]
    details: tuple[str, ...]
    has_defect: bool
    words: str

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass(frozen=True)
class Line:
    """A way between steps: its corners, what it is (move, back, entry) and whether it is broken.
    The last corner is the tip of its arrow."""

    kind: str
    corners: tuple[tuple[int, int], ...]
    broken: bool = False


@dataclass(frozen=True)
class Label:
    """A text at a place; ``role`` is column, move or state, ``end`` writes towards the left."""

    x: int
    y: int
    text: str
    role: str
    end: bool = False


@dataclass(frozen=True)
class Layout:
    """The whole drawing."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]


@dataclass
class _Sheet:
    shape: Shape
    gutter: int
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)


def lay_out(
    version: VersionFacts,
    moves: dict[int, Arrow],
    around: Surroundings,
    shape: Shape,
    *,
    defective: frozenset[int] = frozenset(),
) -> Layout:
    """The drawing of a version. ``moves`` are its arrows on the day, ``defective`` the orders of
    the steps that leave patients with nobody. Steps stand in their order, whatever their ranks."""
    steps = sorted(version.steps, key=lambda step: step.order)
    lanes = _lanes(steps)
    gutter = ENTRY_ROOM + LANE * (max(lanes.values(), default=-1) + 1)
    if shape.columns == 1:
        shape = replace(shape, box=max(PHONE - gutter - shape.right, LEAST_BOX))
    sheet = _Sheet(shape, gutter)
    y = shape.top
    for rank, step in enumerate(steps):
        arrow = moves.get(step.order) if rank else None
        if rank:
            y += 72 if arrow else 28
        box = _box(step, sheet, y, step.order in defective)
        if rank and arrow is not None:
            _move(sheet, sheet.boxes[-1], box, arrow, around)
        if step.entry in (Entry.DIRECT, Entry.BOTH):
            height = box.y + 20
            corners = ((box.x - 34, height), (box.x, height))
            sheet.lines.append(Line("entry", corners))
        sheet.boxes.append(box)
        y = box.bottom
    _ways_back(sheet, steps, lanes)
    _column_titles(sheet)
    return Layout(
        width=sheet.gutter + shape.pitch * (shape.columns - 1) + shape.box + shape.right,
        height=y + 12,
        boxes=tuple(sheet.boxes),
        lines=tuple(sheet.lines),
        labels=tuple(sheet.labels),
    )


def cut(text: str, chars: int) -> str:
    """``text`` in at most ``chars`` characters, with an ellipsis when something is left out."""
    return text if len(text) <= chars else text[: max(chars - 1, 0)].rstrip() + "…"


def _lines_of(text: str, chars: int, most: int) -> tuple[str, ...]:
    lines = wrap(text, chars, break_long_words=True) or [""]
    if len(lines) > most:
        lines = [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), chars)]
    return tuple(lines)


def _box(step: StepFacts, sheet: _Sheet, y: int, has_defect: bool) -> Box:
    shape = sheet.shape
    column = step.level.rank - 1 if shape.columns > 1 else 0
    title = _lines_of(f"{step.order}. {step.name}", shape.title_chars, MOST_TITLE_LINES)
    details = tuple(cut(text, shape.detail_chars) for text in _details(step, shape))
    height = 2 * PADDING + TITLE_LINE * len(title) + DETAIL_LINE * len(details)
    return Box(
        order=step.order,
        x=sheet.gutter + column * shape.pitch,
        y=y,
        width=shape.box,
        height=max(height, 88),
        level=step.level,
        title=title,
        details=details,
        has_defect=has_defect,
        words=f"{step.title} : {step.care}, {Entry(step.entry).label.lower()}, délai cible "
        f"{target_in_words(step.target_minutes)}",
    )


def _details(step: StepFacts, shape: Shape) -> list[str]:
    texts = []
    if shape.columns == 1:
        texts.append(f"{step.level.label} · {step.care_type.label}")
    elif step.care_type.label.casefold() != step.name.casefold():
        texts.append(step.care_type.label)
    target = "Sans délai cible"
    if step.target_minutes is not None:
        target = f"Cible : {target_in_words(step.target_minutes)}"
    texts.append(target)
    if step.hours:
        texts.append("À certaines heures seulement")
    if step.return_to is not None:
        within = f" sous {step.return_within_hours} h" if step.return_within_hours else ""
        texts.append(f"Retour vers l'étape {step.return_to}{within}")
    return texts


def _move(sheet: _Sheet, a: Box, b: Box, arrow: Arrow, around: Surroundings) -> None:
    broken = arrow.state is ArrowState.BROKEN
    if sheet.shape.columns == 1:
        x = b.x + 36
        corners: tuple[tuple[int, int], ...] = ((x, a.bottom), (x, b.y))
    elif a.x == b.x:
        x = b.middle
        corners = ((x, a.bottom), (x, b.y))
    else:
        x = b.middle
        side = a.x + a.width if b.x > a.x else a.x
        height = a.y + a.height // 2
        corners = ((side, height), (x, height), (x, b.y))
    sheet.lines.append(Line("move", corners, broken))
    last_column = b.x == sheet.gutter + sheet.shape.pitch * (sheet.shape.columns - 1)
    end = sheet.shape.columns > 1 and last_column
    at = x - 12 if end else x + 12
    chars = int((sheet.shape.box - 60) / DETAIL_CHAR) if sheet.shape.columns == 1 else 38
    for rank, text in enumerate(arrow_words(arrow, around)):
        role = "state" if rank == 0 and arrow.state is not ArrowState.OPEN else "move"
        sheet.labels.append(Label(at, a.bottom + 28 + 18 * rank, cut(text, chars), role, end))


def arrow_words(arrow: Arrow, around: Surroundings) -> tuple[str, str]:
    """Two short lines for a move: what it is worth, and what allows it."""
    stuck = len(arrow.stuck)
    first = {
        ArrowState.OPEN: "Par adressage",
        ArrowState.LAPSING: "Adressage : échéance proche",
        ArrowState.PARTIAL: f"Aucun accord pour {stuck} {'hôpitaux' if stuck > 1 else 'hôpital'}",
        ArrowState.BROKEN: "Adressage sans accord",
    }[arrow.state]
    names = [around.name(group) for group in arrow.groups]
    basis = names + [title for _, title in arrow.agreements]
    if len(basis) > 1:  # a drawing has no room for several names
        counts = (len(names), "groupement"), (len(basis) - len(names), "convention")
        basis = [f"{count} {noun}{'s' * (count > 1)}" for count, noun in counts if count]
    if not basis and arrow.within_one:
        basis.append("au sein du même hôpital")
    if not arrow.origins:
        basis.append("personne ne tient l'étape d'avant")
    if arrow.state is ArrowState.PARTIAL and basis:
        basis[0] = f"Pour les autres : {basis[0]}"
    return first, " · ".join(basis)


def _lanes(steps: Sequence[StepFacts]) -> dict[int, int]:
    """A lane for each way back, by the order of the step that it leaves: ways that would run side
    by side get lanes of their own, the shortest nearest to the boxes."""
    ranks = {step.order: rank for rank, step in enumerate(steps)}
    spans = {
        step.order: (ranks[step.return_to], ranks[step.order])
        for step in steps
        if step.return_to in ranks and ranks[step.return_to] < ranks[step.order]
    }
    lanes: dict[int, int] = {}
    taken: list[list[tuple[int, int]]] = []
    for order, (low, high) in sorted(spans.items(), key=lambda item: item[1][1] - item[1][0]):
        free = (
            rank
            for rank, others in enumerate(taken)
            if all(high < other[0] or low > other[1] for other in others)
        )
        lane = next(free, len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        lanes[order] = lane
    return lanes


def _ways_back(sheet: _Sheet, steps: Sequence[StepFacts], lanes: dict[int, int]) -> None:
    boxes = {box.order: box for box in sheet.boxes}
    for step in steps:
        if step.order not in lanes or step.return_to is None:
            continue
        start, goal = boxes[step.order], boxes[step.return_to]
        x = sheet.gutter - ENTRY_ROOM - LANE * lanes[step.order] - 2
        leave, arrive = start.bottom - 16, goal.bottom - 32
        corners = ((start.x, leave), (x, leave), (x, arrive), (goal.x, arrive))
        sheet.lines.append(Line("back", corners))


def _column_titles(sheet: _Sheet) -> None:
    if sheet.shape.columns == 1:
        return
    for level in CareLevel:
        x = sheet.gutter + (level.rank - 1) * sheet.shape.pitch
        sheet.labels.append(Label(x, 20, level.label, "column"))
