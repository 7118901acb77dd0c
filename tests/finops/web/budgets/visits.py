"""What people type into the Budgets room, and what its pages say."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

from django.test import Client

from finops.budgets.lines import Lines, lines_of
from finops.models import Budget, Person

NOVEMBER = date(2026, 11, 1)
REASON = "The contract grew this quarter"
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "😀 agent",
    "a/b?c=d&e#f",
    "'; DROP TABLE finops_budget; --",
    "{{ 7|add:7 }}",
)


def me(role: str = "finance") -> Person:
    """Whoever is signed in in that role."""
    return Person.objects.get(email=f"{role}@test.example")


def typed(**fields: object) -> dict[str, object]:
    """A whole form for a new budget of the team growth: yellow at $10, red at $20."""
    return {
        "do": "save",
        "scope_dimension_0": "team",
        "scope_value_0": "growth",
        "period": "month",
        "yellow": "10",
        "red": "20",
        "owner": str(me().pk),
        "tell_at_yellow": "on",
        "tell_at_red": "on",
    } | fields


def changed(budget: Budget, **fields: object) -> dict[str, object]:
    """A whole form for a budget that is there, with its own values but for what is said."""
    held = lines_of(budget, NOVEMBER)
    return {
        "do": "save",
        "version": str(budget.version),
        "name": budget.name,
        "yellow": str(held.yellow),
        "red": str(held.red),
        "planned": "" if held.planned is None else str(held.planned),
        "workflow_share": "" if held.workflow_share is None else str(held.workflow_share),
        "owner": str((budget.owner or me()).pk),
        "recipients": ", ".join(budget.recipients),
        "tell_at_yellow": "on",
        "tell_at_red": "on",
        "tell_when_heading": "on",
    } | fields


def press(client: Client, address: str, data: dict[str, object]) -> Any:
    """Send a form and follow where it leads."""
    return client.post(address, data, follow=True)


def looked(answer: Any) -> str:
    """The mark of what the page has shown."""
    found = re.search(r'name="looked" value="(\w+)"', answer.content.decode())
    return found[1] if found else ""


def text(answer: Any) -> str:
    """The words of a page, without markup and in one line."""
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(html.unescape(words).split())


def errors(answer: Any) -> list[str]:
    """What the error summary says."""
    summary = re.search(r'class="error-summary".*?</div>', answer.content.decode(), re.DOTALL)
    items = re.findall(r"<li>(.*?)</li>", summary[0], re.DOTALL) if summary else []
    return [html.unescape(" ".join(re.sub(r"<[^>]+>", " ", item).split())) for item in items]


def field(answer: Any, name: str) -> str:
    """What stands in a field."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', answer.content.decode())
    value = re.search(r'value="([^"]*)"', found[0]) if found else None
    return html.unescape(value[1]) if value else ""


def drawn(budget: Budget) -> Lines:
    """The lines of November."""
    return lines_of(budget, NOVEMBER)
