"""A review's figure, drawn by the server: it needs no script, and prints from any screen.

The document holds the figure as the API gives it, its numbers as decimal strings. Lines are placed
in a box of ``SIDE`` × ``SIDE`` that the page stretches; words and dots beside it keep their size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple

from finops.domain import display
from finops.reviews.document import FigureRow
from finops.web.reviews.weekly.scale import BOTTOM, TOP, Scale

SIDE: Final = 1000
#: The drawing's height in pixels.
HEIGHT: Final = 250
#: About how many days are written under it.
_DAYS_WRITTEN: Final = 7
#: Where letters would be cut by an edge, in percent.
_LEFT, _RIGHT = Decimal(6), Decimal(94)
#: How far words stand from the point that they are about, in pixels.
_ABOVE, _BELOW, _BESIDE = -6, 15, 4
_ANCHORS: Final = {"left": "start", "right": "end"}
#: How high a line of letters is.
_LETTERS: Final = 18
#: How words about a line across begin; they stand on it unless there is no room.
_LINES: Final = frozenset({"Yellow", "Red"})
_SHIFTS: Final = {"bottom": _ABOVE, "top": _BELOW}


class Stroke(NamedTuple):
    """A line: its points in the box, the design token of its colour, and what it is called."""

    points: str
    token: str
    is_dashed: bool
    name: str


class Area(NamedTuple):
    """A band between two lines."""

    points: str
    token: str


class Dot(NamedTuple):
    """A point that is marked: ``x`` in percent, ``y`` in pixels from the top."""

    x: Decimal
    y: Decimal
    token: str


class Mark(NamedTuple):
    """Words on the drawing: ``x`` in percent of its width, ``y`` in pixels from its top."""

    x: Decimal
    y: Decimal
    words: str
    anchor: str
    token: str = ""
    shift: int = 0


@dataclass(frozen=True)
class Chart:
    """Everything that the template writes into attributes; ``axis`` stands left of the drawing."""

    strokes: Sequence[Stroke]
    areas: Sequence[Area]
    levels: Sequence[Decimal]
    dots: Sequence[Dot]
    marks: Sequence[Mark]
    axis: Sequence[tuple[Decimal, str]]
    height: int
    side: int = SIDE
    top: int = TOP

    @property
    def plot(self) -> int:
        """How high the drawing is without the words above and below."""
        return self.height - TOP - BOTTOM


class Point(NamedTuple):
    """A day and its dollars."""

    day: date
    amount: Decimal


Trace = Mapping[str, Any]
Traced = Sequence[tuple[Trace, Sequence[Point]]]


def chart(figure: FigureRow, currency: str, height: int = HEIGHT) -> Chart | None:
    """Draw a figure of lines, ``height`` pixels high; None where it has no point."""
    traces = [(trace, _points(trace)) for trace in figure["data"] if trace["type"] == "scatter"]
    found = [point for _, points in traces for point in points]
    if not found:
        return None
    largest = max(point.amount for point in found)
    scale = Scale([point.day for point in found], largest, height)
    lines = [(trace, points) for trace, points in traces if trace.get("mode") != "markers"]
    return Chart(
        strokes=[_stroke(*line, scale) for line in lines if _is_drawn(line[0])],
        areas=_areas(lines, scale),
        levels=[scale.pixel(amount) for amount in scale.grid],
        dots=_dots(traces, scale),
        marks=[*_days(scale), *(_annotations(figure, scale) or _end(lines, scale, currency))],
        axis=[
            (scale.pixel(amount) + 4, display.axis_money(amount, currency)) for amount in scale.grid
        ],
        height=height,
    )


def table(figure: FigureRow, currency: str) -> tuple[list[str], list[list[str]]]:
    """Write the figure's rows for people: headings, and a list of cells for each row."""
    columns = figure["meta"]["columns"]
    headings = [str(column).replace("_", " ").capitalize() for column in columns]
    return headings, [[_cell(cell, currency) for cell in row] for row in figure["meta"]["rows"]]


