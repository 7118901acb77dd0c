"""What a burn-up finds, in words: where it stands, or where it leads."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from finops.domain import display
from finops.figures.budgets.course import Course
from finops.insights.standings import Standing
from finops.models.budgets import RED, YELLOW

_DAY = timedelta(days=1)


def finding(standing: Standing, course: Course, currency: str, *, ended: bool) -> str:
    """Say the one thing that matters: a line that is crossed, one ahead, or what is left."""
    if standing.yellow is None or standing.red is None:
        return f"{display.money(course.total, currency)} so far, no lines drawn"
    if ended:
        return f"Ended {_distance(course.total, standing.yellow, standing.red, currency)}"
    if course.total > standing.red:
        return _crossed("red", standing.red, course, currency)
    if standing.status == RED:
        return standing.reason.removesuffix(".")
    if standing.heading_for == RED:
        return _leads(standing, "red", standing.red, standing.crosses_red_on, currency)
    if course.total > standing.yellow:
        return _crossed("yellow", standing.yellow, course, currency)
    if standing.heading_for == YELLOW:
        return _leads(standing, "yellow", standing.yellow, standing.crosses_yellow_on, currency)
    return _left(course.total, standing.yellow, standing.forecast_mid, currency)


def told(standing: Standing, course: Course, currency: str) -> str:
    """Say the whole drawing to those who cannot see it."""
    said = [
        f"Line chart. Spend reaches {display.money(course.total, currency)}"
        f" on {in_words(course.last)}"
    ]
    if course.expected:
        said[0] += (
            f"; the forecast reaches {display.forecast_money(standing.forecast_mid, currency)}"
            f" on {in_words(standing.end - _DAY)},"
            f" likely between {display.forecast_money(standing.forecast_low, currency)}"
            f" and {display.forecast_money(standing.forecast_high, currency)}"
        )
    if standing.yellow is not None and standing.red is not None:
        said.append(
            f"Yellow starts above {display.set_money(standing.yellow, currency)}"
            f" and red above {display.set_money(standing.red, currency)}"
        )
    return f"{'. '.join(said)}."


def in_words(day: date) -> str:
    """Write a day where the year is clear: ``29 November``."""
    return f"{day.day} {day:%B}"


def _crossed(name: str, line: Decimal, course: Course, currency: str) -> str:
    since = course.passed_on(line)
    when = f" since {in_words(since)}" if since else ""
    return f"Over the {name} line of {display.set_money(line, currency)}{when}"


def _leads(standing: Standing, name: str, line: Decimal, on: date | None, currency: str) -> str:
    amount = display.set_money(line, currency)
    if on:
        return f"Heading for {name}: forecast passes {amount} on {in_words(on)}"
    ends = display.forecast_money(standing.forecast_mid, currency)
    return f"Heading for {name}: forecast ends near {ends}, above {amount}"


def _left(total: Decimal, yellow: Decimal, forecast: Decimal | None, currency: str) -> str:
    if forecast is None or forecast > yellow:
        return f"{display.money(yellow - total, currency)} left below the yellow line"
    left = display.forecast_money(yellow - forecast, currency)
    return f"On course to end {left} under the yellow line"


def _distance(total: Decimal, yellow: Decimal, red: Decimal, currency: str) -> str:
    for name, line in (("red", red), ("yellow", yellow)):
        if total > line:
            return f"{display.money(total - line, currency)} over the {name} line"
    return f"{display.money(yellow - total, currency)} under the yellow line"
