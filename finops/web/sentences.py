"""What pages say in words. Each sentence is a function of numbers, so that tests can read it.

Amounts are bold; names are escaped. A sentence has under twenty words and blames nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from finops.domain import display
from finops.domain.windows import Period
from finops.insights.overview import Overview, Part
from finops.insights.standings import Standing
from finops.web.standing_words import stands

#: From which share of the whole change one workflow is said to explain it.
_MOST = Decimal("0.5")


def story(
    seen: Overview, period: Period, currency: str, standing: Standing | None = None
) -> SafeString:
    """Tell the overview in two sentences: how it stands, and what moved it.

    ``standing`` is the budget over just what is shown; without one the period before is what spend
    is held against.
    """
    if not seen.now.calls:
        return mark_safe("Nothing was spent in this period.")
    if seen.now.unpriced_calls == seen.now.calls:
        return _unpriced(seen.now.calls, period)
    if standing and standing.yellow is not None:
        how = stands(standing, seen.now.cost, currency, running=period.running)
        return join(how, _mover(seen, currency))
    spent = format_html(
        "{} <b>{}</b> on AI {}{}.",
        "We have spent" if period.running else "We spent",
        display.money(seen.now.cost, currency),
        during(period),
        against(seen.now.cost, seen.before.cost, period, currency),
    )
    return join(spent, _mover(seen, currency))


def join(*sentences: SafeString | str) -> SafeString:
    """Put sentences side by side; empty ones leave no gap."""
    return format_html_join(" ", "{}", ((sentence,) for sentence in sentences if sentence))


def top_heading(count: int, part: Decimal, whole: Decimal) -> str:
    """Say what a few make up: ``Five workflows make up 86% of spend``."""
    if not count or not whole:
        return "No workflow has cost anything yet"
    percent = f"{(part / whole * 100).quantize(Decimal(1)):f}%"
    noun = "workflow makes" if count == 1 else "workflows make"
    return f"{word(count).capitalize()} {noun} up {percent} of spend"


def movers_heading(now: Decimal, before: Decimal, currency: str) -> str:
    """Say which way spend went."""
    difference = now - before
    if not difference:
        return "Spend did not change"
    return (
        f"Spend {'rose' if difference > 0 else 'fell'} {display.money(abs(difference), currency)}"
    )


def news_heading(count: int) -> str:
    """Say how much is new."""
    if not count:
        return "Nothing new in this period"
    return f"{word(count).capitalize()} new {'name' if count == 1 else 'names'} this period"


def coverage_heading(unattributed: Decimal, unpriced_calls: int, whole: Decimal) -> str:
    """Say how sure the total is."""
    if unpriced_calls:
        return f"{display.counted(unpriced_calls, 'call')} without a price"
    if unattributed and whole:
        return f"{display.share(unattributed, whole)} of spend has no workflow"
    return "Every call is priced and has a workflow"


def during(period: Period) -> str:
    """Name the period inside a sentence: ``this month``, ``in October 2026``."""
    if period.is_month and period.running:
        return "this month"
    if period.is_month:
        return f"in {period.name}"
    return f"in the {period.name.lower()}" if period.key.endswith("d") else f"from {period.name}"


def against(now: Decimal, before: Decimal, period: Period, currency: str) -> SafeString | str:
    """Hold an amount against the one before: ``, $820 more than in October``; empty without one."""
    if not before:
        return ""
    difference = now - before
    then = "the same days a year before" if period.against == "year" else "the period before"
    if period.is_month:
        month = f"{period.before.since:{'%B %Y' if period.against == 'year' else '%B'}}"
        then = f"the same days of {month}" if period.running else month
    if not difference:
        return f", as much as in {then}"
    return format_html(
        ", <b>{}</b> {} than in {}",
        display.money(abs(difference), currency),
        "more" if difference > 0 else "less",
        then,
    )


def _unpriced(calls: int, period: Period) -> SafeString:
    """Say that nobody knows what was spent: what has no price is not free."""
    if calls == 1:
        return format_html("The one call {} has no price yet.", during(period))
    return format_html(
        "None of {} calls {} has a price yet.", display.number(calls), during(period)
    )


def _mover(seen: Overview, currency: str) -> SafeString | str:
    """Name the workflow that explains most of the change, or the one that moved against it."""
    whole = seen.now.cost - seen.before.cost
    if not seen.before.calls or not seen.movers:
        return _dearest(seen.top, seen.now.cost)
    first = seen.movers[0]
    if not first.change:
        return _dearest(seen.top, seen.now.cost)
    verb = "rose" if first.change > 0 else "fell"
    if whole and first.change / whole >= _MOST:
        return format_html(
            "<b>{}</b> {} {} and explains most of it.",
            first.name,
            verb,
            display.money(abs(first.change), currency),
        )
    return format_html(
        "<b>{}</b> moved most: it {} {}.",
        first.name,
        verb,
        display.money(abs(first.change), currency),
    )


def _dearest(top: Sequence[Part], whole: Decimal) -> SafeString | str:
    if not top or not whole:
        return ""
    return format_html(
        "<b>{}</b> cost most, {} of it.", top[0].name, display.share(top[0].now.cost, whole)
    )


def word(count: int) -> str:
    """Write a small count as a word: ``three``; from eleven on as a number."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if count < len(words) else display.number(count)