def _points(trace: Trace) -> list[Point]:
    pairs = zip(trace["x"], trace["y"], strict=True)
    return [Point(_day(x), Decimal(str(y))) for x, y in pairs if y is not None]


def _is_drawn(trace: Trace) -> bool:
    return Decimal(str(trace.get("line", {}).get("width", 1))) > 0


def _stroke(trace: Trace, points: Sequence[Point], scale: Scale) -> Stroke:
    line = trace.get("line", {})
    name = str(trace.get("name", ""))
    return Stroke(_drawn(points, scale), _token(line.get("color")), "dash" in line, name)


def _areas(lines: Traced, scale: Scale) -> list[Area]:
    """Fill between a line that says so and the one before it."""
    pairs = pairwise(lines)
    return [
        Area(_drawn([*points, *reversed(before)], scale), _token(trace.get("fillcolor")))
        for (_, before), (trace, points) in pairs
        if trace.get("fill") == "tonexty" and before and points
    ]


def _dots(traces: Traced, scale: Scale) -> list[Dot]:
    return [
        Dot(
            scale.along(point.day),
            scale.pixel(point.amount),
            _token(trace.get("marker", {}).get("color")),
        )
        for trace, points in traces
        if trace.get("mode") == "markers"
        for point in points
    ]


def _drawn(points: Sequence[Point], scale: Scale) -> str:
    places = ((scale.along(day, SIDE), scale.down(amount, SIDE)) for day, amount in points)
    return " ".join(f"{x},{y}" for x, y in places)


def _annotations(figure: FigureRow, scale: Scale) -> list[Mark]:
    """Write what the figure says at its points, the words of two close lines apart."""
    notes = figure["layout"].get("annotations", ())
    marks = sorted((_annotation(note, scale) for note in notes), key=lambda mark: mark.y)
    placed: list[Mark] = []
    for mark in marks:
        close = any(
            (mark.x, mark.anchor) == (other.x, other.anchor) and mark.y - other.y < _LETTERS
            for other in placed
        )
        placed.append(mark._replace(y=mark.y + _BELOW - _ABOVE) if close else mark)
    return placed


def _annotation(note: Mapping[str, Any], scale: Scale) -> Mark:
    amount = scale.pixel(Decimal(str(note["y"])))
    level = str(note["text"]).split(" ", 1)[0] in _LINES
    shift = _ABOVE if level else _SHIFTS.get(note.get("yanchor", ""), _BESIDE)
    return Mark(
        scale.along(_day(note["x"])),
        amount + shift,
        str(note["text"]),
        _ANCHORS.get(note.get("xanchor", ""), "middle"),
        _token(note.get("font", {}).get("color")),
        int(note.get("xshift", 0)),
    )


def _days(scale: Scale) -> list[Mark]:
    length = (scale.last - scale.first).days
    every = max(-(-length // (_DAYS_WRITTEN - 1)), 1)
    marks = []
    for gone in range(0, length + 1, every):
        day = scale.first + timedelta(days=gone)
        x = scale.along(day)
        anchor = "start" if x < _LEFT else "end" if x > _RIGHT else "middle"
        marks.append(Mark(x, Decimal(scale.height - 6), display.day(day, year=False), anchor))
    return marks


def _end(lines: Traced, scale: Scale, currency: str) -> list[Mark]:
    """Write the amount at the end of what happened."""
    ends = [
        points[-1]
        for trace, points in lines
        if points and _token(trace.get("line", {}).get("color")) == "d-actual"
    ]
    return [
        Mark(
            scale.along(day),
            scale.pixel(amount) + _ABOVE,
            display.money(amount, currency),
            "end" if scale.along(day) > _LEFT else "start",
            "text",
        )
        for day, amount in ends[:1]
    ]


def _token(color: Any) -> str:
    return str(color or "").removeprefix("var:")


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _cell(cell: Any, currency: str) -> str:
    if cell is None:
        return display.NOTHING
    if isinstance(cell, int):
        return display.number(cell)
    try:
        return display.day(date.fromisoformat(cell), weekday=True)
    except ValueError:
        pass
    try:
        return display.money(Decimal(cell), currency)
    except ArithmeticError:
        return str(cell)
