"""How a burn-up is drawn: what was is solid, before is grey, what may come dotted in its band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from finops.domain import display
from finops.figures.axes import day_axis, money_axis
from finops.figures.budgets.course import Course
from finops.figures.figure import pixels
from finops.insights.standings import Standing
from finops.rollups.question import Question

#: Two lines nearer than this part of the axis have their words on either side of them.
_NEAR: Final = Decimal("0.06")
#: How far the axis of amounts reaches beyond what is highest.
_BEYOND: Final = Decimal("1.07")
#: Words left of a point need this part of the period before it.
_ROOM: Final = Decimal("0.25")


def traces(course: Course, standing: Standing) -> list[Mapping[str, Any]]:
    """Draw the course, back to front."""
    drawn = [_before(course)]
    if course.expected:
        drawn += _band(course)
    drawn += [
        _level(course, line, ink)
        for line, ink in ((standing.yellow, "warn-mark"), (standing.red, "bad-mark"))
        if line is not None
    ]
    if course.expected:
        drawn.append(_forecast(course))
    return [*drawn, _so_far(course), _end_of(course)]


def layout(course: Course, standing: Standing, question: Question) -> dict[str, Any]:
    """Frame the whole period, so that what is still to come has its place."""
    top = _highest(course, standing)
    half_a_day = timedelta(hours=12)
    first, last = (f"{day}T00:00" for day in (course.days[0], course.days[-1] + 2 * half_a_day))
    return {
        "xaxis": {**day_axis(), "range": [first, last]},
        "yaxis": {**money_axis(question, top), "nticks": 5},
        "annotations": [
            *_line_words(standing, course.days[0], top, question.currency),
            *_end_words(course, question.currency),
        ],
        "margin": {"l": 8, "r": 52 if course.expected else 12, "t": 6, "b": 4},
    }


def _days(days: Sequence[date]) -> list[str]:
    return [day.isoformat() for day in days]


def _line(x: Sequence[str], y: Sequence[Decimal | None], **more: Any) -> dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "x": x, "y": pixels(y), **more}


def _before(course: Course) -> dict[str, Any]:
    amounts = course.before[: len(course.days)]
    return _line(
        _days(course.days[: len(amounts)]),
        amounts,
        name="Before",
        line={"color": "var:d-prior", "width": 2},
        hovertemplate="%{y:$,.2f}",
    )


def _band(course: Course) -> list[dict[str, Any]]:
    days = _days([each.day for each in course.expected])
    quiet = {"line": {"width": 0, "color": "var:d-cone"}, "hoverinfo": "skip"}
    filled = {"fill": "tonexty", "fillcolor": "var:d-cone"}
    return [
        _line(days, [each.low for each in course.expected], **quiet),
        _line(days, [each.high for each in course.expected], **quiet, **filled),
    ]


def _level(course: Course, line: Decimal, ink: str) -> dict[str, Any]:
    ends = _days([course.days[0], course.days[-1] + timedelta(days=1)])
    return _line(ends, [line, line], line={"color": f"var:{ink}", "width": 1.5}, hoverinfo="skip")


def _forecast(course: Course) -> dict[str, Any]:
    return _line(
        _days([each.day for each in course.expected]),
        [each.mid for each in course.expected],
        name="Forecast",
        line={"color": "var:d-fcst", "width": 2.5, "dash": "dot"},
        hovertemplate="%{y:$,.0f}",
    )


def _so_far(course: Course) -> dict[str, Any]:
    return _line(
        _days(course.days[: len(course.so_far)]),
        course.so_far,
        name="Actual",
        line={"color": "var:d-actual", "width": 3.5},
        hovertemplate="%{y:$,.2f}",
    )


def _end_of(course: Course) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [course.last.isoformat()],
        "y": pixels([course.total]),
        "marker": {"color": "var:d-actual", "size": 9},
        "hoverinfo": "skip",
    }


def _highest(course: Course, standing: Standing) -> Decimal:
    marks = [*course.so_far, *course.before[: len(course.days)], Decimal(0)]
    marks += [each.high for each in course.expected]
    marks += [line for line in (standing.yellow, standing.red) if line is not None]
    return max(marks) * _BEYOND


def _line_words(
    standing: Standing, first: date, top: Decimal, currency: str
) -> list[dict[str, Any]]:
    """Write over each line what it is; two that lie close have their words apart."""
    if standing.yellow is None or standing.red is None:
        return []
    close = bool(top) and (standing.red - standing.yellow) / top < _NEAR
    return [
        _words(
            first,
            line,
            f"{name} above {display.set_money(line, currency)}",
            {"color": f"var:{ink}", "size": 12},
            xanchor="left",
            yanchor="top" if close and name == "Yellow" else "bottom",
        )
        for name, line, ink in (
            ("Yellow", standing.yellow, "warn-fg"),
            ("Red", standing.red, "bad-fg"),
        )
    ]


def _end_words(course: Course, currency: str) -> list[dict[str, Any]]:
    font = {"color": "var:text", "size": 13, "weight": 650}
    early = len(course.so_far) < len(course.days) * _ROOM
    total = display.money(course.total, currency)
    side = {"xanchor": "left", "xshift": 8} if early else {"xanchor": "right", "xshift": -8}
    if early:
        side["yanchor"] = "top"
    found = [_words(course.last, course.total, total, font, **{"yanchor": "bottom"} | side)]
    if course.expected:
        last = course.expected[-1]
        ends = display.forecast_money(last.mid, currency)
        found.append(_words(last.day, last.mid, ends, font, xanchor="left", xshift=5))
    return found


def _words(
    day: date, amount: Decimal, text: str, font: Mapping[str, Any], **placed: Any
) -> dict[str, Any]:
    return {
        "x": day.isoformat(),
        "y": pixels([amount])[0],
        "text": text,
        "showarrow": False,
        "font": dict(font),
        **placed,
    }
