"""What the weekly page says in words and numbers, each a pure function of the document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from finops.domain import display
from finops.domain.money import exact_sum
from finops.reviews.document import (
    ActionRow,
    BudgetRow,
    Days,
    DecisionRow,
    Document,
    Numbers,
    Realised,
)
from finops.web import sentences
from finops.web.kpis import Kpi, money_kpi

#: An amount inside a sentence, in any currency: ``$48,214``, ``−€610.50``, ``CHF 12``.
_AMOUNT: Final = re.compile(
    rf"{display.MINUS}?(?:[$€£]|\b[A-Z]{{3}}\N{{NO-BREAK SPACE}})\d[\d,]*(?:\.\d+)?"
)


def story(document: Document) -> SafeString:
    """Give the sentences about the week, with their amounts in bold."""
    text = escape(" ".join(document["stand"]["story"]))
    return mark_safe(_AMOUNT.sub(lambda found: f"<b>{found[0]}</b>", text))  # noqa: S308 - escaped


def days(row: Days) -> str:
    """Write whole days: ``16–22 November 2026``."""
    return display.days(date.fromisoformat(row["first"]), date.fromisoformat(row["last"]))


def short_days(row: Days) -> str:
    """Write whole days where the year is clear: ``16–22 Nov``."""
    return display.short_days(date.fromisoformat(row["first"]), date.fromisoformat(row["last"]))


def four_numbers(document: Document) -> list[Kpi]:
    """Give the numbers on top: the week, its month, what a thousand calls cost, and budgets."""
    stand, currency = document["stand"], document["review"]["currency"]
    week, month = stand["week"], stand["month"]
    last = date.fromisoformat(month["days"]["last"])
    return [
        _spend(f"Spend, {short_days(week['days'])}", week, currency),
        _spend(f"{last:%B} to {display.day(last, year=False)}", month, currency),
        money_kpi(
            "Cost of 1,000 calls",
            _amount(week["cost_of_thousand"]),
            _amount(week["cost_of_thousand_before"]),
            currency,
            unit=True,
            note=display.counted(week["calls"], "call"),
        ),
        _budgets(document),
    ]


def banner(
    document: Document, closed_at: datetime, today: tuple[Decimal, Decimal] | None
) -> SafeString:
    """Say when a closed review was read, and what its days add up to today."""
    review = document["review"]
    read = format_html(
        "As read on <b>{}</b>.",
        display.moment(closed_at, ZoneInfo(review["zone"]), weekday=True),
    )
    return read if today is None else format_html("{} {}", read, _today(*today, review["currency"]))


def top_heading(document: Document) -> str:
    """Head the workflows: ``Five workflows make up 86% of spend``."""
    workflows = document["workflows"]
    rows = workflows["rows"]
    part = exact_sum(Decimal(row["cost"]) for row in rows)
    return sentences.top_heading(len(rows), part, Decimal(workflows["total"]))


def news_heading(document: Document) -> str:
    """Say how much is new this week."""
    count = len(document["news"]["rows"])
    if not count:
        return "Nothing new this week"
    return f"{sentences.word(count).capitalize()} new {'name' if count == 1 else 'names'} this week"


def last_heading(document: Document) -> str:
    """Head the actions of earlier reviews: ``Last week’s actions: 3 open, 1 late``."""
    rows = document["last_actions"]
    late = sum(row["late"] for row in rows)
    told = [
        f"{count} {word}"
        for count, word in (
            (sum(row["state"] == "open" for row in rows), "open"),
            (late, "late"),
            (sum(row["state"] == "done" for row in rows), "done"),
        )
        if count
    ]
    return f"Last week’s actions{': ' if told else ''}{', '.join(told)}"


def rank_move(rank: int, before: int | None) -> str:
    """Say how a workflow moved among the dearest: ``up 2``, ``new``; empty when it stayed."""
    if before is None:
        return "new"
    if before == rank:
        return ""
    return f"{'up' if before > rank else 'down'} {abs(before - rank)}"


def realised(row: Realised | None, currency: str) -> str:
    """Say what an action saved so far: an estimate with its band, or why there is none."""
    if row is None:
        return "not done yet"
    if row["state"] == "too_early":
        return f"too early, {display.counted(row['days_missing'], 'more day')} needed"
    if row["state"] != "estimate" or row["amount"] is None:
        return "cannot be told"
    saved = display.money(Decimal(row["amount"]), currency)
    if row["band"] is None:
        return f"about {saved}"
    return f"about {saved} ± {display.money(Decimal(row['band']), currency)}"


def saving(text: str | None, currency: str) -> str:
    """Write an expected saving: ``$1,300 a month``, or that it is not known yet."""
    if text is None:
        return "not known yet"
    return f"{display.set_money(Decimal(text), currency)} a month"


def expected(document: Document) -> str:
    """Say what the actions should save together."""
    back, currency = document["read_back"], document["review"]["currency"]
    count = len(back["actions"])
    if not count:
        return "No actions agreed"
    known = count - back["unknown_savings"]
    total = display.set_money(Decimal(back["expected_saving"]), currency)
    said = display.counted(count, "action")
    if not known:
        return f"{said}, saving not known yet"
    unknown = f", {back['unknown_savings']} not known yet" if back["unknown_savings"] else ""
    return f"{said}: {total} a month expected{unknown}"


def decision(row: DecisionRow) -> str:
    """Say what was decided about a row: ``Fix``, ``Owner: Priya Nair``, ``No decision``."""
    if row["assignee"]:
        return f"Owner: {row['assignee']['name']}"
    return row["choice_label"] or "No decision"


def not_green(document: Document) -> str:
    """Head the budgets: ``1 red, 2 yellow, 9 green``."""
    tally = document["stand"]["tally"]
    parts = [
        f"{count} {word}"
        for count, word in (
            (tally["red"], "red"),
            (tally["heading_for_red"], "heading for red"),
            (tally["yellow"], "yellow"),
            (tally["stale"], "stale"),
            (tally["none"], "without lines"),
            (tally["green"], "green"),
        )
        if count
    ]
    return ", ".join(parts) or "No budgets yet"


def budget_days(row: BudgetRow) -> str:
    """Write the days of a budget's period: ``1–30 Nov``."""
    first, last = date.fromisoformat(row["period_first"]), date.fromisoformat(row["period_last"])
    return display.short_days(first, last)


def owner_of(action: ActionRow) -> str:
    """Name who does it; somebody who left is marked."""
    owner = action["owner"]
    if owner is None:
        return "nobody"
    return f"{owner['name']} (left)" if owner["left"] else owner["name"]


def names(people: Sequence[Any]) -> str:
    """List people: ``Maya Ortiz, Tom Beck and Lena Fox``."""
    called = [person["name"] for person in people]
    if len(called) < 2:
        return "".join(called)
    return f"{', '.join(called[:-1])} and {called[-1]}"


def _spend(label: str, row: Numbers, currency: str) -> Kpi:
    before = Decimal(row["cost_before"])
    note = f"against {short_days(row['days_before'])}" if before else ""
    return money_kpi(label, Decimal(row["cost"]), before, currency, note=note)


def _budgets(document: Document) -> Kpi:
    count, rest = len(document["budgets"]), len(document["green_budgets"])
    value = f"{count} of {count + rest}" if count + rest else display.NOTHING
    return {"label": "Budgets not green", "value": value, "note": not_green(document)}


def _today(total: Decimal, moved: Decimal, currency: str) -> SafeString:
    if not moved:
        return format_html("These days still add up to <b>{}</b>.", display.money(total, currency))
    return format_html(
        "Today these days add up to <b>{}</b> ({}).",
        display.money(total, currency),
        display.signed_money(moved, currency),
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
